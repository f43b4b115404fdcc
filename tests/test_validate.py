"""Each shape passes on a graph as builds make it, and fails on one that breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib.namespace import SH

from kg.errors import KGError
from kg.resources import shared_folder
from kg.validate import GraphPart, Violation, graph_parts, validate
from kg.vocab import DEFAULT_BASE, PREFIXES
from tests.test_ontology import SHAPES, reporting_shapes

FILE = shared_folder("ontology") / "shapes.ttl"
VALID = Path(__file__).parent / "data" / "graph-valid.trig"
PROLOGUE = "".join(f"@prefix {prefix}: <{start}> .\n" for prefix, start in PREFIXES.items())

DIGEST = f"{DEFAULT_BASE}digest/2024-08-05"
ENTRY = f"{DIGEST}/2408.00874"
NODES = {
    "digest": DIGEST,
    "entry": ENTRY,
    "section": f"{ENTRY}/performance-highlights",
    "mention": f"{ENTRY}/whats-new#char=0,2",
    "gloss": f"{ENTRY}/whats-new#char=3,8",
    "span": f"{ENTRY}/performance-highlights#char=0,49",
    "absolute": f"{ENTRY}/performance-highlights#result=36,40",
    "comparison": f"{ENTRY}/performance-highlights#result=71,73",
    "relative": f"{ENTRY}/performance-highlights#result=91,94",
    "paper": f"{DEFAULT_BASE}paper/2408.00874",
    "author": f"{DEFAULT_BASE}author/miso-han",
    "person": f"{DEFAULT_BASE}author/ara-seo",
    "model": f"{DEFAULT_BASE}term/narae",
    "method": f"{DEFAULT_BASE}term/lora",
    "benchmark": f"{DEFAULT_BASE}term/narubench",
    "dataset": f"{DEFAULT_BASE}term/saem",
    "metric": f"{DEFAULT_BASE}term/정확도",
    "task": f"{DEFAULT_BASE}term/문서-요약",
    "terms": f"{DEFAULT_BASE}terms",
    "link": f"{DEFAULT_BASE}link/term/lora/Q4115189",
    "decision": f"{DEFAULT_BASE}link/term/narae/NIL",
    "graph": f"{DEFAULT_BASE}graph/terms",
    "build": f"{DEFAULT_BASE}build/0123456789abcdef",
    "agent": f"{DEFAULT_BASE}agent/kg-names",
    "correction": f"{DEFAULT_BASE}correction/0123456789abcdef",
    "curator": f"{DEFAULT_BASE}agent/person/mina-seo",
    "nowhere": f"{DEFAULT_BASE}nowhere",
}


class Quads:
    """Quads in memory, by subject, as ``graph_parts`` reads them."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self.by_subject: dict[str, list[ox.Quad]] = {}
        for quad in quads:
            self.by_subject.setdefault(str(quad.subject), []).append(quad)

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        graphs = {quad.graph_name for quads in self.by_subject.values() for quad in quads}
        return (graph for graph in graphs if not isinstance(graph, ox.DefaultGraph))

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None,  # noqa: A002
        graph_name: ox.NamedNode | ox.BlankNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        keys = self.by_subject if subject is None else [str(subject)]
        for key in keys:
            for quad in self.by_subject.get(key, ()):
                if (
                    predicate in (None, quad.predicate)
                    and object in (None, quad.object)
                    and graph_name in (None, quad.graph_name)
                ):
                    yield quad


@cache
def valid_quads() -> tuple[ox.Quad, ...]:
    return tuple(ox.parse(path=str(VALID), format=ox.RdfFormat.TRIG))


def found_in_parts(quads: Iterable[ox.Quad]) -> list[Violation]:
    return list(validate(graph_parts(Quads(quads)), FILE))


@cache
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(FILE)


