"""Reads the dump of Wikidata in blocks of lines: plain, ``.gz`` or ``.bz2``.

A dump is one JSON array, an entity a line; plain JSON lines are read as well. Where a file is
cut or corrupt, what stands before is read.

Source: https://www.wikidata.org/wiki/Wikidata:Database_download
"""

from __future__ import annotations

import bz2
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from kg.errors import KGError

#: Bytes of text after which a block ends with its line.
BLOCK_BYTES: Final = 4_000_000
#: A longer line is not read: it would not be an entity.
MAX_LINE_BYTES: Final = 64_000_000
#: Bytes of a compressed file that are read at once, and of text that come out of them at most.
_READ: Final = 1 << 16
_TEXT: Final = 1 << 20
#: What may stand around the JSON of an entity in its line.
_AROUND: Final = b" \t\r\n,[]\x00\xef\xbb\xbf"


class DumpError(KGError):
    """A dump that ends too early or cannot be read further.

    ``file_offset`` counts bytes of the file that were read, ``text_offset`` bytes of the text.
    """

    def __init__(self, path: Path, found: str, file_offset: int, text_offset: int) -> None:
        super().__init__(
            f"{path}: byte {file_offset:,} of the file, byte {text_offset:,} of its text: {found}"
        )
        self.found, self.file_offset, self.text_offset = found, file_offset, text_offset


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of whole lines: of the text from ``start``, ``size`` bytes long.

    ``data`` is None where the text is the file itself, and for a line that is ``too_long``.
    ``file_bytes`` are the bytes of the file up to its end.
    """

    number: int
    start: int
    size: int
    data: bytes | None
    file_bytes: int
    too_long: bool = False


def read_blocks(
    path: Path, block_bytes: int = BLOCK_BYTES, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[Block]:
    """Yield the blocks of a dump. The same text is cut in the same way, however compressed.

    Raises:
        DumpError: the rest of the file is missing or corrupt; what stands before was yielded.
        KGError: the file cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            yield from _Reader(path, file, block_bytes, max_line_bytes).blocks()
    except OSError as error:
        raise KGError(f"{path}: {error.strerror or error}; expected a Wikidata dump") from error


def text_of(block: Block, file: IO[bytes]) -> bytes:
    """Return the text of a block; *file* is the dump, opened, for plain ones.

    Raises:
        OSError: the file cannot be read.
    """
    if block.data is not None:
        return block.data
    return b"" if block.too_long else os.pread(file.fileno(), block.size, block.start)


def lines_of(text: bytes) -> list[bytes]:
    """Return the JSON of each line of a block, without what stands around it in an array.

    >>> lines_of(b'[\\n{"id":"Q1"},\\n{"id":"Q2"}\\n]\\n')
    [b'', b'{"id":"Q1"}', b'{"id":"Q2"}', b'', b'']
    """
    return [line.strip(_AROUND) for line in text.split(b"\n")]


class _Reader:
    def __init__(self, path: Path, file: IO[bytes], block_bytes: int, max_line: int) -> None:
        self._path, self._block_bytes, self._max_line = path, block_bytes, max_line
        head = os.pread(file.fileno(), 4, 0)
        packed = head[:2] == b"\x1f\x8b" or head[:3] == b"BZh"
        self._text = _Unpacked(file, head) if packed else _Plain(file)
        self._first = self._last = b""

    def blocks(self) -> Iterator[Block]:
        text, number = self._text, 0
        while size := text.size(1):
            newline = text.newline(self._block_bytes, self._block_bytes + self._max_line)
            too_long = False
            if newline >= 0:
                size = newline + 1
            elif (size := text.size(self._block_bytes + self._max_line)) >= (
                self._block_bytes + self._max_line
            ):
                size = text.last_newline(self._block_bytes) + 1
                too_long = size == 0
            start = text.start
            if too_long:
                size = self._skip_line()
                data = None
            else:
                self._look(size)
                data = text.take(size)
            yield Block(number, start, size, data, text.file_bytes(), too_long)
            number += 1
        found = text.broken or self._cut()
        if found:
            raise DumpError(self._path, found, text.file_bytes(), text.start)

    def _skip_line(self) -> int:
        """Go past a line without keeping it; returns its size."""
        start = self._text.start
        while size := self._text.size(_TEXT):
            newline = self._text.newline(0, size)
            self._text.take(newline + 1 if newline >= 0 else size)
            if newline >= 0:
                break
        return self._text.start - start

    def _look(self, size: int) -> None:
        """Keep the first and the last bytes of the text."""
        if not self._first:
            self._first = self._text.peek(0, min(size, 64)).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        self._last = self._text.peek(max(0, size - 64), size).rstrip(b" \t\r\n\x00")[-1:]

    def _cut(self) -> str:
        if self._first == b"[" and self._last != b"]":
            return "the end of the array is missing; expected ']' in the last line"
        if self._first == b"{" and self._last not in (b"}", b","):
            return "the last line is cut; expected the end of an entity"
        return ""


