"""Finds what a quantity is about: its metric, its benchmark, its subject.

Each is one choice among the things that the entry names, in the quantity's own sentence or
elsewhere, and that the text names none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.extract.result_features import follows_order, nothing_features, pair_features
from kg.extract.result_weights import probabilities
from kg.extract.scenes import Scene, Sentence, Thing
from kg.folding import fold

#: Things that one choice is among; those in the sentence come first, then those before it
#: from the nearest, then those after it, of so many.
_MAX_THINGS: Final = 14
_REACH: Final = 60


@dataclass(frozen=True, slots=True)
class Aspect:
    """What is asked: ``kinds`` of things that may answer, those of ``near`` only in the
    quantity's own sentence; ``own`` if anything that the paper introduces may answer too."""

    name: str
    kinds: frozenset[str]
    near: frozenset[str] = frozenset()
    own: bool = False

    def answers(self, thing: Thing, *, here: bool) -> bool:
        """Tell whether a thing may answer; *here* if it stands in the quantity's sentence."""
        return (
            thing.kind in self.kinds
            or (here and thing.kind in self.near)
            or (self.own and thing.introduced and thing.kind != "Metric")
        )


METRIC: Final = Aspect("metric", frozenset({"Metric"}), near=frozenset({"Word"}))
BENCHMARK: Final = Aspect("benchmark", frozenset({"Bench"}))
SUBJECT: Final = Aspect("subject", frozenset({"Model", "Method"}), own=True)
ASPECTS: Final = (METRIC, BENCHMARK, SUBJECT)


@dataclass(frozen=True, slots=True)
class Answer:
    """The likeliest thing with its probability, and the probability that there is none."""

    thing: Thing | None
    probability: float
    nothing: float


def alternatives(
    scene: Scene, sentence: Sentence, number: int, aspect: Aspect
) -> tuple[list[Thing], list[list[str]]]:
    """Return the things that may answer, and the features of "nothing" and of each of them."""
    here = [thing for thing in sentence.things if aspect.answers(thing, here=True)]
    if len(here) > _MAX_THINGS:
        value = sentence.quantities[number].start
        here = sorted(here, key=lambda thing: abs(thing.start - value))[:_MAX_THINGS]
        here.sort(key=lambda thing: (thing.start, -thing.end))
    things = [thing for thing in here if follows_order(sentence, number, thing, here)]
    things += _elsewhere(scene, sentence, aspect, {thing.form for thing in here}, len(things))
    found = [list(nothing_features(sentence, number, here))]
    found += [list(pair_features(scene, sentence, number, thing, here)) for thing in things]
    return things, [[f"{aspect.name}|{feature}" for feature in one] for one in found]


def _elsewhere(
    scene: Scene, sentence: Sentence, aspect: Aspect, seen: set[str], count: int
) -> Iterator[Thing]:
    before, after = scene.around(sentence, _REACH)
    for thing in (*reversed(before), *after):
        if count >= _MAX_THINGS:
            return
        if thing.form not in seen and aspect.answers(thing, here=False):
            seen.add(thing.form)
            count += 1
            yield thing


def answer(
    weights: Mapping[str, float], scene: Scene, sentence: Sentence, number: int, aspect: Aspect
) -> Answer:
    """Choose what a quantity is about; things of one name count together."""
    things, found = alternatives(scene, sentence, number, aspect)
    nothing, *rest = probabilities(weights, found)
    best = _likeliest(things, rest)
    return Answer(best[0], best[1], nothing) if best else Answer(None, 0.0, 1.0)


def _likeliest(things: Sequence[Thing], shares: Sequence[float]) -> tuple[Thing, float] | None:
    masses: dict[str, float] = {}
    first: dict[str, Thing] = {}
    for thing, share in zip(things, shares, strict=True):
        name = fold(thing.name)
        masses[name] = masses.get(name, 0.0) + share
        first.setdefault(name, thing)
    if not masses:
        return None
    best = max(masses, key=masses.__getitem__)
    return first[best], masses[best]
