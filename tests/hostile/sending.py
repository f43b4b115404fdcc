"""Send bytes as they are, well-formed or not, and read what comes back."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.hostile.reading import Reply, read_replies

#: At most so much of an answer is kept; the rest is read and dropped.
_PIECE: Final = 65_536


class Then(Enum):
    """What the client does when it has sent everything."""

    READ = "read the answer"
    HALF_CLOSE = "close its side, then read the answer"
    LEAVE = "go away without reading, with a reset"
    READ_SLOWLY = "read some bytes a second, then go away"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes to send ``times`` times, with a pause before each."""

    data: bytes
    times: int = 1
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Attack:
    """One conversation; ``replies`` is how many answers to wait for.

    ``deaf`` clients send everything even if the server has answered.
    """

    parts: tuple[Part, ...]
    then: Then = Then.READ
    replies: int = 1
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back; ``waited_s`` counts from the last byte sent. No reply: it closed."""

    replies: tuple[Reply, ...]
    waited_s: float
    timed_out: bool


def send(attack: Attack, address: tuple[str, int], within_s: float) -> Outcome:
    """Have one conversation; gives up *within_s* seconds after the last byte was sent."""
    try:
        connection = socket.create_connection(address, timeout=within_s)
    except OSError:
        return Outcome((), 0.0, timed_out=False)
    with connection:
        _send_parts(connection, attack, within_s)
        started = time.monotonic()
        if attack.then is Then.LEAVE:
            _reset(connection)
            return Outcome((), 0.0, timed_out=False)
        if attack.then is Then.HALF_CLOSE:
            _half_close(connection)
        if attack.then is Then.READ_SLOWLY:
            _read_slowly(connection, started + within_s)
            _reset(connection)
            return Outcome((), 0.0, timed_out=False)
        pieces = _pieces(connection, started + within_s)
        replies = tuple(read_replies(pieces, attack.replies))
        timed_out = len(replies) < attack.replies and time.monotonic() >= started + within_s
        return Outcome(replies, time.monotonic() - started, timed_out)


def _send_parts(connection: socket.socket, attack: Attack, within_s: float) -> None:
    """Send until the server answers or hangs up: it need not hear everything out."""
    pauses_s = sum(part.times * part.pause_s for part in attack.parts)
    deadline = time.monotonic() + within_s + pauses_s
    for part in attack.parts:
        for _ in range(part.times):
            if part.pause_s:
                time.sleep(part.pause_s)
            answered = not attack.deaf and _has_answer(connection)
            if answered or time.monotonic() > deadline:
                return
            try:
                connection.sendall(part.data)
            except OSError:
                return


def _has_answer(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def _half_close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:  # the server was faster
        return


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _pieces(connection: socket.socket, deadline: float) -> Iterator[bytes]:
    """What arrives until the deadline, or until the server closes."""
    while (left_s := deadline - time.monotonic()) > 0:
        connection.settimeout(left_s)
        try:
            piece = connection.recv(_PIECE)
        except OSError:  # reset, or too late
            return
        if not piece:
            return
        yield piece


def _read_slowly(connection: socket.socket, deadline: float) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            if not connection.recv(10):
                return
        except OSError:
            return
