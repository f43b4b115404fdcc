"""The search page and suggestions in a browser: by keyboard, by hand, and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.server_process import LiveServer, live_server, wait_until
from tests.test_site_search import search_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = NEEDS_BROWSER
PAGES = (
    *("/search", "/search?q=mmlu", "/search?q=transfomer", "/search?q=pagoda&page=2"),
    *("/search?q=qwzxvbn", "/search?benchmark=skybench-2.1", "/search?q=lora&type=Paper&from=2024"),
    "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = search_store(tmp_path_factory.mktemp("search") / "kg")
    with live_server(store, workers=1, request_log="off") as running:
        assert wait_until(lambda: running.get("/search/suggest?q=kite").json()["suggestions"])
        yield running


@pytest.fixture
def watched(browser: Browser, server: LiveServer) -> Iterator[Watched]:
    with watched_page(browser, server.url, locale="en-US") as one:
        yield one


def _type(page: Page, text: str) -> None:
    page.fill("#site-search", "")
    page.keyboard.type(text)
    page.wait_for_selector(".suggestions:not([hidden])")


def _options(page: Page) -> list[str]:
    return page.locator(".suggestions:not([hidden]) li .what").all_inner_texts()


def _active(page: Page) -> str | None:
    """Return the text of the option that the field names as the active one."""
    id_ = page.get_attribute("#site-search", "aria-activedescendant")
    return page.inner_text(f"#{id_} .what") if id_ else None


def test_by_keyboard_from_any_page_to_a_term(watched: Watched) -> None:
    page = watched.page
    page.goto("/queries")
    page.keyboard.press("/")
    page.keyboard.type("mml")
    page.wait_for_selector(".suggestions:not([hidden])")
    field = page.locator("#site-search")
    assert field.get_attribute("role") == "combobox"
    assert field.get_attribute("aria-expanded") == "true"
    options = _options(page)
    assert options[0] == "Massive Multitask Language Understanding"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert _active(page) == options[1] == "MMLU-Pro"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert _active(page) is None  # back in the field
    page.keyboard.press("ArrowUp")
    assert _active(page) == options[-1]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/term/mmlu")


def test_escape_closes_and_enter_searches(watched: Watched) -> None:
    page = watched.page
    page.goto("/search?q=kite")
    _type(page, "pagoda")
    page.keyboard.press("Escape")
    expect(page.locator(".suggestions:not([hidden])")).to_have_count(0)
    expect(page.locator("#site-search")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#site-search")).to_have_value("pagoda")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=pagoda")
    expect(page.locator(".results .count")).to_have_text("45 results")


def test_by_mouse(watched: Watched) -> None:
    page = watched.page
    page.goto("/queries")
    _type(page, "diffusion tr")
    page.click(".suggestions li >> nth=0")
    page.wait_for_url("**/term/diffusion-transformer")


def test_leaving_the_field_closes(watched: Watched) -> None:
    page = watched.page
    page.goto("/queries")
    _type(page, "kite")
    page.keyboard.press("Tab")
    expect(page.locator(".suggestions:not([hidden])")).to_have_count(0)


def test_an_answer_that_comes_late_is_dropped(watched: Watched) -> None:
    page = watched.page
    late: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.url.endswith("q=pago"):
            late.append(route)
        else:
            route.continue_()

    page.route("**/search/suggest?**", hold)
    page.goto("/queries")
    page.focus("#site-search")
    with page.expect_request("**/search/suggest?q=pago"):
        page.keyboard.type("pago")
    page.fill("#site-search", "llama")
    page.wait_for_selector(".suggestions li:has-text('LLaMA 3')")
    for route in late:
        route.continue_()
    page.wait_for_timeout(300)
    assert "LLaMA 3" in _options(page)
    assert not any("Pagoda" in one for one in _options(page))


def test_a_server_that_does_not_answer_leaves_the_field_alone(
    browser: Browser, server: LiveServer
) -> None:
    watched = Watched(browser, server.url)
    page = watched.page
    page.route("**/search/suggest?**", lambda route: route.fulfill(status=503, body="busy"))
    page.goto("/queries")
    page.focus("#site-search")
    with page.expect_response("**/search/suggest?**"):
        page.keyboard.type("kite")
    page.wait_for_timeout(50)
    assert page.locator(".suggestions:not([hidden])").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=kite")
    watched.context.close()
    assert all("503" in complaint for complaint in watched.complaints)  # the browser's own line


ADD_FIELD = """([types, value]) => {
  const field = document.createElement("input");
  field.id = "added";
  field.name = "term";
  field.dataset.suggest = "/search/suggest";
  field.dataset.types = types;
  field.dataset.value = value;
  document.querySelector("main").append(field);
  window.told = [];
  field.addEventListener("change", () => window.told.push(field.value));
  field.addEventListener("suggested", (event) => window.told.push(event.detail.iri));
  document.dispatchEvent(new Event("fields-added"));
}"""


@pytest.mark.parametrize(
    ("value", "put"), [("label", "CLIP"), ("key", "clip~metric"), ("", "CLIP")]
)
def test_any_field_is_completed(watched: Watched, value: str, put: str) -> None:
    page = watched.page
    page.goto("/queries")
    page.evaluate(ADD_FIELD, ["Metric", value])
    page.focus("#added")
    page.keyboard.type("cli")
    page.wait_for_selector(".suggestions:not([hidden])")
    assert _options(page) == ["CLIP"]  # the model of that name is not wanted
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#added")).to_have_value(put)
    assert page.evaluate("window.told") == ["https://w3id.org/paperkg/term/clip~metric", put]
    assert page.url.endswith("/queries")


def test_results_by_keyboard(watched: Watched) -> None:
    page = watched.page
    page.goto("/search?q=mmlu")
    for key, expected in (("j", "/term/mmlu"), ("j", "/term/mmlu-pro"), ("ArrowUp", "/term/mmlu")):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_attribute("href", expected)
    page.keyboard.press("Enter")
    page.wait_for_url("**/term/mmlu")


def test_without_a_script(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False, locale="en-US") as watched:
        page = watched.page
        page.goto("/search")
        page.fill("#site-search", "lora")
        page.press("#site-search", "Enter")
        expect(page.locator("h1")).to_have_text("Search: lora")
        page.click(".tabs a:has-text('Paper')")
        expect(page.locator(".hit .title")).to_have_text(["LoRA, Twice"])
        page.click(".facets a:has-text('2024')")
        expect(page.locator(".facets a.chosen")).to_have_count(1)
        page.click(".facets a.chosen")
        expect(page.locator(".facets a.chosen")).to_have_count(0)
        page.click(".tabs a:has-text('All')")
        expect(page.locator(".hit")).to_have_count(2)


def test_axe_finds_nothing(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        for path in PAGES:
            page.goto(path)
            assert faults(page) == [], path
        page.goto("/search?q=kite")
        _type(page, "mmlu")
        page.keyboard.press("ArrowDown")
        assert faults(page) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_suggestions_fit(browser: Browser, server: LiveServer, width: int) -> None:
    size: Any = {"width": width, "height": 700}
    with watched_page(browser, server.url, viewport=size, locale="ko-KR") as watched:
        page = watched.page
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto("/search?q=pagoda")
        _type(page, "<script")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator(".suggestions:not([hidden])").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert "<script>alert(1)</script>" in _options(page)
