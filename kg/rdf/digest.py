"""The graph of one digest: what its file alone decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kg.model import Entry, ExtractedDigest, Mention, Result, ResultKind, Section
from kg.rdf.lines import (
    LABEL,
    TYPE,
    bibo,
    date,
    dcterms,
    decimal,
    foaf,
    integer,
    kg,
    labelled,
    literal,
    mls,
    nif,
    oa,
    prov,
    result_iris,
    schema,
    span_iri,
    types,
    xsd,
)
from kg.vocab import Iris

_DIGEST_TYPES = (kg.Digest, schema.PublicationIssue)
_ENTRY_TYPES = (kg.Entry, prov.Entity)
_SECTION_TYPES = (kg.Section, nif.Context)
_MENTION_TYPES = (kg.Mention, kg.Span, nif.Phrase, nif.RFC5147String)
_SPAN_TYPES = (kg.Span, nif.RFC5147String)


def digest_lines(extracted: ExtractedDigest, iris: Iris) -> Iterator[str]:
    """Make the lines of a digest's graph: what its file alone decides."""
    digest = extracted.digest
    node = f"<{iris.digest(digest.key)}>"
    yield from types(node, _DIGEST_TYPES)
    yield f"{node} {LABEL} {labelled(f'Digest {digest.key}')}"
    yield f"{node} {prov.wasDerivedFrom} <urn:sha256:{digest.sha256}>"
    if digest.issued:
        yield f"{node} {dcterms.issued} {date(digest.issued)}"
    for one in extracted.entries:
        entry = f"<{iris.entry(digest.key, one.entry.key)}>"
        yield from _entry_lines(one.entry, entry, node, iris)
        sections = {}
        for position, section in enumerate(one.entry.sections):
            iri = iris.section(digest.key, one.entry.key, section.key)
            sections[section.key] = iri
            yield f"{entry} {kg.section} <{iri}>"
            yield from _section_lines(section, iri, position)
        for mention in one.mentions:
            yield from _mention_lines(mention, sections, iris)
        yield from _result_lines(one.results, one.entry, sections)


def _entry_lines(entry: Entry, node: str, digest: str, iris: Iris) -> Iterator[str]:
    yield from types(node, _ENTRY_TYPES)
    yield f"{node} {LABEL} {labelled(entry.title)}"
    yield f"{node} {kg.paper} <{iris.paper(entry.paper)}>"
    yield f"{node} {kg.digest} {digest}"
    yield f"{node} {kg.position} {integer(entry.position)}"
    yield f"{node} {foaf.page} <{entry.page}>"
    for name in entry.authors:
        yield f"{node} {kg.authorName} {literal(name)}"
    if entry.authors_truncated:
        yield f'{node} {kg.authorsTruncated} "true"^^{xsd.boolean}'
    if entry.votes is not None:
        yield f"{node} {kg.votes} {integer(entry.votes)}"
    if entry.arxiv_version is not None:
        yield f"{node} {kg.arxivVersion} {integer(entry.arxiv_version)}"
    if entry.doi:
        yield f"{node} {bibo.doi} {literal(entry.doi)}"
    if entry.thumbnail:
        yield f"{node} {schema.thumbnailUrl} <{entry.thumbnail}>"


def _section_lines(section: Section, iri: str, position: int) -> Iterator[str]:
    node = f"<{iri}>"
    yield from types(node, _SECTION_TYPES)
    yield f"{node} {LABEL} {labelled(section.label)}"
    yield f"{node} {kg.sectionType} {literal(section.type)}"
    yield f"{node} {kg.position} {integer(position)}"
    yield f"{node} {kg.text} {labelled(section.text)}"


def _mention_lines(mention: Mention, sections: Mapping[str, str], iris: Iris) -> Iterator[str]:
    section = sections[mention.section]
    node = f"<{span_iri(section, mention.start, mention.end)}>"
    yield from types(node, _MENTION_TYPES)
    yield from _place_lines(node, section, mention.start, mention.end, mention.exact)
    yield f"{node} {kg.mentionType} {kg[mention.type]}"
    yield f"{node} {kg.role} {kg[mention.role]}"
    yield f"{node} {kg.confidence} {decimal(mention.confidence)}"
    yield f"{node} {kg.extractedBy} <{iris.agent(mention.component)}>"
    if mention.gloss_of:
        other, start, end = mention.gloss_of
        yield f"{node} {kg.glossOf} <{span_iri(sections[other], start, end)}>"


def _place_lines(node: str, section: str, start: int, end: int, exact: str) -> Iterator[str]:
    yield f"{node} {oa.exact} {labelled(exact)}"
    yield f"{node} {oa.start} {integer(start)}"
    yield f"{node} {oa.end} {integer(end)}"
    yield f"{node} {kg.inSection} <{section}>"


def _result_lines(
    results: tuple[Result, ...], entry: Entry, sections: dict[str, str]
) -> Iterator[str]:
    texts = {section.key: section.text for section in entry.sections}
    for result, iri in zip(results, result_iris(results, sections), strict=True):
        node, section = f"<{iri}>", sections[result.section]
        yield f"{node} {TYPE} {kg.Result}"
        if result.kind is not ResultKind.RELATIVE:
            yield f"{node} {TYPE} {mls.ModelEvaluation}"
        yield f"{node} {kg.resultKind} {kg[result.kind]}"
        yield f"{node} {kg.valueText} {literal(result.value_text)}"
        yield f"{node} {kg.confidence} {decimal(result.confidence)}"
        yield from _optional_lines(node, result)
        start, end = result.evidence
        evidence = f"<{span_iri(section, start, end)}>"
        yield f"{node} {kg.evidence} {evidence}"
        yield from types(evidence, _SPAN_TYPES)
        yield from _place_lines(evidence, section, start, end, texts[result.section][start:end])


def _optional_lines(node: str, result: Result) -> Iterator[str]:
    strings = {
        kg.subjectText: result.subject,
        kg.benchmarkText: result.benchmark,
        kg.metricText: result.metric,
        kg.unit: result.unit,
        kg.setting: result.setting,
        kg.split: result.split,
    }
    numbers = {
        kg.value: result.value,
        kg.valueMin: result.value_min,
        kg.valueMax: result.value_max,
    }
    for predicate, text in strings.items():
        if text is not None:
            yield f"{node} {predicate} {literal(text)}"
    for predicate, number in numbers.items():
        if number is not None:
            yield f"{node} {predicate} {decimal(number)}"
    if result.qualifier:
        yield f"{node} {kg.valueQualifier} {kg[result.qualifier]}"
    if result.direction:
        yield f"{node} {kg.direction} {kg[result.direction]}"
