"""Measures the pages: time to first byte, sizes, what they load, and how soon they are drawn.

usage: python -m benchmarks.pages SHARED
       python -m benchmarks.pages --store STORE

Builds and links the graph of the digests in SHARED, or takes a store that is there, and
serves it. Each page is asked for once as the first ever to ask (cold) and once more, in turn
with ``/health/live``, the least that this server can answer. In Chromium the page of the
largest thing of each kind tells its largest contentful paint and its layout shift. Goals are
told, not enforced: first byte under 100 ms at the median of each kind, HTML under 300 kB.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from benchmarks.page_list import Page, pages_of
from benchmarks.page_vitals import vitals_of
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

_GOAL_MS: Final = 100
_GOAL_KB: Final = 300
_LEAST: Final = "/health/live"
_START_S: Final = 120.0
_HTML: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Visit:
    """What one request took and brought."""

    status: int
    first_byte_ms: float
    body: bytes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("shared", nargs="?", type=Path, help="folder of digests/ and seeds/")
    parser.add_argument("--store", type=Path, help="a store that is built and linked")
    options = parser.parse_args()
    fail_if_not_linux()
    if (options.shared is None) == (options.store is None):
        parser.error("expected SHARED or --store STORE")
    try:
        with tempfile.TemporaryDirectory(prefix="kg-pages-") as name:
            store = Path(name) / "kg"
            if options.store is not None:
                shutil.copytree(options.store, store)
            else:
                _build(options.shared, store)
            _measure(store)
    except Failed as error:
        sys.exit(f"pages: {error}")


def _build(shared: Path, store: Path) -> None:
    print(f"building the graph of {shared.name} …", flush=True)
    command = [sys.executable, "-m", "kg.cli"]
    digests = [shared / name for name in ("digests", "seeds") if (shared / name).is_dir()]
    if not digests:
        raise Failed(f"{shared}: has no digests; expected folders digests and seeds")
    run([*command, "build", *digests, "--store", store], cwd=ROOT)
    run([*command, "link", "--store", store], cwd=ROOT)


def _measure(store: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "kg.cli", "serve", "--store", store, "--port", str(port)]
    with session(
        command,
        cwd=ROOT,
        env=environment(KG_REQUEST_LOG="off"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(f"{url}/health/ready", process, within_s=_START_S)
        _wait_for_names(url)
        pages = pages_of(url)
        # What was asked to list the pages has another form: no page was asked for.
        cold, least = _visit_all(url, pages)
        warm, _ = _visit_all(url, pages)
        _tell_times(pages, cold, warm, least)
        _tell_vitals(url, pages)


def _wait_for_names(url: str) -> None:
    """Wait for the list of names, which search needs and a new snapshot makes."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if json.loads(_visit(url, "/search/suggest?q=a").body)["ready"]:
            return
        time.sleep(0.5)
    raise Failed(f"{url}/search/suggest: no names after {_START_S:.0f} s")


def _visit(url: str, path: str) -> Visit:
    """Ask for a page on a new connection; the time is from sending to the first byte."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.connect()
        started = time.perf_counter()
        connection.request("GET", path, headers={"Accept": _HTML})
        reply = connection.getresponse()
        elapsed = time.perf_counter() - started
        return Visit(reply.status, elapsed * 1000, reply.read())
    finally:
        connection.close()


def _visit_all(url: str, pages: list[Page]) -> tuple[list[Visit], list[float]]:
    visits, least = [], []
    for page in pages:
        least.append(_visit(url, _LEAST).first_byte_ms)
        visit = _visit(url, page.path)
        if visit.status != 200:
            raise Failed(f"{page.path}: answered {visit.status}; expected 200")
        visits.append(visit)
    return visits, least


def _tell_times(
    pages: list[Page], cold: list[Visit], warm: list[Visit], least: list[float]
) -> None:
    floor = median(least)
    print(f"\n{len(pages)} pages; {_LEAST} answers in {floor:.2f} ms at the median")
    print("times to first byte in ms, cold and (warm), and as a multiple of that; sizes in kB\n")
    print(
        f"{'kind':<12} {'pages':>5} {'median':>15} {'times':>6} {'slowest':>9} {'html':>6}"
        f" {'gzip':>6}"
    )
    by_kind: dict[str, list[int]] = defaultdict(list)
    for place, page in enumerate(pages):
        by_kind[page.kind].append(place)
    over = []
    for kind, places in by_kind.items():
        typical = median(cold[place].first_byte_ms for place in places)
        again = median(warm[place].first_byte_ms for place in places)
        slowest = max(cold[place].first_byte_ms for place in places)
        largest = max((cold[place].body for place in places), key=len)
        kilobytes = len(largest) / 1000
        zipped = len(gzip.compress(largest)) / 1000
        print(
            f"{kind:<12} {len(places):>5} {typical:>7.1f} ({again:>5.1f}) {typical / floor:>6.1f} "
            f"{slowest:>9.1f} {kilobytes:>6.1f} {zipped:>6.1f}"
        )
        if typical > _GOAL_MS or kilobytes > _GOAL_KB:
            over.append(kind)
    print(f"\nover {_GOAL_MS} ms or {_GOAL_KB} kB: {', '.join(over) or 'none'}", flush=True)


def _tell_vitals(url: str, pages: list[Page]) -> None:
    print(f"\n{'page':<44} {'LCP ms':>7} {'shift':>6} {'scripts':>8} {'styles':>7} {'files':>6}")
    for told in vitals_of(url, pages):
        print(
            f"{told.path[:44]:<44} {told.largest_paint_ms:>7.0f} {told.layout_shift:>6.3f} "
            f"{told.script_kb:>8.1f} {told.style_kb:>7.1f} {told.files:>6}"
        )


if __name__ == "__main__":
    main()
