"""The trained part of term extraction: scores candidates in two stages.

The first stage is a log-linear model over hashed features of a candidate and its words.
The second is a small network that sees what the first says of the candidate, of the same
form elsewhere in the entry and of its neighbours, with word vectors. ``kg.training`` makes
the weights, ``kg.extract.weights`` keeps them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kg.extract.candidates import Candidates
from kg.extract.features import Ids, context_of, keys_of
from kg.extract.index import Rows
from kg.extract.network import Floats, Network, softmax
from kg.extract.surroundings import NO_TERM, FormStatistics, WordVectors, dense_of, log_odds
from kg.extract.tables import Tables
from kg.extract.view import View

#: Classes of the first stage: the types and no term, then the roles as in ROLES.
CLASSES: Final = NO_TERM + 1
ROLES: Final = 3
#: Log odds by the first stage below which the second does not look at a candidate: of half of
#: all. Of 18,000 terms in 900 entries it would have taken 3 of these, with 0.66 at most.
_HOPELESS: Final = -6.0
#: Standard deviations past which a dense feature counts no more.
_CLIP: Final = 4.0


@dataclass(frozen=True, slots=True)
class Keys:
    """The first stage's weights: a row of logits for each known key; ``ids`` is sorted."""

    ids: Ids
    weights: Floats
    bias: Floats
    _rows: Rows = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", Rows(self.ids, self.weights))

    def logits(self, keys: Ids) -> Floats:
        """Return the logits of each row of keys; a key never seen weighs nothing."""
        return np.asarray(self._rows.of(keys.T).sum(axis=0) + self.bias, np.float32)


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities of each candidate: ``terms`` of the types (as in TYPES) and of no term,
    ``roles`` of other, evaluatedOn and introduced, were it a term."""

    terms: Floats
    roles: Floats


@dataclass(frozen=True, slots=True)
class Scaling:
    """Mean and standard deviation of the dense features."""

    mean: Floats
    deviation: Floats

    def scale(self, values: Floats) -> Floats:
        scaled = values - self.mean
        scaled /= self.deviation
        return np.clip(scaled, -_CLIP, _CLIP, out=scaled)


@dataclass(frozen=True, slots=True)
class TermScorer:
    """Both stages with all they look up."""

    keys: Keys
    statistics: FormStatistics
    vectors: WordVectors
    scaling: Scaling
    terms: Network
    roles: Network

    def score(
        self, view: View, found: Candidates, tables: Tables, least: float = -math.inf
    ) -> Scores:
        """Score the candidates of an entry; the hopeless ones keep the first stage's scores.

        Args:
            least: log odds of being a term that a candidate must pass to get roles; those of
                the others are 0.
        """
        if not len(found):
            empty = np.zeros((0, CLASSES), np.float32)
            return Scores(empty, empty[:, :ROLES])
        around = context_of(view, found, tables)
        terms, roles = first_stage(self.keys, keys_of(view, found, around))
        rows = np.flatnonzero(log_odds(1 - terms[:, NO_TERM]) > _HOPELESS)
        known = self.statistics, self.vectors
        inputs = self.scaling.scale(dense_of(view, found, around, terms, roles, *known, rows))
        terms[rows] = shares = self.terms.probabilities(inputs)
        wanted = np.flatnonzero(log_odds(1 - shares[:, NO_TERM]) > least)
        roles = np.zeros((len(terms), ROLES), np.float32)
        seen = role_inputs(inputs[wanted], shares[wanted])
        roles[rows[wanted]] = self.roles.probabilities(seen)
        return Scores(terms, roles)


def first_stage(keys: Keys, found: Ids) -> tuple[Floats, Floats]:
    """Return the probabilities of the types and of the roles, as the first stage has them."""
    logits = keys.logits(found)
    return softmax(logits[:, :CLASSES]), softmax(logits[:, CLASSES:])


def role_inputs(inputs: Floats, terms: Floats) -> Floats:
    """Return what the network of roles sees: the features and the second stage's types."""
    return np.concatenate([inputs, np.log(np.maximum(terms, 1e-5))], axis=1)
