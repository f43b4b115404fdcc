"""The pool for code that runs in threads and waits: Flask's routes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from kg.errors import QueryStopped
from kg.web import answers, workers
from kg.web.jobs import Job

T = TypeVar("T")


class BlockingPool:
    """A pool whose jobs are waited for; safe to use from many threads.

    It runs in the event loop that :meth:`open_here` is called in, and otherwise, for a
    server without one, in a loop of its own in a thread.
    """

    def __init__(self, pool: workers.Pool) -> None:
        self.pool = pool
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def timeout_s(self) -> float:
        """How long a job may run."""
        return self.pool.limits.timeout_s

    def open_here(self) -> None:
        """Run in the event loop that is running, from its thread."""
        self._loop = asyncio.get_running_loop()
        self.pool.open()

    def start(self) -> None:
        """Start the processes, once."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="kg-pool", daemon=True
                )
                self._thread.start()
                self._loop.call_soon_threadsafe(self.pool.open)

    def run(self, job: Job, client: str = "", timeout_s: float | None = None) -> Answer:
        """Run a job and return its answer as soon as its first part is there.

        Args:
            client: who asks; clients take turns.
            timeout_s: a deadline below the pool's own.

        Raises:
            KGError: as :meth:`kg.web.workers.Pool.ask` does.
        """
        return Answer(self, self.wait(self.pool.ask(job, client, timeout_s=timeout_s)))

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for something that happens in the loop; not to be called from its thread."""
        self.start()
        assert self._loop is not None  # noqa: S101
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
        except (CancelledError, RuntimeError) as error:
            if self._loop.is_running():
                raise
            coroutine.close()
            raise QueryStopped("query: the server is stopping") from error

    def soon(self, function: Any) -> None:
        """Call a function in the loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """End all processes, and the loop if it is our own."""
        with self._lock:
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.pool.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Answer:
    """The answer to a job as frames; see :class:`kg.web.answers.Answer`."""

    def __init__(self, pool: BlockingPool, answer: answers.Answer) -> None:
        self._pool = pool
        self._answer = answer
        self.snapshot = answer.snapshot
        self.whole = answer.whole

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield self._answer.first
            while (content := self._next()) is not None:
                yield content
        finally:
            self.close()

    def _next(self) -> bytes | None:
        return None if self.whole is not None else self._pool.wait(self._answer.next())

    def read(self) -> bytes:
        """Return the answer as a whole; for small ones."""
        return b"".join(self)

    def close(self) -> None:
        """Let go of the worker; if it still works on this answer, it is killed."""
        if self.whole is None:
            self._pool.soon(self._answer.close)
