"""Read the newest published state of a store."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kg.errors import StoreError
from kg.store import layout
from kg.store.records import Records

#: A writer removes an old generation within milliseconds of publishing a new one, so a
#: reader that was late finds the new one at its next try.
_TRIES = 50
NO_STORE = "no store here; make one with 'kg build PATH --store DIR'"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of the store that nothing changes while it is open.

    ``id`` differs for every write ever made. ``graph`` is open read-only; a result of a
    query is used in the thread that made it.
    """

    id: str
    folder: Path
    graph: ox.Store

    @contextmanager
    def records(self) -> Iterator[Records]:
        """Open the records beside the graph.

        Raises:
            StoreError: they are damaged.
        """
        try:
            records = Records(self.folder / layout.RECORDS, read_only=True)
            try:
                yield records
            finally:
                records.close()
        except sqlite3.Error as error:
            what = f"{layout.RECORDS}: {error}"
            raise layout.damaged(self.folder.parent, what) from error


def snapshot_id(store: Path) -> str | None:
    """Return the id of the newest snapshot without opening it; None where there is none."""
    generation = layout.current_generation(store)
    return generation.id if generation else None


@contextmanager
def open_snapshot(store: Path) -> Iterator[Snapshot]:
    """Open the newest snapshot and keep it from being removed until the block ends.

    Raises:
        StoreError: there is no store at *store*, or it cannot be read.
    """
    snapshot, handle = _open(store)
    try:
        yield snapshot
    finally:
        os.close(handle)


def _open(store: Path) -> tuple[Snapshot, int]:
    for _ in range(_TRIES):
        generation = layout.current_generation(store)
        if generation is None:
            raise StoreError(store, NO_STORE)
        handle = layout.hold(generation)
        if handle is None:
            time.sleep(0.02)
            continue
        try:
            graph = open_graph(generation.folder)
        except StoreError:
            os.close(handle)
            raise
        return Snapshot(generation.id, generation.folder, graph), handle
    raise layout.damaged(store, "its newest generation is missing")


def open_graph(generation: Path) -> ox.Store:
    """Open the graph of a published generation, read-only.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return ox.Store.read_only(str(generation / layout.GRAPH))
    except (OSError, RuntimeError) as error:
        text = str(error)
        if "Corruption" in text or "No such file" in text:
            raise layout.damaged(generation.parent, error) from error
        raise StoreError(
            generation.parent, f"cannot be opened ({text}); expected a store that you may read"
        ) from error


def empty() -> ox.Store:
    """Return an empty store in memory, for a server whose store is not built yet."""
    return ox.Store()
