"""What was decided about a term and Wikidata: who says which item it is, how surely, and why."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from rdflib.namespace import OWL, RDFS, SKOS

from kg.vocab import PAV, SCHEMA, SSSOM, WD, WIKI
from kg.web.site.reading import Graph, Node, Shown

_RELATIONS: Final = {
    str(SKOS.exactMatch): "exact",
    str(SKOS.closeMatch): "close",
    str(SCHEMA.sameAs): "exact",
}


def links_of(graph: Graph, node: Node) -> list[Shown]:
    """Return the records of links of a thing, those in force first.

    Each has ``iri``, of the record; ``qid`` (None where no item fits), ``page`` (the item's, for
    people), ``label`` and ``description`` of the item (or None), ``relation`` (exact, close),
    ``negated`` (it is not that item), ``score``, ``evidence`` with its language ``lang``, ``by``,
    names of people who decided, ``tool``, and ``date``.
    """
    records = [_record(graph, one, node) for one in graph.subjects(OWL.annotatedSource, node)]
    return sorted(records, key=lambda one: (one["negated"], one["qid"] is None, one["iri"]))


def _record(graph: Graph, record: Node, node: Node) -> Shown:
    target = graph.one(record, OWL.annotatedTarget)
    qid = _qid(target)
    evidence = graph.one(record, RDFS.comment)
    modifier = graph.text(record, SSSOM.predicate_modifier)
    return {
        "iri": record.value,
        "qid": qid,
        "page": None if qid is None else f"{WIKI}{qid}",
        "label": None if qid is None else _item_label(graph, record, node, Node(str(WD[qid]))),
        "description": None if qid is None else graph.text(Node(str(WD[qid])), SCHEMA.description),
        "relation": _RELATIONS.get(graph.text(record, OWL.annotatedProperty) or "", "exact"),
        "negated": modifier == str(SSSOM.NegatedPredicate),
        "score": graph.number(record, SSSOM.confidence),
        "evidence": None if evidence is None else str(evidence.value),
        "lang": evidence.language if isinstance(evidence, ox.Literal) else None,
        "by": [graph.label(one) for one in graph.nodes(record, PAV.authoredBy)],
        "tool": graph.text(record, SSSOM.mapping_tool),
        "date": graph.text(record, PAV.authoredOn),
    }


def _qid(target: object) -> str | None:
    """Return the id of an item; None for what says that there is none."""
    found = target.value.removeprefix(str(WD)) if isinstance(target, Node) else ""
    return found if found[:1] == "Q" and found[1:].isdecimal() else None


def _item_label(graph: Graph, record: Node, node: Node, item: Node) -> str | None:
    """Return the label of an item: Wikidata's own where it was brought in, else the record's."""
    if graph.has(item, RDFS.label):
        return graph.label(item)
    told = (graph.text(record, RDFS.label) or "").removeprefix(f"{graph.label(node)}: ")
    qid = item.value.removeprefix(str(WD))
    return told.removeprefix("not ").removesuffix(qid).removesuffix(f" ({qid})") or None
