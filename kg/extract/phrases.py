"""Finds the stretches of text that could be a term: runs of nouns and Latin words.

A run is cut into words at spaces, at changes of script (``LLM기반``) and before a suffix
such as ``-based``; every stretch of up to six words of a run is a candidate. Which of them
are terms is decided in ``kg.extract.scorer`` and ``kg.extract.choice``.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Final

from kg.extract.view import View


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_WORDS: Final = 6
MAX_CHARS: Final = 100

_NOUNS: Final = frozenset({"NNG", "NNP", "SL", "SN", "XPN", "XR", "XSN", "SH", "W_SERIAL"})
#: Kiwi reads 자기 ("self") as a pronoun, as it mostly is outside of terms.
_NOUN_WORDS: Final = frozenset({"자기"})
_NOT_NOUNS: Final = frozenset({"들", "등", "및"})
_DASHES: Final = frozenset("-‐‑–")
_BREAK: Final = "\n"
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


def runs(view: View) -> Iterator[Words]:
    """Yield each run's words, in order; none crosses the end of a section."""
    texts = [view.text[start:end] for start, end in zip(view.starts, view.ends, strict=True)]
    nouns = [_is_noun(view, token, tag, texts[token]) for token, tag in enumerate(view.tags)]
    first = 0
    for section in view.sections:
        words: Words = []
        stop = bisect.bisect_left(view.starts, section.end, lo=first)
        for token in range(first, stop):
            if not nouns[token]:
                if words and not _is_joint(view, texts, nouns, token):
                    yield words
                    words = []
            elif words and _same_word(view, texts, words[-1][1] - 1, token):
                words[-1] = (words[-1][0], token + 1)
            else:
                words.append((token, token + 1))
        first = stop
        if words:
            yield words


def stretches(view: View, words: Words) -> Iterator[tuple[int, int, int, int]]:
    """Yield each candidate of a run: its offsets, and its places in *words*, half open."""
    begins = [view.starts[first] for first, _ in words]
    ends = [view.ends[last - 1] for _, last in words]
    for first, start in enumerate(begins):
        for last in range(first, min(first + MAX_WORDS, len(words))):
            if ends[last] - start > MAX_CHARS:
                break
            yield start, ends[last], first, last + 1


def _is_noun(view: View, token: int, tag: str, word: str) -> bool:
    if tag == "SL":
        return word.lower() not in STOP_WORDS or _hyphenated(view, token)
    return (tag in _NOUNS and word not in _NOT_NOUNS) or word in _NOUN_WORDS


def _hyphenated(view: View, token: int) -> bool:
    """Tell whether a word hangs on others, as the middle of ``text-to-image`` does."""
    start, end = view.starts[token], view.ends[token]
    return view.text[start - 1 : start] in _DASHES or view.text[end : end + 1] in _DASHES


def _is_joint(view: View, texts: Sequence[str], nouns: Sequence[bool], token: int) -> bool:
    """Tell whether a dash, or the end of a line right after it, holds parts of a word together."""
    dash = token - 1 if texts[token] == _BREAK else token
    if dash < 1 or texts[dash] not in _DASHES:
        return False
    after = dash + 1 + (texts[dash + 1 : dash + 2] == [_BREAK])
    return after < len(nouns) and nouns[after] and _are_glued(view, dash - 1, after)


def _same_word(view: View, texts: Sequence[str], before: int, token: int) -> bool:
    if not _are_glued(view, before, token):
        return False
    if token - before == 1:  # one word unless the script changes
        return (view.tags[before] in ("SL", "SN")) == (view.tags[token] in ("SL", "SN"))
    dash, *rest = texts[before + 1 : token]
    return dash in _DASHES and rest in ([], [_BREAK]) and texts[token].lower() not in SUFFIXES


def _are_glued(view: View, before: int, token: int) -> bool:
    """Tell whether nothing stands between two tokens but marks of one character each."""
    return view.starts[token] - view.ends[before] == token - before - 1
