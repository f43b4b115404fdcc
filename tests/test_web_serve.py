"""The server as people run it: a process, a port, signals."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT
from tests.server_process import (
    ENDLESS,
    HUNGRY,
    TRIPLES,
    LiveServer,
    alive,
    descendants,
    live_server,
    many_quads,
    memory_mb,
    settled,
    wait_until,
    write_store,
)

ROWS = 100_000
COUNT = "SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = write_store(tmp_path_factory.mktemp("serve") / "kg", many_quads(ROWS))
    with live_server(store, query_timeout_s=3, workers=2, query_memory_mb=1024) as running:
        yield settled(running, store)


def test_answers(server: LiveServer) -> None:
    assert server.get("/health").json()["status"] == "ok"
    assert server.ask(COUNT, headers={"Accept": "text/csv"}).text == f"n\r\n{ROWS}\r\n"


def test_large_result_streams_in_flat_memory(server: LiveServer) -> None:
    server.ask(COUNT)
    pids = [server.process.pid, *descendants(server.process.pid)]
    before = {pid: memory_mb(pid) for pid in pids}
    reply = server.ask("SELECT * { ?s ?p ?o }", headers={"Accept": "text/csv"})
    assert reply.headers["Transfer-Encoding"] == "chunked"
    assert reply.text.count("\n") == ROWS + TRIPLES + 1
    for pid in pids:
        assert memory_mb(pid) - before[pid] < 40


@pytest.mark.parametrize("query", [ENDLESS, HUNGRY], ids=["endless", "hungry"])
def test_deadline_and_the_next_query(server: LiveServer, query: str) -> None:
    started = time.monotonic()
    reply = server.ask(query)
    took = time.monotonic() - started
    assert reply.status_code == 503
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert int(reply.headers["Retry-After"]) > 0
    assert "stopped" in reply.json()["detail"]
    assert took < 10  # it would take minutes
    assert server.ask(COUNT).status_code == 200


def test_others_are_served_beside_an_endless_query(server: LiveServer) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        endless = threads.submit(server.ask, ENDLESS)
        time.sleep(0.3)
        assert server.ask(COUNT).status_code == 200
        assert not endless.done()
        assert endless.result().status_code == 503


def test_too_many_wait_and_are_told(server: LiveServer) -> None:
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda _: server.ask(ENDLESS), range(6)))
    assert {reply.status_code for reply in replies} == {503}
    assert any("no worker was free" in reply.json()["detail"] for reply in replies)
    assert server.ask(COUNT).status_code == 200


def test_deep_nesting_does_not_kill(server: LiveServer) -> None:
    def restarts() -> str:
        lines = server.get("/metrics").text.splitlines()
        return next(line for line in lines if line.startswith("kg_worker_restarts"))

    server.ask(COUNT)
    time.sleep(0.5)  # what an earlier test killed is replaced
    before = restarts()
    reply = server.ask("ASK " + "{" * 3000 + "}" * 3000)
    assert reply.status_code == 400
    assert restarts() == before


def test_error_in_the_middle_breaks_the_connection(server: LiveServer) -> None:
    def queriers() -> set[int]:
        """The processes that run queries: the youngest generation."""
        everything = descendants(server.process.pid)
        return {pid for pid in everything if not descendants(pid)}

    query = {"query": "SELECT * { ?s ?p ?o }", "format": "csv"}
    plain = {"Accept-Encoding": "identity"}  # of which buffers on the way hold less
    with requests.post(
        server.url + "/sparql", data=query, headers=plain, stream=True, timeout=30
    ) as reply:
        parts = reply.iter_content(1024)
        next(parts)
        for pid in queriers():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(parts)
    assert server.ask(COUNT).status_code == 200


def test_head_and_clients_that_leave_free_their_workers(server: LiveServer) -> None:
    query = {"query": "SELECT * { ?s ?p ?o }", "format": "csv"}
    for _ in range(3):
        head = requests.head(server.url + "/sparql", params=query, timeout=30)
        assert (head.status_code, head.content) == (200, b"")
        with requests.get(server.url + "/sparql", params=query, stream=True, timeout=30) as reply:
            next(reply.iter_content(1024))
    started = time.monotonic()
    assert server.ask(COUNT).status_code == 200
    assert time.monotonic() - started < 2.0


def test_bytes_that_are_no_http(server: LiveServer) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for sent in (b"\x00\xff\r\n\r\n", b"GET /%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            raw.recv(100)
    assert server.get("/health").status_code == 200


def test_new_snapshot_without_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    with live_server(store) as server:
        assert server.get("/health").json()["triples"] == 0
        write_store(store)
        assert server.get("/health").json()["triples"] == TRIPLES
        write_store(store, many_quads(3))
        assert server.ask(COUNT, headers={"Accept": "text/csv"}).text == "n\r\n3\r\n"


@pytest.mark.parametrize(
    ("number", "code", "within_s"),
    [(signal.SIGINT, 0, 8.0), (signal.SIGTERM, 0, 12.0), (signal.SIGKILL, -9, 5.0)],
)
def test_signal_ends_all_processes(
    tmp_path: Path, number: signal.Signals, code: int, within_s: float
) -> None:
    store = write_store(tmp_path / "kg", many_quads(20_000))
    with live_server(store, workers=2, query_timeout_s=4) as server:
        server.ask(COUNT)
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            endless = threads.submit(server.ask, ENDLESS)
            time.sleep(0.5)
            processes = descendants(server.process.pid)
            assert len(processes) >= 4  # gunicorn's worker, the fork server, two query workers
            started = time.monotonic()
            server.process.send_signal(number)
            assert server.process.wait(25) == code
            assert wait_until(lambda: not any(alive(pid) for pid in processes))
            assert time.monotonic() - started < within_s
            error = endless.exception()
            assert error or endless.result().status_code == 503


def test_control_c_in_a_terminal_reaches_all(tmp_path: Path) -> None:
    """A terminal sends the signal to the whole group; nobody may print a traceback."""
    store = write_store(tmp_path / "kg")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "server.py")],
        cwd=tmp_path,
        env={**os.environ, "KG_STORE": str(store), "KG_PORT": "0"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    with process:
        address = process.stderr.readline().split()[1]
        assert requests.get(address + "health", timeout=30).status_code == 200
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()


def start_that_fails(folder: Path, **settings: object) -> str:
    """Start the server, which ends at once; return what it says."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "server.py")],
        cwd=folder,
        env={
            **os.environ,
            **{f"KG_{name.upper()}": str(value) for name, value in settings.items()},
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    return ran.stderr


def test_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = start_that_fails(tmp_path, store=tmp_path / "kg", port=port)
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_unusable_store_or_queries_are_one_clear_line(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    pointer = store / "store.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "format": 99}))
    assert "99" in start_that_fails(tmp_path, store=store, port=0)
    assert "no such folder" in start_that_fails(
        tmp_path, store=tmp_path / "none", port=0, queries=tmp_path / "nothing"
    )


def test_wsgi_entry_point_answers(tmp_path: Path) -> None:
    script = (
        "import server\nfrom werkzeug.test import Client\n"
        "if __name__ == '__main__':\n    print(Client(server.app).get('/health').status_code)\n"
    )
    (tmp_path / "look.py").write_text(script, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "look.py"],
        cwd=tmp_path,
        env={**os.environ, "KG_STORE": str(tmp_path / "kg"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "200\n"


def test_entry_point_does_not_import_spacy() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import server, sys; server.app; print('spacy' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "False\n"


def test_query_workers_do_not_import_flask() -> None:
    script = "import kg.web.worker, sys; print({'flask', 'gunicorn', 'spacy'} & set(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "set()\n"
