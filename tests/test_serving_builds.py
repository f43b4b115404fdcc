"""A store that is served while it is written: by builds, and by clients."""

from __future__ import annotations

import concurrent.futures
import csv
import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from kg.store import open_writer
from tests.conftest import ROOT
from tests.server_process import BASE, LiveServer, live_server, many_quads, write_store

TOKEN = "a token for the tests"
WRITING = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}
OWN = "https://example.org/own"
#: Where the quads of ``many_quads`` are.
MANY = "https://example.org/many"
CLIENTS = 4

#: What a build says of its size, and what is there: they agree in every state of a store.
CONSISTENT = f"""\
PREFIX kg: <https://w3id.org/paperkg/ontology#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?counted ?told ?papers ?titled {{
  {{ SELECT (COUNT(*) AS ?counted) {{ ?g void:triples ?n GRAPH ?g {{ ?s ?p ?o }} }} }}
  {{ <{BASE}dataset> void:triples ?told }}
  {{ SELECT (COUNT(DISTINCT ?paper) AS ?papers) {{ ?paper a kg:Paper }} }}
  {{ SELECT (COUNT(DISTINCT ?paper) AS ?titled) {{ ?paper a kg:Paper ; dcterms:title ?t }} }}
}}
"""
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH <%s> { ?s ?p ?o } }"


def build(digests: Path, store: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "kg.cli", "build", str(digests), "--store", str(store)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def rows(server: LiveServer, query: str) -> list[dict[str, str]]:
    reply = server.get("/sparql", params={"query": query, "format": "csv"})
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text)))


class Askers:
    """Clients that ask one query without pause, each on a connection of its own."""

    def __init__(self, server: LiveServer, query: str) -> None:
        self._server, self._query = server, query
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
        #: When each answer was asked for and was there, and what it was.
        self.answers: list[tuple[float, float, str]] = []
        #: What the server said instead of an answer.
        self.failures: list[str] = []

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                asked = time.monotonic()
                try:
                    reply = session.post(
                        f"{self._server.url}/sparql",
                        data={"query": self._query, "format": "csv"},
                        timeout=60,
                    )
                except requests.RequestException as error:
                    self.failures.append(repr(error))
                    return
                if reply.status_code == 200:
                    self.answers.append((asked, time.monotonic(), reply.text))
                else:
                    self.failures.append(f"{reply.status_code} {reply.text}")


DIGEST = ROOT / "examples" / "digests" / "2024-08-05.md"


def changed_digest(folder: Path) -> Path:
    """Write the digest without its last paper."""
    shorter, heading, _ = DIGEST.read_text(encoding="utf-8").rpartition("\n### [")
    assert heading
    path = folder / DIGEST.name
    path.write_text(shorter, encoding="utf-8")
    return path


def test_a_store_is_built_while_it_is_served(tmp_path: Path) -> None:
    """First an empty store, then one that is there; by clients who never pause."""
    store = tmp_path / "kg"
    with live_server(store, workers=2) as server:
        assert rows(server, "SELECT * { ?s ?p ?o }") == []
        with Askers(server, "ASK { ?s ?p ?o }") as first:
            build(DIGEST.parent, store)
        (before,) = rows(server, CONSISTENT)
        with Askers(server, CONSISTENT) as askers:
            build(changed_digest(tmp_path), store)
            built = time.monotonic()
            time.sleep(2.5)
        (after,) = rows(server, CONSISTENT)
    assert first.failures == []
    assert {answer for _, _, answer in first.answers} <= {"false", "true"}
    assert askers.failures == []
    assert len(askers.answers) > 20
    texts = [",".join(row.values()) for row in (before, after)]
    for row in (before, after):
        assert row["counted"] == row["told"]
        assert row["papers"] == row["titled"]
    assert texts[0] != texts[1]
    seen = [(asked, there, answer.splitlines()[1]) for asked, there, answer in askers.answers]
    assert {answer for _, _, answer in seen} == set(texts), "an answer is of no state of the store"
    first_new = min(there for _, there, answer in seen if answer == texts[1])
    assert first_new < built + 2
    late = [answer for asked, _, answer in seen if asked > min(first_new, built)]
    assert late
    assert set(late) == {texts[1]}, "an answer is older than one that was there before it"


def test_a_server_without_a_store_begins_empty(tmp_path: Path) -> None:
    store = tmp_path / "not" / "yet"
    store.parent.mkdir()
    with live_server(store, workers=2, write_token=TOKEN) as server:
        health = server.get("/health")
        assert (health.status_code, health.json()["triples"]) == (200, 0)
        assert rows(server, "SELECT * { ?s ?p ?o }") == []
        assert update(server, "INSERT DATA { <urn:s> <urn:p> 1 }").status_code == 204
        assert rows(server, "SELECT ?s { ?s ?p ?o }") == [{"s": "urn:s"}]
        assert server.get("/health").json()["triples"] == 1


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("writes") / "kg", many_quads(50_000))


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=4, write_token=TOKEN, lock_wait_s=1) as running:
        yield running


