"""A graph as builds make it fits the shapes and the ontology."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import RDF, RDFS

from kg import pipeline
from kg.resources import shared_folder
from kg.settings import Settings
from kg.store import open_snapshot
from kg.validate import graph_parts, validate
from kg.vocab import DEFAULT_BASE, KG

ONTOLOGY = shared_folder("ontology")
TYPE = ox.NamedNode(str(RDF.type))


@pytest.fixture(scope="module", params=[DEFAULT_BASE, "https://example.org/papers/"])
def graph(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ox.Store]:
    """The store of the example digests, open read-only, at each base."""
    folder = tmp_path_factory.mktemp("built")
    settings = Settings(store=folder / "kg", base_iri=request.param, jobs=1)
    assert not pipeline.build([str(shared_folder("examples/digests"))], settings).problems
    with open_snapshot(settings.store) as snapshot:
        yield snapshot.graph


def test_a_built_graph_is_valid(graph: ox.Store) -> None:
    assert [str(one) for one in validate(graph_parts(graph), ONTOLOGY / "shapes.ttl")] == []


def test_the_shapes_see_the_built_graph(graph: ox.Store) -> None:
    classes = (KG.Digest, KG.Entry, KG.Section, KG.Span, KG.Mention, KG.Result, KG.Paper)
    for one in (*classes, KG.Author, KG.Term):
        found = graph.quads_for_pattern(None, TYPE, ox.NamedNode(str(one)), None)
        assert next(found, None) is not None, one


def test_every_superclass_and_superproperty_is_written_out(graph: ox.Store) -> None:
    ontology = rdflib.Graph().parse(ONTOLOGY / "kg.ttl")
    above = {
        ox.NamedNode(str(one)): {
            ox.NamedNode(str(other))
            for other in ontology.transitive_objects(one, RDFS.subClassOf)
            if isinstance(other, rdflib.URIRef)
        }
        for one in ontology.subjects(RDFS.subClassOf)
    }
    types: dict[object, set[object]] = {}
    for quad in graph.quads_for_pattern(None, TYPE, None, None):
        types.setdefault(quad.subject, set()).add(quad.object)
    for node, classes in types.items():
        for one in classes & above.keys():
            assert above[one] <= classes, node  # type: ignore[index]
    mentions = ox.NamedNode(str(KG.mentions))
    for narrower in ontology.subjects(RDFS.subPropertyOf, KG.mentions):
        for quad in graph.quads_for_pattern(None, ox.NamedNode(str(narrower)), None, None):
            assert (
                next(graph.quads_for_pattern(quad.subject, mentions, quad.object), None) is not None
            )


def test_no_triple_stands_in_two_graphs_and_every_node_has_an_iri(graph: ox.Store) -> None:
    triples: Counter[str] = Counter()
    for quad in graph:
        assert isinstance(quad.graph_name, ox.NamedNode)
        assert isinstance(quad.subject, ox.NamedNode), quad
        assert not isinstance(quad.object, ox.BlankNode), quad
        triples[str(quad.triple)] += 1
    assert [triple for triple, count in triples.items() if count > 1] == []


def test_offsets_are_exact(graph: ox.Store) -> None:
    found = graph.query(
        f"""PREFIX kg: <{KG._NS}> PREFIX oa: <http://www.w3.org/ns/oa#>
        SELECT ?text ?start ?end ?exact {{ GRAPH ?g {{
            ?span oa:start ?start ; oa:end ?end ; oa:exact ?exact ; kg:inSection ?section .
            ?section kg:text ?text }} }}"""
    )
    assert isinstance(found, ox.QuerySolutions)
    count = 0
    for row in found:
        text, start, end, exact = (row[name].value for name in ("text", "start", "end", "exact"))
        assert text[int(start) : int(end)] == exact
        count += 1
    assert count > 20


def test_every_surface_form_but_wordings_of_one_text_is_a_label_of_its_term(
    graph: ox.Store,
) -> None:
    query = """
        PREFIX kg: <https://w3id.org/paperkg/ontology#> PREFIX oa: <http://www.w3.org/ns/oa#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT DISTINCT ?form ?label {
          ?mention kg:mentionOf ?term ; oa:exact ?form .
          ?term rdfs:label ?label
          FILTER NOT EXISTS { ?term skos:prefLabel|skos:altLabel|skos:hiddenLabel ?form }
        }"""
    found = graph.query(query, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    assert {(row["form"].value, row["label"].value) for row in found} == {
        ("ImageNet 이미지 분류", "image classification"),
        ("COCO 객체 탐지", "object detection"),
        ("attention", "Exact Attention"),
        ("어텐션", "Exact Attention"),
    }
