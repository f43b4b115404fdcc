"""The text after ``Authors:`` -> names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.digest.characters import clean

#: One string of a Python list, in either kind of quotes; it is read by hand, since
#: evaluating what a file says, even as a literal, has no place here.
_QUOTED: Final = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_QUOTE: Final = re.compile("['\"]")
_LIST: Final = re.compile(r"""\[\s*['"]""")
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r"}
#: What stands for the names that a cut list leaves out.
_MORE: Final = re.compile(
    r"(?:\+\s*\d*|\.\.\.|…|et\.? al\.?)(?:\s*(?:more|others|authors))*", re.IGNORECASE
)
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_MAX_WORDS: Final = 7


def parse_authors(text: str) -> tuple[tuple[str, ...], bool]:
    """Read a list of authors, as names with commas or as a Python list.

    Returns:
        The names in their order, each once, and whether the list was cut ("+", "...").

    >>> parse_authors("Ann Lee, Bo  Kim, Ann Lee, +")
    (('Ann Lee', 'Bo Kim'), True)
    >>> parse_authors("['Ann Lee', \\"B. O'Hara\\"]")
    (('Ann Lee', "B. O'Hara"), False)
    """
    names: dict[str, None] = {}
    cut = False
    for piece in _pieces(text.strip()):
        name = " ".join(clean(piece).split())
        if _MORE.fullmatch(name):
            cut = True
            continue
        for ending in ("...", "…"):
            if name.endswith(ending):
                name, cut = name.removesuffix(ending).rstrip(), True
        if name:
            names[name] = None
    return tuple(names), cut


def goes_on(first: str, last: str, line: str) -> bool:
    """Tell whether *line* goes on with a list of authors.

    An open bracket or a comma says so; else the line must look like names: no Hangul
    and no long stretch of words between commas.

    Args:
        first: the list's first line.
        last: the line before *line*, perhaps the same.
        line: the line to judge.
    """
    last = last.rstrip()
    if first.lstrip().startswith("[") and not last.endswith("]"):
        return True
    if last.endswith(","):
        return True
    if _HANGUL.search(line):
        return False
    return all(len(piece.split()) <= _MAX_WORDS for piece in line.split(","))


def _pieces(text: str) -> Iterator[str]:
    if not _LIST.match(text):
        yield from text.removeprefix("[").removesuffix("]").split(",")
        return
    place = text.find("[") + 1
    while (start := _QUOTE.search(text, place)) is not None:
        found = _QUOTED.match(text, start.start())
        if found is None:  # a string without an end: all that follows is in it
            break
        yield _ESCAPE.sub(_unescape, found[1] if found[1] is not None else found[2])
        place = found.end()
    if not text.endswith("]"):
        yield "..."


def _unescape(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits is None:
        return _CONTROL.get(found[4], found[4])
    code = int(digits, 16)
    return chr(code) if code < 0x110000 else "\ufffd"