def found_at_once(quads: Iterable[ox.Quad]) -> set[tuple[str, str | None, str]]:
    """Validate all graphs together, by pySHACL alone: (focus, path, shape) of each result."""
    triples = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    data = rdflib.Graph().parse(data=triples, format="nt")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes(), inplace=True)
    assert isinstance(report, rdflib.Graph)
    found = set()
    for result in report.objects(None, SH.result):
        path = report.value(result, SH.resultPath)
        focus, shape = (report.value(result, one) for one in (SH.focusNode, SH.sourceShape))
        found.add((str(focus), None if path is None else str(path), str(shape)))
    return found


def iri(curie: str) -> ox.NamedNode:
    """Expand ``a``, a CURIE, or the name of one of NODES."""
    if curie == "a":
        return ox.NamedNode(PREFIXES["rdf"] + "type")
    if curie in NODES:
        return ox.NamedNode(NODES[curie])
    prefix, _, local = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def changed(subject: str, predicate: str, change: str) -> list[ox.Quad]:
    """Change the values that *subject* has for *predicate* in the valid graph.

    *change* is ``-`` (take all away), ``- VALUE`` (take one away), ``= VALUES`` (put others in
    their place) or ``+ VALUES`` (add); values are Turtle, or names of NODES after ``@``.
    """
    node, path = iri(subject), iri(predicate)
    sign, _, text = change.partition(" ")
    words = [
        f"<{NODES[word[1:]]}>" if word[0] == "@" else word for word in text.split(" , ") if word
    ]
    turtle = f"{PROLOGUE}<{node.value}> <{path.value}> {' , '.join(words)} ." if words else ""
    values = [quad.object for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE)]
    mine = [quad for quad in valid_quads() if (quad.subject, quad.predicate) == (node, path)]
    home = next((q.graph_name for q in valid_quads() if q.subject == node), iri("graph"))
    if sign == "-":
        gone = [quad for quad in mine if not values or quad.object in values]
        assert gone, "nothing to take away"
    else:
        gone = mine if sign == "=" else []
    added = [] if sign == "-" else [ox.Quad(node, path, value, home) for value in values]
    return [quad for quad in valid_quads() if quad not in gone] + added


