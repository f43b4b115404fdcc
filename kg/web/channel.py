"""Messages between the server and its query workers, over a pair of sockets.

To a worker: the length of a job, and the job as pickle writes it. From a worker, each with
its kind and length before it:

=========  =====================================================================
READY      it has started and opened the newest snapshot; comes once
STARTED    the id of the snapshot that the job sees; comes first in an answer
FRAME      a part of the answer, up to 256 KB
END        the last part of the answer
ROWS       how many rows the answer had, just before END, where that is known
ERROR      JSON: the name of an error of kg.errors, its message, …
=========  =====================================================================
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import Final, cast

READY: Final = b"R"
STARTED: Final = b"S"
FRAME: Final = b"F"
END: Final = b"E"
ROWS: Final = b"N"
ERROR: Final = b"X"

_JOB = struct.Struct("<I")
_HEAD = struct.Struct("<cI")
#: Frames that wait for a slow client: past so many bytes the worker is left to wait.
_HELD_BYTES: Final = 128 * 1024

Message = tuple[bytes, bytes]


def pack(kind: bytes, content: bytes | bytearray | memoryview) -> bytes:
    """Return a message of a worker as bytes."""
    return _HEAD.pack(kind, len(content)) + content


def receive_job(connection: socket.socket) -> bytes:
    """Wait for a job, in a worker.

    Raises:
        EOFError: the server has closed its end.
    """
    return _exactly(connection, _JOB.unpack(_exactly(connection, _JOB.size))[0])


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


class Channel(asyncio.Protocol):
    """The server's end: jobs out, messages in, in the server's event loop."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._paused = False
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        #: Done when the worker's end is closed: its process has ended.
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)  # of whichever event loop
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        self._wake()

    def data_received(self, data: bytes) -> None:
        held = self._held
        held += data
        place, size = 0, len(held)
        while size - place >= _HEAD.size:
            kind, length = _HEAD.unpack_from(held, place)
            end = place + _HEAD.size + length
            if end > size:
                break
            self._messages.append((kind, bytes(held[place + _HEAD.size : end])))
            self._bytes += length
            place = end
        if place:
            del held[:place]
            self._wake()
        if self._bytes > _HELD_BYTES and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()

    def send(self, job: bytes) -> None:
        """Send a job."""
        if self._transport is not None:
            self._transport.write(_JOB.pack(len(job)) + job)

    async def next(self, within_s: float | None) -> Message:
        """Return the next message.

        Args:
            within_s: how long to wait, in seconds; None for ever.

        Raises:
            TimeoutError: none came in time.
            EOFError: the worker has ended.
        """
        if not self._messages:
            await self._wait(within_s)
        kind, content = self._messages.popleft()
        self._bytes -= len(content)
        if self._paused and self._bytes <= _HELD_BYTES and self._transport:
            self._paused = False
            self._transport.resume_reading()
        return kind, content

    async def _wait(self, within_s: float | None) -> None:
        if self.lost.done():
            raise EOFError
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(within_s, self._wake) if within_s is not None else None
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        if not self._messages:
            raise EOFError if self.lost.done() else TimeoutError

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Close this end: an idle worker ends at that."""
        if self._transport is not None:
            self._transport.abort()
