"""The vocabulary: the closed namespace, the prefixes, and IRIs made from keys.

No IRI stands in quotes anywhere else. ``ontology/kg.ttl`` is held equal to this file by
a test. The key rule is the one of the project's contract: NFKC, case-folded, NFC; kept
are Unicode letters, marks, numbers, ``+``, ``*`` and ``.`` between two digits; each
other run becomes one ``-``, trimmed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from rdflib import Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, OWL, PROV, RDF, RDFS, SKOS, VOID, XSD, DefinedNamespace

DEFAULT_BASE: Final = "https://w3id.org/paperkg/"


class KG(DefinedNamespace):
    """The project's ontology; a misspelt name raises at once."""

    _fail = True
    _NS = Namespace("https://w3id.org/paperkg/ontology#")

    # classes
    Digest: URIRef
    Entry: URIRef
    Section: URIRef
    Paper: URIRef
    Author: URIRef
    Person: URIRef
    Term: URIRef
    MethodTerm: URIRef
    Model: URIRef
    Method: URIRef
    DataTerm: URIRef
    Benchmark: URIRef
    Dataset: URIRef
    Metric: URIRef
    Task: URIRef
    Span: URIRef
    Mention: URIRef
    Result: URIRef
    Role: URIRef
    ResultKind: URIRef
    Qualifier: URIRef
    Direction: URIRef
    Link: URIRef
    Correction: URIRef

    # individuals
    introduced: URIRef
    evaluatedOn: URIRef
    other: URIRef
    absolute: URIRef
    relative: URIRef
    comparison: URIRef
    about: URIRef
    upTo: URIRef
    atLeast: URIRef
    increase: URIRef
    decrease: URIRef

    # papers and terms
    arxivId: URIRef
    firstSeen: URIRef
    lastSeen: URIRef
    mentions: URIRef
    introduces: URIRef
    usesMethod: URIRef
    evaluatesOn: URIRef
    addressesTask: URIRef
    reportsMetric: URIRef
    hasResult: URIRef
    termType: URIRef
    paperCount: URIRef
    higherIsBetter: URIRef

    # digests, entries and sections
    paper: URIRef
    digest: URIRef
    position: URIRef
    votes: URIRef
    arxivVersion: URIRef
    authorName: URIRef
    authorsTruncated: URIRef
    section: URIRef
    sectionType: URIRef
    text: URIRef

    # spans, mentions and results
    inSection: URIRef
    mentionType: URIRef
    mentionOf: URIRef
    role: URIRef
    confidence: URIRef
    extractedBy: URIRef
    glossOf: URIRef
    subject: URIRef
    benchmark: URIRef
    metric: URIRef
    baseline: URIRef
    subjectText: URIRef
    benchmarkText: URIRef
    metricText: URIRef
    valueText: URIRef
    value: URIRef
    valueMin: URIRef
    valueMax: URIRef
    valueQualifier: URIRef
    unit: URIRef
    direction: URIRef
    setting: URIRef
    split: URIRef
    resultKind: URIRef
    evidence: URIRef

    # corrections
    decision: URIRef
    decidedLabel: URIRef
    decidedValue: URIRef
    decidedFor: URIRef


SCHEMA: Final = Namespace("https://schema.org/")
FABIO: Final = Namespace("http://purl.org/spar/fabio/")
BIBO: Final = Namespace("http://purl.org/ontology/bibo/")
NIF: Final = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITSRDF: Final = Namespace("http://www.w3.org/2005/11/its/rdf#")
OA: Final = Namespace("http://www.w3.org/ns/oa#")
MLS: Final = Namespace("http://www.w3.org/ns/mls#")
SSSOM: Final = Namespace("https://w3id.org/sssom/")
SEMAPV: Final = Namespace("https://w3id.org/semapv/vocab/")
ORCID: Final = Namespace("https://orcid.org/")
PAV: Final = Namespace("http://purl.org/pav/")
SH: Final = Namespace("http://www.w3.org/ns/shacl#")
SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")
WD: Final = Namespace("http://www.wikidata.org/entity/")
#: Wikidata's properties as its own RDF has them, with the value itself as the object.
WDT: Final = Namespace("http://www.wikidata.org/prop/direct/")
#: Pages of items, for people.
WIKI: Final = Namespace("https://www.wikidata.org/wiki/")
#: Wikidata as a whole, and the licence of its data.
WIKIDATA: Final = "https://www.wikidata.org/"
CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"

PREFIXES: Final[dict[str, str]] = {
    "bibo": str(BIBO),
    "dcterms": str(DCTERMS),
    "fabio": str(FABIO),
    "foaf": str(FOAF),
    "itsrdf": str(ITSRDF),
    "kg": str(KG._NS),
    "mls": str(MLS),
    "nif": str(NIF),
    "oa": str(OA),
    "owl": str(OWL),
    "pav": str(PAV),
    "prov": str(PROV),
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "schema": str(SCHEMA),
    "sh": str(SH),
    "skos": str(SKOS),
    "sssom": str(SSSOM),
    "void": str(VOID),
    "wd": str(WD),
    "wdt": str(WDT),
    "xsd": str(XSD),
}

