"""Which words of Korean and Latin terms mean the same, and which forms gloss which.

Made by ``kg.training`` from glosses in digests (``확산 모델(diffusion model)``) and the table
of Korean terms; words and pairs are kept as hashes only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.forms import id_of
from kg.vocab import language_of

_CUT: Final = re.compile(r"[\s\-‐-―_/]+")
#: What a word of the same sound counts at least: transliterations (``디퓨전``).
SOUNDS_ALIKE: Final = 0.6
_MASK: Final = (1 << 64) - 1
#: An odd 64-bit constant of the golden ratio.
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
#: Words of fewer consonants sound like too many others.
_MIN_SOUNDS: Final = 2
_INITIALS: Final = str.split("g kk n d tt r m b pp s ss - j jj ch k t p h")
_MEDIALS: Final = str.split("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
_FINALS: Final = str.split("- k k k n n n t l l l l l l l l m p p t t ng t t k t p t")
#: Consonants that Hangul does not tell apart in foreign words, as one.
_SOUNDS: Final = (
    ("ch", "s"), ("sh", "s"), ("th", "s"), ("ph", "p"), ("f", "p"), ("x", "ks"), ("j", "s"),
    ("q", "k"), ("ng", "n"),
)  # fmt: skip
_ALIKE: Final = str.maketrans("bgdzvlc", "pktsprk")
_VOWELS: Final = re.compile(r"[aeiouyw\W\d]+")
_TWICE: Final = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``words`` maps a pair of words to how surely one means the other, in (0, 1];
    ``glosses`` a pair of folded forms to how many entries gloss one by the other."""

    words: Mapping[int, float]
    glosses: Mapping[int, int]

    def glossed_among(self, forms: Sequence[str]) -> dict[tuple[int, int], int]:
        """Return how many entries gloss one folded form by another: by places in *forms*,
        the lower first, only those that any does."""
        ids = np.array([_id(form) for form in forms], np.uint64)
        pairs = (ids[:, None] * _STEP) ^ ids
        found: dict[tuple[int, int], int] = {}
        for place, pair in enumerate(pairs.ravel().tolist()):
            if pair in self.glosses:
                one, other = divmod(place, len(forms))
                key = min(one, other), max(one, other)
                found[key] = found.get(key, 0) + self.glosses[pair]
        return found

    def shares(self, korean: Sequence[str], latin: Sequence[str]) -> NDArray[np.float64]:
        """Return how surely each Korean word (a row) means each Latin word (a column).

        A word that writes the other by its sound, so that the consonants agree, counts
        SOUNDS_ALIKE; Hangul may leave one out, as the r of ``트랜스포머`` (transformer).

        >>> Lexicon({}, {}).shares(["디퓨전", "모델"], ["diffusion", "method"]).tolist()
        [[0.6, 0.0], [0.0, 0.0]]
        """
        ours = np.array([_id(word) for word in korean], np.uint64)
        theirs = np.array([_id(word) for word in latin], np.uint64)
        pairs = ((ours[:, None] * _STEP) ^ theirs).ravel().tolist()
        known = [self.words.get(pair, 0.0) for pair in pairs]
        found = np.array(known, np.float64).reshape(len(ours), len(theirs))
        spoken: dict[str, list[int]] = {}
        for row, word in enumerate(korean):
            if language_of(word) == "ko":
                spoken.setdefault(_spoken(word), []).append(row)
        for column, word in enumerate(latin):
            if len(word) > 3 and len(sound := _skeleton(word)) >= _MIN_SOUNDS:
                for row in spoken.get(sound, ()):
                    found[row, column] = max(found[row, column], SOUNDS_ALIKE)
        places = {word: row for row, word in enumerate(korean)}
        for column, word in enumerate(latin):
            if word in places:
                found[places[word], column] = 1.0
        return found


def words_of(form: str) -> list[str]:
    """Cut a form into words in lower case, a plural s taken off.

    >>> words_of("Vision-Language Models")
    ['vision', 'language', 'model']
    """
    return [_singular(word) for word in _CUT.split(form.lower()) if word]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=1 << 16)
def _id(text: str) -> int:
    return id_of(text)


def pair_id(one: str, other: str) -> int:
    """Return a hash of an ordered pair."""
    return (_id(one) * int(_STEP) ^ _id(other)) & _MASK


@lru_cache(maxsize=1 << 15)
def _spoken(korean: str) -> str:
    return _skeleton(_romanized(korean))


def _romanized(word: str) -> str:
    letters = []
    for char in word:
        place = ord(char) - 0xAC00
        if 0 <= place < 11_172:
            parts = _INITIALS[place // 588], _MEDIALS[place // 28 % 21], _FINALS[place % 28]
            letters += [part for part in parts if part != "-"]
        else:
            letters.append(char)
    return "".join(letters)


@lru_cache(maxsize=1 << 15)
def _skeleton(word: str) -> str:
    word = word.lower()
    for sound, same in _SOUNDS:
        word = word.replace(sound, same)
    return _TWICE.sub(r"\1", _VOWELS.sub("", word.translate(_ALIKE)))
