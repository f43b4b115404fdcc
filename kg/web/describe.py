"""Find and describe what an IRI names, in a query worker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyoxigraph as ox
from rdflib.namespace import RDF, RDFS, VOID

from kg.vocab import KG, OA, PREFIXES, key_of
from kg.web.jobs import GRAPH_FORMATS, Cell, cell, short, told_errors
from kg.web.names.keys import key_of_name
from kg.web.names.lookup import opened
from kg.web.reader import LABELS, Reader

#: Of the triples that point at a thing, a description has so many for each predicate: a
#: term can have thousands of mentions, and a query finds them all.
INCOMING_LIMIT: Final = 100
GRAPH_LIMIT: Final = 10_000
#: What a page shows of the values of one property.
SHOWN_LIMIT: Final = 25

_NAMES = tuple(ox.NamedNode(str(name)) for name in (RDFS.label, OA.exact, KG.valueText))
_TEXT = ox.NamedNode(str(KG.text))
_TYPE = str(RDF.type)
_TYPE_NODE = ox.NamedNode(_TYPE)
#: At most so many digits are a number: longer ones cannot be read in linear time.
_DIGITS = re.compile(r"([0-9]{1,15})")

#: Properties that come first on a page, in this order; the others follow by name.
_FIRST: Final = tuple(
    short(str(iri))
    for iri in (KG.text, KG.paper, KG.digest, KG.section, KG.introduces, KG.evaluatesOn)
)


@dataclass(frozen=True, slots=True)
class FindJob:
    """Tell which of some IRIs are in the graph, and which terms have a label of a key.

    Answers JSON: ``found``, a list of booleans, ``texts``, whether each has a text, and
    ``terms``, a sorted list of IRIs that is empty where ``label`` is None. ``names`` is the
    file of the snapshot's names, if there is one: without it all labels are read, which
    takes more than a second in a graph of 25,000 terms. ``base`` is the start of their IRIs.
    """

    iris: tuple[str, ...]
    label: str | None = None
    names: Path | None = None
    base: str = ""

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            found = [_is_there(reader, iri) for iri in self.iris]
            terms: tuple[str, ...] = ()
            if self.label is not None and not any(found):
                terms = self._terms(reader, key_of(self.label))
            texts = [_has(reader, ox.NamedNode(iri), _TEXT) for iri in self.iris]
        out.write(json.dumps({"found": found, "texts": texts, "terms": terms}).encode())

    def _terms(self, reader: Reader, key: str) -> tuple[str, ...]:
        with opened(self.names) as names:
            if names is None:
                return reader.terms_by_key.get(key, ())
            # Names that differ in more than keys do share the key of a name.
            ids = {names.thing(hit.thing).id for hit in names.find(key_of_name(key))}
        iris = sorted(self.base + id_ for id_ in ids if id_.startswith("term/"))
        return tuple(iri for iri in iris if _has_label_of(reader, ox.NamedNode(iri), key))


def _has_label_of(reader: Reader, term: ox.NamedNode, key: str) -> bool:
    return any(
        isinstance(quad.object, ox.Literal) and key_of(quad.object.value) == key
        for predicate in LABELS
        for quad in reader.snapshot.graph.quads_for_pattern(term, predicate, None, None)
    )


def _is_there(reader: Reader, iri: str) -> bool:
    graph, node = reader.snapshot.graph, ox.NamedNode(iri)
    return (
        _has(reader, node, None)
        or any(True for _ in graph.quads_for_pattern(None, None, node, None))
        or graph.contains_named_graph(node)
    )


def _has(reader: Reader, node: ox.NamedNode, predicate: ox.NamedNode | None) -> bool:
    return any(True for _ in reader.snapshot.graph.quads_for_pattern(node, predicate, None, None))


@dataclass(frozen=True, slots=True)
class DescribeJob:
    """Write the triples that say something about an IRI, sorted, in an RDF format.

    They are those with it as subject, and up to :data:`INCOMING_LIMIT` a predicate with
    it as object. Where it names a graph, ``with_graph`` adds what that holds, up to
    :data:`GRAPH_LIMIT` triples.
    """

    iri: str
    format: str
    with_graph: bool = False

    def run(self, reader: Reader, out: BinaryIO) -> None:
        node = ox.NamedNode(self.iri)
        with told_errors(reader):
            triples = {quad.triple for quad in _about(reader, node)}
            for _, quads in _incoming(reader, node):
                triples.update(quad.triple for quad in islice(quads, INCOMING_LIMIT))
            if self.with_graph:
                within = reader.snapshot.graph.quads_for_pattern(None, None, None, node)
                triples.update(quad.triple for quad in islice(within, GRAPH_LIMIT))
            # The thing itself comes first.
            ordered = sorted(triples, key=lambda triple: (triple.subject != node, str(triple)))
            ox.serialize(ordered, out, GRAPH_FORMATS[self.format], prefixes=PREFIXES)


@dataclass(frozen=True, slots=True)
class VoidJob:
    """Write what the graph *graph* says of the data set, and where it can be asked."""

    graph: str
    dataset: str
    endpoint: str
    format: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            quads = reader.snapshot.graph.quads_for_pattern(
                None, None, None, ox.NamedNode(self.graph)
            )
            triples = {quad.triple for quad in quads}
            dataset, endpoint = ox.NamedNode(self.dataset), ox.NamedNode(self.endpoint)
            triples.add(ox.Triple(dataset, _TYPE_NODE, ox.NamedNode(str(VOID.Dataset))))
            triples.add(ox.Triple(dataset, ox.NamedNode(str(VOID.sparqlEndpoint)), endpoint))
            ordered = sorted(triples, key=str)
            ox.serialize(ordered, out, GRAPH_FORMATS[self.format], prefixes=PREFIXES)


@dataclass(frozen=True, slots=True)
class TextJob:
    """Write the plain text of a section; nothing where the IRI names none."""

    iri: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            node = ox.NamedNode(self.iri)
            for quad in reader.snapshot.graph.quads_for_pattern(node, _TEXT, None, None):
                if isinstance(quad.object, ox.Literal):
                    out.write(quad.object.value.encode())
                    return


@dataclass(frozen=True, slots=True)
class PageJob:
    """Write what a page about an IRI shows, as JSON.

    ``label`` is None where it has none; ``types`` are cells; ``out`` and ``in`` are lists
    of ``{"property": cell, "values": [cell, …], "more": bool}``, cells with the label of
    what they name; ``is_graph`` tells whether the IRI names a graph.
    """

    iri: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            out.write(json.dumps(self._page(reader)).encode())

    def _page(self, reader: Reader) -> dict[str, Any]:
        node = ox.NamedNode(self.iri)
        by_property: dict[str, set[Any]] = {}
        for quad in _about(reader, node):
            by_property.setdefault(quad.predicate.value, set()).add(quad.object)
        ours = f"<{KG._NS}"
        types = sorted(
            by_property.pop(_TYPE, ()),
            key=lambda type_: (not str(type_).startswith(ours), str(type_)),
        )
        return {
            "label": _label(reader, node),
            "types": [_labelled(reader, term) for term in types],
            "out": sorted(
                (_row(reader, name, iter(terms)) for name, terms in by_property.items()),
                key=_row_order,
            ),
            "in": sorted(
                (
                    _row(reader, name, (quad.subject for quad in quads))
                    for name, quads in _incoming(reader, node)
                ),
                key=_row_order,
            ),
            "is_graph": reader.snapshot.graph.contains_named_graph(node),
        }


def _about(reader: Reader, node: ox.NamedNode) -> Iterator[ox.Quad]:
    return iter(reader.snapshot.graph.quads_for_pattern(node, None, None, None))


def _incoming(reader: Reader, node: ox.NamedNode) -> Iterator[tuple[str, Iterator[ox.Quad]]]:
    """Yield each predicate that points at *node*, in order, with its quads."""
    result = reader.snapshot.graph.query(
        f"SELECT DISTINCT ?p WHERE {{ ?s ?p {node} }}", use_default_graph_as_union=True
    )
    names = {row["p"].value for row in result}  # type: ignore[union-attr]
    for name in sorted(names):
        yield (
            name,
            iter(reader.snapshot.graph.quads_for_pattern(None, ox.NamedNode(name), node, None)),
        )


def _row(reader: Reader, name: str, terms: Iterator[Any]) -> dict[str, Any]:
    some = list(islice(terms, SHOWN_LIMIT * 20))
    cells = sorted(
        (_labelled(reader, term) for term in some),
        key=lambda shown: (_natural(shown.get("label", "")), _natural(shown["value"])),
    )
    return {
        "property": _labelled(reader, ox.NamedNode(name)),
        "values": cells[:SHOWN_LIMIT],
        "more": len(cells) > SHOWN_LIMIT,
    }


def _natural(text: str) -> list[tuple[int, str]]:
    """A sort key that counts: ``#char=8,13`` comes before ``#char=128,136``."""
    return [
        (int(part), "") if part.isdigit() and part.isascii() else (-1, part)
        for part in _DIGITS.split(text)
    ]


def _row_order(row: dict[str, Any]) -> tuple[int, str]:
    name = row["property"]["short"]
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _labelled(reader: Reader, term: object) -> Cell:
    shown = cell(term)
    if isinstance(term, ox.NamedNode):
        label = _label(reader, term)
        if label is not None:
            shown["label"] = label
    return shown


def _label(reader: Reader, node: ox.NamedNode) -> str | None:
    """The label to show, of several the English one; else what a mention or result prints."""
    for property_ in _NAMES:
        labels = [
            (quad.object.language != "en", quad.object.value)
            for quad in reader.snapshot.graph.quads_for_pattern(node, property_, None, None)
            if isinstance(quad.object, ox.Literal)
        ]
        if labels:
            return min(labels)[1]
    return None
