"""Features of candidates: what they are, what stands around them, as hashed keys.

Each template joins a few numbers (a word, a tag, the place of the section, …) into one
64-bit key; ``kg.extract.scorer`` looks up what training has learnt of each key. Words are
compared in lower case; tokens that are blank are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.candidates import Candidates
from kg.extract.columns import MIX, STEP, Columns
from kg.extract.forms import IDS, form_of, id_of, ids_of, numbers_of
from kg.extract.marks import CLOSING, OPENING, SPACE, closes, marks_of, opens
from kg.extract.tables import TYPES, Tables
from kg.extract.view import View
from kg.folding import abbreviates
from kg.model import TermType

Ids = NDArray[np.uint64]
Ints = NDArray[np.int64]

#: Words that tell what a sentence speaks of: evaluation, a proposal, training, data, scores.
CUES: Final = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        "평가|벤치마크|실험|성능|정확도|점수|달성|결과|능가|우수|기록|검증|테스트|evaluat|benchmark"
        "|outperform|achiev|score|accura|experiment",
        "제안|소개|제시|도입|개발|공개|발표|구축|설계|선보|propos|introduc|present|novel",
        "학습|훈련|미세|train|fine-tun",
        "데이터|dataset|corpus|말뭉치|코퍼스",
        r"[0-9]\s?(?:%|점|배|포인트)",
    )
)
#: How far after a candidate a cue is near, in characters.
_NEAR: Final = 25
_SENTENCE_END: Final = re.compile(
    r"[.!?](?:(?<=[가-힣].)(?=\s)|(?<=[a-z)].)(?=\s+[A-Z가-힣]))|\n"  # a mark first: found faster
)
_PARENTHESIS: Final = re.compile(r"\s?\(([^()]{1,50})\)")
_SECTIONS: Final = ("title", "whats-new", "technical-details", "performance-highlights")
_TAG_RUN: Final = np.arange(7)[:, None]
_SPACE_TAG: Final = np.uint64(id_of("SPACE"))
_OPEN: Final = OPENING.index("(") + 1
_COLON: Final = CLOSING.index(":") + 1
_CUE_BITS: Final = np.arange(len(CUES))[:, None]
#: Steps to the words after and before a candidate, a row each.
_AFTER: Final = np.arange(1, 5)[:, None]
_BEFORE: Final = np.arange(1, 3)[:, None]


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens of a Doc that are not blank, with room on both sides.

    ``place`` maps a token of the Doc to its row; ``word`` and ``tag`` are ids, ``vector``
    rows of the table of word vectors. Rows past a section's ends are 0 to its neighbours
    by ``section``.
    """

    place: Ints
    word: Ids
    tag: Ids
    section: Ints

    def at(self, rows: Ints, home: Ints, values: Ids) -> Ids:
        """Return *values* at *rows*, 0 where a row is outside of the section *home*."""
        inside = (rows >= 0) & (rows < len(self.word))
        safe = np.where(inside, rows, 0)
        return np.where(inside & (self.section[safe] == home), values[safe], np.uint64(0))


@dataclass(frozen=True, slots=True)
class Context:
    """What the features and the second stage need of each candidate's surroundings.

    ``first`` and ``last`` are rows of ``words``; ``section`` counts the entry's sections,
    ``kind`` names them (title, What's New, …, others as 4); ``left`` and ``right`` are what
    the characters before and after are (``kg.extract.marks``); ``opened`` and ``closed`` tell
    of brackets or quotes there, ``glossed`` of a parenthesis after.
    """

    words: Words
    first: Ints
    last: Ints
    section: Ints
    kind: Ints
    place: Ints
    left: Ints
    right: Ints
    named: NDArray[np.bool_]
    opened: Ints
    closed: Ints
    glossed: NDArray[np.bool_]
    in_title: NDArray[np.bool_]
    types: Ints


def context_of(view: View, found: Candidates, tables: Tables) -> Context:
    """Look at what stands around each candidate."""
    words = _words(view)
    starts = np.array([section.start for section in view.sections], np.int64)
    section = np.searchsorted(starts, found.start, side="right") - 1
    kinds = np.array(
        [_SECTIONS.index(s.key) if s.key in _SECTIONS else 4 for s in view.sections], np.int64
    )
    korean = np.array([s.korean for s in view.sections], np.int64)
    places = np.where(kinds == 0, 0, 2 - korean)
    marks = marks_of(view.text)
    left, right = marks[found.start], marks[found.end + 1]
    opened, closed = opens(left), closes(right)
    later = (right & SPACE > 0) & (opens(marks[found.end + 2]) == _OPEN)
    title = view.sections[0]
    names = tables.names
    return Context(
        words=words,
        first=words.place[found.first],
        last=words.place[found.last],
        section=section,
        kind=kinds[section],
        place=places[section],
        left=left,
        right=right,
        named=(found.start == title.start) & (closed == _COLON),
        opened=opened,
        closed=closed,
        glossed=(opens(right) == _OPEN) | later,
        in_title=np.bincount(found.group, found.start < title.end)[found.group] > 0,
        types=np.array(
            [_types(names[form.folded]) if form.folded in names else 0 for form in found.forms],
            np.int64,
        ),
    )


@lru_cache(maxsize=1 << 8)
def _types(types: tuple[TermType, ...]) -> int:
    """Return types as bits."""
    return sum(1 << TYPES.index(type_) for type_ in types)


