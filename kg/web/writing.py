"""Jobs that write the store over HTTP: updates, and graphs as a whole.

Each is one new generation: it is seen as a whole when the job ends, or not at all. What
builds derive from the digests they leave alone; all other graphs are their users' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyoxigraph as ox

from kg.errors import BadRequest, QuerySyntaxError, UnknownGraph
from kg.sparql import (
    Limits,
    Statement,
    Targets,
    read_update,
    refuse_derived,
    statements,
    targets,
)
from kg.store import Writer, empty, open_writer, snapshot_id
from kg.web.jobs import GRAPH_FORMATS, syntax_error
from kg.web.reader import Reader

#: Updates may be as long as the server takes bodies.
_UPDATE_LIMITS: Final = Limits(length=2**31)
_BOM: Final = b"\xef\xbb\xbf"
_PARSER_ERROR: Final = re.compile(r"Parser error[^:]*: (.*?)(?: \(line \d+\))?", re.DOTALL)
_BASE: Final = "base_iri"

_Graph = ox.NamedNode | ox.DefaultGraph


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """Run an update; the answer is JSON: ``snapshot``, the id of what it made.

    ``using`` and ``using_named`` are IRIs of the graphs that its WHERE sees, both empty
    where the request names none; then it sees the unnamed graph. ``base`` is what relative
    IRIs are resolved against, nothing if they are errors.
    """

    text: str
    using: tuple[str, ...]
    using_named: tuple[str, ...]
    base_iri: str
    lock_wait_s: float
    base: str = ""

    def run(self, reader: Reader, out: BinaryIO) -> None:
        """Check the update and run it.

        Raises:
            QuerySyntaxError: it does not parse; line and column are those of the text.
            Forbidden: it would fetch from elsewhere.
            BadRequest: it is past a limit, or the store refuses what it asks for.
            Conflict: it may write what builds derive.
            StoreError: the store cannot be written.
        """
        update = read_update(self.text, _UPDATE_LIMITS)
        texts = statements(update, self._clauses())
        found = targets(update, self._resolved)
        refuse_derived(found, self.base_iri, derived_exist=False)
        with _opened(reader.store, self.base_iri, self.lock_wait_s) as writer:
            base_iri = _base_iri(writer)
            refuse_derived(found, base_iri, derived_exist=_has_derived(writer, base_iri))
            for statement in texts:
                with _told_errors(statement):
                    writer.graph.update(statement.text, base_iri=self.base or None)
        _answer(out, snapshot=writer.published)

    def _clauses(self) -> list[str]:
        return [
            f"{clause} {_named_node(iri)}"
            for clause, iris in (("USING", self.using), ("USING NAMED", self.using_named))
            for iri in iris
        ]

    def _resolved(self, statement: Statement) -> Sequence[str]:
        with _told_errors(statement):
            rows = empty().query(statement.text, base_iri=self.base or None)
        solutions = cast(ox.QuerySolutions, rows)
        return [cast(ox.NamedNode, row[0]).value for row in solutions]


@dataclass(frozen=True, slots=True)
class PutGraphJob:
    """Make the RDF in a file the content of a graph, or add it where ``replace`` is False.

    ``graph`` is None for the unnamed one, ``format`` a key of ``GRAPH_FORMATS``, ``base``
    what relative IRIs are resolved against; ``more`` are further files with their formats, of
    which all go in or none. The answer is JSON: ``snapshot``, and
    ``created``, whether there was no such graph.
    """

    graph: str | None
    path: str
    format: str
    base: str
    replace: bool
    base_iri: str
    lock_wait_s: float
    more: tuple[tuple[str, str], ...] = ()

    def run(self, reader: Reader, out: BinaryIO) -> None:
        """Write the graph.

        Raises:
            BadRequest: the file does not parse, or names other graphs; the graph is no IRI.
            Conflict: the graph is one that builds derive.
            StoreError: the store cannot be written.
        """
        name = _own_graph(self.graph, self.base_iri)
        with _opened(reader.store, self.base_iri, self.lock_wait_s) as writer:
            _own_graph(self.graph, _base_iri(writer))
            created = not _exists(writer, name)
            if self.replace:
                writer.graph.clear_graph(name)
            for path, format_ in ((self.path, self.format), *self.more):
                quads = self._quads(Path(path), GRAPH_FORMATS[format_], name)
                writer.extend(quads, Path(path).stat().st_size)
            if isinstance(name, ox.NamedNode):
                writer.graph.add_graph(name)
        _answer(out, snapshot=writer.published, created=created)

    def _quads(self, path: Path, format_: ox.RdfFormat, name: _Graph) -> Iterator[ox.Quad]:
        with path.open("rb") as file:
            if file.read(len(_BOM)) != _BOM:
                file.seek(0)
            try:
                for quad in ox.parse(file, format_, base_iri=self.base, rename_blank_nodes=True):
                    if quad.graph_name not in (name, ox.DefaultGraph()):
                        raise BadRequest(
                            f"body: has the graph {quad.graph_name}; expected the triples of one "
                            "graph, without its name or with the one of the request"
                        )
                    yield ox.Quad(quad.subject, quad.predicate, quad.object, name)
            except SyntaxError as error:
                raise _parse_error(error, format_) from error
            except ValueError as error:
                raise BadRequest(f"body: cannot be read as {format_.name} ({error})") from error


@dataclass(frozen=True, slots=True)
class DeleteGraphJob:
    """Remove a named graph, or empty the unnamed one where ``graph`` is None.

    The answer is JSON: ``snapshot``.
    """

    graph: str | None
    base_iri: str
    lock_wait_s: float

    def run(self, reader: Reader, out: BinaryIO) -> None:
        """Remove the graph.

        Raises:
            UnknownGraph: there is none of that name.
            BadRequest: the name is no IRI.
            Conflict: the graph is one that builds derive.
            StoreError: the store cannot be written.
        """
        name = _own_graph(self.graph, self.base_iri)
        if snapshot_id(reader.store) is None and self.graph is not None:
            raise _unknown(self.graph)  # no store is made for it
        with _opened(reader.store, self.base_iri, self.lock_wait_s) as writer:
            _own_graph(self.graph, _base_iri(writer))
            if self.graph is not None and not _exists(writer, name):
                raise _unknown(self.graph)
            writer.graph.remove_graph(name)
        _answer(out, snapshot=writer.published)


@contextmanager
def _opened(store: Path, base_iri: str, wait_s: float) -> Iterator[Writer]:
    """Open the store for one write.

    A store keeps one base: whoever writes it first sets it, so that no build finds users'
    graphs under the base of its own.
    """
    with open_writer(store, wait_s=wait_s) as writer:
        if writer.records.get(_BASE) is None:
            writer.records.set(_BASE, base_iri)
        yield writer


def _base_iri(writer: Writer) -> str:
    """Return the base of the derived graphs that the store has or will have."""
    return writer.records.get(_BASE) or ""


def _has_derived(writer: Writer, base_iri: str) -> bool:
    return any(name.value.startswith(base_iri) for name in writer.graph.named_graphs())


def _own_graph(graph: str | None, base_iri: str) -> _Graph:
    """Return a graph that users may write.

    Raises:
        BadRequest: the name is no IRI.
        Conflict: builds derive it.
    """
    if graph is None:
        return ox.DefaultGraph()
    refuse_derived(Targets((graph,)), base_iri, derived_exist=True)
    return _named_node(graph)


def _named_node(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise BadRequest(f"graph {iri!r}: no IRI ({error}); expected an absolute one") from error


def _exists(writer: Writer, name: _Graph) -> bool:
    return isinstance(name, ox.DefaultGraph) or writer.graph.contains_named_graph(name)


def _unknown(graph: str) -> UnknownGraph:
    return UnknownGraph(f"graph <{graph}>: there is none of that name")


def _answer(out: BinaryIO, **facts: Any) -> None:
    out.write(json.dumps(facts).encode())


@contextmanager
def _told_errors(statement: Statement) -> Iterator[None]:
    """Turn what the store raises about an update into our errors; not about its disk."""
    try:
        yield
    except SyntaxError as error:
        raise _moved(syntax_error(str(error)), statement) from error
    except (ValueError, RuntimeError) as error:
        if "Corruption" in str(error):
            raise
        reason = " ".join(str(error).split())
        raise BadRequest(f"update: cannot be done ({reason}); nothing was changed") from error


def _moved(error: QuerySyntaxError, statement: Statement) -> QuerySyntaxError:
    """Tell of an error in what is run where the caller wrote it."""
    if error.line is None or error.column is None:
        return error
    line, column = statement.position(error.line, error.column)
    reason = str(error).partition(": ")[2]
    return QuerySyntaxError(f"query:{line}:{column}: {reason}", line, column)


def _parse_error(error: SyntaxError, format_: ox.RdfFormat) -> BadRequest:
    found = _PARSER_ERROR.fullmatch(error.msg)
    reason = " ".join((found[1] if found else error.msg).split())
    where = "body" if error.lineno is None else f"body:{error.lineno}:{error.offset}"
    return BadRequest(f"{where}: does not parse as {format_.name}; {reason}")
