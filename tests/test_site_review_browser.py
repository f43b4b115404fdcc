"""Reviewing in a real browser: by keys, without a script, on a phone, and for all eyes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.reviewers import TOKEN, corrections, mentions_of
from tests.server_process import LiveServer, live_server

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
        expect(page.locator("h1")).to_have_text("Review")
        yield watched


def name(page: Page) -> str:
    return page.inner_text("#item bdi")


def press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def click(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.click(selector)


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
        expect(page.locator("details.help")).to_have_attribute("open", "")
        click(page, "text=Put in force now")
        page.wait_for_selector("text=All decisions are in force.", timeout=60_000)
        expect(page.locator(".last li:nth-child(2) .state")).to_have_text("in force")
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
        expect(page.locator("#comment")).to_have_value("are 123 sure?")
        page.click("h1")
        page.keyboard.press("e")
        expect(page.locator("input[value=all]")).to_be_checked()
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
        expect(page.locator(f".candidates a[href$='/{qid}']")).to_have_count(1)
        press(page, "1")
        expect(page.locator(".last li:first-child")).to_contain_text(qid)
        press(page, "u")


def test_without_a_script(browser: Browser, server: LiveServer) -> None:
    with reviewing(browser, server, java_script_enabled=False) as watched:
        page = watched.page
        first = name(page)
        expect(page.locator("main kbd").first).to_be_hidden()
        click(page, "main a:has-text('Skip')")
        assert name(page) != first
        page.go_back()
        page.check("input[value=all]")
        page.fill("#comment", "as elsewhere")
        click(page, "button:has-text('Accept')")
        assert name(page) != first
        expect(page.locator(".last li:first-child")).to_contain_text(first)
        click(page, ".last li:first-child button")
        assert name(page) == first
        page.goto("/review?list=links&item=term/sram")
        page.click("text=Look them up")
        expect(page.locator(".item .description").first).to_contain_text("memory")
        click(page, "text=Log out")
        expect(page.locator("h1")).to_have_text("Log in to review")
        page.goto("/review")
        expect(page.locator("h1")).to_have_text("Log in to review")


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
        told = re.compile("^This was decided while")
        expect(page.locator("[role=alert] strong")).to_have_text(told)
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
        expect(page.locator(".last li:first-child")).to_contain_text(first)
        expect(page.locator("text=waits")).to_have_count(1)
        press(page, "u")
