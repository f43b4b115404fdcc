"""The files of names: which one there is for a store, and who makes the next."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from kg.errors import Overloaded, StoreError
from kg.store import snapshot_id
from kg.web.beside import folder_beside
from kg.web.names.schema import FORMAT
from kg.web.names.writing import file_of, write_names
from kg.web.process import process_context

#: How long a request waits for the first file of a store, and for that of a newer snapshot
#: where there is one of an older.
FIRST_S: Final = 15.0
NEWER_S: Final = 0.5
#: Requests that wait at once; each holds a thread that pages need too.
_WAITING: Final = 4
#: A snapshot that is so old is one whose names are listed without being asked for.
_SETTLE_S: Final = 2.0
#: After a file was made in some time the next is made without being asked for after so many
#: times that, and no sooner than after so many seconds.
_REST: Final = 10
_REST_S: Final = 5.0
_NOT_MADE: Final = "the names of its things could not be listed"


@dataclass(frozen=True, slots=True)
class Current:
    """The file that there is at the moment: None for a store that is empty, or where the
    first is being made. ``newer`` tells that one is being made for the newest snapshot."""

    path: Path | None
    newer: bool


class NameFiles:
    """Has the names of each snapshot written once, by one process at a time.

    A file is made soon after a new snapshot, or when the first request for it comes, and
    stays for the next server.
    """

    def __init__(self, store: Path, base: str) -> None:
        """Set it up.

        Args:
            base: start of the IRIs of our things.
        """
        self._store = store
        self._base = base
        self._mark = hashlib.sha256(f"{FORMAT} {base}".encode()).hexdigest()[:8]
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._process: BaseProcess | None = None
        self._began = self._next = self._settled = 0.0
        self._seen: str | None = None
        self._failed = False
        self._folder: Path | None = None
        #: The file that was found last.
        self._last: Path | None = None

    def begin(self) -> None:
        """Have the names of the newest snapshot written, if they are not, without waiting."""
        self._look()

    def keep_up(self) -> None:
        """Begin if there is a newer snapshot for a while, and no file was made just now.

        So it leaves the processors to those who ask first, and where snapshots follow each
        other fast it takes a tenth of one at most. To be called again and again.
        """
        now, id_ = time.monotonic(), snapshot_id(self._store)
        if id_ != self._seen:
            self._seen, self._settled = id_, now + _SETTLE_S
        self._look(begin=now >= max(self._next, self._settled))

    def current(self, wait_s: float = 0.0) -> Current:
        """Return the newest file that there is, of whatever snapshot, and begin a newer one.

        Args:
            wait_s: how long to wait where there is none at all.

        Raises:
            StoreError: the store cannot be read, or the file cannot be made.
        """
        found, process = self._look(begin=not self._failed or time.monotonic() >= self._next)
        if found is None and self._last is not None and self._last.exists():
            found = self._last
        if found is None and process is not None and wait_s:
            self._wait(process, wait_s)
            found, process = self._look(begin=False)
        if found is None and process is None and self._failed:
            raise StoreError(self._store, _NOT_MADE)
        return Current(found, process is not None)

    def newest(self) -> Path | None:
        """Return the file of the newest snapshot, or where it takes long, of the one before.

        None for a store that is empty.

        Raises:
            Overloaded: there is none yet.
            StoreError: the store cannot be read, or the file cannot be made.
        """
        for _ in range(2):  # a process may have begun just before the newest snapshot
            found, process = self._look()
            if process is None:
                return found
            within_s = NEWER_S if self._last is not None else FIRST_S
            self._wait(process, within_s)
            if process.is_alive():
                break
        found, process = self._look(begin=False)
        if found is not None:
            return found
        if self._last is not None and self._last.exists():
            return self._last
        if process is not None:
            raise Overloaded("names: are being listed; try again in some seconds")
        raise StoreError(self._store, _NOT_MADE)

    def _wait(self, process: BaseProcess, within_s: float) -> None:
        """Wait for a process, if not too many wait already."""
        if self._waiting.acquire(blocking=False):
            try:
                process.join(within_s)
            finally:
                self._waiting.release()

    def _look(self, *, begin: bool = True) -> tuple[Path | None, BaseProcess | None]:
        """Return the newest file, or None and the process that makes one."""
        with self._lock:
            id_ = snapshot_id(self._store)
            if id_ is None:
                return None, None
            folder = self._made_folder()
            path = file_of(folder, id_, self._mark)
            process = self._process
            if process is not None and not process.is_alive():
                self._failed = not path.exists() and process.exitcode != 0
                process = self._process = None
                now = time.monotonic()
                self._next = now + max(_REST * (now - self._began), _REST_S)
            if path.exists():
                self._last = path
                return path, None
            if process is None and begin:
                process = self._process = process_context().Process(
                    target=write_names,
                    args=(self._store, self._base, folder, self._mark),
                    name="kg-names",
                    daemon=True,
                )
                self._began = time.monotonic()
                process.start()
            return None, process

    def _made_folder(self) -> Path:
        if self._folder is None:
            self._folder = folder_beside(self._store, "names")
        return self._folder
