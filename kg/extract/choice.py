"""Chooses, of overlapping candidates, those that are terms, and one type for each form."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.extract.candidates import Candidate
from kg.extract.evidence import Evidence, probability
from kg.extract.tables import TYPES
from kg.model import TermType

#: Types that are mistaken for each other, by the one that stands for both.
_KIND: Final = {TermType.METHOD: TermType.MODEL, TermType.DATASET: TermType.BENCHMARK}


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
    types: dict[str, list[list[float]]] = {}
    introduced: dict[str, list[float]] = {}
    for candidate, _ in taken:
        types.setdefault(candidate.form, []).append(evidence.types(candidate.features))
        introduced.setdefault(candidate.form, []).append(evidence.introduced(candidate.features))
    decided = {form: decide(found, evidence.type_priors) for form, found in types.items()}
    return [
        Chosen(
            candidate.start,
            candidate.end,
            decided[candidate.form],
            probability(score),
            sum(introduced[candidate.form]) / len(introduced[candidate.form]),
        )
        for candidate, score in taken
    ]


def decide(found: Sequence[Sequence[float]], priors: Sequence[float]) -> TermType:
    """Decide one type from the evidence of all mentions of a form.

    Mentions in one entry are not independent, so n of them count as the root of n. The kind
    is decided first (model or method, benchmark or data set), then the type.
    """
    logs: dict[TermType, float] = {
        type_: prior + sum(values) / math.sqrt(len(values))
        for type_, prior, *values in zip(TYPES, priors, *found, strict=True)
    }
    top = max(logs.values())
    mass = {type_: math.exp(value - top) for type_, value in logs.items()}
    kinds: dict[TermType, float] = {}
    for type_, value in mass.items():
        kinds[_KIND.get(type_, type_)] = kinds.get(_KIND.get(type_, type_), 0.0) + value
    best = max(kinds, key=kinds.__getitem__)
    return max((t for t in mass if _KIND.get(t, t) == best), key=mass.__getitem__)


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
