"""Features of each two forms of an entry: what tells whether they name one thing.

An entry with twenty forms has 190 pairs, one with the most that are compared has 7,140. So
what a form tells by itself is looked up once a form, numbers are compared as matrices, and
what is slow (an abbreviation, the order of words) only where a quick look allows it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import ratio

from kg.extract.lexicon import Lexicon, words_of
from kg.extract.network import Floats
from kg.folding import abbreviates, fold
from kg.vocab import language_of

Matrix = NDArray[np.float64]

#: Places of a form that are looked at.
_PLACES: Final = 6
#: The widest gap before a gloss, and before one without a word between.
_GAP: Final = 14
_CLOSE: Final = 4
_GLOSS: Final = re.compile(r"\s?[(\[（]\s?")
_LOOSE_GLOSS: Final = re.compile(r"['\"’”]?\s?(?:[^\s(\[]{1,8}\s?)?[(\[（]\s?['\"]?")
_CLOSED: Final = re.compile(r"['\"]?\s?[)\]）,;:]")
_DIGITS: Final = re.compile(r"\d+")
#: Words that name the class of a thing and may be left out.
_CLASSES: Final = frozenset(
    word
    for line in (
        "모델 프레임워크 방법 방법론 기법 접근법 알고리즘 시스템 기술 전략 메커니즘 네트워크 구조",
        "아키텍처 작업 과제 태스크 문제 점수 데이터셋 벤치마크 데이터 모듈 접근 방식 학습 훈련",
        "model framework method algorithm system task benchmark dataset score architecture",
        "approach technique",
    )
    for word in line.split()
)
_RELATIONS: Final = ("none", "subset", "prefix", "suffix")


@dataclass(frozen=True, slots=True)
class NamedForm:
    """A form of an entry: ``places`` its offsets (one at least), ``types`` the probabilities
    of its types, ``odds`` the probability that it is a term."""

    exact: str
    places: tuple[tuple[int, int], ...]
    types: tuple[float, ...]
    odds: float


@dataclass(frozen=True, slots=True)
class _Look:
    """What a form's text tells: its words without order too, the first letter, and whether
    it is of a length and case that an abbreviation may have."""

    folded: str
    korean: bool
    words: tuple[str, ...]
    digits: tuple[str, ...]
    initial: str
    letter: str
    short: bool


@lru_cache(maxsize=1 << 15)
def _look(exact: str) -> _Look:
    letters = [char for char in exact.lower() if char.isalnum()]
    return _Look(
        folded=fold(exact),
        korean=language_of(exact) == "ko",
        words=tuple(words_of(exact)),
        digits=tuple(_DIGITS.findall(exact)),
        initial=exact.lower().strip()[:1],
        letter=letters[0] if letters else "",
        short=2 <= len(letters) <= 10 and not exact.islower(),
    )


@lru_cache(maxsize=64)
def each_two(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of each two of so many things: ``numpy.triu_indices``."""
    rows, columns = np.triu_indices(count, 1)
    return rows, columns


@lru_cache(maxsize=64)
def _pairs(count: int) -> tuple[tuple[int, int], ...]:
    """Return the places of each two of so many things."""
    return tuple(combinations(range(count), 2))


