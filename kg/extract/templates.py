"""What features mean, in words for people: a text for each column, in the columns' order.

Tests hold both tuples as long as the columns that ``features.keys_of`` and ``pairs.features``
make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kg.extract.candidates import LEFT, NAME, RIGHT, Candidates
from kg.extract.features import Context
from kg.extract.forms import INNER_WORDS, case_of
from kg.extract.tables import TYPES
from kg.extract.view import View
from kg.folding import fold, unbroken

_CUES: Final = ("evaluation", "a proposal", "training", "data", "scores")
#: How a form is written: the names of ``forms.CASES`` for people.
_CASES: Final = {
    "number": "a number", "caps-digit": "capitals and digits", "caps": "capitals",
    "camel": "capitals or digits within", "title": "a capital first",
    "titles": "capitals first", "lower": "lower case",
}  # fmt: skip

#: Columns of ``features.keys_of``; the names in braces are those of :func:`described`.
TEMPLATES: Final = (
    'form "{form}"',
    'last word "{last}"',
    'last words "{two}"',
    'first word "{first}"',
    'beginning "{prefix}"',
    'written like "{exact}"',
    *(f'ending "{{suffix{chars}}}"' for chars in (2, 3, 4)),
    'last token "{token}"',
    *(f'word "{{inner{place}}}"' for place in range(INNER_WORDS)),
    "{case}, {count}",
    "{edge}, {count}",
    'next word "{after0}"',
    'second word after "{after1}"',
    'word before "{before0}"',
    "{types}, {case}",
    "stands {often}, {named}",
    "stands {often}, {titled}",
    'next words "{after0} {after1}"',
    'next words "… {after1} {after2}"',
    'next words "{after0} {after1} {after2}"',
    'third word after "{after2}"',
    'fourth word after "{after3}"',
    'second word before "{before1}"',
    'words before "{before1} {before0}"',
    'words around it "{before0}" and "{after0}"',
    "parts of speech of its words",
    'part of speech of the next word "{after0}"',
    'part of speech of the word before "{before0}"',
    "section {section}",
    'mark before "{left}", after "{right}"',
    "{chars} characters",
    *(f"sentence speaks of {cue}" for cue in _CUES),
    "what is said right after it",
    'in brackets or quotes, before "{right}"',
    "fit of the parenthesis after it",
    "the parenthesis after it",
)

#: Columns of ``pairs.features``; empty for those that give no reason of their own.
PAIRS: Final = (
    *("", ""),
    "gloss in parentheses",
    "gloss after a word",
    "abbreviation",
    "glossed so elsewhere",
    "",
    "its words",
    "the same first words",
    "the same last words",
    "",
    "but for the noun of a class",
    "words in common",
    *("a translation", "a translation"),
    "spelt alike",
    *("",) * 12,
)


def described(view: View, found: Candidates, around: Context, row: int) -> dict[str, str]:
    """Return what the names in TEMPLATES stand for, of one candidate."""
    texts = [view.word(token) for token, tag in enumerate(view.tags) if tag != "SPACE"]
    form = found.forms[row]
    start, end = int(found.start[row]), int(found.end[row])
    exact = unbroken(view.text[start:end])
    words = exact.replace("-", " ").split() or [""]
    last = words[-1].lower()
    inner = [fold(word) for word in words[:-1][:INNER_WORDS]]
    types = [str(type_) for bit, type_ in enumerate(TYPES) if int(around.types[row]) >> bit & 1]
    return {
        "form": form.folded,
        "last": fold(words[-1]),
        "two": " ".join(words[-2:]),
        "first": fold(words[0]),
        "prefix": words[0].lower()[:3],
        "exact": exact,
        **{f"suffix{chars}": last[-chars:] for chars in (2, 3, 4)},
        "token": texts[int(around.last[row])],
        **{f"inner{n}": inner[n] if n < len(inner) else "" for n in range(INNER_WORDS)},
        "case": _CASES.get(case_of(exact), "Korean" if form.korean else "mixed"),
        "count": "1 word" if form.words == 1 else f"{form.words} words",
        "edge": _edge(int(found.edge[row])),
        "types": f"name table: {', '.join(types)}" if types else "in no name table",
        "often": "once" if found.often[row] == 1 else f"{found.often[row]} times",
        "named": "before the title's colon" if around.named[row] else "not the title's name",
        "titled": "in the title" if around.in_title[row] else "not in the title",
        "section": view.section_of(start).key,
        "left": view.text[max(start - 1, 0) : start].strip(),
        "right": view.text[end : end + 1].strip(),
        "chars": str(form.chars),
        **{f"after{n}": _word(texts, around, row, int(around.last[row]) + 1 + n) for n in range(4)},
        **{
            f"before{n}": _word(texts, around, row, int(around.first[row]) - 1 - n)
            for n in range(2)
        },
    }


def _word(texts: Sequence[str], around: Context, row: int, place: int) -> str:
    """Return a word's text; an ellipsis past the ends of the candidate's section."""
    inside = 0 <= place < len(texts) and around.words.section[place] == around.section[row]
    return texts[place] if inside else "…"


def _edge(edge: int) -> str:
    if edge == NAME:
        return "a name inside of words"
    if edge == LEFT | RIGHT:
        return "a whole run of words"
    return {LEFT: "begins a run of words", RIGHT: "ends a run of words"}.get(edge, "inside a run")
