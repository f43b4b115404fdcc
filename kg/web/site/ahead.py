"""What pages need and what takes long, done before anyone asks: at the start of the server, and
as soon as there is a new snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from flask import Flask

from kg.errors import KGError
from kg.store import snapshot_id
from kg.web.site.benchmarks.job import BenchmarkCountsJob, BenchmarkNamesJob
from kg.web.site.front.job import FrontJob
from kg.web.site.ontology.job import OntologyJob
from kg.web.site.reading import SiteJob
from kg.web.site.trends.rising import MonthsJob
from kg.web.state import parts_of

#: What is asked ahead; each takes the start of the IRIs of our things.
JOBS: Final[tuple[Callable[[str], SiteJob], ...]] = (
    FrontJob,
    MonthsJob,
    BenchmarkCountsJob,
    BenchmarkNamesJob,
    OntologyJob,
)
#: A new snapshot is looked for so often, and after the answers took some time, not before so
#: many times that: where snapshots follow each other fast, this takes a tenth of a worker at most.
_LOOK_S: Final = 1.0
_REST: Final = 9.0
_TRIES: Final = 3


class Ahead:
    """A thread that compiles the templates, and has the answers of :data:`JOBS` kept for the
    newest snapshot.

    It asks for one answer after the other, so that it never holds more than one query worker,
    and for none where there is only one: that is for who asks. What fails is asked for again,
    some times; a page that needs it asks by itself meanwhile.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._server = parts_of(app)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kg-ahead", daemon=True)

    def start(self) -> None:
        """Start to look for snapshots."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._stopping.set()

    def _run(self) -> None:
        self._compile()
        done, tries, rested = None, 0, 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._server.names.keep_up()
                newest = snapshot_id(self._server.settings.store)
                tries = tries if newest == done else 0
                if newest is not None and tries < _TRIES and began >= rested:
                    done, tries = newest, tries + 1
                    self._ask(newest)
                    tries = _TRIES
            except KGError:  # told to whoever asks for a page
                pass
            now = time.monotonic()
            rested = max(rested, now + _REST * (now - began))
            self._stopping.wait(_LOOK_S)

    def _compile(self) -> None:
        """Compile the templates, so that the first reader of a page need not wait for it."""
        for name in self._app.jinja_env.list_templates():
            if not self._stopping.is_set():
                self._app.jinja_env.get_template(name)

    def _ask(self, newest: str) -> None:
        if self._server.settings.worker_count == 1:
            return
        for make in JOBS:
            job = make(self._server.settings.base_iri)
            if not self._stopping.is_set() and self._server.kept.get(job, newest) is None:
                answer = self._server.pool.run(job)
                self._server.kept.put(job, answer.snapshot, answer.read())