def features(text: str, forms: Sequence[NamedForm], lexicon: Lexicon) -> Floats:
    """Return the features of each two forms, in the order of ``numpy.triu_indices``."""
    looks = [_look(form.exact) for form in forms]
    if len(forms) < 2:
        return np.zeros((0, 0), np.float32)
    rows, columns = each_two(len(forms))
    pairs = _pairs(len(forms))
    korean = np.array([look.korean for look in looks])
    one_korean, other_korean = korean[rows], korean[columns]
    nearness, distance = _nearness(text, forms, rows, columns)
    count = np.array([len(look.words) for look in looks], np.int64)
    relation, extra, classes, shared = _relations(looks, rows, columns)
    said = _said(lexicon, looks, pairs)
    types = np.array([form.types for form in forms], np.float64)
    norms = np.array([math.sqrt(sum([p * p for p in form.types])) or 1.0 for form in forms])
    # Term by term from the left: a product of matrices may add in another order.
    product = np.zeros(len(rows))
    for share in types.T:
        product += share[rows] * share[columns]
    kinds = np.stack([types[:, 0] + types[:, 1], types[:, 2] + types[:, 3], *types.T[4:]])
    top = kinds.argmax(axis=0)
    likely = (types[:, 0] > 0.5).astype(np.int64)
    often = np.minimum(np.array([len(form.places) for form in forms], np.int64), 4)
    longer = count[rows] - count[columns]
    odds = np.array([form.odds for form in forms])
    written = _numbered([look.digits for look in looks])
    found = [
        one_korean & other_korean,
        one_korean != other_korean,
        nearness == 2,
        nearness == 1,
        _abbreviated(forms, looks, rows, columns),
        _glossed(lexicon, looks, pairs),
        *(relation == number for number in range(len(_RELATIONS))),
        extra,
        classes,
        shared,
        *said.T,
        _spelled(looks, pairs),
        product / (norms[rows] * norms[columns]),
        top[rows] == top[columns],
        *np.minimum(kinds[:, rows], kinds[:, columns]),
        likely[rows] + likely[columns],
        np.where(one_korean <= other_korean, longer, -longer),
        often[rows] + often[columns],
        [math.log1p(far) for far in distance.tolist()],
        odds[rows] * odds[columns],
        written[rows] != written[columns],
    ]
    table = np.empty((len(rows), len(found)), np.float32)
    for place, column in enumerate(found):
        table[:, place] = column
    return table


def _numbered(values: Sequence[object]) -> NDArray[np.int64]:
    """Number values: equal ones alike."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)


def _abbreviated(
    forms: Sequence[NamedForm],
    looks: Sequence[_Look],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Matrix:
    """Tell which of two forms abbreviates the other: the first letters must agree at least."""
    numbers = _numbered([look.initial for look in looks] + [look.letter for look in looks])
    initial, letter = numbers[: len(looks)], numbers[len(looks) :]
    short = np.array([look.short for look in looks])
    length = np.array([len(form.exact) for form in forms], np.int64)
    found = np.zeros(len(rows))
    for one, other in ((rows, columns), (columns, rows)):
        may = short[one] & (length[other] > length[one]) & (letter[one] == initial[other])
        for pair in np.flatnonzero(may).tolist():
            if abbreviates(forms[one[pair]].exact, forms[other[pair]].exact):
                found[pair] = 1
    return found


def _glossed(
    lexicon: Lexicon, looks: Sequence[_Look], pairs: Sequence[tuple[int, int]]
) -> list[int]:
    known = lexicon.glossed_among([look.folded for look in looks])
    return [min(known.get(pair, 0), 3) for pair in pairs] if known else [0] * len(pairs)


def _spelled(looks: Sequence[_Look], pairs: Sequence[tuple[int, int]]) -> list[float]:
    """Tell how alike two forms of one language are written."""
    return [
        ratio(looks[one].folded, looks[other].folded) / 100
        if looks[one].korean == looks[other].korean
        else 0.0
        for one, other in pairs
    ]


def _said(lexicon: Lexicon, looks: Sequence[_Look], pairs: Sequence[tuple[int, int]]) -> Matrix:
    """Return how much of the Latin form the Korean one says, and the other way round, as
    the lexicon knows single words; zeros for two forms of one language."""
    found = np.zeros((len(pairs), 2))
    ours = list(dict.fromkeys(word for look in looks if look.korean for word in look.words))
    theirs = list(dict.fromkeys(w for look in looks if not look.korean for w in look.words))
    if not ours or not theirs:
        return found
    shares = lexicon.shares(ours, theirs)
    row = {word: number for number, word in enumerate(ours)}
    column = {word: number for number, word in enumerate(theirs)}
    places = [[(row if look.korean else column)[word] for word in look.words] for look in looks]
    # For a Korean form, what it says of each Latin word; for a Latin one the other way round.
    best = {
        **_best(shares, {n: places[n] for n, look in enumerate(looks) if look.korean}),
        **_best(shares.T, {n: places[n] for n, look in enumerate(looks) if not look.korean}),
    }
    for number, (one, other) in enumerate(pairs):
        if looks[one].korean == looks[other].korean:
            continue
        ko, en = (one, other) if looks[one].korean else (other, one)
        if places[ko] and places[en]:
            found[number, 0] = sum([best[ko][n] for n in places[en]]) / len(places[en])
            found[number, 1] = sum([best[en][n] for n in places[ko]]) / len(places[ko])
    return found


def _best(shares: Matrix, places: Mapping[int, Sequence[int]]) -> dict[int, list[float]]:
    """Return the highest share in each column, among the rows that are a form's."""
    forms = [form for form, rows in places.items() if rows]
    if not forms:
        return {}
    rows = [row for form in forms for row in places[form]]
    first = np.cumsum([0, *(len(places[form]) for form in forms[:-1])])
    highest = np.maximum.reduceat(shares[rows], first, axis=0)
    return dict(zip(forms, highest.tolist(), strict=True))


