"""What a reader's words find among the names of a snapshot, ranked.

A thing counts by its best name: one that is the same when folded, then one that starts so, has
the words, has them inside of others, or is like what was typed; within each of these by the
papers that it has, and by how much of the name was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice, product
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from kg.link.keys import bare_key
from kg.web.names.identifiers import identifiers_in, own_id
from kg.web.names.keyboard import to_hangul, to_latin
from kg.web.names.keys import KEY_LETTERS, has_initial, initials_key, key_of_name, letters_of
from kg.web.names.lookup import Hit, Names
from kg.web.names.schema import PAPER, SHORT, TYPES, NameKind
from kg.web.names.words import pairs_of, words_of

#: Rows that one look-up reads, and those with some of the words only.
ROWS: Final = 10_000
_SOME: Final = 20
#: Words that are looked for, and the rarest of them where no name has all.
_WORDS: Final = 12
_RAREST: Final = 5
#: Shorter words are looked for whole: too many words start so.
_PREFIX: Final = 3
#: Where fewer things are found, names that are like the words are added, so many of them.
_FEW: Final = 5
_NEAR: Final = 20
#: Words that are tried in place of one that no name has, and ways to put them together.
_TRIED: Final = 4
_WAYS: Final = 12
#: Things with a name that starts so, if what was typed is as short as starts that are listed.
_STARTING: Final = 100


_PAPER: Final = TYPES.index(PAPER)


class How(IntEnum):
    """How a thing was found, the best first."""

    IDENTIFIER = 0
    NAME = 1
    START = 2
    WORDS = 3
    WORD_STARTS = 4
    WITHIN = 5
    OTHERS = 6
    SOME = 7
    NEAR = 8
    LISTED = 9


#: What each way counts, to which a thing's papers add up to about 100, and the share of the
#: name that was typed 30. A name that starts so is worth eight times the papers of one with
#: the words elsewhere. By another name than the preferred one, papers count half: many do
#: not use it.
_POINTS: Final = {
    How.IDENTIFIER: 2_000.0,
    How.NAME: 1_000.0,
    How.START: 330.0,
    How.WORDS: 300.0,
    How.WORD_STARTS: 280.0,
    How.WITHIN: 220.0,
    How.OTHERS: 200.0,
    How.SOME: 80.0,
    How.NEAR: 0.0,
}
#: A name with one wrong letter counts about as one that starts so, and more than all that is
#: found by other words than those that were typed.
_ONE_WRONG: Final = 320.0
_BEFORE_MENDED: Final = 1_100.0
_SHARE: Final = 30.0
#: What a same name counts less than the preferred one as it was typed: by its kind, for a
#: paper, which stands behind the term that it is named after, and where it is only the same
#: without its ornaments or with the first name as initial.
_LESS: Final = {NameKind.PREFERRED: 0.0, NameKind.OTHER: 90.0, NameKind.SPELLING: 95.0}
_TERM_FIRST: Final = 25.0
_BARE: Final = 150.0
_INITIALS: Final = 300.0
#: How much more one counts that differs in no letter, or in case only.
_SAME: Final = (12.0, 6.0)


class Match(NamedTuple):
    """How a thing was found, by which of its names, and the points that rank it.

    ``row`` is the one of the name, or ``text`` the name itself, where they are known.
    """

    how: How
    points: float
    row: int = 0
    text: str = ""


@dataclass(slots=True)
class Found:
    """What was found: the best match of each thing.

    ``sought`` is what was looked for in the end; ``mended`` are words that no name has, each
    with the one that stands in its place there.
    """

    sought: str
    matches: dict[int, Match] = field(default_factory=dict)
    mended: dict[str, str] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether a name is the same as what was typed."""
        return any(one.how <= How.NAME for one in self.matches.values())

    @property
    def has_all_words(self) -> bool:
        """Whether a name has all of what was typed, as it was typed."""
        return not self.mended and any(one.how < How.SOME for one in self.matches.values())

    def ranked(self, numbers: Iterable[int]) -> list[int]:
        """Sort things, the best first."""
        return sorted(numbers, key=lambda number: (-self.matches[number].points, number))


