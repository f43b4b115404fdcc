"""What the benchmark of the server asks: queries that differ at every request."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from benchmarks.processes import Failed
from benchmarks.synthetic import Made

#: What stands in a text for a constant, and for a number that no other request has: no
#: answer that a server kept helps.
CONSTANT: Final = "@S@"
NUMBER: Final = "@N@"

_JSON: Final = "application/sparql-results+json"
_NT: Final = "application/n-triples"
PREFIXES: Final = (
    "PREFIX kg: <https://w3id.org/paperkg/ontology#> "
    "PREFIX dcterms: <http://purl.org/dc/terms/> "
    "PREFIX oa: <http://www.w3.org/ns/oa#> "
)


class Kind(StrEnum):
    """What a request costs a store; each kind has its goal."""

    LOOK_UP = "look-up"
    HEAVY = "heavy"
    ROWS = "rows"
    REPEATED = "repeated"


#: Requests/s of ours as a share of Oxigraph's own server.
GOALS: Final = {Kind.LOOK_UP: 0.15, Kind.HEAVY: 0.95, Kind.ROWS: 0.5, Kind.REPEATED: 50.0}
#: At how many connections a goal counts; None is all.
GOAL_CONNECTIONS: Final = {Kind.LOOK_UP: 16}


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request; ``constants`` take turns in the text.

    ``longer`` multiplies the time of a round at many connections, where answers are so slow
    that few come.
    """

    name: str
    kind: Kind
    accept: str
    text: str
    constants: tuple[str, ...] = ("none",)
    longer: int = 1

    def path(self, endpoint: str) -> str:
        """The request's path, with the marks left in."""
        path = f"{endpoint}?query={quote(PREFIXES + self.text, safe='')}"
        for mark in (CONSTANT, NUMBER):
            path = path.replace(quote(mark, safe=""), mark)
        return path

    def filled(self, constant: str, number: int) -> str:
        """The query as it is sent."""
        return (PREFIXES + self.text).replace(CONSTANT, constant).replace(NUMBER, str(number))

    def rows(self, body: bytes) -> list[str]:
        """Read an answer as lines that do not depend on the order of rows.

        Raises:
            Failed: the answer is not of the type that was asked for.
        """
        text = body.decode()
        try:
            if self.accept == _JSON:
                bindings = json.loads(text)["results"]["bindings"]
                return sorted(json.dumps(row, sort_keys=True) for row in bindings)
            if self.accept == "text/csv":
                return sorted(map(repr, csv.reader(io.StringIO(text))))
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"{self.name}: {text[:80]!r} ({error}); expected {self.accept}") from error
        return sorted(filter(None, text.splitlines()))


def workloads(made: Made) -> tuple[Workload, ...]:
    """Make the requests to a made graph."""
    return (
        Workload(
            "point look-up",
            Kind.LOOK_UP,
            _JSON,
            "SELECT ?p@N@ ?o { <@S@> ?p@N@ ?o }",
            made.papers + made.terms,
        ),
        Workload(
            "join of two steps",
            Kind.LOOK_UP,
            _JSON,
            "SELECT ?paper ?a@N@ { ?paper kg:mentions <@S@> ; dcterms:creator ?a@N@ }",
            made.terms,
        ),
        Workload(
            "CONSTRUCT of a paper",
            Kind.LOOK_UP,
            _NT,
            "CONSTRUCT { ?n@N@ ?p ?o } { { <@S@> ?p ?o BIND(<@S@> AS ?n@N@) } UNION "
            "{ ?entry kg:paper <@S@> ; kg:section ?n@N@ . ?n@N@ ?p ?o } UNION "
            "{ <@S@> kg:mentions ?n@N@ . ?n@N@ ?p ?o } }",
            made.papers,
        ),
        Workload(
            "GROUP BY over mentions",
            Kind.HEAVY,
            _JSON,
            "SELECT ?term (COUNT(?mention) AS ?n@N@) { ?mention kg:mentionOf ?term } "
            "GROUP BY ?term ORDER BY DESC(?n@N@) ?term LIMIT 20",
            longer=3,
        ),
        Workload(
            "OPTIONAL, FILTER on text",
            Kind.HEAVY,
            _JSON,
            "SELECT ?section ?text@N@ ?type { ?section kg:text ?text@N@ "
            "OPTIONAL { ?section kg:sectionType ?type } "
            'FILTER(CONTAINS(LCASE(?text@N@), "@S@")) }',
            made.words,
        ),
        Workload(
            "10,000 rows as CSV",
            Kind.ROWS,
            "text/csv",
            "SELECT ?mention ?exact@N@ ?type { ?mention oa:exact ?exact@N@ ; "
            "kg:mentionType ?type } LIMIT 10000",
        ),
    )


def repeated(heavy: Workload) -> Workload:
    """The same text at every request."""
    return Workload(
        f"again: {heavy.name}",
        Kind.REPEATED,
        heavy.accept,
        heavy.filled(heavy.constants[0], 0).removeprefix(PREFIXES),
        longer=heavy.longer,
    )
