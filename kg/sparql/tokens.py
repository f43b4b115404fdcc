"""The tokens of a SPARQL query or update, in one linear pass without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.sparql.kinds import KEYWORDS, TokenKind
from kg.sparql.nesting import Nesting
from kg.sparql.source import LETTERS, NAME_CHARS, WORD_CHARS, Source, decode


@dataclass(frozen=True, slots=True)
class Token:
    """A token; ``start`` and ``end`` are offsets in the decoded text."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword in capitals; empty for any other token."""
        return self.text.upper() if self.kind is TokenKind.KEYWORD else ""


#: A codepoint escape, of a character: no surrogate, nothing past U+10FFFF.
_HEX4 = r"(?![dD][89a-fA-F])[0-9A-Fa-f]{4}"
_ESCAPED = rf"\\u{_HEX4}|\\U(?:0000{_HEX4}|00(?:0[1-9A-Fa-f]|10)[0-9A-Fa-f]{{4}})"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"

_SPACE = re.compile(r"(?:[ \t\r\n]|\#[^\r\n]*+)*+")
_IRI = re.compile(rf'<(?:[^<>"{{}}|^`\\\x00-\x20]|{_ESCAPED})*+>')
_STRING_START = re.compile(r"'''|\"\"\"|'|\"")
_STRING_PART: Final = {
    mark: re.compile(
        (rf"(?:[^\\{mark[0]}]|{mark[0]}{{1,2}}+(?!{mark[0]})" if len(mark) == 3 else "")
        + (rf"(?:[^\\{mark}\r\n]" if len(mark) == 1 else "")
        + rf"|\\[tbnrf\\\"']|{_ESCAPED})*+"
    )
    for mark in ("'''", '"""', "'", '"')
}
_NAME_RUN = re.compile(rf"[{LETTERS}][{NAME_CHARS}.]*+")
_LOCAL = re.compile(rf"(?:[{WORD_CHARS}:]|{_PLX})(?:\.*+(?:[{NAME_CHARS}:]|{_PLX})++)*+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*+")
_SIMPLE: Final = (
    (TokenKind.VARIABLE, re.compile(rf"[?$][{WORD_CHARS}]++")),
    (
        TokenKind.NUMBER,
        re.compile(r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++|[0-9]++"),
    ),
    (TokenKind.BLANK, re.compile(rf"_:[{WORD_CHARS}](?:\.*+[{NAME_CHARS}]++)*+")),
    (TokenKind.LANGUAGE, re.compile(r"@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?")),
    (
        TokenKind.PUNCTUATION,
        re.compile(r"\^\^|&&|\|\||\{\||\|\}|!=|>=|>>|[()\[\]{}.,;*/|^?+!=>~-]"),
    ),
)


def tokenize(text: str | Source) -> list[Token]:
    """Split a text into its tokens; what lies between them is white space or comment.

    The text need not be a correct query. What the grammar leaves to the context, whether
    ``<`` starts an IRI, is decided as the store's parser does (see ``nesting``).

    Raises:
        QuerySyntaxError: with line and column, at a string that has no end, a character or
            a word that SPARQL does not have, or a bracket without its other half.

    >>> [token.text for token in tokenize("ASK{?a<p>?b FILTER(?a<?b&&?b>2)} # end")][2:12]
    ['?a', '<p>', '?b', 'FILTER', '(', '?a', '<', '?b', '&&', '?b']
    """
    source = text if isinstance(text, Source) else decode(text)
    return list(scan(source, Nesting()))


def scan(source: Source, nesting: Nesting) -> Iterator[Token]:
    """Give the tokens of a text one by one, *nesting* being kept up to each.

    Raises:
        QuerySyntaxError: as ``tokenize`` does.
    """
    return _Scanner(source, nesting).tokens()


class _Scanner:
    def __init__(self, source: Source, nesting: Nesting) -> None:
        self.source, self.text = source, source.text
        self.nesting = nesting
        self.opened: list[int] = []
        #: No prefix ends before this offset: a run of name characters without a colon is
        #: looked through once, else ``a.a.a.a`` would take quadratic time.
        self.no_prefix_until = 0

    def tokens(self) -> Iterator[Token]:
        place = self._skip(0)
        while place < len(self.text):
            token = self._next(place)
            if not self.nesting.step(token):
                raise self.source.error(place, f"{token.text!r} closes no bracket that is open")
            self._remember(token)
            yield token
            place = self._skip(token.end)
        if self.opened:
            opener = self.nesting.opener
            raise self.source.error(self.opened[-1], f"{opener!r} is never closed")

    def _skip(self, place: int) -> int:
        space = _SPACE.match(self.text, place)
        return space.end() if space else place

    def _remember(self, token: Token) -> None:
        if self.nesting.depth > len(self.opened):
            self.opened.append(token.start)
        elif self.nesting.depth < len(self.opened):
            self.opened.pop()

    def _next(self, place: int) -> Token:
        char = self.text[place]
        if char in "\"'":
            return self._string(place)
        if char == "<":
            return self._angle(place)
        name = self._name(place)
        if name is not None:
            return name
        for kind, pattern in _SIMPLE:
            match = pattern.match(self.text, place)
            if match:
                return Token(kind, match[0], place, match.end())
        return self._word(place)

    def _string(self, place: int) -> Token:
        start = _STRING_START.match(self.text, place)
        mark = start[0] if start else self.text[place]
        body = _STRING_PART[mark].match(self.text, place + len(mark))
        end = body.end() if body else place + len(mark)
        if self.text.startswith(mark, end):
            end += len(mark)
            return Token(TokenKind.STRING, self.text[place:end], place, end)
        if self.text.startswith("\\", end):
            raise self.source.error(end, f"{self.text[end : end + 2]!r} is no escape of a string")
        raise self.source.error(place, f"the string has no end; expected {mark}")

    def _angle(self, place: int) -> Token:
        if not self.nesting.after_operand():
            iri = _IRI.match(self.text, place)
            if iri:
                return Token(TokenKind.IRI, iri[0], place, iri.end())
            text = "<<" if self.text.startswith("<<", place) else "<"
        else:
            text = "<=" if self.text.startswith("<=", place) else "<"
        return Token(TokenKind.PUNCTUATION, text, place, place + len(text))

    def _name(self, place: int) -> Token | None:
        """Read a prefixed name: a prefix, which may be empty, a colon and a local part."""
        colon = place
        if self.text[place] != ":":
            if place < self.no_prefix_until:
                return None
            run = _NAME_RUN.match(self.text, place)
            if run is None:
                return None
            colon = run.end()
            if self.text[colon - 1] == "." or not self.text.startswith(":", colon):
                self.no_prefix_until = colon
                return None
        local = _LOCAL.match(self.text, colon + 1)
        end = local.end() if local else colon + 1
        return Token(TokenKind.NAME, self.text[place:end], place, end)

    def _word(self, place: int) -> Token:
        word = _WORD.match(self.text, place)
        if word is None:
            raise self.source.error(place, f"{self.text[place]!r} cannot stand here")
        if word[0].upper() not in KEYWORDS:
            raise self.source.error(place, f"{word[0][:40]!r} is no keyword of SPARQL")
        return Token(TokenKind.KEYWORD, word[0], place, word.end())
