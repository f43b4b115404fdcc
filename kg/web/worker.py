"""A query worker: the process in which queries run, and which may be killed at any time.

It talks to its parent over one pipe. The parent sends a job, the worker answers with
messages whose first byte says what follows:

=========  ==========================================================
STARTED    the id of the snapshot that the job sees
FRAME      a part of the answer, up to 256 KB
END        the last part of the answer
ERROR      JSON: the name of an error of kg.errors, its message, …
=========  ==========================================================
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from kg.errors import BadRequest, KGError, QueryStopped, QuerySyntaxError, StoreError
from kg.web.jobs import Job
from kg.web.reader import Reader

if TYPE_CHECKING:
    from typing_extensions import Buffer

STARTED: Final = b"S"
FRAME: Final = b"F"
END: Final = b"E"
ERROR: Final = b"X"

FRAME_BYTES: Final = 256 * 1024
OUT_OF_MEMORY: Final = (
    "query: stopped past its memory limit; add a LIMIT, narrow the patterns, "
    "or raise KG_QUERY_MEMORY_MB"
)
#: An idle worker looks this often whether it holds a snapshot that is no longer the newest.
_IDLE_S: Final = 1.0


class FrameWriter(io.RawIOBase):
    """A stream whose bytes leave as frames; memory stays at one frame."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._held = bytearray(FRAME)

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        view = memoryview(data).cast("B")
        self._held += view
        if len(self._held) > FRAME_BYTES:
            self._connection.send_bytes(self._held)
            self._held = bytearray(FRAME)
        return len(view)

    def end(self) -> None:
        """Send what is left, as the end of the answer."""
        self._held[:1] = END
        self._connection.send_bytes(self._held)


def work(connection: Connection[Any, Any], store: Path, memory_mb: int) -> None:
    """Run jobs until the parent closes its end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    reader = Reader(store)
    memory = _MemoryLimit(memory_mb)
    _refresh_quietly(reader, memory)
    try:
        while True:
            if connection.poll(_IDLE_S):
                _run(connection.recv(), reader, memory, connection)
            else:
                _refresh_quietly(reader, memory)
    except (EOFError, ConnectionError):  # the parent is gone
        return


def end_with_parent() -> None:
    """From now on, end this process when its parent dies, also in the middle of a query.

    pyoxigraph lets other threads run while it works, so the one that waits gets its turn.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_end, args=(parent.sentinel,), daemon=True).start()


def _wait_and_end(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)


class _MemoryLimit:
    """What queries may use beyond what the process needs without them.

    The address space of a fresh worker depends on threads and libraries, and grows by
    hundreds of MB when a store is opened; a query is not to pay for that. So the limit
    is relative. Where /proc is missing there is none.
    """

    def __init__(self, memory_mb: int) -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump helps nobody
        size = _address_space()
        self._limit = None if size is None else size + memory_mb * 1024 * 1024
        self._apply(self._limit)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let what the block keeps be free of charge."""
        before = _address_space()
        self._apply(None)
        try:
            yield
        finally:
            after = _address_space()
            if self._limit is not None and before is not None and after is not None:
                self._limit += max(0, after - before)
            self._apply(self._limit)

    def _apply(self, limit: int | None) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = hard if limit is None else limit
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Return the size of this process's address space in bytes."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return None
    return int(pages) * resource.getpagesize()


def _refresh(reader: Reader, memory: _MemoryLimit) -> None:
    if reader.is_stale():
        with memory.lifted():
            reader.refresh()


def _refresh_quietly(reader: Reader, memory: _MemoryLimit) -> None:
    """Open the newest snapshot ahead of the next job, which reports what is wrong."""
    try:
        _refresh(reader, memory)
    except StoreError:
        return


def _run(job: Job, reader: Reader, memory: _MemoryLimit, connection: Connection[Any, Any]) -> None:
    out = FrameWriter(connection)
    try:
        _refresh(reader, memory)
        connection.send_bytes(STARTED + reader.snapshot.id.encode())
        job.run(reader, cast(BinaryIO, out))
        out.end()
    except KGError as error:
        _send_error(connection, error)
    except MemoryError:
        _send_error(connection, QueryStopped(OUT_OF_MEMORY))


def _send_error(connection: Connection[Any, Any], error: KGError) -> None:
    told: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, QuerySyntaxError):
        told |= {"line": error.line, "column": error.column}
    connection.send_bytes(ERROR + json.dumps(told).encode())


def told_error(message: bytes, store: Path) -> KGError:
    """Make again the error that a worker sent.

    >>> told_error(b'{"error": "BadRequest", "message": "query: odd"}', Path("kg"))
    BadRequest('query: odd')
    """
    told = json.loads(message)
    name, text = told["error"], told["message"]
    if name == "QuerySyntaxError":
        return QuerySyntaxError(text, told["line"], told["column"])
    if name == "StoreError":
        return StoreError(store, text.removeprefix(f"{store}: "))
    return {"BadRequest": BadRequest, "QueryStopped": QueryStopped}.get(name, KGError)(text)
