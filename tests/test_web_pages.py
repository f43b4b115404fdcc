"""Front page, health, descriptions of IRIs, ontology and dumps, through the application."""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.vocab import KG
from kg.web import create_app
from kg.web.state import parts_of
from tests.server_process import BASE, GRAPH, TRIPLES, many_quads, write_store

HTML = {"Accept": "text/html"}
SECTION = "/digest/2024-08-05/2408.00001/whats-new"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("pages") / "kg")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=store, workers=1))
    yield app.test_client()
    parts_of(app).pool.close()


def test_front_page(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert '<a href="/digests"><strong>2</strong> papers</a>' in page
    assert 'href="/queries/leaderboard"' in page
    assert 'action="/search"' in page


def test_health(client: FlaskClient) -> None:
    told = client.get("/health").get_json()
    assert told["status"] == "ok"
    assert told["triples"] == TRIPLES
    assert len(told["snapshot"]) == 32


def test_server_without_a_store_is_empty(tmp_path: Path) -> None:
    store = tmp_path / "none"
    app = create_app(Settings(store=store, workers=1))
    client = app.test_client()
    try:
        assert client.get("/health").get_json()["triples"] == 0
        assert "The graph is empty" in client.get("/").get_data(as_text=True)
        assert client.get("/paper/2408.00001").status_code == 404
        assert client.get("/terms").status_code == 404
        assert client.get("/export/kg.nt", buffered=True).data == b""
        assert not store.exists()
        write_store(store)
        assert client.get("/health").get_json()["triples"] == TRIPLES
        assert client.get("/paper/2408.00001").status_code == 200
        assert client.get("/export/kg.nt", buffered=True).data.count(b"\n") == TRIPLES
    finally:
        parts_of(app).pool.close()


@pytest.mark.parametrize(
    "path",
    [
        "/paper/2408.00001",
        "/author/ada-kim",
        "/author/이-도윤",
        "/author/%EC%9D%B4-%EB%8F%84%EC%9C%A4",
        "/term/kite",
        "/term/skybench-2.1",
        "/digest/2024-08-05",
        "/digest/2024-08-05/2408.00001",
        SECTION,
        "/graph/terms",
        "/terms",
        "/.well-known/sparql-examples",
        "/resource?iri=https://example.org/thing",
    ],
)
def test_iris_dereference(client: FlaskClient, path: str) -> None:
    turtle = client.get(path, headers={"Accept": "text/turtle"})
    assert turtle.status_code == 200
    assert turtle.content_type == "text/turtle; charset=utf-8"
    triples = {str(quad.triple) for quad in ox.parse(turtle.data, ox.RdfFormat.TURTLE)}
    assert triples
    for media_type in ("application/n-triples", "application/ld+json", "application/rdf+xml"):
        reply = client.get(path, headers={"Accept": media_type})
        assert reply.content_type == media_type
        quads = ox.parse(reply.data, ox.RdfFormat.from_media_type(media_type))
        assert {str(quad.triple) for quad in quads} == triples
    page = client.get(path, headers=HTML)
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    if "?" not in path:
        suffixed = client.get(path + ".nt")
        assert suffixed.status_code == 200
        assert suffixed.content_type == "application/n-triples"
        assert suffixed.data.count(b"\n") == len(triples)


def test_description_holds_what_is_said_and_what_points_at_it(client: FlaskClient) -> None:
    lines = client.get("/term/kite.nt").get_data(as_text=True)
    assert f"<{BASE}term/kite> <{KG.termType}> <{KG.Model}> ." in lines
    assert f"<{BASE}paper/2408.00001> <{KG.introduces}> <{BASE}term/kite> ." in lines


def test_examples_are_fetched_by_their_graph(client: FlaskClient) -> None:
    lines = client.get("/.well-known/sparql-examples.nt").get_data(as_text=True)
    assert f"<{BASE}.well-known/sparql-examples#kites>" in lines


def test_fragments_have_a_description(client: FlaskClient) -> None:
    iri = f"{BASE}{SECTION[1:]}#char=4,8"
    reply = client.get("/resource", query_string={"iri": iri, "format": "nt"})
    assert f"<{iri}> <{KG.inSection}>" in reply.get_data(as_text=True)
    page = client.get("/resource", query_string={"iri": iri}, headers=HTML)
    assert "kg:inSection" in page.get_data(as_text=True)


def test_section_as_plain_text(client: FlaskClient) -> None:
    text = "카이트(Kite)는 작은 모델도 멀리 날 수 있음을 보였습니다."
    for reply in (
        client.get(SECTION, headers={"Accept": "text/plain"}),
        client.get(SECTION + ".txt"),
    ):
        assert reply.content_type == "text/plain; charset=utf-8"
        assert reply.get_data(as_text=True) == text
    assert client.get("/term/kite.txt").status_code == 406
    other = client.get("/term/kite", headers={"Accept": "text/plain, text/turtle;q=0.1"})
    assert other.content_type == "text/turtle; charset=utf-8"


def test_suffix_only_where_it_leads_somewhere(client: FlaskClient) -> None:
    assert client.get("/term/skybench-2.1").status_code == 200
    assert client.get("/term/skybench-2.ttl").status_code == 404
    assert client.get("/term/kite.exe").status_code == 404


def test_escapes_are_undone_once(client: FlaskClient) -> None:
    own = "/paper/doi/10.1000/a%253Cb%253E"
    assert client.get(own).status_code == 200
    assert client.get("/paper/doi/10.1000/a%3Cb%3E").status_code == 200
    assert client.get("/paper/doi/10.1000/a%25253Cb%25253E").status_code == 404
    assert client.get("/paper/%FF%FE").status_code == 404


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/term/kitenet", "/term/kite"),
        ("/term/KiteNet", "/term/kite"),
        ("/term/카이트", "/term/kite"),
        ("/term/kitenet.ttl", "/term/kite.ttl"),
        ("/term/SkyBench%202.1", "/term/skybench-2.1"),
    ],
)
def test_label_leads_to_its_term(client: FlaskClient, path: str, location: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.headers["Location"]) == (301, location)