def find(names: Names, text: str, base: str, *, rows: int = ROWS, typing: bool = False) -> Found:
    """Return what a reader's words find.

    Args:
        base: start of the IRIs of our things, which are identifiers too.
        rows: how many rows a look-up reads at most.
        typing: the last word may go on.
    """
    search = _Search(names, rows, typing)
    found = search.found = Found(text)
    search.by_identifier(text, base)
    search.by_text(text)
    if not found.matches:
        search.by_other_keyboard(text)
    if not found.matches:
        search.by_mended_words(text)
    if len(found.matches) < _FEW or found.mended or not (typing or found.is_exact):
        search.by_likeness(text)
    if len(found.matches) < _FEW:
        search.by_some_words(words_of(text))
    return found


class _Search:
    def __init__(self, names: Names, rows: int, typing: bool) -> None:
        self.names = names
        self.rows = rows
        self.typing = typing
        self.found = Found("")

    def _add(self, thing: int, match: Match) -> None:
        known = self.found.matches.get(thing)
        if known is None or known.points < match.points:
            self.found.matches[thing] = match

    def by_identifier(self, text: str, base: str) -> None:
        own = own_id(text, base)
        named = self.names.by_id(own) if own else None
        things = [named] if named else self.names.by_identifiers(identifiers_in(text))
        for thing in things:
            self._add(thing.number, Match(How.IDENTIFIER, _POINTS[How.IDENTIFIER], 0, text))

    def by_text(self, text: str) -> None:
        """Add things with a name that is the same, starts so, or has the words."""
        whole = key_of_name(text)
        if whole:
            self.by_name(text, whole)
            self.by_start(whole)
            self.by_words(words_of(text)[:_WORDS])

    def by_other_keyboard(self, text: str) -> None:
        """Look for what the keys would write in the other script."""
        for other in (to_hangul(text), to_latin(text)):
            if other is not None and other != text:
                self.by_text(other)
                if self.found.matches:
                    self.found.sought, self.found.mended = other, {text: other}
                    return

    def by_name(self, text: str, whole: str) -> None:
        """Add things with a name that is the same when folded, or without its ornaments."""
        for hit in self.names.find(whole):
            self._add_named(hit, text, _BARE if hit.bare else _LESS.get(hit.kind, 0.0))
        bare = bare_key(text[: 2 * KEY_LETTERS])[:KEY_LETTERS]
        for hit in self.names.find(bare) if bare != whole else ():
            self._add_named(hit, text, _BARE + _LESS.get(hit.kind, 0.0))
        for hit in self.names.find(initials_key(text[:KEY_LETTERS])):
            if hit.kind is NameKind.INITIALS and (has_initial(text) or has_initial(hit.text)):
                self._add_named(hit, text, _INITIALS)

    def _add_named(self, hit: Hit, text: str, less: float) -> None:
        same = hit.text == text, hit.text.casefold() == text.casefold()
        points = _POINTS[How.NAME] - less + self.names.weights[hit.thing]
        if self.names.types[hit.thing] == _PAPER:
            points -= _TERM_FIRST
        points += max((more for more, is_so in zip(_SAME, same, strict=True) if is_so), default=0)
        self._add(hit.thing, Match(How.NAME if less < _BARE else How.START, points, 0, hit.text))

    def by_start(self, whole: str) -> None:
        if len(whole) > SHORT:
            self._add_rows(How.START, self.names.rows_starting(whole), len(whole))
            return
        for thing in self.names.starting(whole, _STARTING):
            points = _POINTS[How.START] + self.names.weights[thing]
            self._add(thing, Match(How.START, points))

    def by_words(self, words: Sequence[str]) -> None:
        if not words:
            return
        letters = sum(map(len, words))
        for how, expression in _expressions(words, self.typing):
            found = self.names.rows_with(expression, self.rows)
            self._add_rows(how, found, letters)

    def _add_rows(self, how: How, rows: Iterable[int], letters: int) -> None:
        names, matches = self.names, self.found.matches
        things, lengths, weights = names.row_things, names.row_letters, names.weights
        kinds = names.row_kinds
        base = _POINTS[how]
        for row in rows:
            thing = things[row - 1]
            share = min(letters / (lengths[row - 1] or 1), 1.0)
            weight = weights[thing] if not kinds[row - 1] else weights[thing] / 2
            points = base + weight + _SHARE * share
            known = matches.get(thing)
            if known is None or known.points < points:
                matches[thing] = Match(how, points, row)

    def by_mended_words(self, text: str) -> None:
        """Look for words that are like those that no name has."""
        words = words_of(text)[:_WORDS]
        choices = [[word] if self._is_known(word) else self._mended(word) for word in words]
        for mended in islice(product(*choices), _WAYS):
            changed = {one: other for one, other in zip(words, mended, strict=True) if one != other}
            if changed:
                sought = " ".join(mended)
                self.by_text(sought)
                if self.found.matches:
                    self.found.sought, self.found.mended = sought, changed
                    return

    def _is_known(self, word: str) -> bool:
        return len(word) < _PREFIX or self.names.names_with(word) > 0

    def _mended(self, word: str) -> list[str]:
        """Return the words most like one, or itself; first those that many names have."""
        letters = letters_of(word)
        alike = sorted(
            (OSA.distance(letters, letters_of(one.key)), -one.rows, one.key)
            for one in self.names.alike(word)
            if one.rows
        )
        return [key for _, _, key in alike[:_TRIED]] or [word]

    def by_likeness(self, text: str) -> None:
        """Add names that are like what was typed."""
        whole = key_of_name(text)
        letters = letters_of(whole)
        nothing_else = not self.found.matches or bool(self.found.mended)
        for hit in self.names.near(whole, _NEAR) if whole else ():
            other = letters_of(key_of_name(hit.text))
            wrong = OSA.distance(letters, other)
            weight = self.names.weights[hit.thing] / (1 + bool(hit.kind))
            points = 100 * (1 - wrong / max(len(letters), len(other), 1)) + weight / 10
            if wrong <= 1:
                points = (_BEFORE_MENDED if nothing_else else _ONE_WRONG) + weight
            self._add(hit.thing, Match(How.NEAR, _POINTS[How.NEAR] + points, 0, hit.text))

    def by_some_words(self, words: Sequence[str]) -> None:
        """Add things with some of the words, those that most and the rarest fit first."""
        counted = sorted((self.names.names_with(word), word) for word in set(words))
        rarest = [word for count, word in counted if count][:_RAREST]
        if len(words) < 2 or not rarest:
            return
        either = " OR ".join(f"{{words joined}} : {_quoted(word)}" for word in rarest)
        for place, row in enumerate(self.names.rows_with(either, _SOME, best=True)):
            points = _POINTS[How.SOME] - place / _SOME
            self._add(self.names.row_things[row - 1], Match(How.SOME, points, row))


