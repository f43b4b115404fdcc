"""Terms that stand beside a term: in more of its papers than chance would have it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kg.vocab import KG
from kg.web.site.reading import Graph, Node, Shown

#: Of more papers than this, so many are looked at, as good as by chance.
SAMPLE: Final = 300
SHOWN: Final = 12
#: A pair that shares few papers counts less: by the half where it shares so many.
_DISCOUNT: Final = 3
#: A term that is no closer than this is beside the other by chance.
_CLOSE: Final = 0.05
#: Neighbours with more papers are not compared with the others, for which all are read.
_COMPARED: Final = 75

_TOGETHER: Final = f"""PREFIX kg: <{KG._NS}>
SELECT ?term ?shared ?papers WHERE {{
  {{
    SELECT ?term (COUNT(?paper) AS ?shared) WHERE {{
      {{ SELECT ?paper WHERE {{ ?paper kg:mentions %s }} LIMIT {SAMPLE} }}
      ?paper kg:mentions ?term .
    }} GROUP BY ?term HAVING (COUNT(?paper) >= %s)
  }}
  ?term kg:paperCount ?papers .
}}"""
_SHARED: Final = f"""PREFIX kg: <{KG._NS}>
SELECT ?term (COUNT(?paper) AS ?shared) WHERE {{
  VALUES ?term {{ %s }}
  ?paper kg:mentions ?term . ?paper kg:mentions %s .
}} GROUP BY ?term"""
_PAPERS: Final = f"""PREFIX kg: <{KG._NS}>
SELECT ?term ?paper WHERE {{ VALUES ?term {{ %s }} ?paper kg:mentions ?term }}"""
_ALL: Final = f"PREFIX kg: <{KG._NS}> SELECT (COUNT(?paper) AS ?count) {{ ?paper a kg:Paper }}"


def closeness(shared: float, one: int, other: int, total: int) -> float:
    """Tell how much more two things share papers than by chance, from -1 to 1.

    It is normalised pointwise mutual information (Bouma, 2009), times ``n / (n + 3)`` for *n*
    shared papers (after Pantel and Lin, 2002), which keeps what two papers share from the top.

    Args:
        shared: papers that have both.
        one, other: papers of each.
        total: papers of the whole graph.

    >>> round(closeness(25, 71, 53, 5000), 2), round(closeness(71, 71, 2500, 5000), 2)
    (0.59, 0.16)
    >>> closeness(0, 71, 53, 5000)
    -1.0
    """
    if shared <= 0:
        return -1.0
    if shared >= total:
        return 0.0  # all papers have both: chance would have it so
    together = shared / total
    found = math.log(together * total * total / (one * other)) / -math.log(together)
    return found * shared / (shared + _DISCOUNT)


@dataclass(frozen=True, slots=True)
class _Beside:
    term: Node
    papers: int
    shared: int
    score: float


def neighbours_of(graph: Graph, node: Node, papers: int) -> Shown:
    """Return the terms that are closest to one that so many papers mention.

    Answers ``neighbours``, the closest first, each ``{term, shared, score}``, where ``shared`` is
    the number of papers that mention both; ``pairs`` of their places, with the papers that the
    two share; and ``sampled``, the number of papers looked at where these are not all.
    """
    seen = min(papers, SAMPLE)
    found = _closest(graph, node, papers, seen) if papers > 1 else []
    shared = {one.term.value: one.shared for one in found}
    if seen < papers:
        shared = _counts(graph, node, found)
    return {
        "neighbours": [
            {
                "term": graph.term(one.term),
                "shared": shared.get(one.term.value, 0),
                "score": round(one.score, 3),
            }
            for one in found
        ],
        "pairs": _pairs(graph, found),
        "sampled": seen if seen < papers else None,
    }


def _closest(graph: Graph, node: Node, papers: int, seen: int) -> list[_Beside]:
    total = next((int(row["count"].value) for row in graph.select(_ALL)), 0)
    floor = 2 if seen < 60 else 3 if seen < 200 else 4
    made = []
    for row in graph.select(_TOGETHER % (node, floor)):
        term, others = row["term"], int(row["papers"].value)
        if term == node or not isinstance(term, Node):
            continue
        shared = min(int(row["shared"].value) * papers / max(seen, 1), others)
        score = closeness(shared, papers, max(others, 1), max(total, papers, others))
        if score > _CLOSE:
            made.append(_Beside(term, others, round(shared), score))
    return sorted(made, key=lambda one: (-one.score, one.term.value))[:SHOWN]


def _counts(graph: Graph, node: Node, found: Iterable[_Beside]) -> dict[str, int]:
    terms = " ".join(str(one.term) for one in found)
    if not terms:
        return {}
    rows = graph.select(_SHARED % (terms, node))
    return {row["term"].value: int(row["shared"].value) for row in rows}


def _pairs(graph: Graph, found: list[_Beside]) -> list[tuple[int, int, int]]:
    """Count the papers that two of the neighbours share; of very common ones that is not done."""
    rare = {one.term.value: place for place, one in enumerate(found) if one.papers <= _COMPARED}
    if len(rare) < 2:
        return []
    papers: dict[int, set[str]] = {place: set() for place in rare.values()}
    for row in graph.select(_PAPERS % " ".join(f"<{iri}>" for iri in rare)):
        papers[rare[row["term"].value]].add(row["paper"].value)
    return [
        (one, other, shared)
        for one, other in combinations(sorted(papers), 2)
        if (shared := len(papers[one] & papers[other])) > 1
    ]