def test_label_of_several_terms_gives_choices(client: FlaskClient) -> None:
    reply = client.get("/term/flyer")
    assert reply.status_code == 300
    assert [choice["url"] for choice in reply.get_json()["choices"]] == [
        "/term/kite",
        "/term/skybench-2.1",
    ]
    page = client.get("/term/flyer", headers=HTML)
    assert page.status_code == 300
    assert 'href="/term/skybench-2.1"' in page.get_data(as_text=True)
    assert client.get("/term/flyer", headers={"Accept": "text/turtle"}).status_code == 300


def test_pages_show_script_as_text(client: FlaskClient) -> None:
    page = client.get("/paper/doi/10.1000/a%253Cb%253E", headers=HTML).get_data(as_text=True)
    assert "<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &#34;quoted&#34;</h1>" in page
    assert "<script>" not in page


def test_iris_keep_their_base_on_any_host(client: FlaskClient) -> None:
    reply = client.get("/term/kite.ttl", headers={"Host": "graph.example.org"})
    assert f"<{BASE}term/kite>" in reply.get_data(as_text=True)
    assert "graph.example.org" not in reply.get_data(as_text=True)


def test_links_stay_below_a_prefix(client: FlaskClient) -> None:
    page = client.get("/term/kite", headers=HTML, base_url="http://localhost/mounted")
    text = page.get_data(as_text=True)
    assert 'href="/mounted/paper/2408.00001"' in text
    assert 'href="/term' not in text
    moved = client.get("/term/kitenet", base_url="http://localhost/mounted")
    assert moved.headers["Location"] == "/mounted/term/kite"


