"""What single characters are, looked up for a whole text at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

OPENING: Final = "([\"'“‘"
CLOSING: Final = ")]\"'”’:"
#: Bits of a character's class: its place among OPENING and CLOSING, from 1 on, then flags.
_OPENS: Final = 0b111
_CLOSES: Final = 0b111_000
SPACE: Final = 1 << 6
LISTS: Final = 1 << 7
BRACKETS: Final = 1 << 8
_CHARS: Final = 1 << 16


def _table() -> Ints:
    table = np.zeros(_CHARS, np.int64)
    for chars, flag in (
        ("".join(filter(str.isspace, map(chr, range(_CHARS)))), SPACE),
        (",、·/", LISTS),
        ("()[]", BRACKETS),
    ):
        table[list(map(ord, chars))] |= flag
    for place, char in enumerate(OPENING, 1):
        table[ord(char)] |= place
    for place, char in enumerate(CLOSING, 1):
        table[ord(char)] |= place << 3
    return table


_TABLE: Final = _table()


def marks_of(text: str) -> Ints:
    """Return the class of each character, with one 0 before the first and two after the last."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    marks = np.zeros(len(codes) + 3, np.int64)
    _TABLE.take(codes, mode="clip", out=marks[1:-2])  # no mark stands past the table
    return marks


def opens(marks: Ints) -> Ints:
    """Return the place of an opening mark in OPENING, from 1 on, 0 for all else."""
    return marks & _OPENS


def closes(marks: Ints) -> Ints:
    """Return the place of a closing mark in CLOSING, from 1 on, 0 for all else."""
    return (marks & _CLOSES) >> 3