def _expressions(words: Sequence[str], typing: bool) -> Iterator[tuple[How, str]]:
    """Yield what finds names with all of some words, the narrowest first."""
    whole = [f"{{words joined}} : {_quoted(word)}" for word in words]
    starts = [
        f"{{words joined}} : {_quoted(word)} *" if _may_go_on(word, typing and last) else plain
        for word, plain, last in zip(words, whole, _are_last(words), strict=True)
    ]
    within = [
        f"({start} OR {{parts}} : {_phrase(word)})"
        for word, start in zip(words, starts, strict=True)
    ]
    others = [
        f"({start} OR {{others}} : {_quoted(word)}{' *' if start.endswith('*') else ''})"
        for word, start in zip(words, starts, strict=True)
    ]
    yield How.WORDS, " AND ".join(whole)
    if starts != whole:
        yield How.WORD_STARTS, " AND ".join(starts)
    yield How.WITHIN, " AND ".join(within)
    yield How.OTHERS, " AND ".join(others)


def _are_last(words: Sequence[str]) -> list[bool]:
    return [place == len(words) - 1 for place in range(len(words))]


def _may_go_on(word: str, last: bool) -> bool:
    """Tell whether words that start so are looked for too; Korean ones have particles."""
    return last or len(word) >= _PREFIX or (not word.isascii() and len(word) > 1)


def _phrase(word: str) -> str:
    """Return what finds a word inside of others."""
    return _quoted(" ".join(pairs_of(word)) or word)


def _quoted(word: str) -> str:
    """Write a word as a string of SQLite's full-text expressions."""
    return '"' + word.replace('"', '""') + '"'
