"""Query workers as the server sees them: a pool of processes that can be killed.

A query has a deadline that counts the time the server waits for its worker, not the
time the client takes to read. Past the deadline, or when the client is gone, the worker
is killed and another one takes its place: nothing else stops a query of pyoxigraph.

Everything here runs in one event loop; :mod:`kg.web.blocking` is for other threads.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from kg.errors import QueryStopped
from kg.store import snapshot_id
from kg.web import worker
from kg.web.answers import Answer, HitBeforeError
from kg.web.channel import Channel
from kg.web.coding import Coding
from kg.web.jobs import Job
from kg.web.process import Worker, process_context
from kg.web.reader import EMPTY
from kg.web.waiting import Line
from kg.web.worker import Limits, Order

log = logging.getLogger(__name__)

#: While requests wait, look this often whether a client has stopped reading.
_LOOK_S: Final = 0.25
#: How long a process may take to start and open a snapshot; this time is not the query's.
_START_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What a pool lets its clients do.

    ``size`` counts processes; ``timeout_s`` is how long a job may run, and how long it
    waits for a process; ``waiting`` and ``per_client`` count requests at once.
    """

    size: int
    timeout_s: float
    memory_mb: int
    result_mb: int = 1_000
    waiting: int = 256
    per_client: int = 64


