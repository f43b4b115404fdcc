"""Put terms in the place of variables, token by token.

A term takes the place of a whole variable token, written as the store's own serializer
writes it, so no value can end the literal it stands in. ``Store.query(substitutions=…)``
cannot do this: it refuses variables that are not projected and adds a column for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg.queries.values import Term
from kg.sparql import Frame, Nesting, Token, TokenKind, decode, tokenize

_CLAUSES = frozenset(("SELECT", "DESCRIBE", "WHERE", "FROM", "GROUP", "HAVING", "ORDER", "VALUES"))


@dataclass(frozen=True, slots=True)
class Use:
    """A variable token, and where it stands.

    ``clause`` is the last keyword of ``_CLAUSES`` since the innermost ``{``, if any;
    ``nested`` says that a group is open around it; ``group`` numbers that group.
    """

    place: int
    name: str
    frame: Frame
    clause: str
    nested: bool
    group: int


def uses(tokens: list[Token]) -> Iterator[Use]:
    """Give each variable token; ``place`` is its index, ``group`` that of its ``{`` or -1."""
    nesting = Nesting()
    clauses, groups = [""], [-1]
    for place, token in enumerate(tokens):
        if token.kind is TokenKind.VARIABLE:
            open_groups = [group for group in groups if group >= 0]
            yield Use(
                place,
                token.text[1:],
                nesting.frame,
                clauses[-1],
                bool(open_groups),
                open_groups[-1] if open_groups else -1,
            )
        nesting.step(token)
        while len(clauses) > nesting.depth + 1:
            clauses.pop()
            groups.pop()
        if len(clauses) <= nesting.depth:
            clauses.append("" if token.text == "{" else clauses[-1])
            group = token.text == "{" and nesting.frame is Frame.GROUP
            groups.append(place if group else -1)
        elif token.word in _CLAUSES:
            clauses[-1] = token.word


def bind_terms(text: str, terms: Mapping[str, Term]) -> str:
    """Replace variables by terms; ``?_x`` in a projection becomes ``("x" AS ?_x)``.

    >>> from pyoxigraph import Literal
    >>> bind_terms("SELECT ?_x ?y { ?y ?p ?_x }", {"_x": Literal('"}')})
    'SELECT ("\\\\"}" AS ?_x) ?y { ?y ?p "\\\\"}" }'
    """
    source = decode(text)
    tokens = tokenize(source)
    parts: list[str] = []
    copied = 0
    for use in uses(tokens):
        if use.name not in terms:
            continue
        first, last = use.place, use.place
        term = str(terms[use.name])
        if use.frame is Frame.GROUP and use.clause == "SELECT":
            # A projected constant of an inner SELECT must not hide the outer one's.
            name = f"{use.name}_inner" if use.nested else use.name
            replacement = f"({term} AS ?{name})"
        elif use.frame is Frame.GROUP and use.clause in ("GROUP", "ORDER"):
            replacement = f"({term})"
        elif is_bound_test(tokens, use.place):
            first, last = use.place - 2, use.place + 1
            replacement = "true"
        else:
            replacement = term
        start, end = tokens[first].start, tokens[last].end
        parts += source.text[copied:start], _spaced(source.text, start, end, replacement)
        copied = end
    return "".join([*parts, source.text[copied:]])


def is_bound_test(tokens: list[Token], place: int) -> bool:
    """Whether the variable at *place* is the argument of ``BOUND( )``, which takes no term."""
    return place > 1 and tokens[place - 2].word == "BOUND" and tokens[place - 1].text == "("


def _spaced(text: str, start: int, end: int, replacement: str) -> str:
    """Keep a term apart from what was allowed to touch a variable: ``?x-1`` but ``"x"@en -1``."""
    before = " " if start and not text[start - 1].isspace() and text[start - 1] != "(" else ""
    after = " " if end < len(text) and not text[end].isspace() and text[end] != ")" else ""
    return before + replacement + after
