"""Answers that pages need and that take long, asked as soon as there is a new snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kg.errors import KGError
from kg.store import snapshot_id
from kg.web.site.benchmarks_job import BenchmarkCountsJob, BenchmarkNamesJob
from kg.web.site.front_job import FrontJob
from kg.web.site.ontology_job import OntologyJob
from kg.web.site.reading import SiteJob
from kg.web.site.rising import MonthsJob

if TYPE_CHECKING:
    from kg.web.state import Server

#: What is asked ahead; each takes the start of the IRIs of our things.
JOBS: Final[tuple[Callable[[str], SiteJob], ...]] = (
    *(FrontJob, MonthsJob, OntologyJob),
    *(BenchmarkCountsJob, BenchmarkNamesJob),
)
#: A new snapshot is looked for so often, and after the answers took some time, not before so
#: many times that: where snapshots follow each other fast, this takes a tenth of a worker at most.
_LOOK_S: Final = 1.0
_REST: Final = 9.0
_TRIES: Final = 3


class Ahead:
    """A thread that has the answers of :data:`JOBS` kept for the newest snapshot.

    It asks for one after the other, so that it never holds more than one query worker, and for
    none where there is only one: that is for who asks. What fails is asked for again, some
    times; a page that needs it asks by itself meanwhile.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kg-ahead", daemon=True)

    def start(self) -> None:
        """Start to look for snapshots."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._stopping.set()

    def _run(self) -> None:
        done, tries = None, 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._server.names.keep_up()
                newest = snapshot_id(self._server.settings.store)
                tries = tries + 1 if newest == done else 0
                if newest is not None and tries < _TRIES:
                    done = newest
                    self._ask(newest)
                    tries = _TRIES
            except KGError:  # told to whoever asks for a page
                pass
            took = time.monotonic() - began
            self._stopping.wait(max(_LOOK_S, _REST * took))

    def _ask(self, newest: str) -> None:
        if self._server.settings.worker_count == 1:
            return
        for make in JOBS:
            job = make(self._server.settings.base_iri)
            if not self._stopping.is_set() and self._server.kept.get(job, newest) is None:
                answer = self._server.pool.run(job)
                self._server.kept.put(job, answer.snapshot, answer.read())
