"""Write a store: one writer, whole changes, published in one step."""

from __future__ import annotations

import errno
import io
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox
import zstandard

from kg.errors import KGError, StoreError
from kg.store import layout
from kg.store.records import DigestInfo, Records
from kg.store.sorting import difference, sorted_unique

_NQ = ox.RdfFormat.N_QUADS
#: Above this many added quads a bulk load is faster than inserts one by one.
_BULK = 50_000


class Writer:
    """A new generation that is being written; nobody sees it before it is published.

    ``graph`` is open for writing, ``records`` holds the extracted digests.
    """

    def __init__(self, folder: Path, source: Path | None) -> None:
        self.folder = folder
        self._source = source
        self.graph = ox.Store(str(folder / layout.GRAPH))
        self.records = Records(folder / layout.RECORDS)

    def load(self, quads: Path) -> None:
        """Bulk-load a file of N-Quads."""
        self.graph.bulk_load(path=str(quads), format=_NQ)

    def load_lines(self, lines: list[bytes]) -> None:
        """Load lines of N-Quads."""
        data = b"".join(lines)
        if len(lines) > _BULK:
            self.graph.bulk_load(data, format=_NQ)
        else:
            self.graph.extend(ox.parse(data, format=_NQ))

    def remove_digest(self, key: str, graph: str) -> None:
        """Remove a digest's graph and its record."""
        self.graph.remove_graph(ox.NamedNode(graph))
        self.records.remove(key)

    def put_digest(self, info: DigestInfo, record: bytes) -> None:
        """Keep a digest's record; its quads are loaded apart."""
        self.records.put(info, record)

    def copy_other_graphs(self, ours: Iterable[str]) -> None:
        """Copy from the generation before this one every graph that is not in *ours*.

        For a generation that was started empty: users' own graphs, and derived ones that
        builds do not make, live on.
        """
        if self._source is None:
            return
        known = set(ours)
        before = ox.Store.read_only(str(self._source / layout.GRAPH))
        for name in [*before.named_graphs(), ox.DefaultGraph()]:
            if isinstance(name, ox.NamedNode) and name.value in known:
                continue
            data = before.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=name)
            self.graph.bulk_load(data, format=ox.RdfFormat.N_TRIPLES, to_graph=name)
            if not isinstance(name, ox.DefaultGraph):
                self.graph.add_graph(name)

    def write_derived(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """Make the derived graphs hold exactly *lines* (N-Quads, any order, repeats allowed).

        Only what changes is written. Returns how many quads were removed and added.
        """
        target = self.folder / layout.DERIVED
        temporary = target.with_name(target.name + ".new")
        removed: list[bytes] = []
        added: list[bytes] = []
        with _zstd_writer(temporary) as out:
            new = sorted_unique(lines, self.folder)
            for line in difference(_zstd_lines(target), new, removed, added):
                out.write(line)
        os.replace(temporary, target)
        for quad in ox.parse(b"".join(removed), format=_NQ):
            self.graph.remove(quad)
        self.load_lines(added)
        return len(removed), len(added)

    def drop_derived(self) -> None:
        """Forget what derived graphs held: the store was started empty."""
        (self.folder / layout.DERIVED).unlink(missing_ok=True)

    def close(self) -> None:
        """Flush and close; the generation can be published after this."""
        self.graph.flush()
        del self.graph
        self.records.close()


@contextmanager
def _zstd_writer(path: Path) -> Iterator[BinaryIO]:
    with (
        path.open("wb") as raw,
        zstandard.ZstdCompressor(level=1).stream_writer(raw) as stream,
        io.BufferedWriter(cast(io.RawIOBase, stream), 1 << 20) as out,
    ):
        yield cast(BinaryIO, out)


def _zstd_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        yield from io.BufferedReader(cast(io.RawIOBase, stream), 1 << 20)


@contextmanager
def open_writer(store: Path, *, wait_s: float, fresh: bool = False) -> Iterator[Writer]:
    """Open a new generation for writing; publish it when the block ends without an error.

    The generation starts as a copy of the newest one (hard links, some milliseconds), or
    empty with ``fresh`` or where there is none. An error in the block, or the death of
    the process, leaves the store as it was.

    Args:
        store: folder of the store; made where it does not exist.
        wait_s: seconds to wait for another writer.
        fresh: start empty, for a build that replaces most of the store.

    Raises:
        StoreLocked: another process is writing.
        StoreError: the folder cannot be written, is full, or is no store.
    """
    with write_access(store, wait_s) as before:
        folder = layout.next_folder(store)
        try:
            with _translated(store):
                writer = _start(folder, before, fresh)
                try:
                    yield writer
                finally:
                    writer.close()
                layout.publish(store, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        layout.remove_stale(store)


@contextmanager
def write_access(store: Path, wait_s: float) -> Iterator[layout.Generation | None]:
    """Hold the write lock; yields the newest generation, with dead ones cleared away."""
    with layout.write_lock(store, wait_s):
        before = layout.current_generation(store)
        layout.remove_stale(store)
        yield before


def _start(folder: Path, before: layout.Generation | None, fresh: bool) -> Writer:
    folder.mkdir()
    if before is None or fresh:
        (folder / layout.IN_USE).touch()
        return Writer(folder, before.folder if before else None)
    copy_generation(before.folder, folder)
    return Writer(folder, before.folder)


def copy_generation(source: Path, target: Path) -> None:
    """Copy a closed generation into the empty folder *target*.

    The graph is an Oxigraph checkpoint: hard links where both are on one file system.
    """
    ox.Store.read_only(str(source / layout.GRAPH)).backup(str(target / layout.GRAPH))
    for name in (layout.RECORDS, layout.DERIVED):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    (target / layout.IN_USE).touch()


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
    from kg.store.snapshot import open_snapshot

    if target.exists() and any(target.iterdir()):
        raise StoreError(target, "is not empty; name a new folder for the backup")
    with open_snapshot(store) as snapshot, layout.write_lock(target, wait_s):
        _install(snapshot.folder, target)


def restore(store: Path, source: Path, *, wait_s: float) -> None:
    """Make a backup the newest generation of *store*.

    Raises:
        StoreError: *source* is no store, or *store* cannot be written.
    """
    from kg.store.snapshot import open_snapshot

    with open_snapshot(source) as snapshot, layout.write_lock(store, wait_s):
        _install(snapshot.folder, store)
        layout.remove_stale(store)


def _install(source: Path, store: Path) -> None:
    folder = layout.next_folder(store)
    try:
        with _translated(store):
            folder.mkdir()
            copy_generation(source, folder)
            layout.publish(store, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
