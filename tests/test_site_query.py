"""The query editor in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.server_process import ENDLESS, LiveServer, live_server, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_BROWSER
KG = "PREFIX kg: <https://w3id.org/paperkg/ontology#>\n"
PAIRS = KG + "SELECT ?paper ?model { ?paper kg:introduces ?model } ORDER BY ?model ?paper"
COUNTS = KG + "SELECT ?term ?papers { ?term kg:paperCount ?papers } ORDER BY DESC(?papers) LIMIT 9"
TRIPLES = KG + "CONSTRUCT { ?paper kg:introduces ?m } { ?paper kg:introduces ?m }"
MISTAKE = "SELECT *\nWHERE { ?s ?p ?o\n  FILTER }"
#: The part of the page that belongs to the tab in front.
FRONT = ".tabPanel.active"


@pytest.fixture
def watched(browser: Browser, examples_server: LiveServer) -> Iterator[Watched]:
    with watched_page(browser, examples_server.url) as found:
        found.context.set_default_timeout(20_000)
        yield found


def link(query: str) -> str:
    return f"/sparql?query={quote(query)}"


def open_editor(page: Page, path: str = "/sparql") -> None:
    page.goto(path)
    page.wait_for_selector("#editor[data-ready]")


def written(page: Page) -> str:
    text: str = page.evaluate(
        f"document.querySelector('{FRONT} .CodeMirror').CodeMirror.getValue()"
    )
    return text


def run(page: Page, query: str) -> None:
    page.evaluate(
        f"text => document.querySelector('{FRONT} .CodeMirror').CodeMirror.setValue(text)", query
    )
    page.click("[data-do=run]")
    page.wait_for_selector(f"{FRONT} .yasr_results > *")


def clear(page: Page) -> None:
    page.click(f"{FRONT} .CodeMirror-lines")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def test_rows_have_names_that_lead_to_pages(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    run(page, PAIRS)
    page.wait_for_selector(f"{FRONT} td a:not(.short)")
    link_ = page.locator(f"{FRONT} td:nth-child(2) a:text-is('Low-Rank Adaptation')").first
    assert link_.get_attribute("href") == "/term/lora"
    assert re.fullmatch(r"[\d,]+ rows in \d+ ms", page.inner_text(f"{FRONT} .result-status"))
    page.fill(f"{FRONT} .filter input", "low-rank")
    rows = page.locator(f"{FRONT} tbody tr")
    expect(rows.filter(has_not_text=re.compile("low-rank", re.IGNORECASE))).to_have_count(0)
    expect(rows).not_to_have_count(0)
    link_.click()
    expect(page.locator("h1")).to_have_text(re.compile("^Low-Rank Adaptation"))


def test_columns_are_sorted(watched: Watched) -> None:
    page = watched.page
    open_editor(page, link("SELECT ?n { VALUES ?n { 9 10 -1 2.5 } }"))
    cells = page.locator(f"{FRONT} td")
    page.wait_for_selector(f"{FRONT} td")
    page.click(f"{FRONT} th button")
    expect(cells).to_have_text(["10", "9", "2.5", "-1"])
    expect(page.locator(f"{FRONT} th")).to_have_attribute("aria-sort", "descending")
    page.click(f"{FRONT} th button")
    expect(cells).to_have_text(["-1", "2.5", "9", "10"])


def test_a_mistake_is_marked_where_it_is(browser: Browser, examples_server: LiveServer) -> None:
    watched = Watched(browser, examples_server.url)
    page = watched.page
    open_editor(page)
    run(page, MISTAKE)
    expect(page.locator(f"{FRONT} .query-problem")).to_contain_text("query:3:11")
    marked = page.locator(f"{FRONT} .CodeMirror-code > div").nth(2)
    expect(marked.locator(".fault-line")).to_have_count(1)
    assert marked.locator(".fault-sign").get_attribute("title")
    page.click("text=Go to line 3, column 11")
    page.keyboard.type("(true) ")
    expect(page.locator(".fault-line")).to_have_count(0)
    assert "FILTER (true) }" in written(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{FRONT} td")
    watched.context.close()
    assert all("400" in complaint for complaint in watched.complaints)  # the browser's own line


def test_names_of_the_ontology_are_completed(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    clear(page)
    page.keyboard.type("SELECT * { ?term a kg:Mod")
    page.wait_for_selector(".CodeMirror-hint-active:has-text('kg:Model')")
    page.keyboard.press("Enter")
    page.keyboard.type(" . ?t")
    page.wait_for_selector(".CodeMirror-hint-active:has-text('?term')")
    page.keyboard.press("Enter")
    assert written(page) == KG + "SELECT * { ?term a kg:Model . ?term"


def test_terms_are_completed_by_any_of_their_names(
    watched: Watched, examples_server: LiveServer
) -> None:
    def has_names() -> bool:
        return bool(examples_server.get("/search/suggest?q=LoRA").json()["suggestions"])

    assert wait_until(has_names, 20)
    page = watched.page
    open_editor(page)
    clear(page)
    page.keyboard.type("ASK { ?s ?p <low-rank")
    page.wait_for_selector(".CodeMirror-hint-active:has-text('Low-Rank Adaptation')")
    # The names for the last letter may come after the first list, which they replace.
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")
    assert written(page) == "ASK { ?s ?p <https://w3id.org/paperkg/term/lora>"


def test_a_link_opens_the_same_query_and_runs_it(
    browser: Browser, watched: Watched, examples_server: LiveServer
) -> None:
    page = watched.page
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_editor(page)
    run(page, COUNTS)
    page.click("[data-do=share]")
    page.wait_for_selector("text=The link is copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.wait_for_url(copied)
    assert parse_qs(urlsplit(copied).query) == {"query": [COUNTS]}
    with watched_page(browser, examples_server.url) as other:
        open_editor(other.page, copied)
        other.page.wait_for_selector(f"{FRONT} td")
        assert written(other.page) == COUNTS
        expect(other.page.locator("[role=tab]")).to_have_count(1)


def test_tabs_are_there_again_and_results_are_asked_for_again(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    run(page, COUNTS)
    page.click("[data-do=add]")
    page.keyboard.type("ASK {}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{FRONT} .answer:text-is('Yes')")
    open_editor(page)
    expect(page.locator("[role=tab]")).to_have_count(2)
    assert written(page) == "ASK {}"
    expect(page.locator(f"{FRONT} .answer")).to_have_count(0)
    page.focus("[role=tab][aria-selected=true]")
    page.keyboard.press("ArrowLeft")
    assert written(page) == COUNTS
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    expect(page.locator("[role=tab]")).to_have_count(1)


def test_charts_and_graphs_are_drawn_and_loaded_when_wanted(watched: Watched) -> None:
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    open_editor(page)
    run(page, COUNTS)
    assert not any("/chart/" in path or "/cytoscape/" in path for path in asked)
    page.click(f"{FRONT} .select_chart")
    page.wait_for_selector(f"{FRONT} canvas[role=img]")
    assert "papers by term" in (page.get_attribute(f"{FRONT} canvas", "aria-label") or "")
    drawn = f"Array.from(document.querySelector('{FRONT} canvas').getContext('2d')"
    page.wait_for_function(drawn + ".getImageData(0, 0, 600, 100).data).some(value => value)")
    page.select_option(f"{FRONT} [name=kind]", "pie")
    assert any("/chart/" in path for path in asked)
    run(page, TRIPLES)
    page.click(f"{FRONT} .select_graph")
    page.wait_for_selector(f"{FRONT} .graph-place canvas")
    told = page.locator(f"{FRONT} .yasr_results .about")
    expect(told).to_have_text(re.compile(r"^\d+ nodes, \d+ links"))
    expect(page.locator(f"{FRONT} .select_chart")).to_be_disabled()
    page.click(f"{FRONT} .select_response")
    expect(page.locator(f"{FRONT} pre.raw")).to_contain_text("kg:introduces")


def test_a_result_is_downloaded_in_every_format(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    run(page, "SELECT (1 AS ?one) {}")
    expect(page.locator(f"{FRONT} .downloads a")).to_have_text(["json", "xml", "csv", "tsv"])
    with page.expect_download() as download:
        page.click(f"{FRONT} .downloads a:text-is('csv')")
    assert download.value.suggested_filename == "result.csv"
    assert download.value.path().read_bytes() == b"one\r\n1\r\n"
    run(page, TRIPLES + " #" + "x" * 7000)  # too long for an address
    page.wait_for_selector(f"{FRONT} .downloads a:text-is('ttl')")
    with page.expect_download() as download:
        page.click(f"{FRONT} .downloads a:text-is('nt')")
    assert b"ontology#introduces>" in download.value.path().read_bytes()


def test_a_saved_query_is_an_example(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    page.click("details.examples summary")
    page.fill("#example-filter", "leaderboard")
    expect(page.locator("details.examples li:visible")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Leaderboard')")
    assert "VALUES ?_benchmark" in written(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{FRONT} td")


def test_values_are_shown_as_text_and_as_they_are(watched: Watched) -> None:
    page = watched.page
    hostile = "<img src=x onerror=alert(1)> {{a}}"
    query = (
        f'SELECT ("{hostile}" AS ?a) (IRI("javascript:alert(1)") AS ?b) ("{hostile}"@en AS ?c) {{}}'
    )
    open_editor(page, link(query))
    page.wait_for_selector(f"{FRONT} td")
    assert page.locator(f"{FRONT} td").first.inner_text() == hostile
    assert (page.get_attribute(f"{FRONT} td a", "href") or "").startswith("/resource?iri=")
    assert page.locator("td img").count() == 0


def test_a_query_is_stopped(watched: Watched) -> None:
    page = watched.page
    open_editor(page, link(ENDLESS))
    page.click("[data-do=stop]")
    expect(page.locator(f"{FRONT} .query-problem .answer")).to_have_text("Stopped")
    expect(page.locator("[data-do=run]")).to_be_visible()
    run(page, "ASK {}")
    page.wait_for_selector(f"{FRONT} .answer:text-is('Yes')")


def test_a_query_that_takes_too_long_says_so(browser: Browser, examples_store: Path) -> None:
    with live_server(examples_store, workers=1, query_timeout_s=1) as server:
        watched = Watched(browser, server.url)
        open_editor(watched.page, link(ENDLESS))
        told = watched.page.locator(f"{FRONT} .query-problem")
        expect(told).to_contain_text("stopped after 1 s")
        watched.context.close()


def test_everything_is_done_by_keyboard(watched: Watched) -> None:
    page = watched.page
    open_editor(page)
    clear(page)
    page.keyboard.type("SELECT (7 AS ?n) {}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{FRONT} td")
    page.keyboard.press("Tab")  # it indents, so something else must lead out
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Table")
    assert "Escape" in page.inner_text("#editor-keys")


def test_without_a_script_a_link_leads_to_its_result(
    browser: Browser, examples_server: LiveServer
) -> None:
    with watched_page(browser, examples_server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto(link("SELECT (7 AS ?n) {}"))
        page.wait_for_url("**format=html")
        expect(page.locator("td")).to_have_text("7")
        page.goto("/sparql")
        page.click("details.examples summary")
        page.click("text=Leaderboard of a benchmark")
        expect(page.locator("textarea")).to_have_value(re.compile(r"VALUES \?_benchmark"))


def test_in_korean(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url, locale="ko-KR") as watched:
        page = watched.page
        open_editor(page, link(KG + "SELECT ?t { ?t a kg:Task } ORDER BY ?t"))
        page.wait_for_selector(f"{FRONT} td a:not(.short)")
        named = page.locator(f"{FRONT} td a").filter(has_text=re.compile("[가-힣]"))
        expect(named).not_to_have_count(0)
        expect(page.locator("html")).to_have_attribute("lang", "ko")


def _drawn(view: str, place: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.wait_for_selector(f"{FRONT} .yasr_results > *")
        page.click(f"{FRONT} .select_{view}")
        page.wait_for_selector(f"{FRONT} {place}")

    return prepare


def test_axe_has_no_complaint(browser: Browser, examples_server: LiveServer) -> None:
    steps: list[tuple[str, Callable[[Page], object]]] = [
        ("/sparql", lambda page: page.click("details.examples summary")),
        (link(COUNTS), _drawn("chart", "canvas")),
        (link(PAIRS), _drawn("graph", ".graph-place canvas")),
        (link(PAIRS), _drawn("response", "pre.raw")),
        (link(PAIRS), _drawn("table", "td a")),
        (link(MISTAKE), lambda page: page.wait_for_selector(".query-problem")),
    ]
    watched = Watched(browser, examples_server.url)
    for path, prepare in steps:
        open_editor(watched.page, path)
        prepare(watched.page)
        assert faults(watched.page) == [], path
    watched.context.close()
