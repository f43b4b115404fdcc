"""Papers and authors to links: by the identifiers of papers, and by who wrote the linked ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kg import rdf
from kg.link.index import Index
from kg.link.wikidata.authors import Author, AuthorLink, SignedPaper, link_authors
from kg.linked import Kind, Link
from kg.pipeline.link_terms import link_of

#: An identifier is typed by hand: few are wrong.
_BY_ID: Final = 0.99
#: A lower score of an author is a NIL: a person who shares a name is worse than none.
_MIN_AUTHOR: Final = 0.8


def papers_by_id(corpus: rdf.Corpus, index: Index) -> dict[str, tuple[list[int], str]]:
    """Return the items in an index that have a paper's arXiv id or DOI, and say which.

    Papers that none has are left out.
    """
    found = {}
    for paper, facts in corpus.papers.items():
        for property_, name, value in _ids(facts.entries[-1].arxiv_id, facts.entries[-1].doi):
            qids = index.by_identifier(property_, value)
            if qids:
                found[paper] = (qids, f"{name} ({property_}) of the item is {value}")
                break
    return found


def _ids(arxiv_id: str | None, doi: str | None) -> Iterable[tuple[str, str, str]]:
    if arxiv_id:
        yield "P818", "arXiv id", arxiv_id
    if doi:  # Wikidata writes DOIs in capitals
        yield "P356", "DOI", doi.upper()


def paper_link(
    paper: str, qids: Iterable[int], why: str, label_of: Callable[[int], str], not_: Iterable[str]
) -> Link | None:
    """Say which item a paper is: the only one with its identifier that nobody excluded."""
    left = [qid for qid in qids if f"Q{qid}" not in set(not_)]
    if not left:
        return None
    if len(left) > 1:
        told = f"{', '.join(f'Q{qid}' for qid in left)} have it: {why}"
        return link_of(Kind.PAPER, paper, None, 0, "", told)
    return link_of(Kind.PAPER, paper, f"Q{left[0]}", _BY_ID, label_of(left[0]), why)


def signed_papers(
    corpus: rdf.Corpus, linked: Mapping[str, int], authors: Mapping[int, tuple[Author, ...]]
) -> list[SignedPaper]:
    """Join the authors that digests print with those of the items of linked papers.

    Args:
        linked: the item of each linked paper.
        authors: those of each item.
    """
    signed = []
    for paper, qid in sorted(linked.items()):
        facts = corpus.papers[paper]
        keys = {name: key for key in facts.authors for name in corpus.author_names[key]}
        names = dict.fromkeys(name for entry in facts.entries for name in entry.authors)
        printed = tuple((keys[name], name) for name in names if name in keys)
        if qid in authors:
            signed.append(SignedPaper(qid, printed, authors[qid]))
    return signed


def author_links(
    signed: Iterable[SignedPaper], corpus: rdf.Corpus, excluded: Mapping[str, Iterable[str]]
) -> list[Link]:
    """Say who the authors of linked papers are.

    A name of which most papers have no item may be that of several people: nobody is linked.
    """
    signed = list(signed)
    papers = Counter(key for facts in corpus.papers.values() for key in facts.authors)
    known = Counter(key for one in signed for key in {key for key, _ in one.printed})
    links = []
    for one in link_authors(signed):
        if one.qid is not None and f"Q{one.qid}" in set(excluded.get(one.key, ())):
            continue
        others = papers[one.key] - known[one.key]
        unsure = one.key not in corpus.people and others > known[one.key]
        links.append(_author_link(one, others if unsure else 0))
    return links


def _author_link(one: AuthorLink, others: int) -> Link:
    evidence = one.evidence
    if others:
        evidence += f"; {others} other papers of this name have no item that says who it is"
    if one.qid is None or others or one.score < _MIN_AUTHOR:
        return link_of(Kind.AUTHOR, one.key, None, 1 - one.score, "", evidence)
    return link_of(Kind.AUTHOR, one.key, f"Q{one.qid}", one.score, one.label, evidence)
