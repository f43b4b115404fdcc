"""Dense features of the second stage: what the first stage says of a candidate and of the
candidates around it, what unannotated digests say of its form, and word vectors.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.candidates import Candidates
from kg.extract.features import Context, Ints
from kg.extract.forms import CASES
from kg.extract.index import Rows
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
#: How many words on either side make the average of what a candidate stands among.
_WINDOW: Final = 14
#: Vectors in a row of the dense features: they are its last columns.
VECTORS: Final = 12


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
) -> Floats:
    """Return the features of each candidate: one row each.

    Args:
        terms: the first stage's probabilities of each type and of no term.
        roles: its probabilities of the roles.
    """
    odds = log_odds(1 - terms[:, NO_TERM])
    form_ids = np.array([form.id for form in found.forms], np.uint64)
    _, group = np.unique(form_ids, return_inverse=True)
    size = np.bincount(group)
    total = np.stack([np.bincount(group, terms[:, c]) for c in range(terms.shape[1])], 1)
    mean = (total / size[:, None])[group]
    best = np.full(len(size), NOWHERE, np.float32)
    np.maximum.at(best, group, odds)
    title_count = np.bincount(group, around.kind == 0)[group]
    starts = np.array([section.start for section in view.sections], np.int64)
    columns: list[NDArray[np.generic]] = [
        np.log(np.maximum(terms, _SMALLEST)),
        np.log(np.maximum(roles, _SMALLEST)),
        np.stack([odds, best[group], (np.bincount(group, odds) / size)[group]], 1),
        np.log(np.maximum(mean, _SMALLEST)),
        _overlapping(found, odds),
        statistics.of(form_ids),
        _neighbours(view, found, odds, terms),
        _bits(found.edge, 3),
        _bits(around.types, len(TYPES)),
        np.eye(len(CASES) + 1)[[form.case for form in found.forms]],
        np.eye(5)[around.kind],
        np.stack(
            [
                size[group],
                title_count,
                np.array([form.words for form in found.forms]),
                np.array([form.chars for form in found.forms]),
                np.array([form.korean for form in found.forms]),
                found.start - starts[around.section],
                around.opened == 1,
                around.closed == 1,
                around.glossed,
                np.full(len(found), odds.mean()),
                np.full(len(found), (odds > 0).sum()),
            ],
            1,
        ),
        _vectors(around, vectors),
    ]
    return np.concatenate([column.astype(np.float32, copy=False) for column in columns], axis=1)


def _bits(values: Ints, count: int) -> NDArray[np.generic]:
    return (values[:, None] >> np.arange(count)) & 1


def _overlapping(found: Candidates, odds: Floats) -> Floats:
    """Return the best log odds of the candidates that hold each, that it holds, and that
    cross it. Candidates are sorted by start, so those that touch one stand near it."""
    count = len(found)
    reach = int((found.end - found.start).max())
    low = np.searchsorted(found.start, found.start - reach, side="left")
    high = np.searchsorted(found.start, found.end, side="left")
    width = min(int((high - low).max()), _MOST_NEIGHBOURS)
    result = np.empty((count, 3), np.float32)
    for begin in range(0, count, _ROWS):
        rows = np.arange(begin, min(begin + _ROWS, count))
        other = low[rows, None] + np.arange(width)
        there = (other < high[rows, None]) & (other != rows[:, None])
        other = np.where(there, other, 0)
        start, end = found.start[other], found.end[other]
        own_start, own_end = found.start[rows, None], found.end[rows, None]
        holds = there & (start <= own_start) & (end >= own_end)
        held = there & (start >= own_start) & (end <= own_end)
        crosses = there & (start < own_end) & (end > own_start) & ~holds & ~held
        for column, where in enumerate((holds, held, crosses)):
            result[rows, column] = np.where(where, odds[other], NOWHERE).max(axis=1)
    return result


def _neighbours(view: View, found: Candidates, odds: Floats, terms: Floats) -> Floats:
    """Return, for the best candidate within a few characters on either side: the gap, its
    log odds, the probabilities of its types, and the mark between."""
    rising = np.argsort(odds, kind="stable")
    ends = np.full(len(view.text) + 2 * _GAP + 2, -1, np.int64)
    starts = ends.copy()
    ends[found.end[rising] + _GAP] = rising
    starts[found.start[rising] + _GAP] = rising
    sides = []
    for step, table, edge in ((-1, ends, found.start), (1, starts, found.end)):
        best = np.full(len(found), -1, np.int64)
        gap = np.full(len(found), 9, np.int64)
        for distance in range(_GAP, 0, -1):
            other = table[edge + step * distance + _GAP]
            best = np.where(other >= 0, other, best)
            gap = np.where(other >= 0, distance, gap)
        there = best >= 0
        marks = [view.text[e - 1 if step < 0 else e : e if step < 0 else e + 1] for e in edge]
        sides.append(
            np.concatenate(
                [
                    np.stack(
                        [
                            gap,
                            np.where(there, odds[best], NOWHERE),
                            there & np.array([mark in ",、·/" for mark in marks]),
                            there & np.array([mark in "()[]" for mark in marks]),
                        ],
                        1,
                    ),
                    np.where(there[:, None], terms[best, :NO_TERM], 0),
                ],
                axis=1,
            )
        )
    return np.asarray(np.concatenate(sides, axis=1), np.float32)


def _vectors(around: Context, vectors: WordVectors) -> Floats:
    """Return vectors of the words before, in and after each candidate, and of the title."""
    words = around.words
    known = vectors.of(words.word)
    table = np.concatenate([known, np.zeros((1, known.shape[1]), np.float32)])
    total = np.zeros((len(table), table.shape[1]))
    np.cumsum(known, axis=0, dtype=np.float64, out=total[1:])
    first, last = around.first, around.last
    rows = np.stack([first - _STEPS, last + _STEPS])
    none = len(words.word)
    inside = (rows >= 0) & (rows < none)
    inside &= words.section[np.where(inside, rows, 0)] == around.section
    (own_first, *before), (own_last, *after) = table.take(np.where(inside, rows, none), axis=0)
    left, right = np.maximum(first - _WINDOW, 0), np.minimum(last + 1 + _WINDOW, none)
    title = known[words.section == 0]
    whole = (
        title.mean(axis=0, dtype=np.float64) if len(title) else np.zeros(known.shape[1], np.float32)
    )

    def mean(begin: Ints, end: Ints) -> Floats:
        size = np.maximum(end - begin, 1)[:, None]
        return np.asarray((total[end] - total[begin]) / size, np.float32)

    return np.concatenate(
        [
            before[0],
            before[1],
            (before[2] + before[3]) / 2,
            own_first,
            own_last,
            mean(first, last + 1),
            after[0],
            after[1],
            (after[2] + after[3]) / 2,
            mean(left, first),
            mean(last + 1, right),
            np.broadcast_to(whole.astype(np.float32), (len(first), len(whole))),
        ],
        axis=1,
    )