def update(server: LiveServer, text: str) -> requests.Response:
    return requests.post(
        f"{server.url}/sparql", data=text.encode(), headers=WRITING | UPDATE, timeout=60
    )


def test_a_write_is_seen_by_the_very_next_request(server: LiveServer) -> None:
    graph = f"{OWN}/seen"
    with requests.Session() as session:
        for number in range(1, 31):
            if number % 2:
                text = f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:s> <urn:p> {number} }} }}"
                sent = session.post(
                    f"{server.url}/sparql", data=text, headers=WRITING | UPDATE, timeout=60
                )
            else:
                sent = session.post(
                    f"{server.url}/store",
                    params={"graph": graph},
                    data=f"<urn:s> <urn:p> {number} .",
                    headers=WRITING | TURTLE,
                    timeout=60,
                )
            assert sent.ok, sent.text
            query = {"query": COUNT % graph, "format": "csv"}
            for asker in (session, requests):  # on the same connection, and on a new one
                told = asker.get(f"{server.url}/sparql", params=query, timeout=60).text
                assert told == f"n\r\n{number}\r\n"


def test_a_write_of_many_clients_is_seen_by_each(server: LiveServer) -> None:
    def write_and_ask(client: int) -> None:
        for number in range(5):
            graph = f"{OWN}/client/{client}"
            text = f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:s> <urn:p> {number} }} }}"
            assert update(server, text).ok
            assert rows(server, COUNT % graph) == [{"n": str(number + 1)}]

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(write_and_ask, range(CLIENTS)))


def test_readers_see_the_old_snapshot_while_a_slow_write_runs(server: LiveServer) -> None:
    graph = f"{OWN}/slow"
    slow = (
        f"INSERT {{ GRAPH <{graph}> {{ ?s <urn:copy> ?text }} }} WHERE {{ GRAPH <{MANY}> "
        "{ ?s <urn:p> ?o } BIND(SHA512(SHA512(SHA512(SHA512(?o)))) AS ?text) }"
    )
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        writing = threads.submit(update, server, slow)
        reads = 0
        while True:
            (row,) = rows(server, COUNT % graph)
            if writing.done() or row["n"] != "0":
                break
            reads += 1
        assert writing.result().status_code == 204, writing.result().text
    assert row["n"] in ("0", "50000"), "half a write was seen"
    assert rows(server, COUNT % graph) == [{"n": "50000"}]
    assert reads >= 5, "the write was not slow enough to tell"


def test_a_write_waits_for_a_build_and_says_when_it_gives_up(
    server: LiveServer, store: Path
) -> None:
    """The server of these tests waits for one second."""
    text = f"INSERT DATA {{ GRAPH <{OWN}/locked> {{ <urn:s> <urn:p> 1 }} }}"
    with open_writer(store, wait_s=5) as building:
        building.publish = False
        refused = update(server, text)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert rows(server, COUNT % f"{OWN}/locked") == [{"n": "0"}]
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        with open_writer(store, wait_s=5) as building:
            building.publish = False
            waiting = threads.submit(update, server, text)
            time.sleep(0.3)
        assert waiting.result().ok, waiting.result().text
    assert rows(server, COUNT % f"{OWN}/locked") == [{"n": "1"}]


