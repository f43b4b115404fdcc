"""Judges every quantity of an entry: is it a result, of which kind, of what, how surely.

Everything is decided by weights (``results.tsv``), which ``train_results`` fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.extract.attaching import BENCHMARK, METRIC, Answer, answer
from kg.extract.quantities import Quantity
from kg.extract.result_features import quantity_features
from kg.extract.result_weights import probabilities
from kg.extract.scenes import Scene, Sentence
from kg.folding import fold
from kg.model import ResultKind
from kg.vocab import language_of

KINDS: Final = tuple(ResultKind)
#: What something costs is no result, whatever the sentence says.
_MONEY: Final = "$"
#: Quantities less likely to be results are not looked at further.
_MIN_LIKELY: Final = 0.1
#: A thing is named where it is at least this share as likely as that the text names none.
_MIN_SHARE: Final = 0.5
_SCORE_STEPS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Judged:
    """A quantity taken as a result; ``metric`` and ``benchmark`` are None where the text
    names none. ``score`` is the product of what was learned apart, in [0, 1]."""

    sentence: Sentence
    number: int
    kind: ResultKind
    metric: str | None
    benchmark: str | None
    score: float
    translated: bool

    @property
    def quantity(self) -> Quantity:
        return self.sentence.quantities[self.number]


def judge(weights: Mapping[str, float], scene: Scene) -> Iterator[Judged]:
    """Yield the quantities that may be results, in the order of the text."""
    for sentence in scene.sentences:
        for number in range(len(sentence.quantities)):
            if sentence.quantities[number].unit == _MONEY:
                continue
            nothing, *kinds = probabilities(weights, kind_alternatives(scene, sentence, number))
            if 1 - nothing < _MIN_LIKELY:
                continue
            metric = answer(weights, scene, sentence, number, METRIC)
            benchmark = answer(weights, scene, sentence, number, BENCHMARK)
            thing = metric.thing
            yield Judged(
                sentence=sentence,
                number=number,
                kind=KINDS[max(range(len(KINDS)), key=kinds.__getitem__)],
                metric=_named(metric),
                benchmark=_named(benchmark),
                score=(1 - nothing) * _about_right(metric, benchmark),
                translated=thing is not None
                and language_of(thing.form) == "ko"
                and language_of(thing.name) == "en",
            )


def kind_alternatives(scene: Scene, sentence: Sentence, number: int) -> list[list[str]]:
    """Return the features of "no result" (none) and of each kind of result."""
    found = list(quantity_features(scene, sentence, number))
    return [[], *([f"{kind}|{feature}" for feature in found] for kind in KINDS)]


def _named(found: Answer) -> str | None:
    if found.thing is None or found.probability < _MIN_SHARE * found.nothing:
        return None
    return found.thing.name


def _about_right(metric: Answer, benchmark: Answer) -> float:
    """Return the probability that metric or benchmark is right, or that there is neither."""
    either = 1 - (1 - metric.probability) * (1 - benchmark.probability)
    return min(either + metric.nothing * benchmark.nothing, 1.0)


def confidence(weights: Mapping[str, float], judged: Judged) -> float:
    """Return the calibrated probability that a result is right, in (0, 1)."""
    found = [f"right|{feature}" for feature in confidence_features(judged)]
    return probabilities(weights, [[], found])[1]


def confidence_features(judged: Judged) -> Iterator[str]:
    """Yield what the confidence depends on: the score in steps, and what is named."""
    step = sum(judged.score >= limit for limit in _SCORE_STEPS)
    named = f"{judged.metric is not None}{judged.benchmark is not None}"
    yield "any"
    yield from (f"step={n}" for n in range(1, step + 1))
    yield f"named={named}{judged.translated}"
    yield f"kind={judged.kind}"


def distinct(found: Iterable[tuple[Judged, float]]) -> list[tuple[Judged, float]]:
    """Leave out claims that the entry repeats, the less sure ones; digests state the same
    number in a summary and again under its details.

    Args:
        found: with the confidence of each.
    """
    kept: dict[tuple[object, ...], list[tuple[Judged, float]]] = {}
    for one in sorted(found, key=lambda pair: (-pair[1], pair[0].quantity.start)):
        quantity = one[0].quantity
        alike = kept.setdefault((quantity.value, quantity.high, quantity.unit), [])
        if not any(_repeats(one[0], other) for other, _ in alike):
            alike.append(one)
    pairs = [pair for alike in kept.values() for pair in alike]
    return sorted(pairs, key=lambda pair: pair[0].quantity.start)


def _repeats(one: Judged, other: Judged) -> bool:
    return not one.benchmark or not other.benchmark or fold(one.benchmark) == fold(other.benchmark)


def right_kinds(kinds: Sequence[str]) -> tuple[bool, ...]:
    """Return which of ``kind_alternatives`` are right for a quantity's annotated kinds."""
    return (not kinds, *(kind in kinds for kind in KINDS))
