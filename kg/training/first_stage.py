"""Fits the first stage, and asks it about digests that nobody annotated."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.choice import heaviest
from kg.extract.features import Ids, Ints
from kg.extract.scorer import CLASSES, ROLES, Keys, first_stage
from kg.extract.surroundings import NO_TERM, FormStatistics, log_odds
from kg.training.reading import SKIPPED, Plain

#: A key is learnt from this many candidates on.
MIN_KEYS: Final = 2
#: Inverse strength of the regularization.
STRENGTH: Final = 0.8
#: Weights below this are left out.
_SMALL: Final = 0.01
#: Logit of a class that no candidate has.
_NEVER: Final = -20.0
#: Entries without annotation that must have a form for its statistics to be kept.
MIN_ENTRIES: Final = 2
#: Candidates that are scored at once, so that memory stays flat.
_ROWS: Final = 20_000


def fit_keys(keys: Ids, types: Ints, roles: Ints) -> Keys:
    """Fit multinomial logistic regression over the keys seen often enough.

    Args:
        keys: a row a candidate, 0 for none.
        types: its class, or SKIPPED.
        roles: the class of its role, or SKIPPED.
    """
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    ids, count = np.unique(keys[types != SKIPPED], return_counts=True)
    ids = ids[(count >= MIN_KEYS) & (ids != 0)]
    place = np.minimum(np.searchsorted(ids, keys), len(ids) - 1)
    there = ids[place] == keys
    rows = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    matrix = csr_matrix(
        (np.ones(rows[-1], np.float32), place[there], rows), shape=(len(keys), len(ids))
    )
    weights = np.zeros((len(ids), CLASSES + ROLES), np.float32)
    bias = np.full(CLASSES + ROLES, _NEVER, np.float32)
    for first, classes in ((0, types), (CLASSES, roles)):
        known = classes != SKIPPED
        seen = np.unique(classes[known])
        if len(seen) < 2:  # nothing to tell apart
            bias[first + seen] = 0
            continue
        fitted = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3)
        fitted.fit(matrix[known], classes[known])
        if len(seen) == 2:  # two classes: one row of weights, for the second
            fitted.coef_ = np.concatenate([-fitted.coef_, fitted.coef_]) / 2
            fitted.intercept_ = np.concatenate([-fitted.intercept_, fitted.intercept_]) / 2
        weights[:, first + fitted.classes_] = fitted.coef_.T
        bias[first + fitted.classes_] = fitted.intercept_
    strong = np.abs(weights).max(axis=1) >= _SMALL
    rounded = weights[strong].astype(np.float16).astype(np.float32)  # as they are stored
    return Keys(ids[strong], rounded, bias)


def form_statistics(keys: Keys, plain: Plain) -> tuple[FormStatistics, NDArray[np.bool_]]:
    """Say of each form what the first stage thinks of it where nobody annotated.

    Also tells which candidates it took as terms.
    """
    shares = np.concatenate(
        [
            first_stage(keys, plain.keys[begin : begin + _ROWS])[0]
            for begin in range(0, max(len(plain.keys), 1), _ROWS)
        ]
    )
    taken = _taken(shares, plain)
    ids, group, size = np.unique(plain.forms, return_inverse=True, return_counts=True)
    both = np.unique(np.stack([group, plain.entry]), axis=1)[0]
    entries = np.bincount(both, minlength=len(ids))
    sums = [np.bincount(group, column, len(ids)) for column in (taken, *shares.T)]
    values = np.stack([np.log1p(entries), np.log1p(size), *(s / size for s in sums)], axis=1)
    kept = entries >= MIN_ENTRIES
    statistics = FormStatistics(ids[kept], values[kept].astype(np.float16).astype(np.float32))
    return statistics, taken


def _taken(shares: NDArray[np.float32], plain: Plain) -> NDArray[np.bool_]:
    """Tell which candidates are terms to the first stage: those of an entry do not overlap."""
    odds = log_odds(1 - shares[:, NO_TERM])
    taken = np.zeros(len(odds), bool)
    by_entry: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(odds > 0).tolist():
        by_entry[int(plain.entry[place])].append(place)
    for places in by_entry.values():
        spans = [(int(plain.start[p]), int(plain.end[p]), float(odds[p])) for p in places]
        taken[[places[chosen] for chosen in heaviest(spans)]] = True
    return taken
