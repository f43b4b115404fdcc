"""The pages in a real browser: they work, fit, and ask nobody else for anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NEEDS_BROWSER, Watched, watched_page
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
        assert page.locator("tbody tr").all_inner_texts() == ["Ada Kim", "이 도윤"]
        page.fill("textarea", "SELECT ?s { ?s a <urn:none> }")
        page.click("button:visible:text-is('Run')")
        assert page.inner_text(".answer") == "No rows"


def test_mistake_can_be_mended_without_a_script(browser: Browser, server: LiveServer) -> None:
    watched = Watched(browser, server.url, java_script_enabled=False)
    page = watched.page
    page.goto("/sparql")
    page.fill("textarea", "SELECT ?s { ?s a ?type")
    page.click("button:visible:text-is('Run')")
    assert "query:1:" in page.inner_text(".problem")
    page.fill("textarea", page.input_value("textarea") + " } LIMIT 1")
    page.click("button:visible:text-is('Run')")
    assert page.locator("tbody tr").count() == 1
    watched.context.close()
    assert all("400" in complaint for complaint in watched.complaints)  # the browser's own line


def test_saved_query_by_its_form(watched: Watched) -> None:
    page = watched.page
    page.goto("/queries")
    page.click("a[href$='/queries/papers-mentioning']")
    page.fill("input[name=name]", "카이트")
    page.click("button:has-text('Run')")
    assert "Kite: Small Models That Fly" in page.inner_text("table")


def test_walk_through_the_graph(watched: Watched) -> None:
    page = watched.page
    page.goto("/paper/2408.00001")
    page.click("a:has-text('Ada Kim')")
    assert page.inner_text("h1") == "Ada Kim"
    page.click("a:has-text('Kite: Small Models')")
    page.click("dd a:has-text('SkyBench')")
    assert page.inner_text("h1") == "SkyBench 2.1"


def test_hostile_label_is_text(watched: Watched) -> None:
    page = watched.page
    page.goto("/paper/doi/10.1000/a%253Cb%253E")
    assert page.inner_text("h1") == "<script>alert('x')</script> \"quoted\""
    assert page.locator("script:not([src]):not([type='application/ld+json'])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_fit_and_can_be_read(
    browser: Browser, server: LiveServer, scheme: Any, width: int
) -> None:
    watched = Watched(
        browser, server.url, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    for path in PAGES:
        watched.page.goto(path)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, path
        ratio = watched.page.evaluate(CONTRAST)
        assert ratio > 4.5, f"{path}: contrast {ratio:.1f}"
    watched.context.close()
    assert watched.complaints == []


#: The lowest contrast of text to the page behind it (WCAG 2.1, relative luminance).
CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = color => {
    const [r, g, b] = color.map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(color) && color !== 'transparent') return rgb(color);
    }
    return [255, 255, 255];
  };
  let lowest = 21;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const [a, b] = [rgb(getComputedStyle(element).color), behind(element)]
      .map(luminance).sort((x, y) => y - x);
    lowest = Math.min(lowest, (a + 0.05) / (b + 0.05));
  }
  return lowest;
}"""
