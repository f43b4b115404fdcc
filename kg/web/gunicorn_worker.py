"""gunicorn's process that serves the front: its ASGI worker, with our rules for connections."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, cast

from gunicorn.asgi.protocol import ASGIProtocol  # type: ignore[import-untyped]
from gunicorn.workers import gasgi  # type: ignore[import-untyped]

from kg.web.connections import Connections
from kg.web.front import Front
from kg.web.logs import take_logs
from kg.web.problems import MEDIA_TYPE, RETRY_AFTER_S

_FULL: Final = json.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "too many connections are open, of this client or in all; close some",
    }
).encode()
_TITLES: Final = {400: "Bad Request", 414: "URI Too Long", 431: "Header Fields Too Large"}


class FrontProtocol(ASGIProtocol):  # type: ignore[misc]
    """One connection; the server's rules decide whether it may stay."""

    def _connections(self) -> Connections:
        front = self.worker.asgi
        assert isinstance(front, Front)  # noqa: S101
        return front.connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # of whichever event loop
        self._admitted = self._connections().admit(transport)
        self._ours = transport
        if self._admitted:
            super().connection_made(transport)
            return
        transport.write(
            b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
            + f"Content-Type: {MEDIA_TYPE}\r\nRetry-After: {RETRY_AFTER_S}\r\n".encode()
            + f"Content-Length: {len(_FULL)}\r\n\r\n".encode()
            + _FULL
        )
        transport.close()

    def data_received(self, data: bytes) -> None:
        if self._admitted:
            self._connections().received(self._ours)
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._admitted:
            self._connections().lost(self._ours)
            super().connection_lost(exc)

    def _send_error_response(self, status: int, message: str, extra_headers: Any = ()) -> None:
        """Tell what is wrong with a request that could not be read as all errors are told."""
        details = {
            "type": "about:blank",
            "title": _TITLES.get(status, "Bad Request"),
            "status": status,
            "detail": f"request: cannot be read ({message})",
        }
        self._safe_write(
            f"HTTP/1.1 {status} {_TITLES.get(status, 'Error')}\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nConnection: close\r\n".encode()
        )
        body = json.dumps(details).encode()
        self._safe_write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


class FrontWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    """The worker; gunicorn has no setting for the class of its connections."""

    def init_process(self) -> None:
        gasgi.ASGIProtocol = FrontProtocol
        take_logs(self.app.wsgi().log, "gunicorn.error")
        super().init_process()

    async def _shutdown(self) -> None:
        self.app.wsgi().connections.close_idle()  # they would be waited for
        await super()._shutdown()
