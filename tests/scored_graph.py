"""A small graph of invented papers, terms, mentions and results, for tests of the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, RDFS, SKOS, XSD

from kg.store import open_writer
from kg.vocab import KG, OA
from tests.server_process import BASE

HOSTILE = "<script>alert('x')</script> & \"quoted\""
TERMS = ox.NamedNode(f"{BASE}graph/terms")


def node(path: str) -> ox.NamedNode:
    return ox.NamedNode(path if path.startswith("http") else BASE + path)


def text(value: str, lang: str = "en") -> ox.Literal:
    return ox.Literal(value, language=lang)


def typed(value: object, datatype: Any) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(str(datatype)))


def fact(subject: str, predicate: Any, value: Any, graph: Any = TERMS) -> ox.Quad:
    """Make a statement; a text is the path of a thing, or an IRI."""
    object_ = value if isinstance(value, ox.Literal) else node(str(value))
    return ox.Quad(node(subject), ox.NamedNode(str(predicate)), object_, graph)


def term(
    key: str, type_: str, en: str | None, ko: str | None = None, *aliases: str
) -> Iterator[ox.Quad]:
    """Describe a term, with a label in one language or both, and other names."""
    iri = f"term/{key}"
    kinds = {
        "Model": "MethodTerm",
        "Method": "MethodTerm",
        "Benchmark": "DataTerm",
        "Dataset": "DataTerm",
    }
    for class_ in {"Term", type_, kinds.get(type_, "Term")}:
        yield fact(iri, RDF.type, KG[class_])
    yield fact(iri, KG.termType, KG[type_])
    yield fact(iri, RDFS.label, text(en) if en else text(ko or key, "ko"))
    for label, lang in ((en, "en"), (ko, "ko")):
        if label:
            yield fact(iri, SKOS.prefLabel, text(label, lang))
    for alias in aliases:
        yield fact(iri, SKOS.altLabel, text(alias))


def digest(day: str) -> Iterator[ox.Quad]:
    yield fact(f"digest/{day}", RDF.type, KG.Digest, node(f"digest/{day}"))
    yield fact(f"digest/{day}", DCTERMS.issued, typed(day, XSD.date), node(f"digest/{day}"))


def paper(arxiv: str, title: str, day: str, **said: list[str]) -> Iterator[ox.Quad]:
    """Describe a paper and its entry of a day; *said* are properties and keys of terms."""
    iri, entry, graph = f"paper/{arxiv}", f"digest/{day}/{arxiv}", node(f"digest/{day}")
    yield fact(iri, RDF.type, KG.Paper)
    yield fact(iri, RDFS.label, text(title))
    yield fact(iri, KG.arxivId, ox.Literal(arxiv))
    yield fact(iri, KG.firstSeen, typed(day, XSD.date))
    for name, keys in said.items():
        for key in keys:
            yield fact(iri, KG[name], f"term/{key}")
            if name != "mentions":
                yield fact(iri, KG.mentions, f"term/{key}")
    yield fact(entry, KG.paper, iri, graph)
    yield fact(entry, KG.digest, f"digest/{day}", graph)


def section(arxiv: str, day: str, name: str, words: str, lang: str = "ko") -> Iterator[ox.Quad]:
    iri, graph = f"digest/{day}/{arxiv}/{name}", node(f"digest/{day}")
    yield fact(f"digest/{day}/{arxiv}", KG.section, iri, graph)
    yield fact(iri, RDFS.label, text(name), graph)
    yield fact(iri, KG.text, text(words, lang), graph)


def mention(
    where: str, words: str, form: str, key: str, *, type_: str = "Model", role: str = "other"
) -> Iterator[ox.Quad]:
    """Mention a term where a form first stands in the words of a section."""
    start = words.index(form)
    iri, graph = f"{where}#char={start},{start + len(form)}", node("/".join(where.split("/")[:2]))
    yield fact(iri, RDF.type, KG.Mention, graph)
    yield fact(iri, OA.exact, text(form), graph)
    yield fact(iri, KG.inSection, where, graph)
    yield fact(iri, KG.mentionType, KG[type_], graph)
    yield fact(iri, KG.role, KG[role], graph)
    yield fact(iri, KG.confidence, typed("0.91", XSD.decimal), graph)
    yield fact(iri, KG.mentionOf, f"term/{key}")


@dataclass(frozen=True)
class Score:
    """A result to write; ``metric`` is the key of a term, ``name`` what was printed."""

    arxiv: str
    day: str
    subject: str
    value: str
    benchmark: str = "zupmark"
    metric: str | None = "accuracy"
    name: str | None = None
    unit: str | None = "%"
    kind: str = "absolute"
    confidence: str = "0.9"
    setting: str | None = None
    split: str | None = None
    qualifier: str | None = None
    direction: str | None = None
    sentence: str = ""
    low: str | None = None
    high: str | None = None

    def quads(self) -> Iterator[ox.Quad]:
        graph = node(f"digest/{self.day}")
        where = f"digest/{self.day}/{self.arxiv}/summary"
        place = int(hashlib.sha256(repr(self).encode()).hexdigest()[:6], 16)
        iri = f"{where}#result={place},{place + len(self.value)}"
        span = f"{where}#char={place - 8},{place + 40}"
        words = self.sentence or f"값은 .... {self.value} {self.unit or ''} {place}입니다."
        yield fact(f"paper/{self.arxiv}", KG.hasResult, iri)
        yield fact(iri, KG.resultKind, KG[self.kind], graph)
        yield fact(iri, KG.valueText, ox.Literal(self.value), graph)
        yield fact(iri, KG.subject, f"term/{self.subject}")
        yield fact(iri, KG.subjectText, ox.Literal(self.subject), graph)
        yield fact(iri, KG.benchmark, f"term/{self.benchmark}")
        yield fact(iri, KG.evidence, span, graph)
        yield fact(span, OA.exact, text(words, "ko"), graph)
        yield fact(iri, KG.confidence, typed(self.confidence, XSD.decimal), graph)
        if self.metric:
            yield fact(iri, KG.metric, f"term/{self.metric}")
        for property_, value in (
            (KG.metricText, self.name),
            (KG.unit, self.unit),
            (KG.setting, self.setting),
            (KG.split, self.split),
        ):
            if value:
                yield fact(iri, property_, ox.Literal(value), graph)
        for property_, value in (
            (KG.valueQualifier, self.qualifier),
            (KG.direction, self.direction),
        ):
            if value:
                yield fact(iri, property_, KG[value], graph)
        numbers = ((KG.valueMin, self.low), (KG.valueMax, self.high))
        for property_, value in numbers if self.low else ((KG.value, self.value),):
            if value:
                yield fact(iri, property_, typed(value, XSD.decimal), graph)


def write(path: Path, quads: Iterator[ox.Quad]) -> Path:
    """Write statements into a store."""
    with open_writer(path, wait_s=5) as writer:
        writer.graph.extend(quads)
    return path
