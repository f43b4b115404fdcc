"""Turns entries into what training learns from: candidates with features and classes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from kg.extract import make_doc, tokenizing_nlp
from kg.extract.candidates import Candidates, candidates
from kg.extract.features import Context, Ids, Ints, context_of, keys_of
from kg.extract.names import NameFinder
from kg.extract.surroundings import NO_TERM
from kg.extract.tables import TYPES, Tables
from kg.extract.view import View, view_of
from kg.model import Entry, Role
from kg.training.annotations import Annotated, marks_of

#: The class of a candidate that counts neither way.
SKIPPED: Final = -1
#: The order of the roles in weights and probabilities.
ROLE_ORDER: Final = (Role.OTHER, Role.EVALUATED_ON, Role.INTRODUCED)
_OPENED: Final = re.compile(r"\s?[(\[（]\s?")
_CLOSED: Final = re.compile(r"\s?[)\]）,;:]")

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Example:
    """An entry as the scorer sees it; ``types`` is the class of each candidate, SKIPPED for
    one that counts neither way, ``roles`` that of terms, else SKIPPED."""

    digest: str
    view: View
    found: Candidates
    around: Context
    keys: Ids
    types: Ints
    roles: Ints


@dataclass(frozen=True, slots=True)
class Gloss:
    """Two candidates, one in parentheses after the other, by their rows."""

    long: int
    gloss: int
    long_exact: str
    gloss_exact: str


@dataclass(frozen=True, slots=True)
class Plain:
    """What is kept of entries without annotation: a row a candidate, over all entries.

    ``entry`` counts the entries, ``words`` has the ids of each entry's words.
    """

    keys: Ids
    forms: Ids
    start: Ints
    end: Ints
    entry: Ints
    words: tuple[Ids, ...]
    glosses: tuple[Gloss, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """An entry's candidates with their features."""

    view: View
    found: Candidates
    around: Context
    keys: Ids


class Reader:
    """Makes examples of entries: one tokenizer for all."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.nlp = tokenizing_nlp(tables)
        self.finder = NameFinder(tables.surfaces)

    def examples(self, papers: Iterable[Annotated]) -> list[Example]:
        """Read annotated papers; one without candidates gives no example."""
        examples = []
        for paper in papers:
            if seen := self._look(paper.entry):
                types, roles = _classes(paper, seen.found)
                examples.append(
                    Example(
                        paper.digest, seen.view, seen.found, seen.around, seen.keys, types, roles
                    )
                )
        return examples

    def plain(self, entries: Iterable[Entry]) -> Plain:
        """Read entries without annotation."""
        seen = [found for entry in entries if (found := self._look(entry))]
        sizes = np.array([len(one.found) for one in seen], np.int64)
        return Plain(
            keys=_joined([one.keys for one in seen], np.zeros((0, 1), np.uint64)),
            forms=np.array([form.id for one in seen for form in one.found.forms], np.uint64),
            start=_joined([one.found.start for one in seen], np.zeros(0, np.int64)),
            end=_joined([one.found.end for one in seen], np.zeros(0, np.int64)),
            entry=np.repeat(np.arange(len(seen)), sizes),
            words=tuple(one.around.words.word for one in seen),
            glosses=tuple(_glosses(seen)),
        )

    def _look(self, entry: Entry) -> _Seen | None:
        view = view_of(make_doc(self.nlp, entry))
        found = candidates(view, self.tables, self.finder)
        if not len(found):
            return None
        around = context_of(view, found, self.tables)
        return _Seen(view, found, around, keys_of(view, found, around))


def _classes(paper: Annotated, found: Candidates) -> tuple[Ints, Ints]:
    """Return the classes of a paper's candidates: of types, and of roles."""
    marks = marks_of(paper.gold)
    types = np.full(len(found), NO_TERM, np.int64)
    roles = np.full(len(found), SKIPPED, np.int64)
    for place, form in enumerate(found.forms):
        mark = marks.get(form.folded)
        if mark and mark.optional:
            types[place] = SKIPPED
        elif mark:
            types[place] = TYPES.index(mark.type)
            roles[place] = ROLE_ORDER.index(mark.role)
    return types, roles


def _glosses(seen: Sequence[_Seen]) -> Iterator[Gloss]:
    """Yield each two candidates of which the second stands in parentheses after the first."""
    row = 0
    for one in seen:
        text, found = one.view.text, one.found
        by_end: dict[int, list[int]] = defaultdict(list)
        for place, end in enumerate(found.end.tolist()):
            by_end[end].append(place)
        spans = zip(found.start.tolist(), found.end.tolist(), strict=True)
        for place, (start, end) in enumerate(spans):
            if not _CLOSED.match(text, end):
                continue
            for width in (1, 2, 3):
                for long in by_end.get(start - width, ()):
                    if _OPENED.fullmatch(text, start - width, start):
                        exact = text[int(found.start[long]) : int(found.end[long])]
                        yield Gloss(row + long, row + place, exact, text[start:end])
        row += len(found)


def _joined(arrays: Sequence[NDArray[_Number]], empty: NDArray[_Number]) -> NDArray[_Number]:
    return np.concatenate(arrays) if arrays else empty
