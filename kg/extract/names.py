"""Finds the names of the tables in a text, all at once (Aho-Corasick)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ahocorasick_rs import AhoCorasick

from kg.extract.view import View, flatten

_MIN_CHARS: Final = 2


class NameFinder:
    """An automaton over names, blind to case and to dashes against spaces."""

    def __init__(self, names: Iterable[str]) -> None:
        flat = {flatten(name) for name in names if len(name) >= _MIN_CHARS}
        self._automaton = AhoCorasick(sorted(flat), store_patterns=False)

    def find(self, view: View) -> Iterator[tuple[int, int]]:
        """Yield the offsets of every name that begins and ends with a token.

        A plural s after the name belongs to it.
        """
        for _, start, end in self._automaton.find_matches_as_indexes(view.flat, overlapping=True):
            if start not in view.at:
                continue
            if end not in view.until:
                if view.flat[end : end + 1] != "s" or end + 1 not in view.until:
                    continue
                end += 1
            yield start, end