def test_ontology(client: FlaskClient) -> None:
    turtle = client.get("/ontology.ttl")
    subjects = {str(quad.subject) for quad in ox.parse(turtle.data, ox.RdfFormat.TURTLE)}
    assert f"<{KG.Model}>" in subjects
    page = client.get("/ontology", headers=HTML).get_data(as_text=True)
    assert 'id="Model"' in page
    assert 'lang="ko"' in page


def test_export_is_the_whole_graph(client: FlaskClient) -> None:
    source = {quad.triple for quad in ox.parse(path=str(GRAPH))}
    for suffix, format_ in (
        ("ttl", ox.RdfFormat.TURTLE),
        ("nt", ox.RdfFormat.N_TRIPLES),
        ("nq", ox.RdfFormat.N_QUADS),
        ("trig", ox.RdfFormat.TRIG),
        ("jsonld", ox.RdfFormat.JSON_LD),
    ):
        reply = client.get(f"/export/kg.{suffix}", buffered=True)
        assert reply.status_code == 200
        assert reply.content_type.partition(";")[0] == format_.media_type
        assert {quad.triple for quad in ox.parse(reply.data, format_)} == source
        zipped = client.get(f"/export/kg.{suffix}.gz", buffered=True)
        assert zipped.content_type == "application/gzip"
        assert gzip.decompress(zipped.data) == reply.data
        sha256 = b64encode(hashlib.sha256(reply.data).digest()).decode()
        assert reply.headers["Repr-Digest"] == f"sha-256=:{sha256}:"


def test_export_in_parts_and_again(client: FlaskClient) -> None:
    whole = client.get("/export/kg.nq", buffered=True)
    tag = whole.headers["ETag"]
    part = client.get(
        "/export/kg.nq", headers={"Range": "bytes=10-19", "If-Range": tag}, buffered=True
    )
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    assert (
        client.get("/export/kg.nq", headers={"If-None-Match": tag}, buffered=True).status_code
        == 304
    )
    assert (
        client.get("/export/kg.nq", headers={"Range": "bytes=9999999-"}, buffered=True).status_code
        == 416
    )
    assert client.head("/export/kg.nq", buffered=True).headers["Content-Length"] == str(
        len(whole.data)
    )


@pytest.mark.parametrize("name", ["kg.rar", "kg.ttl.gz.gz", "kg.ttl/../kg.nt", "kg.", "other.ttl"])
def test_export_has_no_other_files(client: FlaskClient, name: str) -> None:
    assert client.get(f"/export/{name}").status_code == 404


def test_exports_of_older_snapshots_are_removed(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    app = create_app(Settings(store=store, workers=1))
    client = app.test_client()
    folder = tmp_path / "kg-exports"
    try:
        first = client.get("/export/kg.nt", buffered=True)
        (folder / "own.txt").write_text("not ours", encoding="utf-8")
        write_store(store, many_quads(5))
        second = client.get("/export/kg.nt", buffered=True)
        assert second.data.count(b"\n") == first.data.count(b"\n") + 5
        assert first.headers["ETag"] != second.headers["ETag"]
        assert len(list(folder.glob("*.nt"))) == 1
        assert (folder / "own.txt").exists()
    finally:
        parts_of(app).pool.close()


def test_no_page_names_another_host_for_its_parts(client: FlaskClient) -> None:
    for path in ("/", "/sparql", "/queries", "/term/kite", "/ontology", "/nowhere"):
        page = client.get(path, headers=HTML).get_data(as_text=True)
        for attribute in ('src="http', "@import", "<script>", "style="):
            assert attribute not in page
        assert page.count('rel="stylesheet"') == page.count('rel="stylesheet" href="/static/') > 0
        assert " on" + "click" not in page


def test_choices_are_json(client: FlaskClient) -> None:
    assert json.loads(client.get("/term/flyer").data)["choices"][0]["iri"] == f"{BASE}term/kite"
