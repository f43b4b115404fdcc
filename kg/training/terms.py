"""Trains the scorer of terms on annotated papers and on digests without annotation.

The second stage must see the first as it is on papers that the first has not learnt from.
So the annotated digests are cut into folds; what the second stage learns of a fold comes
from a first stage that was fitted on the others. What the first stage says of forms in
digests without annotation is one of the second stage's features.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.features import Ids, Ints
from kg.extract.network import Floats, Network
from kg.extract.scorer import CLASSES, ROLES, Scaling, TermScorer, first_stage, role_inputs
from kg.extract.surroundings import VECTORS, FormStatistics, WordVectors, dense_of
from kg.training.first_stage import fit_keys, form_statistics
from kg.training.networks import Plan, train_network
from kg.training.reading import SKIPPED, Example, Plain
from kg.training.vectors import SIZE, word_vectors

log = logging.getLogger(__name__)

FOLDS: Final = 5
NETWORKS: Final = 3
_DROP: Final = 0.25
_TERMS: Final = Plan(units=64, count=CLASSES, epochs=10, drop=_DROP)
_ROLES: Final = Plan(units=48, count=ROLES, epochs=10, drop=_DROP, batch=128)
#: Word vectors a candidate has among its dense features, at their end.
_LEAST_DEVIATION: Final = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Trained:
    """A scorer, and what it says of its own examples when their fold is left out.

    ``terms`` and ``roles`` have a row a candidate, over all examples; ``taken`` says of
    each candidate without annotation whether the first stage took it as a term.
    """

    scorer: TermScorer
    terms: Floats
    roles: Floats
    taken: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The candidates of all examples, a row each."""

    fold: Ints
    keys: Ids
    types: Ints
    roles: Ints


def train_terms(examples: Sequence[Example], plain: Plain) -> Trained:
    """Train a scorer: the same examples in the same order give the same weights."""
    rows = _rows(examples)
    vectors = word_vectors(plain.words)
    terms, roles, statistics = _first_stages(rows, plain)
    log.info("first stage, whole")
    keys = fit_keys(rows.keys, rows.types, rows.roles)
    known, taken = form_statistics(keys, plain)
    dense = _dense(examples, rows, terms, roles, statistics, vectors)
    scaling = _scaling(dense)
    inputs = scaling.scale(dense)
    log.info("second stage")
    held_out = _held_out(rows.fold, inputs, rows.types, _TERMS)
    log.info("roles")
    with_types = role_inputs(inputs, held_out)
    held_out_roles = _held_out(rows.fold, with_types, rows.roles, _ROLES)
    log.info("second stage and roles, whole")
    scorer = TermScorer(
        keys,
        known,
        vectors,
        scaling,
        _network(inputs, rows.types, _TERMS, NETWORKS),
        _network(with_types, rows.roles, _ROLES, NETWORKS),
    )
    return Trained(scorer, held_out, held_out_roles, taken)


def _rows(examples: Sequence[Example]) -> _Rows:
    """Put the candidates of all examples under each other; a digest's are of one fold."""
    digests = sorted({example.digest for example in examples})
    fold_of = {digest: place % FOLDS for place, digest in enumerate(digests)}
    return _Rows(
        fold=np.repeat([fold_of[e.digest] for e in examples], [len(e.found) for e in examples]),
        keys=np.concatenate([example.keys for example in examples]),
        types=np.concatenate([example.types for example in examples]),
        roles=np.concatenate([example.roles for example in examples]),
    )


def _first_stages(rows: _Rows, plain: Plain) -> tuple[Floats, Floats, list[FormStatistics]]:
    """Return what first stages that were fitted without a fold say of it: the probabilities of
    types and roles, and each one's statistics of forms."""
    terms = np.zeros((len(rows.types), CLASSES), np.float32)
    roles = np.zeros((len(rows.types), ROLES), np.float32)
    statistics = []
    for number in range(FOLDS):
        log.info("first stage, fold %d of %d", number + 1, FOLDS)
        out = rows.fold == number
        fitted = fit_keys(rows.keys[~out], rows.types[~out], rows.roles[~out])
        if out.any():
            terms[out], roles[out] = first_stage(fitted, rows.keys[out])
        statistics.append(form_statistics(fitted, plain)[0])
    return terms, roles, statistics


def _dense(
    examples: Sequence[Example],
    rows: _Rows,
    terms: Floats,
    roles: Floats,
    statistics: Sequence[FormStatistics],
    vectors: WordVectors,
) -> Floats:
    """Return the features of the second stage, as a first stage without the fold gives them."""
    dense, begin = [], 0
    for example in examples:
        end = begin + len(example.found)
        dense.append(
            dense_of(
                example.view,
                example.found,
                example.around,
                terms[begin:end],
                roles[begin:end],
                statistics[int(rows.fold[begin])],
                vectors,
                np.arange(len(example.found)),
            )
        )
        begin = end
    return np.concatenate(dense)


def _scaling(dense: Floats) -> Scaling:
    mean, deviation = dense.mean(axis=0), dense.std(axis=0) + _LEAST_DEVIATION
    mean[-VECTORS * SIZE :], deviation[-VECTORS * SIZE :] = 0, 1  # vectors come scaled
    return Scaling(mean, deviation)


def _held_out(fold: Ints, inputs: Floats, classes: Ints, plan: Plan) -> Floats:
    """Return the probabilities of each row by a network that has not seen its fold."""
    found = np.zeros((len(inputs), plan.count), np.float32)
    for number in range(FOLDS):
        out = fold == number
        if out.any():
            network = _network(inputs[~out], classes[~out], plan, 1)
            found[out] = network.probabilities(inputs[out])
    return found


def _network(inputs: Floats, classes: Ints, plan: Plan, networks: int) -> Network:
    known = classes != SKIPPED
    return train_network(inputs[known], classes[known], plan, networks)
