"""The graph's counts, asked once a snapshot."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kg.errors import Overloaded, QueryStopped, QueryTimeout, TooManyQueries
from kg.store import snapshot_id
from kg.web.blocking import BlockingPool
from kg.web.jobs import CountJob
from kg.web.reader import EMPTY


@dataclass(frozen=True, slots=True)
class Totals:
    """What a snapshot holds; ``kinds`` counts digests, entries, papers and so on."""

    snapshot: str
    triples: int
    kinds: dict[str, int]


class Counts:
    """Asks a worker for the counts of a snapshot, once, and remembers those of the newest."""

    def __init__(self, store: Path, pool: BlockingPool) -> None:
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        self._newest: Totals | None = None
        self._thread = ThreadPoolExecutor(1, "kg-counts")
        self._asked: Future[Totals | None] | None = None

    def newest(self, wait_s: float) -> Totals | None:
        """Return the totals of the newest snapshot; None if they are not known in time.

        Args:
            wait_s: how long to wait, in seconds; however many wait, one asks.

        Raises:
            StoreError: the store cannot be read.
        """
        newest = snapshot_id(self._store) or EMPTY
        with self._lock:
            if self._newest is not None and self._newest.snapshot == newest:
                return self._newest
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            asked = self._asked
        try:
            return asked.result(wait_s)
        except TimeoutError:
            return None

    def _ask(self) -> Totals | None:
        try:
            told = json.loads(self._pool.run(CountJob()).read())
        except (Overloaded, QueryTimeout, QueryStopped, TooManyQueries):
            return None
        totals = Totals(told["snapshot"], told["triples"], told["counts"])
        with self._lock:
            self._newest = totals
        return totals