INSERT = f"INSERT DATA {{ GRAPH <{OWN}/token> {{ <urn:s> <urn:p> 1 }} }}"
WRITES = [
    ("POST", "/sparql", "application/sparql-update", INSERT),
    ("POST", "/sparql", "application/x-www-form-urlencoded", f"update={quote(INSERT)}"),
    ("PUT", f"/store?graph={OWN}/token", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("POST", f"/store?graph={OWN}/token", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("POST", "/store", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("PUT", "/store/token", "text/turtle", "<urn:s> <urn:p> 1 ."),
    ("DELETE", f"/store?graph={MANY}", "", ""),
]


def write(
    server: LiveServer, method: str, target: str, media_type: str, body: str, authorization: str
) -> requests.Response:
    given = {"Content-Type": media_type, "Authorization": authorization}
    headers = {name: value for name, value in given.items() if value}
    return requests.request(method, server.url + target, data=body, headers=headers, timeout=60)


@pytest.mark.parametrize("sent", WRITES, ids=lambda sent: f"{sent[0]} {sent[1]} {sent[2]}")
def test_only_the_bearer_of_the_token_writes(
    server: LiveServer, sent: tuple[str, str, str, str]
) -> None:
    before = server.get("/health").json()["snapshot"]
    for authorization in (
        "",
        "Bearer",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
    ):
        reply = write(server, *sent, authorization)
        assert reply.status_code == 401, authorization
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        assert TOKEN not in reply.text
    assert server.get("/health").json()["snapshot"] == before


@pytest.mark.parametrize("settings", [{}, {"write_token": ""}], ids=["unset", "empty"])
def test_without_a_token_nobody_writes(tmp_path: Path, settings: dict[str, str]) -> None:
    store = write_store(tmp_path / "kg")
    with live_server(store, workers=1, **settings) as server:
        for sent in WRITES:
            for authorization in ("", "Bearer", "Bearer None", f"Bearer {TOKEN}"):
                reply = write(server, *sent, authorization)
                assert reply.status_code == 403, (sent, authorization)
                assert reply.headers["Content-Type"] == "application/problem+json"
        assert rows(server, COUNT % f"{OWN}/token") == [{"n": "0"}]


@pytest.mark.parametrize("authorization", ["Basic dXNlcjpwYXNz", "Bearer of something else"])
def test_reading_is_open_whatever_a_client_brings(server: LiveServer, authorization: str) -> None:
    """A proxy that asks for a password hands it on."""
    headers = {"Authorization": authorization}
    query = {"query": "ASK { ?s ?p ?o }"}
    for reply in (
        requests.get(f"{server.url}/sparql", params=query, headers=headers, timeout=60),
        requests.post(f"{server.url}/sparql", data=query, headers=headers, timeout=60),
        requests.get(f"{server.url}/store?graph={BASE}graph/meta", headers=headers, timeout=60),
    ):
        assert reply.status_code == 200, reply.text


TERMS = f"{BASE}graph/terms"
DERIVED = [
    f"INSERT DATA {{ GRAPH <{TERMS}> {{ <urn:s> <urn:p> 1 }} }}",
    f"PREFIX b: <{BASE}graph/> INSERT DATA {{ GRAPH b:terms {{ <urn:s> <urn:p> 1 }} }}",
    f"BASE <{BASE}> INSERT DATA {{ GRAPH <graph/terms> {{ <urn:s> <urn:p> 1 }} }}",
    f"INSERT DATA {{ GRAPH <{TERMS[:-1]}\\u0073> {{ <urn:s> <urn:p> 1 }} }}",
    f"INSERT DATA {{ GRAPH <{OWN}> {{ <urn:s> <urn:p> 1 }} GRAPH <{TERMS}> {{}} }}",
    f"INSERT DATA {{ GRAPH <{OWN}> {{ <urn:s> <urn:p> 1 }} }} ; DROP GRAPH <{TERMS}>",
    f"WITH <{TERMS}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
    f"DELETE WHERE {{ GRAPH <{TERMS}> {{ ?s ?p ?o }} }}",
    "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
    "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    f"CLEAR GRAPH <{TERMS}>",
    f"CREATE GRAPH <{BASE}graph/new>",
    f"COPY <{OWN}> TO <{TERMS}>",
    f"MOVE <{TERMS}> TO <{OWN}>",
    f"ADD <{OWN}> TO GRAPH <{TERMS}>",
    "CLEAR ALL",
    "DROP NAMED",
]


@pytest.mark.parametrize("text", DERIVED)
def test_updates_of_derived_graphs_are_refused(server: LiveServer, text: str) -> None:
    before = server.get("/health").json()["snapshot"]
    reply = update(server, text)
    assert reply.status_code == 409, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert "kg corrections" in reply.json()["detail"]
    assert server.get("/health").json()["snapshot"] == before


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("graph", [TERMS, f"{BASE}digest/2024-08-05", f"{BASE}graph/new"])
def test_derived_graphs_are_not_written_as_resources(
    server: LiveServer, method: str, graph: str
) -> None:
    before = server.get("/health").json()["snapshot"]
    reply = requests.request(
        method,
        f"{server.url}/store",
        params={"graph": graph},
        data="" if method == "DELETE" else "<urn:s> <urn:p> 1 .",
        headers=WRITING | TURTLE,
        timeout=60,
    )
    assert reply.status_code == 409, reply.text
    assert "kg corrections" in reply.json()["detail"]
    assert server.get("/health").json()["snapshot"] == before


def test_derived_graphs_may_be_read_by_an_update(server: LiveServer) -> None:
    copy = (
        f"INSERT {{ GRAPH <{OWN}/copy> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{TERMS}> {{ ?s ?p ?o }} }}"
    )
    assert update(server, copy).status_code == 204
    there = rows(server, COUNT % TERMS)
    assert int(there[0]["n"]) > 0
    assert rows(server, COUNT % f"{OWN}/copy") == there
    assert update(server, f"COPY <{TERMS}> TO <{OWN}/copy>").status_code == 204
    assert update(server, f"DROP GRAPH <{OWN}/copy>").status_code == 204
    assert rows(server, COUNT % f"{OWN}/copy") == [{"n": "0"}]
