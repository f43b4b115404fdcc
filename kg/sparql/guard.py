"""Decide by tokens whether a SPARQL text may go to the store, and what form it has.

The numbers come from trials with pyoxigraph 0.5 on 8 MB of stack: its parser crashes the
process between 1,000 and 3,000 nested brackets, its optimizer at 1,000 to 10,000 chained
operators, BINDs or UNIONs, and takes 1 s for 100 triple patterns in one group, 11 s for 200.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.errors import BadRequest, Forbidden
from kg.sparql.kinds import TokenKind
from kg.sparql.nesting import Nesting
from kg.sparql.quick import quick_form
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
#: How many tokens a declaration of the prologue has.
_DECLARATIONS: Final = {"PREFIX": 3, "BASE": 2, "VERSION": 2}


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

    Whether the text parses is for the store to say: this looks at tokens only, and at
    those of a short and ordinary query not even one by one (see ``quick``).

    Raises:
        Forbidden: it has the keyword SERVICE or LOAD.
        QuerySyntaxError: it has no tokens, or none of the forms; see also ``tokenize``.
        BadRequest: it is past a limit.

    >>> check("ASK { ?service ?p 'SERVICE' }").form
    'ASK'
    """
    check_length(text, limits)
    quick = quick_form(text, tokens=min(limits.patterns, limits.operators), brackets=limits.depth)
    if quick is not None:
        return Checked(text, quick)
    source = decode(text)
    return Checked(source.text, _form(source, guarded(source, limits)))


def check_length(text: str, limits: Limits) -> None:
    """Refuse a text that is too long to be looked at."""
    if len(text) > limits.length:
        raise BadRequest(f"query: {len(text)} characters; the limit on length is {limits.length}")


def guarded(source: Source, limits: Limits) -> Iterator[Token]:
    """Give the tokens of a text one by one, up to what must not run.

    Raises:
        Forbidden, QuerySyntaxError, BadRequest: as ``check`` does, but for the form.
    """
    nesting = Nesting()
    patterns, operators, depth = limits.patterns, limits.operators, limits.depth
    before = ""
    glued: Token | None = None
    for token in scan(source, nesting):
        if nesting.patterns > patterns or nesting.operators > operators or nesting.deepest > depth:
            raise _too_much(source, token, nesting, limits)
        if token.word in _REACHING_OUT:
            raise _forbidden(source, token, token.word)
        if glued is not None and token.text == "{":
            raise _forbidden(source, glued, "SERVICE")
        glued = None
        if token.kind is TokenKind.NAME and before not in _NAME_WORDS:
            glued = token if _GLUED_SERVICE.match(token.text) else None
        before = token.word
        yield token


def _too_much(source: Source, token: Token, nesting: Nesting, limits: Limits) -> BadRequest:
    line, column = source.position(token.start)
    if nesting.deepest > limits.depth:
        what = f"levels of brackets (depth); the limit is {limits.depth}"
    elif nesting.patterns > limits.patterns:
        what = f"triple patterns (patterns); the limit is {limits.patterns}"
    else:
        what = f"operators and clauses (operators); the limit is {limits.operators}"
    return BadRequest(f"query:{line}:{column}: too many {what}")


def _forbidden(source: Source, token: Token, word: str) -> Forbidden:
    line, column = source.position(token.start)
    message = f"query:{line}:{column}: {_REFUSED % word}"
    if token.kind is TokenKind.NAME:
        message += f"; if {token.text!r} is a prefixed name, end its triple with '.'"
    return Forbidden(message)


def _form(source: Source, tokens: Iterator[Token]) -> str:
    """Read all tokens, and tell the form.

    Each operation of an update must start with its keyword, so that none hides in a name.
    """
    form = ""
    declaration = depth = 0  # tokens left of a declaration; open brackets
    starts = True  # a declaration, a query or an operation starts here
    for token in tokens:
        if declaration:
            declaration -= 1
        elif starts:
            declaration = _DECLARATIONS.get(token.word, 1) - 1
            if not declaration:
                form = _form_of(source, token, form)
                starts = False
        elif token.text in ("{", "(", "["):
            depth += 1
        elif token.text in ("}", ")", "]"):
            depth -= 1
        elif token.text == ";" and depth == 0:
            starts = form == "UPDATE"
    if not form:
        raise source.error(len(source.text), "no query; expected SELECT, ASK, CONSTRUCT, …")
    return form


def _form_of(source: Source, token: Token, form: str) -> str:
    if not form and token.word in _QUERY_FORMS:
        return token.word
    if token.word in _UPDATE_WORDS:
        return "UPDATE"
    expected = "an update" if form else "SELECT, ASK, CONSTRUCT, DESCRIBE or an update"
    raise source.error(token.start, f"{token.text[:40]!r}; expected {expected}")
