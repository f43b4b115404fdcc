"""The links of a store as rows, for people: all of them, or those most in need of a look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyoxigraph as ox
from rdflib.namespace import RDFS, SKOS

from kg.link.concepts import open_index
from kg.link.mappings.writing import Row
from kg.linked import Kind, Link, LinkDecision, standing
from kg.rdf import Thing
from kg.settings import Settings
from kg.store import Snapshot, open_snapshot
from kg.vocab import KG, TERMS_GRAPH, Iris

_LABEL = ox.NamedNode(str(RDFS.label))
_TYPE = ox.NamedNode(str(KG.termType))
_NAMES = tuple(ox.NamedNode(str(one)) for one in (SKOS.prefLabel, SKOS.altLabel))


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A machine's link, or NIL, with what a person needs to judge it.

    ``term_type`` is empty for what is no term. ``labels`` are the other names.
    ``description`` is the item's, empty where the index does not have it.
    """

    link: Link
    label: str
    term_type: str
    labels: tuple[str, ...]
    description: str
    iri: str

    @property
    def type(self) -> str:
        return self.term_type or str(self.link.kind)


def link_rows(settings: Settings) -> list[Row]:
    """Return what is in force: the machine's links and people's decisions, sorted.

    Decisions about what is not in the graph are there too, without a label.

    Raises:
        StoreError: there is no store.
    """
    iris = Iris(settings.base_iri)
    with open_snapshot(settings.store) as snapshot:
        links, said = _read(snapshot)
        rows = []
        for thing in sorted(links.keys() | said.keys()):
            label, type_ = _described(snapshot, thing, iris)
            link = standing(links.get(thing), said.get(thing, ()))
            if link is not None and label:
                rows.append(Row(link, label, type_))
            rows += [Row(one, label, type_) for one in said.get(thing, ())]
    return rows


def review_rows(settings: Settings, limit: int) -> list[ReviewRow]:
    """Return the machine's least certain answers: links by rising score, then NILs likewise.

    What people decided is left out.

    Args:
        limit: how many at most.

    Raises:
        StoreError: there is no store.
        KGError: the index cannot be read.
    """
    iris = Iris(settings.base_iri)
    rows: list[ReviewRow] = []
    with open_index(settings.index) as index, open_snapshot(settings.store) as snapshot:
        links, said = _read(snapshot)
        doubtful = [standing(link, said.get(thing, ())) for thing, link in links.items()]
        for link in sorted(filter(None, doubtful), key=_doubt):
            if len(rows) == limit:
                break
            thing = (link.kind, link.key)
            label, type_ = _described(snapshot, thing, iris)
            if not label:
                continue
            item = index.item(int(link.qid[1:])) if link.qid else None
            rows.append(
                ReviewRow(
                    link=link,
                    label=label,
                    term_type=type_,
                    labels=tuple(one for one in _names(snapshot, thing, iris) if one != label),
                    description=item.description if item else "",
                    iri=iris.thing(*thing),
                )
            )
    return rows


def _doubt(link: Link) -> tuple[bool, Decimal, Kind, str]:
    return (link.qid is None, link.score, link.kind, link.key)


def _read(snapshot: Snapshot) -> tuple[dict[Thing, Link], dict[Thing, list[LinkDecision]]]:
    said: dict[Thing, list[LinkDecision]] = defaultdict(list)
    with snapshot.records() as records:
        links = {(one.kind, one.key): one for one in records.links()}
        for one in records.link_decisions():
            said[one.kind, one.key].append(one)
    return links, said


def _described(snapshot: Snapshot, thing: Thing, iris: Iris) -> tuple[str, str]:
    """Return what a thing is called and the local name of a term's type; empty where unknown."""
    label = next(_values(snapshot, thing, _LABEL, iris), "")
    type_ = next(_values(snapshot, thing, _TYPE, iris), "")
    return label, type_.removeprefix(str(KG._NS))


def _names(snapshot: Snapshot, thing: Thing, iris: Iris) -> list[str]:
    return sorted({one for name in _NAMES for one in _values(snapshot, thing, name, iris)})


def _values(snapshot: Snapshot, thing: Thing, predicate: ox.NamedNode, iris: Iris) -> Iterator[str]:
    graph = ox.NamedNode(iris.graph(TERMS_GRAPH))
    node = ox.NamedNode(iris.thing(*thing))
    for quad in snapshot.graph.quads_for_pattern(node, predicate, None, graph):
        if not isinstance(quad.object, ox.BlankNode | ox.Triple):
            yield quad.object.value
