"""Loads quads into a new graph while more of them are made.

A bulk load takes as long as half of what the worker processes do, and it lets go of the
interpreter's lock. So quads are kept in files, and each full one is loaded by a thread.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

import pyoxigraph as ox

TRIG: Final = ox.RdfFormat.TRIG
#: Bytes of TriG that are loaded in one go, some 250,000 quads in 3 s: many small loads
#: take longer than few large ones, a large one more memory.
CHUNK: Final = 50_000_000
_THREADS: Final = 2


class Spool:
    """Quads on their way into a graph: :meth:`write` takes whole graphs in TriG.

    Args:
        folder: for the files; they are removed as they are loaded.
        bulk: size in bytes above which a bulk load takes less than inserts.
        early: whether full files may be loaded before :meth:`finish`.
    """

    def __init__(self, graph: ox.Store, folder: Path, *, bulk: int, early: bool) -> None:
        self._graph = graph
        self._folder = folder
        self._bulk = bulk
        self._early = early
        self._number = 0
        self._path, self._file = self._next()
        self._size = 0
        self._pool: ThreadPoolExecutor | None = None
        self._loading: list[Future[None]] = []
        #: Whether any quad came.
        self.used = False

    def write(self, quads: bytes) -> None:
        """Take quads; some that came before may be loaded from now on.

        Raises:
            OSError, RuntimeError: the disk is full or cannot be written.
        """
        self._file.write(quads)
        self._size += len(quads)
        self.used |= bool(quads)
        if self._size > CHUNK:
            self.load()

    def load(self) -> None:
        """Begin to load what came so far, if it may be loaded early and is not little.

        Raises:
            OSError, RuntimeError: the disk is full or cannot be written.
        """
        if self._early and self._size > self._bulk:
            self._file.close()
            self._start(self._path)
            self._path, self._file = self._next()
            self._size = 0

    def finish(self) -> None:
        """Load what is left, and wait until all is loaded.

        Raises:
            OSError, RuntimeError: the disk is full or cannot be written.
        """
        self._file.close()
        if self._size > self._bulk and self._pool:
            self._start(self._path)
        elif self._size > self._bulk:
            self._load(self._path)
        else:
            self._graph.extend(ox.parse(path=str(self._path), format=TRIG))
            self._path.unlink()
        self._wait()

    def drop(self) -> None:
        """Forget what is not yet loaded; a load that has begun is waited for."""
        self._file.close()
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _next(self) -> tuple[Path, BinaryIO]:
        self._number += 1
        path = self._folder / f"quads-{self._number}.trig"
        return path, path.open("wb")

    def _start(self, path: Path) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, "kg-load")
        for done in [one for one in self._loading if one.done()]:
            done.result()  # tell of a full disk now, not after an hour
            self._loading.remove(done)
        self._loading.append(self._pool.submit(self._load, path))

    def _load(self, path: Path) -> None:
        self._graph.bulk_load(path=str(path), format=TRIG)
        path.unlink()

    def _wait(self) -> None:
        for one in self._loading:
            one.result()
        if self._pool:
            self._pool.shutdown()
