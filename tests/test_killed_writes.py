"""Processes of the server are killed while clients write: what was acknowledged is there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests
from urllib3.exceptions import NewConnectionError

from kg.store import open_snapshot, open_writer
from tests.conftest import ROOT
from tests.server_process import alive, descendants, wait_until

TOKEN = "a token for the tests"
BATCHES = "https://example.org/batches"
#: Triples of a batch, and of each version of a graph that is replaced.
SIZE = 50
PREDICATE = "urn:batch"
INSERTERS, REPLACERS = 3, 2
#: How long clients may be without an answer; a server starts within this time.
PATIENCE_S = 60.0
HALF = (
    f"SELECT ?g ?batch (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s <{PREDICATE}> ?batch }} }} "
    f"GROUP BY ?g ?batch HAVING (COUNT(*) != {SIZE})"
)


def replaced_graph(number: int) -> str:
    return f"https://example.org/replaced/{number}"


def triples(batch: str) -> str:
    """The triples of a batch, which each name it."""
    return "".join(f"<urn:{batch}:{n}> <{PREDICATE}> '{batch}' .\n" for n in range(SIZE))


@dataclass(slots=True)
class Server:
    """A server in a process group of its own, started again on the same store after a kill."""

    store: Path
    url: str = ""
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        log = self.store.parent / f"server-{self.starts}.log"
        self.starts += 1
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "server.py")],
                cwd=self.store.parent,
                env={
                    **os.environ,
                    "KG_STORE": str(self.store),
                    "KG_PORT": "0",
                    "KG_WORKERS": "2",
                    "KG_WRITE_TOKEN": TOKEN,
                    # A killed server leaves the bodies there that it had not yet written.
                    "TMPDIR": str(self.store.parent),
                },
                stderr=errors,
                start_new_session=True,
            )
        process = self.process
        begun = wait_until(lambda: process.poll() is not None or b"Serving" in log.read_bytes(), 30)
        assert begun, log.read_text()
        assert process.poll() is None, log.read_text()
        line = next(line for line in log.read_text().splitlines() if "Serving http" in line)
        self.url = line.split()[1].rstrip("/")

    def kill_all(self) -> None:
        """Kill every process of the server at once, and wait until none is left."""
        assert self.process is not None
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(30)
        assert wait_until(lambda: not group(self.pid)), group(self.pid)

    def writer(self) -> int | None:
        """The process that holds the store's lock, or held it last."""
        try:
            pid = int((self.store / "lock").read_text() or 0)
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid in descendants(self.pid) else None

    def query_workers(self) -> list[int]:
        """Processes that start no others, and do not write."""
        writer = self.writer()
        return [pid for pid in descendants(self.pid) if pid != writer and not descendants(pid)]

    def front(self) -> list[int]:
        """The process that answers HTTP, which its parent starts again."""
        return [pid for pid in descendants(self.pid) if parent(pid) == self.pid]


def parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def group(number: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and alive(int(name)):
            try:
                if os.getpgid(int(name)) == number:
                    found.append(int(name))
            except ProcessLookupError:
                continue
    return found


@dataclass(slots=True)
class Clients:
    """What clients sent, and what they were told."""

    server: Server
    stop: threading.Event = field(default_factory=threading.Event)
    #: Names of batches: told to be in; without a word, or with an error of the server.
    acknowledged: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    #: What no answer may say.
    wrong: list[str] = field(default_factory=list)
    #: The last answers that were none.
    failures: deque[str] = field(default_factory=lambda: deque(maxlen=3))
    reads: int = 0

    def insert(self, client: int) -> None:
        for number in self._turns():
            batch = f"b{client}-{number}"
            body = f"INSERT DATA {{ GRAPH <{BATCHES}> {{ {triples(batch)} }} }}"
            self._write("POST", "/sparql", "application/sparql-update", body, batch)

    def replace(self, client: int) -> None:
        for number in self._turns():
            batch = f"r{client}-{number}"
            target = f"/store?graph={replaced_graph(client)}"
            self._write("PUT", target, "text/turtle", triples(batch), batch)

    def read(self) -> None:
        """No answer may ever show a batch in half."""
        for _ in self._turns():
            time.sleep(0.02)
            query = {"query": HALF, "format": "csv"}
            try:
                reply = requests.get(f"{self.server.url}/sparql", params=query, timeout=PATIENCE_S)
            except requests.RequestException:
                continue
            if reply.status_code == 200:
                self.reads += 1
                if reply.text != "g,batch,n\r\n":
                    self.wrong.append(f"a batch in half: {reply.text}")
            elif reply.status_code < 500:
                self.wrong.append(f"{reply.status_code} {reply.text}")

    def _turns(self) -> Iterator[int]:
        number = 0
        while not self.stop.is_set():
            yield number
            number += 1

    def _write(self, method: str, target: str, media_type: str, body: str, batch: str) -> None:
        self.unknown.add(batch)
        try:
            reply = requests.request(
                method,
                self.server.url + target,
                data=body.encode(),
                headers={"Content-Type": media_type, "Authorization": f"Bearer {TOKEN}"},
                timeout=PATIENCE_S,
            )
        except requests.RequestException as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(reason, NewConnectionError):  # never sent; else it may be in, or not
                self.unknown.discard(batch)
            self.failures.append(repr(error))
            time.sleep(0.05)
            return
        if reply.ok:
            self.unknown.discard(batch)
            self.acknowledged.add(batch)
            return
        told = f"{method} {target}: {reply.status_code} {reply.text}"
        (self.failures if reply.status_code >= 500 else self.wrong).append(told)


def kill(server: Server, kind: str) -> bool:
    """Kill something of a kind; tell whether there was something."""
    if kind == "everything":
        server.kill_all()
        server.start()
        return True
    writer = server.writer()
    pids = {
        "writer": [writer] if writer else [],
        "query worker": server.query_workers(),
        "front": server.front(),
    }[kind]
    for pid in pids[:1]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # ended by itself meanwhile
            return False
        return True
    return False


#: What is killed, each so often in a round of random order.
KINDS = ("writer", "writer", "query worker", "front", "everything")


def kill_many_times(folder: Path, times: int, seed: int) -> None:
    moments = random.Random(seed)
    server = Server(folder / "kg")
    server.start()
    clients = Clients(server)
    threads = [
        *(threading.Thread(target=clients.insert, args=(n,)) for n in range(INSERTERS)),
        *(threading.Thread(target=clients.replace, args=(n,)) for n in range(REPLACERS)),
        threading.Thread(target=clients.read),
    ]
    killed: Counter[str] = Counter()
    kinds: list[str] = []
    try:
        for thread in threads:
            thread.start()
        while killed.total() < times:
            # Mostly some writes are done in between; else a kill comes while the last is mended.
            enough = len(clients.acknowledged) + moments.choice((0, 1, 2, 8))
            assert wait_until(lambda n=enough: len(clients.acknowledged) >= n, PATIENCE_S), (
                f"seed {seed}, {killed}: no write is acknowledged any more; {clients.failures}"
            )
            time.sleep(moments.uniform(0, 0.2))
            kinds = kinds or moments.sample(KINDS, len(KINDS))
            if kill(server, kinds[-1]):
                killed[kinds.pop()] += 1
    finally:
        clients.stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        server.kill_all()
    assert not clients.wrong, f"seed {seed}: {clients.wrong[:3]}"
    assert set(killed) == set(KINDS), killed
    assert len(clients.acknowledged) > times
    assert clients.reads > times
    check(server.store, clients, f"seed {seed}, {dict(killed)}")


def check(store: Path, clients: Clients, where: str) -> None:
    """Compare the store that the last kill left with what clients were told."""
    counts: Counter[tuple[str, str]] = Counter()
    with open_snapshot(store) as snapshot:
        for quad in snapshot.graph.quads_for_pattern(None, ox.NamedNode(PREDICATE), None, None):
            assert isinstance(quad.graph_name, ox.NamedNode)
            assert isinstance(quad.object, ox.Literal)
            counts[quad.graph_name.value, quad.object.value] += 1
    assert set(counts.values()) == {SIZE}, f"{where}: a batch is there in half"
    inserted = {batch for graph, batch in counts if graph == BATCHES}
    acknowledged = {batch for batch in clients.acknowledged if batch.startswith("b")}
    assert acknowledged <= inserted, f"{where}: lost {sorted(acknowledged - inserted)[:5]}"
    assert inserted <= acknowledged | clients.unknown, where
    for client in range(REPLACERS):
        versions = [batch for graph, batch in counts if graph == replaced_graph(client)]
        assert len(versions) == 1, f"{where}: {versions}"
        told = [batch for batch in clients.acknowledged if batch.startswith(f"r{client}-")]
        newest = max(told, key=lambda batch: int(batch.rpartition("-")[2]))
        # A write whose answer never came may take effect at any time, so also after the newest.
        assert versions[0] in {newest} | clients.unknown, f"{where}: {versions[0]}, not {newest}"
    ran = subprocess.run(
        [sys.executable, "-m", "kg.cli", "stats", "--store", str(store)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{where}: {ran.stderr}"
    with open_writer(store, wait_s=5) as writer:
        writer.graph.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("x")))
    assert len(list(store.glob("g-*"))) == 1, f"{where}: what dead writers left is still there"


def test_twenty_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 20, seed=1)


@pytest.mark.soak
def test_five_hundred_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 500, seed=2)
