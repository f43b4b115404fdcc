"""How much is left to review: counted in a process of its own, as it takes seconds."""

from __future__ import annotations

import logging
import os
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, Final

from kg.settings import Settings
from kg.store import snapshot_id
from kg.web.process import process_context
from kg.web.reader import EMPTY, Reader
from kg.web.site.reading import Graph
from kg.web.site.review.mentions_job import DISPUTED, UNLIKELY, LeftJob
from kg.web.worker import end_with_parent

log = logging.getLogger(__name__)

#: A new snapshot is counted so long after the one before at the earliest.
_REST_S: Final = 60.0
_NICE: Final = 10

Counted = dict[str, int]


def count(connection: Connection[Any, Any], settings: Settings) -> None:
    """Count each list of the newest snapshot, and send the counts with its id."""
    end_with_parent()
    os.nice(_NICE)
    reader = Reader(settings.store)
    reader.refresh()
    graph = Graph(reader, settings.base_iri)
    lists = (UNLIKELY, DISPUTED)
    found = {name: LeftJob(settings.base_iri, name).shown(graph)["left"] for name in lists}
    connection.send((reader.snapshot.id, found))


class Left:
    """Has the lists counted when someone asks and there is a new snapshot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._snapshot: str | None = None
        self._found: Counted = {}
        self._counting = False
        self._ended: float | None = None

    def of(self, name: str) -> int | None:
        """Return how many items a list of mentions has; None while that is not known."""
        newest = snapshot_id(self._settings.store) or EMPTY
        with self._lock:
            rested = self._ended is None or time.monotonic() - self._ended > _REST_S
            if newest != self._snapshot and rested and not self._counting:
                self._counting = True
                threading.Thread(target=self._count, name="kg-review-left", daemon=True).start()
            return self._found.get(name)

    def _count(self) -> None:
        snapshot, found = None, self._found
        try:
            context = process_context()
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=count, args=(there, self._settings), daemon=True)
            process.start()
            there.close()
            snapshot, found = here.recv()
            process.join()
        except (EOFError, OSError) as error:  # a page says nothing of it
            log.info("what is left to review was not counted (%r)", error)
        finally:
            with self._lock:
                self._snapshot, self._found = snapshot, found
                self._counting, self._ended = False, time.monotonic()
