"""A term and its neighbours as shapes of an SVG image, drawn on the server."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 680
HEIGHT: Final = 300
_RADII: Final = (160, 112)
#: A label takes as much room as so many Latin letters, at most.
_LABEL: Final = 18
_MIDDLE_LABEL: Final = 30


@dataclass(frozen=True, slots=True)
class Dot:
    """A term in the image: its place and size, and where its label stands and how."""

    x: float
    y: float
    r: float
    label: str
    name: str
    type: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line between two terms; ``inner`` if the term in the middle is one of them."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    inner: bool


@dataclass(frozen=True, slots=True)
class Network:
    dots: tuple[Dot, ...]
    strokes: tuple[Stroke, ...]
    width: int = WIDTH
    height: int = HEIGHT


def network(
    names: Sequence[tuple[str, str | None]],
    shared: Sequence[int],
    pairs: Sequence[tuple[int, int, int]],
) -> Network:
    """Place terms in an ellipse around one, so that those that share papers are side by side.

    Args:
        names: of each neighbour, with its type; the first of all is the term itself.
        shared: the papers that the term shares with each neighbour.
        pairs: places of two neighbours, from 0, and the papers that they share.
    """
    order = _order(len(shared), pairs)
    places = {one: _place(number, len(order)) for number, one in enumerate(order)}
    most = max(shared, default=1) or 1
    middle = (WIDTH / 2, HEIGHT / 2)
    strokes = [
        _stroke(places[one], places[other], 0.6 + min(count, 10) / 8, inner=False)
        for one, other, count in pairs
    ]
    strokes += [
        _stroke(middle, places[one], 1 + 3 * math.sqrt(count / most), inner=True)
        for one, count in enumerate(shared)
    ]
    dots = [
        _dot(places[one], 5 + 6 * math.sqrt(count / most), *names[one + 1])
        for one, count in enumerate(shared)
    ]
    dots.append(_dot(middle, 13, *names[0]))
    return Network(tuple(dots), tuple(strokes))


def _order(count: int, pairs: Sequence[tuple[int, int, int]]) -> list[int]:
    """Order neighbours in a row: each time the one that shares most with the one before."""
    weights = {frozenset(pair): float(weight) for *pair, weight in pairs}
    left = list(range(count))
    row = left[:1]
    del left[:1]
    while left:
        best = max(left, key=lambda one: (weights.get(frozenset((row[-1], one)), 0), -one))
        left.remove(best)
        row.append(best)
    return row


def _place(number: int, count: int) -> tuple[float, float]:
    # Half a step aside, so that none is right above or below the middle, where labels meet.
    angle = 2 * math.pi * (number + 0.5) / count - math.pi / 2
    x = WIDTH / 2 + _RADII[0] * math.cos(angle)
    return round(x, 1), round(HEIGHT / 2 + _RADII[1] * math.sin(angle), 1)


def _stroke(
    start: tuple[float, float], end: tuple[float, float], width: float, *, inner: bool
) -> Stroke:
    return Stroke(*start, *end, round(width, 1), inner)


def _dot(place: tuple[float, float], r: float, name: str, type_: str | None) -> Dot:
    x, y = place
    type_ = (type_ or "other").lower()
    r = round(r, 1)
    if abs(x - WIDTH / 2) < 1:
        label = shortened(name, _MIDDLE_LABEL)
        return Dot(x, y, r, label, name, type_, x, round(y + r + 15, 1), "middle")
    label = shortened(name)
    side = 1 if x > WIDTH / 2 else -1
    anchor = "start" if side > 0 else "end"
    return Dot(x, y, r, label, name, type_, round(x + side * (r + 5), 1), round(y + 4, 1), anchor)


def shortened(name: str, most: int = _LABEL) -> str:
    """Cut a name to the room of so many Latin letters; one of Hangul or Han takes that of two.

    >>> shortened("Low-Rank Adaptation of Models", 12), shortened("저랭크 적응 기법", 9)
    ('Low-Rank Ad…', '저랭크…')
    """
    room = 0
    for place, char in enumerate(name):
        room += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if room > most:
            return name[: max(place - 1, 1)].rstrip() + "…"
    return name
