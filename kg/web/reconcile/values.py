"""The values of properties of things, as the protocol writes them."""

from __future__ import annotations

import re
from typing import Any, Final

import pyoxigraph as ox

from kg.vocab import KG, SSSOM, WD
from kg.web.reconcile.conditions import Graph
from kg.web.reconcile.schema import TYPES, Property, Values

#: A value: an object with ``id`` and ``name``, ``str``, ``int`` or ``date``.
Written = dict[str, Any]
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LABEL: Final = ox.NamedNode(str(SSSOM.object_label))
_RESULT: Final = tuple(
    ox.NamedNode(str(one))
    for one in (KG.subjectText, KG.benchmarkText, KG.metricText, KG.valueText, KG.unit, KG.setting)
)


def values_of(
    graph: Graph, id_: str, property_: Property, most: int, language: str
) -> list[Written]:
    """Return the values of a property of a thing, sorted, at most so many."""
    written = []
    for value in graph.objects(id_, property_):
        made = _written(graph, id_, property_, value, language)
        if made is not None and made not in written:
            written.append(made)
    written.sort(key=_order)
    return written[:most]


def _order(value: Written) -> tuple[str, str]:
    return (str(value.get("name", value.get("str", ""))), str(sorted(value.items())))


def _written(
    graph: Graph, id_: str, property_: Property, value: ox.NamedNode | ox.Literal, language: str
) -> Written | None:
    kind, text = property_.values, value.value
    if kind is Values.NUMBER:
        return {"int": int(text)} if text.lstrip("-").isdigit() and len(text) < 16 else None
    if kind is Values.DATE:
        return {"date": f"{text}T00:00:00Z"} if _DAY.fullmatch(text) else None
    if kind is Values.TYPE:
        type_ = TYPES.get(text.rpartition("#")[2])
        return {"str": type_.label(language)} if type_ else None
    if kind is Values.THING:
        other = text.removeprefix(graph.base)
        thing = graph.names.by_id(other)
        return {"id": thing.id, "name": thing.name(language)} if thing else None
    if kind is Values.ITEM:
        return _item(graph, id_, text)
    if kind is Values.RESULT:
        return _result(graph, value)
    lang = value.language if isinstance(value, ox.Literal) else None
    return {"str": text, "lang": lang} if lang else {"str": text}


def _item(graph: Graph, id_: str, iri: str) -> Written | None:
    """Write a linked item, by the label that it had when it was linked."""
    if not iri.startswith(str(WD)):
        return None
    qid = iri.removeprefix(str(WD))
    record = ox.NamedNode(f"{graph.base}link/{id_}/{qid}")
    labels = sorted(
        quad.object.value
        for quad in graph.snapshot.graph.quads_for_pattern(record, _LABEL, None, None)
        if isinstance(quad.object, ox.Literal)
    )
    return {"id": qid, "name": labels[0] if labels else qid}


def _result(graph: Graph, node: ox.NamedNode | ox.Literal) -> Written | None:
    """Write a result as a line: what, on what, by what measure, and the value."""
    if not isinstance(node, ox.NamedNode):
        return None
    said: list[str] = []
    for predicate in _RESULT:
        quads = graph.snapshot.graph.quads_for_pattern(node, predicate, None, None)
        texts = (quad.object for quad in quads)
        values = (text.value for text in texts if isinstance(text, ox.Literal))
        said.append(min(values, default=""))
    subject, benchmark, metric, value, unit, setting = said
    where = " on ".join(part for part in (subject, benchmark) if part)
    what = " ".join(part for part in (metric, value, unit) if part)
    line = f"{where}: {what}" if where else what
    return {"str": f"{line} ({setting})" if setting else line}
