"""All candidates of an entry, from runs of words and from the name table, with features."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from kg.extract.evidence import case_of, features
from kg.extract.names import NameFinder
from kg.extract.phrases import MAX_CHARS, runs, stretches
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.folding import fold

#: Addresses, of which no part is a term.
_URL: Final = re.compile(
    r"https?://[^\s가-힣]{1,300}|[\w-]{1,60}\.(?:io|com|org|ai|net|html?)\b[\w/.-]{0,200}"
)
#: Sizes, numbers, numerals and single letters.
_NO_NAME: Final = re.compile(
    r"\d[\d.,]*\s?[A-Za-z%]{0,2}|\d+\s?[xX×]\s?\d+|[ivxIVX]{1,4}|\w|e\.g|i\.e|et al"
)
_NAME_CASES: Final = ("camel", "caps", "caps-digit")
#: What a named thing is said to be, after its name: ``TinyTune 모델``.
_CLASS_NOUN: Final = re.compile(
    r"(?P<name>.+?)\s?(?:모델|프레임워크|방법|방법론|기법|접근법|데이터셋|데이터 세트|벤치마크"
    r"|알고리즘|시스템|메서드|메소드)"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch that could be a term: offsets, folded form and features."""

    start: int
    end: int
    form: str
    features: list[str]


def candidates(view: View, tables: Tables, finder: NameFinder) -> list[Candidate]:
    """Return the candidates in the order of their offsets, each span once."""
    edges: dict[tuple[int, int], str] = {}
    for _, words in runs(view):
        for first, last in stretches(view, words):
            span = view.starts[words[first][0]], view.ends[words[last - 1][1] - 1]
            edges[span] = ("l" if first == 0 else "") + ("r" if last == len(words) else "")
    address = bytearray(len(view.text))
    for match in _URL.finditer(view.text):
        address[match.start() : match.end()] = b"\x01" * len(match[0])
    for span in finder.find(view):
        if span[1] - span[0] <= MAX_CHARS:
            edges.setdefault(span, "name")
    spans = sorted(span for span in edges if not _held_back(view, span, address))
    forms = [fold(view.text[start:end]) for start, end in spans]
    often = Counter(forms)
    return [
        Candidate(
            start,
            end,
            form,
            list(features(view, tables, start, end, edges[start, end], often[form])),
        )
        for (start, end), form in zip(spans, forms, strict=True)
        if form and form not in tables.common
    ]


def _held_back(view: View, span: tuple[int, int], address: bytearray) -> bool:
    """Tell whether a stretch is no term whatever its neighbours say."""
    start, end = span
    exact = view.text[start:end]
    if _NO_NAME.fullmatch(exact) or 1 in address[start:end]:
        return True
    said = _CLASS_NOUN.fullmatch(exact)
    return said is not None and case_of(said["name"].split()[-1]) in _NAME_CASES
