"""Finding digest files, and reading one."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kg.digest.parse import Parsed, parse_digest, too_large
from kg.model import Problem

_SUFFIX: Final = ".md"
_EXPECTED: Final = "expected a digest file (Markdown), a folder of *.md files, or a pattern"


def find_digests(paths: Iterable[str]) -> tuple[list[Path], list[Problem]]:
    """Find the digest files that *paths* name.

    Args:
        paths: files, folders (searched for ``*.md``, also in folders below, but not in
            hidden ones) and patterns such as ``digests/2024-*.md``.

    Returns:
        The files in the order of *paths*, those of a folder sorted, each once; and a
        problem for each path that names none.
    """
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        for name in _expand(path, problems):
            files.setdefault(os.path.realpath(name), Path(name))
    return list(files.values()), problems


def read_digest(path: Path, *, max_bytes: int) -> Parsed:
    """Read a digest file; what cannot be read is a problem, never an error raised."""
    try:
        data = _read(path, max_bytes)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return _nothing(path, f"cannot be read ({reason})", _EXPECTED)
    if data is None:
        return _nothing(path, "not a regular file", _EXPECTED)
    if isinstance(data, int):
        return _nothing(path, *too_large(data, max_bytes))
    return parse_digest(data, str(path), max_bytes=max_bytes)


def _read(path: Path, max_bytes: int) -> bytes | int | None:
    """Read a regular file; its size where that is too large, None where it is no file.

    It is opened without waiting: a named pipe that no one writes would wait for ever.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > max_bytes:
            return status.st_size
        return file.read(max_bytes + 1)


def _nothing(path: Path, found: str, expected: str) -> Parsed:
    return Parsed(None, 0, (Problem(str(path), 0, found, expected),))


def _expand(path: str, problems: list[Problem]) -> Iterator[str]:
    """Give the files that one path names, or add a problem."""
    if os.path.isdir(path):
        names = list(_in_folder(path, problems))
        if not names:
            problems.append(Problem(path, 0, "no *.md file in this folder", _EXPECTED))
    elif os.path.lexists(path):
        names = [path]
    else:
        names = _matching(path, problems)
        if not names:
            found = "no such file" if path and "\x00" not in path else f"no path {path!r}"
            problems.append(Problem(path, 0, found, _EXPECTED))
    yield from names


def _matching(pattern: str, problems: list[Problem]) -> list[str]:
    """Give the files that a pattern matches, those of matching folders too."""
    if not glob.has_magic(pattern):
        return []
    names: list[str] = []
    for name in sorted(glob.glob(pattern, recursive=True)):
        if os.path.isdir(name):
            names += _in_folder(name, problems)
        else:
            names.append(name)
    return names


def _in_folder(folder: str, problems: list[Problem]) -> Iterator[str]:
    def cannot(error: OSError) -> None:
        found = f"cannot be read ({error.strerror})"
        problems.append(Problem(str(error.filename), 0, found, "give it rights to be read"))

    for place, below, names in os.walk(folder, onerror=cannot):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_SUFFIX) and not name.startswith("."):
                yield os.path.join(place, name)
