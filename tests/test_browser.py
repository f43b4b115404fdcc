"""The pages in a real browser: they work, fit, and ask nobody else for anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.server_process import LiveServer, live_server, write_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER
PAGES = [
    "/",
    "/sparql",
    "/queries",
    "/queries/papers-introducing",
    "/queries/top-methods",
    "/ontology",
    "/term/kite",
    "/paper/2408.00001",
    "/paper/doi/10.1000/a%253Cb%253E",
    "/digest/2024-08-05/2408.00001/whats-new",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(write_store(tmp_path_factory.mktemp("browser") / "kg"), workers=1) as running:
        yield running


@pytest.fixture
def watched(browser: Browser, server: LiveServer) -> Iterator[Watched]:
    with watched_page(browser, server.url) as found:
        yield found


def test_query_from_the_front_page_without_a_script(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/")
        assert "knowledge graph" in page.inner_text("h1")
        page.click("text=Write SPARQL")
        page.fill(
            "textarea",
            "SELECT ?name { ?s <http://xmlns.com/foaf/0.1/name> ?name } ORDER BY ?name",
        )
        page.click("button:visible:text-is('Run')")
        expect(page.locator("tbody tr")).to_have_text(["Ada Kim", "이 도윤"])
        page.fill("textarea", "SELECT ?s { ?s a <urn:none> }")
        page.click("button:visible:text-is('Run')")
        expect(page.locator(".answer")).to_have_text("No rows")


def test_mistake_can_be_mended_without_a_script(browser: Browser, server: LiveServer) -> None:
    watched = Watched(browser, server.url, java_script_enabled=False)
    page = watched.page
    page.goto("/sparql")
    page.fill("textarea", "SELECT ?s { ?s a ?type")
    page.click("button:visible:text-is('Run')")
    expect(page.locator(".problem")).to_contain_text("query:1:")
    page.fill("textarea", page.input_value("textarea") + " } LIMIT 1")
    page.click("button:visible:text-is('Run')")
    expect(page.locator("tbody tr")).to_have_count(1)
    watched.context.close()
    assert all("400" in complaint for complaint in watched.complaints)  # the browser's own line


def test_saved_query_by_its_form(watched: Watched) -> None:
    page = watched.page
    page.goto("/queries")
    page.click("a[href$='/queries/papers-mentioning']")
    page.fill("input[name=name]", "카이트")
    page.click("button:has-text('Run')")
    expect(page.locator("table")).to_contain_text("Kite: Small Models That Fly")


def test_walk_through_the_graph(watched: Watched) -> None:
    page = watched.page
    page.goto("/paper/2408.00001")
    page.click("a:has-text('Ada Kim')")
    expect(page.locator("h1")).to_have_text("Ada Kim")
    page.click("a:has-text('Kite: Small Models')")
    page.click("dd a:has-text('SkyBench')")
    expect(page.locator("h1")).to_have_text("SkyBench 2.1")


def test_hostile_label_is_text(watched: Watched) -> None:
    page = watched.page
    page.goto("/paper/doi/10.1000/a%253Cb%253E")
    assert page.inner_text("h1") == "<script>alert('x')</script> \"quoted\""
    assert page.locator("script:not([src]):not([type='application/ld+json'])").count() == 0


def test_pages_fit_and_can_be_read(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        for path in PAGES:
            watched.page.goto(path)
            assert faults(watched.page) == [], path
