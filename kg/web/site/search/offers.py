"""What is offered to a reader who still types, or who has not said what to look for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.web.names.finding import Found, find
from kg.web.names.keyboard import without_last
from kg.web.names.lookup import Names, opened
from kg.web.names.schema import TYPES
from kg.web.site.reading import Graph, Shown, SiteJob
from kg.web.site.search.hits import name_found, thing_shown

#: Things that are suggested, and rows that are read for them.
SUGGESTED: Final = 10
_ROWS: Final = 400
#: Where only things of some types are wanted, these may be among many others.
_ROWS_OF_TYPES: Final = 2_000
#: Things of each type that are shown as examples.
_EXAMPLES: Final = 6


@dataclass(frozen=True, slots=True)
class SuggestJob(SiteJob):
    """Suggest things that what was typed so far may become; of some types, if any is named."""

    file: Path | None
    text: str
    types: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        with opened(self.file) as names:
            return {"suggestions": self._suggested(graph, names) if names is not None else []}

    def _suggested(self, graph: Graph, names: Names) -> list[Shown]:
        types = frozenset(map(TYPES.index, self.types)) or frozenset(range(len(TYPES)))
        if not self.text:
            return [
                thing_shown(names, graph, names.thing(number)) | {"name": None}
                for number in _first(names, types, SUGGESTED)
            ]
        rows = _ROWS_OF_TYPES if self.types else _ROWS
        found = _found(names, self.text, graph.base, rows)
        numbers = found.ranked(one for one in found.matches if names.types[one] in types)
        suggested = []
        for number in numbers[:SUGGESTED]:
            thing = names.thing(number)
            name = name_found(names, thing, found.matches[number], found.sought)
            suggested.append(thing_shown(names, graph, thing) | {"name": name})
        return suggested


@dataclass(frozen=True, slots=True)
class ExamplesJob(SiteJob):
    """Tell how many things of each type there are, and which of them most papers have."""

    file: Path | None

    def shown(self, graph: Graph) -> Shown:
        with opened(self.file) as names:
            if names is None:
                return {"counts": {}, "examples": []}
            counts = Counter(names.types)
            examples = [
                [TYPES[type_], [thing_shown(names, graph, names.thing(one)) for one in found]]
                for type_ in range(len(TYPES))
                if (found := _first(names, frozenset({type_}), _EXAMPLES))
            ]
            return {
                "counts": {TYPES[type_]: number for type_, number in sorted(counts.items())},
                "examples": examples,
            }


def _found(names: Names, text: str, base: str, rows: int) -> Found:
    """Find names; where a syllable is not finished, as it may go on.

    While 트랜스포머 is typed the third letter is 슾 at first.
    """
    found = find(names, text, base, rows=rows, typing=True)
    shorter = without_last(text)
    if shorter != text and not found.has_all_words:
        other = find(names, shorter, base, rows=rows, typing=True)
        if other.has_all_words:
            return other
    return found


def _first(names: Names, types: frozenset[int], most: int) -> list[int]:
    """Return the things of some types that most papers have."""
    found = []
    for number, type_ in enumerate(names.types):
        if type_ in types:
            found.append(number)
            if len(found) == most:
                break
    return found
