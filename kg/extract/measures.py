"""Finds phrases that name a measure in Korean and gives them their English name.

``추론 속도`` is ``inference speed``: words of ``measures.tsv`` in a row, the last one a head.
Korean measures are words of everyday language, which no list of names holds; the claims of a
paper are about them all the same (speed, memory, cost).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

#: No phrase has more words.
_MAX_WORDS: Final = 5
#: Between two words of a phrase; Latin words that may stand in it ("GPU 메모리", "top-1 정확도").
_GAP: Final = re.compile(r"\s?")
_GAP_OF: Final = re.compile(r"(?:의?\s)?")
_LATIN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9@+-]{0,14}\s\Z")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of measures: its English, whether it may end a phrase, be one without a
    modifier, and have other words of the table before or after it."""

    english: str
    head: bool
    bare: bool
    joins: bool

    @classmethod
    def of(cls, english: str, part: str) -> Word:
        """Make a word of a row of the table."""
        return cls(english, part != "modifier", part in ("head-bare", "alone"), part != "alone")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that names a measure; ``words`` is how many words of the table it has."""

    start: int
    end: int
    name: str
    words: int


class MeasureFinder:
    """The table as a pattern of all its words, the longest first."""

    def __init__(self, words: Mapping[str, Word]) -> None:
        self._words = words
        longest = sorted(words, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    def phrases(self, text: str, start: int, end: int) -> Iterator[Phrase]:
        """Yield the phrases between two offsets, and what remains of each without its
        modifiers; a phrase starts where a word of the text does."""
        chain: list[re.Match[str]] = []
        for match in self._pattern.finditer(text, start, end):
            if chain and (
                len(chain) == _MAX_WORDS
                or not self._joins(chain[-1], match)
                or not self._gap(chain[-1]).fullmatch(text, chain[-1].end(), match.start())
            ):
                yield from self._read(text, start, chain)
                chain = []
            if chain or match.start() == start or not _is_hangul(text[match.start() - 1]):
                chain.append(match)
        if chain:
            yield from self._read(text, start, chain)

    def name(self, text: str) -> str | None:
        """Return the English name of a form that is one phrase from end to end."""
        for phrase in self.phrases(text, 0, len(text)):
            if phrase.start == 0 and phrase.end == len(text):
                return phrase.name
        return None

    def _joins(self, before: re.Match[str], word: re.Match[str]) -> bool:
        return self._words[before[0]].joins and self._words[word[0]].joins

    def _gap(self, before: re.Match[str]) -> re.Pattern[str]:
        return _GAP if self._words[before[0]].head else _GAP_OF

    def _read(self, text: str, start: int, chain: list[re.Match[str]]) -> Iterator[Phrase]:
        while chain and not self._words[chain[-1][0]].head:
            chain.pop()
        for first in range(len(chain)):
            words = [self._words[match[0]] for match in chain[first:]]
            if len(words) == 1 and not words[0].bare:
                continue
            begin = chain[first].start()
            english = [word.english for word in words if word.english]
            yield Phrase(begin, chain[-1].end(), " ".join(english), len(words))
            if first == 0 and (latin := _LATIN.search(text, max(start, begin - 16), begin)):
                name = " ".join([latin[0].strip(), *english])
                yield Phrase(latin.start(), chain[-1].end(), name, len(words) + 1)


def _is_hangul(char: str) -> bool:
    return "가" <= char <= "힣"
