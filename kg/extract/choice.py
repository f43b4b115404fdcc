"""Chooses, of overlapping candidates, those that are terms, and one type for each form."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from kg.extract.candidates import Candidate
from kg.extract.evidence import Evidence, probability
from kg.extract.tables import TYPES
from kg.model import TermType


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate taken as a term; ``confidence`` in (0, 1), ``introduced`` log odds that
    the paper introduces it, over all its mentions."""

    start: int
    end: int
    type: TermType
    confidence: float
    introduced: float


def choose(found: Sequence[Candidate], evidence: Evidence, threshold: float) -> list[Chosen]:
    """Choose the terms of one entry, in the order of their offsets.

    Args:
        threshold: log odds that a candidate must pass.
    """
    scored = [
        (candidate, score)
        for candidate in found
        if (score := evidence.term(candidate.features)) > threshold
    ]
    taken = [
        scored[place]
        for place in heaviest([(c.start, c.end, score - threshold) for c, score in scored])
    ]
    types: dict[str, list[float]] = {}
    introduced: dict[str, list[float]] = {}
    for candidate, _ in taken:
        sums = types.setdefault(candidate.form, [0.0] * len(TYPES))
        for place, value in enumerate(evidence.types(candidate.features)):
            sums[place] += value
        introduced.setdefault(candidate.form, []).append(evidence.introduced(candidate.features))
    return [
        Chosen(
            candidate.start,
            candidate.end,
            TYPES[max(range(len(TYPES)), key=types[candidate.form].__getitem__)],
            probability(score),
            sum(introduced[candidate.form]) / len(introduced[candidate.form]),
        )
        for candidate, score in taken
    ]


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
