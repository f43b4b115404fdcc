"""Read results of the graph as claims: plain values, with what they are about as IRIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from rdflib import URIRef

from kg.vocab import KG, OA
from kg.web.site.papers.marked_text import anchor, cut, place_of
from kg.web.site.reading import Graph, Node, Shown

#: A leaderboard has claims of these kinds only.
SCORES: Final = ("absolute", "comparison")


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a paper reports.

    ``subject``, ``benchmark``, ``metric``, ``baseline`` and ``paper`` are IRIs. ``kind``,
    ``qualifier`` and ``direction`` are local names. ``value`` is None for a range, which has
    ``low`` and ``high``. ``metric_name`` is the label of the metric, else what was printed, and
    ``higher`` whether a higher one is better; both are None where that is not known.
    """

    iri: str
    kind: str
    text: str
    subject: str | None = None
    subject_text: str | None = None
    benchmark: str | None = None
    metric: str | None = None
    metric_name: str | None = None
    higher: bool | None = None
    baseline: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    qualifier: str | None = None
    direction: str | None = None
    unit: str | None = None
    split: str | None = None
    setting: str | None = None
    confidence: float = 0.0
    paper: str | None = None


#: Where each field of a claim stands, by how it is written there.
_TEXTS: Final = {
    "text": KG.valueText,
    "subject_text": KG.subjectText,
    "metric_name": KG.metricText,
    "unit": KG.unit,
    "split": KG.split,
    "setting": KG.setting,
}
_NODES: Final = {
    "subject": KG.subject,
    "benchmark": KG.benchmark,
    "metric": KG.metric,
    "baseline": KG.baseline,
}
_LOCALS: Final = {
    "kind": KG.resultKind,
    "qualifier": KG.valueQualifier,
    "direction": KG.direction,
}
_NUMBERS: Final = {
    "value": KG.value,
    "low": KG.valueMin,
    "high": KG.valueMax,
    "confidence": KG.confidence,
}


def claims_of(graph: Graph, results: Iterable[Node]) -> list[Claim]:
    """Read results; one without a kind or a printed value is left out."""
    metrics: dict[str, tuple[str, bool | None]] = {}
    return [claim for node in results if (claim := _claim(graph, node, metrics))]


def _claim(graph: Graph, node: Node, metrics: dict[str, tuple[str, bool | None]]) -> Claim | None:
    said: dict[str, Any] = {}
    for quad in graph.reader.snapshot.graph.quads_for_pattern(node, None, None, None):
        said.setdefault(quad.predicate.value, quad.object)
    fields = dict(_fields(said))
    if "kind" not in fields or "text" not in fields:
        return None
    if metric := fields.get("metric"):
        if metric not in metrics:
            metrics[metric] = _metric(graph, Node(metric))
        fields["metric_name"], fields["higher"] = metrics[metric]
    papers = sorted(paper.value for paper in graph.subjects(KG.hasResult, node))
    return Claim(iri=node.value, paper=papers[0] if papers else None, **fields)


def _metric(graph: Graph, metric: Node) -> tuple[str, bool | None]:
    higher = graph.text(metric, KG.higherIsBetter)
    return graph.label(metric), None if higher is None else higher in ("true", "1")


def _fields(said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in _found(said, _TEXTS, ox.Literal):
        yield name, value
    for name, value in _found(said, _NODES, ox.NamedNode):
        yield name, value
    for name, value in _found(said, _LOCALS, ox.NamedNode):
        yield name, value.rpartition("#")[2]
    for name, value in _found(said, _NUMBERS, ox.Literal):
        try:
            yield name, float(value)
        except ValueError:  # somebody's own graph says so
            continue


def _found(
    said: dict[str, Any], where: dict[str, URIRef], class_: type
) -> Iterator[tuple[str, str]]:
    for name, predicate in where.items():
        value = said.get(str(predicate))
        if isinstance(value, class_):
            yield name, value.value  # type: ignore[attr-defined]


def evidence_of(graph: Graph, claim: Claim) -> Shown:
    """Return where a claim stands: its sentence in pieces, the value marked, and its address.

    That is ``iri``, ``anchor`` on the page of its paper, ``pieces`` and ``lang``.
    """
    span = next(iter(graph.nodes(Node(claim.iri), KG.evidence)), None)
    sentence = None if span is None else graph.one(span, OA.exact)
    text = sentence.value if isinstance(sentence, ox.Literal) else ""
    start = place_of(span.value) if span is not None else None
    value = place_of(claim.iri)
    marked = [(value[0] - start[0], value[1] - start[0])] if value and start else []
    return {
        "iri": claim.iri,
        "anchor": anchor(claim.iri, f"{graph.base}digest"),
        "pieces": cut(text, marked),
        "text": text,
        "lang": sentence.language if isinstance(sentence, ox.Literal) else None,
    }
