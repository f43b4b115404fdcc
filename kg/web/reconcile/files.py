"""The files of names: which one there is for a store, and who makes the next."""

from __future__ import annotations

import hashlib
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from kg.errors import Overloaded, StoreError
from kg.store import snapshot_id
from kg.web.beside import folder_beside
from kg.web.process import process_context
from kg.web.reconcile.names import FORMAT
from kg.web.reconcile.names_writer import file_of, write_names

#: How long a request waits for the first file of a store, and for that of a newer snapshot
#: where there is one of an older.
FIRST_S: Final = 15.0
NEWER_S: Final = 0.5
#: Requests that wait at once; each holds a thread that pages need too.
_WAITING: Final = 4


class NameFiles:
    """Has the names of each snapshot written once, by one process at a time.

    A file is made when the first request after a new snapshot comes, and stays for the next
    server.
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
        self._folder: Path | None = None
        #: The file that was found last.
        self._last: Path | None = None

    def begin(self) -> None:
        """Have the names of the newest snapshot written, if they are not, without waiting."""
        self._look()

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
            if self._waiting.acquire(blocking=False):
                try:
                    process.join(within_s)
                finally:
                    self._waiting.release()
            if process.is_alive():
                break
        found, process = self._look(begin=False)
        if found is not None:
            return found
        if self._last is not None and self._last.exists():
            return self._last
        if process is not None:
            raise Overloaded("names: are being listed; try again in some seconds")
        raise StoreError(self._store, "the names of its things could not be listed")

    def _look(self, *, begin: bool = True) -> tuple[Path | None, BaseProcess | None]:
        """Return the newest file, or None and the process that makes one."""
        with self._lock:
            id_ = snapshot_id(self._store)
            if id_ is None:
                return None, None
            folder = self._made_folder()
            path = file_of(folder, id_, self._mark)
            if path.exists():
                self._last = path
                return path, None
            process = self._process
            if process is not None and not process.is_alive():
                process = self._process = None
            if process is None and begin:
                process = self._process = process_context().Process(
                    target=write_names,
                    args=(self._store, self._base, folder, self._mark),
                    name="kg-names",
                    daemon=True,
                )
                process.start()
            return None, process

    def _made_folder(self) -> Path:
        if self._folder is None:
            self._folder = folder_beside(self._store, "names")
        return self._folder
