"""Saved queries: their list, their forms, and whether what they tell scripts is true."""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
import requests
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.web import create_app
from kg.web.site.queries.snippets import snippets
from kg.web.state import parts_of
from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.server_process import (
    LiveServer,
    live_server,
    many_quads,
    wait_until,
    write_store,
)
from tests.site_client import HTML, page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUERIES = {
    "labelled": """\
#+ summary: Things of a <b>name</b>
#+ description: What has a name.
#+ tags:
#+   - terms
#+ parameters:
#+   - name: any name
#+ examples:
#+   - name: Kite
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?found WHERE { ?thing rdfs:label ?found FILTER(STR(?found) = ?_name) } ORDER BY ?thing
""",
    "posted": """\
#+ summary: As it was sent
#+ method: POST
#+ defaults:
#+   - text: It's "quoted", 한국어 & more
SELECT (?_text AS ?sent) ("two\\nlines" AS ?other) WHERE {}
""",
    "many": """\
#+ summary: Many rows
#+ pagination: 20
SELECT ?s ?o WHERE { ?s <urn:p> ?o } ORDER BY ?s
""",
    "all": """\
#+ summary: All rows
SELECT ?s ?o WHERE { ?s <urn:p> ?o } ORDER BY ?s
""",
    "long": """\
#+ summary: A long text
SELECT ?text (STRLEN(?text) AS ?length) WHERE {
  BIND(CONCAT("ab", "ab") AS ?a) BIND(CONCAT(?a, ?a, ?a, ?a, ?a, ?a, ?a, ?a) AS ?b)
  BIND(CONCAT(?b, ?b, ?b, ?b, ?b, ?b, ?b, ?b) AS ?c) BIND(CONCAT(?c, ?c, ?c, ?c, ?c, ?c) AS ?text)
}
""",
    "whether": """\
#+ summary: Whether there is anything
ASK { ?s ?p ?o }
""",
    "graph": """\
#+ summary: Who wrote what
PREFIX dcterms: <http://purl.org/dc/terms/>
CONSTRUCT { ?paper dcterms:creator ?author } WHERE { ?paper dcterms:creator ?author }
""",
    "slow": """\
#+ summary: It takes its time
SELECT (COUNT(*) AS ?n) WHERE { ?a <urn:p> ?c . ?d <urn:p> ?f FILTER(?c != ?f) }
""",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    (folder / "queries").mkdir()
    for name, text in QUERIES.items():
        (folder / "queries" / f"{name}.rq").write_text(text, encoding="utf-8")
    return write_store(folder / "kg", many_quads(3000))


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    settings = Settings(store=store, queries=store.parent / "queries", workers=1)
    app = create_app(settings)
    yield app.test_client(use_cookies=False)
    parts_of(app).pool.close()


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    folder = store.parent / "queries"
    with live_server(store, workers=1, queries=folder, query_timeout_s=3) as running:
        yield running


# --- pages --------------------------------------------------------------------------


def test_the_list_has_groups_and_examples(client: FlaskClient) -> None:
    page = page_of(client, "/queries")
    assert "Things of a &lt;b&gt;name&lt;/b&gt;" in page
    groups = re.findall(r"<h2>(.*?)</h2>", page)
    assert groups == ["Other queries", "Terms"]
    assert 'href="/queries/labelled?name=Kite"' in page
    told = client.get("/queries").get_json()["queries"]
    (labelled,) = [one for one in told if one["name"] == "labelled"]
    assert 'VALUES ?_name { "Kite" }' in labelled["example_query"]


def test_a_result_has_names_unless_a_column_says_them(client: FlaskClient) -> None:
    page = page_of(client, "/queries/labelled?name=Kite")
    assert '<a class="short" href="/term/kite"' in page
    assert ">Kite</span>" in page
    other = "SELECT ?term ('x' AS ?y) { ?term a <https://w3id.org/paperkg/ontology#Model> }"
    for language, name in (("en", "Kite"), ("ko", "카이트")):
        shown = client.post(f"/sparql?lang={language}", data={"query": other, "format": "html"})
        assert f">{name}</a>" in shown.get_data(as_text=True)


def test_long_values_and_results_are_cut(client: FlaskClient) -> None:
    page = page_of(client, "/queries/long")
    assert "ab" * 500 + "</span>" in page
    assert "1,536 characters in all" in page
    whole = page_of(client, "/queries/all")
    assert "First 1,000 rows; a download has all." in whole
    assert whole.count("<tr>") == 1001
    assert len(whole) < 300_000
    query = f"SELECT ?s ('{'x' * 900}' AS ?long) {{ ?s <urn:p> ?o }}"
    cut = client.post("/sparql", data={"query": query, "format": "html"}).get_data(as_text=True)
    assert 100 < cut.count("<tr>") < 300
    assert "a download has all" in cut


def test_pages_go_on(client: FlaskClient) -> None:
    first = page_of(client, "/queries/many")
    assert first.count("<tr>") == 21
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    last = page_of(client, "/queries/many?page=150")
    assert 'rel="next"' not in last
    assert 'href="/queries/many?page=149" rel="prev"' in last


def test_the_editor_is_opened_with_the_values(client: FlaskClient) -> None:
    page = page_of(client, "/queries/labelled?name=Ada+Kim")
    (address,) = re.findall(r'<a class="button" href="([^"]*)">', page)
    (query,) = parse_qs(urlsplit(unescape(address)).query)["query"]
    rows = client.get("/sparql", query_string={"query": query, "format": "csv"}).data
    assert rows.splitlines()[1].endswith(b"/author/ada-kim,Ada Kim")
    fresh = page_of(client, "/queries/labelled")
    assert "%22Kite%22" in fresh


def test_names_are_completed_where_a_parameter_is_one(client: FlaskClient) -> None:
    page = page_of(client, "/queries/labelled")
    (field,) = re.findall(r'<input id="p-name"[^>]*>', page)
    assert 'data-suggest="/search/suggest"' in field
    assert 'data-types="Model,Method,Benchmark,Dataset,Metric,Task"' in field
    assert 'data-value="label"' in field
    assert 'value="Kite"' in field
    assert "data-suggest" not in re.findall(
        r'<input id="p-text"[^>]*>', page_of(client, "/queries/posted")
    )


def test_examples_are_of_the_graph_at_hand(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    base = "https://w3id.org/paperkg/"
    kg = f"{base}ontology#"
    type_ = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    facts: list[tuple[str, str, Any]] = [
        ("digest/2025-03-01", type_, ox.NamedNode(f"{kg}Digest")),
        ("digest/2025-03-01", "http://purl.org/dc/terms/issued", ox.Literal("2025-03-01")),
        ("digest/2025-03-01/x", f"{kg}digest", ox.NamedNode(f"{base}digest/2025-03-01")),
        ("digest/2025-03-01/x", f"{kg}paper", ox.NamedNode(f"{base}paper/2503.00001")),
        ("paper/2503.00001", f"{kg}arxivId", ox.Literal("2503.00001")),
        ("paper/2503.00001", f"{kg}introduces", ox.NamedNode(f"{base}term/owl")),
        ("term/owl", f"{kg}termType", ox.NamedNode(f"{kg}Model")),
        ("term/owl", label, ox.Literal("<Owl>", language="en")),
    ]
    write_store(
        store,
        [
            ox.Quad(ox.NamedNode(base + subject), ox.NamedNode(predicate), object_)
            for subject, predicate, object_ in facts
        ],
    )
    app = create_app(Settings(store=store, workers=1))
    try:
        client = app.test_client()
        assert wait_until(lambda: 'value="2503.00001"' in page_of(client, "/queries/evidence"))
        page = page_of(client, "/queries/evidence")
        assert 'value="&lt;Owl&gt;"' in page
        assert "from=2024-08" in unescape(page_of(client, "/queries"))
        assert "to=2025-03" in unescape(page_of(client, "/queries"))
    finally:
        parts_of(app).pool.close()


def test_an_empty_graph_has_forms_and_no_rows(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        client = app.test_client()
        assert "No rows" in page_of(client, "/queries/top-methods")
        assert client.get("/queries", headers=HTML).status_code == 200
        assert client.get("/sparql", headers=HTML).status_code == 200
    finally:
        parts_of(app).pool.close()


# --- what scripts are told ----------------------------------------------------------


def code_of(page: str, start: str) -> str:
    (found,) = re.findall(rf"<code>({start}.*?)</code>", page, re.DOTALL)
    return unescape(found)


def table_of(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(<td.*?)</tr>", page, re.DOTALL)
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows)
    return [[unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in row] for row in cells]


@pytest.mark.parametrize("path", ["labelled?name=Ada+Kim", "labelled", "posted", "many?page=3"])
def test_snippets_give_the_rows_of_the_page(server: LiveServer, path: str) -> None:
    page = server.get(f"/queries/{path}", headers=HTML).text
    python, given = code_of(page, "import csv"), dict[str, Any]()
    with redirect_stdout(io.StringIO()):
        exec(compile(python, "snippet", "exec"), given)
    rows = [list(row.values()) for row in given["rows"]]
    assert rows
    if shutil.which("curl"):
        line = shlex.split(code_of(page, "curl "))
        told = subprocess.run([*line, "-sf"], capture_output=True, check=True, timeout=30).stdout
        assert list(csv.reader(io.StringIO(told.decode(), newline="")))[1:] == rows
    shown = table_of(page)
    if shown:  # without a needed value the snippets are of the example
        texts = [[cell.removeprefix("https://w3id.org/paperkg/") for cell in row] for row in rows]
        assert texts == shown


def test_snippets_of_graphs_and_answers(server: LiveServer) -> None:
    for name, start, expected in (
        ("graph", "import requests", "author/ada-kim"),
        ("whether", "import requests", "True"),
    ):
        out = io.StringIO()
        page = server.get(f"/queries/{name}", headers=HTML).text
        with redirect_stdout(out):
            exec(compile(code_of(page, start), "snippet", "exec"), {})
        assert expected in out.getvalue()


def test_snippets_quote_what_is_hostile() -> None:
    url = "http://localhost/queries/x.csv?name=%27%3B+rm+-rf+%24HOME+%23%22%0A%5C"
    made = snippets(url, "POST", "csv")
    assert shlex.split(made.curl) == ["curl", "-d", url.partition("?")[2], url.partition("?")[0]]
    assert "data={'name': '\\'; rm -rf $HOME #\"\\n\\\\'}" in made.python


def test_the_form_is_there_while_the_query_runs(server: LiveServer) -> None:
    started = time.monotonic()
    with requests.get(server.url + "/queries/slow", headers=HTML, stream=True, timeout=30) as reply:
        parts = reply.iter_content(None)
        first = next(parts).decode()
        before = time.monotonic() - started
        rest = b"".join(parts).decode()
        after = time.monotonic() - started
    assert "The query runs" in first
    assert "</html>" not in first
    assert "</html>" in rest
    assert before < after / 2
    assert '<table class="result">' in rest or "stopped after 3 s" in rest


# --- in a browser -------------------------------------------------------------------


@pytest.fixture
def watched(browser: Browser, server: LiveServer) -> Iterator[Watched]:
    with watched_page(browser, server.url) as found:
        yield found


class TestInABrowser:
    pytestmark = NEEDS_BROWSER

    def test_rows_are_sorted_and_filtered(self, watched: Watched) -> None:
        page = watched.page
        page.goto("/queries/many?page=2")
        page.click("th button:text-is('o')")
        head, first = (
            page.locator(one) for one in ("th:nth-child(2)", "tbody tr:first-child td:nth-child(2)")
        )
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(first).to_have_text("value 20")
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", "descending")
        expect(first).to_have_text("value 39")
        page.fill(".filter input", "value 3")
        expect(page.locator("tbody tr:visible")).to_have_count(10)
        page.fill(".filter input", "nothing like it")
        expect(page.locator("text=No row has this")).to_be_visible()

    def test_the_list_is_filtered(self, watched: Watched) -> None:
        page = watched.page
        page.goto("/queries")
        page.fill("#query-filter", "many")
        expect(page.locator("li.query:visible .name")).to_have_text(["Many rows"])
        expect(page.locator("h2:visible")).to_have_text(["Other queries"])
        page.fill("#query-filter", "zzz")
        expect(page.locator("text=No query has these words")).to_be_visible()

    def test_snippets_are_copied(self, watched: Watched) -> None:
        page = watched.page
        watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/queries/posted")
        page.click(".snippet:has-text('curl') button")
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith("curl -d ")

    def test_the_form_and_the_table_need_no_script(
        self, browser: Browser, server: LiveServer
    ) -> None:
        with watched_page(browser, server.url, java_script_enabled=False) as watched:
            page = watched.page
            page.goto("/queries")
            page.click("text=Things of a <b>name</b>")
            page.fill("#p-name", "Ada Kim")
            page.click("button.main")
            expect(page.locator("tbody tr")).to_have_count(1)
            expect(page.locator(".waits")).to_be_hidden()
            expect(page.locator("button.copy:visible, .filter:visible")).to_have_count(0)

    def test_a_name_is_completed(self, browser: Browser, examples_server: LiveServer) -> None:
        def has_names() -> bool:
            return bool(examples_server.get("/search/suggest?q=mml").json()["suggestions"])

        assert wait_until(has_names, 20)
        with watched_page(browser, examples_server.url) as watched:
            page = watched.page
            page.goto("/queries/leaderboard")
            page.fill("#p-benchmark", "")
            page.type("#p-benchmark", "mml")
            page.wait_for_selector("[role=option]:has-text('Massive Multitask')")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            chosen = "Massive Multitask Language Understanding"
            expect(page.locator("#p-benchmark")).to_have_value(chosen)
            page.click("button.main")
            page.wait_for_selector("tbody tr:nth-child(2)")

    def test_axe_has_no_complaint(self, browser: Browser, server: LiveServer) -> None:
        with watched_page(browser, server.url) as watched:
            for path in ("", "/labelled", "/labelled?name=Ada+Kim", "/many?page=2", "/graph"):
                watched.page.goto(f"/queries{path}")
                assert faults(watched.page) == [], path
