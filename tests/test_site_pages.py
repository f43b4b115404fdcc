"""Every page in a real browser: it is sound, can be read by all, and asks nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.page_list import first_of_each, pages_of
from tests.browser import NEEDS_BROWSER, Watched, expect, faults
from tests.server_process import LiveServer, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER
_DATA = (".json", "/suggest")
_MORE = [
    "/docs",
    "/nowhere",
    "/term/no-such-term",
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/resource?iri=https://w3id.org/paperkg/graph/terms",
    "/terms",
]
_ERRORS = ("/nowhere", "/term/no-such-term")
_LONGEST_HTML = 300_000


@pytest.fixture(scope="module")
def paths(examples_server: LiveServer) -> list[str]:
    """A page of each kind, that of the largest thing first, and pages that are errors."""
    assert wait_until(
        lambda: examples_server.get("/search/suggest?q=a").status_code == 200, timeout_s=60
    )
    pages = first_of_each(pages_of(examples_server.url), lambda one: not _is_data(one.path))
    return [page.path for page in pages] + _MORE


def _is_data(path: str) -> bool:
    return any(part in path for part in _DATA)


def _without_status_lines(watched: Watched) -> list[str]:
    """What went wrong beside the browser's own line about an error page."""
    return [told for told in watched.complaints if "the server responded with a status" not in told]


@pytest.fixture
def visitor(browser: Browser, examples_server: LiveServer) -> Iterator[Any]:
    """Opens the server's pages; at the end nothing may have gone wrong in any of them."""
    opened: list[Watched] = []

    def visit(**options: Any) -> Watched:
        opened.append(Watched(browser, examples_server.url, **options))
        return opened[-1]

    yield visit
    for watched in opened:
        watched.context.close()
    assert [told for watched in opened for told in _without_status_lines(watched)] == []


def test_pages_fit_and_can_be_read_by_all(visitor: Any, paths: list[str]) -> None:
    page = visitor().page
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        # Swagger UI is others' work, and so is what it does to the page around it.
        assert faults(page, without=["#swagger-ui"]) == [], path


def test_pages_can_be_read_without_javascript(visitor: Any, paths: list[str]) -> None:
    scripted, plain = visitor().page, visitor(java_script_enabled=False).page
    for path in paths:
        if path == "/docs":  # it says so itself
            continue
        scripted.goto(path)
        plain.goto(path)
        expect(plain.locator("h1")).to_have_count(1)
        heading = plain.inner_text("h1")
        assert heading == scripted.inner_text("h1"), path
        assert len(plain.inner_text("main")) > len(heading), path


def test_pages_print(visitor: Any, paths: list[str]) -> None:
    page = visitor().page
    for path in paths:
        page.goto(path)
        page.emulate_media(media="print")
        if path != "/docs":
            assert not page.locator("header.site nav").is_visible(), path
            assert page.locator("h1").is_visible(), path


def test_heads_say_what_pages_are(examples_server: LiveServer, paths: list[str]) -> None:
    titles: dict[str, str] = {}
    for path in paths:
        reply = examples_server.get(path, headers={"Accept": "text/html"})
        text = reply.text
        assert len(text.encode()) < _LONGEST_HTML, path
        title = text.partition("<title>")[2].partition("</title>")[0]
        assert title.endswith("paperkg") or path == "/", path
        assert path in _ERRORS or titles.setdefault(title, path) == path, (
            f"{path} and {titles[title]}: {title}"
        )
        assert len(text.partition('<meta name="description" content="')[2].partition('"')[0]) > 20
        for block in text.split('<script type="application/ld+json">')[1:]:
            told = json.loads(block.partition("</script>")[0])
            assert told["@context"] == "https://schema.org"
            assert told["@type"]


def test_policy_allows_no_inline_script(examples_server: LiveServer, paths: list[str]) -> None:
    for path in paths:
        reply = examples_server.get(path, headers={"Accept": "text/html"})
        policy = reply.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert " style=" not in reply.text, path


def test_links_of_pages_lead_somewhere(
    examples_server: LiveServer, visitor: Any, paths: list[str]
) -> None:
    page = visitor().page
    seen: set[str] = set()
    for path in paths:
        if path in _ERRORS:
            continue
        page.goto(path)
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        ours = {link.partition("#")[0] for link in links if link.startswith(examples_server.url)}
        seen |= set(sorted(ours)[:25])
    wrong: list[str] = []
    for link in sorted(seen):
        if "/export/" in link:  # made when asked for; its own tests ask
            continue
        own = link.removeprefix(examples_server.url)
        reply = examples_server.get(own, headers={"Accept": "text/html,*/*;q=0.5"}, stream=True)
        reply.close()
        if reply.status_code >= 400:
            wrong.append(f"{reply.status_code} {own}")
    assert wrong == []


def test_styles_and_scripts_keep(
    examples_server: LiveServer, visitor: Any, paths: list[str]
) -> None:
    page = visitor().page
    for path in paths:
        page.goto(path)
        files = page.eval_on_selector_all(
            "link[rel=stylesheet], script[src]", "all => all.map(one => one.href || one.src)"
        )
        for address in files:
            reply = examples_server.get(address.removeprefix(examples_server.url))
            assert "immutable" in reply.headers["Cache-Control"], address


def test_korean_interface(visitor: Any, paths: list[str]) -> None:
    page = visitor(locale="ko-KR").page
    for path in paths:
        page.goto(path)
        assert page.get_attribute("html", "lang") == "ko", path
        if path != "/docs":
            assert "벤치마크" in page.inner_text("header.site nav"), path


def test_language_can_be_chosen_and_stays(visitor: Any) -> None:
    page = visitor(locale="en-GB").page
    page.goto("/digests")
    page.click("footer >> text=한국어")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.goto("/benchmarks")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.click("footer >> text=English")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_theme_can_be_chosen_and_stays(visitor: Any) -> None:
    page = visitor(color_scheme="light").page
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click("button.theme")
    page.wait_for_function(f"light => {ground} != light", arg=light)
    dark = page.evaluate(ground)
    page.goto("/digests")
    assert page.evaluate(ground) == dark
