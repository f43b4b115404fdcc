"""What a kind of hostile request is, and how its requests are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote, quote_plus

from tests.hostile.reading import Reply
from tests.hostile.sending import Attack, Part, Then

#: Seconds of a query, and of a request's arrival, on the server that is attacked.
DEADLINE_S: Final = 2.0
ARRIVAL_S: Final = 3.0
#: An answer comes within the wait for a worker, the query's own time, and the start of a
#: new worker in place of one that was killed.
WITHIN_S: Final = 2 * DEADLINE_S + 2.0

OK: Final = frozenset((200,))
BAD: Final = frozenset((400,))
TOO_LONG: Final = frozenset((400, 413, 414, 431))
#: A query that may be refused as it stands, run into a limit, or find its client too busy.
STOPPED: Final = frozenset((400, 429, 503))
NO_ENTRY: Final = frozenset((401, 403))
NOT_THERE: Final = frozenset((400, 404))
#: What a server may say to what is no HTTP, or a version or transfer that it does not speak.
NO_HTTP: Final = frozenset((400, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505))

CHARSET_FREE: Final = "application/sparql-query"
FORM: Final = "application/x-www-form-urlencoded"
UPDATE: Final = "application/sparql-update"


@dataclass(frozen=True, slots=True)
class Target:
    """Who is attacked; ``listener`` is an address that nobody may be led to connect to."""

    host: str
    listener: str
    token: str


Make = Callable[[Random, Target], Iterable[Attack]]
Texts = Callable[[Random, Target], Iterator[str]]
Check = Callable[[Reply], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of hostile request.

    Args:
        attacks: makes the variants of a seed.
        statuses: what may be answered, and nothing else.
        may_close: whether the server may hang up instead of answering.
        may_wait: whether it may also wait on: the client never finishes.
        may_break: whether an answer may end in the middle, as at a limit.
        at_once: how many conversations run side by side.
        within_s: how long an answer may take.
        checks: raise an AssertionError for an answer that gives something away.
    """

    name: str
    attacks: Make
    statuses: frozenset[int]
    may_close: bool = False
    may_wait: bool = False
    may_break: bool = False
    at_once: int = 4
    within_s: float = WITHIN_S
    checks: tuple[Check, ...] = ()


def request(
    target: Target,
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    then: Then = Then.READ,
) -> Attack:
    """Write a request; its length is told where it has a body, and it is the last."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {target.host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join((*lines, "", "")).encode("utf-8", "surrogateescape")
    return Attack((Part(head + (body or b"")),), then)


def get(target: Target, path: str, *headers: tuple[str, str], then: Then = Then.READ) -> Attack:
    return request(target, "GET", path, headers, then=then)


def post(
    target: Target, path: str, body: bytes, content_type: str, *headers: tuple[str, str]
) -> Attack:
    return request(target, "POST", path, (("Content-Type", content_type), *headers), body)


def bearer(target: Target) -> tuple[str, str]:
    return "Authorization", f"Bearer {target.token}"


def query(target: Target, text: str, random: Random, *headers: tuple[str, str]) -> Attack:
    """Send a query in one of the three ways of the protocol."""
    encoded = text.encode("utf-8", "surrogatepass")
    way = random.choice(("direct", "form", "url") if len(text) < 1_500 else ("direct", "form"))
    if way == "direct":
        return post(target, "/sparql", encoded, CHARSET_FREE, *headers)
    if way == "form":
        return post(target, "/sparql", b"query=" + quote_plus(encoded).encode(), FORM, *headers)
    return get(target, f"/sparql?query={quote(encoded, safe='')}", *headers)


def queries(texts: Texts, *headers: tuple[str, str]) -> Make:
    """Send each text as a query."""

    def make(random: Random, target: Target) -> Iterator[Attack]:
        for text in texts(random, target):
            yield query(target, text, random, *headers)

    return make


def updates(texts: Texts) -> Make:
    """Send each text as an update of one who may write."""

    def make(random: Random, target: Target) -> Iterator[Attack]:
        for text in texts(random, target):
            yield post(target, "/sparql", text.encode(), UPDATE, bearer(target))

    return make


def paths(texts: Texts, *headers: tuple[str, str]) -> Make:
    """Send a GET to each path."""

    def make(random: Random, target: Target) -> Iterator[Attack]:
        for text in texts(random, target):
            yield get(target, text, *headers)

    return make


def fixed(*texts: str) -> Texts:
    """Texts that no seed changes; ``LISTENER`` stands for the address to stay away from."""

    def make(random: Random, target: Target) -> Iterator[str]:
        for text in texts:
            yield text.replace("LISTENER", target.listener)

    return make


def raw(*conversations: bytes, then: Then = Then.READ, replies: int = 1) -> Make:
    """Send bytes as they are; ``HOST`` and ``LISTENER`` stand for the two addresses."""

    def make(random: Random, target: Target) -> Iterator[Attack]:
        for data in conversations:
            filled = data.replace(b"HOST", target.host.encode())
            filled = filled.replace(b"LISTENER", target.listener.encode())
            yield Attack((Part(filled),), then, replies)

    return make
