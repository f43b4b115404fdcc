"""Reads numeric claims: sentences with a number, its unit, and the terms around it.

A number counts as a result where a unit of performance follows it (``%``, ``배``, ``dB``, …)
or a metric stands beside it, and the sentence speaks of performance. Sizes, counts, dates
and costs are not results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from kg.extract.roles import sentence
from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.view import SectionSpan, View
from kg.model import Direction, Qualifier, Result, ResultKind, Role, TermType

CONFIDENCE: Final = Decimal("0.5")

_VALUE: Final = re.compile(
    r"(?<![\w.,\-–/@^=<>+])[+\-−~]?"
    r"(?P<value>\d{1,3}(?:,\d{3}){1,3}(?:\.\d{1,6})?|\d{1,12}(?:\.\d{1,6})?)(?!\d)"
    r"\s?(?P<unit>%p|%포인트|% ?포인트|퍼센트 ?포인트|퍼센트|%|배|[xX×](?!\w)|점(?!\w*만점)"
    r"|포인트|points?\b"
    r"|(?:fps|FPS|dB|ms)(?![A-Za-z])|(?:밀리초|초)(?!당))?"
)
_UNITS: Final = {
    "%": "%", "퍼센트": "%", "%p": "points", "%포인트": "points", "퍼센트포인트": "points",
    "배": "x", "x": "x", "×": "x", "점": "points", "포인트": "points", "point": "points",
    "points": "points", "fps": "fps", "db": "dB", "ms": "ms", "밀리초": "ms", "초": "s",
}  # fmt: skip
#: What makes a number without a unit a size, a count or a date.
_COUNTED: Final = re.compile(
    r"\s?(?:[A-Za-z]|개|명|가지|종|년|월|일|시간|분|회|번|장|쌍|층|차|단계|비트|만|억|천|조|위"
    r"|편|건|달러|원|대|세|자|줄"
    r"|[-–~]\d)"
)
_ABOUT: Final = re.compile(r"(?:약|대략|거의|about|around|approximately|~)\s?[+\-−~]?\Z", re.I)
_UP_TO: Final = re.compile(r"(?:최대|up to|as much as)\s?[+\-−~]?\Z", re.I)
_AT_LEAST: Final = re.compile(r"\s?이상")
#: How far from the value a cue may stand, in characters, and what ends its clause.
_NEAR: Final = 30
_CLAUSE: Final = re.compile(r"[,;.]|\d|(?<=[가-힣])고\s")


class ResultFinder:
    """The cues of the tables as patterns."""

    def __init__(self, tables: Tables) -> None:
        self._performance = _any(tables, "result")
        self._relative = _any(tables, "relative")
        self._decrease = _any(tables, "decrease")
        self._not_result = _any(tables, "not-result")

    def results(
        self,
        view: View,
        mentions: Sequence[Found],
        roles: Sequence[Role],
        names: Sequence[str],
    ) -> Iterator[Result]:
        """Yield the results of an entry in the order of their values.

        Args:
            names: for each mention the longest Latin form of its thing in this entry.
        """
        own = next(
            (
                name
                for kind in ((TermType.MODEL,), (TermType.METHOD,), tuple(TermType))
                for mention, role, name in zip(mentions, roles, names, strict=True)
                if role == Role.INTRODUCED and mention.type in kind
            ),
            None,
        )
        for section in view.sections:
            for match in _VALUE.finditer(view.text, section.start, section.end):
                if any(m.start < match.end("value") and match.start("value") < m.end
                       for m in _around(mentions, match.start(), 0)):  # fmt: skip
                    continue
                result = self._result(view, section, match, mentions, names, own)
                if result:
                    yield result

    def _result(
        self,
        view: View,
        section: SectionSpan,
        match: re.Match[str],
        mentions: Sequence[Found],
        names: Sequence[str],
        own: str | None,
    ) -> Result | None:
        start, end = match.span("value")
        first, last = sentence(view, start)
        if not self._performance.search(view.text, first, last):
            return None
        after = _CLAUSE.split(view.text[match.end() : min(last, match.end() + _NEAR)], 1)[0]
        before = view.text[max(first, start - _NEAR) : start]
        if self._not_result.match(after):
            return None
        near = [
            (mention, name)
            for mention, name in zip(mentions, names, strict=True)
            if first <= mention.start and mention.end <= last
        ]
        metric = _nearest(near, (TermType.METRIC,), start, match.end(), after_first=15)
        unit = _UNITS.get((match["unit"] or "").replace(" ", "").lower())
        if unit is None and (
            "." not in match["value"] or metric is None or _COUNTED.match(view.text, end)
        ):
            return None
        relative = bool(self._relative.search(after)) or unit == "x"
        subject = _nearest(near, (TermType.MODEL,), start, start, before_only=True)
        return Result(
            section=section.key,
            start=start - section.start,
            end=end - section.start,
            evidence=(first - section.start, last - section.start),
            value_text=match["value"],
            kind=ResultKind.RELATIVE if relative else ResultKind.ABSOLUTE,
            confidence=CONFIDENCE,
            subject=subject or own,
            benchmark=_nearest(near, (TermType.BENCHMARK, TermType.DATASET), start, match.end()),
            metric=metric,
            value=Decimal(match["value"].replace(",", "")),
            qualifier=_qualifier(before, after),
            unit=unit,
            direction=self._direction(after) if relative else None,
        )

    def _direction(self, after: str) -> Direction:
        return Direction.DECREASE if self._decrease.search(after) else Direction.INCREASE


def _around(mentions: Sequence[Found], offset: int, reach: int) -> Iterator[Found]:
    return (m for m in mentions if m.start <= offset + reach and offset - reach <= m.end)


def _nearest(
    near: Sequence[tuple[Found, str]],
    types: tuple[TermType, ...],
    start: int,
    end: int,
    *,
    after_first: int = 0,
    before_only: bool = False,
) -> str | None:
    """Return the name of the nearest mention: one within *after_first* characters after the
    value, else the last before it, else the first after it."""
    after = [(m.start, name) for m, name in near if m.type in types and m.start >= end]
    before = [(m.end, name) for m, name in near if m.type in types and m.end <= start]
    if after and after[0][0] - end <= after_first:
        return after[0][1]
    if before:
        return before[-1][1]
    return after[0][1] if after and not before_only else None


def _qualifier(before: str, after: str) -> Qualifier | None:
    if _UP_TO.search(before):
        return Qualifier.UP_TO
    if _AT_LEAST.match(after):
        return Qualifier.AT_LEAST
    return Qualifier.ABOUT if _ABOUT.search(before) else None


def _any(tables: Tables, kind: str) -> re.Pattern[str]:
    cues = tables.cues.get(kind, ())
    return re.compile("|".join(cues) if cues else r"(?!)", re.IGNORECASE)
