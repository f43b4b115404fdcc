"""Finds mentions that restate the one before: ``Chain-of-Thought(CoT)``, ``확산(diffusion)``.

A gloss stands in parentheses right after what it restates. Two Latin forms must fit as
abbreviation and long form; a Korean and a Latin form need nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from kg.extract.spans import Found
from kg.folding import abbreviates
from kg.vocab import language_of

#: What may stand between the two: a space and an opening parenthesis or bracket.
_BETWEEN: Final = re.compile(r"\s?[(\[（]\s?")
_AFTER: Final = re.compile(r"\s?[)\]）,;:]")


def glosses(text: str, mentions: Sequence[Found]) -> Iterator[tuple[int, int]]:
    """Yield places in *mentions* (sorted, not nested): the gloss and what it restates."""
    for place in range(1, len(mentions)):
        long, short = mentions[place - 1], mentions[place]
        if (
            _BETWEEN.fullmatch(text, long.end, short.start)
            and _AFTER.match(text, short.end)
            and _restates(short.exact, long.exact)
        ):
            yield place, place - 1


def _restates(gloss: str, other: str) -> bool:
    if language_of(gloss) != language_of(other):
        return True
    return abbreviates(gloss, other) or abbreviates(other, gloss)
