"""The ontology, the shapes and the JSON-LD context: complete, and as the code has them."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, OWL, PROV, RDF, RDFS, SKOS

from kg.model import Decision, Direction, Qualifier, ResultKind, Role, TermType
from kg.resources import shared_folder
from kg.vocab import BIBO, FABIO, ITSRDF, KG, MLS, NIF, PREFIXES, SCHEMA, SH, SSSOM, language_of

FOLDER = shared_folder("ontology")
HEADER = URIRef(str(KG._NS).rstrip("#"))
SHAPES = rdflib.Namespace("https://w3id.org/paperkg/shapes#")


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    return rdflib.Graph().parse(FOLDER / "kg.ttl")


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(FOLDER / "shapes.ttl")


def names_in_code() -> set[str]:
    return {name for name in KG.__annotations__ if not name.startswith("_")}


def test_ontology_and_vocabulary_have_the_same_names(ontology: rdflib.Graph) -> None:
    described = {
        str(subject).removeprefix(str(KG._NS))
        for subject in ontology.subjects(unique=True)
        if str(subject).startswith(str(KG._NS))
    }
    assert described == names_in_code()


def test_every_name_of_the_namespace_that_is_referred_to_is_defined(
    ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    referred = {
        str(node).removeprefix(str(KG._NS))
        for graph in (ontology, shapes)
        for triple in graph
        for node in triple
        if isinstance(node, URIRef) and str(node).startswith(str(KG._NS))
    }
    assert referred <= names_in_code()


def literals(graph: rdflib.Graph, subject: URIRef, predicate: URIRef) -> list[Literal]:
    values = list(graph.objects(subject, predicate))
    found = [value for value in values if isinstance(value, Literal)]
    assert len(found) == len(values), subject
    return found


@pytest.mark.parametrize("name", sorted(names_in_code()))
def test_each_term_has_one_label_and_comment_in_english_and_korean(
    ontology: rdflib.Graph, name: str
) -> None:
    for predicate in (RDFS.label, RDFS.comment):
        texts = literals(ontology, KG[name], predicate)
        assert sorted(str(text.language) for text in texts) == ["en", "ko"], predicate
        for text in texts:
            assert text.language == language_of(text), text
    comments = [str(text) for text in ontology.objects(KG[name], RDFS.comment)]
    assert all(comment.endswith(".") for comment in comments)


def test_each_name_is_declared_as_what_it_is(ontology: rdflib.Graph) -> None:
    for name in names_in_code():
        kinds = set(ontology.objects(KG[name], RDF.type))
        if name[0].isupper():
            assert kinds == {OWL.Class}, name
        elif OWL.NamedIndividual in kinds:
            assert len(kinds) == 2, name
        else:
            assert len(kinds) == 1, name
            assert kinds <= {OWL.ObjectProperty, OWL.DatatypeProperty}, name


@pytest.mark.parametrize(
    ("values", "of"),
    [
        (Role, KG.Role),
        (ResultKind, KG.ResultKind),
        (Qualifier, KG.Qualifier),
        (Direction, KG.Direction),
    ],
)
def test_individuals_are_the_values_of_the_records(
    ontology: rdflib.Graph, values: type[StrEnum], of: URIRef
) -> None:
    assert set(ontology.subjects(RDF.type, of)) == {KG[value] for value in values}


def test_types_of_terms_are_subclasses_of_term(ontology: rdflib.Graph) -> None:
    below = set(ontology.transitive_subjects(RDFS.subClassOf, KG.Term))
    assert {KG[value] for value in TermType} == below - {KG.Term, KG.MethodTerm, KG.DataTerm}


ALIGNED = {
    (KG.Digest, SCHEMA.PublicationIssue),
    (KG.Entry, PROV.Entity),
    (KG.Section, NIF.Context),
    (KG.Paper, SCHEMA.ScholarlyArticle),
    (KG.Paper, FABIO.Preprint),
    (KG.Author, FOAF.Agent),
    (KG.Person, KG.Author),
    (KG.Person, FOAF.Person),
    (KG.Person, SCHEMA.Person),
    (KG.Term, SKOS.Concept),
    (KG.MethodTerm, KG.Term),
    (KG.Model, KG.MethodTerm),
    (KG.Method, KG.MethodTerm),
    (KG.DataTerm, KG.Term),
    (KG.Benchmark, KG.DataTerm),
    (KG.Dataset, KG.DataTerm),
    (KG.Dataset, SCHEMA.Dataset),
    (KG.Metric, KG.Term),
    (KG.Metric, MLS.EvaluationMeasure),
    (KG.Task, KG.Term),
    (KG.Task, MLS.Task),
    (KG.Span, NIF.RFC5147String),
    (KG.Mention, KG.Span),
    (KG.Mention, NIF.Phrase),
    (KG.Link, SSSOM.Mapping),
    (KG.Link, OWL.Axiom),
    (KG.Correction, PROV.Entity),
}
ALIGNED_PROPERTIES = {
    (KG.introduces, KG.mentions),
    (KG.usesMethod, KG.mentions),
    (KG.evaluatesOn, KG.mentions),
    (KG.addressesTask, KG.mentions),
    (KG.reportsMetric, KG.mentions),
    (KG.text, NIF.isString),
    (KG.inSection, NIF.referenceContext),
    (KG.mentionOf, ITSRDF.taIdentRef),
    (KG.confidence, ITSRDF.taConfidence),
}


def test_classes_and_properties_are_aligned(ontology: rdflib.Graph) -> None:
    assert set(ontology.subject_objects(RDFS.subClassOf)) == ALIGNED
    assert set(ontology.subject_objects(RDFS.subPropertyOf)) == ALIGNED_PROPERTIES


def test_header_has_title_version_and_licence_and_no_clock(ontology: rdflib.Graph) -> None:
    assert set(ontology.subjects(RDF.type, OWL.Ontology)) == {HEADER}
    titles = literals(ontology, HEADER, DCTERMS.title)
    assert sorted(str(title.language) for title in titles) == ["en", "ko"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(ontology.value(HEADER, OWL.versionInfo)))
    assert ontology.value(HEADER, DCTERMS.license) is not None
    clocks = (DCTERMS.created, DCTERMS.modified, DCTERMS.issued, DCTERMS.date)
    assert not any((HEADER, clock, None) in ontology for clock in clocks)


@pytest.mark.parametrize("name", ["kg.ttl", "shapes.ttl"])
def test_both_parsers_read_the_same_triples_without_blank_nodes(name: str) -> None:
    ours = rdflib.Graph().parse(FOLDER / name)
    theirs = list(ox.parse(path=str(FOLDER / name), format=ox.RdfFormat.TURTLE))
    assert len(ours) == len({quad.triple for quad in theirs})
    assert not [node for triple in ours for node in triple if isinstance(node, BNode)]


@pytest.mark.parametrize("name", ["kg.ttl", "shapes.ttl"])
def test_prefixes_are_those_of_the_code(name: str) -> None:
    own = {"kgsh": str(SHAPES), "vann": "http://purl.org/vocab/vann/"}
    declared = dict(re.findall(r"(?m)^@prefix (\w+): <(.*)> \.$", Path(FOLDER / name).read_text()))
    assert declared.items() <= {**PREFIXES, **own}.items()


# ------------------------------------------------------------------ shapes


def test_shapes_are_valid_shacl(shapes: rdflib.Graph) -> None:
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


@pytest.mark.parametrize(
    "name", ["Digest", "Entry", "Section", "Span", "Mention", "Result", "Link", "Correction"]
)
def test_closed_shapes(shapes: rdflib.Graph, name: str) -> None:
    shape = SHAPES[name]
    assert shapes.value(shape, SH.targetClass) == KG[name]
    assert shapes.value(shape, SH.closed) == Literal(True)
    ignored = shapes.value(shape, SH.ignoredProperties)
    assert ignored is not None
    assert list(shapes.items(ignored)) == [RDF.type]


@pytest.mark.parametrize("name", ["Paper", "Author", "Term"])
def test_open_shapes(shapes: rdflib.Graph, name: str) -> None:
    assert shapes.value(SHAPES[name], SH.targetClass) == KG[name]
    assert shapes.value(SHAPES[name], SH.closed) is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("types", TermType),
        ("roles", Role),
        ("kinds", ResultKind),
        ("qualifiers", Qualifier),
        ("directions", Direction),
    ],
)
def test_lists_are_the_values_of_the_records(
    shapes: rdflib.Graph, name: str, values: type[StrEnum]
) -> None:
    assert list(shapes.items(SHAPES[name])) == [KG[value] for value in values]


def test_the_list_of_decisions_is_that_of_the_records(shapes: rdflib.Graph) -> None:
    assert [str(one) for one in shapes.items(SHAPES.decisions)] == list(Decision)


def test_every_property_of_the_ontology_has_a_shape(
    ontology: rdflib.Graph, shapes: rdflib.Graph
) -> None:
    properties = {
        one
        for kind in (OWL.ObjectProperty, OWL.DatatypeProperty)
        for one in ontology.subjects(RDF.type, kind)
    }
    assert properties == {
        path for path in shapes.objects(None, SH.path) if str(path).startswith(str(KG._NS))
    }


def test_every_shape_that_reports_has_one_message_in_english(shapes: rdflib.Graph) -> None:
    for shape in reporting_shapes(shapes):
        messages = literals(shapes, shape, SH.message)
        assert [message.language for message in messages] == ["en"], shape


def reporting_shapes(shapes: rdflib.Graph) -> set[URIRef]:
    """Shapes that results can name: not those that only an sh:or, sh:xone or sh:node asks."""
    asking = (SH["or"], SH.xone, SH.node, SH.closed, SH.hasValue, SH["in"], SH.nodeKind)
    targeted = set(shapes.subjects(SH.targetClass)) | set(shapes.subjects(SH.targetSubjectsOf))
    found = {shape for shape in targeted if any((shape, one, None) in shapes for one in asking)}
    for shape in targeted:
        for one in shapes.objects(shape, SH.property):
            if len(set(shapes.predicates(one)) - {RDF.type, SH.path, SH.message}) > 0:
                found.add(one)
    return {shape for shape in found if isinstance(shape, URIRef)}


# ------------------------------------------------------------------ context


def context() -> dict[str, str]:
    loaded = json.loads((FOLDER / "context.jsonld").read_text(encoding="utf-8"))
    assert list(loaded) == ["@context"]
    terms = loaded["@context"]
    assert isinstance(terms, dict)
    return terms


def test_context_is_the_prefix_map() -> None:
    assert list(context().items()) == sorted(PREFIXES.items())


# rdflib's reader of JSON-LD uses names that rdflib itself gave up.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_both_parsers_expand_every_prefix_of_the_context() -> None:
    subject = f"{KG._NS}s"
    document = {"@context": context(), "@id": "kg:s"}
    document |= {f"{prefix}:p": prefix for prefix in PREFIXES}
    text = json.dumps(document)
    wanted = {(subject, f"{start}p", prefix) for prefix, start in PREFIXES.items()}
    ours = rdflib.Dataset()
    ours.parse(data=text, format="json-ld")
    assert {(str(s), str(p), str(o)) for s, p, o, _ in ours.quads()} == wanted
    theirs = ox.parse(text, format=ox.RdfFormat.JSON_LD)
    triples = (quad.triple for quad in theirs)
    assert {(t.subject.value, t.predicate.value, t.object.value) for t in triples} == wanted


def test_bibo_and_the_others_are_the_usual_prefixes() -> None:
    # Prefixes that people know must mean what prefix.cc says.
    assert PREFIXES["bibo"] == str(BIBO) == "http://purl.org/ontology/bibo/"
    assert PREFIXES["schema"] == "https://schema.org/"
    assert PREFIXES["wd"] == "http://www.wikidata.org/entity/"
