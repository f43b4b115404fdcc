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
from kg.extract.forms import IDS, form_of, id_of, ids_of
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
_SENTENCE_END: Final = re.compile(r"(?<=[가-힣])[.!?](?=\s)|(?<=[a-z)])[.!?](?=\s+[A-Z가-힣])|\n")
_OPENING: Final = "([\"'“‘"
_CLOSING: Final = ")]\"'”’:"
_PARENTHESIS: Final = re.compile(r"\s?\(([^()]{1,50})\)")
_SECTIONS: Final = ("title", "whats-new", "technical-details", "performance-highlights")
_TAG_RUN: Final = 7
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
    ``kind`` names them (title, What's New, …, others as 4); ``opened`` and ``closed`` tell
    of brackets or quotes right before and after, ``glossed`` of a parenthesis after.
    """

    words: Words
    first: Ints
    last: Ints
    section: Ints
    kind: Ints
    place: Ints
    named: NDArray[np.bool_]
    opened: Ints
    closed: Ints
    glossed: NDArray[np.bool_]
    in_title: Ints
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
    text = view.text
    begins, ends = found.start.tolist(), found.end.tolist()
    before = [text[start - 1 : start] for start in begins]
    after = [text[end : end + 2] for end in ends]
    title = view.sections[0]
    in_title = {f.folded for f, s in zip(found.forms, begins, strict=True) if s < title.end}
    names = tables.names
    return Context(
        words=words,
        first=words.place[found.first],
        last=words.place[found.last],
        section=section,
        kind=kinds[section],
        place=places[section],
        named=(found.start == title.start) & np.array([a[:1] == ":" for a in after], bool),
        opened=np.array([_OPENING.find(b) + 1 if b else 0 for b in before], np.int64),
        closed=np.array([_CLOSING.find(a[0]) + 1 if a else 0 for a in after], np.int64),
        glossed=np.array([a.lstrip()[:1] == "(" for a in after], bool),
        in_title=np.array([form.folded in in_title for form in found.forms], np.int64),
        types=np.array(
            [_types(names[form.folded]) if form.folded in names else 0 for form in found.forms],
            np.int64,
        ),
    )


@lru_cache(maxsize=1 << 8)
def _types(types: tuple[TermType, ...]) -> int:
    """Return types as bits."""
    return sum(1 << TYPES.index(type_) for type_ in types)


@lru_cache(maxsize=1 << 16)
def _word(text: str) -> int:
    return id_of(text.lower())


@lru_cache(maxsize=256)
def _tag(tag: str) -> int:
    return id_of(tag)


def _words(view: View) -> Words:
    kept = [token for token, tag in enumerate(view.tags) if tag != "SPACE"]
    place = np.zeros(len(view.tags), np.int64)
    place[kept] = np.arange(len(kept))
    begins = [view.starts[token] for token in kept]
    text = view.text
    starts = np.array([section.start for section in view.sections], np.int64)
    return Words(
        place=place,
        word=np.array(
            [_word(text[b : view.ends[t]]) for b, t in zip(begins, kept, strict=True)], np.uint64
        ),
        tag=np.array([_tag(view.tags[token]) for token in kept], np.uint64),
        section=np.searchsorted(starts, np.array(begins, np.int64), side="right") - 1,
    )


def keys_of(view: View, found: Candidates, around: Context) -> Ids:
    """Return the keys of each candidate's features: one row each, 0 for what is not there."""
    words, forms = around.words, found.forms
    column = Columns(len(forms))
    ids = ids_of(forms)
    own = np.array([(f.korean, f.case, f.words, f.chars) for f in forms], np.int64)
    korean, case, count, chars = own[:, 0], own[:, 1], np.minimum(own[:, 2], 5), own[:, 3]
    place = around.place
    after = words.at(around.last + _AFTER, around.section, words.word)
    before = words.at(around.first - _BEFORE, around.section, words.word)
    next_tag = words.at(around.last + 1, around.section, words.tag)
    last_tag = words.at(around.first - 1, around.section, words.tag)
    glued = _glued(view, found)
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
    for cue in range(len(CUES)):
        column.join(place, where=in_sentence[:, cue] > 0)
    column.join(near @ (1 << np.arange(len(CUES))), place)
    inside = around.opened == 1
    outside = words.at(around.first - 2, around.section, words.tag)
    column.join(korean, case, around.closed, outside, where=inside)
    _add_glosses(column, view, found, around, korean)
    return column.keys()


def _glued(view: View, found: Candidates) -> Ints:
    """Tell whether the next token follows without a space."""
    return np.array(
        [not view.text[end : end + 1].isspace() for end in found.end.tolist()], np.int64
    )


def _tags(words: Words, around: Context) -> Ids:
    """Join the tags of up to seven of a candidate's tokens into one number."""
    joined = np.zeros(len(around.first), np.uint64)
    for step in range(_TAG_RUN):
        rows = around.first + step
        inside = rows <= around.last
        tags = words.tag[np.where(inside, rows, 0)]
        joined = np.where(inside, (joined ^ tags) * MIX + STEP, joined)
    return joined


def _cues(view: View, found: Candidates) -> tuple[Ints, Ints]:
    """Tell, for each candidate and cue, whether it stands in the sentence, and right after."""
    ends = [match.end() for match in _SENTENCE_END.finditer(view.text)]
    starts = np.array([0, *ends], np.int64)
    stops = np.array([*ends, len(view.text)], np.int64)
    sentence = np.searchsorted(starts, found.start, side="right") - 1
    in_sentence = np.zeros((len(found), len(CUES)), np.int64)
    near = np.zeros((len(found), len(CUES)), np.int64)
    reach = np.minimum(found.end + _NEAR, stops[sentence])
    for number, cue in enumerate(CUES):
        at = np.array([match.start() for match in cue.finditer(view.text)], np.int64)
        count = np.searchsorted(at, starts), np.searchsorted(at, stops)
        in_sentence[:, number] = (count[1] - count[0] > 0)[sentence]
        near[:, number] = np.searchsorted(at, reach) > np.searchsorted(at, found.end)
    return in_sentence, near


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
