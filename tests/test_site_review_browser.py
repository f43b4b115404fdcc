"""Reviewing in a real browser: by keys, without a script, on a phone, and for all eyes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NEEDS_BROWSER, Watched, faults, watched_page
from tests.reviewers import TOKEN, corrections, mentions_of
from tests.server_process import LiveServer, live_server, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_BROWSER
LISTS = ("mentions", "types", "links")


@pytest.fixture(scope="module")
def store(examples_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(examples_store, tmp_path_factory.mktemp("reviewed") / "kg"))


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=2, write_token=TOKEN) as running:
        yield running


@contextmanager
def reviewing(browser: Browser, server: LiveServer, **options: Any) -> Iterator[Watched]:
    """Someone who has logged in; at the end nothing may have gone wrong on the pages."""
    with watched_page(browser, server.url, **options) as watched:
        page = watched.page
        page.goto("/review")
        page.fill("#name", options.get("name", "Mina Seo"))
        page.fill("#token", TOKEN)
        page.click("main button.main")
        assert page.inner_text("h1") == "Review"
        yield watched


def name(page: Page) -> str:
    return page.inner_text("#item bdi")


def press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def test_keys_change_the_graph(browser: Browser, server: LiveServer, store: Path) -> None:
    with reviewing(browser, server) as watched:
        page = watched.page
        first = name(page)
        press(page, "r")
        second = name(page)
        assert second != first
        press(page, "s")
        third = name(page)
        assert third not in (first, second)
        press(page, "3")
        press(page, "u")
        assert name(page) == third
        page.keyboard.press("?")
        assert page.locator("details.help").get_attribute("open") is not None
        with page.expect_navigation():
            page.click("text=Put in force now")
        page.wait_for_selector("text=All decisions are in force.", timeout=60_000)
        assert page.inner_text(".last li:nth-child(2) .state") == "in force"
    made = corrections(store)
    assert [(one["decision"], one["label"]) for one in made] == [("not-a-term", first)]
    paper = made[0]["paper"]
    assert not any(names for iri, names in mentions_of(store, first) if f"/{paper}/" in iri)


def test_typing_is_no_key(browser: Browser, server: LiveServer) -> None:
    with reviewing(browser, server) as watched:
        page = watched.page
        first = name(page)
        page.click("#comment")
        page.keyboard.type("are 123 sure?")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        assert name(page) == first
        assert page.input_value("#comment") == "are 123 sure?"
        page.click("h1")
        page.keyboard.press("e")
        assert page.locator("input[value=all]").is_checked()
        page.keyboard.press("?")
        page.click("text=Use these keys")
        page.click("h1")
        page.keyboard.press("r")
        page.reload()
        page.keyboard.press("r")
        assert name(page) == first


def test_other_items_are_offered(browser: Browser, server: LiveServer, store: Path) -> None:
    with reviewing(browser, server) as watched:
        page = watched.page
        page.goto("/review?list=links")
        for _ in range(40):  # the first links have no others
            page.wait_for_selector(".look", state="hidden")
            if page.locator(".candidates ol button").count():
                break
            press(page, "s")
        button = page.locator(".candidates ol button").first
        qid = (button.get_attribute("value") or "").split(":")[1]
        assert page.locator(f".candidates a[href$='/{qid}']").count() == 1
        press(page, "1")
        assert qid in page.inner_text(".last li:first-child")
        press(page, "u")


def test_without_a_script(browser: Browser, server: LiveServer) -> None:
    with reviewing(browser, server, java_script_enabled=False) as watched:
        page = watched.page
        first = name(page)
        assert not page.locator("main kbd").first.is_visible()
        page.click("main a:has-text('Skip')")
        assert name(page) != first
        page.go_back()
        page.check("input[value=all]")
        page.fill("#comment", "as elsewhere")
        page.click("button:has-text('Accept')")
        assert name(page) != first
        assert first in page.inner_text(".last li:first-child")
        page.click(".last li:first-child button")
        assert name(page) == first
        page.goto("/review?list=links&item=term/sram")
        page.click("text=Look them up")
        assert "memory" in page.locator(".item .description").first.inner_text()
        page.click("text=Log out")
        assert page.inner_text("h1") == "Log in to review"
        page.goto("/review")
        assert page.inner_text("h1") == "Log in to review"


def test_pages_are_for_all(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        watched.page.goto("/login")
        assert faults(watched.page) == []
    with reviewing(browser, server) as watched:
        page = watched.page
        page.keyboard.press("?")
        for path in [*(f"/review?list={one}" for one in LISTS), "/review?term=nothing"]:
            page.goto(path)
            assert faults(page) == [], path
        page.goto("/review?list=types")
        item = page.input_value("input[name=item]")
        press(page, "a")
        page.goto(f"/review?list=types&tried=reject&item={item.replace('#', '%23')}")
        assert page.inner_text("[role=alert] strong").startswith("This was decided while")
        assert faults(page) == []
        press(page, "u")


def test_by_keyboard_alone(browser: Browser, server: LiveServer, store: Path) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        page.goto("/login")
        page.focus("#name")
        page.keyboard.type("Jo Park")
        page.keyboard.press("Tab")
        page.keyboard.type(TOKEN)
        press(page, "Enter")
        first = name(page)
        page.focus("button[value=reject]")
        press(page, "Enter")
        assert first in page.inner_text(".last li:first-child")
        assert wait_until(lambda: page.locator("text=waits").count() == 1)
        press(page, "u")