INTEGER = '"x"^^xsd:integer'
CASES = [
    # subject, predicate, change, shape that must report
    ("digest", "a", "- schema:PublicationIssue", "digest-classes"),
    ("digest", "rdfs:label", "-", "label"),
    ("digest", "rdfs:label", '+ "Another"@en', "label"),
    ("digest", "rdfs:label", '= "No language"', "label"),
    ("digest", "rdfs:label", '= "Französisch"@fr', "label"),
    ("digest", "dcterms:issued", '= "2024-08-05"', "digest-issued"),
    ("digest", "dcterms:issued", '+ "2024-08-06"^^xsd:date', "digest-issued"),
    ("digest", "dcterms:issued", '= "5 August"^^xsd:date', "digest-issued"),
    ("digest", "prov:wasDerivedFrom", "-", "digest-source"),
    ("digest", "prov:wasDerivedFrom", '= "urn:sha256:00"', "digest-source"),
    ("digest", "prov:wasDerivedFrom", "= <file:///home/me/digest.md>", "digest-source"),
    ("digest", "prov:wasGeneratedBy", "+ @agent", "graph-build"),
    ("digest", "kg:votes", "+ 3", "Digest"),
    ("graph", "rdfs:label", "-", "label"),
    ("graph", "prov:wasGeneratedBy", "= @digest", "graph-build"),
    ("graph", "void:triples", "= -1", "graph-triples"),
    ("graph", "void:triples", "+ 5", "graph-triples"),
    ("build", "rdfs:label", "-", "label"),
    ("agent", "rdfs:label", "-", "label"),
    ("entry", "a", "- prov:Entity", "entry-classes"),
    ("entry", "rdfs:label", "-", "label"),
    ("entry", "kg:paper", "-", "entry-paper"),
    ("entry", "kg:paper", "= @model", "entry-paper"),
    ("entry", "kg:paper", "= @nowhere", "entry-paper"),
    ("entry", "kg:paper", '= "2408.00874"', "entry-paper"),
    ("entry", "kg:digest", "-", "entry-digest"),
    ("entry", "kg:digest", "= @paper", "entry-digest"),
    ("entry", "kg:position", "-", "entry-position"),
    ("entry", "kg:position", "= 0", "entry-position"),
    ("entry", "kg:position", "= 1.0", "entry-position"),
    ("entry", "kg:position", f"= {INTEGER}", "entry-position"),
    ("entry", "kg:section", "-", "entry-section"),
    ("entry", "kg:section", "+ @mention", "entry-section"),
    ("entry", "kg:authorName", '+ "Sam"@en', "entry-authorName"),
    ("entry", "kg:authorName", '+ ""', "entry-authorName"),
    ("entry", "foaf:page", "-", "entry-page"),
    ("entry", "foaf:page", "= <ftp://example.org/x>", "entry-page"),
    ("entry", "kg:votes", "= -1", "entry-votes"),
    ("entry", "kg:votes", "+ 13", "entry-votes"),
    ("entry", "kg:votes", '= "12"', "entry-votes"),
    ("entry", "kg:arxivVersion", "= 0", "entry-arxivVersion"),
    ("entry", "schema:thumbnailUrl", "= <data:image/png,x>", "entry-thumbnail"),
    ("entry", "schema:thumbnailUrl", '= "https://example.org/x.png"', "entry-thumbnail"),
    ("entry", "kg:authorsTruncated", "= false", "entry-authorsTruncated"),
    ("entry", "bibo:doi", '= "https://doi.org/10.1000/x"', "doi"),
    ("entry", "bibo:doi", '+ "10.1000/other"', "doi"),
    ("entry", "kg:text", '+ "words"@en', "Entry"),
    ("section", "a", "- nif:Context", "section-classes"),
    ("section", "rdfs:label", "-", "label"),
    ("section", "kg:sectionType", "-", "section-type"),
    ("section", "kg:sectionType", '= ""', "section-type"),
    ("section", "kg:position", "= -1", "section-position"),
    ("section", "kg:position", "-", "section-position"),
    ("section", "kg:text", "-", "section-text"),
    ("section", "kg:text", '+ "More"@en', "section-text"),
    ("section", "kg:text", '= "Words"', "section-text"),
    ("section", "oa:start", "+ 0", "Section"),
    ("span", "a", "- nif:RFC5147String", "span-classes"),
    ("span", "oa:exact", "-", "span-exact"),
    ("span", "oa:exact", '= ""@en', "span-exact"),
    ("span", "oa:start", "-", "span-start"),
    ("span", "oa:start", "= -1", "span-start"),
    ("span", "oa:start", "= 49", "span-start"),
    ("span", "oa:start", f"= {INTEGER}", "span-start"),
    ("span", "oa:end", "-", "span-end"),
    ("span", "oa:end", '= "42"', "span-end"),
    ("span", "kg:inSection", "-", "span-section"),
    ("span", "kg:inSection", "= @entry", "span-section"),
    ("span", "kg:votes", "+ 1", "Span"),
    ("span", "kg:confidence", "+ 0.5", "Span"),
    ("span", "kg:role", "+ kg:other", "is-mention"),
    ("span", "kg:mentionOf", "+ @model", "is-mention"),
    ("mention", "a", "- kg:Mention", "is-mention"),
    ("mention", "a", "- kg:Span", "mention-classes"),
    ("mention", "a", "- nif:Phrase", "mention-classes"),
    ("mention", "a", "- nif:RFC5147String", "mention-classes"),
    ("mention", "oa:start", "= 2", "span-start"),
    ("mention", "kg:mentionType", "-", "mention-type"),
    ("mention", "kg:mentionType", "= kg:MethodTerm", "mention-type"),
    ("mention", "kg:mentionType", "+ kg:Task", "mention-type"),
    ("mention", "kg:mentionOf", "+ @method", "mention-of"),
    ("mention", "kg:mentionOf", "= @paper", "mention-of"),
    ("mention", "kg:mentionOf", "= @nowhere", "mention-of"),
    ("mention", "kg:role", "-", "mention-role"),
    ("mention", "kg:role", "= kg:absolute", "mention-role"),
    ("mention", "kg:confidence", "-", "confidence"),
    ("mention", "kg:confidence", "= 1.1", "confidence"),
    ("mention", "kg:confidence", "= -0.1", "confidence"),
    ("mention", "kg:confidence", "= 0.12345", "confidence"),
    ("mention", "kg:confidence", "= 0.5e0", "confidence"),
    ("mention", "kg:extractedBy", "-", "mention-extractedBy"),
    ("mention", "kg:extractedBy", "= @build", "mention-extractedBy"),
    ("gloss", "kg:glossOf", "= @span", "mention-glossOf"),
    ("mention", "kg:value", "+ 1.0", "Mention"),
    ("nowhere", "kg:mentionOf", "+ @model", "is-mention"),
    ("absolute", "a", "- mls:ModelEvaluation", "Result"),
    ("relative", "a", "+ mls:ModelEvaluation", "Result"),
    ("absolute", "a", "- kg:Result", "is-result"),
    ("absolute", "kg:resultKind", "-", "result-kind"),
    ("absolute", "kg:resultKind", "= kg:other", "result-kind"),
    ("absolute", "kg:valueText", "-", "result-valueText"),
    ("absolute", "kg:valueText", '+ "72"', "result-valueText"),
    ("absolute", "kg:evidence", "-", "result-evidence"),
    ("absolute", "kg:evidence", "= @section", "result-evidence"),
    ("absolute", "kg:evidence", "+ @mention", "result-evidence"),
    ("absolute", "kg:confidence", "= 2.0", "confidence"),
    ("absolute", "kg:subjectText", '= "Narae"@en', "result-subjectText"),
    ("absolute", "kg:benchmarkText", '+ "Other"', "result-benchmarkText"),
    ("absolute", "kg:metricText", '= ""', "result-metricText"),
    ("absolute", "kg:value", "= 71", "result-value"),
    ("absolute", "kg:value", "+ 72.0", "result-value"),
    ("absolute", "kg:valueMin", "+ 70.0", "Result"),
    ("relative", "kg:value", "+ 2.5", "Result"),
    ("relative", "kg:valueMax", "-", "Result"),
    ("relative", "kg:valueMin", "= 4.0", "result-valueMin"),
    ("relative", "kg:valueMax", '= "3"', "result-valueMax"),
    ("comparison", "kg:valueQualifier", "= kg:other", "result-qualifier"),
    ("absolute", "kg:unit", '+ "points"', "result-unit"),
    ("relative", "kg:direction", "= kg:upTo", "result-direction"),
    ("absolute", "kg:direction", "+ kg:increase", "Result"),
    ("absolute", "kg:setting", '+ "0-shot"', "result-setting"),
    ("absolute", "kg:split", "= 1", "result-split"),
    ("absolute", "kg:subject", "= @author", "result-subject"),
    ("absolute", "kg:subject", "+ @method", "result-subject"),
    ("absolute", "kg:benchmark", "= @nowhere", "result-benchmark"),
    ("absolute", "kg:metric", '= "accuracy"', "result-metric"),
    ("relative", "kg:baseline", "= @paper", "result-baseline"),
    ("absolute", "kg:role", "+ kg:other", "Result"),
    ("nowhere", "kg:subject", "+ @model", "is-result"),
    ("nowhere", "kg:baseline", "+ @model", "is-result"),
    ("paper", "a", "- fabio:Preprint", "paper-classes"),
    ("paper", "a", "- schema:ScholarlyArticle", "paper-classes"),
    ("paper", "rdfs:label", "-", "label"),
    ("paper", "dcterms:title", "-", "paper-title"),
    ("paper", "dcterms:title", '+ "Two titles"@en', "paper-title"),
    ("paper", "dcterms:alternative", '+ "Narae: Reading Long Reports"@en', "paper-alternative"),
    ("paper", "foaf:page", "-", "paper-page"),
    ("paper", "foaf:page", "= <javascript:alert>", "paper-page"),
    ("paper", "dcterms:creator", '+ "Miso Han"', "paper-creator"),
    ("paper", "dcterms:creator", "+ @nowhere", "paper-creator"),
    ("paper", "kg:firstSeen", '= "2024-08-06"^^xsd:date', "firstSeen"),
    ("paper", "kg:lastSeen", '= "August"^^xsd:date', "lastSeen"),
    ("paper", "kg:arxivId", '= "2408.00874v2"', "paper-arxivId"),
    ("paper", "dcterms:identifier", '= "2408.00874"', "paper-identifier"),
    ("paper", "dcterms:created", '= "2024-08-05"^^xsd:date', "paper-created"),
    ("paper", "kg:mentions", "+ @author", "paper-mentions"),
    ("paper", "kg:introduces", "+ @nowhere", "paper-introduces"),
    ("paper", "kg:evaluatesOn", "+ @paper", "paper-evaluatesOn"),
    ("paper", "kg:usesMethod", "+ @task", "paper-usesMethod"),
    ("paper", "kg:usesMethod", "+ @model", "paper-usesMethod"),
    ("paper", "kg:addressesTask", "+ @metric", "paper-addressesTask"),
    ("paper", "kg:reportsMetric", "+ @task", "paper-reportsMetric"),
    ("paper", "kg:hasResult", "+ @span", "paper-hasResult"),
    ("author", "a", "- foaf:Agent", "author-classes"),
    ("author", "rdfs:label", "-", "label"),
    ("author", "foaf:name", "-", "author-name"),
    ("author", "foaf:name", "= @person", "author-name"),
    ("person", "a", "- foaf:Person", "person-classes"),
    ("model", "a", "- skos:Concept", "term-classes"),
    ("model", "a", "- kg:Model", "Term"),
    ("model", "a", "- kg:MethodTerm", "model-classes"),
    ("model", "kg:termType", "= kg:Method", "model-type"),
    ("model", "kg:termType", "-", "term-type"),
    ("model", "kg:termType", "+ kg:Task", "term-type"),
    ("model", "kg:termType", "= kg:MethodTerm", "term-type"),
    ("model", "rdfs:label", "-", "label"),
    ("model", "rdfs:label", '+ "나래"@ko', "label"),
    ("model", "skos:prefLabel", "-", "term-prefLabel"),
    ("model", "skos:prefLabel", '+ "NARAE"@en', "term-prefLabel"),
    ("model", "skos:prefLabel", '+ "Narae"@de', "term-prefLabel"),
    ("method", "skos:altLabel", '+ "LoRA"@en', "term-altLabel"),
    ("method", "skos:hiddenLabel", '+ "low-rank adaptation"@en', "term-hiddenLabel"),
    ("method", "skos:hiddenLabel", '+ "LoRA"@en', "term-hiddenLabel"),
    ("model", "skos:inScheme", "-", "term-scheme"),
    ("model", "skos:inScheme", "= @digest", "term-scheme"),
    ("model", "kg:paperCount", "= 0", "term-paperCount"),
    ("model", "kg:paperCount", "-", "term-paperCount"),
    ("model", "kg:firstSeen", '+ "2024-08-04"^^xsd:date', "firstSeen"),
    ("model", "kg:lastSeen", "= 2024", "lastSeen"),
    ("model", "skos:broader", "+ @paper", "term-broader"),
    ("model", "skos:narrower", '+ "Narae Mini"@en', "term-narrower"),
    ("model", "skos:exactMatch", "+ <https://www.wikidata.org/wiki/Q1>", "term-exactMatch"),
    ("method", "skos:closeMatch", '= "Q4115189"', "term-closeMatch"),
    ("method", "a", "- kg:MethodTerm", "method-classes"),
    ("method", "kg:termType", "= kg:Model", "method-type"),
    ("benchmark", "a", "- kg:DataTerm", "benchmark-classes"),
    ("benchmark", "kg:termType", "= kg:Dataset", "benchmark-type"),
    ("dataset", "a", "- schema:Dataset", "dataset-classes"),
    ("dataset", "kg:termType", "= kg:Benchmark", "dataset-type"),
    ("metric", "a", "- mls:EvaluationMeasure", "metric-classes"),
    ("metric", "kg:termType", "= kg:Task", "metric-type"),
    ("metric", "kg:higherIsBetter", "+ false", "metric-higherIsBetter"),
    ("model", "kg:higherIsBetter", "+ true", "measured-classes"),
    ("task", "a", "- mls:Task", "task-classes"),
    ("task", "kg:termType", "= kg:Metric", "task-type"),
    ("terms", "rdfs:label", "-", "label"),
    ("correction", "a", "- prov:Entity", "correction-classes"),
    ("correction", "rdfs:label", "-", "label"),
    ("correction", "kg:decision", "-", "correction-decision"),
    ("correction", "kg:decision", '= "perhaps"', "correction-decision"),
    ("correction", "kg:decidedLabel", "-", "correction-label"),
    ("correction", "kg:decidedLabel", '= "Saem"@en', "correction-label"),
    ("correction", "kg:decidedValue", '+ "Task"', "correction-value"),
    ("correction", "kg:decidedFor", "+ @model", "correction-paper"),
    ("correction", "prov:wasAttributedTo", "-", "correction-by"),
    ("correction", "prov:wasAttributedTo", "= @agent", "correction-by"),
    ("correction", "dcterms:date", "-", "correction-date"),
    ("correction", "dcterms:date", '= "yesterday"', "correction-date"),
    ("correction", "rdfs:comment", '+ "twice"', "correction-comment"),
    ("correction", "kg:votes", "+ 3", "Correction"),
    ("curator", "a", "- prov:Agent", "curator-classes"),
    ("curator", "rdfs:label", "-", "label"),
    ("dataset", "prov:wasInfluencedBy", "= @agent", "influenced-by"),
    ("link", "a", "- owl:Axiom", "link-classes"),
    ("link", "a", "- sssom:Mapping", "link-classes"),
    ("link", "rdfs:label", "-", "label"),
    ("link", "rdfs:comment", "-", "link-evidence"),
    ("link", "owl:annotatedSource", "-", "link-source"),
    ("link", "owl:annotatedProperty", "= skos:related", "link-property"),
    ("link", "owl:annotatedTarget", "= @model", "link-target"),
    ("link", "owl:annotatedTarget", "+ wd:Q1", "link-target"),
    ("link", "sssom:mapping_justification", '= "a hunch"', "link-justification"),
    ("link", "sssom:confidence", "= 1.5", "link-confidence"),
    ("link", "sssom:confidence", "-", "link-confidence"),
    ("link", "sssom:predicate_modifier", '+ "Not" , "Inverse"', "link-modifier"),
    ("link", "sssom:mapping_tool", '+ "another"', "link-tool"),
    ("link", "sssom:mapping_tool", "-", "Link"),
    ("link", "skos:note", '+ "hm"@en', "Link"),
    ("decision", "pav:authoredBy", "-", "Link"),
    ("decision", "pav:authoredOn", '= "yesterday"', "link-authoredOn"),
]


