"""Charts by month as shapes of an SVG image, drawn on the server: no script, and they print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 200
_LEFT: Final = 36
_BOTTOM: Final = 24
_TOP: Final = 10
_RIGHT: Final = 26
#: At most so many labels stand below a chart.
_LABELS: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A month's bar: its place in the image, and what it stands for."""

    month: str
    count: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A series as the points of a line; ``counts`` are its values in the order of months."""

    name: str
    points: str
    marks: tuple[tuple[float, float], ...]
    counts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place, and what stands there."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars or lines over months; ``below`` and ``beside`` are the marks of the two axes."""

    months: tuple[str, ...]
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    below: tuple[Tick, ...]
    beside: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - _BOTTOM
    left: int = _LEFT


def months_between(first: str, last: str) -> list[str]:
    """List the months from one to another, both with it, written ``2024-08``.

    >>> months_between("2023-12", "2024-02")
    ['2023-12', '2024-01', '2024-02']
    """
    start, end = (int(one[:4]) * 12 + int(one[5:7]) - 1 for one in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, end + 1)]


def bar_chart(months: Sequence[str], counts: Mapping[str, float]) -> Chart:
    """Draw a bar for each month; a month without a count has 0."""
    top, beside = _scale(max(counts.values(), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(len(months), 1)
    bars = []
    for place, month in enumerate(months):
        count = counts.get(month, 0)
        height = round(count / top * (HEIGHT - _TOP - _BOTTOM), 1)
        x = round(_LEFT + place * step + step * 0.1, 1)
        y = round(HEIGHT - _BOTTOM - height, 1)
        bars.append(Bar(month, count, x, y, round(min(step * 0.8, 60), 1), height))
    centres = [bar.x + bar.width / 2 for bar in bars]
    return Chart(tuple(months), tuple(bars), (), _below(months, centres), beside)


def line_chart(months: Sequence[str], series: Mapping[str, Mapping[str, float]]) -> Chart:
    """Draw a line for each series, over the months; a month without a count has 0."""
    highest = max((max(counts.values(), default=0) for counts in series.values()), default=0)
    top, beside = _scale(highest)
    step = (WIDTH - _LEFT - _RIGHT - 20) / max(len(months) - 1, 1)
    places = [round(_LEFT + 10 + place * step, 1) for place in range(len(months))]
    lines = []
    for name, counts in series.items():
        values = tuple(counts.get(month, 0) for month in months)
        heights = (
            round(HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM), 1) for value in values
        )
        marks = tuple(zip(places, heights, strict=True))
        lines.append(Line(name, " ".join(f"{x},{y}" for x, y in marks), marks, values))
    return Chart(tuple(months), (), tuple(lines), _below(months, places), beside)


def _scale(highest: float) -> tuple[float, tuple[Tick, ...]]:
    """Return the top of an axis from 0, and its marks: at most five, at round numbers.

    >>> [[tick.text for tick in _scale(highest)[1]] for highest in (3, 0.35)]
    [['0', '1', '2', '3'], ['0', '0.1', '0.2', '0.3', '0.4']]
    """
    step = 1.0 if highest >= 1 or highest <= 0 else 10.0 ** (floor(log10(highest)) - 1)
    while highest / step > 4:
        for factor in (2, 2.5, 2):  # 1, 2, 5, 10, …
            step *= factor
            if highest / step <= 4:
                break
    marks = int(-(-highest // step)) or 1
    span = HEIGHT - _TOP - _BOTTOM
    ticks = (
        Tick(round(HEIGHT - _BOTTOM - mark / marks * span, 1), f"{mark * step:g}")
        for mark in range(marks + 1)
    )
    return marks * step, tuple(ticks)


def _below(months: Sequence[str], places: Sequence[float]) -> tuple[Tick, ...]:
    every = -(-len(months) // _LABELS) or 1
    return tuple(
        Tick(round(place, 1), month)
        for number, (month, place) in enumerate(zip(months, places, strict=True))
        if number % every == 0
    )
