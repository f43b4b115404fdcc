"""Saved queries as a web API: pages, parameters wherever they stand, the form, watched files."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kg.settings import Settings
from kg.web import create_app
from kg.web.state import parts_of
from tests.browser import Watched, expect, in_browser
from tests.server_process import live_server, many_quads, write_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROWS = 25
HTML = {"Accept": "text/html"}
MANY = "?s <urn:p> ?o"
FILES = {
    "rows": f"#+ pagination: 10\nSELECT ?s ?o {{ {MANY} }} ORDER BY ?s",
    "few": f"#+ pagination: 5\nSELECT ?s {{ {MANY} }} ORDER BY ?s LIMIT 10",
    "all-rows": f"SELECT ?s ?o {{ {MANY} }} ORDER BY ?s",
    "named": (
        "#+ pagination: 10\n#+ defaults:\n#+   - like: value\n"
        f"SELECT ?s {{ {MANY} FILTER(CONTAINS(?o, ?_like)) "
        "FILTER(!BOUND(?__not) || ?o != ?__not) } ORDER BY ?s"
    ),
    "graph": f"#+ pagination: 10\nCONSTRUCT {{ {MANY} }} WHERE {{ {MANY} }} ORDER BY ?s",
    "described": f"#+ pagination: 10\nDESCRIBE ?s WHERE {{ {MANY} }} ORDER BY ?s",
    "whether": "#+ pagination: 10\nASK { ?s ?p ?o }",
    "shaped": (
        '#+ pagination: 10\n#+ transform: {"id": "?s", "o": "?o"}\n'
        f"SELECT ?s ?o {{ {MANY} }} ORDER BY ?s"
    ),
    "format": "SELECT ?_format { }",
    "typed": (
        "#+ summary: <Types> & more\n#+ enumerate:\n#+   - kind: [one, two]\n"
        "#+ examples:\n#+   - day: 2024-06-03\n#+   - name: a'b\n"
        "#+ parameters:\n#+   - day: <b>which</b> day\n"
        "SELECT ?_day_xsd_date ?__count_integer ?__ratio_number ?__flag_boolean ?__kind"
        " ?__iri_iri ?__month_gYearMonth ?__label_ko ?_name { }"
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = write_store(tmp_path_factory.mktemp("calls") / "kg", many_quads(ROWS))
    _write(store.parent / "queries")
    return store


def _write(folder: Path) -> None:
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.rq").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    with _client(Settings(store=store, queries=store.parent / "queries", workers=1)) as client:
        yield client


@contextmanager
def _client(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    try:
        yield app.test_client()
    finally:
        parts_of(app).pool.close()


def _links(reply: TestResponse) -> dict[str, str]:
    """Read a ``Link`` header: addresses by relation."""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', reply.headers.get("Link", ""))
    return {relation: address for address, relation in found}


def _detail(reply: TestResponse) -> str:
    assert reply.content_type == "application/problem+json"
    detail: str = reply.get_json()["detail"]
    assert "\n" not in detail
    return detail


# --- pages -------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "xml"])
def test_pages_make_up_the_whole(client: FlaskClient, suffix: str) -> None:
    """By ``next`` alone, in each format, the rows are those of the query without pages."""
    parsed = {"tsv": ox.QueryResultsFormat.TSV, "json": ox.QueryResultsFormat.JSON,
              "xml": ox.QueryResultsFormat.XML}  # fmt: skip

    def rows(reply: TestResponse) -> list[str]:
        if suffix == "csv":
            return reply.get_data(as_text=True).splitlines()[1:]
        solutions = ox.parse_query_results(reply.data, parsed[suffix])
        assert isinstance(solutions, ox.QuerySolutions)
        return [str(list(row)) for row in solutions]

    address: str | None = f"/queries/rows.{suffix}"
    found, pages = [], 0
    while address:
        reply = client.get(address)
        found += rows(reply)
        pages += 1
        address = _links(reply).get("next")
    assert pages == 3
    assert found == rows(client.get(f"/queries/all-rows.{suffix}"))


def test_a_page_is_what_the_store_itself_writes(client: FlaskClient) -> None:
    """Leaving one row out changes nothing else of the answer."""
    for suffix in ("csv", "tsv", "json", "xml"):
        paged = client.get(f"/queries/rows.{suffix}").data
        query = f"SELECT ?s ?o {{ {MANY} }} ORDER BY ?s LIMIT 10"
        direct = client.post("/sparql", data={"query": query, "format": suffix}).data
        assert paged == direct


def test_relations_of_pages(client: FlaskClient) -> None:
    relations = [
        list(_links(client.get(f"/queries/rows.csv?page={page}"))) for page in (1, 2, 3, 4, 99)
    ]
    assert relations == [
        ["first", "next"], ["first", "prev", "next"], ["first", "prev"],
        ["first", "prev"], ["first", "prev"],
    ]  # fmt: skip


def test_a_page_beyond_the_end_is_empty(client: FlaskClient) -> None:
    reply = client.get("/queries/rows.csv?page=99")
    assert (reply.status_code, reply.data) == (200, b"s,o\r\n")
    assert _links(reply)["prev"] == "/queries/rows.csv?page=98"
    assert "No rows" in client.get("/queries/rows?page=99", headers=HTML).get_data(as_text=True)


def test_the_limit_of_the_query_ends_its_pages(client: FlaskClient) -> None:
    first, second = client.get("/queries/few.csv"), client.get("/queries/few.csv?page=2")
    assert first.data.count(b"\r\n") == second.data.count(b"\r\n") == 6
    assert "next" in _links(first)
    assert "next" not in _links(second)
    assert client.get("/queries/few.csv?page=3").data == b"s\r\n"


def test_links_keep_the_other_parameters(client: FlaskClient) -> None:
    value = 'a&b=c %<>"가'
    reply = client.get("/queries/named", query_string={"not": value, "format": "tsv", "page": "2"})
    links = _links(reply)
    assert links["next"] == f"/queries/named?not={quote_plus(value)}&format=tsv&page=3"
    assert client.get(links["next"]).content_type.startswith("text/tab-separated-values")
    assert _links(client.get(links["prev"]))["first"] == links["prev"]


def test_links_stay_below_the_prefix(client: FlaskClient) -> None:
    reply = client.get("/queries/rows.csv?page=2", environ_overrides={"SCRIPT_NAME": "/kg"})
    assert _links(reply) == {
        "first": "/kg/queries/rows.csv?page=1",
        "prev": "/kg/queries/rows.csv?page=1",
        "next": "/kg/queries/rows.csv?page=3",
    }
    page = client.get("/queries/rows", headers=HTML, environ_overrides={"SCRIPT_NAME": "/kg"})
    assert 'href="/kg/queries/rows?page=2" rel="next"' in page.get_data(as_text=True)


@pytest.mark.parametrize("name", ["graph", "described"])
def test_pages_of_a_graph(client: FlaskClient, name: str) -> None:
    triples: set[bytes] = set()
    address: str | None = f"/queries/{name}.nt"
    pages = 0
    while address:
        reply = client.get(address)
        assert reply.status_code == 200
        triples |= set(reply.data.splitlines())
        pages += 1
        address = _links(reply).get("next")
    assert pages == 3
    assert len(triples) == ROWS
    shown = client.get(f"/queries/{name}?page=2", headers=HTML).get_data(as_text=True)
    assert 'rel="next"' in shown
    assert 'rel="next"' not in client.get(f"/queries/{name}?page=3", headers=HTML).get_data(
        as_text=True
    )


def test_pages_of_shaped_rows(client: FlaskClient) -> None:
    first, last = client.get("/queries/shaped.json"), client.get("/queries/shaped.json?page=3")
    assert [len(reply.get_json()) for reply in (first, last)] == [10, 5]
    assert first.get_json()[0] == {"id": "https://example.org/many/0000000", "o": "value 0"}
    assert _links(first)["next"] == "/queries/shaped.json?page=2"
    assert "next" not in _links(last)


def test_a_truth_value_has_no_pages(client: FlaskClient) -> None:
    reply = client.get("/queries/whether.json")
    assert reply.get_json()["boolean"] is True
    assert "Link" not in reply.headers
    assert "no parameter 'page'" in _detail(client.get("/queries/whether?page=1"))


def test_links_are_left_out_where_they_would_be_too_long(client: FlaskClient) -> None:
    short = client.post("/queries/named.csv", data={"not": "x" * 100})
    assert _links(short)["next"].endswith(f"not={'x' * 100}&page=2")
    long = client.post("/queries/named.csv", data={"not": "x" * 4000})
    assert long.data == short.data
    assert "Link" not in long.headers


def test_a_page_has_an_etag_of_its_snapshot(client: FlaskClient) -> None:
    reply = client.get("/queries/rows.csv?page=2")
    again = client.get("/queries/rows.csv?page=2", headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == reply.headers["ETag"]
    other = client.get("/queries/rows.tsv", headers={"If-None-Match": reply.headers["ETag"]})
    assert other.status_code == 200


# --- parameters ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/queries/rows?page=0", "page '0'; expected 1, 2, 3, …"),
        ("/queries/rows?page=-1", "expected 1, 2, 3"),
        ("/queries/rows?page=1.5", "expected 1, 2, 3"),
        ("/queries/rows?page=1&page=2", "'page' is given 2 times; expected it once"),
        ("/queries/all-rows?page=1", "no parameter 'page'; it has none"),
        ("/queries/rows?limit=5", "no parameter 'limit'"),
        ("/queries/typed?day=a&day=", "'day' is given 2 times"),
        ("/queries/typed?name=x", "parameter 'day' is missing; expected a value of type date, su"),
        ("/queries/typed?day=&name=x", "parameter 'day' is missing"),
        ("/queries/typed?name=x&day=2024-02-30", "parameter 'day': '2024-02-30' is no date; exp"),
        ("/queries/typed?name=x&day=2024-02-01&count=1.5", "parameter 'count': '1.5' is no integ"),
        ("/queries/typed?name=x&day=2024-02-01&kind=three", "'three'; expected one of: one, two"),
        ("/queries/typed?name=x&day=2024-02-01&flag=1", "'1' is no boolean; expected true or fal"),
        ("/queries/typed?name=x&day=2024-02-01&iri=a", "'a' is no IRI; expected an IRI"),
        ("/queries/typed?name=x&day=2024-02-01&name=" + "y" * 5, "'name' is given 2 times"),
        ("/queries/typed?day=2024-02-01&name=" + "y" * 4097, "4097 characters; expected at most"),
        ("/queries/typed?day=%FF", "the URL: cannot be read; expected fields in UTF-8"),
        ("/queries/typed?" + "&".join(f"a{n}=1" for n in range(1001)), "cannot be read"),
        ("/queries/rows?endpoint=http://a", "'endpoint': the graph of this server is asked"),
    ],
)
def test_refused_parameters(client: FlaskClient, path: str, told: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 400
    detail = _detail(reply)
    assert told in detail
    assert len(detail) < 300


def test_an_empty_value_is_none(client: FlaskClient) -> None:
    path = "/queries/typed.csv?day=2024-02-01&name=x&count=&kind=&flag="
    assert client.get(path).data.splitlines()[1] == b"2024-02-01,,,,,,,,x"
    assert client.get("/queries/named.csv?like=").data.count(b"\r\n") == 11


def test_a_parameter_goes_before_our_own_name(client: FlaskClient) -> None:
    reply = client.get("/queries/format.csv?format=ttl")
    assert reply.data == b"_format\r\nttl\r\n"


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"day": "2024-06-03", "name": "가 b", "count": "5"}},
        {"json": {"day": "2024-06-03", "name": "가 b", "count": 5, "kind": None}},
        {"query_string": {"day": "2024-06-03", "name": "가 b", "count": "5"}},
        {"query_string": {"day": "2024-06-03"}, "json": {"name": "가 b", "count": 5}},
    ],
    ids=["form", "json", "url", "both"],
)
def test_post(client: FlaskClient, given: dict[str, dict[str, str]]) -> None:
    reply = client.post("/queries/typed.csv", **given)  # type: ignore[arg-type]
    assert reply.status_code == 200
    assert reply.data.decode().splitlines()[1] == "2024-06-03,5,,,,,,,가 b"
    assert "ETag" not in reply.headers


def test_numbers_and_truth_in_json_stay_as_written(client: FlaskClient) -> None:
    def ask(ratio: str) -> TestResponse:
        body = f'{{"day": "2024-06-03", "name": "x", "ratio": {ratio}, "flag": true}}'
        return client.post("/queries/typed.tsv", data=body, content_type="application/json")

    assert b"\t0.123456789012345678\ttrue\t" in ask("0.123456789012345678").data
    assert b'"1000"^^<http://www.w3.org/2001/XMLSchema#double>\ttrue' in ask("1e3").data
    assert "'0.1000000000000000000' is no number" in _detail(ask("0.1000000000000000000"))


@pytest.mark.parametrize(
    ("body", "content_type", "status", "told"),
    [
        ("day=1&day=2", "application/x-www-form-urlencoded", 400, "'day' is given 2 times"),
        ('{"day": 1, "day": 2}', "application/json", 400, "'day' is given 2 times"),
        ("[1]", "application/json", 400, "the body: is no object"),
        ("{", "application/json", 400, "the body: cannot be read; expected a JSON object"),
        ('{"day": [1]}', "application/json", 400, "'day' is no single value"),
        ('{"day": {}}', "application/json", 400, "'day' is no single value"),
        ("[" * 100_000, "application/json", 400, "the body: cannot be read"),
        ("day=%ff", "application/x-www-form-urlencoded", 400, "the body: cannot be read"),
        ("day", "text/plain", 415, "content type 'text/plain'; expected application/x-www"),
        ("SELECT", "application/sparql-query", 415, "expected application/x-www-form-url"),
        ('{"day": "\\ud800", "name": "x"}', "application/json", 400, "'day'"),
    ],
)
def test_refused_bodies(
    client: FlaskClient, body: str, content_type: str, status: int, told: str
) -> None:
    reply = client.post("/queries/typed", data=body, content_type=content_type)
    assert reply.status_code == status
    assert told in _detail(reply)


def test_a_value_in_url_and_body_is_refused(client: FlaskClient) -> None:
    reply = client.post("/queries/typed?day=2024-06-03", data={"day": "2024-06-03"})
    assert "given 2 times" in _detail(reply)


def test_methods(client: FlaskClient) -> None:
    head, get = client.head("/queries/rows.csv"), client.get("/queries/rows.csv")
    assert head.data == b""
    for name in ("Content-Type", "Link", "ETag"):
        assert head.headers[name] == get.headers[name]
    options = client.options("/queries/rows.csv")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert client.put("/queries/rows").status_code == 405
    assert client.head("/queries/none").status_code == 404


def test_list_tells_formats_and_pages(client: FlaskClient) -> None:
    listed = {query["name"]: query for query in client.get("/queries").get_json()["queries"]}
    assert listed["rows"]["pagination"] == 10
    assert listed["rows"]["formats"] == ["json", "xml", "csv", "tsv"]
    assert listed["shaped"]["formats"] == ["srj", "json", "xml", "csv", "tsv"]
    assert listed["whether"]["pagination"] is None
    assert listed["typed"]["parameters"][7]["language"] == "ko"


# --- the form -------------------------------------------------------------------


def test_fields_are_of_the_parameters_types(client: FlaskClient) -> None:
    page = client.get("/queries/typed", headers=HTML).get_data(as_text=True)
    inputs = dict(re.findall(r'<(?:input|select)[^>]* name="(\w+)"([^>]*)>', page))
    assert 'type="date"' in inputs["day"]
    assert 'value="2024-06-03"' in inputs["day"]
    assert " required" in inputs["day"]
    assert 'type="number"' in inputs["count"]
    assert 'step="1"' in inputs["count"]
    assert 'step="any"' in inputs["ratio"]
    assert 'type="month"' in inputs["month"]
    assert 'type="url"' in inputs["iri"]
    assert " required" not in inputs["iri"]
    assert re.findall(r"<option[^>]*>([^<]*)", page) == [
        "any",
        "true",
        "false",
        "any",
        "one",
        "two",
    ]
    assert "<h1>&lt;Types&gt; &amp; more</h1>" in page
    assert "&lt;b&gt;which&lt;/b&gt; day" in page
    assert 'role="alert"' not in page, "nothing was filled in yet"


def test_faults_stand_beside_the_fields_and_values_stay(client: FlaskClient) -> None:
    reply = client.get("/queries/typed?day=soon&count=many&kind=x&other=1", headers=HTML)
    page = unescape(reply.get_data(as_text=True))
    assert reply.status_code == 400
    for told in (
        "'soon' is no date; expected a date, such as 2024-06-30",
        "'many' is no integer; expected a whole number",
        "'x'; expected one of: one, two",
        "is missing; expected a value of type literal",
        "no parameter 'other'",
    ):
        assert page.count(told) == 1, told
    assert 'type="text" value="soon"' in page
    assert 'type="text" value="many"' in page
    assert "<option selected>x</option>" in page
    assert page.count('aria-invalid="true"') == 4
    assert "<table>" not in page


def test_result_has_downloads_and_a_line_for_the_terminal(client: FlaskClient) -> None:
    path = "/queries/typed?day=2024-06-03&name=a'b&count=5"
    page = client.get(path, headers=HTML).get_data(as_text=True)
    assert "<td>" in page
    for suffix in ("csv", "json", "xml", "tsv"):
        (address,) = re.findall(rf'<a href="(/queries/typed\.{suffix}\?[^"]*)"', page)
        assert client.get(unescape(address)).status_code == 200
    (line,) = re.findall(r"<code>(curl .*?)</code>", page)
    curl, url = shlex.split(unescape(line))
    assert curl == "curl"
    assert client.get(url).data.decode().splitlines()[1] == "2024-06-03,5,,,,,,,a'b"


def test_line_for_the_terminal_is_true_over_http(store: Path) -> None:
    with live_server(store, workers=1, queries=store.parent / "queries") as server:
        page = server.get("/queries/typed", headers=HTML).text
        (line,) = re.findall(r"<code>(curl .*?)</code>", page)
        url = shlex.split(unescape(line))[1]
        assert url.startswith(server.url)
        told = server.get(url.removeprefix(server.url))
        assert told.text.splitlines()[1] == "2024-06-03,,,,,,,,a'b"
        posted = server.get("/queries/rows.csv?page=3")
        assert posted.text.count("\r\n") == 6
        assert set(posted.links) == {"first", "prev"}


# --- watched files ----------------------------------------------------------------


@pytest.fixture
def watched(store: Path, tmp_path: Path) -> Iterator[tuple[FlaskClient, Path]]:
    folder = tmp_path / "queries"
    _write(folder)
    with _client(Settings(store=store, queries=folder, workers=1, debug=True)) as client:
        yield client, folder


def _names(client: FlaskClient) -> list[str]:
    return [query["name"] for query in client.get("/queries").get_json()["queries"]]


def test_in_debug_files_are_read_as_they_are_now(watched: tuple[FlaskClient, Path]) -> None:
    client, folder = watched
    names = _names(client)
    assert names == sorted(FILES)
    (folder / "new.rq").write_text("SELECT (1 AS ?x) { }", encoding="utf-8")
    assert client.get("/queries/new.csv").data == b"x\r\n1\r\n"
    (folder / "new.rq").write_text("SELECT (2 AS ?y) { }", encoding="utf-8")
    os.utime(folder / "new.rq", ns=(1, 1))  # of the same size, and soon after
    assert client.get("/queries/new.csv").data == b"y\r\n2\r\n"
    before = client.get("/queries/rows.csv")
    (folder / "rows.rq").write_text(FILES["rows"].replace("?s ?o {", "?o ?s {"), encoding="utf-8")
    after = client.get("/queries/rows.csv", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.data[:5]) == (200, b"o,s\r\n")
    assert "/queries/new" in client.get("/openapi.json").get_json()["paths"]
    assert "/queries/new" in client.get("/queries", headers=HTML).get_data(as_text=True)
    (folder / "new.rq").unlink()
    assert client.get("/queries/new").status_code == 404
    assert _names(client) == names


def test_in_debug_a_broken_file_breaks_itself_alone(
    watched: tuple[FlaskClient, Path], caplog: pytest.LogCaptureFixture
) -> None:
    client, folder = watched
    with caplog.at_level(logging.ERROR):
        (folder / "rows.rq").write_text("SELECT ?s {\n  ?s ?p\n", encoding="utf-8")
        for suffix in ("", ".csv"):
            reply = client.get(f"/queries/rows{suffix}")
            assert reply.status_code == 500
            assert _detail(reply).startswith(f"{folder / 'rows.rq'}:1:11: ")
    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
        f"{folder / 'rows.rq'}:1:11"
    ], "it is told once, not at each request"
    assert client.get("/queries/all-rows.csv").status_code == 200
    assert "rows" not in _names(client)
    assert str(folder / "rows.rq") in client.get("/queries", headers=HTML).get_data(as_text=True)
    assert client.get("/openapi.json").status_code == 200
    (folder / "rows.rq").write_text(FILES["rows"], encoding="utf-8")
    assert client.get("/queries/rows.csv").data.count(b"\r\n") == 11


def test_without_debug_files_are_read_once(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    _write(folder)
    with _client(Settings(store=store, queries=folder, workers=1)) as client:
        (folder / "new.rq").write_text("ASK { }", encoding="utf-8")
        (folder / "rows.rq").unlink()
        assert client.get("/queries/new").status_code == 404
        assert client.get("/queries/rows.csv").status_code == 200


def test_list_is_json_that_parses(client: FlaskClient) -> None:
    assert json.loads(client.get("/queries").data)["queries"]


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_form_in_a_browser(browser: Browser, store: Path, width: int) -> None:
    size = {"width": width, "height": 800}
    with live_server(store, workers=1, queries=store.parent / "queries") as server:
        watched = Watched(browser, server.url, viewport=size)
        page, complaints = watched.page, watched.complaints
        page.goto("/queries/typed")
        page.fill("[name=day]", "2024-06-30")
        page.fill("[name=month]", "2024-07")
        page.fill("[name=count]", "12")
        page.select_option("[name=kind]", "two")
        page.fill("[name=name]", "가나다")
        page.click("text=Run")
        cells = ["2024-06-30", "12", "–", "–", "two", "–", "2024-07", "–", "가나다"]
        expect(page.locator("td")).to_have_text(cells)
        expect(page.locator("[name=day]")).to_have_value("2024-06-30")
        page.fill("[name=name]", "")
        page.click("text=Run")
        expect(page.locator("[name=name]")).to_be_focused()  # the browser asks for it
        page.goto("/queries/rows")
        page.click("text=Next page")
        expect(page.locator("h2").first).to_contain_text("page 2")
        page.click("text=Previous page")
        expect(page.locator("h2").first).not_to_contain_text("page 2")
        assert complaints == []
        page.goto("/queries/typed?day=soon&name=x")
        expect(page.locator("[name=day]")).to_have_value("soon")
        expect(page.locator("#about-day")).to_contain_text("'soon' is no date")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        watched.context.close()
