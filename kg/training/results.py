"""Trains what judges results (``results.tsv``), on mentions as they are found where no one
annotated.

What is learned are words, units and how they stand to each other; no text goes into the
table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kg.extract import make_doc, tokenizing_nlp
from kg.extract.attaching import ASPECTS, alternatives
from kg.extract.components import Results, Roles, SameThings, Terms
from kg.extract.judging import (
    Judged,
    confidence_features,
    judge,
    kind_alternatives,
    right_kinds,
)
from kg.extract.measures import MeasureFinder, Word
from kg.extract.quantities import quantities
from kg.extract.result_weights import Choice, fit
from kg.extract.scenes import Scene, Sentence, scene_of
from kg.extract.scorer import Scores
from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.view import View, view_of
from kg.extract.weights import Weights
from kg.folding import fold
from kg.model import Role
from kg.training.annotations import Annotated
from kg.training.reading import Example
from kg.training.terms import Trained

#: Strength of the prior, and in how many alternatives a feature must be to get a weight.
PENALTY: Final = 2.0
MIN_COUNT: Final = 2
#: Parts that the confidence is calibrated on, each judged by weights fitted to the others.
PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class ResultExample:
    """A paper as extraction sees it, with its annotated results (``results`` of a line of
    annotations: value, unit, kind, subject, benchmark, metric) and its digest's name."""

    digest: str
    view: View
    mentions: tuple[Found, ...]
    roles: tuple[Role, ...]
    names: tuple[str, ...]
    claims: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """An example's scene, and the annotated claims of each quantity, by sentence and number."""

    digest: str
    scene: Scene
    claims: tuple[Mapping[str, Any], ...]
    of: Mapping[tuple[int, int], Sequence[Mapping[str, Any]]]


def seen_results(
    papers: Sequence[Annotated],
    examples: Sequence[Example],
    trained: Trained,
    weights: Weights,
    tables: Tables,
    thresholds: tuple[float, float],
) -> Iterator[ResultExample]:
    """Yield papers as the pipeline sees them where their fold is left out.

    Args:
        examples: those of the papers, in their order.
        trained: what the scorer says of each example's candidates without its fold.
        thresholds: of terms and of joining forms.
    """
    nlp = tokenizing_nlp(tables)
    terms = Terms("kg_terms", tables, weights, thresholds[0])
    same, roles_of = SameThings(weights, thresholds[1]), Roles(tables)
    begin = 0
    for paper, example in zip(papers, examples, strict=True):
        end = begin + len(example.found)
        scores = Scores(trained.terms[begin:end], trained.roles[begin:end])
        begin = end
        doc = roles_of(same(terms.mark(make_doc(nlp, paper.entry), example.found, scores)))
        mentions, roles, names = Results.inputs(doc)
        yield ResultExample(
            paper.digest,
            view_of(doc),
            tuple(mentions),
            tuple(roles),
            tuple(names),
            tuple(paper.gold["results"]),
        )


def train_results(examples: Iterable[ResultExample], words: Mapping[str, Word]) -> dict[str, float]:
    """Fit the weights: of kinds, of what a result is about, and of the confidence.

    Args:
        examples: at least two, in any order.
        words: the table of measures.

    Returns:
        Weights by feature, the same for the same examples.
    """
    measures = MeasureFinder(words)
    read = [_read(one, measures) for one in sorted(examples, key=lambda one: one.digest)]
    digests = sorted({one.digest for one in read})
    judged: list[tuple[_Read, Judged]] = []
    for part in range(PARTS):
        held_out = set(digests[part::PARTS])
        weights = _fit([one for one in read if one.digest not in held_out])
        for one in read:
            if one.digest in held_out:
                judged += [(one, found) for found in judge(weights, one.scene)]
    calibration = fit([_calibrated(*pair) for pair in judged], penalty=1.0, min_count=1)
    return {**_fit(read), **calibration}