def test_valid_graph_has_no_violation() -> None:
    assert found_in_parts(valid_quads()) == []
    assert found_at_once(valid_quads()) == set()


@pytest.fixture(scope="module")
def found_by_case() -> dict[str, list[Violation]]:
    """What is found about the changed node of each case, in one go: the shapes are read once."""
    parts = []
    for number, (subject, predicate, change, _) in enumerate(CASES):
        node, quads = iri(subject), changed(subject, predicate, change)
        data = tuple(quad.triple for quad in quads if quad.subject == node)
        others = (quad.triple for quad in quads if quad.subject != node)
        context = tuple(triple for triple in others if triple.predicate == iri("a"))
        parts.append(GraphPart(str(number), data, context))
    found: dict[str, list[Violation]] = {}
    for one in validate(parts, FILE):
        found.setdefault(one.graph, []).append(one)
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[" ".join(case) for case in CASES])
def test_a_broken_graph_is_reported_by_the_shape_that_it_breaks(
    found_by_case: dict[str, list[Violation]], number: int
) -> None:
    subject, *_, shape = CASES[number]
    found = found_by_case.get(str(number), [])
    mine = [one for one in found if (one.focus, one.shape) == (NODES[subject], str(SHAPES[shape]))]
    assert mine, [str(one) for one in found]
    assert all(one.message and one.severity == "Violation" for one in mine)


