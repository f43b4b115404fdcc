"""What the brackets around a place of a query mean, and how much work they announce.

``<`` starts an IRI in a triple and compares in an expression, and ``?a<?b&&?c>?d`` can be
read both ways: only the brackets around tell. The store's parser reads it as a comparison
where one can stand, so a reader that takes the longest match instead, as section 19.8 of
SPARQL 1.1 says, can be made to overlook what hides in the "IRI".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Protocol

from kg.sparql.kinds import TokenKind

_CLOSES: Final = {")": "(", "]": "[", "}": "{", ">>": "<<", "|}": "{|"}
_TERMS: Final = frozenset(
    (
        TokenKind.IRI,
        TokenKind.NAME,
        TokenKind.BLANK,
        TokenKind.VARIABLE,
        TokenKind.STRING,
        TokenKind.NUMBER,
    )
)
#: Keywords that are terms or stand for one: a bracket after them opens no expression.
_TERM_WORDS: Final = frozenset(("A", "TRUE", "FALSE", "UNDEF"))
#: Keywords before ``{`` of data or a template: what stands there is never matched.
_DATA_WORDS: Final = frozenset(("DATA", "CONSTRUCT", "INSERT", "DELETE"))
#: Keywords whose operand is a term, but no triple pattern.
_OPERAND_WORDS: Final = frozenset(("GRAPH", "SERVICE", "SILENT", "FILTER", "VALUES", "NAMED"))
#: Keywords that nest what stands before them one level deeper in the store's parse tree.
_NESTING_WORDS: Final = frozenset(
    ("UNION", "OPTIONAL", "FILTER", "BIND", "MINUS", "LATERAL", "AS", "IN")
)
_OPERATORS: Final = frozenset(
    ("||", "&&", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "!")
)


class Frame(Enum):
    """What stands between a pair of brackets."""

    GROUP = auto()  # a group graph pattern, or the whole text
    TERMS = auto()  # collections, blank nodes, property paths, quoted triples
    EXPRESSION = auto()
    DATA = auto()  # VALUES rows, INSERT DATA, templates


class _Readable(Protocol):
    @property
    def kind(self) -> TokenKind: ...
    @property
    def text(self) -> str: ...
    @property
    def word(self) -> str: ...


@dataclass(slots=True)
class _Open:
    frame: Frame
    opener: str
    modifiers: bool = False  # in a SELECT clause or after GROUP BY, HAVING, ORDER BY
    values: bool = False  # after VALUES, before its rows
    triple: bool = False  # inside a run of triples


@dataclass(slots=True)
class Nesting:
    """The open brackets, token by token; no recursion, constant work a token.

    ``patterns`` roughly counts triple patterns and steps of property paths, ``operators``
    what chains and nests without brackets, ``deepest`` is the deepest nesting so far.
    """

    deepest: int = 0
    patterns: int = 0
    operators: int = 0
    _stack: list[_Open] = field(default_factory=lambda: [_Open(Frame.GROUP, "")])
    _last: _Readable | None = None
    _before_last: _Readable | None = None

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return len(self._stack) - 1

    @property
    def frame(self) -> Frame:
        """What the innermost bracket holds."""
        return self._stack[-1].frame

    @property
    def opener(self) -> str:
        """The innermost open bracket, or nothing."""
        return self._stack[-1].opener

    def after_operand(self) -> bool:
        """Whether a comparison can stand here: in an expression, after a value."""
        if self.frame is not Frame.EXPRESSION or self._last is None:
            return False
        last = self._last
        return (
            last.kind in _TERMS
            or last.kind is TokenKind.LANGUAGE
            or last.word in _TERM_WORDS
            or last.text in (")", "}", ">>")
        )

    def step(self, token: _Readable) -> bool:
        """Take the next token; False if it closes a bracket that is not open."""
        top = self._stack[-1]
        self._count(token, top)
        fits = True
        if token.kind is TokenKind.PUNCTUATION:
            fits = self._bracket(token.text, top)
        elif token.kind is TokenKind.KEYWORD and top.frame is Frame.GROUP:
            if token.word in ("SELECT", "HAVING", "BY"):
                top.modifiers = True
            elif token.word in ("WHERE", "FROM", "LIMIT", "OFFSET", "VALUES"):
                top.modifiers = False
                top.values = token.word == "VALUES"
        self._before_last, self._last = self._last, token
        return fits

    def _bracket(self, text: str, top: _Open) -> bool:
        if text in ("(", "[", "<<", "{|"):
            if top.frame is Frame.DATA or top.values:
                frame = Frame.DATA
            elif text == "(" and self._opens_expression(top):
                frame = Frame.EXPRESSION
            else:
                frame = Frame.TERMS
            self._push(frame, text)
        elif text == "{":
            word = self._last.word if self._last else ""
            data = top.frame is Frame.DATA or top.values or word in _DATA_WORDS
            if word != "EXISTS":
                top.modifiers = False
            top.values = False
            self._push(Frame.DATA if data else Frame.GROUP, text)
        elif text in _CLOSES:
            if top.opener != _CLOSES[text]:
                return False
            self._stack.pop()
        return True

    def _push(self, frame: Frame, opener: str) -> None:
        self._stack.append(_Open(frame, opener))
        self.deepest = max(self.deepest, self.depth)

    def _opens_expression(self, top: _Open) -> bool:
        if top.frame is Frame.EXPRESSION or top.modifiers:
            return True
        last = self._last
        if top.frame is not Frame.GROUP or last is None:
            return False
        if last.kind is TokenKind.KEYWORD:
            return last.word not in _TERM_WORDS
        return (
            last.kind in (TokenKind.IRI, TokenKind.NAME)
            and self._before_last is not None
            and self._before_last.word == "FILTER"
        )

    def _count(self, token: _Readable, top: _Open) -> None:
        text, word = token.text, token.word
        if word in _NESTING_WORDS or (top.frame is Frame.EXPRESSION and text in _OPERATORS):
            self.operators += 1
        if top.frame is Frame.TERMS and top.opener == "(":
            self.patterns += token.kind in _TERMS or word in _TERM_WORDS
        elif top.frame is Frame.TERMS or (top.frame is Frame.GROUP and self.depth):
            if top.modifiers or top.values:
                return
            if text in (",", ";", "/", "|"):
                self.patterns += 1
            elif text in (".", "{", "}") or (
                token.kind is TokenKind.KEYWORD and word not in _TERM_WORDS
            ):
                top.triple = False
            elif not top.triple and (token.kind in _TERMS or text in ("[", "(")):
                operand = (self._last is not None and self._last.word in _OPERAND_WORDS) or (
                    text == "(" and self._opens_expression(top)
                )
                top.triple = not operand
                self.patterns += not operand
