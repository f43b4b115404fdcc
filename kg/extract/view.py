"""A Doc as plain lists, for the functions that find things in it.

A Doc holds one entry: its sections' texts, in order, joined by a line break.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kg.vocab import language_of

if TYPE_CHECKING:
    from spacy.tokens import Doc

SECTIONS: Final = "kg_sections"
#: The text that a Doc was made of; ``doc.text`` joins it from the tokens at each call.
TEXT: Final = "kg_text"
_VIEW: Final = "kg_view"
_DASHES: Final = str.maketrans("-‐‑‒–—_\n\t\u00a0", " " * 10)


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """Where a section's text stands in the Doc's; ``korean`` if it has Hangul."""

    key: str
    start: int
    end: int
    korean: bool


@dataclass(frozen=True, slots=True)
class View:
    """Text, tokens and sections of a Doc; ``low`` is the text in lower case, ``flat`` that with
    dashes as spaces, both of the same length; ``at`` finds a token by its start, ``until`` by
    its end. ``word_ids`` and ``tag_ids`` are hashes of the tokens' lower-case words and of
    their tags, as ``kg.extract.forms.id_of`` has them."""

    text: str
    low: str
    flat: str
    starts: list[int]
    ends: list[int]
    tags: list[str]
    at: dict[int, int]
    until: dict[int, int]
    sections: tuple[SectionSpan, ...]
    word_ids: NDArray[np.uint64]
    tag_ids: NDArray[np.uint64]

    def section_of(self, offset: int) -> SectionSpan:
        """Return the section that holds *offset*."""
        place = bisect.bisect_right(self.sections, offset, key=lambda section: section.start)
        return self.sections[max(place - 1, 0)]

    def word(self, token: int) -> str:
        """Return the text of a token, the empty string past either end."""
        if 0 <= token < len(self.starts):
            return self.text[self.starts[token] : self.ends[token]]
        return ""


def flatten(text: str) -> str:
    """Lower the case and turn dashes into spaces, character by character."""
    return _lowered(text).translate(_DASHES)


def _lowered(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):  # a few capitals have two small letters
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return low


def view_of(doc: Doc) -> View:
    """Return the Doc's view, made once; a Doc without sections is one section ``text``."""
    found: View | None = doc.user_data.get(_VIEW)
    if found is None:
        found = doc.user_data[_VIEW] = _make(doc)
    return found


def _make(doc: Doc) -> View:
    text: str = doc.user_data.get(TEXT) or doc.text
    places = doc.user_data.get(SECTIONS) or (("text", 0, len(text)),)
    strings = doc.vocab.strings
    # One array: a loop over tokens makes an object of each.
    tokens = doc.to_array(["IDX", "LENGTH", "TAG", "LOWER"])
    starts: list[int] = tokens[:, 0].tolist()
    ends: list[int] = (tokens[:, 0] + tokens[:, 1]).tolist()
    tags = tokens[:, 2].tolist()
    names = {tag: strings[tag] for tag in set(tags)}
    low = _lowered(text)
    return View(
        text=text,
        low=low,
        flat=low.translate(_DASHES),
        starts=starts,
        ends=ends,
        tags=[names[tag] for tag in tags],
        at={start: place for place, start in enumerate(starts)},
        until={end: place for place, end in enumerate(ends)},
        sections=tuple(
            SectionSpan(key, start, end, language_of(text[start:end]) == "ko")
            for key, start, end in places
        ),
        word_ids=tokens[:, 3].astype(np.uint64),
        tag_ids=tokens[:, 2].astype(np.uint64),
    )
