r"""The text of a query with its codepoint escapes decoded, and the way back to what was sent.

SPARQL 1.1 section 19.2 decodes ``\uXXXX`` and ``\UXXXXXXXX`` before anything else is read,
so ``\u0053ERVICE`` is the keyword SERVICE. Oxigraph decodes them in strings and IRIs only.
Both agree on what is done here: escapes of characters that names and keywords are made of
are decoded everywhere; all others stay, as only a string or an IRI can hold them, and there
the store's parser decodes them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from kg.errors import QuerySyntaxError

#: PN_CHARS_BASE of the grammar, as the inside of a character class.
LETTERS: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff"
    "\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
    "\U00010000-\U000effff"
)
#: What PN_CHARS_U, VARNAME and PN_CHARS add to the letters.
WORD_CHARS: Final = LETTERS + "_0-9\u00b7\u0300-\u036f\u203f-\u2040"
NAME_CHARS: Final = WORD_CHARS + "-"

_NAME_CHAR = re.compile(f"[{NAME_CHARS}:]")
#: The last choice eats the second half of ``\\``, so that ``\\u0041`` is no escape.
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|.)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded text; offsets are code points.

    ``ends`` and ``lengths`` list the decoded escapes: the offset after each in ``text``,
    and how much longer ``original`` is up to there.
    """

    text: str
    original: str
    ends: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()

    def position(self, offset: int) -> tuple[int, int]:
        r"""Return line and column in the original, from 1, of an offset in ``text``.

        >>> decode("\\u0041SK\n{ ?").position(6)
        (2, 3)
        """
        found = bisect_right(self.ends, offset)
        place = offset + (self.lengths[found - 1] if found else 0)
        line, start = 1, 0
        for end in _LINE_END.finditer(self.original, 0, place):
            line, start = line + 1, end.end()
        return line, place - start + 1

    def error(self, offset: int, message: str) -> QuerySyntaxError:
        """Make the error that says what is wrong at an offset in ``text``."""
        line, column = self.position(offset)
        return QuerySyntaxError(f"query:{line}:{column}: {message}", line, column)


def decode(text: str) -> Source:
    r"""Decode the codepoint escapes of names and keywords.

    Raises:
        QuerySyntaxError: the text has a lone surrogate, which no encoding can carry.

    >>> decode("ASK { ?\\u0073 ?p '\\u0022' }").text
    "ASK { ?s ?p '\\u0022' }"
    """
    surrogate = _SURROGATE.search(text)
    if surrogate:
        raise Source(text, text).error(
            surrogate.start(), f"{surrogate[0]!r} is half a character; expected Unicode text"
        )
    if "\\u" not in text and "\\U" not in text:
        return Source(text, text)
    parts: list[str] = []
    ends: list[int] = []
    lengths: list[int] = []
    copied = saved = 0
    for escape in _ESCAPE.finditer(text):
        char = _decoded(escape)
        if char is None:
            continue
        parts += text[copied : escape.start()], char
        copied = escape.end()
        saved += len(escape[0]) - 1
        ends.append(copied - saved)
        lengths.append(saved)
    parts.append(text[copied:])
    return Source("".join(parts), text, tuple(ends), tuple(lengths))


def _decoded(escape: re.Match[str]) -> str | None:
    digits = escape[1] or escape[2]
    if digits is None or int(digits, 16) > 0x10FFFF:
        return None
    char = chr(int(digits, 16))
    return char if _NAME_CHAR.match(char) else None
