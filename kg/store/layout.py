"""The folder of a store: generations, the pointer to the newest, and the locks.

::

    DIR/store.json        {"format": 2, "generation": "g-000018", "id": "…"}
    DIR/lock              locked by the one writer; holds its process id
    DIR/g-000018/graph/   the Oxigraph store, never written again once published
    DIR/g-000018/records.db    what the graphs were written from
    DIR/g-000018/in-use   locked (shared) by each reader

A write makes a new generation beside the newest one and becomes visible by replacing
``store.json``, so it happens as a whole or not at all, and readers keep what they have.
Locks are the kernel's (``flock``): they end with their process, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.errors import StoreError, StoreLocked

#: 1 kept the derived graphs as N-Quads.
FORMAT = 2
POINTER = "store.json"
LOCK = "lock"
IN_USE = "in-use"
GRAPH = "graph"
RECORDS = "records.db"
_PREFIX = "g-"


@dataclass(frozen=True, slots=True)
class Generation:
    """One published state of a store; ``id`` differs for every write ever made."""

    folder: Path
    id: str

    @property
    def number(self) -> int:
        return int(self.folder.name.removeprefix(_PREFIX))


def current_generation(store: Path) -> Generation | None:
    """Return the newest generation, or None where no store has been built yet.

    Raises:
        StoreError: the folder is no store, is damaged, or is of a newer version.
    """
    try:
        # A write replaces the pointer by another file: what stands in it is read once, and
        # to ask again, which a server does at each request, costs a look at the folder.
        found = os.stat(f"{store}/{POINTER}")
        return _pointed(store, found.st_ino, found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise StoreError(store, "is a file; expected the folder of a store") from error
    except OSError as error:
        raise StoreError(store, f"cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(store, f"{POINTER} is no pointer to a generation") from error


@lru_cache(maxsize=16)
def _pointed(store: Path, inode: int, modified_ns: int, size: int) -> Generation:
    """Read the pointer of a store, which is the file with these marks."""
    content = json.loads((store / POINTER).read_bytes())
    format_, name, id_ = content["format"], content["generation"], content["id"]
    if format_ != FORMAT:
        raise _other_format(store, format_)
    if not isinstance(name, str) or not name.startswith(_PREFIX) or not name[2:].isdigit():
        raise damaged(store, f"{POINTER} names the generation {name!r}")
    return Generation(store / name, str(id_))


def refuse_other_format(store: Path) -> None:
    """Refuse a store of another version; one whose pointer is damaged passes.

    Raises:
        StoreError: the store has another format than this version's.
    """
    try:
        format_ = json.loads((store / POINTER).read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if format_ != FORMAT:
        raise _other_format(store, format_)


def _other_format(store: Path, format_: object) -> StoreError:
    return StoreError(
        store,
        f"store format {format_!r}, made by another version of kg; this one reads format "
        f"{FORMAT}: upgrade paperkg, or build into another folder",
    )


def damaged(store: Path, what: object) -> StoreError:
    """Make the error for a store whose files are not what was written."""
    return StoreError(
        store,
        f"damaged ({' '.join(str(what).split())}); put back a backup with 'kg restore', "
        "or remove the folder and build again",
    )


def publish(store: Path, folder: Path) -> Generation:
    """Make *folder* the newest generation, in one step that survives a power cut."""
    generation = Generation(folder, uuid.uuid4().hex)
    content = {"format": FORMAT, "generation": folder.name, "id": generation.id}
    temporary = store / (POINTER + ".new")
    with temporary.open("w", encoding="utf-8") as out:
        json.dump(content, out)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    _fsync_folder(folder)
    os.replace(temporary, store / POINTER)
    _fsync_folder(store)
    return generation


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def next_folder(store: Path) -> Path:
    """Return the name for the next generation; it does not exist yet."""
    numbers = [
        int(folder.name.removeprefix(_PREFIX))
        for folder in store.glob(_PREFIX + "*")
        if folder.name.removeprefix(_PREFIX).isdigit()
    ]
    return store / f"{_PREFIX}{max(numbers, default=0) + 1:06d}"


def remove_stale(store: Path) -> None:
    """Remove generations that are not the newest and that no reader holds.

    Only the writer calls this, so what is not the newest is left from before it or from
    a build that died.
    """
    newest = current_generation(store)
    for folder in sorted(store.glob(_PREFIX + "*")):
        if newest is not None and folder.name == newest.folder.name:
            continue
        try:
            handle = os.open(folder / IN_USE, os.O_RDONLY)
        except FileNotFoundError:  # died before it was complete: nobody can hold it
            shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # a reader still uses it; a later write removes it
            pass
        finally:
            os.close(handle)


def hold(generation: Generation) -> int | None:
    """Lock a generation for reading; None if a writer removed it meanwhile.

    Returns a file descriptor whose closing gives the lock back.
    """
    path = generation.folder / IN_USE
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:  # 0: removed between opening and locking
            return handle
    except BlockingIOError:
        pass
    os.close(handle)
    return None


@contextmanager
def write_lock(store: Path, wait_s: float) -> Iterator[None]:
    """Hold the store's one write lock, made with its folder where there is none.

    Raises:
        StoreLocked: another process still holds it after *wait_s* seconds.
        StoreError: the folder cannot be made or written, or holds something else.
    """
    _make_folder(store)
    try:
        handle = os.open(store / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            store, f"cannot be written ({error.strerror}); expected a folder that you may write"
        ) from error
    try:
        _lock_within(store, handle, wait_s)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _make_folder(store: Path) -> None:
    try:
        store.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in store.iterdir()}
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(store, "is a file; expected a folder for the store") from error
    except OSError as error:
        raise StoreError(
            store, f"cannot be written ({error.strerror}); expected a folder that you may write"
        ) from error
    if names and not names & {POINTER, LOCK}:
        raise StoreError(store, "holds other files and no store; name an empty or a new folder")


def _lock_within(store: Path, handle: int, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
                pid = int(holder) if holder.isdigit() else None
                raise StoreLocked(store, pid, wait_s) from error
        time.sleep(0.05)
