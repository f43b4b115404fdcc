"""Accept a short and ordinary query at a glance, without reading it token by token.

What is looked at proves that no limit can be passed and nothing can reach out, whatever
the tokens are. A text that passes and is no query is the store's to refuse; one that does
not pass is read in full (see ``guard``).

Why that is so: without a backslash no keyword hides in an escape, and without the letters
of SERVICE and LOAD there is none. Brackets nest no deeper than there are any. The prologue
has nothing that counts. And what counts after it, patterns and operators, are tokens, of
which there are at most as many as what ``_ATOM`` matches: no two tokens start in one match,
but after the ``@`` of a language tag, which ends in the middle of a word (``@en5:b``). A
test compares the two ways.
"""

from __future__ import annotations

import re
from typing import Final

#: Longer texts have too many tokens anyway.
_LONGEST: Final = 4_000
_GAP = r"[ \t\r\n]*+"
#: The prologue, without comments, and the form; what follows ends the keyword.
_START: Final = re.compile(
    rf"\A{_GAP}(?:(?:PREFIX[ \t\r\n]++(?:[A-Z][A-Z0-9_-]*+)?+:|BASE){_GAP}"
    rf'<[^<>"{{}}|^`\\\x00-\x20]*+>{_GAP})*+'
    r"(SELECT|ASK|CONSTRUCT|DESCRIBE)(?=[ \t\r\n*?$({<])",
    re.IGNORECASE | re.ASCII,
)
#: A variable, a word or prefixed name, a number, or any other sign.
_ATOM: Final = re.compile(r"[?$]\w++|[A-Za-z_]\w*+:?\w*+|\d++|[^\w\s]", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def quick_form(text: str, *, tokens: int, brackets: int) -> str | None:
    """Tell the form of a query that surely has at most so many tokens and brackets.

    Args:
        tokens: most tokens after the prologue.
        brackets: most brackets of all kinds that open.

    Returns:
        SELECT, ASK, CONSTRUCT or DESCRIBE; None where only a full reading can tell.

    >>> quick_form("SELECT ?s { ?s ?p ?o }", tokens=10, brackets=2)
    'SELECT'
    >>> quick_form("SELECT ?s { SERVICE ?s {} }", tokens=10, brackets=2)
    """
    if len(text) > _LONGEST or "\\" in text:
        return None
    start = _START.match(text)
    if start is None:
        return None
    lower = text.lower()
    if "service" in lower or "load" in lower:
        return None
    count = text.count
    if count("{") + count("(") + count("[") + count("<<") > brackets:
        return None
    if len(_ATOM.findall(text, start.end())) + count("@") > tokens:
        return None
    if not text.isascii() and _SURROGATE.search(text):
        return None
    return start[1].upper()
