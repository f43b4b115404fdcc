"""N-Triples lines: literals, types, and the names that several graphs share.

Source of the line format: https://www.w3.org/TR/n-triples/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from rdflib import Namespace
from rdflib.namespace import (
    DCTERMS,
    FOAF,
    PROV,
    RDF,
    RDFS,
    SKOS,
    VOID,
    XSD,
    DefinedNamespace,
)

from kg.model import Result
from kg.vocab import BIBO, FABIO, KG, MLS, NIF, OA, SCHEMA, language_of

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(r'[\\"\n\r\t]')


class Written:
    """The names of a namespace as terms of N-Triples, each looked up once.

    A closed namespace takes microseconds to check a name, and names stand in every one of
    millions of lines.

    >>> Written(KG).mentionOf
    '<https://w3id.org/paperkg/ontology#mentionOf>'
    """

    def __init__(self, namespace: type[DefinedNamespace] | Namespace) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):  # asked for by tools that inspect objects
            raise AttributeError(name)
        text = f"<{self._namespace[name]}>"
        setattr(self, name, text)
        return text

    def __getitem__(self, name: str) -> str:
        text: str = getattr(self, name)
        return text


bibo, fabio, mls, nif = Written(BIBO), Written(FABIO), Written(MLS), Written(NIF)
dcterms, foaf, kg, oa = Written(DCTERMS), Written(FOAF), Written(KG), Written(OA)
prov, rdf, rdfs, schema = Written(PROV), Written(RDF), Written(RDFS), Written(SCHEMA)
skos, void, xsd = Written(SKOS), Written(VOID), Written(XSD)
TYPE, LABEL = rdf.type, rdfs.label

_END: Final = " .\n"


def literal(text: str) -> str:
    """Write a plain string literal.

    >>> print(literal('a "b"'))
    "a \\"b\\""
    """
    return '"' + _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], text) + '"'


def labelled(text: str) -> str:
    """Write a literal with the language tag that its script asks for."""
    return f"{literal(text)}@{language_of(text)}"


def integer(number: int) -> str:
    return f'"{number}"^^{xsd.integer}'


def decimal(number: Decimal) -> str:
    """Write an xsd:decimal in the canonical form that the store keeps.

    >>> decimal(Decimal("1.50")), decimal(Decimal("1E+6")), decimal(Decimal("-0.0"))
    ... # doctest: +NORMALIZE_WHITESPACE
    ('"1.5"^^<http://www.w3.org/2001/XMLSchema#decimal>',
     '"1000000"^^<http://www.w3.org/2001/XMLSchema#decimal>',
     '"0"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    """
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f'"{"0" if text in ("-0", "") else text}"^^{xsd.decimal}'


def date(iso: str) -> str:
    return f'"{iso}"^^{xsd.date}'


def to_graph(lines: Collection[str], graph: str) -> bytes:
    """Put lines into a named graph: TriG, which Oxigraph loads a tenth faster than N-Quads.

    >>> print(to_graph(["<urn:a> <urn:p> 1"], "urn:g").decode())
    <urn:g> {
    <urn:a> <urn:p> 1 .
    }
    <BLANKLINE>
    """
    return f"<{graph}> {{\n{_END.join(lines)}{_END}}}\n".encode() if lines else b""


def types(subject: str, classes: Iterable[str]) -> Iterator[str]:
    """Say what *subject* is; all are written terms."""
    return (f"{subject} {TYPE} {one}" for one in classes)


def span_iri(section: str, start: int, end: int) -> str:
    """Name a stretch of a section's text (RFC 5147)."""
    return f"{section}#char={start},{end}"


def result_iris(results: Iterable[Result], sections: Mapping[str, str]) -> list[str]:
    """Name results by the place of their value; ``~2`` where one value serves several claims."""
    seen: dict[str, int] = {}
    names = []
    for result in results:
        name = f"{sections[result.section]}#result={result.start},{result.end}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return names
