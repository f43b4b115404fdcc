"""Sort lines that may not fit into memory."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO

#: Lines sorted in memory at once: 100 to 200 MB of N-Triples.
CHUNK = 1_000_000


def sorted_unique(lines: Iterable[bytes], folder: Path, *, chunk: int = CHUNK) -> Iterator[bytes]:
    """Yield each distinct line once, in byte order.

    Args:
        lines: each with its line end.
        folder: where sorted runs are kept while more than one chunk is at work.
        chunk: lines per run.

    >>> list(sorted_unique([b"b\\n", b"a\\n", b"b\\n"], Path(), chunk=10))
    [b'a\\n', b'b\\n']
    """
    source = iter(lines)
    first = sorted(islice(source, chunk))
    if len(first) < chunk:
        yield from _unique(first)
        return
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        run: list[bytes] = first
        while run:
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder, buffering=1 << 20))
            file.writelines(run)
            file.seek(0)
            runs.append(file)
            run = sorted(islice(source, chunk))
        yield from _unique(heapq.merge(*runs))


def _unique(lines: Iterable[bytes]) -> Iterator[bytes]:
    last = None
    for line in lines:
        if line != last:
            yield line
            last = line
