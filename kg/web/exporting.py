"""Dumps of the graph: each file is made once a snapshot, in a process of its own."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from kg.errors import Overloaded, StoreError
from kg.store import compressed, export, snapshot_id
from kg.vocab import PREFIXES
from kg.web.beside import folder_beside
from kg.web.process import process_context
from kg.web.reader import EMPTY, Reader
from kg.web.worker import end_with_parent

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Suffixes of the dumps, with the media type of each.
SUFFIXES: Final = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
}
#: Files that we made; anything else in the folder is left alone.
_OURS = re.compile(r"\A[0-9a-z]+\.(?:[0-9a-f]{64}\.[a-z.]+|\w+\.part)\Z")
#: How long a caller waits for a file that is being made; the file goes on being made.
WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that was made: its suffix, such as ``ttl.gz``, size in bytes, hash, and when."""

    ending: str
    path: Path
    size: int
    sha256: str
    made: datetime


class Exporter:
    """Makes the files of the newest snapshot, and removes those of older ones."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._making: dict[str, BaseProcess] = {}
        self._folder: Path | None = None

    def file(self, suffix: str, *, gzipped: bool) -> Path:
        """Return the file of the newest snapshot; its name is ``{id}.{SHA-256}.{suffix}``.

        Args:
            suffix: a key of :data:`SUFFIXES`.
            gzipped: whether it is compressed.

        Raises:
            Overloaded: the file is still being made.
            StoreError: the store cannot be read, or there is no place for the file.
        """
        ending = f"{suffix}.gz" if gzipped else suffix
        folder = self._made_folder()
        for _ in range(3):  # a new snapshot may be published while a file is made
            id_ = snapshot_id(self._store) or EMPTY
            if found := _find(folder, id_, ending):
                return found
            self._make(folder, id_, ending)
            if found := _find(folder, id_, ending):
                return found
            if id_ == (snapshot_id(self._store) or EMPTY):
                raise StoreError(self._store, f"the export as {ending} failed")
        raise Overloaded("export: the graph changes faster than it is written; try again")

    def made(self) -> dict[str, Dump]:
        """Return the files of the newest snapshot that are there, by their suffix.

        Raises:
            StoreError: there is no place for files.
        """
        id_ = snapshot_id(self._store) or EMPTY
        found = {}
        for path in sorted(self._made_folder().glob(f"{id_}.*")):
            if _OURS.match(path.name) and path.suffix != ".part":
                _, sha256, ending = path.name.split(".", 2)
                try:
                    told = path.stat()
                except FileNotFoundError:  # that of an older snapshot, removed meanwhile
                    continue
                made = datetime.fromtimestamp(told.st_mtime, UTC)
                found[ending] = Dump(ending, path, told.st_size, sha256, made)
        return found

    def _make(self, folder: Path, id_: str, ending: str) -> None:
        """Have a file made, by one process however many ask for it, and wait for its end."""
        name = f"{id_}.{ending}"
        with self._lock:
            process = self._making.get(name)
            if process is None or not process.is_alive():
                process = process_context().Process(
                    target=write_file, args=(self._store, folder, ending), daemon=True
                )
                process.start()
                self._making = {name: process} | {
                    other: running for other, running in self._making.items() if running.is_alive()
                }
        process.join(WAIT_S)
        if process.is_alive():
            raise Overloaded(f"export: {ending} is being written; try again in a while")

    def _made_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = folder_beside(self._store, "exports")
            return self._folder


def _find(folder: Path, id_: str, ending: str) -> Path | None:
    for path in sorted(folder.glob(f"{id_}.*.{ending}")):
        if path.name.count(".") == 2 + ending.count("."):
            return path
    return None


def write_file(store: Path, folder: Path, ending: str) -> None:
    """Write the newest snapshot into *folder* and remove the files of older ones.

    The file appears under its name when it is complete.
    """
    end_with_parent()
    reader = Reader(store)
    reader.refresh()
    id_ = reader.snapshot.id
    handle, name = tempfile.mkstemp(prefix=f"{id_}.", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            out = _Hashing(file)
            with compressed(cast(BinaryIO, out), Path(ending).suffix) as stream:
                export(reader.snapshot, stream, ending.partition(".")[0], prefixes=PREFIXES)
        os.replace(name, folder / f"{id_}.{out.digest}.{ending}")
    except BaseException:
        os.unlink(name)
        raise
    for path in folder.iterdir():
        if _OURS.match(path.name) and not path.name.startswith(f"{id_}."):
            path.unlink(missing_ok=True)


class _Hashing(io.RawIOBase):
    """A stream that hashes what is written through it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self._sha256.update(data)
        return self._out.write(data)

    @property
    def digest(self) -> str:
        return self._sha256.hexdigest()
