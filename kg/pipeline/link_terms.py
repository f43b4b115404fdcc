"""Terms to links: what each is called and stands beside, and the item that the linker chooses."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kg import __version__, rdf
from kg.digest.characters import clean
from kg.link.rank import Linker
from kg.linked import Candidate, Kind, Link, Query, Relation
from kg.model import Resolution, Term
from kg.pipeline.long_forms import long_forms, texts_of

TOOL: Final = f"kg-link {__version__}"
#: Names of terms in the same papers that a query has at most.
_MAX_CONTEXT: Final = 30
_MAX_DESCRIPTION: Final = 150


@dataclass(frozen=True, slots=True)
class TermQuery:
    """A term to link, and the items that people said it is not."""

    term: Term
    query: Query
    excluded: frozenset[str] = frozenset()


def term_queries(
    resolution: Resolution, corpus: rdf.Corpus, excluded: Mapping[str, Collection[str]]
) -> list[TermQuery]:
    """Make the query of each term, by key.

    Args:
        excluded: by a term's key, the items that people said it is not.
    """
    papers_of: dict[str, set[str]] = {}
    terms_of: dict[str, list[int]] = defaultdict(list)
    for place, term in enumerate(resolution.terms):
        papers_of[term.key] = {
            corpus.places[ref.digest, ref.entry, ref.section, ref.start, ref.end][0]
            for ref in term.mentions
        }
        for paper in papers_of[term.key]:
            terms_of[paper].append(place)
    labels = [term.preferred[0].text for term in resolution.terms]
    texts = texts_of(corpus.digests)
    queries = []
    for place, term in enumerate(resolution.terms):
        beside: Counter[int] = Counter()
        for paper in papers_of[term.key]:
            beside.update(terms_of[paper])
        del beside[place]
        ordered = sorted(beside.items(), key=lambda pair: (-pair[1], pair[0]))
        context = tuple(labels[other] for other, _ in ordered[:_MAX_CONTEXT])
        names = [one.text for one in (*term.preferred, *term.alternative, *term.hidden)]
        written_out = long_forms(term, texts)
        query = Query(tuple(dict.fromkeys(names)), (term.type,), context, written_out)
        queries.append(TermQuery(term, query, frozenset(excluded.get(term.key, ()))))
    return queries


def weigh_terms(
    queries: Sequence[TermQuery], linker: Linker, progress: Callable[[int, int, str], None] | None
) -> Iterator[tuple[TermQuery, tuple[Candidate, ...]]]:
    """Yield each query with its candidates, without those that people excluded."""
    for number, one in enumerate(queries, 1):
        yield one, allowed(linker.candidates(one.query), one)
        if progress:
            progress(number, len(queries), one.term.preferred[0].text)


def allowed(candidates: Sequence[Candidate], one: TermQuery) -> tuple[Candidate, ...]:
    return tuple(candidate for candidate in candidates if candidate.qid not in one.excluded)


def term_link(key: str, candidates: Sequence[Candidate], linker: Linker) -> Link | None:
    """Say which item a term is, or that none is; None where there is nothing to choose from."""
    if not candidates:
        return None
    chosen = linker.choose(candidates)
    if chosen is not None:
        return link_of(
            *(Kind.TERM, key, chosen.qid, chosen.score, chosen.label, "; ".join(chosen.reasons)),
            relation=chosen.relation,
        )
    best = candidates[0]
    close = len(candidates) > 1 and best.score >= linker.weights.threshold
    why = f"not well ahead of {candidates[1].qid}" if close else "not good enough"
    about = f", {best.description[:_MAX_DESCRIPTION]}" if best.description else ""
    told = f"{best.qid} ({best.label}{about}) at {rounded(best.score)} is {why}"
    told = "; ".join([told, *best.reasons])
    return link_of(Kind.TERM, key, None, 1 - best.score, "", told)


def link_of(
    kind: Kind,
    key: str,
    qid: str | None,
    score: float,
    label: str,
    evidence: str,
    relation: Relation | None = None,
) -> Link:
    """Make a link of ours; text of strangers loses what no XML may hold."""
    return Link(kind, key, qid, relation, rounded(score), clean(label), clean(evidence), TOOL)


def rounded(score: float) -> Decimal:
    """Round a score to the four places that the graph has.

    >>> rounded(0.98765), rounded(1.0)
    (Decimal('0.9877'), Decimal('1'))
    """
    return Decimal(f"{score:.4f}").normalize()
