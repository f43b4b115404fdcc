"""What a surface form tells by itself, whatever stands around it."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from spacy.strings import get_string_id

from kg.folding import fold

_OF_SEVERAL: Final = ("number", "titles", "lower")
#: The ways a form is written, in the order they are tried; the place is what features use.
CASES: Final = (
    ("number", re.compile(r"\A[\d. ]+\Z")),
    ("caps-digit", re.compile(r"\A(?=.*\d)[A-Z0-9][A-Z0-9.+-]*\Z")),
    ("caps", re.compile(r"\A[A-Z]{2,}s?\Z")),
    ("camel", re.compile(r"\A(?=.*[a-z][A-Z]|.*[A-Z]{2}[a-z]|.*[A-Za-z]-?\d)[^ ]*\Z")),
    ("title", re.compile(r"\A[A-Z][a-z]+\Z")),
    ("titles", re.compile(r"\A[A-Z]\S*(?: [A-Z0-9]\S*)+\Z")),
    ("lower", re.compile(r"\A[a-z -]+\Z")),
)
#: The places of the ways that a form with a space may be written, and of those of one without.
_SPACED: Final = tuple(n for n, (name, _) in enumerate(CASES) if name in _OF_SEVERAL)
_WHOLE: Final = tuple(n for n, (name, _) in enumerate(CASES) if name != "titles")
_CASED: Final = re.compile(r"[A-Za-z\d]")
#: Inner words of a form that features look at.
INNER_WORDS: Final = 4
_SHAPE_CHARS: Final = 14
#: What a form has ids of, in this order; its inner words are those but the last.
IDS: Final = (
    "form", "last", "two", "first", "prefix", "shape", "suffix 2", "suffix 3", "suffix 4",
    *(f"inner {number}" for number in range(INNER_WORDS)),
)  # fmt: skip
#: Small numbers of a form, after its ids.
NUMBERS: Final = ("korean", "case", "words", "chars")
_PACKED: Final = struct.Struct(f"<{len(IDS) + len(NUMBERS)}Q")


@dataclass(frozen=True, slots=True)
class Form:
    """A surface form as numbers for features.

    ``case`` is a place in CASES or its length. ``packed`` are the hashes of what IDS names,
    0 for none, and what NUMBERS names.
    """

    folded: str
    id: int
    packed: bytes
    words: int
    chars: int
    case: int
    korean: bool


def id_of(text: str) -> int:
    """Return a hash that is the same on every machine, 0 for the empty string."""
    return int(get_string_id(text))


def case_of(exact: str) -> str:
    """Name the way a form is written: ``caps``, ``camel``, ``lower``, …; empty for others."""
    case = _case(exact)
    return CASES[case][0] if case < len(CASES) else ""


def _case(exact: str) -> int:
    if not exact.isascii() and not _CASED.search(exact):  # most Korean forms, at once
        return len(CASES)
    for number in _SPACED if " " in exact else _WHOLE:
        if CASES[number][1].match(exact):
            return number
    return len(CASES)


@lru_cache(maxsize=1 << 16)
def form_of(exact: str) -> Form:
    """Describe a surface form; each once, for most stand in many papers."""
    words = exact.replace("-", " ").split()
    several = len(words) > 1
    folded = fold(exact)
    id_ = id_of(folded)
    first, last = (_word(words[0]), _word(words[-1])) if words else (_NO_WORD, _NO_WORD)
    inner = [_word(word).id for word in words[:-1][:INNER_WORDS]]
    case, korean = _case(exact), not exact.isascii()
    return Form(
        folded=folded,
        id=id_,
        packed=_PACKED.pack(
            id_,
            last.id,
            id_of(fold(words[-2] + words[-1])) if several else 0,
            first.id if several else 0,
            first.prefix,
            _shape_id(exact.translate(_KINDS)),
            *last.suffixes,
            *inner,
            *[0] * (INNER_WORDS - len(inner)),
            *(korean, case, len(words), len(exact)),
        ),
        words=len(words),
        chars=len(exact),
        case=case,
        korean=korean,
    )


@dataclass(frozen=True, slots=True)
class _Word:
    id: int
    suffixes: tuple[int, int, int]
    prefix: int


_NO_WORD: Final = _Word(0, (0, 0, 0), 0)


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> _Word:
    low = word.lower()
    suffixes = _suffix(low, 2), _suffix(low, 3), _suffix(low, 4)
    return _Word(id_of(fold(word)), suffixes, id_of(low[:3]))


def ids_of(forms: Sequence[Form]) -> NDArray[np.uint64]:
    """Return the ids of forms: a row for each of IDS."""
    return _unpacked(forms)[: len(IDS)]


def numbers_of(forms: Sequence[Form]) -> NDArray[np.int64]:
    """Return the small numbers of forms: a row for each of NUMBERS."""
    return _unpacked(forms)[len(IDS) :].astype(np.int64)


def _unpacked(forms: Sequence[Form]) -> NDArray[np.uint64]:
    packed = b"".join([form.packed for form in forms])
    return np.frombuffer(packed, "<u8").astype(np.uint64).reshape(len(forms), -1).T


def _suffix(word: str, chars: int) -> int:
    return id_of(word[-chars:]) if len(word) > chars else 0


class _Kinds(dict[int, str]):
    """What stands for each character in a shape, found out once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isupper():
            kind = "A"
        elif char.isascii() and char.islower():
            kind = "a"
        elif char.isdigit():
            kind = "0"
        else:
            kind = "가" if "가" <= char <= "힣" else char
        self[code] = kind
        return kind


_KINDS: Final = _Kinds()


@lru_cache(maxsize=1 << 14)
def _shape_id(kinds: str) -> int:
    return id_of(_shape(kinds))


def _shape(kinds: str) -> str:
    """Return the kinds of a form's characters, runs as one character.

    >>> [_shape(form.translate(_KINDS)) for form in ("Llama-3.1", "VQAv2", "확산 모델")]
    ['Aa-0.0', 'Aa0', '가 가']
    """
    return "".join([kind for kind, _ in groupby(kinds)])[:_SHAPE_CHARS]
