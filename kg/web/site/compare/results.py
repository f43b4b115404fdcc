"""Results of several things side by side: only what was measured alike stands in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kg.vocab import key_of
from kg.web.site.benchmarks.claims import SCORES, Claim
from kg.web.site.benchmarks.leaderboard import SURE, Row, metric_key
from kg.web.site.benchmarks.shown import score_shown, term_or_none
from kg.web.site.reading import Graph, Node, Shown

#: What results are about; the part that is compared stands in the columns.
PARTS: Final = ("subject", "benchmark", "metric")
#: So many rows are shown of what several have, and of what one has alone.
_SHARED: Final = 40
_ALONE: Final = 10

_Key = tuple[str, ...]


def side_by_side(graph: Graph, columns: Sequence[Sequence[Claim]], compared: str | None) -> Shown:
    """Put results of several things side by side.

    Args:
        columns: claims of each thing.
        compared: of which part of results the things are, ``subject``, ``benchmark`` or
            ``metric``; None for papers, of which all parts count.

    Returns:
        ``shared``, rows that several have, those that most have first, and ``alone``, some of
        the rows of each that the others lack, with ``alone_count``, how many there are of each.
        A row has ``subject`` and ``benchmark`` (terms, or None), ``subject_text``, ``metric``
        and ``metric_text``, ``unit``, ``split``, ``setting``, ``higher``, ``best`` (the places of
        the best, none where that cannot be told) and ``cells``, for each thing its best score
        with ``iri``, ``of``, from how many, and ``paper``, or None.
    """
    found: dict[_Key, list[list[Claim]]] = {}
    ranks = compared in ("subject", None)
    for place, claims in enumerate(columns):
        for claim in claims:
            if (key := _key(claim, compared)) is not None:
                found.setdefault(key, [[] for _ in columns])[place].append(claim)
    rows = sorted(found.items(), key=lambda item: (-_width(item[1]), -_size(item[1]), item[0]))
    shared = [cells for _, cells in rows if _width(cells) > 1]
    alone = [
        [cells for _, cells in rows if _width(cells) == 1 and cells[place]]
        for place in range(len(columns))
    ]
    return {
        "shared": [_row(graph, cells, ranks=ranks) for cells in shared[:_SHARED]],
        "shared_count": len(shared),
        "alone": [[_row(graph, cells, ranks=ranks) for cells in some[:_ALONE]] for some in alone],
        "alone_count": [len(some) for some in alone],
    }


def _key(claim: Claim, compared: str | None) -> _Key | None:
    """Return what must be the same; None for a claim that cannot be compared."""
    subject = claim.subject or key_of(claim.subject_text) if claim.subject_text else claim.subject
    parts = {
        "subject": subject if compared in PARTS else "",
        "benchmark": claim.benchmark,
        "metric": metric_key(claim.metric_name),
    }
    parts.pop(compared or "", None)
    if claim.kind not in SCORES or claim.value is None or None in parts.values():
        return None
    told = (claim.unit, claim.split, claim.setting)
    return tuple(part or "" for part in (*parts.values(), *told))


def _width(cells: Iterable[Sequence[Claim]]) -> int:
    return sum(bool(claims) for claims in cells)


def _size(cells: Iterable[Sequence[Claim]]) -> int:
    return sum(map(len, cells))


def _row(graph: Graph, cells: Sequence[Sequence[Claim]], *, ranks: bool) -> Shown:
    claims = [claim for some in cells for claim in some]
    named = min(claims, key=lambda one: (one.metric is None, one.iri))
    higher = next((one.higher for one in claims if one.higher is not None), None)
    best = [_best(some, higher=higher) for some in cells]
    return {
        "subject": term_or_none(graph, named.subject),
        "subject_text": named.subject_text,
        "benchmark": term_or_none(graph, named.benchmark),
        "metric": term_or_none(graph, named.metric),
        "metric_text": named.metric_name,
        "unit": named.unit,
        "split": named.split,
        "setting": named.setting,
        "higher": higher,
        "best": _leaders(best, higher) if ranks else [],
        "cells": [
            None if claim is None else _cell(graph, claim, len(some))
            for claim, some in zip(best, cells, strict=True)
        ],
    }


def _best(claims: Sequence[Claim], *, higher: bool | None) -> Claim | None:
    """Return the best of some claims: a paper's own score before one given for comparison, one
    that is sure before one that is not."""

    def order(one: Claim) -> tuple[bool, bool, float, str]:
        value = one.value or 0.0
        unsure = one.confidence < SURE
        return one.kind != "absolute", unsure, value if higher is False else -value, one.iri

    return min(claims, key=order, default=None)


def _leaders(best: Sequence[Claim | None], higher: bool | None) -> list[int]:
    """Return the places of the best values; none where it is not known what is better, or one
    is not sure."""
    values = [one.value for one in best if one is not None and one.value is not None]
    sure = all(one.confidence >= SURE for one in best if one is not None)
    if higher is None or len(values) < 2 or len(set(values)) == 1 or not sure:
        return []
    top = max(values) if higher else min(values)
    return [place for place, one in enumerate(best) if one is not None and one.value == top]


def _cell(graph: Graph, claim: Claim, of: int) -> Shown:
    paper = None if claim.paper is None else graph.paper(Node(claim.paper))
    return score_shown(graph, Row(None, (claim,))) | {"iri": claim.iri, "paper": paper, "of": of}
