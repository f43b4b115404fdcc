"""Fills the tables by which names are found: by key, by words, and by letters."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kg.link.keys import bare_key
from kg.web.names.keys import KEY_LETTERS, cuts_of, grams_of, initials_key, key_of_name
from kg.web.names.schema import (
    AUTHOR,
    BARE,
    PAPER,
    SHORT,
    SHORT_THINGS,
    TYPES,
    NameKind,
    Packed,
    month_number,
    weight_of,
)
from kg.web.names.words import indexed, words_of

_AUTHOR: Final = TYPES.index(AUTHOR)
_PAPER: Final = TYPES.index(PAPER)
#: A paper is worth as much as a term of so many.
_WORTH: Final = 3
#: Shorter words are no correction of others.
_SHORTEST: Final = 3


@dataclass(frozen=True, slots=True)
class NamedThing:
    """What the index needs to know of a thing.

    ``type`` is its number, ``seen`` the day on which it was first seen, ``others`` what else
    its preferred name is found by, such as a paper's authors, ``evaluated`` the numbers of the
    terms that it is evaluated on.
    """

    type: int
    papers: int
    seen: str | None
    others: str
    evaluated: tuple[int, ...]

    @property
    def weight(self) -> int:
        """What its papers count when it is ranked."""
        return weight(self.type, self.papers)


def weight(type_: int, papers: int) -> int:
    """Return what a thing's papers count when it is ranked."""
    return weight_of(_WORTH if type_ == _PAPER else papers)


class Index:
    """Writes the index of the names of things into a database; ``things`` in their order."""

    def __init__(self, db: sqlite3.Connection, things: Sequence[NamedThing]) -> None:
        self._db = db
        self._things = things
        self._row_things = array(Packed.ROW_THING[1])
        self._row_kinds = array(Packed.ROW_KIND[1])
        self._row_letters = array(Packed.ROW_LETTERS[1])
        #: In how many names each word stands.
        self._counts = Counter[str]()

    def write(self, rows: Iterable[tuple[int, int, str]]) -> None:
        """Write everything; rows are the thing, the kind and the text of names, sorted."""
        db = self._db
        db.execute("CREATE TEMP TABLE keyed (key TEXT, thing INTEGER, kind INTEGER, row INTEGER)")
        for row in rows:
            self._write_row(*row)
        db.execute("INSERT OR IGNORE INTO name SELECT * FROM keyed ORDER BY key, thing, kind, row")
        db.execute("DROP TABLE keyed")
        db.execute("INSERT INTO fulltext(fulltext) VALUES ('optimize')")
        self._write_short()
        self._write_wholes()
        self._write_evaluated()
        self._write_packed()

    def _write_row(self, number: int, kind: int, text: str) -> None:
        db, thing = self._db, self._things[number]
        row = len(self._row_things) + 1
        whole = key_of_name(text)
        self._row_things.append(number)
        self._row_kinds.append(kind)
        self._row_letters.append(len(whole))
        db.execute("INSERT INTO row VALUES (?, ?, ?, ?)", (row, number, kind, text))
        db.executemany(
            "INSERT INTO keyed VALUES (?, ?, ?, ?)",
            ((key, number, of, row) for key, of in _keys(thing, kind, whole, text)),
        )
        found = indexed(text)
        others = words_of(thing.others) if kind == NameKind.PREFERRED else ()
        columns = (found.words, found.joined, found.parts, others)
        db.execute(
            "INSERT INTO fulltext(rowid, words, joined, parts, others) VALUES (?, ?, ?, ?, ?)",
            (row, *map(" ".join, columns)),
        )
        self._counts.update({one for one in found.words if len(one) >= _SHORTEST})

    def _write_short(self) -> None:
        """List what short starts lead to, the things of most papers first."""
        listed: defaultdict[str, dict[int, None]] = defaultdict(dict)
        rows = self._db.execute(
            "SELECT substr(key, 1, ?), thing FROM name JOIN thing ON number = thing "
            "WHERE kind < ? AND key NOT LIKE 'initials:%' ORDER BY papers DESC, number",
            (SHORT, BARE),
        )
        for start, thing in rows:
            for length in range(len(start) + 1):
                things = listed[start[:length]]
                if len(things) < SHORT_THINGS:
                    things[thing] = None
        self._db.executemany(
            "INSERT INTO short VALUES (?, ?)",
            ((start, array("I", things).tobytes()) for start, things in sorted(listed.items())),
        )

    def _write_wholes(self) -> None:
        """Write keys and words with the groups of letters that they have, to find like ones."""
        db = self._db
        names = db.execute("SELECT DISTINCT key FROM name WHERE kind < ?", (NameKind.INITIALS,))
        wholes = sorted({key for (key,) in names} | self._counts.keys())
        postings: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number, key in enumerate(wholes):
            db.execute("INSERT INTO whole VALUES (?, ?, ?)", (number, key, self._counts[key]))
            for gram in grams_of(key):
                postings[gram].append(number)
        for number, (gram, keys) in enumerate(sorted(postings.items())):
            db.execute("INSERT INTO gram VALUES (?, ?, ?)", (gram, len(keys), number))
            db.execute("INSERT INTO posting VALUES (?, ?)", (number, keys.tobytes()))
        postings.clear()
        cuts = sorted((cut, number) for number, key in enumerate(wholes) for cut in cuts_of(key))
        db.executemany("INSERT INTO cut VALUES (?, ?)", cuts)

    def _write_evaluated(self) -> None:
        papers: defaultdict[int, list[int]] = defaultdict(list)
        for number, thing in enumerate(self._things):
            for term in sorted(set(thing.evaluated)):
                papers[term].append(number)
            if thing.evaluated:
                terms = array("I", sorted(set(thing.evaluated))).tobytes()
                self._db.execute("INSERT INTO evaluates VALUES (?, ?)", (number, terms))
        self._db.executemany(
            "INSERT INTO evaluated VALUES (?, ?)",
            ((term, array("I", found).tobytes()) for term, found in sorted(papers.items())),
        )

    def _write_packed(self) -> None:
        things = self._things
        lists = (
            (Packed.THING_TYPE, (thing.type for thing in things)),
            (Packed.THING_MONTH, (month_number(thing.seen) for thing in things)),
            (Packed.THING_WEIGHT, (thing.weight for thing in things)),
            (Packed.ROW_THING, self._row_things),
            (Packed.ROW_KIND, self._row_kinds),
            (Packed.ROW_LETTERS, self._row_letters),
        )
        self._db.executemany(
            "INSERT INTO packed VALUES (?, ?)",
            ((name, array(code, numbers).tobytes()) for (name, code), numbers in lists),
        )


def _keys(thing: NamedThing, kind: int, whole: str, text: str) -> Iterator[tuple[str, int]]:
    """Yield the keys by which a name is found, and what each is."""
    if whole:
        yield whole, kind
    if thing.type == _AUTHOR:
        initials = initials_key(text)
        if initials:
            yield initials, int(NameKind.INITIALS)
        return
    bare = bare_key(text)[:KEY_LETTERS]
    if bare and bare != whole:
        yield bare, kind + BARE
