"""What an answer looks like over HTTP: formats, codings, validators, streams that break."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib

from kg.store import open_snapshot
from tests.server_process import (
    TRIPLES,
    LiveServer,
    live_server,
    many_quads,
    write_store,
)
from tests.w3c import Reply, Request, decoded, send

#: Rows of a graph for the codings: short answers are not worth one.
ROWS = 5000
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
SELECT = f"SELECT ?s ?label {{ ?s {LABEL} ?label }} ORDER BY ?s ?label"
CONSTRUCT = f"CONSTRUCT {{ ?s {LABEL} ?label }} WHERE {{ ?s {LABEL} ?label }}"
ASKS = {"ASK true": "ASK { ?s ?p ?o }", "ASK false": "ASK { <urn:none> ?p ?o }"}
EVERYTHING = "SELECT * { ?s ?p ?o }"

RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "n3": ox.RdfFormat.N3,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("formats") / "kg", many_quads(ROWS))


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=2, query_timeout_s=60) as running:
        yield running


def get(server: LiveServer, query: str, method: str = "GET", **headers: str) -> Reply:
    return asked(server, method, {"query": query}, headers)


def asked(
    server: LiveServer, method: str, fields: dict[str, str], headers: dict[str, str]
) -> Reply:
    """Send a request with exactly these headers; a POST has its fields in a form."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    if method == "POST":
        form = ("Content-Type", "application/x-www-form-urlencoded")
        body = urlencode(fields).encode()
        return send(server.url, Request("POST", "/sparql", (*named, form), body), token=None)
    target = f"/sparql?{urlencode(fields)}"
    return send(server.url, Request(method, target, named), token=None)


def in_process(store: Path, query: str, format_: ox.QueryResultsFormat) -> bytes:
    """What the store itself answers with."""
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        result = snapshot.graph.query(query, use_default_graph_as_union=True)
        assert not isinstance(result, ox.QueryTriples)
        result.serialize(out, format_)
    return out.getvalue()


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("query", [SELECT, *ASKS.values()], ids=["SELECT", *ASKS])
def test_results_are_those_of_the_store(
    server: LiveServer, store: Path, query: str, name: str
) -> None:
    media_type = RESULTS[name].media_type.partition(";")[0]
    expected = in_process(store, query, RESULTS[name])
    for method in ("GET", "POST"):
        for fields, headers in (
            ({"query": query}, {"Accept": media_type}),
            ({"query": query, "format": name}, {}),
            ({"query": query, "format": name}, {"Accept": "text/html"}),
        ):
            reply = asked(server, method, fields, headers)
            assert (reply.status, reply.media_type) == (200, media_type)
            assert reply.body == expected
            has_charset = "charset=utf-8" in reply.headers["content-type"]
            assert has_charset == media_type.startswith("text/")
    if query == SELECT:
        assert "이 도윤".encode() in expected


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_graphs_are_those_of_the_store(
    server: LiveServer, store: Path, name: str, method: str
) -> None:
    with open_snapshot(store) as snapshot:
        result = snapshot.graph.query(CONSTRUCT, use_default_graph_as_union=True)
        assert isinstance(result, ox.QueryTriples)
        expected = set(result)
    assert len(expected) == 13
    media_type = GRAPHS[name].media_type
    for fields, headers in (
        ({"query": CONSTRUCT}, {"Accept": media_type}),
        ({"query": CONSTRUCT, "format": name}, {}),
    ):
        reply = asked(server, method, fields, headers)
        assert (reply.status, reply.media_type) == (200, media_type)
        assert {quad.triple for quad in ox.parse(reply.body, GRAPHS[name])} == expected
        has_charset = "charset=utf-8" in reply.headers["content-type"]
        assert has_charset == media_type.startswith("text/")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("application/sparql-results+xml;q=0.9, text/csv;q=0.95", "text/csv"),
        ("text/csv;q=0.3, text/tab-separated-values;q=0.8", "text/tab-separated-values"),
        ("text/csv;q=0, */*", "application/sparql-results+json"),
        ("application/sparql-results+json;q=0, text/csv", "text/csv"),
        ("image/png, text/csv;q=0.1", "text/csv"),
        ("application/sparql-results+json;charset=utf-8", "application/sparql-results+json"),
        ("TEXT/CSV", "text/csv"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        (
            "application/x-turtle, application/sparql-results+xml;q=0.5",
            "application/sparql-results+xml",
        ),
    ],
)
def test_accept_with_qualities(server: LiveServer, accept: str, media_type: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        reply = get(server, SELECT, method, **({"Accept": accept} if accept else {}))
        assert (reply.status, reply.media_type) == (200, media_type)


@pytest.mark.parametrize(
    ("query", "fields", "accept"),
    [
        (SELECT, {}, "image/png"),
        (SELECT, {}, "text/turtle"),
        (CONSTRUCT, {}, "text/csv"),
        (SELECT, {}, "*/*;q=0"),
        (SELECT, {"format": "ttl"}, "*/*"),
        (SELECT, {"format": "docx"}, "*/*"),
    ],
)
def test_what_is_not_offered_is_refused(
    server: LiveServer, query: str, fields: dict[str, str], accept: str
) -> None:
    for method in ("GET", "POST"):
        reply = asked(server, method, {"query": query, **fields}, {"Accept": accept})
        assert (reply.status, reply.media_type) == (406, "application/problem+json")


@pytest.mark.parametrize("query", [SELECT, CONSTRUCT, "ASK {}"], ids=["SELECT", "CONSTRUCT", "ASK"])
def test_head_has_the_headers_of_get(server: LiveServer, query: str) -> None:
    replies = [get(server, query, method, Accept="*/*") for method in ("GET", "HEAD")]
    assert replies[1].body == b""
    for name in ("content-type", "etag", "vary", "cache-control", "access-control-allow-origin"):
        assert replies[0].headers.get(name) == replies[1].headers.get(name), name
    assert [reply.status for reply in replies] == [200, 200]
    assert get(server, "SELECT *", "HEAD").status == 400


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/sparql", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/store", {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}),
        ("/store/a/graph", {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}),
    ],
)
def test_options_and_preflight(server: LiveServer, path: str, methods: set[str]) -> None:
    plain = send(server.url, Request("OPTIONS", path), token=None)
    assert plain.status in (200, 204)
    assert {word.strip() for word in plain.headers["allow"].split(",")} == methods
    origin = (
        ("Origin", "https://editor.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, content-type"),
    )
    reply = send(server.url, Request("OPTIONS", path, origin), token=None)
    assert reply.status in (200, 204)
    assert reply.headers["access-control-allow-origin"] == "*"
    allowed = reply.headers["access-control-allow-methods"].split(",")
    assert {method.strip() for method in allowed} >= methods - {"OPTIONS"}
    names = {name.strip() for name in reply.headers["access-control-allow-headers"].split(",")}
    wanted = {"accept", "authorization", "content-type", "if-none-match", "x-query-timeout"}
    assert wanted <= {name.lower() for name in names}
    assert int(reply.headers["access-control-max-age"]) > 0


