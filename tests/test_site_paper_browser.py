"""The page of a paper in a real browser: what is told of a mention, switches, and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.command_line import kg
from tests.server_process import LiveServer, live_server
from tests.test_site_paper import LORA_PAGE, write_digests

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = NEEDS_BROWSER
KITE = "/paper/2406.00010"
PAGES = (LORA_PAGE, KITE, "/paper/2406.00009", "/paper/2406.00011")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("papers")
    built = kg("build", str(write_digests(folder / "digests")), "--store", str(folder / "kg"))
    assert built.code == 0, built.err
    with live_server(folder / "kg", workers=1) as running:
        yield running


@pytest.fixture
def watched(browser: Browser, server: LiveServer) -> Iterator[Watched]:
    with watched_page(browser, server.url) as found:
        yield found


def _mention(page: Page, text: str) -> Locator:
    """Return the first mention in a section that reads *text*."""
    return page.locator(".marked .mention", has=page.get_by_role("link", name=text)).first


def _tip(mention: Locator) -> Locator:
    return mention.locator("> [role=tooltip]")


def test_a_mention_tells_what_it_is_by_pointer_and_keyboard(watched: Watched) -> None:
    page = watched.page
    page.goto(KITE)
    mention = _mention(page, "Kite-7B")
    expect(_tip(mention)).to_be_hidden()
    mention.locator("> a").hover()
    expect(_tip(mention)).to_be_visible()
    told = re.compile(r"Kite-7B\s+Model\s+introduced here\s+confidence")
    expect(_tip(mention)).to_have_text(told, use_inner_text=True)
    _tip(mention).hover()  # what is told can be pointed at
    expect(_tip(mention)).to_be_visible()
    page.mouse.move(0, 0)
    expect(_tip(mention)).to_be_hidden()
    mention.locator("> a").focus()
    expect(_tip(mention)).to_be_visible()
    page.keyboard.press("Escape")
    expect(_tip(mention)).to_be_hidden()
    page.keyboard.press("Tab")  # the heading of the next section
    page.keyboard.press("Tab")
    expect(page.locator(".mention > a:focus")).to_have_count(1)
    expect(page.locator(".mention:focus-within > [role=tooltip]")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/term/**")


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_told_is_cut_on_no_screen(
    browser: Browser, server: LiveServer, scripts: bool
) -> None:
    for width in (320, 700, 1280):
        size: Any = {"width": width, "height": 700}
        with watched_page(
            browser, server.url, viewport=size, java_script_enabled=scripts
        ) as watched:
            page = watched.page
            page.goto(LORA_PAGE)
            links = page.locator("h1 .mention > a, .part:visible > .marked .mention > a")
            assert links.count() > 3
            for link in links.all():
                if link.is_visible():
                    link.focus()
                    _check_tip(link, width)


def _check_tip(link: Locator, width: int) -> None:
    """Check that what is told of a mention is on the screen, and not on the mention itself."""
    box = link.locator("xpath=../*[@role='tooltip']").bounding_box()
    assert box
    assert box["width"] > 100
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    own = link.bounding_box()
    assert own
    below, above = box["y"] - own["y"] - own["height"], own["y"] - box["y"] - box["height"]
    assert max(below, above) > -4  # the link's box is a little higher than its line


def test_types_differ_by_more_than_colour(watched: Watched) -> None:
    page = watched.page
    page.goto(KITE)
    lines = page.eval_on_selector_all(
        ".marks .sample",
        "all => all.map(one => { const style = getComputedStyle(one);"
        " return style.textDecorationStyle + style.textDecorationThickness; })",
    )
    assert len(lines) >= 4
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_type_can_be_hidden(browser: Browser, server: LiveServer, scripts: bool) -> None:
    with watched_page(browser, server.url, java_script_enabled=scripts) as watched:
        page = watched.page
        page.goto(KITE)
        shown = page.locator(".marked .type-model > a").first
        other = page.locator(".marked .type-benchmark > a").first
        line = "text-decoration-line"
        expect(shown).to_have_css(line, "underline")
        switch = page.get_by_role("checkbox", name="Model")
        switch.focus()
        page.keyboard.press("Space")
        expect(shown).to_have_css(line, "none")
        expect(other).to_have_css(line, "underline")
        switch.check()
        expect(shown).to_have_css(line, "underline")


def test_addresses_lead_to_mentions_and_results(browser: Browser, server: LiveServer) -> None:
    size: Any = {"width": 1000, "height": 300}
    with watched_page(browser, server.url, viewport=size) as watched:
        page = watched.page
        page.goto(KITE)
        row = page.locator("table.results tr[id]").first.get_attribute("id") or ""
        mention = page.locator(".marked .mention[id]").last.get_attribute("id") or ""
        for whole in (row, mention):
            page.goto(f"about:blank#{len(whole)}")
            page.goto(f"{KITE}#{whole}")
            expect(page.locator(":target")).to_have_id(whole)
            expect(page.locator(":target")).to_be_in_viewport()
        page.goto("about:blank")
        page.goto(f"{KITE}#{row.rpartition('/')[2]}")  # the fragment of the result's own IRI
        expect(page.locator(".found")).to_have_id(row)
        expect(page.locator(".found")).to_be_in_viewport()
        page.goto(f"{KITE}#{mention.rpartition('/')[2]}")
        expect(page.locator(".found")).to_have_count(1)
        page.goto("about:blank")
        page.goto(f"{KITE}#%E0%A4%A")  # no such thing, not even text
        expect(page.locator(".found")).to_have_count(0)


def test_an_address_opens_the_entry_it_is_in(watched: Watched) -> None:
    page = watched.page
    page.goto(LORA_PAGE)
    inside = page.locator("details.older .mention[id]").last
    whole = inside.get_attribute("id") or ""
    expect(inside).to_be_hidden()
    page.goto("about:blank")
    page.goto(f"{LORA_PAGE}#{whole}")
    expect(page.locator(f"[id='{whole}']")).to_be_visible()


def test_value_in_the_text_leads_to_its_row(watched: Watched) -> None:
    page = watched.page
    page.goto(KITE)
    page.click(".marked a.value >> text=71.5")
    expect(page.locator("tr:target")).to_contain_text("71.5%")


def test_no_violation_for_axe(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        for path in PAGES:
            page.goto(path)
            page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            if page.locator(".mention > a").count():
                page.locator(".mention > a").first.focus()
            assert faults(page) == [], path
            if path == KITE:
                page.click(".marked a.value >> text=71.5")
                expect(page.locator("tr:target")).to_have_count(1)
                assert faults(page) == []


@pytest.mark.parametrize("width", [320, 640, 1600])
def test_pages_fit(browser: Browser, server: LiveServer, width: int) -> None:
    size: Any = {"width": width, "height": 800}
    with watched_page(browser, server.url, viewport=size) as watched:
        for path in PAGES:
            watched.page.goto(path)
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_results_keep_their_table_on_a_narrow_screen(browser: Browser, server: LiveServer) -> None:
    size: Any = {"width": 360, "height": 800}
    with watched_page(browser, server.url, viewport=size) as watched:
        watched.page.goto(KITE)
        table = watched.page.get_by_role("table").filter(has_text="71.5")
        assert table.get_by_role("columnheader").count() == 5
        assert "71.5%" in table.get_by_role("row").nth(1).inner_text()
        box = table.get_by_role("row").nth(1).bounding_box()
        assert box
        assert box["height"] < 100


def test_page_prints_as_one_column(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        page.goto(KITE)
        page.emulate_media(media="print")
        assert not page.locator(".marks input").first.is_visible()
        text, aside = (page.locator(one).bounding_box() for one in (".text", "aside"))
        assert text
        assert aside
        assert aside["y"] >= text["y"] + text["height"]
