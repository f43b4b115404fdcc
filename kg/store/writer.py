"""Write a store: one writer, whole changes, published in one step."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from kg.errors import KGError, StoreError
from kg.store import layout
from kg.store.loading import TRIG, Spool
from kg.store.records import Records
from kg.store.snapshot import NO_STORE, open_graph, open_snapshot

#: Above this many bytes of RDF a bulk load takes less than inserts: some 30,000 quads
#: where the store has others, some 1,000 where it is new.
_BULK = 5_000_000
_BULK_NEW = 200_000


class Writer:
    """A new generation that is being written; nobody sees it before it is published.

    ``graph`` is open for writing, ``records`` holds the extracted digests; ``published`` is
    the id of the snapshot that it became, None before.
    """

    def __init__(self, folder: Path, source: Path | None) -> None:
        self.folder = folder
        self._source = source
        #: Whether a method of this class changed the graph; writes to ``graph`` are not seen.
        self.changed = source is None
        #: Set to False to leave the store as it was when the block ends.
        self.publish = True
        self.published: str | None = None
        self._bulk = _BULK if source else _BULK_NEW
        #: Whether nothing was removed from the graph yet, nor can be: it began empty.
        self._fresh = source is None
        self._spool: Spool | None = None
        self.graph = ox.Store(str(folder / layout.GRAPH))
        self.records = Records(folder / layout.RECORDS)

    def extend(self, quads: Iterable[ox.Quad], size: int) -> None:
        """Write quads of users' own, from a file of *size* bytes."""
        self.changed = True
        if size > self._bulk:
            self.graph.bulk_extend(quads)
        else:
            self.graph.extend(quads)

    def add(self, quads: bytes) -> None:
        """Take graphs in TriG that go in with the derived ones; into an empty graph earlier."""
        self._pending().write(quads)

    def load_added(self) -> None:
        """Begin to load what was added, beside what is done next; into an empty graph only."""
        self._pending().load()

    def _pending(self) -> Spool:
        if self._spool is None:
            self._spool = Spool(self.graph, self.folder, bulk=self._bulk, early=self._fresh)
        return self._spool

    def _forget_pending(self) -> None:
        if self._spool is not None:
            self._spool.drop()
            self._spool = None

    def remove_graph(self, graph: str) -> None:
        self.changed = True
        self.graph.remove_graph(ox.NamedNode(graph))

    def start_empty(self, ours: Collection[str]) -> None:
        """Begin the graph anew, for a build that replaces most of it.

        Graphs that are not in *ours* are copied: users' own, and derived ones that builds
        do not make, live on. The records stay as they are; quads that were added and not
        yet written are forgotten.
        """
        self.changed = True
        self._forget_pending()
        del self.graph
        shutil.rmtree(self.folder / layout.GRAPH)
        self.records.forget_blocks()
        self.graph = ox.Store(str(self.folder / layout.GRAPH))
        self._bulk, self._fresh = _BULK_NEW, True
        if self._source is None:
            return
        before = open_graph(self._source)
        names = [name for name in before.named_graphs() if name.value not in ours]
        # In one go and not by way of a file, which would give blank nodes other names.
        self.graph.bulk_extend(
            chain.from_iterable(
                before.quads_for_pattern(None, None, None, name)
                for name in [*names, ox.DefaultGraph()]
            )
        )
        for name in names:
            self.graph.add_graph(name)

    def write_derived(self, blocks: Iterable[tuple[str, bytes]]) -> None:
        """Make the derived graphs hold exactly the quads of *blocks*.

        Only blocks that differ from what they were are written; what was added goes in too.

        Args:
            blocks: a name and TriG each; no quad stands in two blocks.
        """
        spool, removed = self._pending(), self.folder / "removed.trig"
        with removed.open("wb") as minus:
            self.records.replace_blocks(blocks, minus, spool)
        self._remove(removed)
        spool.finish()
        self.changed |= spool.used
        self._spool, self._fresh = None, False
        removed.unlink()

    def _remove(self, quads: Path) -> None:
        self.changed |= quads.stat().st_size > 0
        graphs = set()
        for quad in ox.parse(path=str(quads), format=TRIG):
            self.graph.remove(quad)
            graphs.add(quad.graph_name)
        for graph in graphs:  # a graph without quads would still be listed
            if next(self.graph.quads_for_pattern(None, None, None, graph), None) is None:
                self.graph.remove_graph(graph)

    def close(self) -> None:
        """Flush and close; the generation can be published after this."""
        self._forget_pending()
        self.graph.flush()
        del self.graph
        self.records.close()