# pySHACL alone: see kg.validate on what rdflib answers when it compares ill-typed values.
@pytest.mark.filterwarnings("ignore:NotImplemented:DeprecationWarning")
@pytest.mark.parametrize("case", CASES[::8], ids=[" ".join(case) for case in CASES[::8]])
def test_parts_and_pyshacl_on_the_whole_graph_find_the_same(case: tuple[str, ...]) -> None:
    quads = changed(*case[:3])
    found = {(one.focus, one.path, one.shape) for one in found_in_parts(quads)}
    assert found == found_at_once(quads) != set()


RENAMED = [
    ("digest", f"{DEFAULT_BASE}day/2024-08-05", "Digest"),
    ("entry", f"{DEFAULT_BASE}entries/1", "Entry"),
    ("section", f"{DEFAULT_BASE}sections/1", "Section"),
    ("span", f"{ENTRY}/performance-highlights#0,49", "Span"),
    ("absolute", f"{ENTRY}/performance-highlights#result", "Result"),
    ("paper", f"{DEFAULT_BASE}2408.00874", "Paper"),
    ("author", f"{DEFAULT_BASE}author/miso/han", "Author"),
    ("model", f"{DEFAULT_BASE}model/narae", "Term"),
    ("link", f"{DEFAULT_BASE}link/1", "Link"),
    ("correction", f"{DEFAULT_BASE}correction/type-saem", "Correction"),
]


