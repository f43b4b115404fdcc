"""A real browser for the tests of the pages: Chromium, which complains about what goes wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import ROOT

__all__ = [
    "AXE",
    "CHROMIUM",
    "NEEDS_BROWSER",
    "Watched",
    "axe_violations",
    "expect",
    "faults",
    "in_browser",
    "running_browser",
    "watched_page",
]

#: How long a page may take until it shows what a test expects of it, on a machine under load.
expect.set_options(timeout=30_000)

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
#: What `make vendor` brings of axe-core.
AXE = ROOT / "tests" / "data" / "axe" / "axe.min.js"
#: Marks of a test file that needs it.
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]
#: What follows a change of size is drawn in the next frame.
_WIDTH_AFTER_A_FRAME = """() => new Promise(told => requestAnimationFrame(() =>
  requestAnimationFrame(() => told(document.documentElement.scrollWidth))))"""
#: ``SLOWER=2 pytest -m browser`` gives pages half of the processor and a slow line: what a test
#: looks at before it is there then fails each time, not once in a hundred runs.
_SLOWER = int(os.environ.get("SLOWER", "1"))
_LATENCY_MS = 100
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def in_browser(test: Any) -> Any:
    """Mark one test of a file that needs it."""
    for mark in NEEDS_BROWSER:
        test = mark(test)
    return test


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium, until the block ends."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page of a server in a context of its own, and what went wrong in it.

    Whatever the console says, an error of a script, a dialog, or a request to another host is
    a complaint.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=url, **options)
        self.page: Page = self.context.new_page()
        if _SLOWER > 1:
            _slow_down(self.page)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self._check(request.url, url))

    def _check(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "blob:")):
            self.complaints.append(f"asked {url}")


def _slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**line, "latency": _LATENCY_MS * _SLOWER})
    session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})


@contextmanager
def watched_page(browser: Browser, url: str, **options: Any) -> Iterator[Watched]:
    """Open a page; at the end of the block nothing may have gone wrong in it."""
    found = Watched(browser, url, **options)
    try:
        yield found
    finally:
        found.context.close()
    assert found.complaints == []


def faults(page: Page, without: Sequence[str] = ()) -> list[str]:
    """List what is wrong with how a page looks: for axe-core in both themes, and too wide a page.

    One load shows it all: in the light theme every rule is looked at, in the dark one contrast, as
    all else is the same; and it must fit a phone and a wide screen.

    Args:
        without: selectors of parts that axe-core does not look at.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = axe_violations(page, without)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {one}" for one in axe_violations(page, without, ["color-contrast"])]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    size = page.viewport_size
    assert size
    for width in (320, 1920):
        page.set_viewport_size({"width": width, "height": size["height"]})
        wide = page.evaluate(_WIDTH_AFTER_A_FRAME)
        if wide > width:
            found.append(f"is {wide} px wide on a screen of {width}")
    page.set_viewport_size(size)
    return found


def axe_violations(page: Page, without: Sequence[str] = (), only: Sequence[str] = ()) -> list[str]:
    """Run axe-core on what a page shows; a line for each violation and the first element.

    Args:
        without: selectors of parts that are not looked at.
        only: rules to look at; all without any.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate(
        """([exclude, only]) => axe.run({include: ['html'], exclude: exclude.map(one => [one])},
          {resultTypes: ['violations'], ...(only.length ? {runOnly: only} : {})})""",
        [list(without), list(only)],
    )
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} "
        f"{one['nodes'][0]['any'][0]['message'] if one['nodes'][0]['any'] else ''}"
        for one in told["violations"]
    ]
