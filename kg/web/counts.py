"""The graph's counts, asked once a snapshot."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from kg.errors import Overloaded, QueryStopped, QueryTimeout
from kg.store import snapshot_id
from kg.web.jobs import CountJob
from kg.web.reader import EMPTY
from kg.web.workers import Pool


@dataclass(frozen=True, slots=True)
class Totals:
    """What a snapshot holds; ``kinds`` counts digests, entries, papers and so on."""

    snapshot: str
    triples: int
    kinds: dict[str, int]


class Counts:
    """Asks a worker for the counts of a snapshot, and remembers those of the newest."""

    def __init__(self, store: Path, pool: Pool) -> None:
        self._store = store
        self._pool = pool
        self._lock = threading.Lock()
        self._newest: Totals | None = None

    def newest(self) -> Totals | None:
        """Return the totals of the newest snapshot; None if no worker could say.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._lock:
            known = self._newest
        if known is not None and known.snapshot == (snapshot_id(self._store) or EMPTY):
            return known
        try:
            told = json.loads(self._pool.run(CountJob()).read())
        except (Overloaded, QueryTimeout, QueryStopped):
            return None
        totals = Totals(told["snapshot"], told["triples"], told["counts"])
        with self._lock:
            self._newest = totals
        return totals
