"""Reads numeric claims: a number, its unit, and the terms that it is about.

Which numbers are claims, of which kind, and what each is about is learned
(``kg.extract.judging``); what a sentence adds (a baseline, a direction, a qualifier, a
setting, a split) is told by cue words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from kg.extract.attaching import SUBJECT, answer
from kg.extract.judging import Judged, confidence, distinct, judge
from kg.extract.measures import MeasureFinder
from kg.extract.scenes import Scene, Sentence, Thing, scene_of
from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.model import Direction, Qualifier, Result, ResultKind, Role, TermType

#: Results less sure are left out: about where F1 on held-out digests is best.
MIN_CONFIDENCE: Final = 0.3
#: No result is held surer: of the claims that came out above, one in ten was read otherwise.
MAX_CONFIDENCE: Final = Decimal("0.89")
#: How far from the value a cue may stand, in characters.
_NEAR: Final = 40
_BEFORE: Final = 24
_PLACES: Final = Decimal("0.0001")
_SETTINGS: Final = {"제로샷": "zero-shot", "원샷": "one-shot", "퓨샷": "few-shot"}
_SPLITS: Final = {"검증": "validation", "테스트": "test", "시험": "test"}


class ResultFinder:
    """The weights and the cues of the tables."""

    def __init__(self, tables: Tables) -> None:
        self._weights = tables.result_weights
        self._measures = MeasureFinder(tables.measures)
        self._increase = _any(tables, "increase")
        self._decrease = _any(tables, "decrease")
        self._up_to = _any(tables, "up-to", last=True)
        self._at_least = _any(tables, "at-least")
        self._at_least_before = _any(tables, "at-least-before", last=True)
        self._about = _any(tables, "about", last=True)
        self._over_after = _any(tables, "baseline-after")
        self._over_before = _any(tables, "baseline-before", last=True)
        self._setting = _any(tables, "setting")
        self._split = _any(tables, "split")

    def results(
        self,
        view: View,
        mentions: Sequence[Found],
        roles: Sequence[Role],
        names: Sequence[str],
    ) -> Iterator[Result]:
        """Yield the results of an entry in the order of their values.

        A measure that the entry names in Korean only goes by its English name where the
        table of measures gives one, so that the same measure is one in all digests.

        Args:
            names: for each mention the longest Latin form of its thing in this entry.
        """
        scene = scene_of(view, mentions, roles, names, self._measures)
        sure = ((one, confidence(self._weights, one)) for one in judge(self._weights, scene))
        own = _own(mentions, roles, names)
        for judged, chance in distinct(pair for pair in sure if pair[1] >= MIN_CONFIDENCE):
            yield self._result(scene, judged, chance, own)

    def _result(self, scene: Scene, judged: Judged, chance: float, own: str | None) -> Result:
        text, sentence, quantity = scene.view.text, judged.sentence, judged.quantity
        found = answer(self._weights, scene, sentence, judged.number, SUBJECT).thing
        subject = found.name if found else own
        relative = judged.kind is ResultKind.RELATIVE
        offset = sentence.section.start
        ends = (quantity.value, quantity.high)
        single = quantity.high is None
        return Result(
            section=sentence.section.key,
            start=quantity.start - offset,
            end=quantity.end - offset,
            evidence=(sentence.start - offset, sentence.end - offset),
            value_text=text[quantity.start : quantity.end],
            kind=judged.kind,
            confidence=min(Decimal(chance).quantize(_PLACES), MAX_CONFIDENCE),
            subject=subject,
            benchmark=judged.benchmark,
            metric=judged.metric,
            baseline=self._baseline(text, sentence, quantity.start, subject) if relative else None,
            value=quantity.value if single else None,
            value_min=min(end for end in ends if end is not None) if not single else None,
            value_max=max(end for end in ends if end is not None) if not single else None,
            qualifier=self._qualifier(text, sentence, quantity.start, quantity.stop),
            unit=quantity.unit,
            direction=self._direction(text, sentence, quantity.stop) if relative else None,
            setting=_nearest(self._setting, text, sentence, quantity.start, _SETTINGS),
            split=_nearest(self._split, text, sentence, quantity.start, _SPLITS),
        )

    def _baseline(
        self, text: str, sentence: Sentence, value: int, subject: str | None
    ) -> str | None:
        """Return the system that a gain is over: the nearest with a cue of comparison."""
        over = [
            thing
            for thing in sentence.things
            if thing.kind in ("Model", "Method") and thing.name != subject
            if self._is_over(text, sentence, thing)
        ]
        return min(over, key=lambda thing: abs(thing.start - value)).name if over else None

    def _is_over(self, text: str, sentence: Sentence, thing: Thing) -> bool:
        before = text[max(sentence.start, thing.start - _BEFORE) : thing.start]
        return bool(
            self._over_after.match(text, thing.end, sentence.end)
            or self._over_before.search(before)
        )

    def _qualifier(self, text: str, sentence: Sentence, start: int, stop: int) -> Qualifier | None:
        before = text[max(sentence.start, start - _BEFORE) : start]
        if self._up_to.search(before):
            return Qualifier.UP_TO
        if self._at_least.match(text, stop, sentence.end) or self._at_least_before.search(before):
            return Qualifier.AT_LEAST
        return Qualifier.ABOUT if self._about.search(before) else None

    def _direction(self, text: str, sentence: Sentence, stop: int) -> Direction | None:
        """Return what the first cue after the value says, else the last cue before it."""
        end = min(sentence.end, stop + _NEAR)
        up, down = self._increase.search(text, stop, end), self._decrease.search(text, stop, end)
        if up and (not down or up.start() <= down.start()):
            return Direction.INCREASE
        if down:
            return Direction.DECREASE
        before = (max(sentence.start, stop - 2 * _NEAR), stop)
        rises = [match.start() for match in self._increase.finditer(text, *before)]
        falls = [match.start() for match in self._decrease.finditer(text, *before)]
        if not rises and not falls:
            return None
        rising = max(rises, default=-1) > max(falls, default=-1)
        return Direction.INCREASE if rising else Direction.DECREASE


def _own(mentions: Sequence[Found], roles: Sequence[Role], names: Sequence[str]) -> str | None:
    """Return what the paper introduces: a model, else a method, else anything."""
    for types in ((TermType.MODEL,), (TermType.METHOD,), tuple(TermType)):
        for mention, role, name in zip(mentions, roles, names, strict=True):
            if role == Role.INTRODUCED and mention.type in types:
                return name
    return None


def _nearest(
    pattern: re.Pattern[str], text: str, sentence: Sentence, value: int, names: dict[str, str]
) -> str | None:
    """Return the match nearest to the value in its sentence: Latin ones in small letters with
    a hyphen (``5-shot``), Korean ones in English."""
    matches = list(pattern.finditer(text, sentence.start, sentence.end))
    if not matches:
        return None
    found = min(matches, key=lambda match: abs(match.start() - value))[0].lower()
    joined = found.replace(" ", "-")
    return names.get(joined.replace("-", ""), joined)


def _any(tables: Tables, kind: str, *, last: bool = False) -> re.Pattern[str]:
    """Return the cues of a kind as one pattern, one that ends the text if *last*."""
    cues = "|".join(tables.cues.get(kind, ())) or r"(?!)"
    return re.compile(rf"(?:{cues})\Z" if last else cues, re.IGNORECASE)
