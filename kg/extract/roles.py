"""Tells what a paper does with a term: introduces it, is evaluated on it, or else.

Introduced is what stands before the title's colon or what a sentence says is proposed, unless
what finds mentions knows better (``LLM`` is no one's proposal); one such mention makes all
mentions of the form introduced. A benchmark or data set is
evaluated on where its sentence speaks of evaluation. The words are in ``cues.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kg.extract.evidence import title_name
from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.folding import fold
from kg.model import Role, TermType

#: What a cue adds to the log odds that the paper introduces a term.
TITLE: Final = 3.0
PROPOSED: Final = 1.5
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

    def roles(
        self, view: View, mentions: Sequence[Found], introduced: Sequence[float]
    ) -> list[Role]:
        """Return the role of each mention; *introduced* are log odds from elsewhere."""
        own = {
            fold(mention.exact)
            for mention, odds in zip(mentions, introduced, strict=True)
            if odds + self._cues(view, mention) > 0
        }
        return [self._role(view, mention, own) for mention in mentions]

    def _cues(self, view: View, mention: Found) -> float:
        if title_name(view, mention.start, mention.end):
            return TITLE
        return PROPOSED if self._is_proposed(view, mention) else 0.0

    def _role(self, view: View, mention: Found, own: set[str]) -> Role:
        if fold(mention.exact) in own:
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


_END: Final = re.compile(r"(?<=[가-힣])[.!?](?=\s)|(?<=[a-z)])[.!?](?=\s+[A-Z가-힣])|\n")
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
