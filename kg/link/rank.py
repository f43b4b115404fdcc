"""Weighs candidates, and decides: a link, or NIL."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kg.errors import KGError
from kg.link.candidates import Found, item_of, look_up, with_items
from kg.link.classes import Classes
from kg.link.concepts import packaged_verdicts
from kg.link.features import (
    Asked,
    Features,
    alike_names,
    features_of,
    item_features,
    name_features,
    text_features,
)
from kg.link.index import Index
from kg.link.items import NameKind, Sense
from kg.link.judged import COARSE, Verdicts
from kg.linked import Candidate, Query, Relation

WEIGHTS: Final = Path(__file__).parent / "data" / "weights.json"
#: The feature of an item with more sitelinks than Wikidata has languages.
_MOST_SITELINKS: Final = math.log1p(1000) / 6
#: How reasons say the features whose names are short.
_IN_WORDS: Final = {
    "sense ai": "papers on AI mean this item by its label",
    "sense other": "papers on AI mean something else by its label",
    "sense general": "a general word",
    "sense unexpected": "not expected in papers on AI",
    "sense unknown": "nobody judged the item",
    "field": "its description sounds like the field",
    "same type": "of the term's type",
    "other type": "of another type than the term",
    "class fits": "its class fits the term's type",
    "class differs": "its class does not fit the term's type",
    "judged to be meant": "judged to be meant in other digests",
    "judged to be another": "judged to be something else in other digests",
    "a name judged to be another": "a name was judged to be something else",
    "first name, of one word": "by the preferred name",
    "first name, of several words": "by the whole preferred name",
    "not by first name": "not by the preferred name",
    "first has more words": "the preferred name says more",
    "share with more words": "other names say more",
    "share of names": "share of the names that the item has",
    "shared words": "words in common with the description",
    "better rivals": "others fit the name better",
    "equal rivals": "others fit the name as well",
}
#: By the number of a name's kind.
_WHOSE: Final = {
    int(NameKind.LABEL): "the item's label",
    int(NameKind.ALIAS): "an alias of the item",
    int(NameKind.KNOWN): "a name in use for the item",
    int(NameKind.TABLE): "a name that a table gives the item",
    int(NameKind.NEAR): "a name of what is nearly the item",
}
#: Features named in a reason, at most.
_REASONS: Final = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of two logistic models over the features: that a link is right; that it is close.

    ``threshold`` is the lowest score that may win, ``margin`` the smallest lead over the second.
    """

    bias: float
    weights: Mapping[str, float]
    close_bias: float
    close_weights: Mapping[str, float]
    threshold: float
    margin: float

    def score(self, features: Features) -> float:
        """Return the probability that a candidate with these features is right."""
        return _probability(self.bias + self.sum_of(features))

    def sum_of(self, features: Features) -> float:
        """Return what features add to the score, in log odds."""
        return _weighed(self.weights, features)

    def is_close(self, features: Features) -> bool:
        """Tell whether what has these features is close rather than the same."""
        return self.close_bias + _weighed(self.close_weights, features) > 0


