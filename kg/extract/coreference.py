"""Decides which forms of one entry name one thing.

Each pair of forms has features (``kg.extract.pairs``): a gloss in parentheses, abbreviation,
words in common, what the lexicon says of a Korean and a Latin form, how alike their types
are. A small network trained on annotated papers gives the probability that the two are one
thing; forms are then joined from the most alike on, by the average over their pairs (average
linkage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kg.extract.lexicon import Lexicon
from kg.extract.network import Floats, Network
from kg.extract.pairs import NamedForm, each_two, features
from kg.folding import abbreviates
from kg.vocab import language_of

__all__ = ["MAX_FORMS", "Coreference", "NamedForm", "features", "join", "main_form"]

#: No more forms of an entry are compared; entries have some twenty.
MAX_FORMS: Final = 120


@dataclass(frozen=True, slots=True)
class Coreference:
    """The trained part: ``mean`` and ``deviation`` of the features, and the network."""

    lexicon: Lexicon
    mean: Floats
    deviation: Floats
    network: Network

    def alike(self, text: str, forms: Sequence[NamedForm]) -> Floats:
        """Return the probability that each two forms are one thing: a square matrix."""
        count = min(len(forms), MAX_FORMS)
        matrix = np.zeros((len(forms), len(forms)), np.float32)
        if count > 1:
            rows, columns = each_two(count)
            found = features(text, forms[:count], self.lexicon)
            inputs = np.clip((found - self.mean) / self.deviation, -4, 4)
            matrix[rows, columns] = self.network.probabilities(inputs)[:, 1]
        return matrix + matrix.T


def join(alike: Floats, threshold: float) -> list[list[int]]:
    """Join what is alike, until no two groups are by more than *threshold* on average.

    Returns:
        Groups of places, each sorted, by their first place.

    >>> join(np.array([[0, .9, .1], [.9, 0, .2], [.1, .2, 0]], np.float32), .5)
    [[0, 1], [2]]
    """
    groups = [[place] for place in range(len(alike))]
    sums = alike.astype(np.float64)
    sizes = np.ones(len(alike))
    while len(groups) > 1:
        average = sums / (sizes[:, None] * sizes)
        np.fill_diagonal(average, -1)
        one, other = divmod(int(average.argmax()), len(groups))
        if average[one, other] <= threshold:
            break
        one, other = min(one, other), max(one, other)
        groups[one] += groups.pop(other)
        sums[one] += sums[other]
        sums[:, one] += sums[:, other]
        sizes[one] += sizes[other]
        sums = np.delete(np.delete(sums, other, 0), other, 1)
        sizes = np.delete(sizes, other)
    return sorted(sorted(group) for group in groups)


def main_form(forms: Sequence[str]) -> int:
    """Choose the form that stands for the others: the longest Latin one, else the longest.

    Of several forms one that another abbreviates goes first.

    >>> main_form(["대형 언어 모델", "LLM", "Large Language Model"])
    2
    """
    return max(
        range(len(forms)),
        key=lambda n: (
            language_of(forms[n]) == "en",
            any(abbreviates(other, forms[n]) for other in forms),
            len(forms[n]),
            -n,
        ),
    )
