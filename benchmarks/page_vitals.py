"""What Chromium tells of a page: when its largest part was drawn, what moved, what it loaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.page_list import Page, first_of_each
from benchmarks.processes import Failed

_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Paths that answer with data.
_DATA: Final = (".json", "/suggest")
_OBSERVE: Final = """() => new Promise(done => {
  const told = {paint: 0, shift: 0};
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) told.paint = Math.max(told.paint, entry.startTime);
  }).observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) told.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => {
    const loaded = performance.getEntriesByType("resource");
    const bytes = ending => loaded.filter(one => new URL(one.name).pathname.endsWith(ending))
      .reduce((sum, one) => sum + one.decodedBodySize, 0);
    done({...told, script: bytes(".js"), style: bytes(".css"), files: loaded.length});
  }, 1000);
})"""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Largest contentful paint in ms, cumulative layout shift, and sizes before compression."""

    path: str
    largest_paint_ms: float
    layout_shift: float
    script_kb: float
    style_kb: float
    files: int


def vitals_of(url: str, pages: Sequence[Page]) -> Iterator[Vitals]:
    """Visit the first page of each kind with an empty cache, 1280 by 800.

    Raises:
        Failed: there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise Failed("Chromium: none on the PATH; expected the program 'chromium'")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        for page in first_of_each(pages, lambda one: not any(part in one.path for part in _DATA)):
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            tab = context.new_page()
            tab.goto(url + page.path)
            told: dict[str, Any] = tab.evaluate(_OBSERVE)
            context.close()
            yield Vitals(
                page.path,
                told["paint"],
                told["shift"],
                told["script"] / 1000,
                told["style"] / 1000,
                told["files"],
            )
        browser.close()
