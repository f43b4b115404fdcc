"""Takes the README's pictures from a server of the example digests.

usage: python -m benchmarks.screenshots [--all FOLDER]

Builds and links the examples, serves them, and writes ``docs/pictures``. With ``--all`` every
page is taken instead, in both themes, wide and narrow, in both languages, to be looked at.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.page_list import first_of_each, pages_of
from benchmarks.processes import (
    ROOT,
    Failed,
    environment,
    fail_if_not_linux,
    free_port,
    run,
    session,
    wait_for,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PICTURES: Final = ROOT / "docs" / "pictures"
#: Name of a picture, the page, and what must be there before it is taken.
_SHOWN: Final = (
    ("front", "/", "main"),
    ("graph", "/explore?term=lora", "canvas"),
    ("paper", "/paper/2106.09685", "main"),
)
_START_S: Final = 60.0
_SETTLE_MS: Final = 1500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshots")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="take every page")
    parser.add_argument("--store", type=Path, help="a store instead of the examples'")
    options = parser.parse_args()
    fail_if_not_linux()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kg-screenshots-") as name,
            _server(Path(name), options.store) as url,
            _browser() as browser,
        ):
            if options.all is None:
                _take_shown(browser, url)
            else:
                _take_all(browser, url, options.all)
    except Failed as error:
        sys.exit(f"screenshots: {error}")


@contextmanager
def _server(folder: Path, given: Path | None) -> Iterator[str]:
    store = folder / "kg"
    command = [sys.executable, "-m", "kg.cli"]
    if given is not None:
        shutil.copytree(given, store)
    else:
        run([*command, "build", ROOT / "examples" / "digests", "--store", store], cwd=ROOT)
        run([*command, "link", "--store", store], cwd=ROOT)
    port = free_port()
    with session(
        [*command, "serve", "--store", store, "--port", str(port)],
        cwd=ROOT,
        env=environment(KG_REQUEST_LOG="off", KG_WRITE_TOKEN="screenshots"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/health/ready", process, within_s=_START_S)
        yield url


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise Failed("Chromium: none on the PATH; expected the program 'chromium'")
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def _take_shown(browser: Browser, url: str) -> None:
    _PICTURES.mkdir(exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    page = context.new_page()
    for name, path, there in _SHOWN:
        page.goto(url + path)
        page.wait_for_selector(there)
        page.wait_for_timeout(_SETTLE_MS)
        page.screenshot(path=_PICTURES / f"{name}.png")
        print(f"docs/pictures/{name}.png: {path}")


def _take_all(browser: Browser, url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pages = first_of_each(pages_of(url), lambda one: "suggest" not in one.path)
    for scheme, width, locale in (
        ("light", 1280, "en-GB"),
        ("dark", 1280, "ko-KR"),
        ("light", 360, "ko-KR"),
        ("dark", 360, "en-GB"),
    ):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
        )
        tab = context.new_page()
        for page in pages:
            tab.goto(url + page.path)
            tab.wait_for_timeout(_SETTLE_MS)
            path = folder / f"{page.kind}-{scheme}-{width}-{locale[:2]}.png"
            tab.screenshot(path=path, full_page=True)
        context.close()
    print(f"{folder}: {len(list(folder.glob('*.png')))} pictures")


if __name__ == "__main__":
    main()
