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
_OPENS: Final = frozenset(_CLOSES.values())
#: Kinds after which a comparison can stand.
_OPERANDS: Final = frozenset(
    (
        *(TokenKind.IRI, TokenKind.NAME, TokenKind.BLANK, TokenKind.VARIABLE),
        *(TokenKind.STRING, TokenKind.NUMBER, TokenKind.LANGUAGE),
    )
)
#: Keywords that are terms or stand for one: a bracket after them opens no expression.
_TERM_WORDS: Final = frozenset(("A", "TRUE", "FALSE", "UNDEF"))
_OPERAND_ENDS: Final = _TERM_WORDS | {")", "}", ">>"}
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
    ``frame`` and ``opener`` are what the innermost bracket holds and the bracket itself,
    nothing where none is open.
    """

    deepest: int = 0
    patterns: int = 0
    operators: int = 0
    frame: Frame = Frame.GROUP
    _stack: list[_Open] = field(default_factory=lambda: [_Open(Frame.GROUP, "")])
    #: The kind of the last token, and its text where that is a keyword, in capitals, or a
    #: sign; then that of the token before.
    _kind: TokenKind | None = None
    _last: str = ""
    _before: str = ""

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return len(self._stack) - 1

    @property
    def opener(self) -> str:
        """The innermost open bracket, or nothing."""
        return self._stack[-1].opener

    def after_operand(self) -> bool:
        """Whether a comparison can stand here: in an expression, after a value."""
        return self.frame is Frame.EXPRESSION and (
            self._kind in _OPERANDS or self._last in _OPERAND_ENDS
        )

    def step(self, token: _Readable) -> bool:
        """Take the next token; False if it closes a bracket that is not open."""
        if token.kind is TokenKind.PUNCTUATION:
            return self.sign(token.text)
        if token.kind is TokenKind.KEYWORD:
            self.keyword(token.word)
        else:
            self.term(token.kind)
        return True

    def term(self, kind: TokenKind) -> None:
        """Take a token that is a term, or the language of one."""
        frame = self.frame
        if (
            (frame is Frame.GROUP or frame is Frame.TERMS)
            and kind is not TokenKind.LANGUAGE
            and len(self._stack) > 1
        ):
            top = self._stack[-1]
            if frame is Frame.TERMS and top.opener == "(":
                self.patterns += 1
            elif not (top.triple or top.modifiers or top.values):
                top.triple = self._last not in _OPERAND_WORDS
                self.patterns += top.triple
        self._before, self._last, self._kind = self._last, "", kind

    def keyword(self, word: str) -> None:
        """Take a keyword, given in capitals."""
        top, frame = self._stack[-1], self.frame
        self.operators += word in _NESTING_WORDS
        if word in _TERM_WORDS:
            self.patterns += frame is Frame.TERMS and top.opener == "("
        elif frame is Frame.GROUP:
            if not (top.modifiers or top.values):
                top.triple = False
            if word in ("SELECT", "HAVING", "BY"):
                top.modifiers = True
            elif word in ("WHERE", "FROM", "LIMIT", "OFFSET", "VALUES"):
                top.modifiers = False
                top.values = word == "VALUES"
        elif frame is Frame.TERMS and top.opener != "(":
            top.triple = False
        self._before, self._last, self._kind = self._last, word, TokenKind.KEYWORD

    def sign(self, text: str) -> bool:
        """Take a bracket or other sign; False if it closes a bracket that is not open."""
        top, frame = self._stack[-1], self.frame
        if frame is Frame.EXPRESSION:
            self.operators += text in _OPERATORS
        elif frame is Frame.GROUP:
            if len(self._stack) > 1 and not (top.modifiers or top.values):
                self._count(text, top)
        elif frame is Frame.TERMS and top.opener != "(":
            self._count(text, top)
        fits = True
        if text in _OPENS:
            self._open(text, top)
        elif text in _CLOSES:
            fits = top.opener == _CLOSES[text]
            if fits:
                self._stack.pop()
                self.frame = self._stack[-1].frame
        self._before, self._last, self._kind = self._last, text, TokenKind.PUNCTUATION
        return fits

    def _count(self, text: str, top: _Open) -> None:
        if text in (",", ";", "/", "|"):
            self.patterns += 1
        elif text in (".", "{", "}"):
            top.triple = False
        elif text in ("[", "(") and not top.triple:
            top.triple = self._last not in _OPERAND_WORDS and not (
                text == "(" and self._opens_expression(top)
            )
            self.patterns += top.triple

    def _open(self, text: str, top: _Open) -> None:
        if text == "{":
            data = top.frame is Frame.DATA or top.values or self._last in _DATA_WORDS
            if self._last != "EXISTS":
                top.modifiers = False
            top.values = False
            frame = Frame.DATA if data else Frame.GROUP
        elif top.frame is Frame.DATA or top.values:
            frame = Frame.DATA
        elif text == "(" and self._opens_expression(top):
            frame = Frame.EXPRESSION
        else:
            frame = Frame.TERMS
        self._stack.append(_Open(frame, text))
        self.frame = frame
        self.deepest = max(self.deepest, len(self._stack) - 1)

    def _opens_expression(self, top: _Open) -> bool:
        if top.frame is Frame.EXPRESSION or top.modifiers:
            return True
        if top.frame is not Frame.GROUP:
            return False
        if self._kind is TokenKind.KEYWORD:
            return self._last not in _TERM_WORDS
        return self._before == "FILTER" and self._kind in (TokenKind.IRI, TokenKind.NAME)
