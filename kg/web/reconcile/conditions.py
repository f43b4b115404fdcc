"""Whether a thing's properties are what a query says, and which things' are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kg.link.keys import key
from kg.store import Snapshot
from kg.vocab import ORCID, WD
from kg.web.names.identifiers import identifiers_in, own_id
from kg.web.names.keys import key_of_name
from kg.web.names.lookup import Names, Thing
from kg.web.reconcile.requests import Condition, Value
from kg.web.reconcile.schema import TYPES, Property, Values

#: Triples of one pattern that are read.
_READ: Final = 5_000
#: Things that one value may name, values of one property that are looked at, and things that
#: a property may lead to.
_NAMED: Final = 20
_LOOKED_AT: Final = 500
_LED_TO: Final = 200


@dataclass(frozen=True, slots=True)
class Graph:
    """What of a snapshot conditions and values are read from."""

    snapshot: Snapshot
    base: str
    names: Names

    def objects(self, id_: str, property_: Property) -> Iterator[ox.NamedNode | ox.Literal]:
        """Yield the values of a property of a thing, up to a limit."""
        node = ox.NamedNode(self.base + id_)
        for path in property_.paths:
            predicate = ox.NamedNode(str(path))
            quads = (
                self.snapshot.graph.quads_for_pattern(None, predicate, node, None)
                if property_.inverse
                else self.snapshot.graph.quads_for_pattern(node, predicate, None, None)
            )
            for quad in islice(self._ours(quads), _LOOKED_AT):
                value = quad.subject if property_.inverse else quad.object
                if isinstance(value, ox.NamedNode | ox.Literal):
                    yield value

    def has(self, id_: str, property_: Property, value: ox.NamedNode) -> bool:
        """Tell whether a node is among the values."""
        node = ox.NamedNode(self.base + id_)
        start, end = (value, node) if property_.inverse else (node, value)
        predicates = (ox.NamedNode(str(path)) for path in property_.paths)
        pattern = self.snapshot.graph.quads_for_pattern
        return any(True for one in predicates for _ in self._ours(pattern(start, one, end, None)))

    def subjects(self, property_: Property, value: ox.NamedNode | ox.Literal) -> Iterator[str]:
        """Yield the identifiers of things of which something is a value, up to a limit."""
        for path in property_.paths:
            predicate = ox.NamedNode(str(path))
            if not property_.inverse:
                quads = self.snapshot.graph.quads_for_pattern(None, predicate, value, None)
            elif isinstance(value, ox.NamedNode):
                quads = self.snapshot.graph.quads_for_pattern(value, predicate, None, None)
            else:
                continue
            for quad in islice(self._ours(quads), _LED_TO):
                thing = quad.object if property_.inverse else quad.subject
                if isinstance(thing, ox.NamedNode) and thing.value.startswith(self.base):
                    yield thing.value.removeprefix(self.base)

    def _ours(self, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
        """Leave out what stands in users' own graphs: it describes nothing of ours."""
        for quad in islice(quads, _READ):
            graph = quad.graph_name
            if isinstance(graph, ox.NamedNode) and graph.value.startswith(self.base):
                yield quad


class Test:
    """One condition, made ready to be asked of many things."""

    __test__ = False  # no test of pytest's

    def __init__(self, condition: Condition, graph: Graph) -> None:
        self.condition = condition
        self._graph = graph
        self._nodes = [self._nodes_of(value) for value in condition.values]

    def holds(self, thing: Thing) -> bool:
        """Tell whether a thing is as the condition says."""
        found = (self._has(thing, place) for place in range(len(self._nodes)))
        if self.condition.quantifier == "all":
            return all(found)
        return any(found) != (self.condition.quantifier == "none")

    def things(self) -> Iterator[str]:
        """Yield identifiers of things that fit, for a query without a name; perhaps not all."""
        if self.condition.quantifier == "none":
            return
        for value, nodes in zip(self.condition.values, self._nodes, strict=True):
            for node in nodes:
                yield from self._graph.subjects(self.condition.property, node)
            if self.condition.property.values is Values.TEXT:
                yield from self._graph.subjects(self.condition.property, ox.Literal(value.text))
                for hit in self._graph.names.find(key_of_name(value.text)):
                    yield self._graph.names.thing(hit.thing).id

    def _nodes_of(self, value: Value) -> list[ox.NamedNode]:
        kind = self.condition.property.values
        if kind is Values.ITEM:
            return [ox.NamedNode(iri) for iri in _items(value.text)]
        if kind is Values.THING:
            return [
                ox.NamedNode(self._graph.base + thing.id)
                for thing in named_things(value.text, self._graph, by_name=not value.is_id)
            ]
        return []

    def _has(self, thing: Thing, place: int) -> bool:
        property_, text = self.condition.property, self.condition.values[place].text
        if property_.values in (Values.ITEM, Values.THING):
            return any(self._graph.has(thing.id, property_, node) for node in self._nodes[place])
        if property_.values is Values.TYPE:
            name = text.rpartition("#")[2].removeprefix("kg:")
            type_ = TYPES[thing.type]
            labels = {type_.name, type_.english.lower(), type_.korean, *type_.above}
            return name in labels or name.lower() in labels
        if property_.id == "kg:arxivId" and identifiers_in(text):
            text = identifiers_in(text)[0].partition(":")[2]
        return any(
            isinstance(value, ox.Literal | ox.NamedNode) and _equal(property_, value.value, text)
            for value in self._graph.objects(thing.id, property_)
        )


def named_things(text: str, graph: Graph, *, by_name: bool = True) -> list[Thing]:
    """Return the things that a text names: by identifier, else by name."""
    own = own_id(text, graph.base)
    thing = graph.names.by_id(own) if own else None
    if thing is not None:
        return [thing]
    things = graph.names.by_identifiers(identifiers_in(text))
    if not things and by_name:
        hits = graph.names.find(key_of_name(text))
        things = [graph.names.thing(hit.thing) for hit in hits if not hit.bare]
    return things[:_NAMED]


def _items(text: str) -> list[str]:
    """Return the IRIs of what an identifier of Wikidata or ORCID names."""
    starts = {"wikidata": str(WD), "orcid": str(ORCID)}
    parts = (value.partition(":") for value in identifiers_in(text))
    return [starts[kind] + rest for kind, _, rest in parts if kind in starts]


def _equal(property_: Property, value: str, wanted: str) -> bool:
    if property_.values is Values.NUMBER:
        return value == wanted.strip().removesuffix(".0")
    if property_.values is Values.DATE:  # a year or a month fits each day of it
        return bool(wanted) and f"{value}-".startswith(f"{wanted.strip()[:10]}-")
    return value == wanted or (key(value) == key(wanted) != "")
