"""Terms side by side: what they are, the papers they share, their results and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kg.vocab import KG
from kg.web.site.benchmarks.claims import claims_of
from kg.web.site.compare.results import side_by_side
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.terms.links import links_of
from kg.web.site.terms.neighbours import closeness

#: What is shown of each list.
_PAPERS: Final = 15
_INTRODUCING: Final = 3
_NEIGHBOURS: Final = 15
#: Results of a term that are read, and papers whose other terms are counted.
_RESULTS: Final = 600
_SAMPLE: Final = 200
#: Which part of a result a term of a type is; any other is its subject.
_PART: Final = {"Benchmark": "benchmark", "Dataset": "benchmark", "Metric": "metric"}
_PROPERTY: Final = {"subject": KG.subject, "benchmark": KG.benchmark, "metric": KG.metric}

_MENTIONING: Final = f"SELECT ?paper {{ ?paper <{KG.mentions}> %s }}"
_TOGETHER: Final = f"""SELECT ?term (COUNT(?paper) AS ?shared) {{
  {{ SELECT ?paper {{ ?paper <{KG.mentions}> %s }} LIMIT {_SAMPLE} }}
  ?paper <{KG.mentions}> ?term .
}} GROUP BY ?term HAVING (COUNT(?paper) > 1)"""


@dataclass(frozen=True, slots=True)
class CompareTermsJob(SiteJob):
    """Compare some terms, given by their IRIs.

    Answers ``terms``, each with ``first`` and ``last`` (days), ``links`` to Wikidata,
    ``introduced`` (papers) and ``introduced_count``; ``pairs``, two places with the number of
    papers that mention both; ``papers``, the newest that mention all, and ``paper_count``;
    ``compared``, which part of results the terms are, None where they are of several, and
    ``results`` as :func:`~kg.web.site.compare.results.side_by_side` tells them; ``neighbours``,
    terms that stand beside all, with ``closeness`` to each.
    """

    iris: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        nodes = [Node(iri) for iri in self.iris]
        terms = [graph.term(node) for node in nodes]
        papers = [{row["paper"] for row in graph.select(_MENTIONING % node)} for node in nodes]
        both = set.intersection(*papers)
        parts = {_PART.get(term["type"], "subject") for term in terms}
        compared = parts.pop() if len(parts) == 1 else None
        return {
            "terms": [_about(graph, node) for node in nodes],
            "pairs": [
                [one, other, len(papers[one] & papers[other])]
                for one, other in combinations(range(len(nodes)), 2)
            ],
            "papers": _newest(graph, both),
            "paper_count": len(both),
            "compared": compared,
            "results": None if compared is None else _results(graph, nodes, compared),
            "neighbours": _neighbours(graph, nodes),
        }


def _about(graph: Graph, node: Node) -> Shown:
    introducing = sorted(
        (graph.paper(paper) for paper in graph.subjects(KG.introduces, node)),
        key=lambda paper: (paper["seen"] or "", paper["iri"]),
    )
    return {
        **graph.term(node),
        "first": graph.text(node, KG.firstSeen),
        "last": graph.text(node, KG.lastSeen),
        "links": [one for one in links_of(graph, node) if one["qid"] and not one["negated"]],
        "introduced": introducing[:_INTRODUCING],
        "introduced_count": len(introducing),
    }


def _newest(graph: Graph, papers: set[Node]) -> list[Shown]:
    days = sorted(
        ((graph.text(paper, KG.firstSeen) or "", paper.value) for paper in papers), reverse=True
    )
    return [graph.paper(Node(iri)) for _, iri in days[:_PAPERS]]


def _results(graph: Graph, nodes: Sequence[Node], compared: str) -> Shown:
    """Put the results of terms side by side, of each the newest digests' if there are many."""
    columns = []
    for node in nodes:
        found = sorted(graph.subjects(_PROPERTY[compared], node), key=lambda one: one.value)
        columns.append(claims_of(graph, found[-_RESULTS:]))
    return side_by_side(graph, columns, compared)


def _neighbours(graph: Graph, nodes: Sequence[Node]) -> list[Shown]:
    """Find the terms that stand closer to each of some terms than by chance.

    They are ordered by the least closeness. Of a common term some papers are looked at, and
    what they share with others is taken for a sample of all.
    """
    shared = []
    for node in nodes:
        rows = graph.select(_TOGETHER % node)
        shared.append({row["term"]: int(row["shared"].value) for row in rows})
    counts = [max(graph.count(node, KG.paperCount), 1) for node in nodes]
    total = _all_papers(graph)
    found = []
    for term in set(shared[0]).intersection(*shared[1:]).difference(nodes):
        papers = max(graph.count(term, KG.paperCount), 1)
        scores = [
            closeness(min(some[term] * count / min(count, _SAMPLE), papers), count, papers, total)
            for some, count in zip(shared, counts, strict=True)
        ]
        if min(scores) > 0:
            found.append((min(scores), term, scores))
    found.sort(key=lambda one: (-one[0], one[1].value))
    return [
        {"term": graph.term(term), "closeness": [round(score, 3) for score in scores]}
        for _, term, scores in found[:_NEIGHBOURS]
    ]


def _all_papers(graph: Graph) -> int:
    rows = graph.select(f"SELECT (COUNT(?paper) AS ?n) {{ ?paper a <{KG.Paper}> }}")
    return next((int(row["n"].value) for row in rows), 0)
