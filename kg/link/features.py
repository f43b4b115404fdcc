"""What speaks for an item and against it: the features that ranking weighs.

Those of its name are known before the item is read, and may rule it out.
"""

from __future__ import annotations

import math
import re
from functools import cached_property, lru_cache
from typing import Final

from kg.link.candidates import Forms, Found, Hits, Match
from kg.link.classes import Classes
from kg.link.items import NameKind, Sense
from kg.link.judged import COARSE, Verdicts
from kg.linked import Query
from kg.model import TermType
from kg.vocab import language_of

#: Named numbers, about in [-1, 1]; those that are 0 may be left out.
Features = dict[str, float]

#: Letters of an abbreviation, at most.
_SHORT: Final = 6
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_BY: Final = tuple(f"by {kind.name.lower()}" for kind in NameKind)
_A: Final = {joint: f"a {joint}" for joint in sorted(set(COARSE.values()))}
_SENSE: Final = {sense: f"sense {sense or 'unknown'}" for sense in Sense}
#: As plain numbers, which compare faster.
_NEAR: Final = int(NameKind.NEAR)
_KNOWN: Final = int(NameKind.KNOWN)
_STRIPPED: Final = tuple(f"{kind.name.lower()} stripped" for kind in NameKind)


class Asked:
    """A query, with what all of its candidates are compared with."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.forms = Forms(query)
        self.types = _joint(query.types)

    @cached_property
    def words(self) -> set[str]:
        return _words(*self.query.names, *self.query.context)


@lru_cache(maxsize=1 << 10)
def _joint(types: tuple[TermType, ...]) -> tuple[str, ...]:
    return tuple(sorted({COARSE[type_] for type_ in types}))


def alike_names(hits: Hits) -> object:
    """Return what the features of the names depend on: hits for which it is equal share them."""
    best = hits.matches[0]
    rest = hits.matches[1:]
    text = best.text if len(best.text) <= _SHORT and best.text.isupper() else ""
    return best[:6], text, tuple([match[:6] for match in rest]) if rest else ()


def name_features(asked: Asked, hits: Hits) -> Features:
    """Describe by which of its names an item was found, and among how many others."""
    forms, best = asked.forms, hits.matches[0]
    distance, stripped, kind, place, _, name, text = best
    features: Features = {_BY[kind]: 1.0}
    if stripped:
        features[_STRIPPED[kind]] = 1.0
    if distance:
        features["typing error"] = 1.0
    if len(hits.matches) > 1 and any(match.kind < _NEAR for match in hits.matches[1:]):
        features["by two names"] = 1.0
    if len(forms.names) > 1:
        matched = {forms.keys[match.place] for match in hits.matches}
        features["share of names"] = len(matched) / len(set(forms.keys))
        _add_other_names(features, forms, hits.matches)
    else:
        features["share of names"] = 1.0
    length = len(forms.keys[place])
    if length <= 5:
        features["short name"] = 1.0 if length <= 3 else 0.5
    is_ascii = name.isascii()
    several = is_ascii and len(name.split()) > 1
    if is_ascii and not several:
        features["one word"] = 1.0
    elif not is_ascii and language_of(name) == "ko":
        features["by Korean name"] = 1.0
    if place == 0 and not stripped and not distance and kind <= _KNOWN:
        features["first name, of several words" if several else "first name, of one word"] = 1.0
    if len(text) <= _SHORT and text.isupper() and _plain(name) != _plain(text):
        features["abbreviation written otherwise"] = 1.0
    if hits.better:
        features["better rivals"] = min(hits.better, 3) / 3
    if hits.equal:
        features["equal rivals"] = min(hits.equal, 3) / 3
    for type_ in asked.types:
        features[_A[type_]] = 1.0
    return features


def item_features(asked: Asked, found: Found, classes: Classes, said: Verdicts) -> Features:
    """Describe the item itself: its sense, its class and type, and what was judged of it."""
    item, types = found.item, asked.query.types
    features: Features = {_SENSE[item.sense]: 1.0}
    if item.sense is Sense.UNKNOWN:
        fit = classes.fit(item, types)
        if fit:
            features["class fits" if fit > 0 else "class differs"] = 1.0
    if item.types and asked.types:
        same = any(COARSE[type_] in asked.types for type_ in item.types)
        features["same type" if same else "other type"] = 1.0
    if item.sitelinks:
        features["sitelinks"] = math.log1p(item.sitelinks) / 6
    if item.qid in said.items:
        _add_verdicts(features, asked, found, said)
    return features


def text_features(asked: Asked, found: Found, classes: Classes) -> Features:
    """Compare what the item's label and description say: what takes longest."""
    item = found.item
    features: Features = {}
    if item.sense is Sense.UNKNOWN:
        features["field"] = classes.field(item)
    description = item.description.lower()
    if any(word in description for word in asked.words):
        shared = len(asked.words & _words(description))
        if shared:
            features["shared words"] = min(shared, 3) / 3
    return features


def features_of(asked: Asked, found: Found, classes: Classes, said: Verdicts) -> Features:
    """Describe a candidate of a query."""
    return {
        **name_features(asked, found.hits),
        **item_features(asked, found, classes, said),
        **text_features(asked, found, classes),
    }


def _add_other_names(features: Features, forms: Forms, matches: tuple[Match, ...]) -> None:
    """Compare the names that an item has not with those that it has."""
    parts = {forms.bares[match.place] or forms.keys[match.place] for match in matches}
    more = [
        made not in parts and any(made.endswith(part) or made.startswith(part) for part in parts)
        for made in (bare or full for bare, full in zip(forms.bares, forms.keys, strict=True))
    ]
    if all(match.place for match in matches):
        features["not by first name"] = 1.0
        if more[0]:
            features["first has more words"] = 1.0
    if any(more[1:]):
        features["share with more words"] = sum(more[1:]) / len(more)


def _plain(abbreviation: str) -> str:
    """Leave out a plural s; case and hyphens tell abbreviations apart, as in M-CMC and MCMC."""
    return abbreviation.removesuffix("s").strip()


def _add_verdicts(features: Features, asked: Asked, found: Found, said: Verdicts) -> None:
    rejected = accepted = first = False
    for match in found.hits.matches:
        for type_ in asked.types:
            what = (asked.forms.keys[match.place], type_, found.item.qid)
            accepted |= what in said.accepted
            if what in said.rejected:
                rejected = True
                first |= match.place == 0
    if accepted:
        features["judged to be meant"] = 1.0
    if rejected:
        features["judged to be another" if first else "a name judged to be another"] = 1.0


def _words(*texts: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(" ".join(texts))}
