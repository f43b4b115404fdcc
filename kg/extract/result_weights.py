"""Chooses one of several alternatives by weighted features (a conditional logit model).

An alternative is a list of features; its score is the sum of their weights, and the
probabilities of the alternatives of one choice are the softmax of their scores (McFadden
1974, "Conditional logit analysis of qualitative choice behavior"). Weights are fitted by
``fit`` and kept in ``results.tsv``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

#: Digits of a weight in the table, and the smallest worth a row.
DIGITS: Final = 2
MIN_WEIGHT: Final = 0.05
_STEPS: Final = 120
_MEMORY: Final = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice to learn from: each alternative's features, and which ones are right."""

    alternatives: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]


def probabilities(
    weights: Mapping[str, float], alternatives: Sequence[Sequence[str]]
) -> list[float]:
    """Return the probability of each alternative.

    >>> probabilities({"a": 0.0, "b": math.log(3)}, [["a"], ["b", "never seen"]])
    [0.25, 0.75]
    """
    known = weights.get
    scores = [sum([known(feature, 0.0) for feature in found]) for found in alternatives]
    top = max(scores, default=0.0)
    masses = [math.exp(score - top) for score in scores]
    whole = math.fsum(masses)
    return [mass / whole for mass in masses]


def fit(choices: Sequence[Choice], *, penalty: float, min_count: int) -> dict[str, float]:
    """Fit weights to choices: the right alternatives get most of the probability.

    Maximises the log likelihood less a Gaussian prior, by L-BFGS from zero, so that the
    same choices give the same weights.

    Args:
        penalty: of the prior: half of it times the squared weight is taken off.
        min_count: features in fewer alternatives get no weight.

    Returns:
        Weights of at least ``MIN_WEIGHT`` at ``DIGITS`` digits, by feature, sorted.
    """
    import numpy as np

    counts = Counter(f for choice in choices for found in choice.alternatives for f in set(found))
    known = sorted(feature for feature, count in counts.items() if count >= min_count)
    if not known:
        return {}
    place = {feature: number for number, feature in enumerate(known)}
    columns: list[int] = []
    rows: list[int] = []
    groups: list[int] = []
    for group, choice in enumerate(choices):
        for found in choice.alternatives:
            inside = [place[feature] for feature in found if feature in place]
            columns += inside
            rows += [len(groups)] * len(inside)
            groups.append(group)
    right = np.array([flag for choice in choices for flag in choice.right], dtype=bool)
    column, row, group_of = np.array(columns), np.array(rows), np.array(groups)

    def shares(scores: np.ndarray[Any, Any], among: np.ndarray[Any, Any]) -> tuple[Any, Any]:
        top = np.full(len(choices), -np.inf)
        np.maximum.at(top, group_of[among], scores[among])
        mass = np.where(among, np.exp(np.minimum(scores - top[group_of], 0.0)), 0.0)
        whole = np.bincount(group_of, mass, len(choices))
        return mass / whole[group_of], top + np.log(whole)

    def loss(weight: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        scores = np.bincount(row, weight[column], len(groups))
        share, whole = shares(scores, np.ones(len(groups), dtype=bool))
        wanted, best = shares(scores, right)
        gradient = np.bincount(column, (share - wanted)[row], len(known)) + penalty * weight
        return float((whole - best).sum() + 0.5 * penalty * weight @ weight), gradient

    found_weights = _minimize(loss, np.zeros(len(known)))
    rounded = {f: round(float(w), DIGITS) for f, w in zip(known, found_weights, strict=True)}
    return {feature: weight for feature, weight in rounded.items() if abs(weight) >= MIN_WEIGHT}


def _minimize(loss: Any, start: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Minimise by L-BFGS with a backtracking line search (Nocedal and Wright, algorithm 7.4)."""
    point = start
    value, gradient = loss(point)
    steps: list[tuple[Any, Any, float]] = []
    for _ in range(_STEPS):
        direction = _direction(gradient, steps)
        slope, length = float(direction @ gradient), 1.0 if steps else 0.01
        while True:
            nearer = point + length * direction
            lower, turned = loss(nearer)
            if lower <= value + 1e-4 * length * slope or length < 1e-10:
                break
            length /= 2
        moved, change = nearer - point, turned - gradient
        if (curve := float(moved @ change)) > 1e-12:
            steps = [*steps[-_MEMORY + 1 :], (moved, change, 1 / curve)]
        done = value - lower < 1e-7 * abs(value)
        point, value, gradient = nearer, lower, turned
        if done:
            break
    return point


def _direction(gradient: np.ndarray[Any, Any], steps: Sequence[tuple[Any, Any, float]]) -> Any:
    direction = -gradient
    kept = []
    for moved, change, scale in reversed(steps):
        kept.append(scale * float(moved @ direction))
        direction = direction - kept[-1] * change
    if steps:
        moved, change, scale = steps[-1]
        direction = direction / (scale * float(change @ change))
    for (moved, change, scale), share in zip(steps, reversed(kept), strict=True):
        direction = direction + (share - scale * float(change @ direction)) * moved
    return direction
