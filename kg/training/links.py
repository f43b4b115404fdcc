"""Fits the weights of linking to terms whose items someone judged.

Two logistic models over the features of a candidate: that a link to it is right, and that
a right link is a close one. Small, so that a few hundred judged terms are enough, and their
scores are probabilities without more (checked by cross-validation in
``benchmarks/link_quality.py``).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from kg.errors import KGError
from kg.link.candidates import look_up, with_items
from kg.link.classes import Classes, words_of
from kg.link.concepts import Known, concepts, known_names, verdicts_of
from kg.link.features import Asked, Features, features_of
from kg.link.index import Index
from kg.link.items import Item, NameKind, Sense
from kg.link.judged import NOTHING_SAID, Judged, Verdicts
from kg.link.rank import Weights
from kg.linked import Relation
from kg.training.extra import one_thread

#: Strength of the penalty (scikit-learn's C) and features seen fewer times than this.
_C: Final = 1.0
_RARE: Final = 3
_ROUNDS: Final = 2_000
#: Weights of what no judged item has, set by hand: the table of concepts tells no classes.
_SET: Final = {"class fits": 2.0, "class differs": -4.0, "sitelinks": 0.5}
#: All of Wikidata has many more senses of a name than the table that the weights are fitted to:
#: an item that nobody judged needs that much more to speak for it, in log odds.
_MORE_SENSES: Final = 2.0
_UNKNOWN: Final = "sense unknown"
#: Items with a word, for it to weigh.
_FIELD_ITEMS: Final = 8


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate of a judged term: its features, and whether it is the right item."""

    term: int
    qid: int
    features: Features
    right: bool
    close: bool


def examples(
    judged: Sequence[Judged],
    index: Index,
    said: Verdicts,
    field: Mapping[str, float] | None = None,
) -> list[Example]:
    """Describe every candidate of the judged terms.

    Args:
        field: weights of words; the packaged ones by default.
    """
    classes = Classes(index, field)
    made: list[Example] = []
    for number, one in enumerate(judged):
        asked = Asked(one.query)
        for candidate in with_items(look_up(asked.forms, index), asked.forms, index):
            features = features_of(asked, candidate, classes, said)
            right = candidate.item.qid == one.qid
            is_close = one.relation is Relation.CLOSE
            made.append(Example(number, candidate.item.qid, features, right, is_close))
    return made


def crossed_examples(judged: Sequence[Judged], folds: int) -> list[Example]:
    """Describe the candidates of judged terms as if nobody had judged those of their digest.

    Each fold of the digests sees what is said of the others, and not its own.
    """
    digests = sorted({one.digest for one in judged if one.digest})
    of = {digest: number % folds for number, digest in enumerate(digests)}
    made: list[Example] = []
    for fold in range(folds):
        said = verdicts_of(one for one in judged if of.get(one.digest) != fold)
        own = [number for number, one in enumerate(judged) if of.get(one.digest) == fold]
        with Index.of(concepts(said)) as index:
            made.extend(
                replace(one, term=own[one.term])
                for one in examples([judged[number] for number in own], index, said)
            )
    return made


def unjudged_examples(judged: Sequence[Judged]) -> list[Example]:
    """Describe candidates as those of a dump are: items whose sense nobody judged.

    They have their labels and aliases only. Half of the items weigh the words of the other half.
    """
    known = known_names()
    items = [
        msgspec.structs.replace(
            item,
            names=tuple(name for name in item.names if name.kind <= NameKind.ALIAS),
            sense=Sense.UNKNOWN,
            types=(),
        )
        for item in concepts(NOTHING_SAID)
    ]
    made: list[Example] = []
    for half in (0, 1):
        own = [item for item in items if item.qid % 2 == half]
        field = field_weights((item for item in items if item.qid % 2 != half), known)
        with Index.of(own) as index:
            made.extend(examples(judged, index, NOTHING_SAID, field))
    return made


def fit(made: Sequence[Example], *, threshold: float, margin: float) -> Weights:
    """Fit the two models; the same examples give the same weights.

    Raises:
        KGError: no candidate is right, or none is wrong; or the extra ``train`` is missing.
    """
    right = [one for one in made if one.right]
    if not right or len(right) == len(made):
        raise KGError("judged terms: expected right and wrong candidates among them")
    with one_thread():
        bias, weights = _logistic([(one.features, one.right) for one in made])
        close = [(one.features, one.close) for one in right]
        if len({is_close for _, is_close in close}) < 2:
            nearness: tuple[float, dict[str, float]] = (-1.0, {})
        else:
            nearness = _logistic(close)
    return Weights(bias, weights, *nearness, threshold, margin)


def with_unjudged(weights: Weights, made: Sequence[Example]) -> Weights:
    """Add what items weigh that nobody judged: those of a dump.

    What is fitted is how much less they score in all, and how much their description adds to
    what the weights say already.
    """
    rows = [
        (
            {
                "said": _log_odds(weights.score(one.features)),
                "field": one.features.get("field", 0.0),
            },
            one.right,
        )
        for one in made
    ]
    with one_thread():
        bias, fitted = _logistic(rows)
    scale = fitted["said"]
    more = {
        _UNKNOWN: round(bias / scale - _MORE_SENSES, 4),
        "field": round(fitted["field"] / scale, 4),
        **_SET,
    }
    return replace(weights, weights={**weights.weights, **more})


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _logistic(rows: Sequence[tuple[Features, bool]]) -> tuple[float, dict[str, float]]:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    counts = Counter(name for features, _ in rows for name in features)
    names = sorted(name for name, count in counts.items() if count >= _RARE)
    matrix = np.array([[features.get(name, 0.0) for name in names] for features, _ in rows])
    model = LogisticRegression(C=_C, max_iter=_ROUNDS)
    model.fit(matrix, np.array([label for _, label in rows]))
    weights = {
        name: round(float(weight), 4) for name, weight in zip(names, model.coef_[0], strict=True)
    }
    return round(float(model.intercept_[0]), 4), weights


def write_weights(weights: Weights, path: Path) -> None:
    """Write weights as JSON, one a line, sorted."""
    path.write_text(
        json.dumps(asdict(weights), ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        encoding="utf-8",
    )


def field_weights(items: Iterable[Item], known: dict[str, Known]) -> dict[str, float]:
    """Weigh the words of labels and descriptions: those of our field against those of others.

    Fitted to the items that someone judged: what papers on AI mean, against what they do not
    or never mention. For items that nobody judged, such as those of a dump.
    """
    ours: Counter[str] = Counter()
    others: Counter[str] = Counter()
    total = Counter[bool]()
    for item in items:
        entry = known.get(f"Q{item.qid}")
        is_ours = entry is not None and entry.sense is Sense.THIS
        total[is_ours] += 1
        (ours if is_ours else others).update(words_of(f"{item.label} {item.description}"))
    # Log ratio of the shares of items with the word, each with one item added.
    return {
        word: round(
            math.log((ours[word] + 1) / (total[True] + 2))
            - math.log((others[word] + 1) / (total[False] + 2)),
            3,
        )
        for word in sorted(ours | others)
        if ours[word] + others[word] >= _FIELD_ITEMS
    }
