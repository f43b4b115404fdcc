"""Narrowing what was found by type, by month and by benchmark, and counting each choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from kg.web.names.lookup import Names
from kg.web.names.schema import PAPER, TYPES

_PAPER: Final = TYPES.index(PAPER)


@dataclass(frozen=True, slots=True)
class Filter:
    """What things are to be: of one of some types, if any is named; first seen in or after the
    month ``since`` and in or before ``until``, as months since year 0, 0 where it does not
    matter; a paper that evaluates on the term ``benchmark``, if that is not None."""

    types: frozenset[int] = frozenset()
    since: int = 0
    until: int = 0
    benchmark: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self == Filter()


@dataclass(slots=True)
class Counted:
    """The things that pass; and how many do by type, month and benchmark: each counts what
    would pass if there were no wish for it."""

    passed: list[int] = field(default_factory=list)
    types: Counter[int] = field(default_factory=Counter)
    months: Counter[int] = field(default_factory=Counter)
    benchmarks: Counter[int] = field(default_factory=Counter)


def count(names: Names, numbers: Iterable[int], wanted: Filter) -> Counted:
    """Count things, given by their numbers; those that pass stay in their order."""
    types, months = names.types, names.months
    every = range(len(TYPES))
    of_type = bytes((not wanted.types or type_ in wanted.types) for type_ in every)

    def in_time(some: Iterable[int]) -> list[int]:
        if not wanted.since and not wanted.until:
            return list(some)
        until = wanted.until or 1 << 16
        return [number for number in some if wanted.since <= months[number] <= until]

    found = list(numbers)
    papers = in_time(number for number in found if types[number] == _PAPER and of_type[_PAPER])
    if wanted.benchmark is not None:
        evaluated = names.evaluated_by(wanted.benchmark)
        found = [number for number in found if number in evaluated]
    timely = in_time(found)
    typed = (months[number] for number in found if of_type[types[number]])
    counted = Counted(
        [number for number in timely if of_type[types[number]]],
        Counter(map(types.__getitem__, timely)),
        Counter(typed),
        names.evaluated_on(papers),
    )
    del counted.months[0]  # what has no date
    return counted
