"""One line of JSON a request or an error, on stderr, written apart from what is served.

A reader of stderr that stops reading holds up nothing: lines that find no room are counted
and left out. Of a pipe half is left free, for others write to it too, and would wait.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import stat
import sys
import termios
import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any, Final

#: Lines that wait to be written; past so many the oldest go.
_ROOM: Final = 10_000
#: Characters of a path or message that are told, and of the end of a traceback; escaped, one
#: may take 6 bytes.
_LONGEST: Final = 1_500
_LONGEST_TRACEBACK: Final = 4_000
#: Lines are written together, so often.
_EVERY_S: Final = 0.1


class EventLog:
    """Takes facts about requests and errors and writes them in a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._room = _pipe_room(descriptor)
        self._lines: deque[dict[str, Any]] = deque(maxlen=_ROOM)
        self._lost = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="kg-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def write(self, facts: dict[str, Any]) -> None:
        """Take the facts of one event."""
        if len(self._lines) == _ROOM:
            self._lost += 1
        self._lines.append(facts)

    def close(self) -> None:
        """Write what is left, unless nobody reads."""
        self._stop.set()
        self._thread.join(2 * _EVERY_S)

    def _work(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        if self._lost and self._fits():
            lost, self._lost = self._lost, 0
            self._put({"event": "log", "lost": lost})
        while self._lines and self._fits():
            self._put(self._lines.popleft())

    def _fits(self) -> bool:
        """Tell whether a pipe has so few unread bytes that more may be written."""
        if self._room is None:
            return True
        unread = array.array("i", [0])
        fcntl.ioctl(self._descriptor, termios.FIONREAD, unread)
        return unread[0] < self._room

    def _put(self, facts: dict[str, Any]) -> None:
        line = json.dumps(_readable(facts), ensure_ascii=False) + "\n"
        left = memoryview(line.encode("utf-8", "replace"))
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:  # stderr is closed: there is nowhere to tell it
            self._stop.set()
            self._lines.clear()


class LogHandler(logging.Handler):
    """Passes what the program logs to an event log, as facts."""

    def __init__(self, events: EventLog) -> None:
        super().__init__()
        self._events = events
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        facts = {
            "time": record.created,
            "event": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and self.formatter:
            facts["traceback"] = self.formatter.formatException(record.exc_info)
        self._events.write(facts)


def take_logs(events: EventLog, *names: str) -> None:
    """Send what these loggers, and all that pass on to the root, log to an event log alone."""
    handler = LogHandler(events)
    for logger in (logging.getLogger(), *map(logging.getLogger, names)):
        logger.handlers[:] = [handler]
        logger.propagate = False


def _pipe_room(descriptor: int) -> int | None:
    """Return half of what a pipe holds; None for what is no pipe."""
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            if sys.platform == "linux":
                return fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) // 2
            return 8192  # half of the smallest that there is
    return None


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    """Tell the time as people write it, and of a query its hash: its text may hold secrets.

    Texts are cut, as a line must find room in what :func:`_pipe_room` leaves.
    """
    told = {name: value if name == "query" else _cut(name, value) for name, value in facts.items()}
    if "time" in told:
        told["time"] = datetime.fromtimestamp(told["time"], UTC).isoformat(timespec="milliseconds")
    if "query" in told:
        told["query"] = hashlib.sha256(told["query"].encode("utf-8", "replace")).hexdigest()[:16]
    return told


def _cut(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[-_LONGEST_TRACEBACK:] if name == "traceback" else value[:_LONGEST]
