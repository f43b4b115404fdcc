"""A query worker: the process in which queries run, and which may be killed at any time.

It talks to the server over one socket; :mod:`kg.web.channel` says what.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pickle
import resource
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

from kg import errors
from kg.errors import KGError, QueryStopped, QuerySyntaxError, StoreError, StoreLocked
from kg.web import channel
from kg.web.coding import Coding, coded
from kg.web.jobs import Job
from kg.web.reader import Reader
from kg.web.sandbox import forbid_network

if TYPE_CHECKING:
    from typing_extensions import Buffer

FRAME_BYTES: Final = 256 * 1024
OUT_OF_MEMORY: Final = (
    "query: stopped past its memory limit; add a LIMIT, narrow the patterns, "
    "or raise KG_QUERY_MEMORY_MB"
)
#: Errors that are made again from their message alone.
_TOLD: Final = (
    errors.BadRequest,
    errors.Conflict,
    errors.Forbidden,
    errors.QueryStopped,
    errors.UnknownGraph,
)
#: An idle worker looks this often whether it holds a snapshot that is no longer the newest.
_IDLE_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What the processes of a pool may use: memory beyond what they have when they start,
    and bytes of one answer before it is compressed."""

    memory_mb: int
    result_mb: int


class Order(NamedTuple):
    """A job, the content coding that its answer is sent in, and whether the store was there
    when an earlier one ran."""

    job: Job
    coding: Coding = Coding.IDENTITY
    was_there: bool = False


class FrameWriter(io.RawIOBase):
    """A stream whose bytes leave as frames; memory stays at one frame."""

    def __init__(self, connection: socket.socket, snapshot: str) -> None:
        self._connection = connection
        self._held = bytearray()
        self._before = channel.pack(channel.STARTED, snapshot.encode())

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        view = memoryview(data).cast("B")
        self._held += view
        if len(self._held) >= FRAME_BYTES:
            self._send(channel.FRAME)
        return len(view)

    def end(self, rows: int | None) -> None:
        """Send what is left, as the end of the answer, with how many rows it had."""
        if rows is not None:
            self._before += channel.pack(channel.ROWS, b"%d" % rows)
        self._send(channel.END)

    def _send(self, kind: bytes) -> None:
        self._connection.sendall(self._before + channel.pack(kind, self._held))
        self._before = b""
        self._held.clear()


class _Bounded(io.RawIOBase):
    """Passes so many bytes on and no more."""

    def __init__(self, out: BinaryIO, limit_mb: int) -> None:
        self._out = out
        self._limit_mb = limit_mb
        self._left = limit_mb * 1_000_000
        #: Whether there was more; what raises here may arrive as another error.
        self.full = False

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        size = memoryview(data).nbytes
        self._left -= size
        if self._left < 0:
            self.full = True
            raise OSError("the answer is too long")
        self._out.write(data)
        return size

    def error(self) -> QueryStopped:
        return QueryStopped(
            f"query: its answer is longer than {self._limit_mb} MB; add a LIMIT, ask for fewer "
            "columns, or raise KG_QUERY_MAX_RESULT_MB"
        )


def work(connection: Connection[Any, Any], store: Path, limits: Limits, *, reads: bool) -> None:
    """Run jobs until the server closes its end.

    Args:
        reads: whether jobs read the newest snapshot, which is then kept open; jobs that
            write open the store themselves.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    forbid_network()
    with socket.socket(fileno=os.dup(connection.fileno())) as here:
        connection.close()
        reader = Reader(store)
        memory = _MemoryLimit(limits.memory_mb)
        waiting = select.poll()
        waiting.register(here, select.POLLIN)
        try:
            if reads:
                _refresh_quietly(reader, memory)
            here.sendall(channel.pack(channel.READY, b""))
            while True:
                if waiting.poll(_IDLE_MS):
                    order = pickle.loads(channel.receive_job(here))  # noqa: S301 - our parent's
                    _run(order, reader, memory if reads else None, limits, here)
                elif reads:
                    _refresh_quietly(reader, memory)
        except (EOFError, ConnectionError):  # the server is gone
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


def _run(
    order: Order,
    reader: Reader,
    memory: _MemoryLimit | None,
    limits: Limits,
    connection: socket.socket,
) -> None:
    bounded = None
    try:
        reader.must_exist |= order.was_there
        if memory is not None:
            _refresh(reader, memory)
        out = FrameWriter(connection, reader.snapshot.id)
        bounded = _Bounded(cast(BinaryIO, out), limits.result_mb)
        with coded(cast(BinaryIO, bounded), order.coding) as stream:
            rows = order.job.run(reader, stream)
        out.end(rows)
    except KGError as error:
        _send_error(connection, bounded.error() if bounded and bounded.full else error)
    except OSError:
        if bounded is None or not bounded.full:
            raise
        _send_error(connection, bounded.error())
    except MemoryError:
        _send_error(connection, QueryStopped(OUT_OF_MEMORY))


def _send_error(connection: socket.socket, error: KGError) -> None:
    told: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, QuerySyntaxError):
        told |= {"line": error.line, "column": error.column}
    connection.sendall(channel.pack(channel.ERROR, json.dumps(told).encode()))


def told_error(message: bytes, store: Path) -> KGError:
    """Make again the error that a worker sent.

    >>> told_error(b'{"error": "BadRequest", "message": "query: odd"}', Path("kg"))
    BadRequest('query: odd')
    """
    told = json.loads(message)
    name, text = told["error"], told["message"]
    if name == "QuerySyntaxError":
        return QuerySyntaxError(text, told["line"], told["column"])
    if name == "StoreLocked":
        return StoreLocked(store, None, 0.0)
    if name == "StoreError":
        return StoreError(store, text.removeprefix(f"{store}: "))
    class_ = getattr(errors, name, KGError)
    return class_(text) if class_ in _TOLD else KGError(text)
