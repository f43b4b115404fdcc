"""A query as pieces of text, each with what it is, to be shown in colours."""

from __future__ import annotations

from typing import Final

from kg.errors import QuerySyntaxError
from kg.sparql import TokenKind, decode, tokenize

#: The class of each kind of token; all else is left as it is.
_CLASSES: Final = {
    TokenKind.IRI: "iri",
    TokenKind.KEYWORD: "keyword",
    TokenKind.NAME: "name",
    TokenKind.NUMBER: "number",
    TokenKind.STRING: "string",
    TokenKind.VARIABLE: "variable",
}


def painted(text: str) -> list[tuple[str, str]]:
    """Cut a query into pieces, each with its class, which is empty where it has none.

    >>> painted("ASK { ?s a <urn:x> }")[:4]
    [('keyword', 'ASK'), ('', ' { '), ('variable', '?s'), ('', ' ')]
    """
    source = decode(text)
    try:
        tokens = tokenize(source)
    except QuerySyntaxError:  # what cannot be read is shown all the same
        return [("", text)]
    pieces: list[tuple[str, str]] = []
    done = 0
    for token in tokens:
        class_ = _CLASSES.get(token.kind)
        if class_ is None:
            continue
        pieces += _between(source.text[done : token.start])
        pieces.append((class_, token.text))
        done = token.end
    return pieces + _between(source.text[done:])


def _between(text: str) -> list[tuple[str, str]]:
    """Cut what stands between tokens, where comments are."""
    pieces: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        code, mark, comment = line.partition("#")
        pieces += [("", code)] if code else []
        pieces += [("comment", mark + comment)] if mark else []
    return pieces
