"""The results of a paper, each group of them with the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

import pyoxigraph as ox

from kg.vocab import KG, OA
from kg.web.site.languages import gettext
from kg.web.site.papers.marked_text import anchor, cut, number_of, place_of
from kg.web.site.reading import Graph, Node, Shown

_RESULTS: Final = f"""
SELECT ?paper ?result ?property ?value {{
  ?paper <{KG.hasResult}> ?result .
  ?result ?property ?value .
}}"""
_TERMS: Final = ("subject", "benchmark", "metric", "baseline")
_WORDS: Final = (
    "subjectText",
    "benchmarkText",
    "metricText",
    "valueText",
    "value",
    "unit",
    "setting",
    "split",
)
_NAMED: Final = ("resultKind", "direction", "valueQualifier")
#: A paper's results are shown up to so many; digests give a dozen at most.
_MOST: Final = 200


def results_of(graph: Graph, paper: Node, within: str) -> list[Shown]:
    """Read the results of a paper, those of one sentence together, in the order of the text.

    A group is ``evidence`` (``iri``, ``section``, ``day``, ``lang``, ``pieces``: the sentence cut
    at the values in it) and ``results``. A result has ``iri``, ``id``, the terms ``subject``,
    ``benchmark``, ``metric`` and ``baseline`` with the words for the first three
    (``subjectText``, …), ``value``, ``valueText``, ``unit``, ``setting``, ``split``, ``kind``,
    ``direction``, ``qualifier`` and ``confidence``; what is not known is None.

    Args:
        within: what :func:`kg.web.site.papers.marked_text.anchor` takes for the page that
            shows them.
    """
    facts: dict[str, dict[str, Any]] = {}
    for row in graph.select(_RESULTS, {"paper": paper}):
        result, value = row["result"], row["value"]
        if isinstance(result, Node) and isinstance(value, Node | ox.Literal):
            name = row["property"].value.removeprefix(str(KG._NS))
            known = facts.setdefault(result.value, {})
            known[name] = min(known.get(name, value), value, key=str)
    read = [_result(graph, iri, facts[iri], within) for iri in _in_order(graph, facts)[:_MOST]]
    groups = groupby(read, key=lambda result: str(result["evidence"]))
    return [_group(graph, evidence, list(results)) for evidence, results in groups]


def _in_order(graph: Graph, facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Sort the IRIs of results: those of the newest digest first, then as the text has them."""
    sections = {iri.partition("#")[0] for iri in facts}
    by_position = sorted(sections, key=lambda iri: (graph.count(Node(iri), KG.position), iri))
    by_day = sorted(by_position, key=lambda iri: _day(graph, iri), reverse=True)
    places = {iri: place for place, iri in enumerate(by_day)}

    def order(iri: str) -> tuple[int, tuple[int, int], tuple[int, int], str]:
        evidence = facts[iri].get("evidence")
        sentence = place_of(evidence.value) if isinstance(evidence, Node) else None
        return places[iri.partition("#")[0]], sentence or (0, 0), place_of(iri) or (0, 0), iri

    return sorted(facts, key=order)


def _day(graph: Graph, iri: str) -> str:
    """Return the day of the digest that an IRI lies in, as the IRI has it."""
    return iri.removeprefix(f"{graph.base}digest/").partition("/")[0]


def _result(graph: Graph, iri: str, facts: Mapping[str, Any], within: str) -> Shown:
    terms = {
        name: graph.term(facts[name]) if isinstance(facts.get(name), Node) else None
        for name in _TERMS
    }
    words = {name: facts[name].value if name in facts else None for name in _WORDS}
    kind, direction, qualifier = (
        facts[name].value.rpartition("#")[2] if name in facts else None for name in _NAMED
    )
    evidence = facts.get("evidence")
    return {
        "iri": iri,
        "id": anchor(iri, within),
        **terms,
        **words,
        "kind": kind,
        "direction": direction,
        "qualifier": qualifier,
        "confidence": number_of(facts.get("confidence")),
        "evidence": evidence.value if isinstance(evidence, Node) else None,
    }


def _group(graph: Graph, evidence: str, results: list[Shown]) -> Shown:
    """Put the results of one sentence together, with the sentence cut at their values."""
    literal = graph.one(Node(evidence), OA.exact) if place_of(evidence) else None
    text = literal.value if isinstance(literal, ox.Literal) else ""
    start = (place_of(evidence) or (0, 0))[0]
    places = sorted({place for one in results if (place := place_of(one["iri"]))})
    return {
        "evidence": {
            "iri": evidence,
            "section": evidence.partition("#")[0],
            "day": _day(graph, results[0]["iri"]),
            "lang": literal.language if isinstance(literal, ox.Literal) else None,
            "text": text,
            "pieces": cut(text, [(begin - start, end - start) for begin, end in places]),
        },
        "results": results,
    }


def value_told(result: Shown) -> str:
    """Return the value of a result in words of the reader's language: ``up to +3.2 points``.

    A change has a sign, a factor has none: ``2×``, and ``2× less`` where it is a decrease.
    """
    value = str(result["valueText"] or "")
    if result["value"] is not None and not any(char.isdigit() for char in value):
        value = str(result["value"])  # the text says it as a word
    unit, direction = result["unit"], result["direction"]
    if result["kind"] == "relative" and unit != "x" and value[:1] not in "+-−±":
        value = {"increase": "+", "decrease": "−"}.get(direction or "", "") + value
    told = _with_unit(value, unit)
    if unit == "x" and direction == "decrease":
        told = gettext("%(value)s less") % {"value": told}
    frames = {
        "about": gettext("about %(value)s"),
        "upTo": gettext("up to %(value)s"),
        "atLeast": gettext("at least %(value)s"),
    }
    frame = frames.get(result["qualifier"] or "")
    return frame % {"value": told} if frame else told


def _with_unit(value: str, unit: str | None) -> str:
    if not unit:
        return value
    if unit in ("%", "x"):
        return value + ("×" if unit == "x" else unit)
    names = {
        "points": gettext("%(value)s points"),
        "minutes": gettext("%(value)s minutes"),
        "hours": gettext("%(value)s hours"),
        "days": gettext("%(value)s days"),
    }
    return names[unit] % {"value": value} if unit in names else f"{value} {unit}"
