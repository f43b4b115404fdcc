"""The sentence around a mention, found by how sentences end."""

from __future__ import annotations

import re
from typing import Final

#: A stop before white space, one behind a Korean verb, and the end of a line.
_END: Final = re.compile(r"[.!?。](?=\s|\Z)|(?<=[다요])\.(?=[^\s.\d])|\n")
_ABBREVIATIONS: Final = frozenset(
    ("e.g", "i.e", "vs", "al", "cf", "approx", "Fig", "Eq", "No", "Sec", "Tab", "Dr", "Prof")
)
#: A sentence is looked for so far to both sides; what is longer is cut at a word.
_REACH: Final = 300


def sentence_at(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence begins and ends in which ``text[start:end]`` stands.

    White space at its ends is no part of it. It is cut where it goes on for more than some
    hundred characters before or behind.

    >>> text = "카이트(Kite)는 작습니다. It beats v2.0, e.g. on SkyBench. 끝."
    >>> first, last = sentence_at(text, 37, 45)
    >>> text[first:last]
    'It beats v2.0, e.g. on SkyBench.'
    """
    first, last = max(start - _REACH, 0), min(end + _REACH, len(text))
    cut_before, cut_behind = first > 0, last < len(text)
    for found in _END.finditer(text, first, min(start + 1, len(text))):
        if found.end() <= start and _ends(text, found):
            first, cut_before = found.end(), False
    for found in _END.finditer(text, end, min(last + 1, len(text))):
        if found.end() <= last and _ends(text, found):
            last, cut_behind = found.end(), False
            break
    if cut_before:
        first = _behind_space(text, first, start)
    if cut_behind:
        last = _before_space(text, end, last)
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def _ends(text: str, found: re.Match[str]) -> bool:
    """Tell whether a stop ends a sentence: that of an abbreviation or initial does not."""
    if found[0] != ".":
        return True
    before = text[max(found.start() - 8, 0) : found.start()].replace("\n", " ")
    word = before.rpartition(" ")[2].lstrip("([")
    initial = len(word) == 1 and word.isascii() and word.isupper()
    return not initial and word not in _ABBREVIATIONS


def _behind_space(text: str, first: int, start: int) -> int:
    place = text.find(" ", first, start)
    return first if place < 0 else place + 1


def _before_space(text: str, end: int, last: int) -> int:
    place = text.rfind(" ", end, last)
    return last if place < 0 else place
