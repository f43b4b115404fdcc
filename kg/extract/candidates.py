"""All candidates of an entry, from runs of words and from the name table, with features."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kg.extract.evidence import features
from kg.extract.names import NameFinder
from kg.extract.phrases import MAX_CHARS, runs, stretches
from kg.extract.tables import Tables
from kg.extract.view import View
from kg.folding import fold


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch that could be a term: offsets, folded form and features."""

    start: int
    end: int
    form: str
    features: list[str]


def candidates(view: View, tables: Tables, finder: NameFinder) -> list[Candidate]:
    """Return the candidates in the order of their offsets, each span once."""
    edges: dict[tuple[int, int], str] = {}
    for _, words in runs(view):
        for first, last in stretches(view, words):
            span = view.starts[words[first][0]], view.ends[words[last - 1][1] - 1]
            edges[span] = ("l" if first == 0 else "") + ("r" if last == len(words) else "")
    for span in finder.find(view):
        if span[1] - span[0] <= MAX_CHARS:
            edges.setdefault(span, "name")
    spans = sorted(edges)
    forms = [fold(view.text[start:end]) for start, end in spans]
    often = Counter(forms)
    return [
        Candidate(
            start,
            end,
            form,
            list(features(view, tables, start, end, edges[start, end], often[form])),
        )
        for (start, end), form in zip(spans, forms, strict=True)
        if form and form not in tables.common
    ]
