"""Loads a live server with everything at once for a long time, and tells how its memory goes.

usage: python -m benchmarks.soak [--minutes 20]

Look-ups, heavy queries, queries past their deadline, clients that leave, writes with a token,
builds of a small folder of digests, and dumps. Memory is that of all the server's processes,
each shared page once; its slope is fitted to means of a minute after a warm-up. Ends with
exit code 1 if an answer was wrong, or the server ended or broke down.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import mean
from typing import Final

import pyoxigraph as ox

from benchmarks.memory import Line, fit, proportional_mb
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
from benchmarks.soak_clients import Client
from kg.store import open_writer

_TOKEN: Final = "soak"
_SETTINGS: Final = {"KG_WRITE_TOKEN": _TOKEN, "KG_QUERY_TIMEOUT_S": "5"}
_DIGESTS: Final = ROOT / "examples" / "digests"
_OWN_QUADS: Final = 50_000
_START_S: Final = 60.0
_SAMPLE_S: Final = 5.0
_BLOCK_S: Final = 60.0
#: The share of the time, and the least of it, that memory is given to fill its caches.
_WARM_UP: Final = 0.2
_WARM_UP_S: Final = 120.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=20.0, help="how long (default 20)")
    minutes = parser.parse_args().minutes
    fail_if_not_linux()
    try:
        with tempfile.TemporaryDirectory(prefix="kg-soak-") as name:
            _soak(Path(name), minutes * 60)
    except Failed as error:
        sys.exit(f"soak: {error}")


def _soak(folder: Path, seconds: float) -> None:
    store = folder / "kg"
    kg: list[str | Path] = [sys.executable, "-m", "kg.cli"]
    variables = environment(PYTHONPATH=str(ROOT), **_SETTINGS)
    run([*kg, "build", _DIGESTS, "--store", store], cwd=folder, env=variables)
    with open_writer(store, wait_s=5) as writer:
        writer.graph.bulk_extend(_own_quads())
    port = free_port()
    serve = [*kg, "serve", "--store", store, "--port", str(port)]
    log = folder / "log"
    with (
        log.open("w", encoding="utf-8") as out,
        session(serve, cwd=folder, env=variables, stdout=out, stderr=out) as process,
    ):
        wait_for(f"http://127.0.0.1:{port}/health", process, within_s=_START_S)
        client = Client("127.0.0.1", port, _TOKEN)

        def build() -> str:
            """Take a digest out and put it in again, beside the server."""
            digest = sorted(_DIGESTS.glob("*.md"))[-1]
            run([*kg, "remove", digest.stem, "--store", store], cwd=folder, env=variables)
            run([*kg, "build", digest, "--store", store], cwd=folder, env=variables)
            return "done"

        loads = {**client.loads(), "build": build}
        counts, samples = _run_all(loads, seconds, process.pid)
        if process.poll() is not None:
            raise Failed(f"the server ended with {process.returncode}; expected it to live")
    _report(counts, samples, seconds)
    broken = [line for line in log.read_text(encoding="utf-8").splitlines() if "Traceback" in line]
    wrong = sorted(what for what in counts if what[1].startswith("wrong"))
    if broken or wrong:
        raise Failed(f"{wrong}, {len(broken)} tracebacks in the log; expected neither")


def _own_quads() -> Iterator[ox.Quad]:
    graph, predicate = ox.NamedNode("https://example.org/soak"), ox.NamedNode("urn:p")
    for number in range(_OWN_QUADS):
        subject = ox.NamedNode(f"https://example.org/soak/{number}")
        yield ox.Quad(subject, predicate, ox.Literal(f"value {number}"), graph)


def _run_all(
    loads: dict[str, Callable[[], str]], seconds: float, pid: int
) -> tuple[Counter[tuple[str, str]], list[tuple[float, float]]]:
    """Run each load in a thread of its own, over and over; sample the memory meanwhile.

    Returns how often each load ended in each way, and (seconds, MB).
    """
    counts: Counter[tuple[str, str]] = Counter()
    stop, lock = threading.Event(), threading.Lock()

    def repeat(name: str, load: Callable[[], str]) -> None:
        random = Random(name)
        while not stop.is_set():
            try:
                outcome = load()
            except Failed as error:
                outcome = f"wrong: {error}"
            with lock:
                counts[name, outcome] += 1
            stop.wait(random.uniform(0, 0.05))

    threads = [threading.Thread(target=repeat, args=item) for item in loads.items()]
    for thread in threads:
        thread.start()
    samples, started = [], time.monotonic()
    try:
        while (passed := time.monotonic() - started) < seconds:
            samples.append((passed, proportional_mb(pid)))
            time.sleep(_SAMPLE_S)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return counts, samples


def _report(
    counts: Counter[tuple[str, str]], samples: list[tuple[float, float]], seconds: float
) -> None:
    for (name, outcome), count in sorted(counts.items()):
        print(f"{name:<12}{outcome:<40}{count:>10,}")
    blocks: dict[int, list[float]] = {}
    for passed, mb in samples:
        blocks.setdefault(int(passed // _BLOCK_S), []).append(mb)
    for number, block in blocks.items():
        print(f"minute {number + 1:>3}  {mean(block):8.1f} MB, at most {max(block):.1f}")
    warm_up_s = max(_WARM_UP * seconds, min(_WARM_UP_S, seconds / 2))
    points = [
        (number * _BLOCK_S, mean(block))
        for number, block in blocks.items()
        if number * _BLOCK_S >= warm_up_s
    ]
    line: Line | None = fit(points)
    if line is None:
        print(f"no slope: {len(points)} minutes after the warm-up; expected three or more")
        return
    print(
        f"slope after {warm_up_s / 60:.1f} minutes: {line.slope * 3600:+.1f} ± "
        f"{line.error * 3600:.1f} MB/hour (one standard error), {len(points)} minutes"
    )


if __name__ == "__main__":
    main()
