"""The graph of one digest: what its file alone decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rdflib.namespace import DCTERMS, FOAF, PROV, XSD

from kg.model import Entry, ExtractedDigest, Mention, Result, ResultKind, Role, Section, TermType
from kg.rdf.lines import (
    LABEL,
    TYPE,
    date,
    decimal,
    integer,
    labelled,
    literal,
    result_iris,
    span_iri,
    types,
)
from kg.vocab import BIBO, KG, MLS, NIF, OA, SCHEMA, Iris

_DIGEST_TYPES = (KG.Digest, SCHEMA.PublicationIssue)
_ENTRY_TYPES = (KG.Entry, PROV.Entity)
_SECTION_TYPES = (KG.Section, NIF.Context)
_MENTION_TYPES = (KG.Mention, KG.Span, NIF.Phrase, NIF.RFC5147String)
_SPAN_TYPES = (KG.Span, NIF.RFC5147String)


def digest_lines(extracted: ExtractedDigest, iris: Iris) -> Iterator[str]:
    """Make the lines of a digest's graph: what its file alone decides."""
    digest = extracted.digest
    node = f"<{iris.digest(digest.key)}>"
    yield from types(node, _DIGEST_TYPES)
    yield f"{node} {LABEL} {labelled(f'Digest {digest.key}')}"
    yield f"{node} <{PROV.wasDerivedFrom}> <urn:sha256:{digest.sha256}>"
    if digest.issued:
        yield f"{node} <{DCTERMS.issued}> {date(digest.issued)}"
    for one in extracted.entries:
        entry = f"<{iris.entry(digest.key, one.entry.key)}>"
        yield from _entry_lines(one.entry, entry, node, iris)
        sections = {}
        for position, section in enumerate(one.entry.sections):
            iri = iris.section(digest.key, one.entry.key, section.key)
            sections[section.key] = iri
            yield f"{entry} <{KG.section}> <{iri}>"
            yield from _section_lines(section, iri, position)
        for mention in one.mentions:
            yield from _mention_lines(mention, sections[mention.section], iris)
        yield from _result_lines(one.results, one.entry, sections)


def _entry_lines(entry: Entry, node: str, digest: str, iris: Iris) -> Iterator[str]:
    yield from types(node, _ENTRY_TYPES)
    yield f"{node} {LABEL} {labelled(entry.title)}"
    yield f"{node} <{KG.paper}> <{iris.paper(entry.paper)}>"
    yield f"{node} <{KG.digest}> {digest}"
    yield f"{node} <{KG.position}> {integer(entry.position)}"
    yield f"{node} <{FOAF.page}> <{entry.page}>"
    for name in entry.authors:
        yield f"{node} <{KG.authorName}> {literal(name)}"
    if entry.authors_truncated:
        yield f'{node} <{KG.authorsTruncated}> "true"^^<{XSD.boolean}>'
    if entry.votes is not None:
        yield f"{node} <{KG.votes}> {integer(entry.votes)}"
    if entry.arxiv_version is not None:
        yield f"{node} <{KG.arxivVersion}> {integer(entry.arxiv_version)}"
    if entry.doi:
        yield f"{node} <{BIBO.doi}> {literal(entry.doi)}"
    if entry.thumbnail:
        yield f"{node} <{SCHEMA.thumbnailUrl}> <{entry.thumbnail}>"


def _section_lines(section: Section, iri: str, position: int) -> Iterator[str]:
    node = f"<{iri}>"
    yield from types(node, _SECTION_TYPES)
    yield f"{node} {LABEL} {labelled(section.label)}"
    yield f"{node} <{KG.sectionType}> {literal(section.type)}"
    yield f"{node} <{KG.position}> {integer(position)}"
    yield f"{node} <{KG.text}> {labelled(section.text)}"


def _types_text(classes: Iterable[object]) -> tuple[str, ...]:
    return tuple(f"{TYPE} <{one}>" for one in classes)


# Looked up once: a closed namespace takes microseconds a name, and these stand in nine of
# ten lines.
_MENTION_TYPE_TEXTS = _types_text(_MENTION_TYPES)
_EXACT, _START, _END, _IN_SECTION = (f"<{p}>" for p in (OA.exact, OA.start, OA.end, KG.inSection))
_MENTION_TYPE = {one: f"<{KG.mentionType}> <{KG[one]}>" for one in TermType}
_ROLE = {one: f"<{KG.role}> <{KG[one]}>" for one in Role}
_CONFIDENCE, _EXTRACTED_BY, _GLOSS_OF = (
    f"<{p}>" for p in (KG.confidence, KG.extractedBy, KG.glossOf)
)


def _mention_lines(mention: Mention, section: str, iris: Iris) -> Iterator[str]:
    node = f"<{span_iri(section, mention.start, mention.end)}>"
    for text in _MENTION_TYPE_TEXTS:
        yield f"{node} {text}"
    yield from _place_lines(node, section, mention.start, mention.end, mention.exact)
    yield f"{node} {_MENTION_TYPE[mention.type]}"
    yield f"{node} {_ROLE[mention.role]}"
    yield f"{node} {_CONFIDENCE} {decimal(mention.confidence)}"
    yield f"{node} {_EXTRACTED_BY} <{iris.agent(mention.component)}>"
    if mention.gloss_of:
        yield f"{node} {_GLOSS_OF} <{span_iri(section, *mention.gloss_of)}>"


def _place_lines(node: str, section: str, start: int, end: int, exact: str) -> Iterator[str]:
    yield f"{node} {_EXACT} {labelled(exact)}"
    yield f"{node} {_START} {integer(start)}"
    yield f"{node} {_END} {integer(end)}"
    yield f"{node} {_IN_SECTION} <{section}>"


def _result_lines(
    results: tuple[Result, ...], entry: Entry, sections: dict[str, str]
) -> Iterator[str]:
    texts = {section.key: section.text for section in entry.sections}
    for result, iri in zip(results, result_iris(results, sections), strict=True):
        node, section = f"<{iri}>", sections[result.section]
        yield f"{node} {TYPE} <{KG.Result}>"
        if result.kind is not ResultKind.RELATIVE:
            yield f"{node} {TYPE} <{MLS.ModelEvaluation}>"
        yield f"{node} <{KG.resultKind}> <{KG[result.kind]}>"
        yield f"{node} <{KG.valueText}> {literal(result.value_text)}"
        yield f"{node} <{KG.confidence}> {decimal(result.confidence)}"
        yield from _optional_lines(node, result)
        start, end = result.evidence
        evidence = f"<{span_iri(section, start, end)}>"
        yield f"{node} <{KG.evidence}> {evidence}"
        yield from types(evidence, _SPAN_TYPES)
        yield from _place_lines(evidence, section, start, end, texts[result.section][start:end])


def _optional_lines(node: str, result: Result) -> Iterator[str]:
    strings = {
        KG.subjectText: result.subject,
        KG.benchmarkText: result.benchmark,
        KG.metricText: result.metric,
        KG.unit: result.unit,
        KG.setting: result.setting,
        KG.split: result.split,
    }
    numbers = {
        KG.value: result.value,
        KG.valueMin: result.value_min,
        KG.valueMax: result.value_max,
    }
    for predicate, text in strings.items():
        if text is not None:
            yield f"{node} <{predicate}> {literal(text)}"
    for predicate, number in numbers.items():
        if number is not None:
            yield f"{node} <{predicate}> {decimal(number)}"
    if result.qualifier:
        yield f"{node} <{KG.valueQualifier}> <{KG[result.qualifier]}>"
    if result.direction:
        yield f"{node} <{KG.direction}> <{KG[result.direction]}>"