def read_weights(path: Path) -> Weights:
    """Read weights that ``kg.training.links`` wrote.

    Raises:
        KGError: the file is missing or no file of weights.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Weights(**content)
    except (OSError, ValueError, TypeError) as error:
        raise KGError(f"{path}: no weights of linking ({error}); install paperkg again") from error


@lru_cache(maxsize=1)
def packaged_weights() -> Weights:
    return read_weights(WEIGHTS)


class Linker:
    """Links names to the items of an index."""

    def __init__(
        self, index: Index, weights: Weights | None = None, said: Verdicts | None = None
    ) -> None:
        self.index = index
        self.weights = weights or packaged_weights()
        self._said = packaged_verdicts() if said is None else said
        self._classes = Classes(index)
        # What a candidate needs that is a link, or so near to one that there is none.
        self._needed = _odds_of(max(self.weights.threshold - self.weights.margin, 1e-9))
        self._most_of_item = _most_of_item(self.weights.weights)
        self._most_of_text = _most_of_text(self.weights.weights)
        self._most_of_near = _most_of_near(self.weights)

    def candidates(self, query: Query) -> tuple[Candidate, ...]:
        """Return the items that a query may mean, by falling score, then by rising number."""
        asked = Asked(query)
        weighed = [
            _candidate(one, features, self.weights)
            for one in with_items(look_up(asked.forms, self.index), asked.forms, self.index)
            for features in [features_of(asked, one, self._classes, self._said)]
        ]
        return tuple(sorted(weighed, key=lambda one: (-one.score, int(one.qid[1:]))))

    def link(self, query: Query) -> Candidate | None:
        """Return what :meth:`choose` chooses of the candidates, without making all of them.

        An item that cannot come within the margin of a link, whatever it is, is not read.
        """
        asked, weights = Asked(query), self.weights
        near = len(asked.forms.names) > 1 or self._most_of_near >= self._needed
        found: dict[int, tuple[float, Found, Features]] = {}
        named: dict[object, tuple[Features, float]] = {}
        all_hits = look_up(asked.forms, self.index, near=near)
        for hits in all_hits:
            alike = alike_names(hits) if len(all_hits) > 1 else None
            if alike not in named:
                features = name_features(asked, hits)
                named[alike] = features, weights.bias + weights.sum_of(features)
            features, odds = named[alike]
            if odds + self._most_of_item + self._most_of_text < self._needed:
                continue
            one = item_of(hits, asked.forms, self.index)
            if one is None or one.item.qid in found:
                continue
            if one.hits is not hits:  # some of them do not speak for the item
                features = name_features(asked, one.hits)
                odds = weights.bias + weights.sum_of(features)
            of_item = item_features(asked, one, self._classes, self._said)
            odds += weights.sum_of(of_item)
            if odds + self._most_of_text < self._needed:
                continue
            of_text = text_features(asked, one, self._classes)
            odds += weights.sum_of(of_text)
            found[one.item.qid] = _probability(odds), one, {**features, **of_item, **of_text}
        ordered = sorted(found.values(), key=lambda one: (-one[0], one[1].item.qid))
        if not self._wins([score for score, _, _ in ordered[:2]]):
            return None
        _, best, features = ordered[0]
        return _candidate(best, features, weights)

    def _wins(self, scores: Sequence[float]) -> bool:
        """Tell whether the first of some scores, the highest first, is good and ahead enough."""
        if not scores or scores[0] < self.weights.threshold:
            return False
        return len(scores) == 1 or scores[0] - scores[1] >= self.weights.margin

    def choose(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """Choose the item that is meant, or None for NIL.

        The best candidate wins only if it is good enough and clearly ahead of the second:
        a wrong link costs more than a missing one.

        Source: the lead rule of wetneb/openrefine-wikibase (``match_score_gap``).
        """
        return candidates[0] if self._wins([one.score for one in candidates[:2]]) else None


def _candidate(one: Found, features: Features, weights: Weights) -> Candidate:
    best = one.hits.matches[0]
    return Candidate(
        qid=f"Q{one.item.qid}",
        label=one.item.label,
        description=one.item.description,
        score=weights.score(features),
        relation=Relation.CLOSE if weights.is_close(features) else Relation.EXACT,
        name=best.name,
        matched=best.text,
        reasons=_reasons(one, features, weights),
    )


def _reasons(one: Found, features: Features, weights: Weights) -> tuple[str, ...]:
    """Say in words by which name an item was found, and what weighed most."""
    best = one.hits.matches[0]
    whose = _WHOSE[best.kind]
    how = "differs by one letter from" if best.distance else "is"
    if best.stripped:
        how += ", but for words that say its kind,"
    found = f"{best.name!r} {how} {whose}"
    if best.text != best.name:
        found += f", {best.text!r}"
    weighed: list[tuple[float, str, float]] = []
    for name, value in features.items():
        weight = weights.weights.get(name, 0.0) * value
        if abs(weight) >= 0.1 and not name.startswith(("by ", "a ")):
            weighed.append((-abs(weight), name, weight))
    weighed.sort()
    return (
        found,
        *[f"{_IN_WORDS.get(name, name)} {weight:+.1f}" for _, name, weight in weighed[:_REASONS]],
    )


def _weighed(weights: Mapping[str, float], features: Features) -> float:
    total = 0.0
    for name, value in features.items():
        if name in weights:
            total += weights[name] * value
    return total


def _most_of_item(weights: Mapping[str, float]) -> float:
    """Return what all of an item but its text can add at most to the features of its name."""

    def weight(name: str) -> float:
        return weights.get(name, 0.0)

    judged = max(weight(f"sense {one}") for one in Sense if one is not Sense.UNKNOWN)
    unjudged = weight("sense unknown") + max(0, weight("class fits"))
    rest = max(0, weight("same type"), weight("other type"))
    verdicts = max(0, weight("judged to be meant"))
    return max(judged, unjudged) + rest + verdicts + max(0, weight("sitelinks")) * _MOST_SITELINKS


def _most_of_text(weights: Mapping[str, float]) -> float:
    """Return what the text of an item can add at most."""
    return abs(weights.get("field", 0.0)) + max(0.0, weights.get("shared words", 0.0))


def _most_of_near(weights: Weights) -> float:
    """Return the most that an item gets whose only name differs by a letter, in log odds.

    That it is the only name of the query leaves few features.
    """
    named = weights.weights
    kinds = max(named.get(f"by {kind.name.lower()}", 0.0) for kind in NameKind)
    types = max(0.0, *(named.get(f"a {joint}", 0.0) for joint in set(COARSE.values())))
    alone = ("typing error", "share of names")
    return (
        weights.bias
        + sum(named.get(name, 0.0) for name in alone)
        + (kinds + types + max(0.0, named.get("one word", 0.0), named.get("by Korean name", 0.0)))
        + max(0.0, named.get("abbreviation written otherwise", 0.0))
        + _most_of_item(named)
        + _most_of_text(named)
        - max(0.0, named.get("judged to be meant", 0.0))
    )


def _odds_of(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))
