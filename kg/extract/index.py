"""Finds hashes in sorted tables: an entry looks up thousands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.uint64]

_BITS: Final = 64


class Index:
    """A table of sorted, distinct 64-bit hashes.

    Hashes lie evenly, so the first bits of one tell its place but for a few steps; a binary
    search takes five times as long.
    """

    def __init__(self, ids: Ids) -> None:
        slots = 1 << max(len(ids).bit_length(), 1)
        self._shift = np.uint64(_BITS - slots.bit_length() + 1)
        steps = np.arange(slots + 1)
        self._first = np.searchsorted(ids >> self._shift, steps).astype(np.int32)
        self._stop = self._first[1:].copy()
        self._ids = np.append(ids, np.uint64(0))
        self._none = len(ids)

    def find(self, ids: Ids) -> NDArray[np.int64]:
        """Return the place of each hash in the table, the table's length for unknown ones."""
        wanted = ids.ravel()
        slot = (wanted >> self._shift).view(np.int64)  # no negative one: the shift is 1 or more
        place, stop = self._first.take(slot), self._stop.take(slot)
        found = np.full(len(wanted), self._none, np.int64)
        there = np.flatnonzero(place < stop)
        while len(there):
            here = place[there]
            equal = self._ids[here] == wanted[there]
            found[there[equal]] = here[equal]
            there = there[~equal]
            place[there] += 1
            there = there[place[there] < stop[there]]
        return found.reshape(ids.shape)


@dataclass(frozen=True, slots=True)
class Rows:
    """A row of numbers for each hash of a sorted table."""

    ids: Ids
    values: Floats
    _index: Index = field(init=False, repr=False, compare=False)
    _padded: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        none = np.zeros((1, *self.values.shape[1:]), np.float32)
        object.__setattr__(self, "_index", Index(self.ids))
        object.__setattr__(self, "_padded", np.concatenate([self.values, none]))

    def of(self, ids: Ids) -> Floats:
        """Return the rows of hashes, zeros for one that is not known."""
        return self._padded.take(self._index.find(ids), axis=0)
