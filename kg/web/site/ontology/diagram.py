"""The main classes and what leads from one to another, as shapes of an SVG image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

_WIDTH: Final = 132
_HEIGHT: Final = 44
_ACROSS: Final = 268
_DOWN: Final = 116
_EDGE: Final = 8
#: Between a line and its text, and between lines of text.
_BESIDE: Final = 7
_LINE: Final = 14

#: Column and row of each class.
PLACES: Final = {
    "Digest": (0, 0),
    "Entry": (1, 0),
    "Paper": (2, 0),
    "Author": (3, 0),
    "Section": (1, 1),
    "Result": (2, 1),
    "Span": (1, 2),
    "Term": (2, 2),
    "Link": (3, 2),
}
#: What leads from one to another; a name with a prefix is of another vocabulary.
LEADS: Final = (
    ("Entry", "Digest", ("digest",)),
    ("Entry", "Paper", ("paper",)),
    ("Paper", "Author", ("dcterms:creator",)),
    ("Entry", "Section", ("section",)),
    ("Paper", "Result", ("hasResult",)),
    ("Span", "Section", ("inSection",)),
    ("Span", "Term", ("mentionOf",)),
    ("Result", "Term", ("subject", "benchmark", "metric")),
    ("Result", "Span", ("evidence",)),
    ("Paper", "Term", ("introduces", "usesMethod", "evaluatesOn")),
    ("Link", "Term", ("owl:annotatedSource",)),
)


@dataclass(frozen=True, slots=True)
class Word:
    """The name of a property, and where it stands."""

    name: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from a class to another, with the names of the properties that lead there."""

    source: str
    target: str
    points: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A class, with the left upper corner of its box."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes of one size, and arrows."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


@cache
def diagram() -> Diagram:
    """Draw the classes."""
    boxes = {
        name: Box(name, _EDGE + column * _ACROSS, _EDGE + row * _DOWN)
        for name, (column, row) in PLACES.items()
    }
    return Diagram(
        tuple(boxes.values()),
        tuple(_arrow(boxes[source], boxes[target], names) for source, target, names in LEADS),
        2 * _EDGE + _WIDTH + _ACROSS * max(column for column, _ in PLACES.values()),
        2 * _EDGE + _HEIGHT + _DOWN * max(row for _, row in PLACES.values()),
    )


def _arrow(source: Box, target: Box, names: tuple[str, ...]) -> Arrow:
    """Draw a line to the next box of a row or column, to one beside and below it, or, past
    what is between, two rows down."""
    points: list[tuple[float, float]]
    middle = target.y + _HEIGHT / 2
    if source.y == target.y:
        ends = (
            (source.x + _WIDTH, target.x) if source.x < target.x else (source.x, target.x + _WIDTH)
        )
        points = [(ends[0], middle), (ends[1], middle)]
        # Another line comes from the right above the one from the right.
        below = source.x > target.x and target.y > _EDGE
        words = _words(names, sum(ends) / 2, middle + (_LINE if below else -_BESIDE), "middle")
    elif source.x != target.x:
        points = [(source.x, source.y + _HEIGHT), (target.x + _WIDTH, target.y)]
        x, y = ((one + other) / 2 for one, other in zip(*points, strict=True))
        words = _words(names, x + _BESIDE, y + _LINE, "start")
    elif abs(source.y - target.y) > _DOWN:
        side = source.x + _WIDTH
        out, start, end = side + _BESIDE * 3, source.y + _HEIGHT * 0.8, target.y + _HEIGHT * 0.25
        points = [(side, start), (out, start), (out, end), (side, end)]
        words = _words(names, out + _BESIDE, (start + end) / 2 - _LINE, "start")
    else:
        centre = source.x + _WIDTH / 2
        down = source.y < target.y
        ends = (source.y + _HEIGHT, target.y) if down else (source.y, target.y + _HEIGHT)
        points = [(centre, ends[0]), (centre, ends[1])]
        y = sum(ends) / 2 - (len(names) - 1) * _LINE / 2 + _LINE / 3
        words = _words(names, centre + _BESIDE, y, "start")
    return Arrow(source.name, target.name, " ".join(f"{x:g},{y:g}" for x, y in points), words)


def _words(names: tuple[str, ...], x: float, y: float, anchor: str) -> tuple[Word, ...]:
    return tuple(Word(name, x, y + _LINE * line, anchor) for line, name in enumerate(names))
