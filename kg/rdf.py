"""Records to quads: the one border between our records and RDF.

Quads are made as N-Triples lines, without graph and full stop: 2 million are made,
compared and loaded for the whole archive, and as objects of any library that would take
minutes. Oxigraph's own parser reads every line, so a malformed one fails loudly.
``docs/graph.md`` lists the triples.

Source of the line format: https://www.w3.org/TR/n-triples/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, VOID, XSD

from kg.model import Entry, ExtractedDigest, Mention, Result, ResultKind, Section, TermType
from kg.vocab import BIBO, FABIO, KG, MLS, NIF, OA, SCHEMA, Iris, language_of

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(r'[\\"\n\r\t]')

TYPE = f"<{RDF.type}>"
LABEL = f"<{RDFS.label}>"


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
    return f'"{number}"^^<{XSD.integer}>'


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
    return f'"{"0" if text in ("-0", "") else text}"^^<{XSD.decimal}>'


def date(iso: str) -> str:
    return f'"{iso}"^^<{XSD.date}>'


def to_quads(lines: Iterable[str], graph: str) -> Iterator[bytes]:
    """Put lines into a named graph: N-Quads lines with their line ends."""
    end = f" <{graph}> .\n"
    return ((line + end).encode() for line in lines)


_DIGEST_TYPES = (KG.Digest, SCHEMA.PublicationIssue)
_ENTRY_TYPES = (KG.Entry, PROV.Entity)
_SECTION_TYPES = (KG.Section, NIF.Context)
_MENTION_TYPES = (KG.Mention, KG.Span, NIF.Phrase, NIF.RFC5147String)
_SPAN_TYPES = (KG.Span, NIF.RFC5147String)
PAPER_TYPES = (KG.Paper, SCHEMA.ScholarlyArticle, FABIO.Preprint)
AUTHOR_TYPES = (KG.Author, FOAF.Agent)
TERM_TYPES = {
    TermType.MODEL: (KG.Model, KG.MethodTerm),
    TermType.METHOD: (KG.Method, KG.MethodTerm),
    TermType.BENCHMARK: (KG.Benchmark, KG.DataTerm),
    TermType.DATASET: (KG.Dataset, KG.DataTerm, SCHEMA.Dataset),
    TermType.METRIC: (KG.Metric, MLS.EvaluationMeasure),
    TermType.TASK: (KG.Task, MLS.Task),
}


def types(subject: str, classes: Iterable[object]) -> Iterator[str]:
    return (f"{subject} {TYPE} <{one}>" for one in classes)


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


def span_iri(section: str, start: int, end: int) -> str:
    """Name a stretch of a section's text (RFC 5147)."""
    return f"{section}#char={start},{end}"


def _mention_lines(mention: Mention, section: str, iris: Iris) -> Iterator[str]:
    node = f"<{span_iri(section, mention.start, mention.end)}>"
    yield from types(node, _MENTION_TYPES)
    yield from _place_lines(node, section, mention.start, mention.end, mention.exact)
    yield f"{node} <{KG.mentionType}> <{KG[mention.type]}>"
    yield f"{node} <{KG.role}> <{KG[mention.role]}>"
    yield f"{node} <{KG.confidence}> {decimal(mention.confidence)}"
    yield f"{node} <{KG.extractedBy}> <{iris.agent(mention.component)}>"
    if mention.gloss_of:
        yield f"{node} <{KG.glossOf}> <{span_iri(section, *mention.gloss_of)}>"


def _place_lines(node: str, section: str, start: int, end: int, exact: str) -> Iterator[str]:
    yield f"{node} <{OA.exact}> {labelled(exact)}"
    yield f"{node} <{OA.start}> {integer(start)}"
    yield f"{node} <{OA.end}> {integer(end)}"
    yield f"{node} <{KG.inSection}> <{section}>"


def result_iris(results: Iterable[Result], sections: dict[str, str]) -> list[str]:
    """Name results by the place of their value; ``~2`` where one value serves several claims."""
    seen: dict[str, int] = {}
    names = []
    for result in results:
        name = f"{sections[result.section]}#result={result.start},{result.end}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return names


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


def agent_lines(component: str, version: str, iris: Iris) -> Iterator[str]:
    """Describe a component of extraction."""
    node = f"<{iris.agent(component)}>"
    yield f"{node} {TYPE} <{PROV.SoftwareAgent}>"
    yield f"{node} {LABEL} {labelled(component)}"
    yield f"{node} <{SCHEMA.softwareVersion}> {literal(version)}"


def dataset_lines(graph: str, triples: int, build: str) -> Iterator[str]:
    """Describe a derived graph: how large it is and what made it."""
    yield f"<{graph}> {TYPE} <{VOID.Dataset}>"
    yield f"<{graph}> <{VOID.triples}> {integer(triples)}"
    yield f"<{graph}> <{PROV.wasGeneratedBy}> <{build}>"


def file_lines(sha256: str, name: str) -> Iterator[str]:
    """Name the file that a digest was read from."""
    node = f"<urn:sha256:{sha256}>"
    yield f"{node} {TYPE} <{PROV.Entity}>"
    yield f"{node} <{SCHEMA.name}> {literal(name)}"


def build_lines(build: str, version: str, agents: Iterable[str], iris: Iris) -> Iterator[str]:
    """Describe the activity that made derived graphs, by what decides its output."""
    node = f"<{iris.build(build)}>"
    yield f"{node} {TYPE} <{PROV.Activity}>"
    yield f"{node} {LABEL} {labelled(f'Build {build}')}"
    yield f"{node} <{SCHEMA.softwareVersion}> {literal(version)}"
    for agent in agents:
        yield f"{node} <{PROV.wasAssociatedWith}> <{iris.agent(agent)}>"


def scheme_lines(iris: Iris) -> Iterator[str]:
    node = f"<{iris.scheme}>"
    yield f"{node} {TYPE} <{SKOS.ConceptScheme}>"
    yield f"{node} {LABEL} {labelled('Terms of the paper digests')}"
