"""Tells what a paper does with a term: introduces it, is evaluated on it, or else.

Introduced is what stands before the title's colon. Else, where a component gives
probabilities of roles, those of all mentions of a thing decide; where none does, words do:
introduced is what a sentence says is proposed; a benchmark or data set is evaluated on where
its sentence speaks of evaluation.
The words are in ``cues.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.model import Role, TermType

#: From weaker to stronger.
ORDER: Final = (Role.OTHER, Role.EVALUATED_ON, Role.INTRODUCED)
#: What the mean of average and highest probability over a thing's mentions must pass.
INTRODUCED: Final = 0.45
EVALUATED: Final = 0.45
#: How far the proposing verb may stand from the term, in characters.
_REACH: Final = 50
_MEASURED: Final = (TermType.BENCHMARK, TermType.DATASET)


class RoleFinder:
    """The cues of the tables as patterns."""

    def __init__(self, tables: Tables) -> None:
        self._proposed = _pattern(tables, "introduced-after")
        self._proposes = _pattern(tables, "introduced-before")
        self._not_own = _pattern(tables, "not-introduced")
        self._evaluated = _pattern(tables, "evaluated")
        self._trained = _pattern(tables, "trained")
        self._tested = _pattern(tables, "tested")

    def roles(self, view: View, mentions: Sequence[Found], things: Sequence[str]) -> list[Role]:
        """Return the role of each mention: the same for all mentions of a thing.

        Args:
            things: for each mention what names its thing in this entry.
        """
        by_thing: dict[str, list[Found]] = {}
        for mention, thing in zip(mentions, things, strict=True):
            by_thing.setdefault(thing, []).append(mention)
        decided = {thing: self._role(view, found) for thing, found in by_thing.items()}
        return [decided[thing] for thing in things]

    def trained_on(self, view: View, mentions: Sequence[Found], things: Sequence[str]) -> set[str]:
        """Return the things that are data sets here, no benchmarks: models are trained on them,
        and nothing is said to be evaluated on them (so it is for 15 of 16 in the training
        annotations)."""
        trained: set[str] = set()
        tested: set[str] = set()
        for mention, thing in zip(mentions, things, strict=True):
            if mention.type in _MEASURED:
                end = sentence(view, mention.start)[1]
                if self._trained.match(view.text, mention.end, end):
                    trained.add(thing)
                elif self._tested.match(view.text, mention.end, end):
                    tested.add(thing)
        return trained - tested

    def _role(self, view: View, mentions: Sequence[Found]) -> Role:
        if any(title_name(view, mention.start, mention.end) for mention in mentions):
            return Role.INTRODUCED  # right for 529 of 531 in the training annotations
        shares = [mention.roles for mention in mentions if mention.roles]
        if not shares:
            return max((self._said(view, mention) for mention in mentions), key=ORDER.index)
        evaluated, introduced = (
            (sum(share[n] for share in shares) / len(shares) + max(s[n] for s in shares)) / 2
            for n in (1, 2)
        )
        if introduced > INTRODUCED:
            return Role.INTRODUCED
        return Role.EVALUATED_ON if evaluated > EVALUATED else Role.OTHER

    def _said(self, view: View, mention: Found) -> Role:
        """Return the role that the words around a mention say."""
        if self._is_proposed(view, mention):
            return Role.INTRODUCED
        if mention.type in _MEASURED:
            start, end = sentence(view, mention.start)
            if mention.type == TermType.BENCHMARK or (
                self._evaluated.search(view.text, start, end)
                and not self._trained.match(view.text, mention.end, end)
            ):
                return Role.EVALUATED_ON
        return Role.OTHER

    def _is_proposed(self, view: View, mention: Found) -> bool:
        if mention.type == TermType.TASK:
            return False
        start, end = sentence(view, mention.start)
        after = view.text[mention.end : min(end, mention.end + _REACH)]
        before = view.text[max(start, mention.start - _REACH) : mention.start]
        if self._not_own.search(after) or self._not_own.search(before):
            return False
        return bool(self._proposed.match(after) or self._proposes.search(before))


_END: Final = re.compile(
    r"[.!?](?:(?<=[가-힣].)(?=\s)|(?<=[a-z)].)(?=\s+[A-Z가-힣]))|\n"  # a mark first: found faster
)
#: No sentence is taken to be longer, so that hostile text costs no more.
SENTENCE_CHARS: Final = 600


def sentence(view: View, offset: int) -> tuple[int, int]:
    """Return the offsets of the sentence around *offset*, within its section."""
    section = view.section_of(offset)
    start = max(section.start, offset - SENTENCE_CHARS)
    for match in _END.finditer(view.text, start, offset):
        start = match.end()
    stop = min(section.end, offset + SENTENCE_CHARS)
    found = _END.search(view.text, offset, stop)
    end = found.end() if found else stop
    while start < offset and view.text[start].isspace():
        start += 1
    return start, max(end - (found is not None and found[0] == "\n"), offset)


def _pattern(tables: Tables, kind: str) -> re.Pattern[str]:
    cues = tables.cues.get(kind, ())
    return re.compile("|".join(cues) if cues else r"(?!)", re.IGNORECASE)


def title_name(view: View, start: int, end: int) -> bool:
    """Tell whether a mention is what stands before the colon of the title."""
    return start == view.sections[0].start and view.text[end : end + 1] == ":"
