"""Finds what abbreviations stand for where texts say so, beside what extraction found.

An abbreviation is the name of many things. ``Attention Sharing across Timesteps (AST)`` says
that this one is no syntax tree, also where only ``AST`` was found to be a term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from kg.folding import abbreviates
from kg.model import ExtractedDigest, Term

#: Mentions of one abbreviation that are looked at; texts say it where it comes first.
_MOST_MENTIONS: Final = 200
_MOST_WORDS: Final = 10
_AROUND: Final = 120
_ABBREVIATION: Final = re.compile(r"(?=[^A-Z]{0,8}[A-Z][^A-Z]{0,8}[A-Z])[A-Za-z0-9-]{2,8}")
_OPENED: Final = re.compile(r"\s?[(（]\s?['\"‘“]?\Z")
_GLOSS: Final = re.compile(r"['\"’”]?\s?[(（]([^()（）,;]{3,100})")
_WORD: Final = re.compile(r"[^\s'\"‘’“”]+")
_BREAK: Final = re.compile(r"[()（）,;:]|[.!?]\s")
_QUOTES: Final = " '\"‘’“”"

#: Texts of sections by digest, entry and section.
Texts = Mapping[tuple[str, str, str], str]


def texts_of(digests: Iterable[ExtractedDigest]) -> Texts:
    """Return the texts of all sections; they are shared with the digests, not copied."""
    return {
        (one.digest.key, extracted.entry.key, section.key): section.text
        for one in digests
        for extracted in one.entries
        for section in extracted.entry.sections
    }


def long_forms(term: Term, texts: Texts) -> tuple[str, ...]:
    """Return what the texts around a term's mentions write its abbreviations out as, sorted."""
    found: set[str] = set()
    for ref in term.mentions[:_MOST_MENTIONS]:
        text = texts[ref.digest, ref.entry, ref.section]
        short = text[ref.start : ref.end]
        if _ABBREVIATION.fullmatch(short):
            found.update(_before(text, ref.start, short), _after(text, ref.end, short))
    return tuple(sorted(found))


def _before(text: str, start: int, short: str) -> list[str]:
    """Return words before a parenthesis that an abbreviation opens: each run that fits it.

    >>> _before("with Attention Sharing across Timesteps (AST)", 41, "AST")
    ['Attention Sharing across Timesteps', 'across Timesteps']
    """
    before = text[max(0, start - _AROUND) : start]
    opened = _OPENED.search(before)
    if not opened:
        return []
    before = _BREAK.split(before[: opened.start()])[-1]
    words = [word.start() for word in _WORD.finditer(before)][-_MOST_WORDS:]
    forms = [before[place:].strip(_QUOTES) for place in words]
    return [form for form in forms if abbreviates(short, form)]


def _after(text: str, end: int, short: str) -> list[str]:
    """Return what stands in a parenthesis after an abbreviation.

    >>> _after("AST(Abstract Syntax Tree)", 3, "AST")
    ['Abstract Syntax Tree']
    """
    gloss = _GLOSS.match(text, end, end + _AROUND)
    form = gloss[1].strip(_QUOTES) if gloss else ""
    return [form] if form and abbreviates(short, form) else []
