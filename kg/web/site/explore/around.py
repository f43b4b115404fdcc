"""The lists of neighbours that a term, a paper, an author or a digest has, ranked and cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rdflib.namespace import DCTERMS, SKOS

from kg.vocab import KG
from kg.web.site.explore.ranking import (
    Pair,
    Ranked,
    close_terms,
    closest_pairs,
    papers_of,
    voted_papers,
)
from kg.web.site.papers.similar import similar_papers
from kg.web.site.reading import Graph, Node

#: Each list has so many in one part of an answer; no answer has more than 60 things.
_SIZES: Final = {
    "introducing": 4,
    "papers": 14,
    "close": 22,
    "broader": 4,
    "narrower": 4,
    "terms": 22,
    "authors": 10,
    "similar": 8,
    "digests": 2,
}
#: Papers that are like a paper at all.
_SIMILAR: Final = 24
#: Of a thing beside others, each list has this part of them.
_FEWER: Final = 3
#: Without a thing to start from: so many methods, of the newest digests with so many papers.
_START_TERMS: Final = 36
_START_PAPERS: Final = 240
_START_JOINED: Final = 3

#: Lists of neighbours by their names, in the order in which they are shown.
Groups = dict[str, Ranked]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of each list is wanted, from 1; ``few`` for shorter parts."""

    number: int = 1
    few: bool = False

    def size(self, name: str) -> int:
        """Return how many a part of a list has."""
        return -(-_SIZES[name] // _FEWER) if self.few else _SIZES[name]

    def end(self, name: str) -> int:
        """Return how many of a list are needed for this part and all before it."""
        return self.number * self.size(name)

    def cut(self, ranked: Sequence[Node], name: str, total: int | None = None) -> Ranked:
        """Take the part of a list; *total* is its length where it is not ranked to its end."""
        found = ranked[self.end(name) - self.size(name) : self.end(name)]
        return Ranked(found, len(ranked) if total is None else total)

    def is_last(self, groups: Groups) -> bool:
        """Tell whether no list goes on after this part."""
        return all(one.total <= self.end(name) for name, one in groups.items())


FIRST: Final = Part()


def around_term(graph: Graph, this: Node, part: Part) -> Groups:
    """List the papers of a term and the terms close to it."""
    introducing = sorted(
        set(graph.subjects(KG.introduces, this)),
        key=lambda paper: (graph.text(paper, KG.firstSeen) or "", paper.value),
    )
    first = part.cut(introducing, "introducing")
    wanted = part.end("papers") + len(introducing)
    ranked = voted_papers(graph, this, "term", wanted)
    others = [paper for paper in ranked if paper not in set(introducing)]
    total = max(graph.count(this, KG.paperCount) - len(introducing), len(others))
    papers = part.cut(others, "papers", total)
    close = _close(graph, this, "term", part)
    return {
        "introducing": first,
        "papers": papers,
        "close": close,
        "terms": _other_terms(
            graph, [*first.nodes, *papers.nodes], [this, *close.nodes], part.size("close")
        ),
        "broader": part.cut(graph.nodes(this, SKOS.broader), "broader"),
        "narrower": part.cut(graph.nodes(this, SKOS.narrower), "narrower"),
    }


def around_paper(graph: Graph, this: Node, part: Part) -> Groups:
    """List the terms, the authors and the digests of a paper, and papers like it."""
    order = [set(graph.nodes(this, one)) for one in (KG.introduces, KG.evaluatesOn)]
    terms = sorted(
        graph.nodes(this, KG.mentions),
        key=lambda term: (
            *(term not in some for some in order),
            -graph.count(term, KG.paperCount),
            term.value,
        ),
    )
    authors = sorted(
        graph.nodes(this, DCTERMS.creator),
        key=lambda author: (-paper_count(graph, author, "author"), author.value),
    )
    similar = [Node(one["paper"]["iri"]) for one in similar_papers(graph, this, _SIMILAR)]
    entries = graph.subjects(KG.paper, this)
    digests = {digest for entry in entries for digest in graph.nodes(entry, KG.digest)}
    return {
        "terms": part.cut(terms, "terms"),
        "similar": part.cut(similar, "similar"),
        "authors": part.cut(authors, "authors"),
        "digests": part.cut(sorted(digests, key=lambda one: one.value), "digests"),
    }


def around_author(graph: Graph, this: Node, part: Part) -> Groups:
    """List the papers of an author, and with whom and about what they are."""
    written = papers_of(graph, this, "author")
    shared = Counter(author for paper in written for author in graph.nodes(paper, DCTERMS.creator))
    others = sorted(
        (author for author in shared if author != this),
        key=lambda author: (-shared[author], author.value),
    )
    return _with_papers(graph, this, "author", part) | {"authors": part.cut(others, "authors")}


def around_digest(graph: Graph, this: Node, part: Part) -> Groups:
    """List the papers of a digest and the terms that several of them mention."""
    return _with_papers(graph, this, "digest", part)


AROUND: Final[dict[str, Callable[[Graph, Node, Part], Groups]]] = {
    "author": around_author,
    "digest": around_digest,
    "paper": around_paper,
    "term": around_term,
}


def _with_papers(graph: Graph, this: Node, kind: str, part: Part) -> Groups:
    ranked = voted_papers(graph, this, kind, part.end("papers"))
    papers = part.cut(ranked, "papers", paper_count(graph, this, kind))
    close = _close(graph, this, kind, part)
    return {
        "papers": papers,
        "close": close,
        "terms": _other_terms(graph, papers.nodes, close.nodes, part.size("close")),
    }


def paper_count(graph: Graph, this: Node, kind: str) -> int:
    """Count the papers of a term, an author or a digest."""
    if kind == "term":
        return graph.count(this, KG.paperCount)
    return sum(1 for _ in graph.subjects(DCTERMS.creator if kind == "author" else KG.digest, this))


def _close(graph: Graph, this: Node, kind: str, part: Part) -> Ranked:
    own = paper_count(graph, this, kind)
    found = close_terms(graph, this, kind, own, part.end("close"))
    cut = part.cut(found.nodes, "close", found.total)
    together = {node.value: found.together[node.value] for node in cut.nodes}
    return Ranked(cut.nodes, found.total, together)


def _other_terms(
    graph: Graph, papers: Iterable[Node], without: Iterable[Node], size: int
) -> Ranked:
    """List other terms of some papers where few are close, the commonest first: they lead on."""
    left_out = set(without)
    room = size - len(left_out)
    if room <= 0:
        return Ranked((), 0)
    found = {term for paper in papers for term in graph.nodes(paper, KG.mentions)} - left_out
    counts = {term: graph.count(term, KG.paperCount) for term in found}
    ranked = sorted(found, key=lambda term: (-counts[term], term.value))[:room]
    return Ranked(ranked, len(ranked))


def newest_methods(graph: Graph) -> tuple[list[str], Ranked, list[Pair]]:
    """Return the commonest methods of the newest digests, and which of them go together.

    Returns:
        The days of the first and the last of these digests, none in an empty graph; the models
        and methods that most of their papers mention; and pairs of them that two or more do.
    """
    days, digests = _newest_digests(graph)
    papers: dict[Node, set[str]] = {}
    for row in graph.select(
        f"PREFIX kg: <{KG._NS}> SELECT ?paper ?term {{ VALUES ?digest {{ {' '.join(digests)} }} "
        "?entry kg:digest ?digest ; kg:paper ?paper . ?paper kg:mentions ?term }"
    ):
        papers.setdefault(row["term"], set()).add(row["paper"].value)
    ranked = sorted(papers, key=lambda term: (-len(papers[term]), term.value))
    methods = (term for term in ranked if graph.local(term, KG.termType) in ("Model", "Method"))
    chosen = {term: papers[term] for term in islice(methods, _START_TERMS)}
    together = {term.value: len(found) for term, found in chosen.items()}
    total = len({paper for found in papers.values() for paper in found})
    by_iri = {term.value: found for term, found in chosen.items()}
    pairs = closest_pairs(by_iri, total, _START_JOINED)
    return days, Ranked(list(chosen), len(chosen), together), pairs


def _newest_digests(graph: Graph) -> tuple[list[str], list[str]]:
    """Go back digest by digest until there are enough papers."""
    rows = graph.select(
        f"SELECT ?digest ?day {{ ?digest <{DCTERMS.issued}> ?day }} ORDER BY DESC(?day) ?digest"
    )
    days: list[str] = []
    digests: list[str] = []
    papers = 0
    for row in rows:
        if papers >= _START_PAPERS:
            break
        papers += paper_count(graph, row["digest"], "digest")
        digests.append(str(row["digest"]))
        days.append(row["day"].value)
    return [days[-1], days[0]] if days else [], digests
