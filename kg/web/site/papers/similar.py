"""Papers like a paper: those that mention the same terms, the rarer the better."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, Final

from rdflib.namespace import RDF

from kg.vocab import KG
from kg.web.site.papers.marked_text import number_of
from kg.web.site.reading import Graph, Node, Shown

_OWN: Final = f"""
SELECT ?this ?term ?count {{ ?this <{KG.mentions}> ?term . ?term <{KG.paperCount}> ?count }}"""
_TOTAL: Final = f"SELECT (COUNT(*) AS ?papers) {{ ?paper <{RDF.type}> <{KG.Paper}> }}"
#: A term that more than this share of all papers mention says nothing; in a small graph, more
#: than so many papers.
_SHARE: Final = 0.1
_FEW: Final = 20
#: So many papers that share most are compared as wholes.
_LOOKED_AT: Final = 30
_REASONS: Final = 4


def similar_papers(graph: Graph, paper: Node, most: int = 8) -> list[Shown]:
    """Return the papers most like a paper, each with the terms that it shares with it.

    Each paper is a vector of its terms, weighted by the logarithm of how rare they are
    (inverse document frequency). The score is the cosine, times n / (n + 1) where n terms are
    shared, for one alone may be chance. One has ``paper``, ``score`` in [0, 1], ``shared`` (the
    terms that weigh most) and ``count`` (how many are shared).
    """
    total = next(int(row["papers"].value) for row in graph.select(_TOTAL))
    limit = max(total * _SHARE, _FEW)
    weights = {
        row["term"]: weight
        for row in graph.select(_OWN, {"this": paper})
        if (weight := _rarity(total, row["count"], limit))
    }
    if not weights:
        return []
    found = []
    for other, terms in _vectors(graph, _candidates(graph, paper, weights), total, limit).items():
        shared = sorted(terms.keys() & weights.keys(), key=lambda term: (-terms[term], term.value))
        product = sum(weights[term] ** 2 for term in shared)
        cosine = product / (_length(weights) * _length(terms))
        score = cosine * len(shared) / (len(shared) + 1)
        found.append((-score, other.value, other, shared))
    return [
        {
            "paper": graph.paper(other),
            "score": round(-minus, 3),
            "shared": [graph.term(term) for term in shared[:_REASONS]],
            "count": len(shared),
        }
        for minus, _, other, shared in sorted(found, key=lambda one: one[:2])[:most]
    ]


def _rarity(total: int, papers: Any, limit: float) -> float:
    """Return the weight of a term that so many papers mention: 0 of one that is too common."""
    count = number_of(papers) or 0
    return math.log(total / count) if 0 < count <= min(limit, total) else 0.0


def _length(weights: dict[Node, float]) -> float:
    return math.hypot(*weights.values()) or 1.0


def _candidates(graph: Graph, paper: Node, weights: dict[Node, float]) -> list[Node]:
    """Return the papers that share most, by the sum of the squares of the weights."""
    values = " ".join(f"({term} {weight**2:.6f}e0)" for term, weight in weights.items())
    # To order equals by their names too takes the store ten times as long.
    rows = graph.select(
        f"""SELECT ?paper (SUM(?weight) AS ?sum) {{
          VALUES (?term ?weight) {{ {values} }}
          ?paper <{KG.mentions}> ?term .
        }} GROUP BY ?paper ORDER BY DESC(?sum) LIMIT {_LOOKED_AT + 1}"""
    )
    found = [row["paper"] for row in rows if isinstance(row["paper"], Node)]
    return [other for other in found if other != paper]


def _vectors(
    graph: Graph, papers: list[Node], total: int, limit: float
) -> dict[Node, dict[Node, float]]:
    """Return the weights of all terms of some papers."""
    if not papers:
        return {}
    rows = graph.select(
        f"""SELECT ?paper ?term ?count {{
          VALUES ?paper {{ {" ".join(map(str, papers))} }}
          ?paper <{KG.mentions}> ?term .
          ?term <{KG.paperCount}> ?count .
        }}"""
    )
    found: defaultdict[Node, dict[Node, float]] = defaultdict(dict)
    for row in rows:
        if weight := _rarity(total, row["count"], limit):
            found[row["paper"]][row["term"]] = weight
    return found
