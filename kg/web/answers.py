"""An answer as it comes from a query worker, part by part, with its deadline."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

from kg.errors import QueryStopped, QueryTimeout
from kg.web import channel, worker
from kg.web.process import Worker

#: A worker that was killed so soon after it got a job was, in all likelihood, hit before.
_HIT_BEFORE_S: Final = 0.05


class Keeper(Protocol):
    """What an answer needs of the pool that its worker belongs to."""

    store: Path

    def give_back(self, answer: Answer, idle: Worker) -> None: ...
    def discard(self, answer: Answer, working: Worker) -> None: ...
    async def exit_code(self, dead: Worker) -> int | None: ...


class HitBeforeError(Exception):
    """The worker was killed before it began, so the job may be given to another one."""


class Answer:
    """The answer to a job, as frames of up to 256 KB; it holds its worker until the end.

    Iterate it to the end or close it. An error in the middle is raised while iterating.
    """

    def __init__(self, pool: Keeper, working: Worker, client: str, within_s: float) -> None:
        self.client = client
        self.snapshot = ""
        #: The answer, where it is a single part.
        self.whole: bytes | None = None
        #: How many rows it had, once it has ended, where that is known.
        self.rows: int | None = None
        #: The first part.
        self.first = b""
        self._pool = pool
        self._worker: Worker | None = working
        self._within_s = self._left_s = within_s
        self._waits_for_client_since: float | None = None

    async def begin(self, order: bytes) -> None:
        """Send the job and wait for its first part; an error so far is raised here."""
        try:
            if self._worker is not None:
                self._worker.channel.send(order)
            kind, content = await self._receive()
            if kind == channel.STARTED:
                self.snapshot = content.decode()
                kind, content = await self._receive()
            self.first = content
            if kind == channel.END:
                self.whole = content
        except BaseException:
            self.close()
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield self.first
            while (content := await self.next()) is not None:
                yield content
        finally:
            self.close()

    async def next(self) -> bytes | None:
        """Return the next part, None after the last."""
        if self.whole is not None or self._ended:
            return None
        return (await self._receive())[1]

    @property
    def _ended(self) -> bool:
        return self._worker is None and self._waits_for_client_since is None

    def close(self) -> None:
        """Let go of the worker; if it still works on this answer, it is killed."""
        taken, self._worker = self._worker, None
        if taken is not None:
            self._pool.discard(self, taken)

    def close_if_stalled(self, longer_than_s: float) -> None:
        """Close the answer if its client has not asked for more for so long."""
        since = self._waits_for_client_since
        if since is not None and asyncio.get_running_loop().time() - since > longer_than_s:
            self.close()

    async def _receive(self) -> channel.Message:
        """Take the next message; an error of the worker is raised here.

        At the end, and after an error that the worker told, the worker is free again.
        """
        working = self._worker
        if working is None:
            raise QueryStopped("query: stopped; its answer was not read in time")
        self._waits_for_client_since = None
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            kind, content = await working.channel.next(max(0.0, self._left_s))
            while kind == channel.ROWS:
                self.rows = int(content)
                kind, content = await working.channel.next(max(0.0, self._left_s))
        except TimeoutError as error:
            self.close()
            raise QueryTimeout(self._within_s) from error
        except EOFError as error:
            raise await self._death(working, loop.time() - started) from error
        self._left_s -= loop.time() - started
        if kind in (channel.END, channel.ERROR):
            self._worker = None
            self._pool.give_back(self, working)
        elif kind == channel.FRAME:
            self._waits_for_client_since = loop.time()
        if kind == channel.ERROR:
            raise worker.told_error(content, self._pool.store)
        return kind, content

    async def _death(self, dead: Worker, after_s: float) -> Exception:
        """Say why a worker ended in the middle of a job."""
        if self._worker is None:  # closed meanwhile, by the pool
            return QueryStopped("query: stopped; the server is stopping, or nobody read on")
        code = await self._pool.exit_code(dead)
        self.close()
        if code == -signal.SIGKILL and not self.snapshot and after_s < _HIT_BEFORE_S:
            return HitBeforeError()
        if code == -signal.SIGABRT:  # how an allocation that fails ends a Rust program
            return QueryStopped(worker.OUT_OF_MEMORY)
        if code == 1:  # an exception that is not ours; the worker has printed it
            return RuntimeError("a query worker failed")
        return QueryStopped("query: its process ended in the middle; narrow it, or try again")
