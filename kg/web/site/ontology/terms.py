"""The ontology as its page shows it, read from the file that defines it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS

from kg.resources import shared_folder
from kg.vocab import KG, PREFIXES
from kg.web.jobs import short

_NAMESPACE: Final = str(KG._NS)
_HEADER: Final = _NAMESPACE.removesuffix("#")
_CLASS, _PROPERTY, _INDIVIDUAL = "class", "property", "individual"


@dataclass(frozen=True, slots=True)
class Other:
    """A term of this ontology or of another vocabulary, as a link: what to call it, and where.

    ``name`` is the local name of one of ours, else None.
    """

    iri: str
    text: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A class, property or individual; texts are by language.

    ``above`` and ``below`` are those of ours that are wider and narrower, ``aligned`` the wider
    ones of other vocabularies and ``related`` what else to see. ``domain`` and ``range`` are of a
    property; ``properties`` have a class as domain, ``leading`` as range; ``of`` is the class of
    an individual, ``members`` are the individuals of a class.
    """

    name: str
    iri: str
    kind: str
    is_data: bool
    labels: dict[str, str]
    comments: dict[str, str]
    above: tuple[Other, ...] = ()
    aligned: tuple[Other, ...] = ()
    related: tuple[Other, ...] = ()
    domain: tuple[Other, ...] = ()
    range: tuple[Other, ...] = ()
    of: tuple[Other, ...] = ()
    below: tuple[Other, ...] = ()
    properties: tuple[Other, ...] = ()
    leading: tuple[Other, ...] = ()
    members: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A class with those below it."""

    entry: Entry
    below: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Ontology:
    """All of it; ``titles`` and ``comments`` are by language, ``namespaces`` by prefix."""

    titles: dict[str, str]
    comments: dict[str, str]
    version: str
    licence: str
    classes: tuple[Entry, ...]
    properties: tuple[Entry, ...]
    individuals: tuple[Entry, ...]
    namespaces: dict[str, str]

    @property
    def tree(self) -> tuple[Branch, ...]:
        """The classes that have none of ours above them, with those below."""
        return _branches(self.classes, [one for one in self.classes if not one.above])

    @property
    def groups(self) -> list[tuple[Entry | None, list[Entry]]]:
        """The properties by the class that they are said of; None for those of several."""
        classes = {entry.name: entry for entry in self.classes}
        grouped: dict[str, list[Entry]] = {}
        for entry in self.properties:
            name = entry.domain[0].name if len(entry.domain) == 1 else None
            grouped.setdefault(name or "", []).append(entry)
        order = sorted(
            grouped, key=lambda name: (not name, list(classes).index(name) if name else 0)
        )
        return [(classes.get(name), grouped[name]) for name in order]


def _branches(classes: Sequence[Entry], some: Iterable[Entry]) -> tuple[Branch, ...]:
    return tuple(
        Branch(entry, _branches(classes, [one for one in classes if _is_above(entry, one)]))
        for entry in some
    )


def _is_above(entry: Entry, other: Entry) -> bool:
    return any(one.name == entry.name for one in other.above)


@dataclass(slots=True)
class _Said:
    """What the file says of a subject, by predicate, in its order."""

    nodes: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, predicate: str, value: object) -> None:
        if isinstance(value, ox.Literal):
            self.texts.setdefault(predicate, {})[value.language or ""] = value.value
        elif isinstance(value, ox.NamedNode):
            self.nodes.setdefault(predicate, []).append(value.value)

    def others(self, predicate: str) -> tuple[Other, ...]:
        return tuple(map(_other, self.nodes.get(predicate, [])))


@cache
def triples() -> tuple[ox.Triple, ...]:
    """Return the triples of the ontology in the order of its file."""
    path = shared_folder("ontology") / "kg.ttl"
    quads = ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
    return tuple(quad.triple for quad in quads)


@cache
def ontology() -> Ontology:
    """Read the ontology."""
    said: dict[str, _Said] = {}
    for triple in triples():
        if isinstance(triple.subject, ox.NamedNode):
            about = said.setdefault(triple.subject.value, _Said())
            about.add(triple.predicate.value, triple.object)
    header = said.pop(_HEADER)
    entries = {iri: _entry(iri, facts) for iri, facts in said.items()}
    linked = [_with_links(entry, entries.values()) for entry in entries.values()]
    used = {prefix for triple in triples() for prefix in _prefixes(triple)}

    def of_kind(kind: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in linked if entry.kind == kind)

    return Ontology(
        titles=header.texts[str(DCTERMS.title)],
        comments=header.texts[str(RDFS.comment)],
        version=next(iter(header.texts[str(OWL.versionInfo)].values())),
        licence=header.nodes[str(DCTERMS.license)][0],
        classes=of_kind(_CLASS),
        properties=of_kind(_PROPERTY),
        individuals=of_kind(_INDIVIDUAL),
        namespaces={prefix: start for prefix, start in PREFIXES.items() if prefix in used},
    )


def _prefixes(triple: ox.Triple) -> Iterable[str]:
    for node in (triple.predicate, triple.object):
        if isinstance(node, ox.NamedNode):
            yield short(node.value).partition(":")[0]


def _entry(iri: str, said: _Said) -> Entry:
    types = said.nodes.get(str(RDF.type), [])
    kind = _CLASS if str(OWL.Class) in types else _INDIVIDUAL
    if any(type_.endswith("Property") for type_ in types):
        kind = _PROPERTY
    wider = said.others(str(RDFS.subClassOf)) + said.others(str(RDFS.subPropertyOf))
    return Entry(
        name=iri.removeprefix(_NAMESPACE),
        iri=iri,
        kind=kind,
        is_data=str(OWL.DatatypeProperty) in types,
        labels=said.texts[str(RDFS.label)],
        comments=said.texts[str(RDFS.comment)],
        above=tuple(one for one in wider if one.name),
        aligned=tuple(one for one in wider if not one.name),
        related=said.others(str(RDFS.seeAlso)),
        domain=said.others(str(RDFS.domain)),
        range=said.others(str(RDFS.range)),
        of=tuple(one for one in map(_other, types) if one.name),
    )


def _with_links(entry: Entry, entries: Iterable[Entry]) -> Entry:
    """Add what points at an entry."""

    def pointing(attribute: str) -> tuple[Other, ...]:
        return tuple(
            _other(one.iri)
            for one in entries
            if any(other.name == entry.name for other in getattr(one, attribute))
        )

    return replace(
        entry,
        below=pointing("above"),
        properties=pointing("domain"),
        leading=pointing("range"),
        members=pointing("of"),
    )


def _other(iri: str) -> Other:
    return Other(
        iri, short(iri), iri.removeprefix(_NAMESPACE) if iri.startswith(_NAMESPACE) else None
    )