#: Graphs under the base that builds write; all others are users' own.
TERMS_GRAPH: Final = "graph/terms"
LINKS_GRAPH: Final = "graph/links"
CORRECTIONS_GRAPH: Final = "graph/corrections"
WIKIDATA_GRAPH: Final = "graph/wikidata"
META_GRAPH: Final = "graph/meta"
ONTOLOGY_GRAPH: Final = "graph/ontology"
EXAMPLES_GRAPH: Final = ".well-known/sparql-examples"

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
#: Characters that no path of an IRI may hold (RFC 3987, ``ucschar``; DOIs have brackets), and
#: "%", so that a key reads back to what it was made from.
_NOT_IN_IRI = re.compile(
    r'[\x00-\x20<>"{}|^`\\%#?\[\]\x7f-\xa0\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff'
    + "".join(f"\\U{plane:04x}fffe-\\U{plane:04x}ffff" for plane in range(1, 14))
    + r"\U000e0000-\U000e0fff\U000efffe-\U0010ffff]"
)
#: Marks that choose among forms of an ideograph; they show in no name and fit in no IRI.
_VARIATION = re.compile(r"[\U000e0100-\U000e01ef]")


def key_of(name: str) -> str:
    """Make the key of a name, as it stands in IRIs.

    >>> key_of("SAM 2"), key_of("Llama-3.1"), key_of("HumanEval+")
    ('sam-2', 'llama-3.1', 'humaneval+')
    >>> key_of("자기 지도 학습"), key_of("?!")
    ('자기-지도-학습', 'x-545f940d')
    """
    shown = _VARIATION.sub("", unicodedata.normalize("NFKC", name))
    folded = unicodedata.normalize("NFC", shown.casefold())
    kept: list[str] = []
    for place, char in enumerate(folded):
        if (
            unicodedata.category(char)[0] in "LMN"
            or char in "+*"
            or (char == "." and _digit_at(folded, place - 1) and _digit_at(folded, place + 1))
        ):
            kept.append(char)
        elif kept and kept[-1] != "-":
            kept.append("-")
    key = "".join(kept).strip("-")
    return key or "x-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _digit_at(text: str, place: int) -> bool:
    return 0 <= place < len(text) and unicodedata.category(text[place]) == "Nd"


def language_of(text: str) -> str:
    """Tell the language tag of a text or label: ``ko`` if it has Hangul, else ``en``.

    >>> language_of("LoRA"), language_of("LoRA를")
    ('en', 'ko')
    """
    return "ko" if _HANGUL.search(text) else "en"


def iri_safe(text: str) -> str:
    """Percent-encode what no IRI may hold, and nothing else.

    >>> iri_safe("10.1000/a<b>")
    '10.1000/a%3Cb%3E'
    """
    return _NOT_IN_IRI.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), text
    )


class Iris:
    """The IRIs of one base, made from keys. All methods return plain strings."""

    def __init__(self, base: str = DEFAULT_BASE) -> None:
        self.base = base
        self._agents: dict[str, str] = {}

    def digest(self, digest: str) -> str:
        return f"{self.base}digest/{digest}"

    def paper(self, paper: str) -> str:
        return f"{self.base}paper/{iri_safe(paper)}"

    def author(self, key: str) -> str:
        return f"{self.base}author/{key}"

    def term(self, key: str) -> str:
        return f"{self.base}term/{key}"

    def entry(self, digest: str, entry: str) -> str:
        return f"{self.base}digest/{digest}/{iri_safe(entry)}"

    def section(self, digest: str, entry: str, section: str) -> str:
        return f"{self.entry(digest, entry)}/{section}"

    def build(self, build: str) -> str:
        return f"{self.base}build/{build}"

    def agent(self, component: str) -> str:
        if component not in self._agents:  # a handful of names, asked for at every mention
            self._agents[component] = f"{self.base}agent/{key_of(component)}"
        return self._agents[component]

    def thing(self, kind: str, key: str) -> str:
        """Name a term, paper or author by the word for its kind and its key."""
        return f"{self.base}{kind}/{iri_safe(key)}"

    def link(self, kind: str, key: str, target: str) -> str:
        """Name what was decided of a thing and an item; *target* is its id or ``NIL``."""
        return f"{self.base}link/{kind}/{iri_safe(key)}/{target}"

    def correction(self, correction: str) -> str:
        return f"{self.base}correction/{correction}"

    def curator(self, name: str) -> str:
        """Name a person who decides; no component's key has a slash."""
        return f"{self.base}agent/person/{key_of(name)}"

    @property
    def scheme(self) -> str:
        return f"{self.base}terms"

    def graph(self, name: str) -> str:
        return f"{self.base}{name}"
