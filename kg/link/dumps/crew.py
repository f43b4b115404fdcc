"""Processes that work for this one, and never outlive it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self

from kg.errors import KGError

#: Tasks that a worker has beside the one it is at.
_AHEAD: Final = 1
_END_S: Final = 5.0


class Crew:
    """Workers, each with an object of its own whose methods they call. Close it when done."""

    def __init__(self, make: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> None:
        """Start a worker for each tuple of arguments; it begins with ``make(*arguments)``."""
        # Not "fork": this process may have threads and open databases, which do not survive it.
        context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, BaseProcess] = {}
        with _no_interrupt():
            for own in arguments:
                mine, theirs = context.Pipe()
                worker = context.Process(target=_work, args=(theirs, make, own), daemon=True)
                worker.start()
                theirs.close()
                self._workers[mine] = worker

    def map(self, tasks: Iterable[tuple[str, Any]]) -> Iterator[Any]:
        """Yield the answers to tasks, which are a method's name and its argument, in any order.

        Raises:
            KGError: a worker raised one, or died.
        """
        source = iter(tasks)
        busy: dict[Connection, int] = dict.fromkeys(self._workers, 0)
        free = deque(self._workers)
        more = True
        while True:
            while more and free:
                task = next(source, None)
                if task is None:
                    more = False
                    break
                worker = free.popleft()
                self._send(worker, task)
                busy[worker] += 1
                if busy[worker] <= _AHEAD:
                    free.append(worker)
            if not any(busy.values()):
                break
            ready = wait([one for one, count in busy.items() if count])
            for worker in [one for one in busy if one in ready]:
                answer = self._answer(worker)
                if busy[worker] == _AHEAD + 1:
                    free.append(worker)
                busy[worker] -= 1
                yield answer

    def _send(self, worker: Connection, task: tuple[str, Any]) -> None:
        try:
            worker.send(task)
        except OSError as error:
            raise self._dead() from error

    def _answer(self, worker: Connection) -> Any:
        try:
            answer = worker.recv()
        except (EOFError, OSError) as error:
            raise self._dead() from error
        if isinstance(answer, KGError):
            raise answer
        return answer

    def _dead(self) -> KGError:
        return KGError(
            "a worker process died, perhaps for want of memory; run the same again to go on, "
            "with fewer --jobs"
        )

    def close(self) -> None:
        """Let the workers end what they are at, and wait for it."""
        for connection in self._workers:
            connection.close()
        for worker in self._workers.values():
            worker.join(_END_S)
            if worker.is_alive():
                worker.kill()
                worker.join()
        self._workers = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _work(tasks: Connection, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Answer tasks until the other end of the pipe closes, as it does where its process dies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        # At a long task, a worker would not notice for long that the pipe is closed.
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    with suppress(EOFError, OSError):
        try:
            mine = make(*arguments)
        except KGError as error:
            tasks.send(error)
            return
        while True:
            method, argument = tasks.recv()
            try:
                answer = getattr(mine, method)(argument)
            except KGError as error:
                answer = error
            tasks.send(answer)


def _die_with(parent: int) -> None:
    wait([parent])
    os._exit(1)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while workers start: they inherit that, and leave it to this process."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
