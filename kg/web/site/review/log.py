"""What reviewers decided and what became of it: a file beside the store that only grows.

A line is one event, as JSON, and on the disk before anyone is told that it is there:

- ``decide``: someone decided (``kind`` and ``row`` as in :mod:`kg.web.site.review.decisions`) on
  an ``item`` of a ``list``, with its ``name``;
- ``undo``: someone took a decision (``id``) back;
- ``publishing``: decisions ``of`` are about to be put in force, or ``back`` taken back;
  ``replaced`` are those that give way, by the id of what replaces them;
- ``done``: they are; ``refused``: a decision cannot be, and ``why``;
- ``failed``: a batch was not made, and ``why``; it is tried again.

So a decision waits as long as what is wanted differs from what is known to be in force: wherever
a process is killed, nothing is lost, and to put in force what is in force already changes
nothing.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kg.errors import KGError
from kg.web.site.review.decisions import Decided

log = logging.getLogger(__name__)

FILE: Final = "decisions.jsonl"
#: Decisions with which all is done are forgotten beyond so many; the file keeps them.
_KEPT: Final = 1_000


class CannotKeep(KGError):
    """The place for decisions cannot be written."""


@dataclass(slots=True)
class Entry:
    """A decision and what became of it.

    ``applied`` is whether it is in force: None while that is not known, as where a process was
    killed before it could tell. ``replaced`` are decisions that gave way to it, ``gave_way``
    says that it did so itself. ``item`` of ``list`` is what the reviewer had on
    the page, and ``name`` what that is called.
    """

    decided: Decided
    at: str
    list: str = ""
    item: str = ""
    name: str = ""
    wanted: bool = True
    applied: bool | None = False
    refused: str | None = None
    replaced: tuple[Decided, ...] = ()
    gave_way: bool = False

    @property
    def waits(self) -> bool:
        """Whether it is still to be put in force, or taken back."""
        return self.refused is None and not self.gave_way and self.wanted is not self.applied

    @property
    def state(self) -> str:
        """``waiting``, ``done``, ``refused``, ``replaced``, ``undoing`` or ``undone``."""
        if self.refused is not None:
            return "refused"
        if self.gave_way:
            return "replaced"
        if self.wanted:
            return "waiting" if self.waits else "done"
        return "undoing" if self.waits else "undone"


@dataclass(slots=True)
class State:
    """All decisions by id, the newest last, and how the last batch ended.

    ``failed`` is why it did not, and ``ended`` when it ended; both None before the first one.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    failed: str | None = None
    ended: str | None = None

    @property
    def waiting(self) -> dict[str, Entry]:
        """What is to be put in force, or taken back."""
        return {id_: one for id_, one in self.entries.items() if one.waits}

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event in."""
        op, at = event["op"], str(event["at"])
        if op == "decide":
            self._decide(event, at)
        elif op == "undo":
            entry = self.entries[event["id"]]
            entry.wanted, entry.refused, entry.at = False, None, at
        elif op == "refused":
            self.entries[event["id"]].refused = str(event["why"])
        elif op == "publishing":
            for id_ in (*event["of"], *event["back"]):
                self.entries[id_].applied = None
            for id_, replaced in event["replaced"].items():
                self.entries[id_].replaced = tuple(Decided(kind, row) for kind, row in replaced)
        elif op == "done":
            for name, applied in (("of", True), ("back", False)):
                for id_ in event[name]:
                    self._settle(self.entries[id_], applied=applied)
            self.failed, self.ended = None, at
        elif op == "failed":
            self.failed, self.ended = str(event["why"]), at

    def _decide(self, event: Mapping[str, Any], at: str) -> None:
        decided = Decided(event["kind"], event["row"])
        before = self.entries.pop(decided.id, None)
        entry = before or Entry(decided, at, event["list"], event["item"], event["name"])
        entry.wanted, entry.refused, entry.gave_way, entry.at = True, None, False, at
        self.entries[decided.id] = entry
        settled = [id_ for id_, one in self.entries.items() if not one.waits]
        for id_ in settled[:-_KEPT]:
            del self.entries[id_]

    def _settle(self, entry: Entry, *, applied: bool) -> None:
        """Note that a decision is in force now, or no longer; others gave way, or hold again."""
        entry.applied = applied
        for one in entry.replaced:
            other = self.entries.get(one.id)
            if other is not None:
                other.gave_way = applied


class Log:
    """The file of events; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Use the log in *folder*, which is made with the first event."""
        self.folder = folder
        self.path = folder / FILE
        self._lock = threading.RLock()
        self._state = State()
        self._read_to = 0
        self._held = 0

    def state(self) -> State:
        """Return what is known now."""
        with self._lock:
            self._read()
            return replace(self._state, entries=dict(self._state.entries))

    @contextmanager
    def locked(self) -> Iterator[State]:
        """Keep all others from adding events while the block looks and adds.

        Raises:
            CannotKeep: the file cannot be written.
        """
        with self._lock, ExitStack() as held:
            if not self._held:  # a second lock of one process would wait for its first
                held.callback(os.close, self._open())
            self._held += 1
            try:
                self._read()
                yield self._state
            finally:
                self._held -= 1

    def _open(self) -> int:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle

    def add(self, op: str, **facts: Any) -> None:
        """Add an event; it is on the disk when this returns.

        Raises:
            CannotKeep: the file cannot be written; it is as it was.
        """
        event = {"op": op, "at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
        line = json.dumps(event, ensure_ascii=False).encode() + b"\n"
        with self.locked():
            try:
                _append(self.path, line)
            except OSError as error:
                raise _unwritable(self.path, error) from error
            self._read()

    def _read(self) -> None:
        """Take in the events that were added since; one that is cut off is none."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                data = file.read()
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1
        self._read_to += end
        for line in filter(None, data[:end].split(b"\n")):
            try:
                self._state.take(json.loads(line))
            except (ValueError, LookupError, TypeError, AttributeError):
                log.warning("%s: a line that is no event: %.80r", self.path, line)


def _append(path: Path, line: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line  # a process was killed while it wrote
        try:
            written = os.write(handle, line)
            if written != len(line):
                raise OSError("no room for the whole of it")
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unwritable(path: Path, error: OSError) -> CannotKeep:
    return CannotKeep(
        f"{path.parent.name}: the decision cannot be kept ({error.strerror or error}); "
        "make room, or let the server write beside its store"
    )
