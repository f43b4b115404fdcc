"""Hostile requests against a real server, which must go on serving everyone else.

``tests/hostile/kinds.py`` lists the kinds. A canary asks all the while; after each kind it
must be answered, and at the end memory, files, processes and log are looked at.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.hostile.kinds import KINDS
from tests.hostile.making import DEADLINE_S, Kind
from tests.hostile.reading import NoHttp, Reply, read_replies
from tests.hostile.sending import Attack, Outcome
from tests.hostile.server import Attacked, attacked, judge, serving
from tests.hostile.witnesses import children, tracebacks
from tests.server_process import wait_until, write_store

ASK = {"query": "ASK { <https://w3id.org/paperkg/term/kite> ?p ?o }"}
_SOAK_SEEDS = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("hostile")
    with attacked(folder, tmp_path_factory.mktemp("log") / "log") as running:
        yield running


def test_there_are_enough_kinds_with_names_of_their_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 60


ALLOWED = Kind("any", lambda random, target: (), frozenset((200, 400, 503)))
PROBLEM = (("content-type", "application/problem+json"),)
GOOD = Reply(200, (), b"", complete=True)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome((replace(GOOD, status=500),), 0.1, timed_out=False),
        Outcome((replace(GOOD, status=404),), 0.1, timed_out=False),
        Outcome((replace(GOOD, status=503),), 0.1, timed_out=False),
        Outcome((replace(GOOD, complete=False),), 0.1, timed_out=False),
        Outcome((Reply(400, PROBLEM, b"Traceback (most", complete=True),), 0.1, timed_out=False),
        Outcome((), 0.1, timed_out=False),
        Outcome((), ALLOWED.within_s, timed_out=True),
        Outcome((GOOD,), ALLOWED.within_s + 2, timed_out=False),
    ],
    ids=["500", "404", "no Retry-After", "cut", "traceback", "hung up", "no answer", "late"],
)
def test_judge_finds(outcome: Outcome) -> None:
    judge(ALLOWED, Attack(()), Outcome((GOOD,), 0.1, timed_out=False))
    with pytest.raises(AssertionError):
        judge(ALLOWED, Attack(()), outcome)


@pytest.mark.parametrize(
    "sent", [b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]
)
def test_what_is_no_http_is_found(sent: bytes) -> None:
    with pytest.raises(NoHttp):
        list(read_replies(iter([sent]), 1))


def test_replies_are_read_as_they_come() -> None:
    sent = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    pieces = [bytes([byte]) for byte in sent + b"HTTP/1.1 204 No Content\r\n\r\n"]
    assert [(one.status, one.body) for one in read_replies(iter(pieces), 2)] == [
        (200, b"abc"),
        (204, b""),
    ]
    assert not next(read_replies(iter([sent[:-7]]), 1)).complete


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_hostile(server: Attacked, kind: Kind) -> None:
    server.attack(kind, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_hostile_with_other_seeds(server: Attacked, kind: Kind) -> None:
    for seed in range(2, 2 + _SOAK_SEEDS):
        server.attack(kind, seed)


def test_killed_workers_are_replaced(server: Attacked) -> None:
    """As the kernel does where memory runs out: no other client is told anything wrong."""
    count = len(queriers(server.process.pid))
    for _ in range(5):
        for pid in queriers(server.process.pid):
            os.kill(pid, signal.SIGKILL)
        assert server.canary.answers_again()
    assert not server.canary.seen.wrong
    assert wait_until(lambda: len(queriers(server.process.pid)) == count)


def queriers(pid: int) -> set[int]:
    """The processes that run queries: the youngest generation."""
    young = children(pid)
    while older := {child for one in young for child in children(one)}:
        young = frozenset(older)
    return set(young)


def answers(host: str) -> bool:
    """Whether the server finds in its store what is there; no wrong answer but a 503."""
    with requests.get(f"http://{host}/sparql", params=ASK, timeout=30) as reply:
        if reply.status_code == 503:
            return False
        assert (reply.status_code, reply.json()) == (200, {"head": {}, "boolean": True})
        return True


@pytest.mark.parametrize("loss", ["renamed", "a file", "no pointer", "broken pointer"])
def test_store_that_goes_away(tmp_path: Path, loss: str) -> None:
    """What is open may be answered from; else 503, and all is well when it is back."""
    folder, log = tmp_path / "own", tmp_path / "log"
    folder.mkdir()
    store = write_store(folder / "kg")
    pointer = (store / "store.json").read_bytes()
    # The path of a local socket may have 107 bytes, and these folders have long names.
    with serving(folder, log, TMPDIR=tempfile.gettempdir()) as (host, process):
        assert wait_until(lambda: answers(host))  # its workers have started
        if loss in ("renamed", "a file"):
            store.rename(folder / "away")
        if loss == "a file":
            store.write_text("no store")
        elif loss == "no pointer":
            (store / "store.json").unlink()
        elif loss == "broken pointer":
            (store / "store.json").write_bytes(b"{" * 100)
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            answers(host)
            for path in ("/sparql?query=ASK%7B%7D", "/health", "/export/kg.nt", "/", "/queries"):
                with requests.get(f"http://{host}{path}", timeout=30) as reply:
                    assert reply.status_code in (200, 503), (path, reply.text)
                    assert str(folder) not in reply.text
        if loss == "a file":
            store.unlink()
        if loss in ("renamed", "a file"):
            (folder / "away").rename(store)
        else:
            (store / "store.json").write_bytes(pointer)
        assert wait_until(lambda: answers(host))
        assert process.poll() is None
    assert tracebacks(log) == []
