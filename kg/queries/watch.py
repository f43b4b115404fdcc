"""The saved queries of a folder as they are now, for who writes them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from kg.errors import KGError
from kg.queries.load import query_files, read_query
from kg.queries.model import SavedQuery

log = logging.getLogger(__name__)

#: What tells that a file has changed: time in ns, size in bytes, number of the file.
_State = tuple[int, int, int]


class WatchedQueries(Mapping[str, SavedQuery]):
    """Saved queries by name, read again after ``refresh`` where their files have changed.

    A file that cannot be read stands in ``broken`` by the name of its query, with the error,
    and keeps no other from being read. Safe to use from many threads.
    """

    def __init__(self, folder: Path) -> None:
        self.broken: Mapping[str, str] = {}
        self._folder = folder
        self._lock = threading.Lock()
        self._queries: dict[str, SavedQuery] = {}
        self._states: dict[Path, _State] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look for files that are new, changed or gone, and read what is to be read."""
        with self._lock:
            states = {path: state for path in query_files(self._folder) if (state := _state(path))}
            if states == self._states:
                return
            queries: dict[str, SavedQuery] = {}
            broken: dict[str, str] = {}
            for path, state in states.items():
                name = path.stem
                if self._states.get(path) == state:
                    if name in self._queries:
                        queries[name] = self._queries[name]
                    else:
                        broken[name] = self.broken[name]
                    continue
                try:
                    queries[name] = read_query(path)
                except KGError as error:
                    log.error("%s", error)
                    broken[name] = str(error)
            self._queries, self.broken, self._states = queries, broken, states

    def __getitem__(self, name: str) -> SavedQuery:
        return self._queries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)


def _state(path: Path) -> _State | None:
    """Return the state of a file; None for one that is gone meanwhile."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
