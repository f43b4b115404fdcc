"""The endpoint and the saved queries, through the application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.web import create_app
from kg.web.protocol import GRAPHS, RESULTS
from kg.web.state import parts_of
from tests.server_process import BASE, many_quads, write_store

SELECT = "SELECT ?s ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?s"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <https://example.org/own> { ?s ?p ?o } }"
OWN = ox.Triple(
    ox.NamedNode("https://example.org/thing"),
    ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label"),
    ox.Literal("a user's own triple"),
)
QUERIES = {
    "titles": """\
#+ summary: Titles
#+ description: Every paper with its title.
#+ pagination: 1
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?paper ?title WHERE { ?paper dcterms:title ?title } ORDER BY ?paper
""",
    "labelled": """\
#+ summary: Things of a label
#+ description: What has a label, and < nothing & more >.
#+ defaults:
#+   - label: Kite
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing WHERE { ?thing rdfs:label ?found FILTER(STR(?found) = ?_label) } ORDER BY ?thing
""",
    "by-author": """\
#+ summary: Papers of an author
PREFIX dcterms: <http://purl.org/dc/terms/>
CONSTRUCT { ?paper dcterms:creator ?_author_iri }
WHERE { ?paper dcterms:creator ?_author_iri }
""",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("web") / "kg", many_quads(3000))


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    queries = store.parent / "queries"
    queries.mkdir()
    for name, text in QUERIES.items():
        (queries / f"{name}.rq").write_text(text, encoding="utf-8")
    settings = Settings(store=store, queries=queries, workers=1, query_max_kb=64)
    app = create_app(settings)
    yield app.test_client()
    parts_of(app).pool.close()


def url(query: str, **fields: str) -> str:
    return "/sparql?" + urlencode({"query": query, **fields})


@pytest.mark.parametrize("format_", RESULTS, ids=lambda format_: str(format_.name))
@pytest.mark.parametrize("query", [SELECT, "ASK { ?s ?p ?o }"], ids=["SELECT", "ASK"])
def test_result_formats_parse(client: FlaskClient, query: str, format_: object) -> None:
    format_name, media_type = format_.name, format_.media_type  # type: ignore[attr-defined]
    by_accept = client.get(url(query), headers={"Accept": media_type})
    by_name = client.get(url(query, format=format_name))
    assert by_accept.status_code == by_name.status_code == 200
    assert by_accept.content_type == by_name.content_type
    assert by_accept.content_type.partition(";")[0] == media_type
    assert by_accept.data == by_name.data
    if media_type in ("text/csv",):  # pyoxigraph writes CSV and does not read it
        return
    if query is not SELECT and media_type.startswith("text/"):
        assert by_accept.data.strip() == b"true"
        return
    parsed = ox.parse_query_results(
        by_accept.data, ox.QueryResultsFormat.from_media_type(media_type)
    )
    if query is SELECT:
        assert len(list(parsed)) == 13  # type: ignore[arg-type]
    else:
        assert bool(parsed)


@pytest.mark.parametrize("format_", GRAPHS, ids=lambda format_: str(format_.name))
def test_graph_formats_parse(client: FlaskClient, format_: object) -> None:
    media_type = format_.media_type  # type: ignore[attr-defined]
    reply = client.post("/sparql", data={"query": CONSTRUCT}, headers={"Accept": media_type})
    assert reply.status_code == 200
    assert reply.content_type.partition(";")[0] == media_type
    parsed = ox.parse(reply.data, ox.RdfFormat.from_media_type(media_type))
    assert [quad.triple for quad in parsed] == [OWN]


def test_defaults_without_accept(client: FlaskClient) -> None:
    assert client.get(url(SELECT)).content_type == "application/sparql-results+json"
    assert client.get(url(CONSTRUCT)).content_type == "text/turtle; charset=utf-8"
    describe = client.get(url(f"DESCRIBE <{BASE}term/kite>"))
    assert "카이트" in describe.get_data(as_text=True)


def test_post_directly(client: FlaskClient) -> None:
    reply = client.post(
        "/sparql?default-graph-uri=https://example.org/own",
        data="SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        content_type="application/sparql-query",
        headers={"Accept": "text/csv"},
    )
    assert reply.data == b"n\r\n1\r\n"


def test_from_and_union(client: FlaskClient) -> None:
    count = "SELECT (COUNT(*) AS ?n) %s { ?s ?p ?o }"
    for clause, expected in (
        ("", 3070),
        ("FROM <https://example.org/own>", 1),
        (f"FROM <https://example.org/own> FROM <{BASE}graph/meta>", 2),
        ("FROM <https://example.org/gone>", 0),
        ("FROM NAMED <https://example.org/own>", 0),
    ):
        reply = client.get(url(count % clause, format="csv"))
        assert reply.data == f"n\r\n{expected}\r\n".encode()
    word_only = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER('FROM' != '') } # FROM <urn:x>"
    assert client.get(url(word_only, format="csv")).data == b"n\r\n3070\r\n"


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("INSERT DATA { <urn:s> <urn:p> 1 }", 400, "is an update"),
        ("DROP ALL", 400, "is an update"),
        ("LOAD <file:///etc/passwd>", 403, "LOAD"),
        ("ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "SERVICE"),
        ("ASK { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "SERVICE"),
        ("ASK " + "{" * 3000 + "}" * 3000, 400, "depth"),
        ("SELECT * { ?s ?p ", 400, "query:1:"),
        ("", 400, "no query"),
        ("ASK {}" + " " * 70_000, 400, "length"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_refused_queries(client: FlaskClient, query: str, status: int, detail: str) -> None:
    reply = client.post("/sparql", data={"query": query})
    assert reply.status_code == status
    assert reply.content_type == "application/problem+json"
    assert detail in reply.get_json()["detail"]


def test_words_in_strings_and_comments_are_fine(client: FlaskClient) -> None:
    reply = client.get(url("ASK { ?s ?p ?o FILTER('SERVICE' != 'LOAD') } # SERVICE <urn:x>"))
    assert reply.get_json() == {"head": {}, "boolean": True}


def test_nothing_is_written(client: FlaskClient, store: Path) -> None:
    before = (store / "store.json").read_bytes()
    for method, data, content_type in (
        ("POST", b"update=CLEAR+ALL", "application/x-www-form-urlencoded"),
        ("POST", b"CLEAR ALL", "application/sparql-update"),
    ):
        reply = client.open("/sparql", method=method, data=data, content_type=content_type)
        assert reply.status_code == 403
    assert (store / "store.json").read_bytes() == before
    assert (
        client.get(url("SELECT (COUNT(*) AS ?n) {?s ?p ?o}", format="csv")).data == b"n\r\n3070\r\n"
    )


def test_syntax_error_has_line_and_column(client: FlaskClient) -> None:
    problem = client.get(url("SELECT *\nWHERE { ?s ?p }")).get_json()
    assert (problem["line"], problem["column"]) == (2, 16)


def test_body_too_large(client: FlaskClient) -> None:
    reply = client.post("/sparql", data={"query": "ASK {}" + " " * 400_000})
    assert reply.status_code == 413
    assert reply.get_json()["status"] == 413


def test_without_query(client: FlaskClient) -> None:
    assert client.get("/sparql").status_code == 400
    assert client.get("/sparql", headers={"Accept": "text/csv"}).status_code == 400
    assert client.post("/sparql", data={"a": "b"}).status_code == 400
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.get_data(as_text=True)
    described = client.get("/sparql", headers={"Accept": "text/turtle"})
    triples = {str(quad.predicate) for quad in ox.parse(described.data, ox.RdfFormat.TURTLE)}
    assert "<http://www.w3.org/ns/sparql-service-description#endpoint>" in triples


def test_head_options_and_cors(client: FlaskClient) -> None:
    head = client.head(url(SELECT))
    assert (head.status_code, head.data) == (200, b"")
    options = client.options("/sparql")
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(options.headers["Allow"].split(", "))
    assert "Content-Type" in options.headers["Access-Control-Allow-Headers"]
    for reply in (head, options, client.get("/sparql"), client.get("/nowhere")):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept" in reply.headers["Vary"]
        assert "unsafe" not in reply.headers["Content-Security-Policy"]
        assert "script-src 'self';" in reply.headers["Content-Security-Policy"]


def test_etag_follows_the_snapshot_and_the_format(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    app = create_app(Settings(store=store, workers=1))
    client = app.test_client()
    try:
        first = client.get(url(SELECT))
        tag = first.headers["ETag"]
        again = client.get(url(SELECT), headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        other = client.get(url(SELECT, format="csv"), headers={"If-None-Match": tag})
        assert other.status_code == 200
        assert "ETag" not in client.post("/sparql", data={"query": SELECT}).headers
        write_store(store, many_quads(1))
        fresh = client.get(url(SELECT), headers={"If-None-Match": tag})
        assert fresh.status_code == 200
        assert fresh.headers["ETag"] != tag
    finally:
        parts_of(app).pool.close()


def test_page_of_a_result_shows_text_and_no_markup(client: FlaskClient) -> None:
    reply = client.post("/sparql", data={"query": SELECT}, headers={"Accept": "text/html"})
    page = reply.get_data(as_text=True)
    assert reply.content_type == "text/html; charset=utf-8"
    assert "&lt;script&gt;alert(&#39;x&#39;)" in page
    assert "<script>" not in page
    assert 'href="/author/%EC%9D%B4-%EB%8F%84%EC%9C%A4"' in page
    assert 'href="/paper/doi/10.1000/a%253Cb%253E"' in page


def test_page_of_a_large_result_says_so(client: FlaskClient) -> None:
    query = "SELECT * { ?s <urn:p> ?o }"
    page = client.post("/sparql", data={"query": query, "format": "html"}).get_data(as_text=True)
    assert "First 1,000 rows" in page


def test_page_of_an_answer_without_rows(client: FlaskClient) -> None:
    for query, shown in (("ASK { <urn:x> ?p ?o }", "No"), ("SELECT * {<urn:x> ?p ?o}", "No rows")):
        page = client.get(url(query, format="html")).get_data(as_text=True)
        assert f'<p class="answer">{shown}</p>' in page


def test_page_with_dangerous_addresses(client: FlaskClient) -> None:
    query = 'SELECT (IRI("javascript:alert(1)") AS ?a) (IRI("data:text/html,x") AS ?b) {}'
    page = client.get(url(query, format="html")).get_data(as_text=True)
    assert 'href="javascript:' not in page
    assert 'href="data:' not in page
    assert 'href="/resource?iri=javascript%3Aalert%281%29"' in page


def test_error_page_keeps_the_query(client: FlaskClient) -> None:
    reply = client.post(
        "/sparql", data={"query": "SELECT </textarea>"}, headers={"Accept": "text/html"}
    )
    page = reply.get_data(as_text=True)
    assert reply.status_code == 400
    assert "SELECT &lt;/textarea&gt;</textarea>" in page


def test_saved_queries_listed(client: FlaskClient) -> None:
    listed = client.get("/queries").get_json()["queries"]
    assert [query["name"] for query in listed] == ["by-author", "labelled", "titles"]
    labelled = listed[1]
    assert labelled["title"] == "Things of a label"
    assert labelled["parameters"][0]["name"] == "label"
    assert labelled["parameters"][0]["default"] == "Kite"
    page = client.get("/queries", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'href="/queries/labelled"' in page
    assert "&lt; nothing &amp; more &gt;" in page


def test_saved_query_runs(client: FlaskClient) -> None:
    reply = client.get("/queries/labelled.csv?label=Ada+Kim")
    assert reply.data == f"thing\r\n{BASE}author/ada-kim\r\n".encode()
    assert client.get("/queries/labelled.csv").data == f"thing\r\n{BASE}term/kite\r\n".encode()
    json_rows = client.get("/queries/labelled").get_json()["results"]["bindings"]
    assert len(json_rows) == 1
    author = quote(f"{BASE}author/ada-kim", safe="")
    triples = client.get(f"/queries/by-author.nt?author={author}").data
    assert triples.count(b"\n") == 1


def test_saved_query_values_are_terms(client: FlaskClient) -> None:
    hostile = quote('Kite") || true || ("" = "', safe="")
    assert client.get(f"/queries/labelled.csv?label={hostile}").data == b"thing\r\n"


def test_saved_query_has_pages(client: FlaskClient) -> None:
    first = client.get("/queries/titles.csv")
    second = client.get("/queries/titles.csv?page=2")
    assert first.data.count(b"\r\n") == second.data.count(b"\r\n") == 2
    assert first.data != second.data
    assert '</queries/titles.csv?page=2>; rel="next"' in first.headers["Link"]
    assert '</queries/titles.csv?page=1>; rel="prev"' in second.headers["Link"]
    page = client.get("/queries/titles", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'href="/queries/titles?page=2" rel="next"' in page


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/queries/by-author", 400, "'author' is missing"),
        ("/queries/by-author?author=not+an+iri", 400, "'author'"),
        ("/queries/labelled?lable=x", 400, "no parameter 'lable'"),
        ("/queries/labelled?label=a&label=b", 400, "2 times"),
        ("/queries/titles?page=0", 400, "page '0'"),
        ("/queries/titles?page=" + "9" * 30, 400, "expected 1, 2, 3"),
        ("/queries/titles?page=%C2%B2", 400, "page"),
        ("/queries/nothing", 404, "/queries lists them"),
        ("/queries/nothing.csv", 404, "/queries lists them"),
        ("/queries/labelled.ttl", 406, "offered here: json, xml, csv, tsv"),
    ],
)
def test_saved_query_refused(client: FlaskClient, path: str, status: int, detail: str) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert detail in reply.get_json()["detail"]


def test_saved_query_form_in_a_browser(client: FlaskClient) -> None:
    page = client.get("/queries/by-author", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert 'name="author"' in page.get_data(as_text=True)
    ran = client.get("/queries/labelled?label=Kite", headers={"Accept": "text/html"})
    text = ran.get_data(as_text=True)
    assert 'value="Kite"' in text
    assert ">Kite</a>" in text
    assert 'href="/queries/labelled.csv?label=Kite"' in text


def test_answer_is_json_for_a_machine(client: FlaskClient) -> None:
    reply = client.get(url(SELECT), headers={"Accept": "application/json"})
    assert reply.content_type == "application/json"
    assert len(json.loads(reply.data)["results"]["bindings"]) == 13
