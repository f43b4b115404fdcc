"""All candidates of an entry: stretches of runs of words, and names of the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.forms import Form, case_of, form_of
from kg.extract.names import NameFinder
from kg.extract.phrases import MAX_CHARS, runs, stretches
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.folding import unbroken

#: Addresses, of which no part is a term.
_URL: Final = re.compile(
    r"https?://[^\s가-힣]{1,300}|[\w-]{1,60}\.(?:io|com|org|ai|net|html?)\b[\w/.-]{0,200}"
)
#: What every address has: a quick look, for most texts have none.
_URL_HINT: Final = re.compile(r"://|\.(?:io|com|org|ai|net|html?)\b")
#: Sizes, numbers, numerals and single letters.
_NO_NAME: Final = re.compile(
    r"\d[\d.,]*\s?[A-Za-z%]{0,2}|\d+\s?[xX×]\s?\d+|[ivxIVX]{1,4}|\w|e\.g|i\.e|et al"
)
_NAME_CASES: Final = ("camel", "caps", "caps-digit")
#: What a named thing is said to be, after its name: ``TinyTune 모델``.
_CLASSES: Final = (
    *("모델", "프레임워크", "방법", "방법론", "기법", "접근법", "데이터셋", "데이터 세트"),
    *("벤치마크", "알고리즘", "시스템", "메서드", "메소드"),
)
_CLASS_NOUN: Final = re.compile(rf"\A(?P<name>.+?)\s?(?:{'|'.join(_CLASSES)})")
#: How a candidate lies in its run of words: bits, or NAME for one that no run holds.
LEFT: Final = 1
RIGHT: Final = 2
NAME: Final = 4


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of an entry, by rising offsets, each span once.

    Arrays have one row a candidate: ``start`` and ``end`` are offsets in the Doc, ``first``
    and ``last`` its first and last token, ``edge`` bits as above, ``group`` counts the folded
    forms, ``often`` tells how many times a candidate's stands among the candidates.
    """

    forms: tuple[Form, ...]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    edge: NDArray[np.int64]
    group: NDArray[np.int64]
    often: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.forms)


def candidates(view: View, tables: Tables, finder: NameFinder) -> Candidates:
    """Find the candidates of an entry."""
    text = view.text
    edges: dict[tuple[int, int], int] = {}
    for words in runs(view):
        count = len(words)
        for start, end, first, last in stretches(view, words):
            edges[start, end] = (LEFT if first == 0 else 0) | (RIGHT if last == count else 0)
    for span in finder.find(view):
        if span[1] - span[0] <= MAX_CHARS:
            edges.setdefault(span, NAME)
    if _URL_HINT.search(text):
        edges = _outside(edges, [match.span() for match in _URL.finditer(text)], len(text))
    found = [
        (start, end, form)
        for start, end in sorted(edges)
        if (form := _form(text[start:end])) is not None and form.folded not in tables.common
    ]
    forms = tuple([form for _, _, form in found])
    groups: dict[str, int] = {}
    group = np.array([groups.setdefault(f.folded, len(groups)) for f in forms], np.int64)
    rows = [
        (start, end, view.at[start], view.until[end], edges[start, end]) for start, end, _ in found
    ]
    columns = np.array(rows, np.int64).reshape(len(rows), 5).T
    return Candidates(forms, *np.vstack([columns, group, np.bincount(group)[group]]))


def _outside(
    edges: Mapping[tuple[int, int], int], addresses: Iterable[tuple[int, int]], chars: int
) -> dict[tuple[int, int], int]:
    """Leave out the spans that touch an address."""
    taken = bytearray(chars)
    for start, end in addresses:
        taken[start:end] = b"\x01" * (end - start)
    return {span: edge for span, edge in edges.items() if taken.find(1, *span) < 0}


@lru_cache(maxsize=1 << 16)
def _form(exact: str) -> Form | None:
    """Return the form of a stretch; None for one that is no term whatever its neighbours say."""
    if "\n" in exact:
        exact = unbroken(exact)
    if _held_back(exact):
        return None
    form = form_of(exact)
    return form if form.folded else None


def _held_back(exact: str) -> bool:
    """Tell whether a stretch is no term whatever its neighbours say."""
    if _NO_NAME.fullmatch(exact):
        return True
    if not exact.endswith(_CLASSES):
        return False
    said = _CLASS_NOUN.fullmatch(exact)
    return said is not None and case_of(said["name"].split()[-1]) in _NAME_CASES
