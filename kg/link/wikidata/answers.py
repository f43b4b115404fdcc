"""The answers of Wikidata that were read before, on disk.

A cache of our own of 100 lines rather than ``requests-cache``, which

- keeps whole HTTP replies under whole requests, so that one more item in a batch of fifty asks for
  all fifty again; here each item, paper and person is kept by itself;
- reads a reply to its end before anybody can look at its size (its issue 878);
- keeps a ``maxlag`` error, which comes as HTTP 200, unless the body is parsed twice;
- keeps pickles by default, which run code when a cache from elsewhere is opened;
- tells a broken file by a traceback (its issue 339).
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from kg.errors import KGError

#: "kgwd" as a number: tells our files from other SQLite files.
_APPLICATION: Final = 0x6B677764
_VERSION: Final = 1
_BUSY_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, as JSON, and when: in seconds since 1970."""

    value: Any
    read_at: float


class Answers:
    """A file of answers by question; several processes may share it.

    What was put stays, even if the process is killed right after.
    """

    def __init__(
        self, path: Path, *, max_age_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Open the file, or make it.

        Raises:
            KGError: the file is broken, another's, or cannot be opened.
        """
        self._path, self._max_age_s, self._clock = path, max_age_s, clock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KGError(f"{path}: no folder for it ({error.strerror}); name another") from error
        with self._told():
            self._file = sqlite3.connect(path, timeout=_BUSY_S)
        try:
            with self._told():
                self._prepare()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def get(self, question: str) -> Answer | None:
        """Return the answer to a question, if there is one that is not too old.

        Raises:
            KGError: the file is broken.
        """
        with self._told():
            row = self._file.execute(
                "SELECT read_at, body FROM answer WHERE question = ?", (question,)
            ).fetchone()
        if row is None or self._clock() - row[0] > self._max_age_s:
            return None
        try:
            return Answer(orjson.loads(zlib.decompress(row[1])), row[0])
        except (zlib.error, ValueError, TypeError):
            return None  # damaged: its checksum says so; it is asked for again

    def put(self, answers: Mapping[str, Any]) -> float:
        """Keep the JSON values of questions, all or none; return the time they are kept under.

        Raises:
            KGError: the file is broken, or cannot be written.
        """
        now = self._clock()
        rows = [
            (question, now, zlib.compress(orjson.dumps(value), 6))
            for question, value in answers.items()
        ]
        with self._told(), self._file:
            self._file.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?)", rows)
        return now

    def _prepare(self) -> None:
        # One writer at a time, so that of two that make the file one finds it made.
        self._file.execute("BEGIN IMMEDIATE")
        with self._file:
            mine = self._number("application_id"), self._number("user_version")
            if mine == (_APPLICATION, _VERSION):
                return
            tables = self._file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if tables or mine != (0, 0):
                raise KGError(
                    f"{self._path}: no cache of Wikidata's answers, or of another version; "
                    "name another file, or delete this one"
                )
            self._file.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._file.execute(f"PRAGMA user_version = {_VERSION}")
            self._file.execute(
                "CREATE TABLE answer (question TEXT PRIMARY KEY, read_at REAL, body BLOB)"
            )

    def _number(self, pragma: str) -> int:
        return int(self._file.execute(f"PRAGMA {pragma}").fetchone()[0])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell SQLite's errors in a line; the file is left as it is, whosever it be."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise KGError(
                f"{self._path}: cannot be used as a cache ({error}); check it, or name another file"
            ) from error
        except sqlite3.DatabaseError as error:
            raise KGError(
                f"{self._path}: broken ({error}); delete it, and Wikidata is asked again"
            ) from error
