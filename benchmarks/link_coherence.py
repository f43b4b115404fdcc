"""Measure whether links beside a term help to choose its own: what coherence would add.

usage: python -m benchmarks.link_coherence

Reads the packaged judgements, whose terms stand together in digests. Each candidate gets the
likeness of its label, aliases and description to those of the items that other terms of its
digest are judged to be: the highest, the mean, and the mean of the five highest. Printed is
how well each tells right candidates from wrong ones, and what it adds to the score, both on
digests that nothing was fitted to. Nothing is added by a likeness whose log loss is that of the
score alone; that is why linking has no such feature.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.fit_links import FOLDS, MARGIN, THRESHOLD
from kg.link.concepts import concepts
from kg.link.items import NameKind
from kg.link.judged import Judged, packaged_judged
from kg.training.links import Example, crossed_examples, fit

_ALIAS: Final = NameKind.ALIAS
_LIKENESSES: Final = ("highest", "mean", "mean of five")


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    ).parse_args()
    judged = packaged_judged()
    made = crossed_examples(judged, FOLDS)
    right = np.array([one.right for one in made])
    digests = sorted({one.digest for one in judged if one.digest})
    fold_of = {digest: number % FOLDS for number, digest in enumerate(digests)}
    folds = np.array([fold_of[judged[one.term].digest] for one in made])
    odds = _odds(made, folds)
    alike = _likeness(judged, made)
    print(f"{len(made)} candidates, {right.sum()} of them right")
    print(f"score: AUC {roc_auc_score(right, odds):.4f}, {_added(odds[:, None], right, folds)}")
    for column, name in enumerate(_LIKENESSES):
        own = alike[:, column]
        both = np.column_stack([odds, own * 10])
        print(f"{name} likeness: AUC {roc_auc_score(right, own):.3f}; with the score, "
              f"{_added(both, right, folds)}")  # fmt: skip


def _odds(made: list[Example], folds: np.ndarray) -> np.ndarray:
    """Return the log odds of each candidate by weights fitted to the other folds."""
    odds = np.zeros(len(made))
    for fold in range(FOLDS):
        others = [one for one, own in zip(made, folds, strict=True) if own != fold]
        weights = fit(others, threshold=THRESHOLD, margin=MARGIN)
        for place in np.flatnonzero(folds == fold):
            odds[place] = weights.bias + weights.sum_of(made[place].features)
    return odds


def _likeness(judged: tuple[Judged, ...], made: list[Example]) -> np.ndarray:
    """Return the likenesses of each candidate to the right items of its digest."""
    items = list(concepts())
    place_of = {item.qid: place for place, item in enumerate(items)}
    told = [
        " ".join([item.description, *(one.text for one in item.names if one.kind <= _ALIAS)])
        for item in items
    ]
    vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(told)
    of_digest: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for number, one in enumerate(judged):
        if one.qid is not None:
            of_digest[one.digest].add((number, one.qid))
    found = np.zeros((len(made), len(_LIKENESSES)))
    for row, one in enumerate(made):
        beside = of_digest[judged[one.term].digest]
        others = [place_of[qid] for term, qid in beside if term != one.term and qid != one.qid]
        if others:
            likeness = np.sort((vectors[others] @ vectors[place_of[one.qid]].T).toarray().ravel())
            found[row] = likeness[-1], likeness.mean(), likeness[-5:].mean()
    return found


def _added(inputs: np.ndarray, right: np.ndarray, folds: np.ndarray) -> str:
    """Tell how well a logistic model of some inputs does on folds that it was not fitted to."""
    told = np.zeros(len(right))
    for fold in range(FOLDS):
        model = LogisticRegression(C=10, max_iter=2_000)
        model.fit(inputs[folds != fold], right[folds != fold])
        told[folds == fold] = model.predict_proba(inputs[folds == fold])[:, 1]
    return f"AUC {roc_auc_score(right, told):.4f}, log loss {log_loss(right, told):.4f}"


if __name__ == "__main__":
    main()
