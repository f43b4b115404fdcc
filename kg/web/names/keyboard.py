"""What was typed while the keyboard was in the other script: ``xmfostmvhaj`` for 트랜스포머.

The letters of the standard Korean keyboard (두벌식, KS X 5002), in the order of Unicode.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

# As lists of forty strings they would be hard to read.
_FIRST: Final = "r R s e E f a q Q t T d w W c z x v g".split()  # noqa: SIM905
_VOWELS: Final = "k o i O j p u P h hk ho hl y n nj np nl b m ml l".split()  # noqa: SIM905
_ENDS: Final = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".split()  # noqa: SIM905
_LAST: Final = ["", *_ENDS]
#: The same letters where they stand alone, from U+3131 and from U+314F.
_ALONE: Final = (
    "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g".split()  # noqa: SIM905
)
_SYLLABLE: Final = 0xAC00
_CONSONANT, _VOWEL = 0x3131, 0x314F
_LONGEST: Final = 100


def to_latin(text: str) -> str:
    """Return what the keys of a Korean text write in Latin letters.

    >>> to_latin("ㅡㅡㅣㅕ"), to_latin("ㅣㅐㄱㅁ 2"), to_latin("MMLU")
    ('mmlu', 'lora 2', 'MMLU')
    """
    return "".join(map(_keys, text))


def _keys(character: str) -> str:
    code = ord(character) - _SYLLABLE
    if 0 <= code < 11_172:
        first, rest = divmod(code, 588)
        vowel, last = divmod(rest, 28)
        return _FIRST[first] + _VOWELS[vowel] + _LAST[last]
    for start, keys in ((_CONSONANT, _ALONE), (_VOWEL, _VOWELS)):
        if 0 <= ord(character) - start < len(keys):
            return keys[ord(character) - start]
    return character


def to_hangul(text: str) -> str | None:
    """Return what the keys of a Latin text write in Korean; None if that is no syllables.

    >>> to_hangul("xmfostmvhaj"), to_hangul("rkdghk gkrtmq"), to_hangul("lora")
    ('트랜스포머', '강화 학습', None)
    """
    if len(text) > _LONGEST or not text.replace(" ", "").isalpha() or not text.isascii():
        return None
    words = [_syllables(word) for word in text.split(" ")]
    return None if None in words else " ".join(filter(None, words))


def _syllables(word: str) -> str | None:
    """Put the keys of a word together: a consonant goes with the vowel that follows it."""
    keys = [key if key in _FIRST or key in _VOWELS else key.lower() for key in word]
    starts = [
        place
        for place, (key, following) in enumerate(pairwise([*keys, ""]))
        if key in _FIRST and following in _VOWELS
    ]
    if not starts or starts[0] != 0:
        return None
    made = []
    for start, end in pairwise([*starts, len(keys)]):
        syllable = _syllable(keys[start], "".join(keys[start + 1 : end]))
        if syllable is None:
            return None
        made.append(syllable)
    return "".join(made)


def _syllable(first: str, rest: str) -> str | None:
    for length in (2, 1):  # two keys may be one vowel
        vowel, last = rest[:length], rest[length:]
        if len(vowel) == length and vowel in _VOWELS and last in _LAST:
            code = _FIRST.index(first) * 588 + _VOWELS.index(vowel) * 28 + _LAST.index(last)
            return chr(_SYLLABLE + code)
    return None


def without_last(text: str) -> str:
    """Take the last consonant off a text that may be the first of a syllable to come.

    >>> without_last("트랜슾"), without_last("트랜스"), without_last("MMLU")
    ('트랜스', '트랜스', 'MMLU')
    """
    code = ord(text[-1]) - _SYLLABLE if text else -1
    if not 0 <= code < 11_172:
        return text
    return text[:-1] + chr(ord(text[-1]) - code % 28)
