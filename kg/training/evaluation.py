"""Scores what is found in papers against their annotation.

A thing found is right when its kind is that of an entity (model or method, benchmark or
data set, metric, task) and one of its forms is one of the entity's. Each entity is found
once: a second node for it is wrong. Optional entities count neither way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.extract.choice import kind_of
from kg.extract.naming import Named
from kg.model import TermType
from kg.training.annotations import Marked

#: Names of the kinds, by their first type.
KINDS = {
    TermType.MODEL: "models and methods",
    TermType.BENCHMARK: "benchmarks and data sets",
    TermType.METRIC: "metrics",
    TermType.TASK: "tasks",
}


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of things rightly found, missed, and wrongly found."""

    found: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(2 * self.found + self.wrong + self.missed, 1)


def score(papers: Sequence[tuple[Mapping[str, Marked], Sequence[Named]]]) -> dict[str, Score]:
    """Score papers, each with what is annotated of its forms and what was found.

    Returns:
        A score by kind, and one for ``all``.
    """
    counts: dict[str, Counter[TermType]] = {
        "found": Counter(),
        "missed": Counter(),
        "wrong": Counter(),
    }
    for marks, things in papers:
        entities: dict[int, tuple[Marked, set[str]]] = {}
        for form, mark in marks.items():
            entities.setdefault(mark.thing, (mark, set()))[1].add(form)
        left = list(things)
        for mark, forms in sorted(entities.values(), key=lambda entity: entity[0].optional):
            kind = kind_of(mark.type)
            hit = next((t for t in left if t.type in kind and forms & set(t.forms)), None)
            if hit:
                left.remove(hit)
            if not mark.optional:
                counts["found" if hit else "missed"][kind[0]] += 1
        loose = {form for mark, forms in entities.values() if mark.optional for form in forms}
        for thing in left:
            if not loose & set(thing.forms):
                counts["wrong"][kind_of(thing.type)[0]] += 1
    scores = {
        name: Score(*(counts[what][kind] for what in ("found", "missed", "wrong")))
        for kind, name in KINDS.items()
    }
    return scores | {"all": Score(*(counts[w].total() for w in ("found", "missed", "wrong")))}
