"""Start and watch what the tests of the server need: stores, servers, processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import requests

from kg.store import open_writer, snapshot_id
from tests.conftest import ROOT

GRAPH = ROOT / "tests" / "data" / "served.trig"
#: How many triples it has.
TRIPLES = 70
BASE = "https://w3id.org/paperkg/"


def write_store(path: Path, quads: Iterable[ox.Quad] = ()) -> Path:
    """Add the graph of ``served.trig`` and *quads* to a store."""
    with open_writer(path, wait_s=5) as writer:
        writer.graph.extend(ox.parse(path=str(GRAPH)))
        writer.graph.bulk_extend(quads)
    return path


def many_quads(count: int) -> Iterator[ox.Quad]:
    """Quads of a users' graph, for large results and slow queries."""
    graph, predicate = ox.NamedNode("https://example.org/many"), ox.NamedNode("urn:p")
    for number in range(count):
        yield ox.Quad(
            ox.NamedNode(f"https://example.org/many/{number:07}"),
            predicate,
            ox.Literal(f"value {number}"),
            graph,
        )


#: Counts the square of the graph: takes minutes, and little memory, with 10,000 quads.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }"
#: Sorts it, which takes all the memory there is.
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)

    def ask(self, query: str, **options: Any) -> requests.Response:
        return requests.post(self.url + "/sparql", data={"query": query}, timeout=60, **options)


@contextmanager
def live_server(store: Path, **settings: object) -> Iterator[LiveServer]:
    """Run the server on a free port until the block ends."""
    variables = {f"KG_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "server.py")],
        cwd=store.parent,
        env={**os.environ, "KG_STORE": str(store), "KG_PORT": "0", **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("Serving http://"), line + process.stderr.read()
        yield LiveServer(line.split()[1].rstrip("/"), process)
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def descendants(pid: int) -> list[int]:
    """The processes that *pid* has started, and that those have started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # ended meanwhile
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found[1:]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition: Any, timeout_s: float = 10.0) -> bool:
    """Wait for a condition to hold; tell whether it did in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def settled(server: LiveServer, store: Path) -> LiveServer:
    """Wait until the names of the newest snapshot are listed, and the process that does it has
    gone, so that only those processes are left that stay."""

    def still() -> bool:
        """Whether nobody came or went for a while."""
        before = descendants(server.process.pid)
        time.sleep(0.3)
        return descendants(server.process.pid) == before

    listed = store.parent / f"{store.name}-names"
    newest = f"{snapshot_id(store)}-*.names"
    assert wait_until(lambda: any(listed.glob(newest)) and still(), timeout_s=60)
    return server


def memory_mb(pid: int) -> float:
    """Memory of a process that is its own, at its highest."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} has no VmHWM")