def _nearness(
    text: str,
    forms: Sequence[NamedForm],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each pair, 2 where one glosses the other, 1 where a word stands between,
    and how far the two stand apart at least."""
    places = [
        (start, end, number)
        for number, form in enumerate(forms)
        for start, end in form.places[:_PLACES]
    ]
    starts = np.array([start for start, _, _ in places], np.int64)
    first = np.searchsorted([number for _, _, number in places], np.arange(len(forms)))
    apart = np.minimum.reduceat(np.abs(starts[:, None] - starts), first, axis=0)
    distance = np.minimum.reduceat(apart, first, axis=1)[rows, columns]
    near = np.zeros((len(forms), len(forms)), np.int64)
    places.sort()
    for number, (_, end, one) in enumerate(places):
        for start, stop, other in places[number + 1 :]:
            if start - end > _GAP:
                break
            found = _glosses(text, end, start, stop)
            if found:
                near[one, other] = max(near[one, other], found)
                near[other, one] = near[one, other]
    return near[rows, columns], distance


def _glosses(text: str, end: int, start: int, stop: int) -> int:
    """Tell whether what stands between *end* and *start* opens a gloss that ends at *stop*."""
    gap = start - end
    if gap <= 0 or not _CLOSED.match(text, stop):
        return 0
    if gap <= _CLOSE and _GLOSS.fullmatch(text, end, start):
        return 2
    return 1 if _LOOSE_GLOSS.fullmatch(text, end, start) else 0


def _relations(
    looks: Sequence[_Look], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Matrix]:
    """Return how the words of the shorter form lie in the longer (a place in _RELATIONS),
    how many are left over, whether these only name a class, and the share of words in common.
    """
    words = {word: n for n, word in enumerate(dict.fromkeys(w for k in looks for w in k.words))}
    has = np.zeros((len(looks), max(len(words), 1)))
    for number, look in enumerate(looks):
        has[number, [words[word] for word in look.words]] = 1
    size = has.sum(axis=1)
    common = (has @ has.T)[rows, columns]
    shared = common / np.maximum(size[rows] + size[columns] - common, 1)
    relation = np.zeros(len(rows), np.int64)
    extra, classes = relation.copy(), relation.copy()
    may = (common > 0) & (common == np.minimum(size[rows], size[columns]))
    for pair in np.flatnonzero(may).tolist():
        one, other = looks[rows[pair]].words, looks[columns[pair]].words
        name, rest = _relation(*((one, other) if len(one) <= len(other) else (other, one)))
        relation[pair] = _RELATIONS.index(name)
        extra[pair] = len(rest)
        classes[pair] = bool(rest) and all(word in _CLASSES for word in rest)
    return relation, extra, classes, shared


def _relation(short: tuple[str, ...], long: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Tell how the words of a form lie in those of a longer one, and which are left over."""
    if short and len(short) < len(long):
        if long[-len(short) :] == short:
            return "suffix", long[: -len(short)]
        if long[: len(short)] == short:
            return "prefix", long[len(short) :]
        if set(short) <= set(long):
            return "subset", ()
    return "none", ()
