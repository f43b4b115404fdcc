"""A time limit on a whole request, which ``requests`` does not have.

Its timeouts count from byte to byte: a server that sends one a second, of the headers or of the
body, keeps a client for ever. Here the socket of a request is shut when its time is over.
"""

from __future__ import annotations

import socket
import threading
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Final, Self

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """Shuts the socket of the request that its ``with`` block sends, *seconds* after its start.

    ``passed`` tells whether it did. A connection that is being made has its own timeout.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._token: Token[Deadline | None] | None = None

    def __enter__(self) -> Self:
        self._token = _RUNNING.set(self)
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._token is not None:
            _RUNNING.reset(self._token)

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
            if self.passed:
                _shut(connected)

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            if self._socket is not None:
                _shut(self._socket)


_RUNNING: Final[ContextVar[Deadline | None]] = ContextVar("running", default=None)


def _shut(connected: socket.socket) -> None:
    """End a connection, so that whoever reads of it sees its end; it stays theirs to close."""
    try:
        # Not the method of SSLSocket, which would drop the state that the reader is using.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already


def _watch(connection: HTTPConnection) -> None:
    deadline = _RUNNING.get()
    if deadline is not None and isinstance(connection.sock, socket.socket):
        deadline.watch(connection.sock)


class _Connection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3
        _watch(self)
        return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3
        _watch(self)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS: Final = {"http": _Pool, "https": _SecurePool}


class WatchedAdapter(HTTPAdapter):
    """Sends requests over connections that a deadline can end, through HTTP proxies as well."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def close(self) -> None:
        """Close the connections now: clearing a manager leaves that to the garbage collector."""
        for manager in [self.poolmanager, *self.proxy_manager.values()]:
            for key in manager.pools.keys():  # noqa: SIM118  # it cannot be iterated
                manager.pools[key].close()
        super().close()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if isinstance(manager, ProxyManager):  # that of a SOCKS proxy has pools of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager
