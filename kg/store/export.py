"""Write a snapshot as a file: sorted, so that equal stores give equal bytes."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyoxigraph as ox
import zstandard

from kg.errors import BadRequest
from kg.store.snapshot import Snapshot
from kg.store.sorting import sorted_unique

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_NT = ox.RdfFormat.N_TRIPLES

#: Names of the formats, as they stand in file suffixes and ``--format``.
FORMATS: dict[str, ox.RdfFormat] = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_WITH_GRAPHS = {"nq", "trig", "jsonld"}

_Graph = ox.NamedNode | ox.DefaultGraph


def export(
    snapshot: Snapshot,
    out: BinaryIO,
    format_: str,
    *,
    prefixes: Mapping[str, str],
    graph: str | None = None,
    without: Iterable[str] = (),
) -> None:
    """Write the snapshot, or one graph of it, to *out*.

    Formats without graphs give the union of all graphs, each triple once. Triples are in
    byte order of their N-Triples lines, graphs in order of their names, the default graph
    first. Memory is flat: what does not fit is sorted on disk.

    Args:
        format_: a key of :data:`FORMATS`.
        prefixes: for the formats that have them.
        graph: IRI of the only graph to write; one that is not there is empty.
        without: IRIs of predicates to leave out.

    Raises:
        BadRequest: the format is unknown, or the graph is no IRI.
    """
    if format_ not in FORMATS:
        raise BadRequest(f"format {format_!r}; expected one of: {', '.join(FORMATS)}")
    left_out = {f"<{predicate}>".encode() for predicate in without}
    with tempfile.TemporaryDirectory(prefix="kg-export-") as name:
        folder = Path(name)
        if format_ in _WITH_GRAPHS:
            quads = _sorted_quads(snapshot, _graphs(snapshot, graph), folder, left_out)
        else:
            quads = _sorted_union(snapshot, _graphs(snapshot, graph), folder, left_out)
        if format_ in ("nt", "nq"):
            for line, name_ in quads:
                out.write(line if name_ is None else line[:-2] + name_ + b" .\n")
            return
        _serialize(quads, out, FORMATS[format_], prefixes, with_graphs=format_ in _WITH_GRAPHS)


def _graphs(snapshot: Snapshot, graph: str | None) -> list[_Graph]:
    if graph is not None:
        try:
            return [ox.NamedNode(graph)]
        except ValueError as error:
            raise BadRequest(f"graph {graph!r}: no IRI ({error}); expected one") from error
    names = [name for name in snapshot.graph.named_graphs() if isinstance(name, ox.NamedNode)]
    return [ox.DefaultGraph(), *sorted(names, key=lambda name: name.value)]


def _lines(snapshot: Snapshot, name: _Graph, folder: Path, left_out: set[bytes]) -> Iterator[bytes]:
    """Yield the N-Triples lines of one graph, through a file: a dump has no other stream."""
    with tempfile.NamedTemporaryFile(dir=folder) as dump:
        snapshot.graph.dump(dump.name, format=_NT, from_graph=name)
        with open(dump.name, "rb") as lines:
            for line in lines:
                if not left_out or line.split(b" ", 2)[1] not in left_out:
                    yield line


_Line = tuple[bytes, bytes | None]


def _sorted_quads(
    snapshot: Snapshot, graphs: list[_Graph], folder: Path, left_out: set[bytes]
) -> Iterator[_Line]:
    for name in graphs:
        label = None if isinstance(name, ox.DefaultGraph) else f"<{name.value}>".encode()
        for line in sorted_unique(_lines(snapshot, name, folder, left_out), folder):
            yield line, label


def _sorted_union(
    snapshot: Snapshot, graphs: list[_Graph], folder: Path, left_out: set[bytes]
) -> Iterator[_Line]:
    lines = chain.from_iterable(_lines(snapshot, name, folder, left_out) for name in graphs)
    for line in sorted_unique(lines, folder):
        yield line, None


def _serialize(
    lines: Iterator[_Line],
    out: BinaryIO,
    format_: ox.RdfFormat,
    prefixes: Mapping[str, str],
    *,
    with_graphs: bool,
) -> None:
    def quads() -> Iterator[ox.Quad]:
        for batch, label in _batches(lines):
            graph = ox.NamedNode(label[1:-1].decode()) if label else ox.DefaultGraph()
            for quad in ox.parse(batch, format=_NT):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)

    # The serializer writes prefixes in the order of a hash table: sort that head.
    head = b""
    if format_ in (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG):
        prefix_lines = _prefix_lines(format_, prefixes)
        head = b"".join(prefix_lines)
        out.write(b"".join(sorted(prefix_lines)))
    target = cast(BinaryIO, _Without(out, head))
    if with_graphs:
        ox.serialize(quads(), target, format_, prefixes=dict(prefixes))
    else:
        ox.serialize((quad.triple for quad in quads()), target, format_, prefixes=dict(prefixes))


def _prefix_lines(format_: ox.RdfFormat, prefixes: Mapping[str, str]) -> list[bytes]:
    node = ox.NamedNode("urn:x")
    sample = io.BytesIO()
    ox.serialize((ox.Triple(node, node, node),), sample, format_, prefixes=dict(prefixes))
    lines = sample.getvalue().splitlines(keepends=True)
    return [line for line in lines if line.startswith(b"@prefix")]


class _Without(io.RawIOBase):
    """Passes bytes on to *out*, all but the *head* that they start with."""

    def __init__(self, out: BinaryIO, head: bytes) -> None:
        self._out, self._left = out, len(head)

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        chunk = memoryview(data)
        skipped = min(self._left, len(chunk))
        self._left -= skipped
        self._out.write(chunk[skipped:])
        return len(chunk)


def _batches(lines: Iterator[_Line], size: int = 10_000) -> Iterator[tuple[bytes, bytes | None]]:
    batch: list[bytes] = []
    current: bytes | None = None
    for line, label in lines:
        if batch and (label != current or len(batch) == size):
            yield b"".join(batch), current
            batch = []
        current = label
        batch.append(line)
    if batch:
        yield b"".join(batch), current


@contextmanager
def compressed(out: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    """Wrap *out* so that what is written is compressed: ``.gz``, ``.zst``, else plain.

    The bytes depend on the content alone: no time and no file name is written.
    """
    with ExitStack() as stack:
        if suffix == ".gz":
            file = gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0)
            yield cast(BinaryIO, stack.enter_context(file))
        elif suffix == ".zst":
            compressor = zstandard.ZstdCompressor(level=9)
            yield cast(BinaryIO, stack.enter_context(compressor.stream_writer(out, closefd=False)))
        else:
            yield out
