"""The front of the server, an ASGI application: SPARQL and the graph store by itself, all
else by Flask.

What a client sends slowly or reads slowly holds a connection here, no thread and no query
worker.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask

from kg.errors import (
    KGError,
    Overloaded,
    QueryStopped,
    QueryTimeout,
    RequestError,
    TooManyQueries,
)
from kg.web import problems
from kg.web.bridge import Bridge
from kg.web.connections import Connections
from kg.web.delivery import Delivery
from kg.web.endpoint import SparqlEndpoint
from kg.web.graph_store import GraphStore, sweep_uploads
from kg.web.logs import EventLog
from kg.web.messages import (
    ClientGone,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    read_request,
)
from kg.web.metrics import CONTENT_TYPE, Metrics
from kg.web.replies import CORS, DEFERRED, PREFLIGHT, SECURITY, Deferred
from kg.web.site.ahead import Ahead
from kg.web.site.review import page as review
from kg.web.state import Server, parts_of
from kg.web.workers import Pool, PoolLimits

#: A client that takes nothing of an answer for so long is left.
_STALL_S: Final = 60.0
#: Opening a store for writing takes so much address space, beside what the write takes.
_OPEN_MB: Final = 1024
_BASE_HEADERS: Final = [
    (name.lower().encode(), value.encode()) for name, value in (SECURITY | CORS).items()
]

_PREFLIGHT_HEADERS: Final = [
    (name.lower().encode(), value.encode()) for name, value in PREFLIGHT.items()
]


@dataclass(slots=True)
class _Sent:
    """What of an answer has left."""

    id: str
    status: int = 0
    size: int = 0


class Front:
    """Answers every request to one server."""

    def __init__(self, app: Flask, *, log: EventLog) -> None:
        """Set it up; its processes start with the event loop that serves it."""
        self._app = app
        self.server: Server = parts_of(app)
        self.connections = Connections(
            self.server.settings.max_connections, self.server.settings.body_timeout_s
        )
        settings = self.server.settings
        self._bridge = Bridge(app)
        self._pool = self.server.pool.pool
        self._writer = Pool(
            settings.store,
            PoolLimits(
                1,
                settings.write_timeout_s,
                settings.query_memory_mb + _OPEN_MB,
                waiting=settings.max_waiting,
                per_client=settings.max_queries_per_client,
            ),
            reads=False,
        )
        self.metrics = Metrics(settings.store, self._pool)
        self._delivery = Delivery(settings, self._pool, self.metrics)
        self._sparql = SparqlEndpoint(settings, self._delivery, self._writer)
        self._store = GraphStore(settings, self._delivery, self._writer)
        self._ahead = Ahead(app)
        self.log = log
        start = secrets.token_hex(4)
        self._ids = (f"{start}-{number:x}" for number in itertools.count(1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI 3 has it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def start(self) -> None:
        """Start the processes, in the event loop that is running."""
        self.server.pool.open_here()
        self._writer.open()
        self._ahead.start()
        review.resume(self._app)
        self.log.start()
        sweep_uploads()

    async def stop(self) -> None:
        """End all processes."""
        self._ahead.stop()
        review.stop(self._app)
        await asyncio.gather(self._pool.close(), self._writer.close())
        self._bridge.close()
        self.log.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        sent, outcome = _Sent(next(self._ids)), "gone"
        request: Request | None = None
        settings = self.server.settings
        self.connections.begin(scope)
        try:
            request = read_request(
                scope, receive, prefix=settings.prefix, trusted_proxies=settings.trusted_proxies
            )
            outcome = await self._send(request, await self._answer(request), send, sent)
        except ClientGone:
            pass
        except Exception as error:  # noqa: BLE001 - told to the caller, or logged
            told = problems.told(error, f"{scope['method']} {scope['path']}")
            reply = problems.problem_reply(told)
            if request is None or request.leaves_body:
                reply.headers.append(("connection", "close"))
            await self._send(request, reply, send, sent)
            outcome = _outcome_of(error)
        finally:
            self.connections.end(scope)
            self._record(scope, request, sent, outcome, time.perf_counter() - started)

    async def _answer(self, request: Request) -> Reply:
        path = request.path
        if path in ("/sparql", "/sparql/"):
            reply = await self._sparql.answer(request)
        elif path == "/store" or path.startswith("/store/"):
            reply = await self._store.answer(request)
        elif path == "/metrics" and request.method in ("GET", "HEAD"):
            text = await asyncio.to_thread(self.metrics.text)
            reply = Reply(200, [("content-type", CONTENT_TYPE)], text)
        else:
            reply = None
        return reply or await self._flask(request)

    async def _flask(self, request: Request) -> Reply:
        settings = self.server.settings
        body = request.note.pop("body", None)
        if body is None:
            limit = settings.query_max_kb * 1024 * 3 + 64 * 1024
            body = await request.body(limit, settings.body_timeout_s)
        kept: dict[str, Any] = {DEFERRED: None}
        reply = await self._bridge.answer(request, body, {DEFERRED: kept})
        deferred = kept[DEFERRED]
        if isinstance(deferred, Deferred):
            return await self._delivery.deliver(
                request, deferred.job, deferred.choice, list(deferred.headers.items())
            )
        return self._delivery.compressed(request, reply)

    async def _send(self, request: Request | None, reply: Reply, send: Send, sent: _Sent) -> str:
        """Send an answer; returns how it ended."""
        if sent.status:  # too late for another answer: what is there must not look complete
            self._break_off(request)
            return "failed"
        sent.status = reply.status
        method = request.method if request is not None else ""
        headers = _encoded(reply, method, sent.id)
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if not isinstance(reply.body, bytes):
            return await self._stream(request, reply.body, send, sent)
        body = b"" if method == "HEAD" else reply.body
        sent.size = len(body)
        await send({"type": "http.response.body", "body": body})
        return "ok"

    async def _stream(
        self, request: Request | None, parts: AsyncIterator[bytes], send: Send, sent: _Sent
    ) -> str:
        try:
            async for part in parts:
                if request is not None and request.method == "HEAD":
                    break
                sent.size += len(part)
                async with asyncio.timeout(_STALL_S):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except (KGError, TimeoutError) as error:
            self._break_off(request)
            return _outcome_of(error)
        finally:
            closing = getattr(parts, "aclose", None)
            if closing is not None:
                await closing()
        await send({"type": "http.response.body", "body": b""})
        return "ok"

    def _break_off(self, request: Request | None) -> None:
        """Close the connection in the middle of an answer.

        Raises:
            QueryStopped: the connection is not ours, so that its server closes it.
        """
        if request is None or not self.connections.abort(request.scope):
            raise QueryStopped("answer: broken off")

    def _record(
        self, scope: Scope, request: Request | None, sent: _Sent, outcome: str, seconds: float
    ) -> None:
        note = request.note if request is not None else {}
        self.metrics.answered(_route_of(scope["path"]), sent.status)
        if "query" in note:
            if note.get("cached") and outcome == "ok":
                outcome = "cached"
            self.metrics.queried(outcome, seconds)
        if self.server.settings.request_log == "off":
            return
        facts: dict[str, Any] = {
            "time": time.time(),
            "id": sent.id,
            "client": request.client if request else "",
            "method": scope["method"],
            "path": scope["path"],
            "status": sent.status,
            "ms": round(seconds * 1000, 2),
            "bytes": sent.size,
            "outcome": outcome,
        }
        if "query" in note:
            facts |= {"query": note["query"], "rows": note.get("rows")}
        self.log.write(facts)


def _encoded(reply: Reply, method: str, id_: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer, with those that all have."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers
    ]
    names = {name for name, _ in headers}
    headers += [header for header in _BASE_HEADERS if header[0] not in names]
    headers.append((b"x-request-id", id_.encode()))
    if method == "OPTIONS":
        headers += _PREFLIGHT_HEADERS
    length = len(reply.body) if isinstance(reply.body, bytes) else None
    if length is not None and b"content-length" not in names and reply.status not in (204, 304):
        headers.append((b"content-length", b"%d" % length))
    return headers


#: First parts of paths that are counted by themselves.
_ROUTES: Final = frozenset(
    ("", "sparql", "store", "queries", "export", "health", "metrics", "docs", "openapi.json")
    + ("ontology", "resource", "paper", "author", "term", "digest", "graph", "static", "reconcile")
    + ("search", "digests", "benchmarks", "trends", "compare", "explore", "about", "downloads")
    + ("login", "logout", "review")
)


def _route_of(path: str) -> str:
    """Name what a path is counted as: its first part, without the suffix of a format.

    >>> _route_of("/search.csv"), _route_of("/term/lora"), _route_of("/.env"), _route_of("/")
    ('search', 'term', 'other', '')
    """
    route = path.split("/", 2)[1] if "/" in path else ""
    stem = route.partition(".")[0] or route
    return next((name for name in (route, stem) if name in _ROUTES), "other")


def _outcome_of(error: Exception) -> str:
    """Name the way a query ended, for the log and the metrics."""
    for class_, name in (
        (QueryTimeout, "timeout"),
        (QueryStopped, "stopped"),
        (Overloaded, "overloaded"),
        (TooManyQueries, "overloaded"),
        (RequestError, "refused"),
        (TimeoutError, "gone"),
    ):
        if isinstance(error, class_):
            return name
    return "failed"
