"""When reviewers' decisions are put in force: after a while of quiet, or when they are many.

One thread starts one process at a time (:mod:`kg.web.site.review.batch`). It waits for the store
as long as any writer does; where that is not enough, the decisions wait, and it tries again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Final

from kg.settings import Settings
from kg.web.process import process_context
from kg.web.site.review import batch as review_batch
from kg.web.site.review.log import CannotKeep, Log

QUIET_S: Final = 20.0
MANY: Final = 25
#: The first and the longest time between tries.
_AGAIN_S: Final = 15.0
_LONGEST_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the batch of now is; ``next_s`` is how long until the next one starts."""

    running: bool
    next_s: float | None


class Applying:
    """Starts batches when they are due."""

    def __init__(
        self,
        log: Log,
        settings: Settings,
        *,
        quiet_s: float = QUIET_S,
        many: int = MANY,
    ) -> None:
        """Set it up; its thread starts when there is something to do.

        Args:
            quiet_s: seconds without another decision after which those that wait are due.
            many: so many are due at once.
        """
        self._log = log
        self._settings = settings
        self._quiet_s = quiet_s
        self._many = many
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process: BaseProcess | None = None
        self._due: float | None = None
        self._tries = 0
        self._stopped = False

    def wake(self, *, now: bool = False) -> None:
        """Look at the log: something was added to it, or all that waits is wanted *now*."""
        many = len(self._log.state().waiting) >= self._many
        with self._changed:
            soon = time.monotonic() + (0 if now or many else self._quiet_s)
            # A store that is busy is not tried at each decision.
            if now or not self._tries or self._due is None:
                self._due = soon
            self._start_thread()
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on with what was left waiting when the server ended."""
        if self._log.state().waiting:
            self.wake()

    def progress(self) -> Progress:
        """Tell whether a batch is running, and when the next one is due."""
        with self._changed:
            left = None if self._due is None else max(self._due - time.monotonic(), 0)
            return Progress(self._process is not None, left)

    def stop(self) -> None:
        """End the process that runs; what it was at waits for the next start."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            if self._process is not None:
                self._process.kill()

    def _start_thread(self) -> None:
        if self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._run, name="kg-review", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._wait():
            before = self._log.state().waiting.keys()
            why = self._batch()
            with self._changed:
                self._process = None
                if self._stopped:
                    return
            self._again(before, why)

    def _wait(self) -> bool:
        """Wait until a batch is due; False when it is time to end."""
        with self._changed:
            while not self._stopped:
                left = None if self._due is None else self._due - time.monotonic()
                if left is not None and left <= 0:
                    self._due = None
                    return True
                self._changed.wait(left)
            return False

    def _batch(self) -> str | None:
        """Run a process to its end; returns what went wrong that it cannot tell itself."""
        process = process_context().Process(
            target=review_batch.run, args=(self._log.folder, self._settings), daemon=True
        )
        with self._changed:
            if self._stopped:
                return None
            try:
                process.start()
            except OSError as error:
                return f"no process can be started ({error.strerror or error})"
            self._process = process
        process.join()
        return f"its process ended with exit code {process.exitcode}" if process.exitcode else None

    def _again(self, before: Set[str], why: str | None) -> None:
        """See whether something still waits, and when to try that.

        Args:
            before: the ids of what waited.
            why: what went wrong.
        """
        if why:
            with suppress(CannotKeep):  # the next try fails as well
                self._log.add("failed", why=why)
        waiting = self._log.state().waiting.keys()
        with self._changed:
            self._tries = self._tries + 1 if waiting and before <= waiting else 0
            if waiting and self._due is None:
                doubled = 2 ** min(self._tries - 1, 10) if self._tries else 0
                wait_s = min(_AGAIN_S * doubled, _LONGEST_S)
                self._due = time.monotonic() + wait_s
