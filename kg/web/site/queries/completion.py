"""What the query editor completes: prefixes, classes, properties and individuals.

They are those of the ontology, with their labels, and of other vocabularies those that the
shapes of the graph name.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import pyoxigraph as ox
from rdflib.namespace import OWL, RDF, RDFS

from kg.resources import shared_folder
from kg.vocab import KG, PREFIXES, SH
from kg.web.jobs import short

_CLASS: Final = "class"
_PROPERTY: Final = "property"
_INDIVIDUAL: Final = "individual"
_KINDS: Final = {
    str(OWL.Class): _CLASS,
    str(OWL.ObjectProperty): _PROPERTY,
    str(OWL.DatatypeProperty): _PROPERTY,
    str(OWL.NamedIndividual): _INDIVIDUAL,
}
_TYPE: Final = str(RDF.type)


def completions(language: str) -> dict[str, Any]:
    """Return what can be completed, labels and comments in one language.

    ``prefixes`` are IRIs by prefix; ``names`` are lists of a name with its prefix, its kind
    (``class``, ``property`` or ``individual``), its label and its comment, sorted; the last
    two are empty where nothing is said.
    """
    return {"prefixes": PREFIXES, "names": _names(language)}


@cache
def _names(language: str) -> tuple[tuple[str, str, str, str], ...]:
    found: dict[str, dict[str, str]] = {}
    for quad in _triples("kg.ttl"):
        iri, predicate = _iri(quad.subject), quad.predicate.value
        if iri not in KG:
            continue
        told = found.setdefault(iri, {})
        if predicate == _TYPE and _iri(quad.object) in _KINDS:
            told["kind"] = _KINDS[_iri(quad.object)]
        elif isinstance(quad.object, ox.Literal) and quad.object.language == language:
            told[predicate] = quad.object.value
    for iri, kind in _in_shapes():
        found.setdefault(iri, {}).setdefault("kind", kind)
    rows = (
        (short(iri), told["kind"], told.get(str(RDFS.label), ""), told.get(str(RDFS.comment), ""))
        for iri, told in found.items()
        if "kind" in told
    )
    return tuple(sorted(row for row in rows if ":" in row[0] and "//" not in row[0]))


def _in_shapes() -> Iterable[tuple[str, str]]:
    """Yield the properties and classes that the shapes name."""
    triples = _triples("shapes.ttl")
    of_types = {
        quad.subject
        for quad in triples
        if quad.predicate.value == str(SH.path) and _iri(quad.object) == _TYPE
    }
    for quad in triples:
        predicate, iri = quad.predicate.value, _iri(quad.object)
        if not iri.startswith("http"):
            continue
        if predicate == str(SH.path):
            yield iri, _PROPERTY
        elif predicate in (str(SH["class"]), str(SH.targetClass)) or (
            predicate == str(SH.hasValue) and quad.subject in of_types
        ):
            yield iri, _CLASS


def _triples(name: str) -> list[ox.Quad]:
    path = shared_folder("ontology") / name
    return list(ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE))


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
