"""Whether a query names the graphs that it sees."""

from __future__ import annotations

import re
from typing import Final

from kg.sparql.kinds import TokenKind
from kg.sparql.tokens import Token, tokenize

#: A keyword that the store's parser reads although the graph's prefixed name is glued to it.
_GLUED: Final = re.compile("from", re.IGNORECASE)


def has_dataset(text: str) -> bool:
    """Tell whether a query has a dataset clause (``FROM``) of its own.

    A text without that word, which most are, is not read for it.

    Raises:
        QuerySyntaxError: see ``tokenize``.

    >>> has_dataset("SELECT * FROM <urn:a> {?s ?p ?o}"), has_dataset("ASK { ?from ?p 'FROM' }")
    (True, False)
    """
    if "from" not in text.lower() and "\\" not in text:
        return False
    tokens = tokenize(text)
    return any(token.word == "FROM" for token in tokens) or _has_glued(tokens)


def _has_glued(tokens: list[Token]) -> bool:
    """Tell whether there is a clause like ``FROMex:g``, as the store's parser reads it.

    Before its pattern a query without ``FROM`` has no prefixed names, but those that it
    describes: there, such a name is one if its prefix is declared.
    """
    declared: set[str] = set()
    describes = False
    depth, before = 0, ""
    for token in tokens:
        if token.text in ("{", "("):
            if token.text == "{" and depth == 0 and before != "CONSTRUCT":
                return False
            depth += 1
        elif token.text in ("}", ")"):
            depth -= 1
        elif token.kind is TokenKind.NAME and depth == 0:
            prefix = token.text.partition(":")[0]
            if before == "PREFIX":
                declared.add(prefix)
            elif _GLUED.match(prefix) and not (describes and prefix in declared):
                return True
        describes = describes or token.word == "DESCRIBE"
        before = token.word
    return False
