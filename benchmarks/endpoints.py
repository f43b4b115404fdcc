"""Two servers with the same quads: ours, and ``oxigraph serve``."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import pyoxigraph as ox

from benchmarks.processes import ROOT, Failed, environment, free_port, session, wait_for
from kg.store import open_writer

#: One client sends all requests here, and none may be refused for that.
_SETTINGS: Final = {"KG_MAX_QUERIES_PER_CLIENT": "64", "KG_QUERY_TIMEOUT_S": "60"}
_START_S: Final = 60.0
_SETTLE_S: Final = 120.0
_LOOK_S: Final = 0.3
#: A server is idle below this share of a core, so many looks on end.
_IDLE: Final = 0.1
_IDLE_LOOKS: Final = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running server in a session of its own, and the path of its SPARQL queries."""

    name: str
    address: str
    path: str
    session: int

    def settle(self) -> None:
        """Wait until it has done with what clients that have left asked for.

        Raises:
            Failed: it goes on and on.
        """
        deadline = time.monotonic() + _SETTLE_S
        before, idle = session_cpu_s(self.session), 0
        while time.monotonic() < deadline:
            time.sleep(_LOOK_S)
            now = session_cpu_s(self.session)
            idle = idle + 1 if now - before < _IDLE * _LOOK_S else 0
            if idle == _IDLE_LOOKS:
                return
            before = now
        raise Failed(f"{self.name}: busy {_SETTLE_S:g} s after its last request; expected it idle")

    def get(self, path: str, accept: str, method: str = "GET") -> bytes:
        """Return the body of an answer.

        Raises:
            Failed: it is an error.
        """
        request = urllib.request.Request(
            self.address + path, headers={"Accept": accept}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as reply:
                return bytes(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read()[:200]
            raise Failed(f"{self.name}: {error.code}, {said!r}; expected an answer") from error

    def ask(self, text: str, accept: str) -> bytes:
        return self.get(f"{self.path}?query={quote(text, safe='')}", accept)


def load_ours(quads: Path, store: Path) -> None:
    """Load quads into a store for ``kg serve``, as a build does."""
    with open_writer(store, wait_s=1) as writer:
        writer.graph.bulk_load(path=str(quads), format=ox.RdfFormat.TRIG)
        writer.graph.optimize()


def load_oxigraph(quads: Path, store: Path) -> None:
    """Load quads into a store for ``oxigraph serve``."""
    graph = ox.Store(str(store))
    graph.bulk_load(path=str(quads), format=ox.RdfFormat.TRIG)
    graph.optimize()
    graph.flush()


@contextmanager
def our_server(store: Path) -> Iterator[Endpoint]:
    """Run ``kg serve`` of this checkout until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "kg.cli", "serve", "--store", store, "--port", str(port)]
    variables = environment(PYTHONPATH=str(ROOT), **_SETTINGS)
    with (
        _log(store, "ours") as log,
        session(command, cwd=store.parent, env=variables, stdout=log, stderr=log) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process, within_s=_START_S)
        yield Endpoint("ours", address, "/sparql", process.pid)


@contextmanager
def oxigraph_server(binary: str, store: Path) -> Iterator[Endpoint]:
    """Run ``oxigraph serve`` until the block ends; its default graph is the union, like ours."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    command = [binary, "serve", "--location", store, "--bind", bind, "--union-default-graph"]
    with (
        _log(store, "oxigraph") as log,
        session(command, cwd=store.parent, stdout=log, stderr=log) as process,
    ):
        wait_for(f"http://{bind}/", process, within_s=_START_S)
        yield Endpoint("oxigraph", f"http://{bind}", "/query", process.pid)
        process.kill()  # after heavy loads it has taken more than 20 s to end when asked to


def session_cpu_s(number: int) -> float:
    """CPU seconds that the living processes of a session have taken."""
    ticks = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # ended meanwhile
                continue
            values = text.rpartition(")")[2].split()  # state is the first, see proc(5)
            if int(values[3]) == number:
                ticks += int(values[11]) + int(values[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _log(store: Path, name: str) -> Iterator[IO[str]]:
    with store.with_name(f"{name}.log").open("w", encoding="utf-8") as log:
        yield log