@contextmanager
def open_writer(store: Path, *, wait_s: float, must_exist: bool = False) -> Iterator[Writer]:
    """Open a new generation for writing; publish it when the block ends without an error.

    The generation starts as a copy of the newest one (hard links, some milliseconds), or
    empty where there is none. An error in the block, or the death of the process, leaves
    the store as it was.

    Args:
        store: folder of the store; made where it does not exist.
        wait_s: seconds to wait for another writer.
        must_exist: do not make a store where there is none.

    Raises:
        StoreLocked: another process is writing.
        StoreError: the folder cannot be written, is full, or is no store.
    """
    if must_exist and layout.current_generation(store) is None:
        raise StoreError(store, NO_STORE)
    with _write_access(store, wait_s) as before:
        folder = layout.next_folder(store)
        try:
            with _translated(store):
                writer = _start(folder, before)
                try:
                    yield writer
                finally:
                    writer.close()
                if writer.publish:
                    writer.published = layout.publish(store, folder).id
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        layout.remove_stale(store)  # the generation before; or this one, if nothing changed


@contextmanager
def _write_access(store: Path, wait_s: float) -> Iterator[layout.Generation | None]:
    """Hold the write lock; yields the newest generation, with dead ones cleared away."""
    with layout.write_lock(store, wait_s):
        before = layout.current_generation(store)
        layout.remove_stale(store)
        yield before


def _start(folder: Path, before: layout.Generation | None) -> Writer:
    folder.mkdir()
    if before is None:
        (folder / layout.IN_USE).touch()
        return Writer(folder, None)
    _copy_generation(before.folder, folder)
    return Writer(folder, before.folder)


def _copy_generation(source: Path, target: Path) -> None:
    """Copy a closed generation into the empty folder *target*.

    The graph is an Oxigraph checkpoint: hard links where both are on one file system.

    Raises:
        StoreError: *source* is damaged.
    """
    graph = open_graph(source)
    _check_records(source)
    graph.backup(str(target / layout.GRAPH))
    shutil.copyfile(source / layout.RECORDS, target / layout.RECORDS)
    (target / layout.IN_USE).touch()


def _check_records(generation: Path) -> None:
    """Refuse a generation whose records are not what was published."""
    try:
        records = Records(generation / layout.RECORDS, read_only=True)
        try:
            records.check()
        finally:
            records.close()
    except sqlite3.Error as error:
        raise layout.damaged(generation.parent, f"{layout.RECORDS}: {error}") from error


@contextmanager
def _translated(store: Path) -> Iterator[None]:
    """Turn what a failing disk raises into a StoreError that says what to do."""
    try:
        yield
    except KGError:
        raise
    except (OSError, sqlite3.Error, RuntimeError) as error:
        text = str(error)
        code = getattr(error, "errno", None)
        if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(
            word in text for word in ("No space left", "File too large", "disk is full")
        ):
            raise StoreError(
                store, f"the disk is full ({text}); the store is unchanged: free space, run again"
            ) from error
        raise StoreError(store, f"cannot be written ({text}); the store is unchanged") from error


def backup(store: Path, target: Path, *, wait_s: float) -> None:
    """Copy the newest generation into *target*, which becomes a store of its own.

    Raises:
        StoreError: there is no store, or *target* is not empty or cannot be written.
    """
    if target.exists() and any(target.iterdir()):
        raise StoreError(target, "is not empty; name a new folder for the backup")
    with open_snapshot(store) as snapshot, layout.write_lock(target, wait_s):
        _install(snapshot.folder, target)


def restore(store: Path, source: Path, *, wait_s: float) -> None:
    """Make a backup the newest generation of *store*.

    Raises:
        StoreError: *source* is no store, or *store* cannot be written, or is one of another
            version; a damaged one is replaced.
    """
    layout.refuse_other_format(store)
    with open_snapshot(source) as snapshot, layout.write_lock(store, wait_s):
        _install(snapshot.folder, store)
        layout.remove_stale(store)


def _install(source: Path, store: Path) -> None:
    folder = layout.next_folder(store)
    try:
        with _translated(store):
            folder.mkdir()
            _copy_generation(source, folder)
            layout.publish(store, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
