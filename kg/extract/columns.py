"""Joins numbers to 64-bit keys, many templates at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]

#: Odd 64-bit constants of the golden ratio and of MurmurHash3's finalizer.
STEP: Final = np.uint64(0x9E3779B97F4A7C15)
MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_MASK: Final = (1 << 64) - 1
_SHIFT: Final = np.uint64(29)


class Columns:
    """Keys of templates, column by column; each template has a salt of its own.

    What they join is kept and mixed at the end, the first numbers of all templates at once,
    then the second ones: fifty small steps would take most of the time.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._salt = 0
        self._salts: list[int] = []
        self._parts: list[tuple[NDArray[np.generic], ...]] = []
        self._where: list[NDArray[np.bool_] | None] = []

    def add(self, values: Ids) -> None:
        """Add a template of one id; 0 is none."""
        self.join(values, where=values != 0)

    def share(self, several: Iterable[Ids]) -> None:
        """Add templates whose values mean the same whichever of them has them."""
        self._salt = (self._salt + int(STEP)) & _MASK
        for values in several:
            self._put((values,), values != 0)

    def join(self, *parts: NDArray[np.generic], where: NDArray[np.bool_] | None = None) -> None:
        """Add a template that joins several numbers."""
        self._salt = (self._salt + int(STEP)) & _MASK
        self._put(parts, where)

    def _put(self, parts: tuple[NDArray[np.generic], ...], where: NDArray[np.bool_] | None) -> None:
        self._salts.append(self._salt)
        self._parts.append(parts)
        self._where.append(where)

    def keys(self) -> Ids:
        order = sorted(range(len(self._parts)), key=lambda n: -len(self._parts[n]))
        mixed = np.empty((len(order), self._rows), np.uint64)
        mixed[:] = np.array(self._salts, np.uint64)[order, None]
        parts = np.empty_like(mixed)
        for depth in range(len(self._parts[order[0]])):
            alive = [n for n in order if len(self._parts[n]) > depth]  # the first of the order
            for row, n in enumerate(alive):
                parts[row] = self._parts[n][depth]
            some = mixed[: len(alive)]
            some ^= parts[: len(alive)]
            some *= MIX
            some ^= np.right_shift(some, _SHIFT, out=parts[: len(alive)])
        mixed |= np.uint64(1)  # never 0, which is none
        for row, n in enumerate(order):
            where = self._where[n]
            if where is not None:
                mixed[row] *= where
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return mixed[place].T
