"""Query workers as the server sees them: a pool of processes that can be killed.

A query has a deadline that counts the time the server waits for its worker, not the
time the client takes to read. Past the deadline, or when the client is gone, the worker
is killed and another one takes its place: nothing else stops a query of pyoxigraph.
"""

from __future__ import annotations

import logging
import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from kg.errors import KGError, Overloaded, QueryStopped, QueryTimeout
from kg.web import worker
from kg.web.jobs import Job

log = logging.getLogger(__name__)

#: While waiting for a free worker, look this often whether a client has stopped reading.
_LOOK_S: Final = 0.25
#: A worker that starts opens a snapshot; this time is not the query's.
_START_S: Final = 30.0


def process_context() -> ForkServerContext | SpawnContext:
    """Processes that are not forked from this one, whose threads and locks would break."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once, in the process that workers are forked from.
    context.set_forkserver_preload(["__main__", worker.__name__])
    return context


class _Worker:
    """One process and this side of its pipe."""

    def __init__(
        self, context: ForkServerContext | SpawnContext, store: Path, memory_mb: int
    ) -> None:
        here, there = context.Pipe()
        self.connection: Connection[Any, Any] = here
        self.process: BaseProcess = context.Process(
            target=worker.work, args=(there, store, memory_mb), name="kg-query", daemon=True
        )
        self.process.start()
        there.close()

    def kill(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class _NeverStartedError(QueryStopped):
    """The worker was dead before it began, so the job may be given to another one."""


class Pool:
    """Query workers of one store; safe to use from many threads."""

    def __init__(self, store: Path, *, size: int, timeout_s: float, memory_mb: int) -> None:
        """Set the pool up; its processes start with :meth:`start` or the first job.

        Args:
            size: number of processes, at least 1.
            timeout_s: how long a job may run, and how long it waits for a worker.
            memory_mb: what a process may use beyond what it has when it starts.
        """
        self.store = store
        self.timeout_s = timeout_s
        self._size = size
        self._memory_mb = memory_mb
        self._context: ForkServerContext | SpawnContext | None = None
        self._changing = threading.Lock()
        self._closed = False
        #: Idle workers; None is a place whose process could not be started.
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._answers: set[Answer] = set()
        self._answers_lock = threading.Lock()

    def start(self) -> None:
        """Start the processes, once."""
        with self._changing:
            if self._context is None and not self._closed:
                self._context = process_context()
                for _ in range(self._size):
                    self._free.put(self._new())

    def run(self, job: Job) -> Answer:
        """Run a job and return its answer as soon as its first part is there.

        Raises:
            Overloaded: no worker was free in time.
            QueryTimeout: the job ran past its deadline.
            QueryStopped: its process ended, as past its memory limit.
            RequestError, StoreError: what the job raised.
        """
        self.start()
        try:
            return self._begin(job)
        except _NeverStartedError:  # killed while it was idle: nothing was lost
            return self._begin(job)

    def _begin(self, job: Job) -> Answer:
        answer = Answer(self, self._take())
        with self._answers_lock:
            self._answers.add(answer)
        answer.begin(job)
        return answer

    def _take(self) -> _Worker:
        deadline = time.monotonic() + self.timeout_s
        while not self._closed:
            left_s = deadline - time.monotonic()
            try:
                place = self._free.get(timeout=max(0.0, min(left_s, _LOOK_S)))
            except queue.Empty:
                if left_s <= 0:
                    break
                self._close_stalled()
                continue
            if place is not None and place.process.is_alive():
                return place
            self.replace(place)
        raise Overloaded(
            f"query: no worker was free within {self.timeout_s:g} s; try again in a while"
        )

    def _close_stalled(self) -> None:
        with self._answers_lock:
            answers = list(self._answers)
        for answer in answers:
            answer.close_if_stalled(self.timeout_s)

    def give_back(self, answer: Answer, idle: _Worker) -> None:
        """Take back a worker that has finished."""
        self._forget(answer)
        if self._closed:
            idle.kill()
        else:
            self._free.put(idle)

    def discard(self, answer: Answer, working: _Worker) -> None:
        """Take back a worker that has not finished: another process gets its place."""
        self._forget(answer)
        self.replace(working)

    def _forget(self, answer: Answer) -> None:
        with self._answers_lock:
            self._answers.discard(answer)

    def replace(self, old: _Worker | None) -> None:
        """Kill a process, if there is one, and start another in its place."""
        with self._changing:
            if old is not None:
                old.kill()
            if not self._closed:
                self._free.put(self._new())

    def _new(self) -> _Worker | None:
        if self._context is None:
            return None
        try:
            return _Worker(self._context, self.store, self._memory_mb)
        except OSError:
            log.exception("a query worker could not be started")
            time.sleep(_LOOK_S)
            return None

    def close(self) -> None:
        """End all processes; running jobs end with an error."""
        with self._changing:
            self._closed = True
        with self._answers_lock:
            answers = list(self._answers)
        for answer in answers:
            answer.close()
        while True:
            try:
                place = self._free.get_nowait()
            except queue.Empty:
                return
            if place is not None:
                place.kill()


class Answer:
    """The answer to a job, as frames of up to 256 KB; it holds its worker until the end.

    Iterate it to the end or close it. An error in the middle is raised while iterating.
    """

    def __init__(self, pool: Pool, working: _Worker) -> None:
        self.snapshot = ""
        #: The answer, where it is a single part.
        self.whole: bytes | None = None
        self._first = b""
        self._pool = pool
        self._worker: _Worker | None = working
        self._lock = threading.Lock()
        self._left_s = pool.timeout_s
        self._waits_for_client_since: float | None = None

    def begin(self, job: Job) -> None:
        """Send the job and wait for its first part; an error so far is raised here."""
        try:
            self._send(job)
            kind, content = self._receive()
            self._first = content
            if kind == worker.END:
                self.whole = content
        except BaseException:
            self.close()
            raise

    def _send(self, job: Job) -> None:
        """Send the job and wait for its start, which the deadline does not count."""
        working = self._working()
        try:
            working.connection.send(job)
            if not working.connection.poll(_START_S):
                raise QueryStopped("query: its worker did not start in time; try again")
            message = working.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise _NeverStartedError(
                "query: no worker process stays alive; the reason is in the server's log"
            ) from error
        if message[:1] == worker.ERROR:
            self._finish()
            raise worker.told_error(message[1:], self._pool.store)
        self.snapshot = message[1:].decode()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield self._first
            while self.whole is None:
                kind, content = self._receive()
                yield content
                if kind == worker.END:
                    return
        finally:
            self.close()

    def read(self) -> bytes:
        """Return the answer as a whole; for small ones."""
        return b"".join(self)

    def close(self) -> None:
        """Let go of the worker; if it still works on this answer, it is killed."""
        taken = self._let_go()
        if taken is not None:
            self._pool.discard(self, taken)

    def close_if_stalled(self, longer_than_s: float) -> None:
        """Close the answer if its client has not asked for more for so long."""
        with self._lock:  # not while the worker's pipe is being read
            since = self._waits_for_client_since
            if since is None or time.monotonic() - since <= longer_than_s:
                return
            taken, self._worker = self._worker, None
        if taken is not None:
            self._pool.discard(self, taken)

    def _finish(self) -> None:
        """Give the worker back; it waits for its next job."""
        taken = self._let_go()
        if taken is not None:
            self._pool.give_back(self, taken)

    def _let_go(self) -> _Worker | None:
        with self._lock:
            taken, self._worker = self._worker, None
        return taken

    def _working(self) -> _Worker:
        """Return the worker, which from now on is waited for."""
        with self._lock:
            self._waits_for_client_since = None
            if self._worker is None:
                raise QueryStopped("query: stopped; its answer was not read in time")
            return self._worker

    def _receive(self) -> tuple[bytes, bytes]:
        """Take the next message; an error of the worker is raised here.

        At the end, and after an error that the worker told, the worker is free again.
        """
        working = self._working()
        started = time.monotonic()
        try:
            if not working.connection.poll(max(0.0, self._left_s)):
                raise QueryTimeout(self._pool.timeout_s)
            message = working.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise _death(working) from error
        self._left_s -= time.monotonic() - started
        kind, content = message[:1], message[1:]
        if kind in (worker.END, worker.ERROR):
            self._finish()
        else:
            self._waits_for_client_since = time.monotonic()
        if kind == worker.ERROR:
            raise worker.told_error(content, self._pool.store)
        return kind, content


def _death(dead: _Worker) -> KGError | RuntimeError:
    """Say why a worker ended in the middle of a job."""
    dead.process.join(_LOOK_S)
    code = dead.process.exitcode
    if code == -signal.SIGABRT:  # how an allocation that fails ends a Rust program
        return QueryStopped(worker.OUT_OF_MEMORY)
    if code == 1:  # an exception that is not ours; the worker has printed it
        return RuntimeError("a query worker failed")
    return QueryStopped("query: its process ended in the middle; narrow it, or try again")
