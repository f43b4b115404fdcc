"""What a query worker does for a page of a saved query.

Whether rows follow a page has to be known before its first byte leaves, as a header tells
it. So the answer with a page starts with a byte of its own: ``MORE`` or ``LAST``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

import pyoxigraph as ox

from kg.errors import BadRequest
from kg.vocab import PREFIXES
from kg.web.jobs import GRAPH_FORMATS, RESULT_FORMATS, Dataset, told_errors
from kg.web.reader import Reader

if TYPE_CHECKING:  # a worker reads no files of queries, and need not load what does
    from kg.queries.shape import Shape

MORE: Final = b"+"
LAST: Final = b"."


@dataclass(frozen=True, slots=True)
class ShapeJob:
    """Write the rows of a SELECT as the JSON that a shape makes of them."""

    text: str
    shape: Shape
    dataset: Dataset

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            found = list(_rows(_solutions(self.dataset.evaluate(reader, self.text))))
        _write_shaped(self.shape, found, out)


@dataclass(frozen=True, slots=True)
class RowsPageJob:
    """Write a page of a SELECT; ``text`` asks for one row more than ``rows``.

    ``format`` is a name of the formats of results; with a ``shape`` the rows are written as
    the JSON that it makes of them instead.
    """

    text: str
    rows: int
    format: str
    shape: Shape | None
    dataset: Dataset

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            result = _solutions(self.dataset.evaluate(reader, self.text))
            if self.shape is None:
                written = io.BytesIO()
                result.serialize(written, ox.QueryResultsFormat.JSON)
            else:
                found = list(_rows(result))
        if self.shape is None:
            self._write(written.getvalue(), out)
        else:
            out.write(self._flag(len(found)))
            _write_shaped(self.shape, found[: self.rows], out)

    def _flag(self, found: int) -> bytes:
        return MORE if found > self.rows else LAST

    def _write(self, written: bytes, out: BinaryIO) -> None:
        """Leave the row out that is one too many, and write the others as they are wanted.

        pyoxigraph serializes all rows or none, and reads what it has written.
        """
        document = json.loads(written)
        bindings = document["results"]["bindings"]
        flag = self._flag(len(bindings))
        out.write(flag)
        if flag == MORE:
            del bindings[self.rows :]
            written = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        if self.format == "json":
            out.write(written)
            return
        rows = ox.parse_query_results(written, ox.QueryResultsFormat.JSON)
        rows.serialize(out, RESULT_FORMATS[self.format])


def _solutions(result: object) -> ox.QuerySolutions:
    if not isinstance(result, ox.QuerySolutions):
        raise BadRequest("query: has no rows; expected a SELECT")
    return result


def _rows(result: ox.QuerySolutions) -> Iterator[dict[str, object]]:
    names = [variable.value for variable in result.variables]
    for row in result:
        yield {name: term for name, term in zip(names, row, strict=True) if term is not None}


def _write_shaped(shape: Shape, rows: list[dict[str, object]], out: BinaryIO) -> None:
    out.write(json.dumps(shape.fill(rows), ensure_ascii=False).encode())


@dataclass(frozen=True, slots=True)
class GraphPageJob:
    """Write a page of a CONSTRUCT or DESCRIBE.

    ``next`` is a SELECT that has a row where the pages go on, or None where they do not.
    """

    text: str
    next: str | None
    format: str
    dataset: Dataset

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            more = False
            if self.next is not None:
                rows = self.dataset.evaluate(reader, self.next)
                more = isinstance(rows, ox.QuerySolutions) and any(True for _ in rows)
            out.write(MORE if more else LAST)
            result = self.dataset.evaluate(reader, self.text)
            if isinstance(result, ox.QueryTriples):
                ox.serialize(result, out, GRAPH_FORMATS[self.format], prefixes=PREFIXES)
