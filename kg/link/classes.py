"""What Wikidata says an item is, against the type of a term.

``data/classes.tsv`` names classes and the types of term that their instances and subclasses can
be; none for what is never one, such as a film. ``data/field.tsv`` has the weights of words
that tell descriptions of our field from others; ``kg.training.links`` makes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.link.index import Index
from kg.link.items import Item
from kg.model import TermType

_DATA: Final = Path(__file__).parent / "data"
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
#: Steps up the subclass chain; longer ones end in what is true of everything.
_MAX_STEPS: Final = 8
_MAX_CLASSES: Final = 400


class Classes:
    """Judges items by their classes, up the subclass chains of an index."""

    def __init__(self, index: Index, field_weights: Mapping[str, float] | None = None) -> None:
        self._index = index
        self._fits = _table()
        self._weights = _field_weights() if field_weights is None else field_weights
        self.types_of = lru_cache(maxsize=50_000)(self._types_of)

    def fit(self, item: Item, types: Iterable[TermType]) -> int:
        """Return 1 if an item's classes allow one of the types, -1 if they forbid all, else 0."""
        allowed = self.types_of((*item.classes, *item.parents))
        if allowed is None:
            return 0
        return -1 if allowed.isdisjoint(types) else 1

    def _types_of(self, classes: tuple[int, ...]) -> frozenset[TermType] | None:
        """Return the types that the nearest known classes allow; None where none is known.

        Chains of subclasses may be cyclic, and end nowhere: each class is looked at once.
        """
        seen: set[int] = set()
        level = sorted(set(classes))
        for _ in range(_MAX_STEPS):
            known = [self._fits[one] for one in level if one in self._fits]
            if known:
                return frozenset().union(*known)
            seen.update(level)
            above: set[int] = set()
            for one in level:
                item = self._index.item(one)
                if item is not None:
                    above.update(item.parents)
            level = sorted(above - seen)
            if not level or len(seen) > _MAX_CLASSES:
                return None
        return None

    def field(self, item: Item) -> float:
        """Tell how much label and description sound like our field: from -1, not, to 1.

        0 where nothing is known of their words.
        """
        weights = self._weights
        words = words_of(f"{item.label} {item.description}")
        total = sum([weights[word] for word in words if word in weights])
        return math.tanh(total / 2)


def words_of(text: str) -> list[str]:
    """List the words of a text, each once, in lower case without a plural s.

    >>> words_of("Family of Neural networks, neural")
    ['family', 'of', 'neural', 'network']
    """
    words = [word.lower() for word in _WORD.findall(text)]
    return list(
        dict.fromkeys(
            [
                word[:-1] if word[-1] == "s" and len(word) > 3 and word[-2] != "s" else word
                for word in words
            ]
        )
    )


@lru_cache(maxsize=1)
def _table() -> dict[int, frozenset[TermType]]:
    return {
        int(qid[1:]): frozenset(TermType(one) for one in types.split(",") if one)
        for qid, _, types in _rows(_DATA / "classes.tsv")
    }


@lru_cache(maxsize=1)
def _field_weights() -> dict[str, float]:
    return {word: float(weight) for word, weight in _rows(_DATA / "field.tsv")}


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]
