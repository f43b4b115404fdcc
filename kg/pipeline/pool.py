"""Map a function over items with worker processes that never outlive their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from kg.errors import KGError

T = TypeVar("T")
R = TypeVar("R")

#: Items handed out ahead per worker: enough to keep it busy, few enough to keep memory flat.
_AHEAD = 4


def ordered_map(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    jobs: int,
) -> Generator[R, None, None]:
    """Yield ``function(item)`` for each item, in the order of the items.

    Closing it, and an error in it, end the workers at once, whatever they are at.

    Args:
        jobs: worker processes; 1 runs everything in this process.

    Raises:
        KGError: a worker process died, for want of memory as a rule.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    # Not "fork": this process may have threads and open stores, which do not survive it.
    context = multiprocessing.get_context("spawn")
    source = iter(items)
    ends, end = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, _start_worker, (ends,))
    whole = False
    try:
        with _no_interrupt():
            waiting: deque[Future[R]] = deque(
                pool.submit(function, item) for item in islice(source, jobs * _AHEAD)
            )
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in islice(source, 1))
            yield done
        whole = True
    except BrokenProcessPool as error:
        raise KGError(
            "a worker process died, perhaps for want of memory; nothing was written: "
            "run again with fewer --jobs"
        ) from error
    finally:
        if not whole:
            end.close()
        pool.shutdown(wait=True, cancel_futures=True)
        end.close()
        ends.close()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while workers start: they inherit that, and leave it to this process.

    A terminal sends the signal to all of them, and each would print where it was.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(ends: Connection) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A worker that waits for its next item does not notice that its parent was killed.
        threading.Thread(target=_die_with, args=(parent.sentinel, ends), daemon=True).start()


def _die_with(parent: int, ends: Connection) -> None:
    wait([parent, ends])
    os._exit(1)
