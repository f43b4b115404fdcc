"""The operations of a SPARQL update one by one, and the graphs that each may write.

Read strictly, as the grammar says: the store's parser also takes ``GRAPHex:g``, where the
grammar has one prefixed name, and such a text is refused here. So what the store writes is
what is found here. What is matched (WHERE) is skipped: it writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from kg.errors import BadRequest
from kg.sparql.guard import DEFAULT_LIMITS, Limits, check_length, guarded
from kg.sparql.kinds import TokenKind
from kg.sparql.source import Source, decode
from kg.sparql.tokens import Token

_NAMES: Final = (TokenKind.IRI, TokenKind.NAME)
#: As many PREFIX and BASE may stand after the first operation: each makes a text of its own
#: of what follows, with all before it.
_MOST_BETWEEN: Final = 100
#: Names that the store's parser takes for a keyword and a name in ``COPY GRAPHex:g TO …``.
_HIDES_WORD: Final = re.compile("silent|graph|default", re.IGNORECASE)
_EXPECTED: Final = "INSERT, DELETE, WITH, CLEAR, DROP, CREATE, ADD, MOVE or COPY"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the decoded text."""

    start: int
    end: int


@dataclass(slots=True)
class Operation:
    """One operation.

    ``prologue`` is how many declarations stand before it. ``graphs`` are the names, by how
    they are written, of graphs that it may write; ``default`` tells whether it may write the
    unnamed graph, ``all_named`` whether all others; ``variable`` is one in the place of a
    graph to write. ``where`` is the keyword before what is matched, ``both`` what a DELETE
    WHERE matches and deletes, with its braces; ``dataset`` is a WITH or USING.
    """

    prologue: int
    part: Part
    graphs: dict[str, Token] = field(default_factory=dict)
    default: bool = False
    all_named: bool = False
    variable: Token | None = None
    where: Token | None = None
    both: Part | None = None
    dataset: Token | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """An update; ``prologue`` has its declarations, also those between operations."""

    source: Source
    operations: tuple[Operation, ...]
    prologue: tuple[Part, ...]


def read_update(text: str, limits: Limits = DEFAULT_LIMITS) -> Update:
    """Split an update into its operations. One without any does nothing.

    Raises:
        Forbidden, BadRequest: see ``check``.
        QuerySyntaxError: it is no update; what only triples and patterns would tell, the
            store will say.

    >>> update = read_update("INSERT DATA { GRAPH <urn:g> { <urn:s> a 1 } } ; DROP DEFAULT")
    >>> [(list(one.graphs), one.default) for one in update.operations]
    [(['<urn:g>'], False), ([], True)]
    """
    check_length(text, limits)
    source = decode(text)
    reader = _Reader(source, guarded(source, limits))
    operations = tuple(reader.operations())
    return Update(source, operations, tuple(reader.prologue))


