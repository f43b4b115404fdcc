"""One query worker process as the server sees it."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Final

from kg.web import worker
from kg.web.channel import Channel

#: Bytes of the path of a local socket (unix(7)), and what the names of multiprocessing take.
_SOCKET_PATH: Final = 107
_ITS_NAMES: Final = len("/pymp-12345678/listener-12345678")


def process_context() -> ForkServerContext | SpawnContext:
    """Processes that are not forked from this one, whose threads and locks would break."""
    # The server of forks listens in the folder for temporary files; without it a process
    # takes longer to start.
    room = len(os.fsencode(tempfile.gettempdir())) + _ITS_NAMES <= _SOCKET_PATH
    if not room or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once, in the process that workers and the writer of names are forked from.
    context.set_forkserver_preload(["__main__", worker.__name__, "kg.web.names.writing"])
    return context


class Worker:
    """One process and this side of its socket."""

    def __init__(self, process: BaseProcess, connection: Channel) -> None:
        self.process = process
        self.channel = connection
        self._reaped: Future[None] | None = None

    def kill(self) -> None:
        self.channel.close()
        self.process.kill()

    def reap(self, threads: ThreadPoolExecutor) -> Future[None]:
        """Wait for the end of the process in a thread: only one may ask for its exit code."""
        if self._reaped is None:
            self._reaped = threads.submit(self.process.join)
        return self._reaped