def _words(view: View) -> Words:
    kept = np.flatnonzero(view.tag_ids != _SPACE_TAG)
    place = np.zeros(len(view.tag_ids), np.int64)
    place[kept] = np.arange(len(kept))
    starts = np.array([section.start for section in view.sections], np.int64)
    begins = np.array(view.starts, np.int64)[kept]
    return Words(
        place=place,
        word=view.word_ids[kept],
        tag=view.tag_ids[kept],
        section=np.searchsorted(starts, begins, side="right") - 1,
    )


def keys_of(view: View, found: Candidates, around: Context) -> Ids:
    """Return the keys of each candidate's features: one row each, 0 for what is not there."""
    words, place = around.words, around.place
    column = Columns(len(found))
    ids = ids_of(found.forms)
    korean, case, length, chars = numbers_of(found.forms)
    count = np.minimum(length, 5)
    after = words.at(around.last + _AFTER, around.section, words.word)
    before = words.at(around.first - _BEFORE, around.section, words.word)
    next_tag = words.at(around.last + 1, around.section, words.tag)
    last_tag = words.at(around.first - 1, around.section, words.tag)
    glued = around.right & SPACE == 0
    for name in ("form", "last", "two", "first", "prefix", "shape"):
        column.add(ids[IDS.index(name)])
    for suffix in ids[IDS.index("suffix 2") : IDS.index("inner 0")]:
        column.add(suffix)
    column.add(np.where(around.last > around.first, words.word[around.last], np.uint64(0)))
    column.share(ids[IDS.index("inner 0") :])
    column.join(place, korean, count, case)
    column.join(found.edge, place, korean, np.minimum(count, 3))
    column.join(place, glued, after[0])
    column.join(place, after[1])
    column.join(place, before[0])
    column.join(around.types, np.where(around.types > 0, case, 0))
    column.join(np.minimum(found.often, 4), korean, around.named)
    column.join(np.minimum(found.often, 6), around.in_title)
    column.join(place, after[0], after[1])
    column.join(after[1], after[2])
    column.join(after[0], after[1], after[2])
    column.join(after[2])
    column.join(after[3])
    column.join(before[1])
    column.join(before[0], before[1])
    column.join(before[0], after[0], korean)
    column.join(_tags(words, around))
    column.join(next_tag, korean, place)
    column.join(last_tag, korean, place)
    column.join(around.kind, korean)
    column.join(around.opened, around.closed, korean, place)
    column.join(np.minimum(chars, 30) // 3, korean)
    in_sentence, near = _cues(view, found)
    for cue in in_sentence:
        column.join(place, where=cue)
    column.join(near, place)
    inside = around.opened == 1
    outside = words.at(around.first - 2, around.section, words.tag)
    column.join(korean, case, around.closed, outside, where=inside)
    _add_glosses(column, view, found, around, korean)
    return column.keys()


def _tags(words: Words, around: Context) -> Ids:
    """Join the tags of up to seven of a candidate's tokens into one number."""
    joined = np.zeros(len(around.first), np.uint64)
    rows = around.first + _TAG_RUN
    inside = rows <= around.last
    tags = words.tag[np.where(inside, rows, 0)]
    for here, tag in zip(inside, tags, strict=True):
        if not here.any():
            break
        joined = np.where(here, (joined ^ tag) * MIX + STEP, joined)
    return joined


def _cues(view: View, found: Candidates) -> tuple[NDArray[np.bool_], Ints]:
    """Tell which cues stand in the sentence of each candidate: a row for each cue; and which
    right after it: bits."""
    ends = [match.end() for match in _SENTENCE_END.finditer(view.text)]
    bounds = np.array([0, *ends, len(view.text)], np.int64)
    sentence = np.searchsorted(bounds[:-1], found.start, side="right") - 1
    reach = np.minimum(found.end + _NEAR, bounds[sentence + 1])
    # How many of each cue begin before an offset: a row for each cue.
    begun = np.zeros((len(CUES), len(view.text) + 1), np.int32)
    for row, cue in zip(begun, CUES, strict=True):
        row[[match.start() + 1 for match in cue.finditer(view.low)]] = 1
    begun.cumsum(axis=1, out=begun)
    of_sentence = np.diff(begun[:, bounds]) > 0
    follows = begun[:, reach] > begun[:, found.end]
    return of_sentence[:, sentence], (follows << _CUE_BITS).sum(axis=0)


def _add_glosses(
    column: Columns, view: View, found: Candidates, around: Context, korean: Ints
) -> None:
    """Add what stands in a parenthesis after a candidate, and how the two fit."""
    kind = np.zeros(len(found), np.int64)
    inner = np.zeros(len(found), np.uint64)
    for row in np.flatnonzero(around.glossed).tolist():
        match = _PARENTHESIS.match(view.text, int(found.end[row]))
        if match:
            start, end = int(found.start[row]), int(found.end[row])
            kind[row], inner[row] = _gloss(view.text[start:end], match[1])
    column.join(kind, korean, where=kind > 0)
    column.add(inner)


def _gloss(exact: str, gloss: str) -> tuple[int, int]:
    form = form_of(gloss)
    fits = abbreviates(gloss, exact)
    return 1 + form.case + 10 * form.korean + 20 * fits, form.id
