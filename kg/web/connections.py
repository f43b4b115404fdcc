"""The open connections of a server: how many a client may have, and how long they may idle.

A client that opens connections and sends nothing, or a header a byte at a time, is let go
after a while; nothing but a connection waits for it meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from kg.web.messages import Scope

_LOOK_S: Final = 1.0
#: One client may have so large a share of all connections.
_SHARE: Final = 4

Address = tuple[str, int]


@dataclass(slots=True)
class _Open:
    transport: asyncio.Transport
    #: When the request that is not yet complete began; None while one is answered.
    since: float | None
    answering: int = 0


class Connections:
    """Counts connections, closes idle ones, and breaks one off."""

    def __init__(self, most: int, headers_s: float) -> None:
        """Set them up.

        Args:
            most: connections at once.
            headers_s: so many seconds after its first byte a request's headers must be there.
        """
        self.most = most
        self._headers_s = headers_s
        self._open: dict[Address, _Open] = {}
        self._clients: Counter[str] = Counter()
        self._looking: asyncio.TimerHandle | None = None

    def admit(self, transport: asyncio.Transport) -> bool:
        """Take a new connection; False if there are too many, of this client or in all."""
        peer = _address(transport.get_extra_info("peername"))
        if len(self._open) >= self.most or self._clients[peer[0]] >= self.most // _SHARE:
            return False
        loop = asyncio.get_running_loop()
        self._open[peer] = _Open(transport, loop.time())
        self._clients[peer[0]] += 1
        if self._looking is None:
            self._looking = loop.call_later(_LOOK_S, self._look)
        return True

    def received(self, transport: asyncio.Transport) -> None:
        """Note that bytes came; the first ones of a request start its time."""
        found = self._open.get(_address(transport.get_extra_info("peername")))
        if found is not None and found.since is None and not found.answering:
            found.since = asyncio.get_running_loop().time()

    def lost(self, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        peer = _address(transport.get_extra_info("peername"))
        found = self._open.get(peer)
        if found is not None and found.transport is transport:
            del self._open[peer]
            self._clients[peer[0]] -= 1
            if not self._clients[peer[0]]:
                del self._clients[peer[0]]

    def begin(self, scope: Scope) -> None:
        """Note that the headers of a request are there."""
        found = self._open.get(_address(scope.get("client")))
        if found is not None:
            found.since = None
            found.answering += 1

    def end(self, scope: Scope) -> None:
        """Note that a request was answered."""
        found = self._open.get(_address(scope.get("client")))
        if found is not None:
            found.answering -= 1

    def abort(self, scope: Scope) -> bool:
        """Break the connection of a request off; False if it is not one of ours."""
        found = self._open.get(_address(scope.get("client")))
        if found is None:
            return False
        found.transport.abort()
        return True

    def close_idle(self) -> None:
        """Close the connections on which nothing is answered: the server stops."""
        for found in list(self._open.values()):
            if not found.answering:
                found.transport.close()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(_LOOK_S, self._look) if self._open else None
        late = loop.time() - self._headers_s
        for found in list(self._open.values()):
            if found.since is not None and found.since < late:
                found.transport.abort()


def _address(given: Any) -> Address:
    return (str(given[0]), int(given[1])) if given else ("", 0)
