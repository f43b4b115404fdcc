"""Measures how fast the server answers, beside Oxigraph's own server with the same quads.

usage: python -m benchmarks.serve [--quick] [--oxigraph BINARY]

Both servers run all the time and are measured in turn, so that a busy machine slows both.
No query is sent twice but those that are meant to be, and both must give the same answers
first. Needs wrk, and the binary of the PyPI package ``oxigraph``. An answer that is an
error ends the run with exit code 1; a goal that is not reached does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import quote

from benchmarks import look_up_cost
from benchmarks.endpoints import (
    Endpoint,
    load_ours,
    load_oxigraph,
    our_server,
    oxigraph_server,
)
from benchmarks.load_generator import Load, send
from benchmarks.processes import Failed, fail_if_not_linux
from benchmarks.synthetic import write_quads
from benchmarks.workloads import GOAL_CONNECTIONS, GOALS, Kind, Workload, repeated, workloads

_CONNECTIONS: Final = (1, 16)
#: How many constants of each workload are asked on both servers before measuring.
_COMPARED: Final = 5
_ANYTHING: Final = "*/*"
_FRONT_ALONE: Final = "OPTIONS /sparql"


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure: rounds of some seconds for each server, request and connections."""

    quads: int
    rounds: int
    seconds: int


_FULL: Final = Size(quads=1_000_000, rounds=3, seconds=5)
_QUICK: Final = Size(quads=100_000, rounds=2, seconds=2)

