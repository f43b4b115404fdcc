"""Which graphs a query sees: the union by default, and what the caller names otherwise.

Source: SPARQL 1.1 Query section 13.2, SPARQL 1.1 Protocol section 2.1.4, and section 2 of the
project's contract: no triple stands in two graphs.
"""

from __future__ import annotations

import csv
import io
import itertools
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib
import requests

from kg.store import open_writer
from tests.conftest import ROOT
from tests.server_process import LiveServer, live_server

ONE, TWO, GONE = (f"https://example.org/graph/{name}" for name in ("one", "two", "gone"))
#: Subjects of the triples of each graph; None is the unnamed one.
GRAPHS: dict[str | None, tuple[str, ...]] = {
    ONE: ("urn:a", "urn:b"),
    TWO: ("urn:c",),
    None: ("urn:unnamed",),
}
NAMES = (ONE, TWO, GONE)
CHOICES = tuple(
    chosen for size in range(len(NAMES) + 1) for chosen in itertools.combinations(NAMES, size)
)
#: Each row is a subject of the default graph, or a named graph and a subject of it.
ROWS = "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"

Rows = list[tuple[str, str]]
Names = tuple[str, ...]


def quads() -> Iterator[ox.Quad]:
    for name, subjects in GRAPHS.items():
        graph = ox.DefaultGraph() if name is None else ox.NamedNode(name)
        for subject in subjects:
            yield ox.Quad(ox.NamedNode(subject), ox.NamedNode("urn:p"), ox.Literal("x"), graph)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = tmp_path_factory.mktemp("dataset") / "kg"
    with open_writer(store, wait_s=5) as writer:
        writer.graph.extend(quads())
    with live_server(store, workers=1) as running:
        yield running


def told(server: LiveServer, query: str, parameters: Iterable[tuple[str, str]] = ()) -> Rows:
    """Return the rows of an answer, sorted; by GET and by POST it must be the same."""
    accept, in_url = {"Accept": "text/csv"}, list(parameters)
    by_get = server.get("/sparql?" + urlencode([("query", query), *in_url]), headers=accept)
    by_post = requests.post(
        f"{server.url}/sparql?{urlencode(in_url)}",
        data=query.encode(),
        headers={**accept, "Content-Type": "application/sparql-query"},
        timeout=60,
    )
    by_form = requests.post(
        f"{server.url}/sparql", data=[("query", query), *in_url], headers=accept, timeout=60
    )
    for reply in (by_get, by_post, by_form):
        assert reply.status_code == 200, reply.text
        assert reply.text == by_get.text
    return sorted((row["g"], row["s"]) for row in csv.DictReader(io.StringIO(by_get.text)))


def expected(default: Iterable[str | None], named: Iterable[str]) -> Rows:
    """The rows of a dataset whose default graph is the union of *default*."""
    return sorted(
        [
            *(("", subject) for name in default for subject in GRAPHS.get(name, ())),
            *((name, subject) for name in named for subject in GRAPHS.get(name, ())),
        ]
    )


def from_clauses(default: Names, named: Names) -> str:
    return " ".join(
        [*(f"FROM <{name}>" for name in default), *(f"FROM NAMED <{name}>" for name in named)]
    )


def graph_parameters(default: Names, named: Names) -> list[tuple[str, str]]:
    return [
        *(("default-graph-uri", name) for name in default),
        *(("named-graph-uri", name) for name in named),
    ]


def test_without_a_word_the_default_graph_is_the_union(server: LiveServer) -> None:
    assert told(server, f"SELECT ?g ?s {ROWS}") == expected(GRAPHS, (ONE, TWO))


def test_a_setting_makes_it_the_unnamed_graph(tmp_path: Path) -> None:
    with open_writer(tmp_path / "kg", wait_s=5) as writer:
        writer.graph.extend(quads())
    with live_server(tmp_path / "kg", workers=1, union_default_graph="false") as server:
        assert told(server, f"SELECT ?g ?s {ROWS}") == expected((None,), (ONE, TWO))
        clause = f"SELECT ?g ?s FROM <{ONE}> {ROWS}"
        assert told(server, clause) == expected((ONE,), ())


@pytest.mark.parametrize("default", CHOICES, ids=len)
def test_from_clauses_alone_make_the_dataset(server: LiveServer, default: Names) -> None:
    for named in CHOICES:
        if default or named:
            query = f"SELECT ?g ?s {from_clauses(default, named)} {ROWS}"
            assert told(server, query) == expected(default, named), query


@pytest.mark.parametrize("default", CHOICES, ids=len)
def test_graph_parameters_alone_make_the_dataset(server: LiveServer, default: Names) -> None:
    for named in CHOICES:
        if default or named:
            parameters = graph_parameters(default, named)
            rows = told(server, f"SELECT ?g ?s {ROWS}", parameters)
            assert rows == expected(default, named), parameters


