"""A network of one hidden layer: run by extraction, trained by ``kg.training``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Network:
    """Weights of several networks of one shape, whose probabilities are averaged.

    Shapes: ``hidden`` (networks, inputs, units), ``hidden_bias`` (networks, units), ``out``
    (networks, units, classes), ``out_bias`` (networks, classes).
    """

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def probabilities(self, inputs: Floats) -> Floats:
        """Return the class probabilities of each row: (rows, classes)."""
        if not len(inputs):
            return np.zeros((0, self.out_bias.shape[1]), np.float32)
        hidden = inputs @ self.hidden
        hidden += self.hidden_bias[:, None]
        logits = np.maximum(hidden, 0, out=hidden) @ self.out
        logits += self.out_bias[:, None]
        return np.asarray(softmax(logits).sum(axis=0) / np.float32(len(logits)), np.float32)


def softmax(logits: Floats) -> Floats:
    """Turn logits into probabilities, over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