#: (name of the request, connections, name of the server) -> a load a round
_Loads = defaultdict[tuple[str, int, str], list[Load]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve")
    parser.add_argument("--quick", action="store_true", help="a tenth of the quads, short rounds")
    parser.add_argument("--oxigraph", default="oxigraph", help="Oxigraph's binary")
    options = parser.parse_args()
    fail_if_not_linux()
    for program in ("wrk", options.oxigraph):
        if not shutil.which(program):
            sys.exit(f"serve: no program {program!r}; expected wrk and oxigraph (pip) on the PATH")
    try:
        with tempfile.TemporaryDirectory(prefix="kg-serve-") as name:
            _measure(Path(name), options.oxigraph, _QUICK if options.quick else _FULL)
    except Failed as error:
        sys.exit(f"serve: {error}")


def _measure(folder: Path, binary: str, size: Size) -> None:
    started = time.perf_counter()
    quads, store = folder / "quads.trig", folder / "kg"
    made = write_quads(quads, size.quads)
    load_ours(quads, store)
    load_oxigraph(quads, folder / "oxigraph")
    print(
        f"{made.quads:,} quads, {len(made.papers):,} papers, {len(made.terms):,} terms; "
        f"{os.cpu_count()} cores; made and loaded twice in {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    asked = workloads(made)
    with our_server(store) as ours, oxigraph_server(binary, folder / "oxigraph") as theirs:
        for workload in asked:
            _compare(workload, ours, theirs)
        print("both give the same answers\n", flush=True)
        again = [repeated(one) for one in asked if one.kind is Kind.HEAVY]
        loads = _rounds((*asked, *again), (ours, theirs), size, folder)
        empty = _empty_routes(ours, size, folder)
        _print_table((*asked, *again), loads)
        _print_empty(empty, loads, asked[0].name)
    alone = median(load.p50_ms for load in loads[asked[0].name, 1, "ours"])
    look_up_cost.report(asked[0], store, alone, empty[_FRONT_ALONE, 1].p50_ms)
    print(f"\n{time.perf_counter() - started:.0f} s in all")


def _compare(workload: Workload, ours: Endpoint, theirs: Endpoint) -> None:
    """Check that both servers answer alike, and that there is something to answer."""
    found = 0
    for number, constant in enumerate(
        workload.constants[:: max(1, len(workload.constants) // _COMPARED)]
    ):
        text = workload.filled(constant, number)
        one, other = (workload.rows(server.ask(text, workload.accept)) for server in (ours, theirs))
        if one != other:
            difference = sorted(set(one) ^ set(other))[:2]
            raise Failed(
                f"{workload.name}: {len(one)} rows of ours, {len(other)} of oxigraph, as "
                f"{difference}; expected the same answer to {text!r}"
            )
        found += len(one)
    if not found:
        raise Failed(f"{workload.name}: no rows; expected some")


def _rounds(
    asked: Sequence[Workload], servers: Sequence[Endpoint], size: Size, folder: Path
) -> _Loads:
    loads: _Loads = defaultdict(list)
    for number in range(size.rounds):
        for workload in asked:
            for connections in _CONNECTIONS:
                # The second of a pair finds warmer caches: each round begins with another.
                for server in servers if number % 2 else reversed(servers):
                    load = send(
                        server.address,
                        workload.path(server.path),
                        workload.accept,
                        [quote(one, safe="") for one in workload.constants],
                        connections=connections,
                        seconds=size.seconds * (workload.longer if connections > 1 else 1),
                        folder=folder,
                    )
                    server.settle()
                    loads[workload.name, connections, server.name].append(load)
                    _print_round(number, workload.name, connections, server.name, load)
    return loads


def _empty_routes(ours: Endpoint, size: Size, folder: Path) -> dict[tuple[str, int], Load]:
    """Measure what runs no query.

    ``OPTIONS`` costs least: it goes through HTTP and the front alone. ``/health`` looks at
    the store's pointer as well, in a thread of Flask's.
    """
    found = {}
    for name in (_FRONT_ALONE, "GET /health"):
        method, path = name.split()
        for connections in _CONNECTIONS:
            found[name, connections] = send(
                ours.address,
                path,
                _ANYTHING,
                ("none",),
                connections=connections,
                seconds=size.seconds,
                folder=folder,
                method=method,
            )
            _print_round(0, name, connections, ours.name, found[name, connections])
    return found


def _print_round(number: int, name: str, connections: int, server: str, load: Load) -> None:
    print(
        f"round {number + 1}  {name:<30} {connections:>3} {server:<9} "
        f"{load.requests_s:>10.1f}/s  p50 {load.p50_ms:>9.2f} ms  p99 {load.p99_ms:>9.2f} ms  "
        f"{load.bytes:>9.0f} B",
        flush=True,
    )


def _print_table(asked: Sequence[Workload], loads: _Loads) -> None:
    print(
        f"\nmedians  {'':<24} conn.    ours/s oxigraph/s     ratio   goal          "
        "ours p50, p99 ms      oxigraph p50, p99 ms"
    )
    for workload in asked:
        for connections in _CONNECTIONS:
            ours = loads[workload.name, connections, "ours"]
            theirs = loads[workload.name, connections, "oxigraph"]
            # Of each pair of neighbours in time, as the machine's speed changes.
            ratio = median(
                one.requests_s / other.requests_s for one, other in zip(ours, theirs, strict=True)
            )
            print(
                f"{workload.name:<34}{connections:>4}{_rate(ours):>10.1f}{_rate(theirs):>11.1f}"
                f"{ratio:>10.3f}{_goal(workload.kind, connections, ratio):>14}"
                f"{_latencies(ours):>26}{_latencies(theirs):>26}"
            )


def _rate(loads: Sequence[Load]) -> float:
    return median(load.requests_s for load in loads)


def _latencies(loads: Sequence[Load]) -> str:
    p50 = median(load.p50_ms for load in loads)
    return f"{p50:.2f}, {median(load.p99_ms for load in loads):.2f}"


def _goal(kind: Kind, connections: int, ratio: float) -> str:
    if GOAL_CONNECTIONS.get(kind, connections) != connections:
        return ""
    return f"{GOALS[kind]:g} {'reached' if ratio >= GOALS[kind] else 'missed'}"


def _print_empty(empty: dict[tuple[str, int], Load], loads: _Loads, look_up: str) -> None:
    print("\nrequests that run no query")
    for (path, connections), load in empty.items():
        share = _rate(loads[look_up, connections, "ours"]) / load.requests_s
        print(
            f"{path:<34}{connections:>4}{load.requests_s:>10.1f}   "
            f"a {look_up} makes {share:.2f} of it"
        )


if __name__ == "__main__":
    main()