def test_any_page_may_read_answers_and_errors(server: LiveServer) -> None:
    replies = [
        get(server, SELECT, Origin="https://editor.example"),
        get(server, "SELECT *", Origin="https://editor.example"),
        asked(server, "POST", {"query": SELECT}, {"Origin": "https://editor.example"}),
        send(server.url, Request("GET", "/nowhere"), token=None),
        send(server.url, Request("GET", "/store?graph=urn:none"), token=None),
        send(server.url, Request("DELETE", "/store?graph=urn:none"), token=None),
    ]
    assert [reply.status for reply in replies] == [200, 400, 200, 404, 404, 403]
    for reply in replies:
        assert reply.headers["access-control-allow-origin"] == "*"
        exposed = reply.headers["access-control-expose-headers"].lower()
        assert "etag" in exposed
        assert "retry-after" in exposed
        assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "codings"),
    [
        ("gzip", {"gzip"}),
        ("zstd", {"zstd"}),
        ("GZIP", {"gzip"}),
        ("gzip, deflate, br, zstd", {"gzip", "zstd"}),
        ("gzip;q=0.5, zstd;q=0.8", {"zstd"}),
        ("gzip;q=0.8, zstd;q=0.5", {"gzip"}),
        ("zstd;q=0, gzip", {"gzip"}),
        ("gzip;q=0", {None}),
        ("identity", {None}),
        ("br, deflate", {None}),
        ("gzip;q=0.2, identity;q=0.8", {None}),
        ("gzip, identity;q=0", {"gzip"}),
        ("*", {None, "gzip", "zstd"}),
        ("*;q=0, gzip", {"gzip"}),
        ("gzip;q=0, *", {None, "zstd"}),
    ],
)
@pytest.mark.parametrize("limit", [1, ROWS])
def test_codings(server: LiveServer, accepted: str, codings: set[str | None], limit: int) -> None:
    query = f"SELECT ?s {{ ?s <urn:p> ?o }} LIMIT {limit}"
    plain = get(server, query, Accept="text/csv")
    assert "content-encoding" not in plain.headers
    assert plain.body.count(b"\n") == limit + 1
    for method in ("GET", "POST"):
        reply = get(server, query, method, Accept="text/csv", Accept_Encoding=accepted)
        assert reply.status == 200
        assert reply.headers.get("content-encoding") in codings
        assert decoded(reply) == plain.body
        assert "accept-encoding" in reply.headers["vary"].lower()
        assert reply.media_type == "text/csv"