def _fit(read: Sequence[_Read]) -> dict[str, float]:
    kinds = fit([c for one in read for c in _kinds(one)], penalty=PENALTY, min_count=MIN_COUNT)
    about = fit([c for one in read for c in _about(one)], penalty=PENALTY, min_count=MIN_COUNT)
    return {**kinds, **about}


def _places(scene: Scene) -> Iterator[tuple[Sentence, int]]:
    for sentence in scene.sentences:
        for number in range(len(sentence.quantities)):
            yield sentence, number


def _kinds(read: _Read) -> Iterator[Choice]:
    for sentence, number in _places(read.scene):
        kinds = [claim["kind"] for claim in read.of.get((sentence.place, number), ())]
        yield _choice(kind_alternatives(read.scene, sentence, number), right_kinds(kinds))


def _about(read: _Read) -> Iterator[Choice]:
    """Yield the choices of what results are about whose right answer is to be had."""
    for sentence, number in _places(read.scene):
        claims = read.of.get((sentence.place, number), ())
        for aspect in ASPECTS if claims else ():
            right = {fold(name) if (name := claim[aspect.name]) else None for claim in claims}
            things, found = alternatives(read.scene, sentence, number, aspect)
            flags = [None in right]
            flags += [thing.form in right or fold(thing.name) in right for thing in things]
            if any(flags):
                yield _choice(found, flags)


def _calibrated(read: _Read, judged: Judged) -> Choice:
    value = float(judged.quantity.value)
    right = any(
        _value(claim["value"]) in (value, -value) and _matches(claim, judged)
        for claim in read.claims
    )
    found = [f"right|{feature}" for feature in confidence_features(judged)]
    return _choice([[], found], [not right, right])


def _matches(claim: Mapping[str, Any], judged: Judged) -> bool:
    """Tell whether metric or benchmark is the annotated one, or none is annotated."""
    pairs = [(claim["metric"], judged.metric), (claim["benchmark"], judged.benchmark)]
    named = [(gold, found) for gold, found in pairs if gold]
    return not named or any(found and fold(gold) == fold(found) for gold, found in named)


def _choice(found: Sequence[Sequence[str]], right: Sequence[bool]) -> Choice:
    return Choice(tuple(map(tuple, found)), tuple(right))


def _read(one: ResultExample, measures: MeasureFinder) -> _Read:
    scene = scene_of(one.view, one.mentions, one.roles, one.names, measures)
    return _Read(one.digest, scene, one.claims, _by_quantity(scene, one.claims))


def _by_quantity(
    scene: Scene, claims: Sequence[Mapping[str, Any]]
) -> dict[tuple[int, int], list[Mapping[str, Any]]]:
    """Find the quantities that annotated claims were read from: those with the value, and
    with the unit where any has it. As many claims as places are paired in order; else each
    place has all of them, since annotations give no offsets."""
    groups: dict[tuple[tuple[int, int], ...], list[Mapping[str, Any]]] = {}
    for claim in claims:
        value = _value(claim["value"])
        places = [
            (sentence.place, number, sentence.quantities[number].unit)
            for sentence, number in _places(scene)
            if value is not None and value in _ends(sentence, number)
        ]
        same = [place for place in places if place[2] == claim["unit"]]
        groups.setdefault(tuple(p[:2] for p in same or places), []).append(claim)
    found: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for group, members in groups.items():
        paired = len(group) == len(members)
        for number, at in enumerate(group):
            found.setdefault(at, []).extend([members[number]] if paired else members)
    return found


def _ends(sentence: Sentence, number: int) -> set[float]:
    quantity = sentence.quantities[number]
    ends: list[Decimal] = [quantity.value, -quantity.value]
    if quantity.high is not None:
        ends.append(quantity.high)
    return {float(end) for end in ends}


def _value(text: str) -> float | None:
    """Read an annotated value as a text would be read, a range by its lower end."""
    found = next(quantities(text, 0, len(text)), None)
    return float(found.value) if found else None
