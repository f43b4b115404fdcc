"""Chooses, of overlapping candidates, those that are terms, and one type for each form."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.candidates import Candidates
from kg.extract.network import Floats
from kg.extract.scorer import Scores
from kg.extract.surroundings import NO_TERM, log_odds
from kg.extract.tables import TYPES
from kg.model import TermType

#: Types that are mistaken for each other.
KINDS: Final = (
    (TermType.MODEL, TermType.METHOD),
    (TermType.BENCHMARK, TermType.DATASET),
    (TermType.METRIC,),
    (TermType.TASK,),
)
_SMALLEST: Final = 1e-4
#: The places in TYPES of each kind, and of the kind that a type is of.
_PLACES: Final = tuple(tuple(TYPES.index(type_) for type_ in kind) for kind in KINDS)
_KIND_OF: Final = {TYPES[place]: places for places in _PLACES for place in places}


def choose(found: Candidates, scores: Scores, threshold: float) -> list[int]:
    """Choose the terms of one entry: places among its candidates, by rising offset.

    Args:
        threshold: log odds that a candidate must pass.
    """
    odds = log_odds(1 - scores.terms[:, NO_TERM])
    passed = np.flatnonzero(odds > threshold).tolist()
    spans = [(int(found.start[p]), int(found.end[p]), float(odds[p] - threshold)) for p in passed]
    return [passed[place] for place in heaviest(spans)]


def pooled(types: Floats, weights: NDArray[np.floating] | None = None) -> Floats:
    """Join what several rows say of the type of one thing; the shares add up to 1.

    Args:
        weights: how much each row counts. None: the rows are mentions of one form; they
            are not independent, so n of them count as the root of n.
    """
    logs = _logs(types)
    if weights is None:
        weights = np.full(len(types), 1 / np.sqrt(len(types)))
    return _shares(weights @ logs)


def pooled_alone(types: Floats, weights: NDArray[np.floating] | None = None) -> Floats:
    """Return :func:`pooled` of each row by itself, all at once."""
    logs = _logs(types).astype(np.float64)
    return _shares(logs if weights is None else logs * weights[:, None])


def _logs(types: Floats) -> Floats:
    share = np.maximum(types, _SMALLEST)
    return np.asarray(np.log(share / share.sum(axis=1, keepdims=True)))


def _shares(total: NDArray[np.float64]) -> Floats:
    powers = np.exp(total - total.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def kind_of(type_: TermType) -> tuple[TermType, ...]:
    """Return the types that *type_* is mistaken for, itself among them."""
    return next(kind for kind in KINDS if type_ in kind)


def kind_share(types: Sequence[float], type_: TermType) -> float:
    """Return the probability of the types of a kind together, given those of TYPES."""
    return sum([types[place] for place in _KIND_OF[type_]])


def decide(types: Floats | Sequence[float]) -> TermType:
    """Decide a type: first the kind (model or method, benchmark or data set), then of it."""
    share: Sequence[float] = types.tolist() if isinstance(types, np.ndarray) else types
    kind = max(_PLACES, key=lambda places: sum([share[place] for place in places]))
    return TYPES[max(kind, key=share.__getitem__)]


def heaviest(spans: Sequence[tuple[int, int, float]]) -> list[int]:
    """Choose spans that do not overlap and weigh most together (weighted intervals).

    Args:
        spans: start, end and weight above 0 of each.

    Returns:
        Places in *spans*, by rising offset.

    >>> heaviest([(0, 5, 1.0), (3, 9, 3.0), (6, 9, 1.5), (9, 12, 0.5)])
    [1, 3]
    """
    order = sorted(range(len(spans)), key=lambda place: spans[place][1::-1])
    ends = [spans[place][1] for place in order]
    best = [0.0]
    before: list[int | None] = []
    for number, place in enumerate(order):
        start, _, weight = spans[place]
        free = bisect.bisect_right(ends, start, 0, number)
        take = weight + best[free] > best[-1]
        before.append(free if take else None)
        best.append(weight + best[free] if take else best[-1])
    chosen: list[int] = []
    number = len(order)
    while number:
        free_or_none = before[number - 1]
        if free_or_none is None:
            number -= 1
        else:
            chosen.append(order[number - 1])
            number = free_or_none
    return chosen[::-1]
