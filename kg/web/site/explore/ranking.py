"""Which neighbours of a thing come first: the measures behind the picture.

Terms are close that share more papers than by chance, as on the page of a term; papers come by
their votes, or by the terms that they share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from itertools import combinations
from typing import Final

from rdflib.namespace import DCTERMS

from kg.vocab import KG
from kg.web.site.reading import Graph, Node
from kg.web.site.terms.neighbours import closeness

_PREFIXES: Final = f"PREFIX kg: <{KG._NS}>\nPREFIX dcterms: <{DCTERMS}>\n"
#: Patterns that find the papers of a thing.
_PAPERS: Final = {
    "term": "?paper kg:mentions {this}",
    "author": "?paper dcterms:creator {this}",
    "digest": "?entry kg:digest {this} ; kg:paper ?paper",
}
_ALL: Final = f"{_PREFIXES}SELECT (COUNT(?paper) AS ?papers) {{ ?paper a kg:Paper }}"
#: So many papers are ranked one by one; of more, the most voted of all papers are gone through.
_FEW: Final = 100
_MOST_VOTED: Final = 1000
#: Terms of more papers are close to too many others to tell them apart.
_COMMON: Final = 300
#: Of the terms beside a thing, each is joined to so many that it is closest to.
_JOINED: Final = 2

#: Two terms, and how many papers mention both.
Pair = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first of a ranked list; ``total`` is how many it has in all.

    ``together`` tells for terms how many papers mention them and the thing.
    """

    nodes: Sequence[Node]
    total: int
    together: Mapping[str, int] = field(default_factory=dict)


def close_terms(graph: Graph, this: Node, kind: str, own: int, wanted: int) -> Ranked:
    """Rank the terms that several of the *own* papers of a thing mention: two, of many four."""
    several = 2 if own < 60 else 3 if own < 200 else 4
    papers = _PAPERS[kind].replace("{this}", str(this))
    # Sorted here: the store would fetch the IRIs of all rows to sort by them.
    rows = graph.select(
        f"{_PREFIXES}SELECT ?term (COUNT(*) AS ?n) {{ {{ SELECT ?paper {{ {papers} }} }} "
        "?paper kg:mentions ?term } GROUP BY ?term "
        f"HAVING (COUNT(*) >= {several})"
    )
    counts = {row["term"]: int(row["n"].value) for row in rows}
    counts.pop(this, None)
    total = all_papers(graph)
    best: list[tuple[float, int, Node]] = []
    for place, (term, count) in enumerate(
        sorted(counts.items(), key=lambda one: (-one[1], one[0].value))
    ):
        # Closest would be a term that no other paper mentions: those that follow are not.
        if len(best) == wanted and closeness(count, own, count, total) <= best[0][0]:
            break
        others = max(count, graph.count(term, KG.paperCount))
        entry = (closeness(count, own, others, max(total, others)), -place, term)
        if len(best) < wanted:
            heappush(best, entry)
        elif entry > best[0]:
            heapreplace(best, entry)
    best.sort(reverse=True)
    terms = [term for _, _, term in best]
    return Ranked(terms, len(counts), {term.value: counts[term] for term in terms})


def voted_papers(graph: Graph, this: Node, kind: str, wanted: int) -> list[Node]:
    """Rank the papers of a thing by their votes."""
    count = graph.count(this, KG.paperCount) if kind == "term" else 0
    if count > _FEW:
        found = _among_most_voted(graph, this, wanted)
        if len(found) == wanted:
            return found
    papers = papers_of(graph, this, kind)
    return sorted(papers, key=lambda paper: (-votes(graph, paper), paper.value))[:wanted]


def papers_of(graph: Graph, this: Node, kind: str) -> set[Node]:
    """Return the papers of a term, an author or a digest."""
    if kind == "term":
        return set(graph.subjects(KG.mentions, this))
    if kind == "author":
        return set(graph.subjects(DCTERMS.creator, this))
    entries = graph.subjects(KG.digest, this)
    return {paper for entry in entries for paper in graph.nodes(entry, KG.paper)}


def votes(graph: Graph, paper: Node) -> int:
    """Return the votes of a paper, in the digest where it has most."""
    entries = graph.subjects(KG.paper, paper)
    return max((graph.count(entry, KG.votes) for entry in entries), default=0)


def _among_most_voted(graph: Graph, term: Node, wanted: int) -> list[Node]:
    rows = graph.select(
        f"{_PREFIXES}SELECT ?entry ?votes {{ ?entry kg:votes ?votes }} "
        f"ORDER BY DESC(?votes) LIMIT {_MOST_VOTED}"
    )
    found: dict[Node, int] = {}
    for row in rows:
        count = int(row["votes"].value)
        if len(found) >= wanted and count < min(found.values()):
            break
        for paper in graph.nodes(row["entry"], KG.paper):
            if graph.has(paper, KG.mentions, term):
                found.setdefault(paper, count)
    return sorted(found, key=lambda paper: (-found[paper], paper.value))[:wanted]


def all_papers(graph: Graph) -> int:
    """Count the papers of the graph."""
    return next((int(row["papers"].value) for row in graph.select(_ALL)), 0)


def pairs_within(graph: Graph, terms: Iterable[Node]) -> list[Pair]:
    """Join each of some terms to those that it is closest to, where two papers or more say so."""
    counts = {term.value: graph.count(term, KG.paperCount) for term in terms}
    wanted = " ".join(f"<{iri}>" for iri, count in counts.items() if 1 < count <= _COMMON)
    rows = graph.select(
        f"{_PREFIXES}SELECT ?term (GROUP_CONCAT(STR(?paper)) AS ?papers) {{ "
        f"VALUES ?term {{ {wanted} }} ?paper kg:mentions ?term }} GROUP BY ?term"
    )
    papers = {row["term"].value: set(row["papers"].value.split(" ")) for row in rows}
    return closest_pairs(papers, all_papers(graph), _JOINED)


def closest_pairs(papers: Mapping[str, set[str]], total: int, joined: int) -> list[Pair]:
    """Join each term to the *joined* others that it is closest to; *total* counts all papers.

    >>> closest_pairs({"a": {"1", "2", "3"}, "b": {"1", "2"}, "c": {"3"}}, 9, 2)
    [('a', 'b', 2)]
    """
    shared: Counter[tuple[str, str]] = Counter()
    for one, other in combinations(sorted(papers), 2):
        both = len(papers[one] & papers[other])
        if both > 1:
            shared[one, other] = both
    scores = {
        pair: closeness(both, len(papers[pair[0]]), len(papers[pair[1]]), total)
        for pair, both in shared.items()
    }
    taken: Counter[str] = Counter()
    found: list[Pair] = []
    for pair in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        if min(taken[pair[0]], taken[pair[1]]) < joined:
            taken.update(pair)
            found.append((*pair, shared[pair]))
    return found