@pytest.mark.parametrize("accepted", ["identity;q=0", "*;q=0", "br, *;q=0"])
def test_a_coding_is_never_one_that_was_refused(server: LiveServer, accepted: str) -> None:
    reply = get(server, SELECT, Accept_Encoding=accepted)
    assert (reply.status, reply.media_type) == (406, "application/problem+json")


def test_errors_are_readable_in_any_coding(server: LiveServer) -> None:
    for accepted in ("gzip", "zstd", "gzip;q=0"):
        reply = get(server, "SELECT *", Accept_Encoding=accepted)
        assert reply.status == 400
        assert b'"line"' in decoded(reply)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_not_modified(server: LiveServer, method: str) -> None:
    tag = get(server, SELECT).headers["etag"]
    opaque = tag.removeprefix("W/")
    assert opaque.startswith('"')
    for sent in (tag, opaque, f"W/{opaque}", f'"other", {tag}', f'W/"other",{opaque}', "*"):
        reply = get(server, SELECT, method, If_None_Match=sent)
        assert (reply.status, reply.body) == (304, b""), sent
        assert reply.headers["etag"] == tag
        assert "accept" in reply.headers["vary"].lower()
    for sent in ('"other"', f'"{opaque}', "nonsense"):
        assert get(server, SELECT, method, If_None_Match=sent).status == 200, sent
    assert get(server, SELECT, "POST", If_None_Match=tag).status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [("/sparql?query=SELECT+*", 400), ("/store?graph=urn:none", 404)],
)
def test_an_error_is_one_whatever_the_caller_has(
    server: LiveServer, target: str, status: int
) -> None:
    """RFC 9110, section 13.2.1: a condition counts only where there would be an answer."""
    for method in ("GET", "HEAD"):
        request = Request(method, target, (("If-None-Match", "*"),))
        assert send(server.url, request, token=None).status == status


@pytest.mark.parametrize("call", ["RAND()", "NOW()", "UUID()", "STRUUID()"])
def test_an_answer_that_is_another_one_each_time_has_no_strong_tag(
    server: LiveServer, call: str
) -> None:
    """RFC 9110, section 8.8.1: a tag that stays while what it stands for changes is a lie."""
    query = f"SELECT ({call} AS ?it) {{}}"
    first, second = get(server, query), get(server, query)
    assert first.body != second.body
    tags = [reply.headers.get("etag") for reply in (first, second)]
    assert tags == [None, None] or tags[0] != tags[1]
    if tags[0]:
        assert get(server, query, If_None_Match=tags[0]).status == 200


def test_tags_differ_by_format_and_by_coding(server: LiveServer) -> None:
    ways = [
        {"Accept": "text/csv"},
        {"Accept": "text/csv", "Accept_Encoding": "gzip"},
        {"Accept": "text/csv", "Accept_Encoding": "zstd"},
        {"Accept": "application/sparql-results+xml"},
        {"Accept": "application/xml"},
        {"Accept": "application/sparql-results+json"},
    ]
    tags = [get(server, SELECT, **way).headers["etag"] for way in ways]
    assert len(set(tags)) == len(ways)
    for way, tag in zip(ways, tags, strict=True):
        statuses = [get(server, SELECT, **way, If_None_Match=other).status for other in tags]
        assert statuses == [304 if other == tag else 200 for other in tags]


def test_a_write_changes_the_tag(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    with live_server(store, workers=1) as server:
        before = get(server, EVERYTHING).headers["etag"]
        assert get(server, EVERYTHING, If_None_Match=before).status == 304
        write_store(store, many_quads(1))
        fresh = get(server, EVERYTHING, Accept="text/csv", If_None_Match=before)
        assert fresh.status == 200
        assert fresh.body.count(b"\n") == TRIPLES + 2
        assert fresh.headers["etag"] != before


SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"]
)
def test_service_description(server: LiveServer, accept: str) -> None:
    reply = server.get("/sparql", headers={"Accept": accept})
    assert reply.headers["Content-Type"].partition(";")[0] == accept
    graph = rdflib.Graph().parse(data=reply.content, format=accept)
    service = graph.value(predicate=rdflib.RDF.type, object=SD.Service)
    endpoint = rdflib.URIRef(f"{server.url}/sparql")
    assert list(graph.objects(service, SD.endpoint)) == [endpoint]
    formats = {str(iri) for iri in graph.objects(service, SD.resultFormat)}
    assert formats == {format_.iri for format_ in (*RESULTS.values(), *GRAPHS.values())}
    assert (service, SD.feature, SD.UnionDefaultGraph) in graph
    assert (service, SD.supportedLanguage, SD.SPARQL11Query) in graph