@pytest.mark.parametrize(("node", "name", "shape"), RENAMED)
def test_a_node_with_another_kind_of_iri_is_reported(node: str, name: str, shape: str) -> None:
    old, new = iri(node), ox.NamedNode(name)
    quads = [
        ox.Quad(
            new if quad.subject == old else quad.subject,
            quad.predicate,
            new if quad.object == old else quad.object,
            new if quad.graph_name == old else quad.graph_name,
        )
        for quad in valid_quads()
    ]
    found = found_in_parts(quads)
    assert {(one.focus, one.shape) for one in found} == {(name, str(SHAPES[shape]))}


def test_every_shape_is_broken_by_a_case() -> None:
    free = {SHAPES["link-authoredBy"]}  # says what the property is for, and asks nothing
    broken = {SHAPES[shape] for *_, shape in [*CASES, *RENAMED]}
    assert broken == reporting_shapes(shapes()) - free


# ------------------------------------------------------------------ parts


def test_parts_cover_each_node_once_with_all_its_triples() -> None:
    parts = list(graph_parts(Quads(valid_quads()), part_triples=1))
    told = sorted(str(triple) for part in parts for triple in part.data)
    assert told == sorted({str(quad.triple) for quad in valid_quads()})
    for part in parts:
        assert len({str(triple.subject) for triple in part.data}) == 1
    named = {str(part.data[0].subject): part.name for part in parts}
    # What graph/terms says about a mention is checked with the mention, in its digest's graph.
    assert named[f"<{NODES['mention']}>"] == DIGEST
    assert named[f"<{NODES['method']}>"] == f"{DEFAULT_BASE}graph/terms"
    assert named[f"<{NODES['agent']}>"] == f"{DEFAULT_BASE}graph/meta"


