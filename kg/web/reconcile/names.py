"""The names of a snapshot's things, in one SQLite file that query workers read.

A name is looked up by its key, by the start of its key, and where there is a typing error by
the groups of three letters that two keys share. Each look-up reads a bounded number of rows,
so that it takes as long in a graph ten times as large.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rapidfuzz.fuzz import ratio

from kg.errors import QueryStopped
from kg.link.keys import key

#: Raised when what a file holds changes; a file of another number is not read.
FORMAT: Final = 1
SCHEMA_SQL: Final = """
CREATE TABLE thing (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    label TEXT NOT NULL, english TEXT, korean TEXT, papers INTEGER NOT NULL, first TEXT,
    others TEXT NOT NULL);
CREATE TABLE name (key TEXT, thing INTEGER, kind INTEGER, text TEXT,
    PRIMARY KEY (key, thing)) WITHOUT ROWID;
CREATE TABLE identifier (value TEXT, thing INTEGER, PRIMARY KEY (value, thing)) WITHOUT ROWID;
CREATE TABLE short (prefix TEXT PRIMARY KEY, things BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE whole (number INTEGER PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE gram (gram TEXT PRIMARY KEY, size INTEGER, number INTEGER) WITHOUT ROWID;
CREATE TABLE posting (number INTEGER PRIMARY KEY, keys BLOB NOT NULL);
"""
#: Added to the number of a kind where the key is that of the name without kind and ornament.
BARE: Final = 8
#: Letters of a key that count.
KEY_LETTERS: Final = 300
#: Letters of a key whose groups are kept.
GRAMS_OF: Final = 100
#: For starts of so many letters or fewer, the things that most papers have are listed.
SHORT: Final = 3
SHORT_THINGS: Final = 100
#: Things of one key, rows of one start, members of lists of groups, and keys that are compared.
_SAME: Final = 100
_STARTING: Final = 2_000
_POSTINGS: Final = 40_000
_COMPARED: Final = 150
#: Two keys below this likeness, of 100, are different names.
_ALIKE: Final = 75.0
_LAST: Final = "\U0010ffff"


class NameKind(IntEnum):
    """What a name is to its thing; the numbers are kept in the file."""

    PREFERRED = 0
    OTHER = 1
    SPELLING = 2
    INITIALS = 3


@dataclass(frozen=True, slots=True)
class Thing:
    """A term, author or paper.

    ``type`` is the local name of its most specific class; ``papers`` counts those that
    mention it, or that the author wrote; ``first`` is the day on which it was first seen;
    ``others`` says more: other names of a term, a paper of an author, authors of a paper.
    """

    number: int
    id: str
    type: str
    label: str
    english: str | None
    korean: str | None
    papers: int
    first: str | None
    others: str

    def name(self, language: str) -> str:
        """Return what to call it, in a language if it has a name in that."""
        return (self.korean if language == "ko" else self.english) or self.label


@dataclass(frozen=True, slots=True)
class Hit:
    """A name that was found: of which thing, its kind, and how like it is, up to 100."""

    thing: int
    kind: NameKind
    bare: bool
    text: str
    likeness: float = 100.0


def key_of_name(text: str) -> str:
    """Return the key by which a name is looked up."""
    return key(text[: 2 * KEY_LETTERS])[:KEY_LETTERS]


def initials_key(name: str) -> str:
    """Return the key of an author's name with the first name as initial; empty if there is none.

    No key of a name has a colon.

    >>> initials_key("Junde Wu"), initials_key("J. Wu"), initials_key("Wu")
    ('initials:jwu', 'initials:jwu', '')
    """
    words = name.replace(".", ". ").split()
    if len(words) < 2:
        return ""
    first, last = key(words[0]), key(words[-1])
    return f"initials:{first[0]}{last}" if first and last else ""


def grams_of(key: str) -> set[str]:
    """Return the groups of three letters of a key, with marks for its start and end.

    >>> sorted(grams_of("lora"))
    ['^lo', 'lor', 'ora', 'ra$']
    """
    marked = f"^{key[:GRAMS_OF]}$"
    return {marked[place : place + 3] for place in range(len(marked) - 2)}


def letters_of(key: str) -> str:
    """Return a key with Korean syllables as letters, so that one wrong letter is one."""
    return key if key.isascii() else unicodedata.normalize("NFD", key)


class Names:
    """The names of one snapshot. Close it when done."""

    def __init__(self, path: Path) -> None:
        """Open the file, which nothing changes any more."""
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        self.thing = lru_cache(maxsize=4_096)(self._thing)

    def close(self) -> None:
        self._db.close()

    def _thing(self, number: int) -> Thing:
        row = self._db.execute("SELECT * FROM thing WHERE number = ?", (number,)).fetchone()
        return Thing(*row)

    def by_id(self, id_: str) -> Thing | None:
        """Return a thing by our identifier, such as ``term/sam-2``."""
        row = self._db.execute("SELECT * FROM thing WHERE id = ?", (id_,)).fetchone()
        return Thing(*row) if row else None

    def by_identifiers(self, values: Iterable[str]) -> list[Thing]:
        """Return the things that have one of some identifiers of others."""
        sql = "SELECT thing FROM identifier WHERE value = ? LIMIT ?"
        numbers = {
            number: None for value in values for (number,) in self._db.execute(sql, (value, _SAME))
        }
        return [self.thing(number) for number in numbers]

    def find(self, key: str) -> list[Hit]:
        """Return the names with this key."""
        if not key:
            return []
        rows = self._db.execute(
            "SELECT thing, kind, text FROM name WHERE key = ? LIMIT ?", (key, _SAME)
        )
        return [_hit(*row) for row in rows]

    def starting(self, key: str, most: int) -> list[int]:
        """Return the things with a name that starts so, those of most papers first."""
        if len(key) <= SHORT:
            sql = "SELECT things FROM short WHERE prefix = ?"
            row = self._db.execute(sql, (key,)).fetchone()
            return list(islice(array("I", row[0]), most)) if row else []
        rows = self._db.execute(
            "SELECT thing, papers FROM name JOIN thing ON number = thing "
            "WHERE key >= ? AND key < ? AND kind < ? LIMIT ?",
            (key, key + _LAST, BARE, _STARTING),
        )
        papers: dict[int, int] = dict(rows.fetchall())
        return sorted(papers, key=lambda number: (-papers[number], number))[:most]

    def near(self, key: str, most: int) -> list[Hit]:
        """Return names whose keys are like a key, the most alike first.

        The rarest groups of letters are looked at first, up to a number of names that have
        them; of those the ones that share most groups are compared letter by letter.
        """
        shared = Counter[int]()
        for keys in self._postings(grams_of(key)):
            shared.update(keys)
        numbers = nlargest(_COMPARED, shared, key=lambda number: (shared[number], -number))
        letters = letters_of(key[:KEY_LETTERS])
        alike: list[tuple[float, str]] = []
        for (other,) in self._rows("SELECT key FROM whole WHERE number IN", numbers):
            likeness = ratio(letters, letters_of(other), score_cutoff=_ALIKE)
            if likeness and other != key:
                alike.append((likeness, other))
        alike.sort(key=lambda one: (-one[0], one[1]))
        return [
            Hit(hit.thing, hit.kind, hit.bare, hit.text, likeness)
            for likeness, other in alike[:most]
            for hit in self.find(other)
        ]

    def _postings(self, grams: Iterable[str]) -> Iterator[array[int]]:
        rows = sorted(self._rows("SELECT size, number FROM gram WHERE gram IN", sorted(grams)))
        left = _POSTINGS
        for size, number in rows:
            left -= size
            if left < 0:
                return
            sql = "SELECT keys FROM posting WHERE number = ?"
            yield array("I", self._db.execute(sql, (number,)).fetchone()[0])

    def _rows(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Run a query whose last condition takes a list; the text has marks, never values."""
        marks = ", ".join("?" * len(values))
        return self._db.execute(f"{sql} ({marks})", values).fetchall()


def _hit(thing: int, kind: int, text: str) -> Hit:
    return Hit(thing, NameKind(kind % BARE), kind >= BARE, text)


#: The file that this process has open, if any.
_opened: dict[Path, Names] = {}


@contextmanager
def opened(path: Path | None) -> Iterator[Names | None]:
    """Give the names in a file, which stays open for the next who asks; None for None.

    A file that cannot be read is removed, so that it is made anew.

    Raises:
        QueryStopped: the file cannot be read.
    """
    try:
        if path is not None and path not in _opened:
            for old in _opened.values():
                old.close()
            _opened.clear()
            _opened[path] = Names(path)
        yield _opened[path] if path is not None else None
    except sqlite3.Error as error:
        _opened.clear()
        if path is not None:
            with suppress(OSError):
                path.unlink()
        raise QueryStopped(f"names: cannot be read ({error}); try again") from error
