"""What the file of names holds: its tables, and the numbers that stand in them."""

from __future__ import annotations

import math
import re
from enum import IntEnum
from typing import Final

#: Raised when what a file holds changes; a file of another number is not read.
FORMAT: Final = 2
#: Things are numbered by falling weight, and rows, each a name of a thing, in the order of
#: their things: so what is read first is what most papers have.
SCHEMA_SQL: Final = """
CREATE TABLE thing (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    label TEXT NOT NULL, english TEXT, korean TEXT, papers INTEGER NOT NULL, first TEXT,
    others TEXT NOT NULL);
CREATE TABLE row (number INTEGER PRIMARY KEY, thing INTEGER NOT NULL, kind INTEGER NOT NULL,
    text TEXT NOT NULL);
CREATE TABLE name (key TEXT, thing INTEGER, kind INTEGER, row INTEGER,
    PRIMARY KEY (key, thing)) WITHOUT ROWID;
CREATE TABLE identifier (value TEXT, thing INTEGER, PRIMARY KEY (value, thing)) WITHOUT ROWID;
CREATE TABLE short (prefix TEXT PRIMARY KEY, things BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE whole (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, rows INTEGER NOT NULL);
CREATE TABLE gram (gram TEXT PRIMARY KEY, size INTEGER, number INTEGER) WITHOUT ROWID;
CREATE TABLE posting (number INTEGER PRIMARY KEY, keys BLOB NOT NULL);
CREATE TABLE cut (hash INTEGER, number INTEGER, PRIMARY KEY (hash, number)) WITHOUT ROWID;
CREATE TABLE evaluates (paper INTEGER PRIMARY KEY, terms BLOB NOT NULL);
CREATE TABLE evaluated (term INTEGER PRIMARY KEY, papers BLOB NOT NULL);
CREATE TABLE packed (name TEXT PRIMARY KEY, numbers BLOB NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE fulltext USING fts5(words, joined, parts, others, content='', prefix='1 2',
    tokenize="unicode61 remove_diacritics 0 tokenchars '+*#.'");
"""
TERM, AUTHOR, PAPER = "Term", "Author", "Paper"
TERM_TYPES: Final = ("Model", "Method", "Benchmark", "Dataset", "Metric", "Task")
#: The types of things; the number of each is its place.
TYPES: Final = (*TERM_TYPES, AUTHOR, PAPER, TERM)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(?![0-9])")
#: Added to the number of a kind where the key is that of the name without kind and ornament.
BARE: Final = 8
#: For starts of so many letters or fewer, the things that most papers have are listed.
SHORT: Final = 3
SHORT_THINGS: Final = 100


class NameKind(IntEnum):
    """What a name is to its thing; the numbers are kept in the file."""

    PREFERRED = 0
    OTHER = 1
    SPELLING = 2
    INITIALS = 3


class Packed:
    """Names and type codes (as of ``array``) of the lists with a number for each thing or row.

    ``THING_TYPE`` is a place in :data:`TYPES`, ``THING_MONTH`` when it was first seen, as
    months since year 0, or 0; ``THING_WEIGHT`` as :func:`weight_of` has it; ``ROW_THING`` the
    thing that a row names, ``ROW_KIND`` what the name is to it, and ``ROW_LETTERS`` how long
    its key is.
    """

    THING_TYPE: Final = ("thing type", "B")
    THING_MONTH: Final = ("thing month", "H")
    THING_WEIGHT: Final = ("thing weight", "B")
    ROW_THING: Final = ("row thing", "I")
    ROW_KIND: Final = ("row kind", "B")
    ROW_LETTERS: Final = ("row letters", "H")


def weight_of(papers: int) -> int:
    """Return ten times the binary logarithm of a number of papers and one, at most 255.

    >>> weight_of(0), weight_of(1), weight_of(1_000)
    (0, 10, 100)
    """
    return min(round(10 * math.log2(papers + 1)), 255)


def month_number(day: str | None) -> int:
    """Return the month of a day or month as months since year 0; 0 for what is none.

    >>> month_number("2024-08-05") == month_number("2024-07") + 1, month_number(None)
    (True, 0)
    """
    found = _MONTH.match(day or "")
    number = int(found[1]) * 12 + int(found[2]) - 1 if found else 0
    return number if number < 1 << 16 else 0


def month_text(number: int) -> str:
    """Write a month given as months since year 0.

    >>> month_text(month_number("2024-08-05"))
    '2024-08'
    """
    return f"{number // 12:04}-{number % 12 + 1:02}"