class _Plain:
    """A file whose bytes are the text: nothing is read but where blocks end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._fd = file.fileno()
        self._end = os.fstat(self._fd).st_size
        self.start = 0
        self.broken = ""

    def newline(self, first: int, last: int) -> int:
        at, stop = self.start + first, min(self.start + last, self._end)
        while at < stop:
            piece = os.pread(self._fd, min(_READ, stop - at), at)
            found = piece.find(b"\n")
            if found >= 0:
                return at + found - self.start
            if not piece:  # the file has become shorter
                self._end = at
                break
            at += len(piece)
        return -1

    def last_newline(self, last: int) -> int:
        return os.pread(self._fd, last, self.start).rfind(b"\n")

    def size(self, most: int) -> int:
        return min(most, self._end - self.start)

    def peek(self, first: int, last: int) -> bytes:
        return os.pread(self._fd, last - first, self.start + first)

    def take(self, size: int) -> None:
        self.start += size

    def file_bytes(self) -> int:
        return self.start


class _Unpacked:
    """The text of a compressed file, of which no more is kept than a block needs."""

    def __init__(self, file: IO[bytes], head: bytes) -> None:
        self._file, self._gzip = file, head[:2] == b"\x1f\x8b"
        self._unpack: _Gzip | bz2.BZ2Decompressor = self._new()
        self._ended = False
        self._kept = bytearray()
        self.start = 0
        self.broken = ""

    def newline(self, first: int, last: int) -> int:
        at = first
        while True:
            self._fill(min(last, max(first, at) + _TEXT))
            found = self._kept.find(b"\n", at, last)
            if found >= 0 or self._ended or len(self._kept) >= last:
                return found
            at = max(first, len(self._kept))

    def last_newline(self, last: int) -> int:
        return self._kept.rfind(b"\n", 0, last)

    def size(self, most: int) -> int:
        self._fill(most)
        return min(most, len(self._kept))

    def peek(self, first: int, last: int) -> bytes:
        return bytes(self._kept[first:last])

    def take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._kept)[:size])
        del self._kept[:size]
        self.start += size
        return taken

    def file_bytes(self) -> int:
        return self._file.tell()

    def _new(self) -> _Gzip | bz2.BZ2Decompressor:
        return _Gzip() if self._gzip else bz2.BZ2Decompressor()

    def _fill(self, size: int) -> None:
        """Unpack until so many bytes are kept, or nothing more comes."""
        try:
            while len(self._kept) < size and not self._ended:
                self._step()
        except (OSError, EOFError, ValueError, zlib.error) as error:
            self._ended = True
            self.broken = f"{error or 'corrupt'}; expected more of a compressed dump"

    def _step(self) -> None:
        rest = b""
        if self._unpack.eof:  # files are packed in parts, one after the other
            rest = self._unpack.unused_data.lstrip(b"\0")
            while not rest:  # tapes and some tools fill up with zeros
                read = self._file.read(_READ)
                if not read:
                    self._ended = True
                    return
                rest = read.lstrip(b"\0")
            self._unpack = self._new()
        elif self._unpack.needs_input:
            rest = self._file.read(_READ)
            if not rest:
                raise EOFError("the file is cut")
        self._kept += self._unpack.decompress(rest, _TEXT)


class _Gzip:
    """zlib's decompressor with the methods of bz2's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._more = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self._more

    def decompress(self, data: bytes, most: int) -> bytes:
        text = self._inner.decompress(self._inner.unconsumed_tail + data, most)
        self._more = len(text) == most
        return text
