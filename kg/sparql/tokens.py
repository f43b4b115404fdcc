"""The tokens of a SPARQL query or update, in one linear pass without recursion.

They are what the store's parser reads, also where that is not what the grammar says: it
takes one dot in a local name, and needs no space after a keyword (see ``_GLUED``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from kg.sparql.kinds import KEYWORDS, TokenKind
from kg.sparql.nesting import Frame, Nesting
from kg.sparql.source import LETTERS, NAME_CHARS, WORD_CHARS, Source, decode


class Token(NamedTuple):
    """A token; ``start`` and ``end`` are offsets in the decoded text.

    ``word`` is the keyword in capitals, empty for any other token. (A tuple, as there are
    very many: it is made in a third of a dataclass's time.)
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    word: str = ""


#: A codepoint escape, of a character: no surrogate, nothing past U+10FFFF.
_HEX4 = r"(?![dD][89a-fA-F])[0-9A-Fa-f]{4}"
_ESCAPED = rf"\\u{_HEX4}|\\U(?:0000{_HEX4}|00(?:0[1-9A-Fa-f]|10)[0-9A-Fa-f]{{4}})"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"

_GAP = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
_IRI = rf'<(?:[^<>"{{}}|^`\\\x00-\x20]|{_ESCAPED})*+>'
_ESCAPED_IN_STRING = rf"\\[tbnrf\\\"']|{_ESCAPED}"
_STRING_PART: Final = {
    mark: (rf"(?:[^\\{mark[0]}]|{mark[0]}{{1,2}}+(?!{mark[0]})" if len(mark) == 3 else "")
    + (rf"(?:[^\\{mark}\r\n]" if len(mark) == 1 else "")
    + rf"|{_ESCAPED_IN_STRING})*+"
    for mark in ("'''", '"""', "'", '"')
}
#: Where three marks stand, the first is never a string of its own.
_STRING = "|".join(
    f"{mark}{'' if len(mark) == 3 else f'(?!{mark}{mark})'}{part}{mark}"
    for mark, part in _STRING_PART.items()
)
_PREFIX = rf"[{LETTERS}][{NAME_CHARS}.]*+"
#: The grammar allows any number of dots within; the store's parser reads one run of them.
_LOCAL = (
    rf"(?:[{WORD_CHARS}:]|{_PLX})(?:[{NAME_CHARS}:]|{_PLX})*+"
    rf"(?:\.++(?:[{NAME_CHARS}:]|{_PLX})++)?+"
)
_NAME = rf"(?:{_PREFIX}(?<!\.))?+:(?:{_LOCAL})?+"
_WITHOUT_NAME: Final = (
    (TokenKind.VARIABLE, rf"[?$][{WORD_CHARS}]++"),
    (TokenKind.KEYWORD, r"[A-Za-z][A-Za-z0-9_]*+"),
    (
        TokenKind.NUMBER,
        r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++|[0-9]++",
    ),
    (TokenKind.PUNCTUATION, r"\^\^|&&|\|\||\{\||\|\}|!=|>=|>>|[()\[\]{}.,;*/|^?+!=>~-]"),
    (TokenKind.STRING, _STRING),
    (TokenKind.BLANK, rf"_:[{WORD_CHARS}](?:\.*+[{NAME_CHARS}]++)*+"),
    (TokenKind.LANGUAGE, r"@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?"),
)


class _Reader(NamedTuple):
    """Matches a token and the gap after it; the number of the group tells its kind."""

    kinds: tuple[TokenKind, ...]
    match: Callable[[str, int], re.Match[str] | None]


def _reader(*choices: tuple[TokenKind, str]) -> _Reader:
    pattern = "|".join(f"({pattern})" for _, pattern in choices)
    return _Reader(tuple(kind for kind, _ in choices), re.compile(f"(?:{pattern}){_GAP}").match)


_ANY: Final = _reader((TokenKind.NAME, _NAME), *_WITHOUT_NAME)
_NO_NAME: Final = _reader(*_WITHOUT_NAME)
_ANGLE: Final = _reader((TokenKind.IRI, _IRI), (TokenKind.PUNCTUATION, "<<|<"))
_LESS: Final = _reader((TokenKind.PUNCTUATION, "<=?"))
_READ_GAP: Final = re.compile(_GAP)
_NAME_RUN: Final = re.compile(_PREFIX)
_STRING_START: Final = re.compile(r"'''|\"\"\"|'|\"")

#: Keywords that the store's parser reads although a prefixed name is glued to them, and
#: that make an expression of the brackets after it: there is no telling what ``<`` means
#: in ``FILTERex:f(?a<?b#>)``. SPARQL has one token there, and no such query.
_GLUED: Final = re.compile(
    r"\A((?:true|false)?filter|having|(?:group|order)?by)[^:]*:", re.IGNORECASE
)
_BRACKETS: Final = frozenset(("{", "}", "(", ")", "[", "]", "<<", ">>", "{|", "|}"))


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
        text, nesting = self.text, self.nesting
        end, place = len(text), _gap_end(self.text)
        while place < end:
            if text[place] == "<":
                kinds, read = _LESS if nesting.after_operand() else _ANGLE
            else:
                kinds, read = _NO_NAME if place < self.no_prefix_until else _ANY
            match = read(text, place)
            if match is None:
                raise self._unreadable(place)
            group = match.lastindex or 0
            kind, found, stop = kinds[group - 1], match[group], match.end(group)
            if kind is TokenKind.PUNCTUATION:
                self._sign(found, place)
                yield Token(kind, found, place, stop)
            elif kind is TokenKind.KEYWORD:
                yield self._keyword(found, place, stop)
            else:
                if kind is TokenKind.NAME:
                    self._refuse_glued(found, place, match.end())
                nesting.term(kind)
                yield Token(kind, found, place, stop)
            place = match.end()
        if self.opened:
            raise self.source.error(self.opened[-1], f"{nesting.opener!r} is never closed")

    def _sign(self, text: str, place: int) -> None:
        if not self.nesting.sign(text):
            raise self.source.error(place, f"{text!r} closes no bracket that is open")
        if text in _BRACKETS:
            if self.nesting.depth > len(self.opened):
                self.opened.append(place)
            else:
                self.opened.pop()

    def _keyword(self, text: str, place: int, stop: int) -> Token:
        word = text.upper()
        if word not in KEYWORDS:
            raise self.source.error(place, f"{text[:40]!r} is no keyword of SPARQL")
        self.nesting.keyword(word)
        after = self.text[stop : stop + 1]
        if (after in (".", "-") or after > "\x7f") and place >= self.no_prefix_until:
            run = _NAME_RUN.match(self.text, place)
            self.no_prefix_until = run.end() if run else stop
        return Token(TokenKind.KEYWORD, text, place, stop, word)

    def _refuse_glued(self, name: str, place: int, after: int) -> None:
        if self.text.startswith("(", after) and self.nesting.frame is not Frame.EXPRESSION:
            glued = _GLUED.match(name)
            if glued:
                word = glued[1]
                raise self.source.error(
                    place, f"{name[:40]!r}; expected a space after {word!r}, or another prefix"
                )

    def _unreadable(self, place: int) -> Exception:
        """Say why there is no token: a string that has no end, or an odd character."""
        start = _STRING_START.match(self.text, place)
        if start is None:
            return self.source.error(place, f"{self.text[place]!r} cannot stand here")
        mark = start[0]
        body = re.compile(_STRING_PART[mark]).match(self.text, start.end())
        end = body.end() if body else start.end()
        if self.text.startswith("\\", end):
            return self.source.error(end, f"{self.text[end : end + 2]!r} is no escape of a string")
        return self.source.error(place, f"the string has no end; expected {mark}")


def _gap_end(text: str) -> int:
    gap = _READ_GAP.match(text)
    return gap.end() if gap else 0