class Pool:
    """The query workers of one store, or the one process that writes it."""

    def __init__(self, store: Path, limits: PoolLimits, *, reads: bool = True) -> None:
        """Set the pool up; its processes start with :meth:`open` or the first job."""
        self.store = store
        self.limits = limits
        self._reads = reads
        self._line: Line[Worker] = Line(limits.waiting, limits.per_client)
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._answers: set[Answer] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._context: ForkServerContext | SpawnContext | None = None
        # One thread: to start a process looks after those that have ended, as to join one does.
        self._thread = ThreadPoolExecutor(1, "kg-process")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        #: Whether there has been a store.
        self._was_there = False
        self._looking = False
        #: How many processes were started in place of one that ended.
        self.restarts = 0

    @property
    def ready(self) -> bool:
        """Whether any process has started and opened the store."""
        return bool(self._all) and (bool(self._idle) or bool(self._answers))

    @property
    def busy(self) -> int:
        """How many processes work on a job."""
        return len(self._answers)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a process."""
        return len(self._line)

    def open(self) -> None:
        """Start the processes, once, in the event loop that is running."""
        if self._loop is None and not self._closed:
            self._loop = asyncio.get_running_loop()
            self._context = process_context()
            self._was_there = snapshot_id(self.store) is not None
            for _ in range(self.limits.size):
                self._start()

    async def ask(
        self,
        job: Job,
        client: str = "",
        coding: Coding = Coding.IDENTITY,
        timeout_s: float | None = None,
    ) -> Answer:
        """Run a job and return its answer as soon as its first part is there.

        Args:
            client: who asks; clients take turns.
            coding: in which the answer comes.
            timeout_s: a deadline below the pool's own.

        Raises:
            TooManyQueries: the client has too many jobs at once.
            Overloaded: no worker was free in time.
            QueryTimeout: the job ran past its deadline.
            QueryStopped: its process ended, as past its memory limit.
            RequestError, StoreError: what the job raised.
        """
        self.open()
        within_s = min(timeout_s or self.limits.timeout_s, self.limits.timeout_s)
        order = pickle.dumps(Order(job, coding, self._was_there))
        try:
            return await self._begin(order, client, within_s)
        except HitBeforeError:
            try:
                return await self._begin(order, client, within_s)
            except HitBeforeError as error:
                raise QueryStopped(
                    "query: no worker process stays alive; see the server's log"
                ) from error

    async def _begin(self, order: bytes, client: str, within_s: float) -> Answer:
        self._line.enter(client)
        try:
            taken = await self._take(client)
        except BaseException:
            self._line.leave(client)
            raise
        answer = Answer(self, taken, client, within_s)
        self._answers.add(answer)  # from here on its end is what lets the client leave
        await answer.begin(order)
        return answer

    async def _take(self, client: str) -> Worker:
        while self._idle:
            ready = self._idle.pop()
            if not ready.channel.lost.done():
                return ready
        if self._closed:
            raise QueryStopped("query: the server is stopping")
        self._look_for_stalled()
        return await self._line.wait(client, self.limits.timeout_s, self._put_back)

    def _put_back(self, idle: Worker) -> None:
        """Give a worker to who waits, else keep it."""
        if not idle.channel.lost.done() and not self._line.give(idle):
            self._idle.append(idle)

    def _look_for_stalled(self) -> None:
        """While requests wait, take workers from clients who have stopped reading."""
        if not self._looking and self._loop is not None:
            self._looking = True
            self._loop.call_later(_LOOK_S, self._close_stalled)

    def _close_stalled(self) -> None:
        self._looking = False
        for answer in list(self._answers):
            answer.close_if_stalled(self.limits.timeout_s)
        if self.waiting:
            self._look_for_stalled()

    def give_back(self, answer: Answer, idle: Worker) -> None:
        """Take back a worker that has finished."""
        self._forget(answer)
        if self._closed:
            self._end(idle)
        else:
            self._put_back(idle)

    def discard(self, answer: Answer, working: Worker) -> None:
        """Take back a worker that has not finished: another process gets its place."""
        self._forget(answer)
        self._end(working)

    def _forget(self, answer: Answer) -> None:
        self._was_there |= answer.snapshot not in ("", EMPTY)
        if answer in self._answers:
            self._answers.remove(answer)
            self._line.leave(answer.client)

    def _start(self) -> None:
        assert self._loop is not None  # noqa: S101
        task = self._loop.create_task(self._run_worker())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _run_worker(self) -> None:
        """Start a process, and another one when it ends."""
        while not self._closed:
            try:
                started = await self._new()
            except (OSError, EOFError, TimeoutError) as error:
                if self._closed:
                    return
                log.error("a query worker could not be started: %s", error)
                await asyncio.sleep(_LOOK_S)
                continue
            self._put_back(started)
            await started.channel.lost
            self._end(started)
            self.restarts += 1

    async def _new(self) -> Worker:
        assert self._loop is not None  # noqa: S101
        process, here = await self._loop.run_in_executor(self._thread, self._process)
        _, connection = await self._loop.create_unix_connection(Channel, sock=here)
        started = Worker(process, connection)
        self._all.add(started)
        try:
            await connection.next(_START_S)  # READY, which comes first
        except EOFError:
            code = await self.exit_code(started)
            self._end(started)
            raise EOFError(f"its process ended with exit code {code}") from None
        except TimeoutError:
            self._end(started)
            raise TimeoutError(f"it was not ready after {_START_S:.0f} s") from None
        if self._closed:
            self._end(started)
            raise EOFError
        return started

    def _process(self) -> tuple[BaseProcess, socket.socket]:
        assert self._context is not None  # noqa: S101
        here, there = self._context.Pipe()
        limits = Limits(self.limits.memory_mb, self.limits.result_mb)
        try:
            process = self._context.Process(
                target=worker.work,
                args=(there, self.store, limits),
                kwargs={"reads": self._reads},
                name="kg-query",
                daemon=True,
            )
            process.start()
            return process, socket.socket(fileno=os.dup(here.fileno()))
        finally:
            here.close()
            there.close()

    def _end(self, old: Worker) -> None:
        """Kill a process, if it still runs, and wait for its end elsewhere."""
        if old in self._all:
            self._all.remove(old)
            old.kill()
            if old in self._idle:
                self._idle.remove(old)
            old.reap(self._thread)

    async def exit_code(self, dead: Worker) -> int | None:
        """Return the exit code of a process that has ended or is about to."""
        await asyncio.wrap_future(dead.reap(self._thread))
        return dead.process.exitcode

    async def close(self) -> None:
        """End all processes; running jobs end with an error."""
        self._closed = True
        for answer in list(self._answers):
            answer.close()
        for old in list(self._all):
            self._end(old)
        await asyncio.gather(*self._starting)  # one that starts a process ends it again
        await asyncio.to_thread(self._thread.shutdown)
