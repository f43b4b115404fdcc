"""Answers that are longer than any buffer, and those that break in the middle."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.server_process import (
    TRIPLES,
    LiveServer,
    descendants,
    live_server,
    many_quads,
    memory_mb,
    settled,
    write_store,
)
from tests.w3c import Reply, decoded

ROWS = 200_000
ONE = "SELECT ?s { ?s ?p ?o } LIMIT 1"
EVERYTHING = "SELECT * { ?s ?p ?o }"
#: Some 30 MB that no coding makes short, so that no buffer on the way can hold the answer.
RANDOM = "SELECT ?s (SHA512(?o) AS ?hash) { ?s <urn:p> ?o }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o }"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("streams") / "kg", many_quads(ROWS))


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=2, query_timeout_s=60) as running:
        yield settled(running, store)


@contextmanager
def opened(server: LiveServer, query: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
    """An answer that is read bit by bit."""
    address = urlsplit(server.url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(
            "POST",
            "/sparql",
            body=query.encode(),
            headers={"Content-Type": "application/sparql-query", **named},
        )
        yield connection.getresponse()
    finally:
        connection.close()


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_a_large_answer_streams_in_flat_memory(server: LiveServer, coding: str) -> None:
    assert server.ask(ONE).status_code == 200
    pids = [server.process.pid, *descendants(server.process.pid)]
    before = {pid: memory_mb(pid) for pid in pids}
    with opened(server, EVERYTHING, Accept="text/csv", Accept_Encoding=coding) as reply:
        assert reply.status == 200
        assert reply.headers["Transfer-Encoding"] == "chunked"
        coded = {} if coding == "identity" else {"content-encoding": coding}
        told = decoded(Reply(200, coded, reply.read()))
    assert told.count(b"\n") == ROWS + TRIPLES + 1
    assert len(told) > 10_000_000
    assert descendants(server.process.pid) == pids[1:]
    for pid in pids:
        assert memory_mb(pid) - before[pid] < 40


def broken(reply: http.client.HTTPResponse) -> bytes:
    """Read an answer that must break, and return what was there."""
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as caught:
        reply.read()
    error = caught.value
    return error.partial if isinstance(error, http.client.IncompleteRead) else b""


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_worker_that_dies_breaks_the_connection(server: LiveServer, coding: str) -> None:
    with opened(server, RANDOM, Accept="text/csv", Accept_Encoding=coding) as reply:
        assert reply.status == 200
        reply.read(1000)
        everything = descendants(server.process.pid)
        for pid in everything:
            if not descendants(pid):  # those that run queries: the youngest generation
                os.kill(pid, signal.SIGKILL)
        broken(reply)
    assert server.ask(ONE).status_code == 200


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_an_answer_past_its_limit_breaks_the_connection(store: Path, coding: str) -> None:
    with live_server(store, workers=1, query_max_result_mb=1) as server:
        limited = f"SELECT * {{ ?s <urn:p> ?o }} LIMIT {ROWS // 20}"
        assert (
            server.ask(limited, headers={"Accept": "text/csv"}).text.count("\n") == ROWS // 20 + 1
        )
        with opened(server, EVERYTHING, Accept="text/csv", Accept_Encoding=coding) as reply:
            if reply.status == 200:
                assert len(broken(reply)) <= 2_000_000
            else:  # the limit was met before the first byte was sent
                assert reply.status == 503
        assert (
            server.ask(limited, headers={"Accept": "text/csv"}).text.count("\n") == ROWS // 20 + 1
        )


def test_a_client_of_http_1_0_gets_no_chunks(server: LiveServer) -> None:
    query = "SELECT ?s { ?s <urn:p> ?o } LIMIT 50000"
    address = urlsplit(server.url)
    target = f"/sparql?{urlencode({'query': query, 'format': 'csv'})}"
    with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
        raw.sendall(f"GET {target} HTTP/1.0\r\n\r\n".encode())
        told = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = told.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert b"chunked" not in head.lower()
    assert body.count(b"\r\n") == 50_001
    assert body.startswith(b"s\r\n")


@pytest.mark.parametrize("asked", [False, True], ids=["silent", "kept alive"])
def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path, asked: bool) -> None:
    """Every browser keeps a connection open: the server ends at once all the same."""
    with live_server(tmp_path / "kg", workers=1) as server:
        assert server.get("/health").status_code == 200
        address = urlsplit(server.url)
        assert address.hostname
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        try:
            connection.connect()
            if asked:
                connection.request("GET", "/health")
                assert connection.getresponse().read()
            started = time.monotonic()
            server.process.terminate()
            assert server.process.wait(30) == 0
            assert time.monotonic() - started < 5
        finally:
            connection.close()
