"""Clients that are many, slow, silent, or gone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final
from urllib.parse import quote

from tests.hostile.making import (
    ARRIVAL_S,
    BAD,
    NO_HTTP,
    OK,
    STOPPED,
    UPDATE,
    WITHIN_S,
    Kind,
    Make,
    Target,
    bearer,
    get,
    post,
)
from tests.hostile.sending import Attack, Part, Then

_MB: Final = b"a" * 1_000_000
_ENDLESS: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }"
_LARGE: Final = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
#: A server that hangs up on who is late does so soon after the time for it.
_LATE_S: Final = ARRIVAL_S + 3.0


def _head(target: Target, method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join(
        (f"{method} {path} HTTP/1.1", f"Host: {target.host}", *lines, "", "")
    ).encode()


def _large_bodies(random: Random, target: Target) -> Iterator[Attack]:
    """100 MB, told at once, told too small, or not told."""
    query, hundred = "Content-Type: application/sparql-query", 100
    size = f"Content-Length: {hundred * len(_MB)}"
    chunk = b"%x\r\n%s\r\n" % (len(_MB), _MB)
    chunked = "Transfer-Encoding: chunked"
    for path in ("/sparql", "/store?default", "/health", "/queries/top-methods"):
        honest = _head(target, "POST", path, query, size, "Connection: close")
        yield Attack((Part(honest), Part(_MB, hundred)))
        unknown = _head(target, "POST", path, query, chunked, "Connection: close")
        yield Attack((Part(unknown), Part(chunk, hundred), Part(b"0\r\n\r\n")))
    waits = _head(target, "POST", "/sparql", query, size, "Expect: 100-continue")
    yield Attack((Part(waits), Part(_MB, hundred)))
    lying = _head(target, "POST", "/sparql", query, "Content-Length: 5")
    yield Attack((Part(lying + b"ASK {"), Part(_MB, hundred)))
    for method, path in (("POST", "/sparql"), ("PUT", "/store?graph=urn:x")):
        kind = f"Content-Type: {UPDATE if path == '/sparql' else 'text/turtle'}"
        for line in (size, chunked):
            head = _head(target, method, path, kind, line, ": ".join(bearer(target)))
            yield Attack((Part(head), Part(chunk if line == chunked else _MB, hundred)))


def _slow_bodies(random: Random, target: Target) -> Iterator[Attack]:
    """A byte a second, or one every few milliseconds: one of those comes as time runs out."""
    for number in range(120):
        path, kind = random.choice(
            (
                ("/sparql", "application/sparql-query"),
                ("/health", "text/plain"),
                ("/sparql", UPDATE),
            )
        )
        chunked = number % 3 == 0
        told = "Transfer-Encoding: chunked" if chunked else "Content-Length: 100000"
        head = _head(target, "POST", path, f"Content-Type: {kind}", told, ": ".join(bearer(target)))
        times, pause_s = (2_500, 0.004) if number % 12 == 1 else (10, 1.0)
        yield Attack((Part(head), Part(b"1\r\na\r\n" if chunked else b"a", times, pause_s)))


def _slow_headers(random: Random, target: Target) -> Iterator[Attack]:
    for number in range(120):
        start = (b"G", b"GET / HT", _head(target, "GET", "/health")[:-2])[number % 3]
        yield Attack((Part(start), Part(b"X-Y: z\r\n"[number % 8 :][:1], 30, pause_s=1.0)))


def _slow_starts(random: Random, target: Target) -> Iterator[Attack]:
    """Connections that say nothing."""
    for _ in range(150):
        yield Attack((), Then.READ)


def _slow_readers(random: Random, target: Target) -> Iterator[Attack]:
    encoded = quote(_LARGE, safe="")
    for number in range(40):
        path = (f"/sparql?format=csv&query={encoded}", "/export/kg.nt")[number % 4 == 3]
        yield get(target, path, then=Then.READ_SLOWLY)


def _left(random: Random, target: Target) -> Iterator[Attack]:
    """Clients that go away: in the body, while the query runs, in the answer."""
    for text in (_ENDLESS, _LARGE) * 8:
        direct = post(target, "/sparql", text.encode(), "application/sparql-query")
        yield Attack(direct.parts, Then.LEAVE)
        yield Attack((Part(direct.parts[0].data[: -random.randrange(1, 40)]),), Then.LEAVE)
        yield Attack((*direct.parts, Part(b"", 1, pause_s=0.2)), Then.LEAVE)
    update = post(target, "/sparql", b"x" * 1_000, UPDATE, bearer(target))
    yield Attack((Part(update.parts[0].data[:-500]),), Then.LEAVE)
    yield get(target, "/export/kg.trig.gz", then=Then.LEAVE)


def _after_refusals(random: Random, target: Target) -> Iterator[Attack]:
    """Requests on a connection whose last one was refused before its body came."""
    following = Part(_head(target, "GET", "/health"), pause_s=0.3)
    for method, path, kind in (
        ("POST", "/sparql", UPDATE),
        ("PUT", "/store?default", "text/turtle"),
        ("POST", "/sparql", "text/plain"),
        ("POST", "/queries", "text/plain"),
        ("DELETE", "/store?graph=urn:x", "text/plain"),
        ("PATCH", "/sparql", "text/plain"),
    ):
        head = _head(target, method, path, f"Content-Type: {kind}", "Content-Length: 1000")
        for pause_s in (0.0, 0.0005, 0.001, 0.002, 0.05):
            body = Part(b"a" * 1_000, pause_s=pause_s)
            yield Attack((Part(head), body, following), replies=2, deaf=True)


def _half_closed(random: Random, target: Target) -> Iterator[Attack]:
    """Clients that close their side in the middle of what they announced."""
    body = b"query=ASK%7B%7D"
    for missing in (1, 10, len(body)):
        whole = post(target, "/sparql", body, "application/x-www-form-urlencoded")
        yield Attack((Part(whole.parts[0].data[:-missing]),), Then.HALF_CLOSE)
    head = _head(target, "POST", "/sparql", "Transfer-Encoding: chunked", "Content-Type: x/y")
    for part in (b"", b"5", b"5\r\n", b"5\r\nASK", b"5\r\nASK{}\r\n"):
        yield Attack((Part(head + part),), Then.HALF_CLOSE)


def _pipelined(path: str, count: int) -> Make:
    def make(random: Random, target: Target) -> Iterator[Attack]:
        yield Attack((Part(_head(target, "GET", path) * count),), replies=count)
        yield Attack((Part(_head(target, "GET", path) * count),), Then.LEAVE)

    return make


def _crowd(text: str, count: int) -> Make:
    def make(random: Random, target: Target) -> Iterator[Attack]:
        for number in range(count):
            varied = f"{text} # {number} {random.random()}"
            yield post(target, "/sparql", varied.encode(), "application/sparql-query")

    return make


def _knocks(random: Random, target: Target) -> Iterator[Attack]:
    for _ in range(400):
        yield Attack((), Then.LEAVE)


KINDS: Final = (
    Kind(
        "bodies of 100 MB",
        _large_bodies,
        frozenset((400, 401, 404, 405, 408, 413)),
        may_close=True,
        within_s=WITHIN_S + ARRIVAL_S,
    ),
    Kind(
        "slow bodies",
        _slow_bodies,
        NO_HTTP | STOPPED | frozenset((401, 403, 404)),
        may_close=True,
        at_once=120,
        within_s=_LATE_S,
    ),
    Kind("slow headers", _slow_headers, NO_HTTP, may_close=True, at_once=120, within_s=_LATE_S),
    Kind(
        "silent connections",
        _slow_starts,
        NO_HTTP,
        may_close=True,
        may_wait=True,
        at_once=150,
        within_s=_LATE_S,
    ),
    Kind("slow readers", _slow_readers, OK, may_wait=True, at_once=40, within_s=_LATE_S),
    Kind("clients that leave", _left, OK, at_once=16),
    Kind(
        "clients that stop in the middle",
        _half_closed,
        NO_HTTP | BAD,
        may_close=True,
        within_s=_LATE_S,
    ),
    Kind(
        "requests after a refused one",
        _after_refusals,
        OK | frozenset((400, 401, 404, 405, 415)),
    ),
    Kind(
        "pipelined requests", _pipelined("/health", 300), OK, may_close=True, within_s=2 * WITHIN_S
    ),
    Kind(
        "pipelined queries",
        _pipelined("/sparql?query=" + quote(_ENDLESS, safe=""), 30),
        STOPPED,
        may_close=True,
        may_wait=True,
        within_s=2 * WITHIN_S,
    ),
    Kind("a crowd of endless queries", _crowd(_ENDLESS, 120), STOPPED, at_once=120),
    Kind(
        "a crowd of hungry queries",
        _crowd("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f", 60),
        STOPPED,
        at_once=60,
    ),
    Kind("a crowd of look-ups", _crowd("ASK { ?s ?p ?o }", 400), OK | STOPPED, at_once=100),
    Kind("a crowd that only knocks", _knocks, OK, at_once=100),
)
