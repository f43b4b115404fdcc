"""Dense features of the second stage: what the first stage says of a candidate and of the
candidates around it, what unannotated digests say of its form, and word vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.candidates import Candidates
from kg.extract.features import Context, Ints
from kg.extract.forms import CASES, IDS, ids_of, numbers_of
from kg.extract.index import Rows
from kg.extract.marks import BRACKETS, LISTS
from kg.extract.network import Floats
from kg.extract.tables import TYPES
from kg.extract.view import View

#: The class of what is no term, after those of TYPES.
NO_TERM: Final = len(TYPES)
#: Log odds of a candidate that is not there.
NOWHERE: Final = -12.0
_SMALLEST: Final = 1e-5
#: How far a neighbour in a list may stand, in characters.
_GAP: Final = 4
#: No more neighbours of one candidate are looked at; entries have far fewer.
_MOST_NEIGHBOURS: Final = 200
_ROWS: Final = 512
#: From a candidate to the words around it, a row each.
_STEPS: Final = np.arange(5)[:, None]
_GAPS: Final = np.arange(1, _GAP + 1)[:, None]
#: A row each: 1 where the case or the kind of the section is that, 0 elsewhere.
_CASES: Final = np.eye(len(CASES) + 1)
_KINDS: Final = np.eye(5)
#: How many words on either side make the average of what a candidate stands among.
_WINDOW: Final = 14
#: Vectors in a row of the dense features: they are its last columns.
VECTORS: Final = 12
#: How many columns stand before the vectors.
_WIDTH: Final = 86


class FormStatistics(Rows):
    """What the first stage said of forms in unannotated digests.

    A row a form: logarithm of one more than the entries that have it, the same of its
    candidates, share of them that were taken as terms, mean probability of each type and of
    no term.
    """

    __slots__ = ()


class WordVectors(Rows):
    """Vectors of words by the id of their lower-case form."""

    __slots__ = ()


def log_odds(probability: NDArray[np.floating]) -> Floats:
    """Turn probabilities into log odds, bounded at 1e-5."""
    low = np.maximum(probability, _SMALLEST)
    high = np.maximum(1 - probability, _SMALLEST)
    return np.asarray(np.log(low / high), np.float32)


def dense_of(
    view: View,
    found: Candidates,
    around: Context,
    terms: Floats,
    roles: Floats,
    statistics: FormStatistics,
    vectors: WordVectors,
    rows: Ints,
) -> Floats:
    """Return the features of the candidates that *rows* names: one row each.

    Args:
        terms: the first stage's probabilities of each type and of no term, of all candidates.
        roles: its probabilities of the roles.
    """
    odds = log_odds(1 - terms[:, NO_TERM])
    form_ids = ids_of(found.forms)[IDS.index("form")]
    korean, case, words, chars = numbers_of(found.forms)
    group, classes = found.group, terms.shape[1]
    size = np.bincount(group)
    cells = (group[:, None] * classes + np.arange(classes)).ravel()
    total = np.bincount(cells, terms.ravel()).reshape(-1, classes)
    best = np.full(len(size), NOWHERE, np.float32)
    np.maximum.at(best, group, odds)
    starts = np.array([section.start for section in view.sections], np.int64)
    columns = _Columns(rows, _WIDTH + VECTORS * vectors.values.shape[1])
    columns.add(
        np.log(np.maximum(terms, _SMALLEST)),
        np.log(np.maximum(roles, _SMALLEST)),
        *(odds, best[group], (np.bincount(group, odds) / size)[group]),
        np.log(np.maximum((total / size[:, None])[group], _SMALLEST)),
    )
    columns.put(
        _overlapping(found, odds, rows),
        statistics.of(form_ids[rows]),
        *_neighbours(len(view.text), found, around, odds, terms, rows),
    )
    columns.add(
        _bits(found.edge, 3),
        _bits(around.types, len(TYPES)),
        _CASES.take(case, axis=0),
        _KINDS.take(around.kind, axis=0),
        found.often,
        np.bincount(group, around.kind == 0)[group],
        *(words, chars, korean),
        found.start - starts[around.section],
        around.opened == 1,
        around.closed == 1,
        around.glossed,
    )
    columns.put(odds.mean(), (odds > 0).sum(), *_vectors(around, vectors, rows))
    return columns.values


class _Columns:
    """Columns of a table, filled from the left: no block of them is copied twice."""

    def __init__(self, rows: Ints, columns: int) -> None:
        self.values = np.empty((len(rows), columns), np.float32)
        self._rows = rows
        self._next = 0

    def add(self, *blocks: NDArray[np.generic]) -> None:
        """Add matrices and single columns of all candidates."""
        self.put(*[block.take(self._rows, axis=0) for block in blocks])

    def put(self, *blocks: NDArray[np.generic] | np.generic) -> None:
        """Add matrices and single columns of the rows, or numbers that stand for a column."""
        for block in blocks:
            start, width = self._next, block.shape[1] if block.ndim > 1 else 1
            self._next += width
            place = slice(start, start + width) if block.ndim > 1 else start
            self.values[:, place] = block


def _bits(values: Ints, count: int) -> NDArray[np.generic]:
    return (values[:, None] >> np.arange(count)) & 1


def _overlapping(found: Candidates, odds: Floats, rows: Ints) -> Floats:
    """Return the best log odds of the candidates that hold each of *rows*, that it holds, and
    that cross it. Candidates are sorted by start, so those that touch one stand near it."""
    reach = int((found.end - found.start).max())
    low = np.searchsorted(found.start, found.start[rows] - reach, side="left")
    high = np.searchsorted(found.start, found.end[rows], side="left")
    width = min(int((high - low).max(initial=0)), _MOST_NEIGHBOURS)
    result = np.empty((len(rows), 3), np.float32)
    for begin in range(0, len(rows), _ROWS):
        part = slice(begin, begin + _ROWS)
        own = rows[part]
        other = low[part, None] + np.arange(width)
        there = (other < high[part, None]) & (other != own[:, None])
        other = np.where(there, other, 0)
        start, end = found.start[other], found.end[other]
        own_start, own_end = found.start[own, None], found.end[own, None]
        holds = there & (start <= own_start) & (end >= own_end)
        held = there & (start >= own_start) & (end <= own_end)
        crosses = there & (start < own_end) & (end > own_start) & ~holds & ~held
        for column, where in enumerate((holds, held, crosses)):
            result[part, column] = np.where(where, odds[other], NOWHERE).max(axis=1)
    return result


def _neighbours(
    size: int, found: Candidates, around: Context, odds: Floats, terms: Floats, rows: Ints
) -> Iterator[NDArray[np.generic]]:
    """Yield, for the best candidate within a few characters on either side of each of *rows*:
    the gap, its log odds, the mark between, and the probabilities of its types.

    Args:
        size: of the text, in characters.
    """
    rising = np.argsort(odds, kind="stable")
    ends = np.full(size + 2 * _GAP + 2, -1, np.int64)
    starts = ends.copy()
    ends[found.end[rising] + _GAP] = rising
    starts[found.start[rising] + _GAP] = rising
    own = np.arange(len(rows))
    for step, table, edge, marks in (
        (-_GAPS, ends, found.start[rows], around.left[rows]),
        (_GAPS, starts, found.end[rows], around.right[rows]),
    ):
        others = table[edge + _GAP + step]
        near = others >= 0
        first = near.argmax(axis=0)
        there, best = near[first, own], others[first, own]
        yield np.where(there, first + 1, 9)
        yield np.where(there, odds[best], NOWHERE)
        yield there & (marks & LISTS > 0)
        yield there & (marks & BRACKETS > 0)
        yield np.where(there[:, None], terms[best, :NO_TERM], 0)


def _vectors(around: Context, vectors: WordVectors, rows: Ints) -> Iterator[NDArray[np.floating]]:
    """Yield vectors of the words before, in and after each of *rows*, and of the title."""
    words = around.words
    known = vectors.of(words.word)
    none, width = known.shape
    table = np.zeros((none + 1, width), np.float32)
    table[:none] = known
    total = np.zeros(table.shape)
    np.cumsum(known, axis=0, dtype=np.float64, out=total[1:])
    first, last = around.first[rows], around.last[rows]
    at = np.stack([first - _STEPS, last + _STEPS])
    inside = (at >= 0) & (at < none)
    inside &= words.section[np.where(inside, at, 0)] == around.section[rows]
    (own_first, *before), (own_last, *after) = table.take(np.where(inside, at, none), axis=0)
    left, right = np.maximum(first - _WINDOW, 0), np.minimum(last + 1 + _WINDOW, none)
    title = known[words.section == 0]

    def mean(begin: Ints, end: Ints) -> NDArray[np.float64]:
        found = total.take(end, axis=0)
        found -= total.take(begin, axis=0)
        found /= np.maximum(end - begin, 1)[:, None]
        return found

    yield before[0]
    yield before[1]
    yield (before[2] + before[3]) / 2
    yield own_first
    yield own_last
    yield mean(first, last + 1)
    yield after[0]
    yield after[1]
    yield (after[2] + after[3]) / 2
    yield mean(left, first)
    yield mean(last + 1, right)
    whole = title.mean(axis=0, dtype=np.float64) if len(title) else np.zeros(width)
    yield np.broadcast_to(whole, (len(first), width))