def test_the_size_of_parts_changes_no_finding() -> None:
    quads = changed("mention", "kg:mentionOf", "= @nowhere")
    findings = [
        list(validate(graph_parts(Quads(quads), part_triples=size), FILE)) for size in (1, 60, 9999)
    ]
    assert findings[0] == findings[1] == findings[2]
    assert [one.path for one in findings[0]] == [PREFIXES["kg"] + "mentionOf"]


def test_other_graphs_are_not_looked_at() -> None:
    stranger = ox.NamedNode("https://example.org/notes")
    node, note = iri("mention"), ox.NamedNode("https://example.org/note")
    quads = [*valid_quads(), ox.Quad(node, note, ox.Literal("mine"), stranger)]
    quads.append(ox.Quad(node, note, ox.Literal("unnamed"), ox.DefaultGraph()))
    derived = sorted(
        {q.graph_name.value for q in valid_quads() if isinstance(q.graph_name, ox.NamedNode)}
    )
    assert list(validate(graph_parts(Quads(quads), derived), FILE)) == []
    told = list(validate(graph_parts(Quads(quads)), FILE))
    assert {(one.graph, one.focus) for one in told} == {(DIGEST, NODES["mention"])}
    assert {one.value for one in told} == {'"mine"'}


def test_a_store_on_disk_gives_each_node_once(tmp_path: Path) -> None:
    store = ox.Store(str(tmp_path / "store"))
    store.extend(valid_quads())
    told = [
        subject
        for part in graph_parts(store, part_triples=1)
        for subject in {str(triple.subject) for triple in part.data}
    ]
    assert len(told) == len(set(told)) == len({str(quad.subject) for quad in valid_quads()})
    assert list(validate(graph_parts(store), FILE)) == []


