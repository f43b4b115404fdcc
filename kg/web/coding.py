"""Content codings: which one a caller wants, and streams that write it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from typing import BinaryIO, Final, cast

import zstandard

from kg.errors import NotAcceptable


class Coding(StrEnum):
    """A content coding, by its registered name (RFC 9110, section 8.4.1)."""

    IDENTITY = "identity"
    ZSTD = "zstd"
    GZIP = "gzip"


#: Of codings that are wanted equally, the first is taken.
_OFFERED: Final = (Coding.ZSTD, Coding.GZIP)
_GZIP_LEVEL: Final = 4
_ZSTD_LEVEL: Final = 3
_PART = re.compile(
    r"\A\s*+([!#$%&'*+\-.^_`|~0-9A-Za-z]++)\s*+(?:;\s*+[qQ]=([01](?:\.\d{0,3})?)\s*)?\Z"
)


@lru_cache(maxsize=256)
def wanted(accept_encoding: str) -> Coding:
    """Choose a coding by an ``Accept-Encoding`` header; empty takes none.

    A part that makes no sense counts as not there (RFC 9110, section 12.5.3).

    Raises:
        NotAcceptable: every coding that is offered, and none at all, has a quality of 0.

    >>> wanted("gzip, deflate, br"), wanted("gzip;q=0.5, *;q=0.1"), wanted("")
    (<Coding.GZIP: 'gzip'>, <Coding.GZIP: 'gzip'>, <Coding.IDENTITY: 'identity'>)
    """
    qualities: dict[str, float] = {}
    for part in accept_encoding.split(","):
        found = _PART.match(part)
        if found:
            qualities[found[1].lower()] = float(found[2] or 1)
    rest = qualities.get("*", 0.0)
    best = max(_OFFERED, key=lambda coding: qualities.get(coding, rest))
    quality = qualities.get(best, rest)
    # Without a word on it, "identity" is as good as any that is not named.
    plain = qualities.get(Coding.IDENTITY, qualities.get("*"))
    if quality > 0 and quality >= (plain or 0.0):
        return best
    if plain == 0:
        raise NotAcceptable(
            f"coding {accept_encoding!r}; offered: {', '.join(_OFFERED)}, and none at all"
        )
    return Coding.IDENTITY


@contextmanager
def coded(out: BinaryIO, coding: Coding) -> Iterator[BinaryIO]:
    """Give a stream that writes to *out* in a coding; *out* stays open."""
    if coding is Coding.GZIP:
        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as stream:
            yield cast(BinaryIO, stream)
    elif coding is Coding.ZSTD:
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        with compressor.stream_writer(out, closefd=False) as stream:
            yield cast(BinaryIO, stream)
    else:
        yield out


def encode(body: bytes, coding: Coding) -> bytes:
    """Return a whole body in a coding."""
    if coding is Coding.GZIP:
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    if coding is Coding.ZSTD:
        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)
    return body
