"""What a query worker is asked for: each job writes an answer of the service as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from kg.web.jobs import told_errors
from kg.web.names.identifiers import identifiers_in, own_id
from kg.web.names.keys import key_of_name
from kg.web.names.lookup import Thing, opened
from kg.web.reader import Reader
from kg.web.reconcile.conditions import Graph, named_things
from kg.web.reconcile.matching import Candidate, match
from kg.web.reconcile.requests import Extension, MatchQuery
from kg.web.reconcile.schema import PROPERTIES, TYPES, Property, Type, Values
from kg.web.reconcile.shapes import (
    candidate_shape,
    described,
    property_shape,
    suggestion_shape,
    type_shape,
    types_of,
    value_shape,
)
from kg.web.reconcile.values import values_of

#: Where identifiers of Wikidata can be reconciled.
WIKIDATA_SERVICE: Final = "https://wikidata.reconci.link/en/api"
#: Things that a suggestion chooses from.
_SUGGESTED: Final = 2_000
#: What a preview shows of the names of a thing.
_PREVIEWED: Final = 6


@dataclass(frozen=True, slots=True)
class Source:
    """Where a job reads: the file of names, None where the store is empty, and the start of
    the IRIs of our things; and the language that it answers in."""

    names: Path | None
    base: str
    language: str

    @contextmanager
    def graph(self, reader: Reader) -> Iterator[Graph | None]:
        """Open both; None where there is nothing in them."""
        with told_errors(reader), opened(self.names) as names:
            yield Graph(reader.snapshot, self.base, names) if names is not None else None


def _write(out: BinaryIO, answer: Any) -> None:
    out.write(json.dumps(answer, ensure_ascii=False).encode())


@dataclass(frozen=True, slots=True)
class MatchJob:
    """Answer a batch: by the names of its queries, or, of version 1.0, in their order."""

    source: Source
    queries: tuple[MatchQuery, ...]
    labels: tuple[str, ...] | None = None

    def run(self, reader: Reader, out: BinaryIO) -> None:
        draft = self.labels is None
        answers = []
        with self.source.graph(reader) as graph:
            for query in self.queries:
                language = query.language or self.source.language
                found: list[Candidate] = match(query, graph) if graph is not None else []
                answers.append([candidate_shape(one, language, draft=draft) for one in found])
        if self.labels is None:
            _write(out, {"results": [{"candidates": answer} for answer in answers]})
        else:
            named = zip(self.labels, answers, strict=True)
            _write(out, {label: {"result": answer} for label, answer in named})


@dataclass(frozen=True, slots=True)
class SuggestJob:
    """Suggest things by the start of a name, or by an identifier."""

    source: Source
    prefix: str
    types: tuple[Type, ...]
    limit: int
    offset: int

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with self.source.graph(reader) as graph:
            things = self._things(graph) if graph is not None else []
        shown = things[self.offset : self.offset + self.limit]
        language = self.source.language
        _write(out, {"result": [suggestion_shape(thing, language) for thing in shown]})

    def _things(self, graph: Graph) -> list[Thing]:
        prefix, names = self.prefix.strip(), graph.names
        found: dict[int, Thing] = {}
        if own_id(prefix, graph.base) or identifiers_in(prefix):
            found = {thing.number: thing for thing in named_things(prefix, graph, by_name=False)}
        whole = key_of_name(prefix)
        numbers = [hit.thing for hit in names.find(whole) if not hit.bare]
        if whole or not prefix:
            numbers += names.starting(whole, _SUGGESTED)
        for number in numbers:
            found.setdefault(number, names.thing(number))
        wanted = {type_.name for type_ in self.types}
        return [
            thing
            for thing in found.values()
            if not wanted or not wanted.isdisjoint((thing.type, *TYPES[thing.type].above))
        ]


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """Tell what a preview of a thing shows; null where there is no such thing."""

    source: Source
    id: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with self.source.graph(reader) as graph:
            own = own_id(self.id, self.source.base)
            thing = graph.names.by_id(own) if graph is not None and own else None
            if graph is None or thing is None:
                _write(out, None)
                return
            language = self.source.language
            shown = {
                "id": thing.id,
                "name": thing.name(language),
                "description": described(thing, language),
                "types": types_of(thing, language),
                "rows": [row for name in _ROWS if (row := _row(graph, thing, name, language))],
            }
        _write(out, shown)


_ROWS: Final = (
    *("skos:prefLabel", "skos:altLabel", "wikidata", "dcterms:creator", "^kg:introduces"),
    *("^dcterms:creator", "kg:introduces", "kg:arxivId"),
)


def _row(graph: Graph, thing: Thing, name: str, language: str) -> dict[str, Any] | None:
    """Write a property and its first values as text."""
    property_ = PROPERTIES[name]
    classes = {thing.type, *TYPES[thing.type].above}
    if classes.isdisjoint(property_.of):
        return None
    values = values_of(graph, thing.id, property_, _PREVIEWED + 1, language)
    if not values:
        return None
    texts = [str(one.get("name", one.get("str", ""))) for one in values]
    label = property_.label(language)
    return {"label": label, "values": texts[:_PREVIEWED], "more": len(texts) > _PREVIEWED}


@dataclass(frozen=True, slots=True)
class ExtendJob:
    """Give the values of properties of things; those of a thing that is not there are none."""

    source: Source
    asked: Extension
    draft: bool

    def run(self, reader: Reader, out: BinaryIO) -> None:
        asked = self.asked
        with self.source.graph(reader) as graph:
            rows = {
                id_: [
                    (property_.id, self._values(graph, id_, property_, most))
                    for property_, most in asked.properties
                ]
                for id_ in asked.ids
            }
        meta = [self._meta(property_) for property_, _ in asked.properties]
        if not self.draft:
            _write(out, {"meta": meta, "rows": {id_: dict(row) for id_, row in rows.items()}})
            return
        listed = [
            {"id": id_, "properties": [{"id": name, "values": values} for name, values in row]}
            for id_, row in rows.items()
        ]
        _write(out, {"meta": meta, "rows": listed})

    def _values(
        self, graph: Graph | None, id_: str, property_: Property, most: int
    ) -> list[dict[str, Any]]:
        own = own_id(id_, self.source.base)
        if graph is None or own is None or graph.names.by_id(own) is None:
            return []
        values = values_of(graph, own, property_, most, self.source.language)
        return [value_shape(value, draft=self.draft) for value in values]

    def _meta(self, property_: Property) -> dict[str, Any]:
        language = self.source.language
        shape = property_shape(property_, language)
        if property_.leads_to:
            shape["type"] = type_shape(TYPES[property_.leads_to], language)
        if property_.values is Values.ITEM:
            shape["service"] = WIKIDATA_SERVICE
        return shape
