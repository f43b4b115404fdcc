"""Counts the rows of a result as it is written, by marks that no value can hold.

XML escapes ``<`` wherever a value has it, TSV line breaks; in CSV a line break within quotes
is no row's; and in JSON a row starts as no value, nor the end of one, can go on.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: The first value of a row that has any, after the row before or the start of all.
_JSON_ROW: Final = re.compile(rb'(?:\[|\}\},)\{"[^"\\]{1,200}":\{"type"')
_LONGEST_JSON: Final = 220
_MARKS: Final = {"xml": b"<result>", "tsv": b"\n"}


class RowCounter(io.RawIOBase):
    """Passes a result on and counts its rows; ``rows`` is None for other formats."""

    def __init__(self, out: BinaryIO, format_: str) -> None:
        self._out = out
        self._format = format_
        self._tail = b""
        self._marks = 0
        self._in_quotes = False

    def writable(self) -> bool:
        return True

    @property
    def rows(self) -> int | None:
        """How many rows were written so far; in JSON, those with a value."""
        if self._format in ("csv", "tsv"):  # their first line is the header
            return self._marks - 1
        return self._marks if self._format in ("json", "xml") else None

    def write(self, data: Buffer, /) -> int:
        part = bytes(data)
        if self._format == "csv":
            self._count_lines(part)
        elif self._format == "json":
            self._count_json(part)
        elif self._format in _MARKS:
            self._count(part, _MARKS[self._format])
        self._out.write(part)
        return len(part)

    def _count(self, part: bytes, mark: bytes) -> None:
        """Count a mark; one that is cut in two is found with the second part."""
        joined = self._tail + part
        self._marks += joined.count(mark)
        self._tail = joined[max(len(joined) - len(mark) + 1, 0) :]

    def _count_json(self, part: bytes) -> None:
        joined, end = self._tail + part, 0
        for match in _JSON_ROW.finditer(joined):
            self._marks += 1
            end = match.end()
        self._tail = joined[max(end, len(joined) - _LONGEST_JSON) :]

    def _count_lines(self, part: bytes) -> None:
        for number, piece in enumerate(part.split(b'"')):
            if number:
                self._in_quotes = not self._in_quotes
            if not self._in_quotes:
                self._marks += piece.count(b"\n")
