"""Finds the stretches of text that could be a term: runs of nouns and Latin words.

A run is cut into words at spaces, at changes of script (``LLM기반``) and before a suffix
such as ``-based``; every stretch of up to six words of a run is a candidate. Which of them
are terms is decided in ``kg.extract.evidence`` and ``kg.extract.choice``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kg.extract.view import SectionSpan, View


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_WORDS: Final = 6
MAX_CHARS: Final = 100

_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "SN", "XPN", "XR", "XSN", "SH", "W_SERIAL"})
#: Kiwi reads 자기 ("self") as a pronoun, as it mostly is outside of terms.
_NOUN_WORDS: Final = frozenset({"자기"})
_NOT_NOUNS: Final = frozenset({"들", "등", "및"})
_DASHES: Final = frozenset("-‐‑–")
SUFFIXES: Final = _words(
    "based like style guided driven aware oriented powered enabled free specific level "
    "centric inspired enhanced augmented related style-based assisted agnostic"
)
STOP_WORDS: Final = _words(
    "a an and are as at be by can do does for from has have how if in into is it its more no not "
    "of on onto or our over than that the their these they this through to toward towards under "
    "up upon using via was we what when where which while who why will with within without "
    "you your all any every need needs but also both between beyond across during let make makes "
    "making meets improving enhancing exploring understanding rethinking revisiting introducing "
    "scaling unlocking enabling leveraging building evaluating advancing new novel"
)


Words = list[tuple[int, int]]  # first token and the one after the last


def runs(view: View) -> Iterator[tuple[SectionSpan, Words]]:
    """Yield each run's words with its section, in order."""
    token = 0
    for section in view.sections:
        words: Words = []
        while token < len(view.starts) and view.starts[token] < section.end:
            if not _is_noun(view, token):
                if words and not _is_joint(view, token):
                    yield section, words
                    words = []
            elif not words:
                words = [(token, token + 1)]
            elif _same_word(view, words[-1][1] - 1, token):
                words[-1] = (words[-1][0], token + 1)
            else:
                words.append((token, token + 1))
            token += 1
        if words:
            yield section, words


def stretches(view: View, words: Words) -> Iterator[tuple[int, int]]:
    """Yield each candidate of a run as places in *words*, half open."""
    for first in range(len(words)):
        start = view.starts[words[first][0]]
        for last in range(first, min(first + MAX_WORDS, len(words))):
            if view.ends[words[last][1] - 1] - start > MAX_CHARS:
                break
            yield first, last + 1


def _is_noun(view: View, token: int) -> bool:
    tag, word = view.tags[token], view.word(token)
    if tag == "SL":
        return word.lower() not in STOP_WORDS or _hyphenated(view, token)
    return (tag in _NOUNS and word not in _NOT_NOUNS) or word in _NOUN_WORDS


def _hyphenated(view: View, token: int) -> bool:
    """Tell whether a word hangs on others, as the middle of ``text-to-image`` does."""
    start, end = view.starts[token], view.ends[token]
    return view.text[start - 1 : start] in _DASHES or view.text[end : end + 1] in _DASHES


def _is_joint(view: View, token: int) -> bool:
    """Tell whether a token is a dash that holds two parts of a word together."""
    return (
        view.word(token) in _DASHES
        and token + 1 < len(view.starts)
        and view.starts[token] == view.ends[token - 1]
        and view.starts[token + 1] == view.ends[token]
        and _is_noun(view, token + 1)
    )


def _same_word(view: View, before: int, token: int) -> bool:
    if view.starts[token] == view.ends[before]:  # glued: one word unless the script changes
        return (view.tags[before] in ("SL", "SN")) == (view.tags[token] in ("SL", "SN"))
    return (
        token - before == 2
        and view.word(before + 1) in _DASHES
        and view.starts[token] == view.ends[token - 1]
        and view.starts[token - 1] == view.ends[before]
        and view.word(token).lower() not in SUFFIXES
    )
