"""An entry as results see it: sentences with their quantities and the things named in them.

A thing is a mention, or a phrase that names a measure. A sentence is read as a row of
symbols: its tokens, where a thing is one symbol of its kind and a quantity one of its unit.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kg.extract.measures import MeasureFinder
from kg.extract.quantities import Quantity, quantities
from kg.extract.spans import Found
from kg.extract.view import SectionSpan, View
from kg.folding import fold
from kg.model import Role, TermType

#: Where a sentence ends: after a Korean verb, between a small and a capital letter, at a
#: line's end. No sentence is taken to be longer than this, so that hostile text costs no more.
_END: Final = re.compile(
    r"[.!?](?:(?<=[가-힣].)(?=\s)|(?<=[a-z)%\d].)(?=\s+[A-Z가-힣])|(?<=[다요]\.)(?=[^\s.\d]))|\n"
)
SENTENCE_CHARS: Final = 800
#: A sentence with more is a table; the rest of it is not read.
_MAX_QUANTITIES: Final = 30
_LISTED: Final = re.compile(r"\s?(?:,\s?)?(?:(?:및|와|과|그리고|and)\s?)?(?<=[\s,])")
_DIGIT: Final = re.compile(r"\d")
_CUT_OFF: Final = re.compile(r"@\d[\d.:]{0,9}(?<=\d)")
_SCORE: Final = re.compile(r"([A-Za-z][\w@+-]{0,29}) ?점수")
#: A Latin word with two capitals: a metric's name may look so (``UTMOS``, ``CLIPSIM``, ``rFID``).
_ACRONYM: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[a-z]{0,4}[A-Z][a-z]{0,9}-?[A-Z])[A-Za-z][A-Za-z0-9-]{0,24}"
    r"(?:@\d[\d.:]{0,9}(?<=\d))?(?![A-Za-z0-9_-])"
)
_KINDS: Final = {TermType.DATASET: "Bench", TermType.BENCHMARK: "Bench"}


@dataclass(frozen=True, slots=True)
class Thing:
    """What a claim may be about: ``kind`` is ``Metric``, ``Bench``, ``Model``, ``Method`` or
    ``Task``, or ``Word`` for what only looks like a metric's name; ``words`` counts the words
    of a phrase of measures, 0 for all else."""

    start: int
    end: int
    kind: str
    name: str
    form: str
    words: int
    introduced: bool

    @property
    def symbol(self) -> str:
        """What stands for it in a row of symbols; the paper's own systems are one kind."""
        own = self.introduced and self.kind in ("Model", "Method")
        return "<Own>" if own else f"<{self.kind}>"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a section; ``place`` is its number in the entry."""

    section: SectionSpan
    place: int
    start: int
    end: int
    things: tuple[Thing, ...]
    quantities: tuple[Quantity, ...]
    symbols: tuple[str, ...]
    starts: tuple[int, ...]

    def index(self, offset: int) -> int:
        """Return the place of the symbol at *offset*."""
        return bisect.bisect_right(self.starts, offset) - 1


@dataclass(frozen=True, slots=True)
class Scene:
    """All sentences of an entry, those without a quantity too, and all its things, of which
    ``counts`` tells how many are of a kind."""

    view: View
    sentences: tuple[Sentence, ...]
    things: tuple[Thing, ...]
    counts: Mapping[str, int]

    def around(self, sentence: Sentence, reach: int) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
        """Return up to *reach* things before a sentence, and after it, in order."""
        first = bisect.bisect_left(self.things, sentence.start, key=_start)
        last = bisect.bisect_left(self.things, sentence.end, key=_start)
        return self.things[max(first - reach, 0) : first], self.things[last : last + reach]

    def gap(self, sentence: Sentence, thing: Thing) -> int:
        """Return how many sentences lie between a sentence and a thing elsewhere."""
        place = bisect.bisect_right(self.sentences, thing.start, key=_start) - 1
        return max(abs(place - sentence.place) - 1, 0)


def _start(thing: Thing | Sentence) -> int:
    return thing.start


def scene_of(
    view: View,
    mentions: Sequence[Found],
    roles: Sequence[Role],
    names: Sequence[str],
    measures: MeasureFinder,
) -> Scene:
    """Read an entry; without any digit in it there is nothing to read."""
    if not _DIGIT.search(view.text):
        return Scene(view, (), (), {})
    named = [
        _metric(view.text, mention, name, measures)
        if mention.type is TermType.METRIC
        else Thing(
            mention.start,
            mention.end,
            _KINDS.get(mention.type, mention.type.value),
            name,
            fold(mention.exact),
            0,
            role is Role.INTRODUCED,
        )
        for mention, role, name in zip(mentions, roles, names, strict=True)
    ]
    spans = {(thing.start, thing.end) for thing in named if thing.kind == "Metric"}
    phrases = [
        Thing(p.start, p.end, "Metric", p.name, fold(view.text[p.start : p.end]), p.words, False)
        for section in view.sections
        for p in measures.phrases(view.text, section.start, section.end)
        if (p.start, p.end) not in spans
    ]
    acronyms = _acronyms(view, named)
    things = sorted([*named, *phrases, *acronyms], key=lambda thing: (thing.start, -thing.end))
    counts = Counter(thing.kind for thing in things)
    return Scene(view, tuple(_sentences(view, things)), tuple(things), counts)


def _metric(text: str, mention: Found, name: str, measures: MeasureFinder) -> Thing:
    """Read a mention of a metric: with its cut-off (``mAP@0.5``), without ``점수`` (score)."""
    end = mention.end
    if cut := _CUT_OFF.match(text, end):
        end = cut.end()
        name += cut[0]
    elif (latin := _SCORE.fullmatch(name)) and latin[1]:
        name = latin[1]
    form = fold(text[mention.start : end])
    return Thing(mention.start, end, "Metric", measures.name(name) or name, form, 0, False)


def _acronyms(view: View, named: Sequence[Thing]) -> Iterator[Thing]:
    """Yield what is written like a metric's name and lies in no mention (``UTMOS``)."""
    taken = sorted((thing.start, thing.end) for thing in named)
    for match in _ACRONYM.finditer(view.text):
        place = bisect.bisect_right(taken, (match.start(), len(view.text)))
        if any(
            s < match.end() and match.start() < e for s, e in taken[max(place - 3, 0) : place + 1]
        ):
            continue
        yield Thing(match.start(), match.end(), "Word", match[0], fold(match[0]), 0, False)


def sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences between two offsets; together they hold all but space."""
    while start < end:
        stop = min(end, start + SENTENCE_CHARS)
        found = _END.search(text, start, stop)
        last = found.end() if found else stop
        while start < last and text[start].isspace():
            start += 1
        close = last
        while close > start and text[close - 1].isspace():
            close -= 1
        if start < close:
            yield start, close
        start = max(last, start)


def _sentences(view: View, things: Sequence[Thing]) -> Iterator[Sentence]:
    begins = [thing.start for thing in things]
    place = 0
    for section in view.sections:
        for start, end in sentence_spans(view.text, section.start, section.end):
            first, last = bisect.bisect_left(begins, start), bisect.bisect_left(begins, end)
            here = tuple(thing for thing in things[first:last] if thing.end <= end)
            found = [
                quantity
                for quantity in quantities(view.text, start, end)
                if not any(_holds(thing, quantity) for thing in here)
            ]
            numbers = tuple(_shared_units(view.text, found[:_MAX_QUANTITIES]))
            symbols: list[tuple[int, str]] = (
                list(_symbols(view, start, end, here, numbers)) if numbers else []
            )
            yield Sentence(
                section, place, start, end, here, numbers,
                tuple(word for _, word in symbols), tuple(begin for begin, _ in symbols),
            )  # fmt: skip
            place += 1


def _shared_units(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Give the numbers of a list the unit that stands after its last (``1.2, 3.4 and 5.6 %``)."""
    shared = list(numbers)
    for place in range(len(numbers) - 2, -1, -1):
        one, two = shared[place : place + 2]
        if one.unit is None and two.unit and _LISTED.fullmatch(text, one.stop, two.start):
            shared[place] = replace(one, unit=two.unit)
    return shared


def _holds(thing: Thing, quantity: Quantity) -> bool:
    """Tell whether a number is part of a name; a claim taken for a name starts with one."""
    return (
        thing.start < quantity.stop
        and quantity.start < thing.end
        and (thing.start < quantity.start or quantity.unit is None)
    )


def _symbols(
    view: View, start: int, end: int, things: Sequence[Thing], numbers: Sequence[Quantity]
) -> Iterator[tuple[int, str]]:
    marks = [(q.start, q.stop, f"<{q.unit or 'n'}>") for q in numbers]
    marks += [(thing.start, thing.end, thing.symbol) for thing in things]
    marks.sort(key=lambda mark: (mark[0], -mark[1]))
    token = bisect.bisect_left(view.starts, start)
    offset = start
    for begin, stop, name in marks:
        if begin < offset:
            continue
        while token < len(view.starts) and view.starts[token] < begin:
            if view.starts[token] >= offset and (word := view.word(token).strip().lower()):
                yield view.starts[token], _DIGIT.sub("0", word)
            token += 1
        yield begin, name
        offset = stop
        while token < len(view.starts) and view.starts[token] < stop:
            token += 1
    while token < len(view.starts) and view.starts[token] < end:
        if word := view.word(token).strip().lower():
            yield view.starts[token], _DIGIT.sub("0", word)
        token += 1
