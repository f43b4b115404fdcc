"""Write a store: one writer, whole changes, published in one step."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox
import zstandard

from kg.errors import KGError, StoreError
from kg.store import layout
from kg.store.records import Records
from kg.store.snapshot import NO_STORE, open_graph, open_snapshot
from kg.store.sorting import difference, sorted_unique

_NQ = ox.RdfFormat.N_QUADS
#: Above this many bytes of N-Quads a bulk load takes less than inserts: some 30,000 quads
#: where the store has others, some 1,000 where it is new.
_BULK = 5_000_000
_BULK_NEW = 200_000
#: The fact in the records that tells the size of the derived quads' file: without it, one
#: that was cut short or lost would look like fewer quads, and what they were would stay.
_DERIVED_BYTES = "derived_bytes"


class Writer:
    """A new generation that is being written; nobody sees it before it is published.

    ``graph`` is open for writing, ``records`` holds the extracted digests.
    """

    def __init__(self, folder: Path, source: Path | None) -> None:
        self.folder = folder
        self._source = source
        #: Whether the graph differs from that of the generation before.
        self.changed = source is None
        self._bulk = _BULK if source else _BULK_NEW
        self.graph = ox.Store(str(folder / layout.GRAPH))
        self.records = Records(folder / layout.RECORDS)

    def load(self, quads: Path) -> None:
        """Load a file of N-Quads."""
        self.changed |= quads.stat().st_size > 0
        if quads.stat().st_size > self._bulk:
            self.graph.bulk_load(path=str(quads), format=_NQ)
        else:
            self.graph.extend(ox.parse(path=str(quads), format=_NQ))

    def remove_graph(self, graph: str) -> None:
        self.changed = True
        self.graph.remove_graph(ox.NamedNode(graph))

    def start_empty(self, ours: Collection[str]) -> None:
        """Begin the graph anew, for a build that replaces most of it.

        Graphs that are not in *ours* are copied: users' own, and derived ones that builds
        do not make, live on. The records stay as they are.
        """
        self.changed = True
        del self.graph
        shutil.rmtree(self.folder / layout.GRAPH)
        (self.folder / layout.DERIVED).unlink(missing_ok=True)
        self.records.set(_DERIVED_BYTES, "0")
        self.graph = ox.Store(str(self.folder / layout.GRAPH))
        self._bulk = _BULK_NEW
        if self._source is None:
            return
        before = open_graph(self._source)
        for name in [*before.named_graphs(), ox.DefaultGraph()]:
            if isinstance(name, ox.NamedNode) and name.value in ours:
                continue
            data = before.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=name)
            self.graph.bulk_load(data, format=ox.RdfFormat.N_TRIPLES, to_graph=name)
            if isinstance(name, ox.NamedNode):
                self.graph.add_graph(name)

    def write_derived(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """Make the derived graphs hold exactly *lines* (N-Quads, any order, repeats allowed).

        Only what changes is written. Returns how many quads were removed and added.
        """
        target = self.folder / layout.DERIVED
        temporary, added, removed = (
            self.folder / name for name in ("derived.new", "added.nq", "removed.nq")
        )
        counts = [0, 0]
        with _zstd_writer(temporary) as out, added.open("wb") as plus, removed.open("wb") as minus:
            new = sorted_unique(lines, self.folder)
            for line, change in difference(_zstd_lines(target), new):
                if change >= 0:
                    out.write(line)
                if change:
                    (plus if change > 0 else minus).write(line)
                    counts[change > 0] += 1
        os.replace(temporary, target)
        self.records.set(_DERIVED_BYTES, str(target.stat().st_size))
        self._remove(removed)
        self.load(added)
        added.unlink()
        removed.unlink()
        return counts[0], counts[1]

    def _remove(self, quads: Path) -> None:
        self.changed |= quads.stat().st_size > 0
        graphs = set()
        for quad in ox.parse(path=str(quads), format=_NQ):
            self.graph.remove(quad)
            graphs.add(quad.graph_name)
        for graph in graphs:  # a graph without quads would still be listed
            if next(self.graph.quads_for_pattern(None, None, None, graph), None) is None:
                self.graph.remove_graph(graph)

    def close(self) -> None:
        """Flush and close; the generation can be published after this."""
        self.graph.flush()
        del self.graph
        self.records.close()


@contextmanager
def _zstd_writer(path: Path) -> Iterator[BinaryIO]:
    with (
        path.open("wb") as raw,
        zstandard.ZstdCompressor(level=1, write_checksum=True).stream_writer(raw) as stream,
        io.BufferedWriter(cast(io.RawIOBase, stream), 1 << 20) as out,
    ):
        yield cast(BinaryIO, out)


def _zstd_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        try:
            yield from io.BufferedReader(cast(io.RawIOBase, stream), 1 << 20)
        except zstandard.ZstdError as error:
            raise layout.damaged(path.parent.parent, f"{path.name}: {error}") from error


@contextmanager
def open_writer(store: Path, *, wait_s: float, must_exist: bool = False) -> Iterator[Writer]:
    """Open a new generation for writing; publish it when the block ends without an error.

    One that is equal to the newest is not published: readers keep their snapshot.

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
                if writer.changed:
                    layout.publish(store, folder)
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
    _check_files(source)
    graph.backup(str(target / layout.GRAPH))
    for name in (layout.RECORDS, layout.DERIVED):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    (target / layout.IN_USE).touch()


def _check_files(generation: Path) -> None:
    """Refuse a generation whose files beside the graph are not what was published."""
    store, derived = generation.parent, generation / layout.DERIVED
    try:
        records = Records(generation / layout.RECORDS, read_only=True)
        try:
            records.check()
            expected = int(records.get(_DERIVED_BYTES) or 0)
        finally:
            records.close()
    except sqlite3.Error as error:
        raise layout.damaged(store, f"{layout.RECORDS}: {error}") from error
    size = derived.stat().st_size if derived.exists() else 0
    if size != expected:
        raise layout.damaged(store, f"{derived.name}: {size} bytes instead of {expected}")


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
