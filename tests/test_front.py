"""The front of the server: limits on clients, proxies, the log, metrics and the cache."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kg.errors import Overloaded, TooManyQueries
from kg.web.cache import Cache, Kept
from kg.web.waiting import Line
from tests.server_process import (
    ENDLESS,
    LiveServer,
    live_server,
    many_quads,
    wait_until,
    write_store,
)

ASK = {"query": "ASK { ?s ?p ?o }"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = write_store(tmp_path_factory.mktemp("front") / "kg", many_quads(20_000))
    with live_server(
        store,
        workers=1,
        query_timeout_s=2,
        max_queries_per_client=3,
        max_waiting=2,
        trusted_proxies=1,
        write_token="secret",
        body_timeout_s=2,
        max_connections=40,
    ) as running:
        yield running


def test_one_client_with_many_queries(server: LiveServer) -> None:
    """Past its share a client is refused, and another one still gets its turn."""
    assert server.ask(ASK["query"]).status_code == 200  # the worker has started
    statuses: list[int] = []

    def ask() -> None:
        reply = server.ask(ENDLESS, headers={"X-Forwarded-For": "192.0.2.1"})
        statuses.append(reply.status_code)
        if reply.status_code in (429, 503):
            assert int(reply.headers["Retry-After"]) > 0

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: statuses.count(429) == 3)
    other = server.ask(ASK["query"], headers={"X-Forwarded-For": "192.0.2.2"})
    assert other.status_code in (200, 503)
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [429, 429, 429, 503, 503, 503]
    assert server.ask(ASK["query"]).status_code == 200


def test_clients_take_turns() -> None:
    async def run() -> list[str]:
        line: Line[int] = Line(longest=10, per_client=10)
        order: list[str] = []

        async def wait(client: str) -> None:
            await line.wait(client, 5.0, lambda _: None)
            order.append(client)

        tasks = [asyncio.create_task(wait(client)) for client in ("a", "a", "a", "b", "c")]
        await asyncio.sleep(0)
        for thing in range(5):
            assert line.give(thing)
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        assert not line.give(5)
        return order

    assert asyncio.run(run()) == ["a", "b", "c", "a", "a"]


def test_line_is_bounded_and_loses_nothing() -> None:
    async def run() -> None:
        line: Line[int] = Line(longest=1, per_client=2)
        back: list[int] = []
        line.enter("a")
        line.enter("a")
        with pytest.raises(TooManyQueries, match="2 of this client"):
            line.enter("a")
        line.leave("a")
        line.enter("a")
        waiting = asyncio.create_task(line.wait("a", 5.0, back.append))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="wait already"):
            await line.wait("b", 5.0, back.append)
        line.give(7)
        waiting.cancel()  # at the moment at which something was given
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (back, len(line)) == ([7], 0)
        with pytest.raises(Overloaded, match=r"within 0\.01 s"):
            await line.wait("b", 0.01, back.append)
        assert len(line) == 0

    asyncio.run(run())


def test_deadline_can_be_lowered_and_not_raised(server: LiveServer) -> None:
    for given, least, most in (("0.3", 0.3, 1.5), ("100", 1.9, 4.0), ("soon", 1.9, 4.0)):
        started = time.monotonic()
        reply = server.ask(ENDLESS, headers={"X-Query-Timeout": given})
        assert reply.status_code == 503
        assert least <= time.monotonic() - started < most
        assert "LIMIT" in reply.json()["detail"]


def test_body_that_does_not_come(server: LiveServer) -> None:
    with connect(server) as raw:
        raw.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Content-Type: application/sparql-query\r\n\r\nASK"
        )
        assert b" 408 " in raw.recv(65536).split(b"\r\n")[0]


def test_too_many_connections_of_a_client(server: LiveServer) -> None:
    opened = [connect(server) for _ in range(14)]
    try:
        refused = 0
        for raw in opened:
            raw.settimeout(0.3)
            try:
                refused += b" 503 " in raw.recv(65536)
            except TimeoutError:
                continue
        assert 4 <= refused < 14  # a quarter of 40 may be open
    finally:
        for raw in opened:
            raw.close()
    assert wait_until(lambda: server.get("/health/live").status_code == 200)


def connect(server: LiveServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize(("version", "status"), [("1.1", b"400"), ("1.0", b"200")])
def test_host_is_asked_for_where_the_version_does(
    server: LiveServer, version: str, status: bytes
) -> None:
    with connect(server) as raw:
        raw.sendall(f"GET /health/live HTTP/{version}\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(1_000).split()[1] == status


def test_proxy_tells_what_the_client_used(server: LiveServer) -> None:
    headers = {
        "Accept": "text/turtle",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "graph.example.org",
        "X-Forwarded-Prefix": "/kg",
    }
    text = server.get("/sparql", headers=headers).text
    assert "<https://graph.example.org/kg/sparql>" in text
    page = server.get("/queries", headers={**headers, "Accept": "text/html"}).text
    assert 'href="/kg/queries/' in page
    listed = server.get("/queries", headers={**headers, "Accept": "application/json"}).json()
    assert listed["queries"][0]["url"].startswith("/kg/queries/")


@pytest.mark.parametrize("prefix", ["//evil.example", "evil", "/a//evil.example", '/"><b>', "/a?b"])
def test_odd_prefixes_are_not_taken(server: LiveServer, prefix: str) -> None:
    headers = {"Accept": "text/html", "X-Forwarded-Prefix": prefix}
    page = server.get("/queries", headers=headers).text
    assert "evil" not in page
    assert 'href="/queries/' in page


def test_long_paths_are_logged_in_part(tmp_path: Path) -> None:
    """A line that is longer than what a pipe holds would wait for its reader."""
    with live_server(write_store(tmp_path / "kg"), request_log="json") as logging:
        assert logging.get("/" + "x" * 60_000).status_code == 404
        assert logging.get("/health/live").status_code == 200
        logging.process.terminate()
        assert logging.process.stderr is not None
        lines = [line for line in logging.process.stderr if line.startswith("{")]
    assert any('"/xxx' in line for line in lines)
    assert max(map(len, lines)) < 4096


def test_headers_of_proxies_are_not_believed_without_one(tmp_path: Path) -> None:
    with live_server(write_store(tmp_path / "kg"), prefix="/graph") as plain:
        headers = {"Accept": "text/turtle", "X-Forwarded-Host": "evil.example"}
        text = plain.get("/graph/sparql", headers=headers).text
        assert "evil" not in text
        assert f"<{plain.url}/graph/sparql>" in text
        page = plain.get("/graph/", headers={"Accept": "text/html"}).text
        assert 'href="/graph/queries"' in page
        assert plain.get("/graph/queries/top-methods.csv").status_code == 200
        assert plain.get("/graphs").status_code == 404


def test_metrics_count(server: LiveServer) -> None:
    def value(name: str) -> float:
        lines = server.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith(name)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    before = value('kg_queries_total{outcome="timeout"}')
    restarts = value("kg_worker_restarts")
    server.ask(ENDLESS, headers={"X-Query-Timeout": "0.2"})
    assert value('kg_queries_total{outcome="timeout"}') == before + 1
    assert wait_until(lambda: value("kg_worker_restarts") > restarts)
    assert value("kg_workers ") == 1
    assert value("kg_store_bytes") > 1000
    assert value("kg_snapshot_age_seconds") >= 0
    assert server.get("/metrics").headers["Content-Type"].startswith("text/plain; version=")


def test_health_tells_ready_and_live(server: LiveServer) -> None:
    assert server.get("/health/live").json() == {"status": "ok"}
    assert wait_until(lambda: server.get("/health/ready").status_code == 200)
    assert server.get("/health").json()["ready"] is True


def test_each_request_is_a_line_of_json(tmp_path: Path) -> None:
    with live_server(write_store(tmp_path / "kg")) as logging:
        plain = {"Accept-Encoding": "identity"}
        query = {"query": "SELECT * { ?s ?p ?o } LIMIT 3"}
        answer = logging.get("/sparql", params=query, headers=plain)
        logging.get("/nothing/there")
        logging.process.terminate()
        assert logging.process.stderr is not None
        lines = [json.loads(line) for line in logging.process.stderr if line.startswith("{")]
    asked, missing = lines
    assert asked["id"] == answer.headers["X-Request-ID"]
    assert (asked["path"], asked["status"], asked["outcome"]) == ("/sparql", 200, "ok")
    assert (asked["rows"], asked["bytes"]) == (3, len(answer.content))
    assert len(asked["query"]) == 16
    assert asked["client"] == "127.0.0.1"
    assert asked["ms"] > 0
    assert (missing["status"], "query" in missing) == (404, False)


def test_log_that_nobody_reads_holds_up_nothing(server: LiveServer) -> None:
    """A pipe takes 64 kB; the lines of these requests are more."""
    with requests.Session() as session:
        for _ in range(600):
            assert session.get(server.url + "/health/live", timeout=10).status_code == 200


def test_cache_is_right_after_every_write(server: LiveServer) -> None:
    """A repeated query has its answer from memory, and never an old one."""
    count = "SELECT (COUNT(*) AS ?n) { GRAPH <urn:mine> { ?s ?p ?o } }"

    def counted() -> int:
        reply = server.ask(count, headers={"Accept": "text/csv"})
        return int(reply.text.split()[1])

    before = counted()
    for number in range(1, 6):
        update = f"INSERT DATA {{ GRAPH <urn:mine> {{ <urn:{number}> <urn:p> {number} }} }}"
        reply = requests.post(
            server.url + "/sparql",
            data={"update": update},
            headers={"Authorization": "Bearer secret"},
            timeout=30,
        )
        assert reply.status_code == 204, reply.text
        assert [counted() for _ in range(3)] == [before + number] * 3


def test_cache_is_bounded() -> None:
    cache = Cache(1)
    assert cache.get(("query", "csv"), "s") is None
    for number in range(100):
        cache.put((f"query {number}", "csv"), Kept("s", b"x" * 50_000, None))
    kept = [number for number in range(100) if cache.get((f"query {number}", "csv"), "s")]
    assert kept == list(range(100 - len(kept), 100))
    assert 10 <= len(kept) <= 20
    assert cache.get(("query 99", "csv"), "newer") is None
    cache.put(("query 99", "csv"), Kept("s", b"x", None))
    assert cache.get(("query 99", "csv"), "newer") is None
    cache.put(("long", "csv"), Kept("newer", b"x" * 500_000, None))
    assert cache.get(("long", "csv"), "newer") is None


@pytest.mark.parametrize("function", ["RAND()", "NOW()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_changes_by_itself_is_not_kept(server: LiveServer, function: str) -> None:
    query = f"SELECT ({function} AS ?v) {{}}"
    answers = {server.ask(query, headers={"Accept": "text/tab-separated-values"}).text}
    time.sleep(0.01)
    answers.add(server.ask(query, headers={"Accept": "text/tab-separated-values"}).text)
    assert len(answers) == 2 or function == "BNODE()"


def test_a_query_worker_opens_no_internet_socket(tmp_path: Path) -> None:
    """The second wall: what passes the check by tokens cannot reach out all the same."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.5)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    store = write_store(tmp_path / "kg")
    script = (
        "import sys, pyoxigraph as ox\n"
        "from kg.web.sandbox import forbid_network\n"
        "held = forbid_network()\n"
        f"store = ox.Store.read_only({str(next(store.glob('g-*')) / 'graph')!r})\n"
        "try:\n"
        f"    list(store.query('SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}'))\n"
        "except Exception as error:\n"
        "    print(held, type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    if not done.stdout.startswith("True"):
        pytest.skip(f"no filter on sockets here: {done.stdout} {done.stderr}")
    with listener, pytest.raises(TimeoutError):
        listener.accept()