class _Reader:
    def __init__(self, source: Source, tokens: Iterator[Token]) -> None:
        self.prologue: list[Part] = []
        self._source, self._tokens = source, tokens
        end = len(source.text)
        self._end = Token(TokenKind.PUNCTUATION, "", end, end)
        self._next = next(tokens, self._end)

    def operations(self) -> Iterator[Operation]:
        self._declarations()
        between = 0
        while self._next is not self._end:
            yield self._operation()
            if self._next is self._end:
                return
            self._take(";")
            before, place = len(self.prologue), self._next.start
            self._declarations()
            between += len(self.prologue) - before
            if between > _MOST_BETWEEN:
                line, column = self._source.position(place)
                raise BadRequest(
                    f"query:{line}:{column}: too many declarations between operations; "
                    f"the limit is {_MOST_BETWEEN}"
                )

    def _declarations(self) -> None:
        while self._next.word in ("PREFIX", "BASE", "VERSION"):
            start = self._next.start
            word = self._take().word
            if word == "PREFIX":
                self._term("a prefix", TokenKind.NAME)
            last = (
                self._term("a string", TokenKind.STRING)
                if word == "VERSION"
                else self._term("an IRI", TokenKind.IRI)
            )
            self.prologue.append(Part(start, last.end))

    def _operation(self) -> Operation:
        first = self._take()
        one = Operation(len(self.prologue), Part(first.start, first.end))
        match first.word:
            case "INSERT" | "DELETE":
                end = self._change(first, one)
            case "WITH":
                one.dataset = first
                graph = self._term("a graph's IRI", *_NAMES)
                if self._next.word not in ("INSERT", "DELETE"):
                    raise self._unexpected("DELETE or INSERT")
                end = self._modify(self._take(), one, graph)
            case "CLEAR" | "DROP":
                end = self._all_or_one(one)
            case "CREATE":
                self._silent()
                self._take("GRAPH")
                end = self._graph(one)
            case "ADD" | "MOVE" | "COPY":
                end = self._transfer(first.word, one)
            case _:
                raise self._unexpected(_EXPECTED, first)
        one.part = Part(first.start, end)
        return one

    def _change(self, first: Token, one: Operation) -> int:
        if self._next.word == "DATA":
            self._take()
            one.default, _, end = self._template(one, data=True)
            return end
        if first.word == "DELETE" and self._next.word == "WHERE":
            one.where = self._take()
            one.default, start, end = self._template(one)
            one.both = Part(start, end)
            return end
        return self._modify(first, one, None)

    def _modify(self, first: Token, one: Operation, graph: Token | None) -> int:
        """Read templates and what is matched; *graph* is what the operation is WITH."""
        unnamed, _, _ = self._template(one)
        if first.word == "DELETE" and self._next.word == "INSERT":
            self._take()
            inserts, _, _ = self._template(one)
            unnamed = unnamed or inserts
        if unnamed and graph is not None:
            one.graphs[graph.text] = graph
        one.default = unnamed and graph is None
        while self._next.word == "USING":
            one.dataset = self._take()
            if self._next.word == "NAMED":
                self._take()
            self._term("a graph's IRI", *_NAMES)
        one.where = self._take("WHERE")
        self._take("{")
        return self._skip_group()

    def _skip_group(self) -> int:
        depth = 1
        while self._next is not self._end:
            token = self._take()
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                return token.end
        raise self._unexpected("'}'")

    def _template(self, one: Operation, *, data: bool = False) -> tuple[bool, int, int]:
        """Read ``{ … }`` of triples and graphs.

        Returns:
            Whether triples stand in no GRAPH, and the offsets of the braces.
        """
        start = self._take("{").start
        unnamed = in_graph = False
        while self._next is not self._end:
            token = self._take()
            if token.word == "GRAPH" and not in_graph:
                self._graph(one, variables=not data)
                self._take("{")
                in_graph = True
            elif token.word == "GRAPH" or token.text == "{":
                raise self._unexpected("GRAPH, a name and '{', and no other in it", token)
            elif token.text == "}" and not in_graph:
                return unnamed, start, token.end
            elif token.text == "}":
                in_graph = False
            elif not in_graph and token.text != ".":
                unnamed = True
        raise self._unexpected("'}'")

    def _all_or_one(self, one: Operation) -> int:
        self._silent()
        if self._next.word == "GRAPH":
            self._take()
            return self._graph(one)
        if self._next.word not in ("DEFAULT", "NAMED", "ALL"):
            raise self._unexpected("GRAPH, DEFAULT, NAMED or ALL")
        token = self._take()
        one.default = token.word != "NAMED"
        one.all_named = token.word != "DEFAULT"
        return token.end

    def _transfer(self, word: str, one: Operation) -> int:
        self._silent()
        if word == "MOVE":
            self._graph_or_default(one)
        else:
            self._graph_or_default(Operation(0, one.part))  # it is only read
        self._take("TO")
        return self._graph_or_default(one)

    def _graph_or_default(self, one: Operation) -> int:
        if self._next.word == "DEFAULT":
            one.default = True
            return self._take().end
        if self._next.word == "GRAPH":
            self._take()
        elif _HIDES_WORD.match(self._next.text):
            raise self._unexpected("GRAPH before a name that starts like a keyword")
        return self._graph(one)

    def _silent(self) -> None:
        if self._next.word == "SILENT":
            self._take()

    def _graph(self, one: Operation, *, variables: bool = False) -> int:
        """Read the name of a graph that may be written."""
        if variables and self._next.kind is TokenKind.VARIABLE:
            one.variable = self._take()
            return one.variable.end
        token = self._term("a graph's IRI", *_NAMES)
        one.graphs.setdefault(token.text, token)
        return token.end

    def _term(self, expected: str, *kinds: TokenKind) -> Token:
        if self._next.kind not in kinds:
            raise self._unexpected(expected)
        return self._take()

    def _take(self, expected: str = "") -> Token:
        token = self._next
        if expected and expected not in (token.word, token.text):
            raise self._unexpected(repr(expected))
        self._next = next(self._tokens, self._end)
        return token

    def _unexpected(self, expected: str, token: Token | None = None) -> Exception:
        token = token or self._next
        found = repr(token.text[:40]) if token.text else "the end"
        return self._source.error(token.start, f"{found}; expected {expected}")
