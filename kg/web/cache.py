"""Answers that may be asked for again, as long as the graph stays what it is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

#: The text of a query first, and whatever else makes its answer.
Key = tuple[str, ...]

#: Functions whose value is another one at each call.
_CHANGING: Final = ("rand", "now", "uuid", "bnode")
#: An answer that takes a larger share of the cache than this is not kept.
_SHARE: Final = 8
#: What an entry takes beside its body.
_OVERHEAD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer, from a snapshot; ``rows`` is None where it is not known."""

    snapshot: str
    body: bytes
    rows: int | None


class Cache:
    """Bounded; what was used longest ago goes first, and all when there is a new snapshot.

    For one event loop.
    """

    def __init__(self, megabytes: int) -> None:
        self._limit = megabytes * 1_000_000
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0
        self._snapshot = ""

    @property
    def longest(self) -> int:
        """Bytes of the longest answer that is kept."""
        return self._limit // _SHARE

    def get(self, key: Key, snapshot: str) -> Kept | None:
        """Return the answer of the newest snapshot; those of others are forgotten."""
        if snapshot != self._snapshot:
            self._kept.clear()
            self._size, self._snapshot = 0, snapshot
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer, unless it is too long, or not of the snapshot last asked for."""
        size = _size(key, kept)
        if size > self.longest or kept.snapshot != self._snapshot:
            return
        self._drop(key)
        self._kept[key] = kept
        self._size += size
        while self._size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._size -= _size(key, dropped)


def _size(key: Key, kept: Kept) -> int:
    return len(kept.body) + 4 * sum(map(len, key)) + _OVERHEAD


def may_be_kept(query: str) -> bool:
    """Tell whether a query has the same answer each time; the word alone is enough to say no.

    >>> may_be_kept("SELECT (NOW() AS ?t) {}"), may_be_kept("ASK {}")
    (False, True)
    """
    lower = query.lower()
    return not any(word in lower for word in _CHANGING)
