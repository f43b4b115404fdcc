"""What the page of a term shows, but for the lists that are paged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from rdflib.namespace import DCTERMS, SKOS

from kg.vocab import KG
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.terms.links import links_of
from kg.web.site.terms.lists import PAPERS, dated_papers, papers_shown
from kg.web.site.terms.names import names_of
from kg.web.site.terms.neighbours import neighbours_of
from kg.web.site.terms.results import results_of, whole_results_of

_MENTIONS: Final = f"""PREFIX kg: <{KG._NS}>
SELECT (COUNT(?mention) AS ?count) WHERE {{ ?mention kg:mentionOf %s }}"""
_RANGE: Final = f"""PREFIX dcterms: <{DCTERMS}>
SELECT (MIN(?day) AS ?first) (MAX(?day) AS ?last) WHERE {{ ?digest dcterms:issued ?day }}"""
#: Papers that introduce a term, and broader and narrower terms, that are shown.
_INTRODUCED: Final = 6
_RELATED: Final = 30


@dataclass(frozen=True, slots=True)
class TermJob(SiteJob):
    """Tell what is known of a term.

    Answers ``term``; what :func:`~kg.web.site.terms.names.names_of`, ``results_of`` and
    ``neighbours_of`` tell, the last two by the names ``results`` and ``beside``; ``links``;
    ``mentions`` and ``papers``, how many there are; ``months``, how many papers were first seen
    in each; ``newest``, the first page of papers (see
    :class:`~kg.web.site.terms.lists.TermPapersJob`); ``range``, the first and last day of all
    digests, or None; ``first`` and ``last``; ``higher``, of a metric; ``introduced``, the first
    papers of ``introduced_count``; ``broader`` and ``narrower``.
    """

    iri: str

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        papers = dated_papers(graph, node)
        introduced = [graph.paper(one) for one in graph.subjects(KG.introduces, node)]
        introduced.sort(key=lambda paper: (paper["seen"] or "9", paper["iri"]))
        higher = graph.text(node, KG.higherIsBetter)
        return {
            "term": graph.term(node),
            **names_of(graph, node),
            "links": links_of(graph, node),
            "mentions": _mentions(graph, node),
            "papers": len(papers),
            "months": Counter(day[:7] for day, _ in papers if day),
            "newest": papers_shown(graph, node, papers[:PAPERS]),
            "range": _range(graph),
            "first": graph.text(node, KG.firstSeen),
            "last": graph.text(node, KG.lastSeen),
            "higher": None if higher is None else higher in ("true", "1"),
            "introduced": introduced[:_INTRODUCED],
            "introduced_count": len(introduced),
            "broader": [graph.term(one) for one in graph.nodes(node, SKOS.broader)[:_RELATED]],
            "narrower": [graph.term(one) for one in graph.nodes(node, SKOS.narrower)[:_RELATED]],
            "results": results_of(graph, node),
            "beside": neighbours_of(graph, node, len(papers)),
        }


@dataclass(frozen=True, slots=True)
class TermResultsJob(SiteJob):
    """Tell all results of which a term is the subject, the benchmark or the metric: ``results``."""

    iri: str

    def shown(self, graph: Graph) -> Shown:
        return {"results": whole_results_of(graph, Node(self.iri))}


def _mentions(graph: Graph, node: Node) -> int:
    return next((int(row["count"].value) for row in graph.select(_MENTIONS % node)), 0)


def _range(graph: Graph) -> tuple[str, str] | None:
    for row in graph.select(_RANGE):
        if row["first"] is not None and row["last"] is not None:
            return str(row["first"].value), str(row["last"].value)
    return None
