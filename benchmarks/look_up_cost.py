"""Tells what the time of a look-up is spent on, by doing each part alone, many times.

Parts are timed in this process with nothing else running: reading the request, checking
the text, an empty job's way to a query worker and back, evaluating, and writing the answer.
What is left of the whole, as one client sees it, is waiting and switching of processes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import BinaryIO, Final

import pyoxigraph as ox

from benchmarks.workloads import Workload
from kg.sparql import check
from kg.store import open_snapshot
from kg.web.protocol import read_operation
from kg.web.reader import Reader
from kg.web.workers import Pool, PoolLimits

_TIMES: Final = 2_000
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Nothing:
    """A job that has an answer at once."""

    def run(self, reader: Reader, out: BinaryIO) -> None:
        out.write(b"{}")


def report(workload: Workload, store: Path, whole_ms: float, front_ms: float) -> None:
    """Print the parts of a look-up that takes *whole_ms* at one connection.

    *front_ms* is what a request takes there that asks for nothing: HTTP, front and log.
    """
    constant = workload.constants[0]
    text = workload.filled(constant, 0)
    numbers = count()  # a text that was checked before may be known
    url_query = workload.path("").partition("?")[2].encode()
    parts = {
        "HTTP and front, with wrk": front_ms * 1000,
        "read the request": _us(lambda: read_operation("GET", "", url_query, b"")),
        "check the text by tokens": _us(lambda: check(workload.filled(constant, next(numbers)))),
        "to a worker and back": asyncio.run(_way_us(store)),
    }
    with open_snapshot(store) as snapshot:
        graph = snapshot.graph

        def solve() -> ox.QuerySolutions:
            found = graph.query(text, use_default_graph_as_union=True)
            assert isinstance(found, ox.QuerySolutions)
            return found

        parts["parse and plan in the store"] = _us(solve)
        written = _us(lambda: solve().serialize(format=ox.QueryResultsFormat.JSON))
        parts["evaluate and serialize"] = written - parts["parse and plan in the store"]
    print(f"\nwhat a {workload.name} at one connection is spent on, in µs of {whole_ms * 1000:.0f}")
    for name, cost in parts.items():
        print(f"{name:<34}{cost:>10.0f}")
    rest = whole_ms * 1000 - sum(parts.values())
    print(f"{'the rest: waiting, switching':<34}{rest:>10.0f}")


async def _way_us(store: Path) -> float:
    """Microseconds of a job that does nothing."""
    pool = Pool(store, PoolLimits(1, timeout_s=10, memory_mb=2048))

    async def there_and_back() -> None:
        answer = await pool.ask(Nothing())
        answer.close()

    try:
        return await _us_waited(there_and_back)
    finally:
        await pool.close()


def _us(function: Callable[[], object]) -> float:
    """Microseconds of a call: of some rounds the median, each the mean of many calls."""

    async def call() -> None:
        function()

    return asyncio.run(_us_waited(call))


async def _us_waited(function: Callable[[], Awaitable[None]]) -> float:
    await function()
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(_TIMES // _ROUNDS):
            await function()
        taken.append((time.perf_counter() - start) / (_TIMES // _ROUNDS) * 1e6)
    return median(taken)
