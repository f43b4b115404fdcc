"""What a SPARQL update may write, and the text with which the store runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from kg.errors import BadRequest, Conflict, QuerySyntaxError
from kg.sparql.operations import Operation, Part, Update
from kg.sparql.source import Source
from kg.sparql.tokens import Token

#: A text, and its place in what the caller sent; put in there if the place is empty.
_Piece = tuple[str, Part]
_NO_NAME: Final = "expected an absolute IRI, one relative to a BASE, or a prefix that is declared"
_WAY: Final = "those change by 'kg build', 'kg corrections' and 'kg link import'"


@dataclass(frozen=True, slots=True)
class Statement:
    """A text for the store, made of pieces of another: each with its place there."""

    source: Source
    pieces: tuple[_Piece, ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)

    def position(self, line: int, column: int) -> tuple[int, int]:
        """Return line and column in what the caller sent, from those in ``text``.

        All count from 1; lines of ``text`` end with a line feed, as the store counts them.
        """
        lines = self.text.split("\n")
        left = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        part = Part(0, 0)
        for text, part in self.pieces:
            if left < len(text):
                return self.source.position(min(part.start + left, part.end))
            left -= len(text)
        return self.source.position(part.end)


#: Has the store evaluate a SELECT over no data; gives the IRIs in its only column. It raises
#: QuerySyntaxError if that does not parse.
Resolve = Callable[[Statement], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Targets:
    """The graphs that an update may write.

    ``graphs`` are IRIs, sorted; ``default`` is the unnamed graph, ``all_named`` each named
    graph that there is; ``variable`` is a variable that stands for a graph, or nothing.
    """

    graphs: tuple[str, ...] = ()
    default: bool = False
    all_named: bool = False
    variable: str = ""


def targets(update: Update, resolve: Resolve) -> Targets:
    """Tell which graphs an update may write.

    Names of graphs are IRIs, relative ones and prefixed names with escapes too. What they
    stand for is not worked out here: the store does that, by *resolve*, from the same
    text that it would run.

    Raises:
        QuerySyntaxError: a name is none.
    """
    graphs: set[str] = set()
    for prologue, operations in groupby(update.operations, lambda one: one.prologue):
        names = {text: name for one in operations for text, name in one.graphs.items()}
        if names:
            graphs.update(_resolved(update, prologue, list(names.values()), resolve))
    variables = [one.variable.text for one in update.operations if one.variable]
    return Targets(
        tuple(sorted(graphs)),
        any(one.default for one in update.operations),
        any(one.all_named for one in update.operations),
        variables[0] if variables else "",
    )


def _resolved(
    update: Update, prologue: int, names: Sequence[Token], resolve: Resolve
) -> Sequence[str]:
    try:
        return resolve(_select(update, prologue, names))
    except QuerySyntaxError:
        # What the store says is about a text that nobody wrote: find the name that it means.
        resolve(_select(update, prologue, ()))
        for name in names:
            try:
                resolve(_select(update, prologue, (name,)))
            except QuerySyntaxError as error:
                raise update.source.error(name.start, f"{name.text[:200]!r}; {_NO_NAME}") from error
        raise


def _select(update: Update, prologue: int, names: Iterable[Token]) -> Statement:
    """Make the query whose solutions are the IRIs of *names*."""
    source = update.source
    pieces = _declared(update, prologue)
    pieces.append(_put_in("SELECT ?graph { VALUES ?graph {\n", 0))
    for name in names:
        pieces += _copy(source, name.start, name.end), _put_in("\n", name.end)
    pieces.append(_put_in("} }", len(source.text)))
    return Statement(source, tuple(pieces))


def _declared(update: Update, prologue: int) -> list[_Piece]:
    pieces: list[_Piece] = []
    for part in update.prologue[:prologue]:
        pieces += _copy(update.source, part.start, part.end), _put_in("\n", part.end)
    return pieces


def _copy(source: Source, start: int, end: int) -> _Piece:
    return source.text[start:end], Part(start, end)


def _put_in(text: str, place: int) -> _Piece:
    return text, Part(place, place)


def statements(update: Update, using: Sequence[str] = ()) -> tuple[Statement, ...]:
    """Return what the store is to run, in order: most often one text.

    Where a prologue stands between operations, which the grammar allows and the store's
    parser does not, those after it are another text, with all declarations up to there.

    Args:
        using: clauses (``USING <…>``, ``USING NAMED <…>``) of each operation that matches
            something, as SPARQL 1.1 Protocol, section 2.2.3, asks for its parameters.

    Raises:
        BadRequest: clauses are given, and the text has a USING or WITH of its own.
    """
    source, clauses = update.source, " ".join(using)
    if using:
        _refuse_dataset(update)
    made = []
    for prologue, operations in groupby(update.operations, lambda one: one.prologue):
        pieces = _declared(update, prologue)
        place: int | None = None
        for one in operations:
            if place is not None:
                pieces.append(_copy(source, place, one.part.start))
            pieces += _with_clauses(source, one, clauses)
            place = one.part.end
        made.append(Statement(source, tuple(pieces)))
    return tuple(made)


def _with_clauses(source: Source, one: Operation, clauses: str) -> list[_Piece]:
    """Give the pieces of an operation, with dataset clauses if it has a place for them.

    There is none in ``DELETE WHERE {…}``, which is short for ``DELETE {…} WHERE {…}``.
    """
    start, end = one.part.start, one.part.end
    if not clauses or one.where is None:
        return [_copy(source, start, end)]
    where = one.where.start
    if one.both is None:
        return [
            _copy(source, start, where),
            _put_in(f" {clauses} ", where),
            _copy(source, where, end),
        ]
    return [
        _copy(source, start, where),
        _copy(source, one.both.start, end),
        _put_in(f" {clauses} WHERE ", end),
        _copy(source, one.both.start, end),
    ]


def _refuse_dataset(update: Update) -> None:
    for one in update.operations:
        if one.dataset is not None:
            line, column = update.source.position(one.dataset.start)
            raise BadRequest(
                f"query:{line}:{column}: {one.dataset.word}, beside the request's "
                "using-graph-uri or using-named-graph-uri; expected only one of the two"
            )


def refuse_derived(found: Targets, base_iri: str, *, derived_exist: bool) -> None:
    """Refuse an update that may write what builds derive from the digests.

    Those graphs are the ones whose IRIs start with *base_iri*, character by character:
    IRIs that differ in case or in escapes name other graphs.

    Args:
        derived_exist: whether the store has any.

    Raises:
        Conflict: a target is such a graph, may be one, or is all of them.
    """
    for graph in found.graphs:
        if graph.startswith(base_iri):
            raise Conflict(f"graph <{graph}>: is derived from the digests; {_WAY}")
    if found.variable:
        raise Conflict(
            f"graph {found.variable}: a variable may name any graph, also derived ones; "
            f"expected IRIs of graphs; {_WAY}"
        )
    if found.all_named and derived_exist:
        raise Conflict(
            f"all named graphs: those under <{base_iri}> are derived from the digests; "
            f"expected IRIs of graphs, or DEFAULT; {_WAY}"
        )
