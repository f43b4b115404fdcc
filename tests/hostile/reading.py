"""Read HTTP/1 answers from a stream of bytes, strictly: what is not HTTP is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Longer bodies are read and dropped.
_KEPT: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``headers`` have lower-case names, ``complete`` if its end came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    complete: bool

    def header(self, name: str) -> str:
        """All values of a header, joined; empty where there is none."""
        return ", ".join(value for key, value in self.headers if key == name)


class NoHttp(Exception):
    """The server sent something that is no HTTP."""


def read_replies(pieces: Iterator[bytes], count: int) -> Iterator[Reply]:
    """Read up to *count* answers; interim ones (100) are skipped.

    Raises:
        NoHttp: the bytes are no answer.
    """
    stream = _Stream(pieces)
    found = 0
    while found < count:
        head = stream.until(b"\r\n\r\n")
        if not head.endswith(b"\r\n\r\n"):
            if head:
                raise NoHttp(f"{head[:200]!r}; expected a whole head")
            return
        status, headers = _parse_head(head)
        if status == 100:
            continue
        found += 1
        yield _with_body(status, headers, stream)


def _with_body(status: int, headers: tuple[tuple[str, str], ...], stream: _Stream) -> Reply:
    named = dict(headers)
    if status in (204, 304):
        return Reply(status, headers, b"", complete=True)
    if named.get("transfer-encoding", "").lower() == "chunked":
        body, complete = _chunks(stream)
    elif "content-length" in named:
        length = int(named["content-length"])
        body = stream.take(length)
        complete = len(body) == min(length, _KEPT)
    else:
        body, complete = stream.rest(), True
    return Reply(status, headers, body, complete)


def _parse_head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *lines = head[:-4].split(b"\r\n")
    words = first.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise NoHttp(f"{first[:200]!r}; expected a status line")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise NoHttp(f"{line[:200]!r}; expected a header")
        headers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
    return int(words[1]), tuple(headers)


def _chunks(stream: _Stream) -> tuple[bytes, bool]:
    body = bytearray()
    while True:
        line = stream.until(b"\r\n")
        if not line.endswith(b"\r\n"):
            return bytes(body), False
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise NoHttp(f"{line[:200]!r}; expected the size of a chunk") from error
        part = stream.take(size + 2)
        if size == 0:
            return bytes(body), part == b"\r\n"
        if len(body) < _KEPT:
            body += part[:-2]
        if not part.endswith(b"\r\n"):
            return bytes(body), False


class _Stream:
    """Bytes that arrive in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        self._held += piece
        return bool(piece)

    def until(self, end: bytes) -> bytes:
        """Take what comes up to and with *end*; all there is where it does not come."""
        while (place := self._held.find(end)) < 0 and self._more():
            pass
        size = len(self._held) if place < 0 else place + len(end)
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def take(self, size: int) -> bytes:
        """Take so many bytes, fewer where no more come; keeps the first of very many."""
        kept = bytearray()
        while size > 0:
            if not self._held and not self._more():
                break
            part = self._held[:size]
            del self._held[:size]
            size -= len(part)
            if len(kept) < _KEPT:
                kept += part
        return bytes(kept[:_KEPT]) if len(kept) > _KEPT else bytes(kept)

    def rest(self) -> bytes:
        """Take everything up to the end of the connection."""
        kept = bytearray()
        while self._held or self._more():
            if len(kept) < _KEPT:
                kept += self._held
            self._held.clear()
        return bytes(kept)
