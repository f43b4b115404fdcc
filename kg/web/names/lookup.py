"""Looks up the names of a snapshot's things, in the one SQLite file that query workers read.

A name is looked up by its key, by the start of its key, by its words, and where there is a
typing error by the letters that two keys share. Each look-up reads a bounded number of rows, so
that it takes as long in a graph ten times as large.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rapidfuzz.fuzz import ratio

from kg.errors import QueryStopped
from kg.web.names.keys import KEY_LETTERS, cuts_of, grams_of, letters_of
from kg.web.names.schema import BARE, SHORT, NameKind, Packed

#: Things of one key, rows of one start, members of lists of groups, and keys that are compared.
_SAME: Final = 100
_STARTING: Final = 2_000
_POSTINGS: Final = 40_000
_COMPARED: Final = 150
_CUT: Final = 300
#: Two keys below this likeness, of 100, are different names.
_ALIKE: Final = 75.0
_LAST: Final = "\U0010ffff"


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


@dataclass(frozen=True, slots=True)
class Alike:
    """A key or word like one that was looked for, up to 100, and how many names have the word."""

    key: str
    likeness: float
    rows: int


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
            "SELECT name.thing, name.kind, text FROM name JOIN row ON number = name.row "
            "WHERE key = ? LIMIT ?",
            (key, _SAME),
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

    def rows_starting(self, key: str) -> list[int]:
        """Return the rows of names that start so, some if there are very many."""
        found = self._db.execute(
            "SELECT row FROM name WHERE key >= ? AND key < ? AND kind < ? LIMIT ?",
            (key, key + _LAST, NameKind.INITIALS, _STARTING),
        )
        return [row for (row,) in found]

    def rows_with(self, expression: str, most: int, *, best: bool = False) -> list[int]:
        """Return the rows that a full-text expression of SQLite finds.

        Args:
            most: so many; the first, of things that most papers have, or, if ``best``, those
                with most and rarest of the words.
        """
        sql = (
            "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rank LIMIT ?"
            if best
            else "SELECT rowid FROM fulltext WHERE fulltext MATCH ? ORDER BY rowid LIMIT ?"
        )
        return [row for (row,) in self._db.execute(sql, (expression, most))]

    def text(self, row: int) -> tuple[NameKind, str]:
        """Return the name that a row has, and what it is to its thing."""
        sql = "SELECT kind, text FROM row WHERE number = ?"
        kind, text = self._db.execute(sql, (row,)).fetchone()
        return NameKind(kind), text

    def names_of(self, thing: int) -> list[tuple[NameKind, str]]:
        """Return the names of a thing, the preferred ones first."""
        first = bisect_left(self.row_things, thing) + 1
        last = bisect_right(self.row_things, thing)
        sql = "SELECT kind, text FROM row WHERE number BETWEEN ? AND ? LIMIT ?"
        rows = self._db.execute(sql, (first, last, _SAME))
        return [(NameKind(kind), text) for kind, text in rows]

    def near(self, key: str, most: int) -> list[Hit]:
        """Return names whose keys are like a key, the most alike first."""
        return [
            Hit(hit.thing, hit.kind, hit.bare, hit.text, one.likeness)
            for one in self.alike(key)[:most]
            for hit in self.find(one.key)
        ]

    def alike(self, key: str) -> list[Alike]:
        """Return keys and words that are like a key, the most alike first.

        Those are compared with it that differ in one letter, if it is short, and those that
        share most groups of letters; the rarest groups are looked at first, up to a number of
        names that have them.
        """
        shared = Counter[int]()
        for keys in self._postings(grams_of(key)):
            shared.update(keys)
        numbers = [number for number, _ in shared.most_common(_COMPARED)]
        sql = "SELECT DISTINCT number FROM cut WHERE hash IN"
        cut = [number for (number,) in self._rows(sql, sorted(cuts_of(key)), f"LIMIT {_CUT}")]
        letters = letters_of(key[:KEY_LETTERS])
        found = []
        for other, rows in self._rows(
            "SELECT key, rows FROM whole WHERE number IN", list({*numbers, *cut})
        ):
            likeness = ratio(letters, letters_of(other), score_cutoff=_ALIKE)
            if likeness and other != key:
                found.append(Alike(other, likeness, rows))
        return sorted(found, key=lambda one: (-one.likeness, one.key))

    def names_with(self, word: str) -> int:
        """Return in how many names a word stands."""
        found = self._db.execute("SELECT rows FROM whole WHERE key = ?", (word,)).fetchone()
        return int(found[0]) if found else 0

    def evaluated_on(self, papers: Sequence[int]) -> Counter[int]:
        """Count by how many of some papers each benchmark or data set is evaluated on."""
        counts = Counter[int]()
        sql = "SELECT terms FROM json_each(?) JOIN evaluates ON paper = value"
        for (terms,) in self._db.execute(sql, (json.dumps(papers),)):
            counts.update(array("I", terms))
        return counts

    def evaluated_by(self, term: int) -> set[int]:
        """Return the papers that evaluate on a benchmark or data set."""
        sql = "SELECT papers FROM evaluated WHERE term = ?"
        found = self._db.execute(sql, (term,)).fetchone()
        return set(array("I", found[0])) if found else set()

    @cached_property
    def types(self) -> array[int]:
        """The number of the type of each thing."""
        return self._packed(Packed.THING_TYPE)

    @cached_property
    def months(self) -> array[int]:
        """The month in which each thing was first seen, 0 where that is not known."""
        return self._packed(Packed.THING_MONTH)

    @cached_property
    def weights(self) -> array[int]:
        """What the papers of each thing count."""
        return self._packed(Packed.THING_WEIGHT)

    @cached_property
    def row_things(self) -> array[int]:
        """The thing that each row names."""
        return self._packed(Packed.ROW_THING)

    @cached_property
    def row_kinds(self) -> array[int]:
        """What each row is to its thing."""
        return self._packed(Packed.ROW_KIND)

    @cached_property
    def row_letters(self) -> array[int]:
        """How long the key of each row is."""
        return self._packed(Packed.ROW_LETTERS)

    def _packed(self, packed: tuple[str, str]) -> array[int]:
        name, code = packed
        sql = "SELECT numbers FROM packed WHERE name = ?"
        return array(code, self._db.execute(sql, (name,)).fetchone()[0])

    def _postings(self, grams: Iterable[str]) -> Iterator[array[int]]:
        rows = sorted(self._rows("SELECT size, number FROM gram WHERE gram IN", sorted(grams)))
        left = _POSTINGS
        for size, number in rows:
            left -= size
            if left < 0:
                return
            sql = "SELECT keys FROM posting WHERE number = ?"
            yield array("I", self._db.execute(sql, (number,)).fetchone()[0])

    def _rows(self, sql: str, values: Sequence[object], end: str = "") -> list[tuple[Any, ...]]:
        """Run a query whose last condition takes a list; the text has marks, never values."""
        marks = ", ".join("?" * len(values))
        return self._db.execute(f"{sql} ({marks}) {end}", values).fetchall()


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