def test_nodes_of_the_context_are_not_checked() -> None:
    data = [quad.triple for quad in valid_quads() if quad.subject == iri("author")]
    bare = ox.Triple(iri("model"), iri("a"), iri("kg:Term"))
    assert list(validate([GraphPart("g", tuple(data), (bare,))], FILE)) == []
    told = list(validate([GraphPart("g", (bare,), tuple(data))], FILE))
    assert {one.focus for one in told} == {NODES["model"]}


# ------------------------------------------------------------------ what is told


def test_a_violation_is_one_line() -> None:
    (one,) = found_in_parts(changed("entry", "kg:votes", "= -1"))
    assert one == Violation(
        graph=DIGEST,
        focus=ENTRY,
        path=PREFIXES["kg"] + "votes",
        value='"-1"^^<http://www.w3.org/2001/XMLSchema#integer>',
        message="an entry has at most one kg:votes, an xsd:integer from 0",
        severity="Violation",
        shape=str(SHAPES["entry-votes"]),
    )
    assert str(one) == f"{ENTRY}: {one.path} {one.value}; {one.message}"
    (missing,) = found_in_parts(changed("author", "foaf:name", "-"))
    assert missing.value is None
    long = found_in_parts(changed("section", "kg:text", f'= "{"long " * 99}"'))[0]
    assert len(str(long)) < 400
    assert "\n" not in str(found_in_parts(changed("section", "kg:text", r'= "a\nb"'))[0])


def test_ill_typed_values_are_told_as_violations_only(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    found = found_in_parts(changed("paper", "kg:lastSeen", '= "August"^^xsd:date'))
    assert "August" in str(found)
    assert not caplog.records
    assert not recwarn.list


def test_findings_are_sorted_and_distinct() -> None:
    quads = [quad for quad in valid_quads() if quad.predicate != iri("rdfs:label")]
    found = list(validate(graph_parts(Quads(quads)), FILE))
    assert len(found) == len(set(found)) > 10
    keys = [(one.graph, one.focus, one.shape) for one in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize("text", [None, "no turtle", "\x00"])
def test_shapes_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "shapes.ttl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KGError, match=r"shapes\.ttl: cannot be read .*; expected shapes in Turtle"):
        list(validate([], path))
