"""Flask behind the front: its routes run in threads, its answers leave by the event loop.

A thread is held for as long as a route computes, never for a client that reads slowly.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

from flask import Flask

from kg.web.messages import Headers, Reply, Request

T = TypeVar("T")
_THREADS: Final = 32
#: An answer up to this size is taken as a whole while its thread runs; only those are
#: compressed, as the largest scripts should be.
_WHOLE: Final = 2_000_000
#: With this header an answer is sent in its parts; a proxy such as nginx reads it as well.
_UNBUFFERED: Final = ("X-Accel-Buffering", "no")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Flask answered: the parts so far, and what gives the others."""

    status: int
    headers: Headers
    parts: list[bytes]
    rest: Iterator[bytes] | None
    close: Callable[[], None]


class Bridge:
    """Runs a Flask application for requests of the front."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(_THREADS, "kg-flask")

    async def answer(self, request: Request, body: bytes, extra: dict[str, Any]) -> Reply:
        """Answer a request whose body was read; *extra* goes into its WSGI environment."""
        environ = environ_of(request, body) | extra
        answer = await self._in_thread(self._run, environ)
        if answer.rest is None:
            return Reply(answer.status, answer.headers, b"".join(answer.parts))
        return Reply(answer.status, answer.headers, self._stream(answer))

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _run(self, environ: dict[str, Any]) -> _Answer:
        status, headers = 500, []

        def start_response(given: str, fields: Headers, _: Any = None) -> Callable[..., None]:
            nonlocal status, headers
            status, headers = int(given.partition(" ")[0]), fields
            return lambda data: None  # the old way of writing, which Flask does not use

        answer: Iterable[bytes] = self._app(environ, start_response)
        close = getattr(answer, "close", lambda: None)
        rest, parts, size = iter(answer), [], 0
        for part in rest:
            parts.append(part)
            size += len(part)
            if size > _WHOLE or _UNBUFFERED in headers:
                return _Answer(status, headers, parts, rest, close)
        close()
        return _Answer(status, headers, parts, None, close)

    async def _stream(self, answer: _Answer) -> AsyncIterator[bytes]:
        try:
            for part in answer.parts:
                yield part
            assert answer.rest is not None  # noqa: S101
            while part := await self._in_thread(next, answer.rest, b""):
                yield part
        finally:
            answer.close()

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def environ_of(request: Request, body: bytes) -> dict[str, Any]:
    """Make the WSGI environment of a request (PEP 3333)."""
    raw = bytes(request.scope.get("raw_path") or request.path.encode())
    path = unquote_to_bytes(raw.partition(b"?")[0]).decode("latin-1")
    prefix = request.prefix.encode().decode("latin-1")
    host, _, port = request.host.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path.removeprefix(prefix) if prefix else path,
        "QUERY_STRING": request.query.decode("latin-1"),
        "CONTENT_TYPE": request.header("content-type"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host or request.host,
        "SERVER_PORT": port if host else {"https": "443"}.get(request.scheme, "80"),
        "SERVER_PROTOCOL": f"HTTP/{request.scope['http_version']}",
        "REMOTE_ADDR": request.client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name not in ("content-type", "content-length"):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ["HTTP_HOST"] = request.host
    return environ
