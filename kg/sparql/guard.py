"""Decide by tokens whether a SPARQL text may go to the store, and what form it has.

The numbers come from trials with pyoxigraph 0.5 on 8 MB of stack: its parser crashes the
process between 1,000 and 3,000 nested brackets, its optimizer at 1,000 to 10,000 chained
operators, BINDs or UNIONs, and takes 1 s for 100 triple patterns in one group, 11 s for 200.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kg.errors import BadRequest, Forbidden
from kg.sparql.kinds import TokenKind
from kg.sparql.nesting import Nesting
from kg.sparql.source import Source, decode
from kg.sparql.tokens import Token, scan

_QUERY_FORMS: Final = frozenset(("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))
_UPDATE_WORDS: Final = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
)
_REACHING_OUT: Final = frozenset(("SERVICE", "LOAD"))
#: A keyword that Oxigraph reads although the next prefixed name is glued to it.
_GLUED_SERVICE = re.compile(r"(?:true|false)?service", re.IGNORECASE)
#: Keywords before a prefixed name and ``{`` where the name is a graph or a resource.
_NAME_WORDS: Final = frozenset(("GRAPH", "FROM", "NAMED", "DESCRIBE"))
_REFUSED: Final = "%s would fetch from another server; federated queries are off here"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a text may ask for.

    ``length`` is in characters, ``depth`` the nesting of brackets of all kinds,
    ``patterns`` a rough count of triple patterns and path steps in the whole text,
    ``operators`` counts what chains without brackets (``||``, ``+``, ``UNION``, ``BIND``).
    """

    length: int = 262_144
    depth: int = 64
    patterns: int = 100
    operators: int = 400


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that may run: ``text`` is what to run, ``form`` what it is.

    ``form`` is SELECT, ASK, CONSTRUCT, DESCRIBE or UPDATE.
    """

    text: str
    form: str


def check(text: str, limits: Limits = DEFAULT_LIMITS) -> Checked:
    """Refuse a text that reaches out, or that could bring the store's parser down.

    Whether the text parses is for the store to say: this looks at tokens only.

    Raises:
        Forbidden: it has the keyword SERVICE or LOAD.
        QuerySyntaxError: it has no tokens, or none of the forms; see also ``tokenize``.
        BadRequest: it is past a limit.

    >>> check("ASK { ?service ?p 'SERVICE' }").form
    'ASK'
    """
    if len(text) > limits.length:
        raise BadRequest(f"query: {len(text)} characters; the limit on length is {limits.length}")
    source = decode(text)
    tokens = _scan_within(source, limits)
    _refuse_reaching_out(source, tokens)
    form = _form(source, tokens)
    return Checked(source.text, form)


def _scan_within(source: Source, limits: Limits) -> list[Token]:
    """Read the tokens, and stop at the first that is past a limit."""
    nesting = Nesting()
    tokens: list[Token] = []
    for token in scan(source, nesting):
        tokens.append(token)
        for found, limit, what in (
            (nesting.deepest, limits.depth, "levels of brackets (depth)"),
            (nesting.patterns, limits.patterns, "triple patterns (patterns)"),
            (nesting.operators, limits.operators, "operators and clauses (operators)"),
        ):
            if found > limit:
                line, column = source.position(token.start)
                raise BadRequest(f"query:{line}:{column}: too many {what}; the limit is {limit}")
    return tokens


def _refuse_reaching_out(source: Source, tokens: list[Token]) -> None:
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.word in _REACHING_OUT:
            raise _forbidden(source, token, token.word)
        if (
            token.kind is TokenKind.NAME
            and _GLUED_SERVICE.match(token.text)
            and after is not None
            and after.text == "{"
            and not (before and before.word in _NAME_WORDS)
        ):
            raise _forbidden(source, token, "SERVICE")


def _forbidden(source: Source, token: Token, word: str) -> Forbidden:
    line, column = source.position(token.start)
    message = f"query:{line}:{column}: {_REFUSED % word}"
    if token.kind is TokenKind.NAME:
        message += f"; if {token.text!r} is a prefixed name, end its triple with '.'"
    return Forbidden(message)


def _form(source: Source, tokens: list[Token]) -> str:
    place = _after_prologue(tokens, 0)
    if place == len(tokens):
        raise source.error(len(source.text), "no query; expected SELECT, ASK, CONSTRUCT, …")
    word = tokens[place].word
    if word in _QUERY_FORMS:
        return word
    if word not in _UPDATE_WORDS:
        raise source.error(
            tokens[place].start,
            f"{tokens[place].text[:40]!r}; expected SELECT, ASK, CONSTRUCT, DESCRIBE or an update",
        )
    _check_operations(source, tokens)
    return "UPDATE"


def _check_operations(source: Source, tokens: list[Token]) -> None:
    """Each operation of an update starts with its keyword, so none hides in a name."""
    depth = 0
    for place, token in enumerate(tokens):
        if token.kind is not TokenKind.PUNCTUATION:
            continue
        depth += (token.text in ("{", "(", "[")) - (token.text in ("}", ")", "]"))
        if token.text == ";" and depth == 0:
            start = _after_prologue(tokens, place + 1)
            if start < len(tokens) and tokens[start].word not in _UPDATE_WORDS:
                raise source.error(
                    tokens[start].start, f"{tokens[start].text[:40]!r}; expected an update"
                )


def _after_prologue(tokens: list[Token], place: int) -> int:
    """Return where the tokens go on after PREFIX, BASE and VERSION declarations."""
    lengths = {"PREFIX": 3, "BASE": 2, "VERSION": 2}
    while place < len(tokens) and tokens[place].word in lengths:
        place = min(place + lengths[tokens[place].word], len(tokens))
    return place
