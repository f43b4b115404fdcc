"""What jobs told of the newest snapshot, so that a page asked for again need not ask again."""

from __future__ import annotations

import threading
from typing import Final

from kg.web.cache import Cache, Kept
from kg.web.site.reading import SiteJob

#: Memory for the answers of jobs, in MB.
_MEGABYTES: Final = 32


class KeptAnswers:
    """Answers of page jobs for the newest snapshot; safe to use from many threads."""

    def __init__(self) -> None:
        self._cache = Cache(_MEGABYTES)
        self._lock = threading.Lock()

    def get(self, job: SiteJob, snapshot: str) -> bytes | None:
        """Return the answer to a job if it is known for a snapshot."""
        with self._lock:
            kept = self._cache.get((repr(job),), snapshot)
        return None if kept is None else kept.body

    def put(self, job: SiteJob, snapshot: str, body: bytes) -> None:
        """Keep an answer; those of another snapshot than was asked for last are not kept."""
        with self._lock:
            self._cache.put((repr(job),), Kept(snapshot, body, None))
