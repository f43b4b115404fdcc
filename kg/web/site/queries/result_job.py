"""The result of any query as a table of a page: its first rows, with names for IRIs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox
from rdflib.namespace import RDFS, SKOS

from kg.vocab import KG, OA
from kg.web.jobs import Cell, TableJob
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: A page shows so many characters of one value.
LONGEST: Final = 1_000
#: And so many bytes of rows, with the elements around values; those after that are left out.
_LARGEST: Final = 230_000
_AROUND: Final = 40
_AROUND_IRI: Final = 90
#: Where a thing says what to call it, in this order: mentions and results have no label.
_NAMES: Final = (RDFS.label, OA.exact, KG.valueText)
_LANGUAGES: Final = ("en", "ko")
_ONTOLOGY: Final = str(KG._NS)

_NUMBERS: Final = frozenset(
    f"xsd:{name}" for name in ("integer", "decimal", "double", "float", "int", "long")
)

_Row = list[Cell | None]


@dataclass(frozen=True, slots=True)
class ResultJob(SiteJob):
    """Run a query as :class:`TableJob` does, for a page that shows the names of our things.

    Cells of IRIs under the base have ``en`` and ``ko``, what to call the thing in either
    language, unless the rows say that name anyway. A value that is too long has ``cut``,
    which tells how long it is. ``numbers`` tells for each column whether it has numbers only, and
    ``cut`` whether there was no place for all rows.
    """

    table: TableJob

    def shown(self, graph: Graph) -> Shown:
        found = self.table.table(graph.reader)
        rows: list[_Row] = found["rows"]
        kept = _that_fit(rows)
        for place in range(len(found["variables"])):
            _name(graph, kept, place)
        return found | {
            "rows": kept,
            "cut": len(kept) < len(rows),
            "numbers": [_are_numbers(kept, place) for place in range(len(found["variables"]))],
        }


def _that_fit(rows: list[_Row]) -> list[_Row]:
    """Return the first rows, as many as a page has place for, with long values cut."""
    size = 0
    for number, row in enumerate(rows):
        for cell in row:
            if cell is not None and cell["kind"] != "iri" and len(cell["value"]) > LONGEST:
                cell["cut"] = str(len(cell["value"]))
                cell["value"] = cell["value"][:LONGEST]
            size += _size(cell)
        if size > _LARGEST and number:
            return rows[:number]
    return rows


def _size(cell: Cell | None) -> int:
    """Return about how many bytes of a page a value takes; an IRI is told, and linked."""
    if cell is None:
        return _AROUND
    length = len(cell["value"].encode("utf-8", "replace"))
    if cell["kind"] == "iri":
        return _AROUND_IRI + length + len(quote(cell["value"], errors="replace"))
    return _AROUND + length


def _are_numbers(rows: list[_Row], place: int) -> bool:
    types = {cell.get("type") for row in rows if (cell := row[place]) is not None}
    return bool(types) and types <= _NUMBERS


def _name(graph: Graph, rows: list[_Row], place: int) -> None:
    """Add the names of the things in a column."""
    known: dict[str, dict[str, str]] = {}
    named: list[tuple[_Row, Cell, dict[str, str]]] = []
    for row in rows:
        cell = row[place]
        if cell is None or cell["kind"] != "iri" or not _is_ours(cell["value"], graph.base):
            continue
        iri = cell["value"]
        if iri not in known:
            known[iri] = _names_of(graph, ox.NamedNode(iri))
        if known[iri]:
            named.append((row, cell, known[iri]))
    for language in _LANGUAGES:
        said = sum(_says(row, names[language]) for row, _, names in named)
        if said * 2 < len(named):
            for _, cell, names in named:
                cell[language] = names[language]


def _is_ours(iri: str, base: str) -> bool:
    return iri.startswith(base) and not iri.startswith(_ONTOLOGY)


def _says(row: _Row, name: str) -> bool:
    """Tell whether a row has a name as a text."""
    return any(cell and cell["kind"] == "literal" and cell["value"] == name for cell in row)


def _names_of(graph: Graph, node: Node) -> dict[str, str]:
    """Return what to call a thing in each language; nothing where it has no name."""
    label = next((text for name in _NAMES if (text := graph.text(node, name))), None)
    if label is None:
        return {}
    found = dict.fromkeys(_LANGUAGES, label[:LONGEST])
    if node.value.startswith(f"{graph.base}term/"):
        for one in graph.objects(node, SKOS.prefLabel):
            if isinstance(one, ox.Literal) and one.language in _LANGUAGES:
                found[one.language] = one.value
    return found