def test_graph_parameters_in_the_url_of_a_form_count_too(server: LiveServer) -> None:
    """As in the W3C's case ``query_post_form``; a dataset that is asked for is never ignored."""
    reply = requests.post(
        f"{server.url}/sparql?{urlencode([('default-graph-uri', TWO)])}",
        data={"query": f"SELECT ?g ?s {ROWS}"},
        headers={"Accept": "text/csv"},
        timeout=60,
    )
    assert reply.text == "g,s\r\n,urn:c\r\n"


@pytest.mark.parametrize("clause", ["FROM", "FROM NAMED"])
@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_graph_parameters_win_over_from_clauses(
    server: LiveServer, clause: str, parameter: str
) -> None:
    rows = told(server, f"SELECT ?g ?s {clause} <{ONE}> {ROWS}", [(parameter, TWO)])
    is_default = parameter == "default-graph-uri"
    assert rows == expected((TWO,) if is_default else (), () if is_default else (TWO,))


def test_the_word_from_in_other_places_changes_nothing(server: LiveServer) -> None:
    for query in (
        f"SELECT ?g ?s {ROWS} # FROM <{ONE}>",
        f"SELECT ?g ?s {{ {ROWS} FILTER('FROM <{ONE}>' != '') }}",
        f"PREFIX from: <urn:from:> SELECT ?g ?s {{ {ROWS} OPTIONAL {{ ?s from:from ?from }} }}",
    ):
        assert told(server, query) == expected(GRAPHS, (ONE, TWO)), query


def test_the_form_of_the_query_does_not_matter(server: LiveServer) -> None:
    chosen = {"default-graph-uri": TWO}
    ask = "ASK { <urn:a> ?p ?o }"
    assert server.get("/sparql", params={"query": ask}).json()["boolean"] is True
    assert server.get("/sparql", params={"query": ask, **chosen}).json()["boolean"] is False
    for query in ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "DESCRIBE ?s WHERE { ?s ?p ?o }"):
        for parameters, subjects in (({}, 4), (chosen, 1)):
            reply = server.get("/sparql", params={"query": query, "format": "nt", **parameters})
            assert reply.text.count("\n") == subjects, query


@pytest.mark.parametrize("parameters", [(), (ONE, TWO)], ids=["union", "two named"])
def test_a_triple_that_a_user_puts_in_two_graphs_counts_twice(
    tmp_path: Path, parameters: Names
) -> None:
    """A limit of the store, which merges no graphs: so builds put no triple in two."""
    triple = (ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("x"))
    with open_writer(tmp_path / "kg", wait_s=5) as writer:
        writer.graph.extend(ox.Quad(*triple, ox.NamedNode(name)) for name in (ONE, TWO))
    with live_server(tmp_path / "kg", workers=1) as server:
        pattern = "{ ?s ?p ?o BIND('' AS ?g) }"
        for distinct, rows in (("", 2), ("DISTINCT", 1)):
            query = f"SELECT {distinct} ?g ?s {pattern}"
            assert len(told(server, query, graph_parameters(parameters, ()))) == rows


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server of what a build makes of the examples."""
    store = tmp_path_factory.mktemp("built") / "kg"
    subprocess.run(
        [sys.executable, "-m", "kg.cli", "build", "examples/digests", "--store", str(store)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with live_server(store, workers=1) as running:
        yield running


def count(server: LiveServer, pattern: str, **parameters: str) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    reply = server.get("/sparql", params={"query": query, "format": "csv", **parameters})
    assert reply.status_code == 200, reply.text
    return int(reply.text.splitlines()[1])


def test_counts_over_the_union_of_a_build_are_not_inflated(built: LiveServer) -> None:
    counted = count(built, "?s ?p ?o")
    assert counted > 1000
    assert counted == count(built, "{ SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }")
    assert counted == count(built, "GRAPH ?g { ?s ?p ?o }")
    listed = built.ask(
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        headers={"Accept": "text/csv"},
    )
    graphs = {row["g"]: int(row["n"]) for row in csv.DictReader(io.StringIO(listed.text))}
    assert sum(graphs.values()) == counted
    for graph, triples in graphs.items():
        assert count(built, "?s ?p ?o", **{"default-graph-uri": graph}) == triples


def test_void_counts_what_is_there(built: LiveServer) -> None:
    reply = built.get("/.well-known/void", headers={"Accept": "text/turtle"})
    if reply.status_code == 404:
        pytest.skip("this server has no /.well-known/void yet")
    described = rdflib.Graph().parse(data=reply.content, format="turtle")
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    dataset = next(described.subjects(void.subset))
    told = {str(node): int(str(n)) for node, n in described.subject_objects(void.triples)}
    subsets = {str(node) for node in described.objects(dataset, void.subset)}
    assert len(subsets) >= 8
    assert subsets <= set(told)
    for graph in subsets:
        assert count(built, f"GRAPH <{graph}> {{ ?s ?p ?o }}") == told[graph] > 0
    assert told[str(dataset)] == sum(told[graph] for graph in subsets)
    endpoint = rdflib.URIRef(f"{built.url}/sparql")
    assert (dataset, void.sparqlEndpoint, endpoint) in described
