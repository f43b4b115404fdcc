"""Which letters of a name are those that were looked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from kg.link.keys import key
from kg.web.names.words import words_of

_LONGEST: Final = 1_000
#: Shorter words are marked where a word starts only.
_INSIDE: Final = 3
Pieces = tuple[tuple[str, bool], ...]


@lru_cache(maxsize=4_096)
def marked(text: str, sought: str) -> Pieces:
    """Cut a name into pieces, each with whether it was looked for.

    >>> marked("FlashAttention-2", "flash attention")
    (('FlashAttention', True), ('-2', False))
    >>> marked("심층 강화학습", "강화 학습"), marked("LoRA", "MMLU")
    ((('심층 ', False), ('강화학습', True)), (('LoRA', False),))
    """
    folded, places, starts = _folded(text[:_LONGEST])
    spans = list(_spans(folded, starts, sought))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for first, last in _merged((places[start], places[stop - 1] + 1) for start, stop in spans):
        if first > end:
            pieces.append((text[end:first], False))
        pieces.append((text[first:last], True))
        end = last
    if end < len(text):
        pieces.append((text[end:], False))
    return tuple(pieces)


def _folded(text: str) -> tuple[str, list[int], set[int]]:
    """Return the letters and digits in small letters, the place of each, and where words start."""
    folded: list[str] = []
    places: list[int] = []
    starts: set[int] = set()
    before = " "
    for place, character in enumerate(text):
        for one in unicodedata.normalize("NFKC", character).casefold():
            if one.isalnum() or one in "+*#":
                if not before.isalnum() or (before.islower() and character.isupper()):
                    starts.add(len(folded))
                folded.append(one)
                places.append(place)
        before = character
    return "".join(folded), places, starts


def _spans(folded: str, starts: set[int], sought: str) -> Iterable[tuple[int, int]]:
    whole = key(sought[:_LONGEST])
    place = _place(folded, starts, whole)
    if place is not None:
        yield place, place + len(whole)
        return
    for word in words_of(sought):
        place = _place(folded, starts, word)
        if place is not None:
            yield place, place + len(word)


def _place(folded: str, starts: set[int], sought: str) -> int | None:
    """Return where something stands, at the start of a word if it stands at one."""
    place = first = folded.find(sought) if sought else -1
    while place >= 0:
        if place in starts:
            return place
        place = folded.find(sought, place + 1)
    inside = len(sought) >= _INSIDE or (len(sought) > 1 and not sought.isascii())
    return first if first >= 0 and inside else None


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
