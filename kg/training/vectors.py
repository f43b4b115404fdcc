"""Word vectors from the words around words in digests without annotation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from kg.extract.features import Ids
from kg.extract.surroundings import WordVectors

SIZE: Final = 48
MIN_COUNT: Final = 5
#: How much a word one, two and three places away counts.
_NEARNESS: Final = (1.0, 0.5, 0.33)
#: Contexts are counted to this power, so that frequent words weigh less (Levy, Goldberg and
#: Dagan, 2015, "Improving distributional similarity with lessons learned from word
#: embeddings").
_SMOOTHING: Final = 0.75
#: Vectors have this length, so that they weigh about as much as the scaled features.
_LENGTH: Final = 3.0


def word_vectors(texts: Sequence[Ids]) -> WordVectors:
    """Factorize positive pointwise mutual information of words and their neighbours.

    Args:
        texts: the ids of the words of each entry.
    """
    from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
    from sklearn.utils.extmath import randomized_svd  # type: ignore[import-untyped]

    counts = Counter(int(word) for text in texts for word in text)
    ids = np.array(sorted(word for word, n in counts.items() if n >= MIN_COUNT), np.uint64)
    if len(ids) <= SIZE:
        return WordVectors(np.zeros(1, np.uint64), np.zeros((1, SIZE), np.float32))
    rows, columns, weights = [], [], []
    for text in texts:
        place = np.minimum(np.searchsorted(ids, text), len(ids) - 1)
        place = np.where(ids[place] == text, place, -1)
        for distance, weight in enumerate(_NEARNESS, 1):
            left, right = place[:-distance], place[distance:]
            both = (left >= 0) & (right >= 0)
            rows += [left[both], right[both]]
            columns += [right[both], left[both] + len(ids)]
            weights.append(np.full(2 * int(both.sum()), weight))
    shape = (len(ids), 2 * len(ids))
    near = coo_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape
    ).tocsr()
    total = near.sum()
    of_word = np.asarray(near.sum(axis=1)).ravel()
    of_context = np.asarray(near.sum(axis=0)).ravel() ** _SMOOTHING
    of_context *= total / of_context.sum()
    near = near.tocoo()
    information = np.log(near.data * total / (of_word[near.row] * of_context[near.col]))
    positive = coo_matrix((np.maximum(information, 0), (near.row, near.col)), shape=shape).tocsr()
    left, sizes, _ = randomized_svd(positive, SIZE, n_iter=5, random_state=0)
    values = left * np.sqrt(sizes)
    values *= _LENGTH / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
    return WordVectors(ids, values.astype(np.float16).astype(np.float32))
