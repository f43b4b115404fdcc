"""The types and properties of the service, by the identifiers that clients use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from rdflib import URIRef
from rdflib.namespace import DCTERMS, FOAF, RDFS, SKOS

from kg.errors import BadRequest
from kg.vocab import BIBO, KG, SCHEMA
from kg.web.names.schema import AUTHOR, PAPER, TERM

ENGLISH: Final = "en"
KOREAN: Final = "ko"
LANGUAGES: Final = (ENGLISH, KOREAN)
_ONTOLOGY: Final = str(KG._NS)
#: What an error shows of a name that a client made up.
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Type:
    """A class of things; ``name`` is its local name, ``above`` those of its superclasses,
    the nearest first."""

    name: str
    english: str
    korean: str
    above: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"kg:{self.name}"

    def label(self, language: str) -> str:
        return self.korean if language == KOREAN else self.english


class Values(Enum):
    """What the values of a property are, and so how they are compared and written."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TYPE = "type"
    THING = "thing"
    ITEM = "item"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of things of the types ``of``.

    ``paths`` are its predicates in the graph; ``inverse`` tells that the thing is their
    object. ``leads_to`` is the type of the things that are its values.
    """

    id: str
    english: str
    korean: str
    values: Values
    of: tuple[str, ...]
    paths: tuple[URIRef, ...]
    inverse: bool = False
    leads_to: str = ""

    def label(self, language: str) -> str:
        return self.korean if language == KOREAN else self.english


_METHODS = ("MethodTerm", TERM)
_DATA = ("DataTerm", TERM)
TYPES: Final = {
    one.name: one
    for one in (
        Type(TERM, "Term", "용어"),
        Type("MethodTerm", "Model or method", "모델 또는 방법", (TERM,)),
        Type("Model", "Model", "모델", _METHODS),
        Type("Method", "Method", "방법", _METHODS),
        Type("DataTerm", "Benchmark or dataset", "벤치마크 또는 데이터셋", (TERM,)),
        Type("Benchmark", "Benchmark", "벤치마크", _DATA),
        Type("Dataset", "Dataset", "데이터셋", _DATA),
        Type("Metric", "Metric", "지표", (TERM,)),
        Type("Task", "Task", "과제", (TERM,)),
        Type(AUTHOR, "Author", "저자"),
        Type(PAPER, "Paper", "논문"),
    )
}
_ANY = (TERM, AUTHOR, PAPER)
_T = Values
PROPERTIES: Final = {
    one.id: one
    for one in (
        Property("rdfs:label", "name", "이름", _T.TEXT, _ANY, (RDFS.label,)),
        Property("wikidata", "Wikidata item", "위키데이터 항목", _T.ITEM, _ANY,
                 (SKOS.exactMatch, SKOS.closeMatch, SCHEMA.sameAs)),
        Property("kg:termType", "type of term", "용어 유형", _T.TYPE, (TERM,), (KG.termType,)),
        Property("skos:prefLabel", "preferred name", "대표 이름", _T.TEXT, (TERM,),
                 (SKOS.prefLabel,)),
        Property("skos:altLabel", "other names", "다른 이름", _T.TEXT, (TERM,), (SKOS.altLabel,)),
        Property("skos:hiddenLabel", "other spellings", "다른 표기", _T.TEXT, (TERM,),
                 (SKOS.hiddenLabel,)),
        Property("kg:paperCount", "number of papers", "논문 수", _T.NUMBER, (TERM,),
                 (KG.paperCount,)),
        Property("kg:firstSeen", "first seen", "처음 실린 날", _T.DATE, (TERM, PAPER),
                 (KG.firstSeen,)),
        Property("kg:lastSeen", "last seen", "마지막으로 실린 날", _T.DATE, (TERM, PAPER),
                 (KG.lastSeen,)),
        Property("skos:broader", "broader term", "상위 용어", _T.THING, (TERM,), (SKOS.broader,),
                 leads_to=TERM),
        Property("^kg:mentions", "papers that mention it", "언급한 논문", _T.THING, (TERM,),
                 (KG.mentions,), inverse=True, leads_to=PAPER),
        Property("^kg:introduces", "papers that introduce it", "새로 제안한 논문", _T.THING,
                 (TERM,), (KG.introduces,), inverse=True, leads_to=PAPER),
        Property("^kg:evaluatesOn", "papers evaluated on it", "평가에 사용한 논문", _T.THING,
                 (TERM,), (KG.evaluatesOn,), inverse=True, leads_to=PAPER),
        Property("^kg:subject", "results that it reached", "얻은 결과", _T.RESULT, (TERM,),
                 (KG.subject,), inverse=True),
        Property("^kg:benchmark", "results on it", "이것으로 잰 결과", _T.RESULT, (TERM,),
                 (KG.benchmark,), inverse=True),
        Property("^dcterms:creator", "papers of the author", "저자의 논문", _T.THING, (AUTHOR,),
                 (DCTERMS.creator,), inverse=True, leads_to=PAPER),
        Property("kg:arxivId", "arXiv id", "arXiv 식별자", _T.TEXT, (PAPER,), (KG.arxivId,)),
        Property("bibo:doi", "DOI", "DOI", _T.TEXT, (PAPER,), (BIBO.doi,)),
        Property("foaf:page", "web page", "웹 페이지", _T.TEXT, (PAPER,), (FOAF.page,)),
        Property("dcterms:created", "month of the arXiv id", "arXiv 식별자의 달", _T.TEXT, (PAPER,),
                 (DCTERMS.created,)),
        Property("dcterms:creator", "authors", "저자", _T.THING, (PAPER,), (DCTERMS.creator,),
                 leads_to=AUTHOR),
        Property("kg:mentions", "terms that it mentions", "언급한 용어", _T.THING, (PAPER,),
                 (KG.mentions,), leads_to=TERM),
        Property("kg:introduces", "introduces", "새로 제안한 용어", _T.THING, (PAPER,),
                 (KG.introduces,), leads_to=TERM),
        Property("kg:usesMethod", "uses method", "사용한 방법", _T.THING, (PAPER,),
                 (KG.usesMethod,), leads_to="MethodTerm"),
        Property("kg:evaluatesOn", "evaluates on", "평가에 사용한 데이터", _T.THING, (PAPER,),
                 (KG.evaluatesOn,), leads_to="DataTerm"),
        Property("kg:addressesTask", "addresses task", "다루는 과제", _T.THING, (PAPER,),
                 (KG.addressesTask,), leads_to="Task"),
        Property("kg:reportsMetric", "reports metric", "보고한 지표", _T.THING, (PAPER,),
                 (KG.reportsMetric,), leads_to="Metric"),
    )
}  # fmt: skip


def type_named(given: str) -> Type:
    """Return a type by ``kg:Model``, ``Model`` or its IRI.

    Raises:
        BadRequest: there is none.

    >>> type_named("Model").id, type_named("https://w3id.org/paperkg/ontology#Task").name
    ('kg:Model', 'Task')
    """
    found = TYPES.get(given.removeprefix(_ONTOLOGY).removeprefix("kg:"))
    if found is None:
        known = ", ".join(one.id for one in TYPES.values())
        raise BadRequest(f"type {shortened(given)}: there is none; expected one of: {known}")
    return found


def property_named(given: str) -> Property:
    """Return a property by its identifier; one of our ontology also by name or IRI.

    Raises:
        BadRequest: there is none.

    >>> property_named("paperCount").id, property_named("^kg:mentions").leads_to
    ('kg:paperCount', 'Paper')
    """
    found = PROPERTIES.get(given) or PROPERTIES.get(f"kg:{given.removeprefix(_ONTOLOGY)}")
    if found is None:
        known = ", ".join(PROPERTIES)
        raise BadRequest(f"property {shortened(given)}: there is none; expected one of: {known}")
    return found


def properties_of(type_: Type) -> list[Property]:
    """List what things of a type have."""
    classes = {type_.name, *type_.above}
    return [one for one in PROPERTIES.values() if classes.intersection(one.of)]


def shortened(given: str) -> str:
    """Quote what a client sent, cut to what a line can hold."""
    return repr(given if len(given) <= _SHOWN else given[:_SHOWN] + "…")
