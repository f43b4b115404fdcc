"""Trains the small networks of ``kg.extract.network``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.network import Floats, Network

#: Adam (Kingma and Ba, 2015) with decoupled weight decay and a falling rate.
RATE: Final = 2e-3
DECAY: Final = 0.1
_MEMORY: Final = (0.9, 0.999)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is trained.

    ``units`` are those of its hidden layer, ``count`` its classes; ``drop`` is the share of
    the hidden units that are left out of each step, half of it of the inputs; ``batch`` is
    how many examples make a step.
    """

    units: int
    count: int
    epochs: int
    drop: float
    batch: int = 512


def train_network(inputs: Floats, classes: NDArray[np.int64], plan: Plan, networks: int) -> Network:
    """Train *networks* networks that differ in their random start; the same every time.

    Args:
        inputs: one row an example, one at least.
        classes: the class of each, below the plan's count.
    """
    trained = [_train(inputs, classes, plan, seed) for seed in range(networks)]
    return Network(*(np.stack(weights) for weights in zip(*trained, strict=True)))


def _train(inputs: Floats, classes: NDArray[np.int64], plan: Plan, seed: int) -> list[Floats]:
    random = np.random.default_rng(seed)
    rows, width = inputs.shape
    batch = min(plan.batch, rows)
    units, count, epochs, drop = plan.units, plan.count, plan.epochs, plan.drop
    weights = [
        random.normal(0, np.sqrt(2 / width), (width, units)).astype(np.float32),
        np.zeros(units, np.float32),
        random.normal(0, np.sqrt(1 / units), (units, count)).astype(np.float32),
        np.zeros(count, np.float32),
    ]
    first = [np.zeros_like(weight) for weight in weights]
    second = [np.zeros_like(weight) for weight in weights]
    steps, step = epochs * (rows // batch), 0
    for _ in range(epochs):
        order = random.permutation(rows)
        for begin in range(0, rows - batch + 1, batch):
            chosen = order[begin : begin + batch]
            x = inputs[chosen] * _kept(random, (batch, width), drop / 2)
            step += 1
            rate = RATE * (1 - step / (steps + 1))
            gradients = _gradients(weights, x, classes[chosen], _kept(random, (batch, units), drop))
            for place, gradient in enumerate(gradients):
                first[place] += (1 - _MEMORY[0]) * (gradient - first[place])
                second[place] += (1 - _MEMORY[1]) * (gradient**2 - second[place])
                mean = first[place] / (1 - _MEMORY[0] ** step)
                scale = np.sqrt(second[place] / (1 - _MEMORY[1] ** step)) + 1e-8
                decay = DECAY * weights[place] if weights[place].ndim > 1 else 0
                weights[place] -= np.float32(rate) * (mean / scale + decay)
    return weights


def _kept(random: np.random.Generator, shape: tuple[int, int], drop: float) -> Floats:
    """Return a mask that leaves out a share of what it multiplies, and keeps its mean."""
    kept = random.random(shape, dtype=np.float32) > drop
    return np.asarray(kept / np.float32(1 - drop), np.float32)


def _gradients(
    weights: list[Floats], x: Floats, classes: NDArray[np.int64], kept: Floats
) -> list[Floats]:
    """Return the gradients of the cross-entropy by the weights, in their order."""
    hidden, hidden_bias, out, out_bias = weights
    before = x @ hidden + hidden_bias
    active = np.maximum(before, 0) * kept
    logits = active @ out + out_bias
    wrong = np.exp(logits - logits.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(x)), classes] -= 1
    wrong /= len(x)
    back = (wrong @ out.T) * kept * (before > 0)
    return [x.T @ back, back.sum(axis=0), active.T @ wrong, wrong.sum(axis=0)]
