"""Leaderboards: which claims may stand in one list, and in which order.

Claims are compared only where benchmark, metric, unit, split and setting are the same. A metric
is the same where its name has the same key, be it known as a term or only as it was printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.vocab import key_of
from kg.web.site.benchmarks.claims import SCORES, Claim

#: A claim that was read with less confidence has no rank.
SURE: Final = 0.5
#: What an address says for a metric, unit, split or setting that is not told.
NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """What a paper says of one system, with each place where it does, the surest first.

    ``rank`` is None where the claim is not sure or is no single number.
    """

    rank: int | None
    claims: tuple[Claim, ...]

    @property
    def claim(self) -> Claim:
        return self.claims[0]


@dataclass(frozen=True, slots=True)
class Board:
    """Claims that can be compared, those with a rank first, the best first.

    ``metric`` is an IRI; ``higher`` is None where nothing says whether higher is better, and
    the largest value is then first.
    """

    benchmark: str | None
    metric: str | None
    metric_name: str | None
    unit: str | None
    split: str | None
    setting: str | None
    higher: bool | None
    rows: tuple[Row, ...]

    @property
    def ranked(self) -> int:
        """How many rows have a rank."""
        return sum(row.rank is not None for row in self.rows)


def metric_key(name: str | None) -> str:
    """Return what an address calls a metric.

    >>> metric_key("Top-1 Accuracy"), metric_key(None)
    ('top-1-accuracy', '-')
    """
    return key_of(name) if name else NONE


def boards_of(claims: Iterable[Claim]) -> list[Board]:
    """Make leaderboards of claims, the one with most ranked rows first; no improvements."""
    grouped: dict[tuple[str, ...], list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.kind in SCORES:
            told = (claim.unit, claim.split, claim.setting)
            same = (claim.benchmark or "", metric_key(claim.metric_name))
            grouped[(*same, *(one or "" for one in told))].append(claim)
    boards = [_board(grouped[key]) for key in sorted(grouped)]
    return sorted(boards, key=lambda board: (-board.ranked, -len(board.rows)))


def apart(boards: Iterable[Board]) -> tuple[list[Board], list[Row]]:
    """Part leaderboards in which there is something to compare from rows that stand alone."""
    found = list(boards)
    return (
        [board for board in found if len(board.rows) > 1],
        [row for board in found if len(board.rows) == 1 for row in board.rows],
    )


def _board(claims: list[Claim]) -> Board:
    """Order the claims of one leaderboard; the label of a metric stands before printed names."""
    named = min(claims, key=lambda one: (one.metric is None, one.metric or "", one.iri))
    higher = next((one.higher for one in claims if one.higher is not None), None)
    return Board(
        named.benchmark,
        named.metric,
        named.metric_name,
        named.unit,
        named.split,
        named.setting,
        higher,
        _ranked(merged(claims), falling=higher is not False),
    )


def merged(claims: Iterable[Claim]) -> list[Row]:
    """Make one row of claims that say the same of the same system in the same paper."""
    same: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for one in claims:
        subject = one.subject or key_of(one.subject_text or one.iri)
        about = (one.benchmark, metric_key(one.metric_name), one.baseline)
        told = (one.value, one.low, one.high, one.unit, one.qualifier, one.direction)
        same[(one.paper or one.iri, subject, *about, *told, one.split, one.setting)].append(one)
    return [
        Row(None, tuple(sorted(found, key=lambda one: (-one.confidence, one.iri))))
        for found in same.values()
    ]


def _ranked(rows: Iterable[Row], *, falling: bool) -> tuple[Row, ...]:
    """Order rows and give ranks; equal values have one rank, and the next goes on behind both."""

    def order(row: Row) -> tuple[bool, float, float, str]:
        claim = row.claim
        value = _height(claim)
        return (not _has_rank(claim), -value if falling else value, -claim.confidence, claim.iri)

    made: list[Row] = []
    for place, row in enumerate(sorted(rows, key=order), 1):
        rank = place if _has_rank(row.claim) else None
        if made and rank is not None and made[-1].claim.value == row.claim.value:
            rank = made[-1].rank
        made.append(Row(rank, row.claims))
    return tuple(made)


def _has_rank(claim: Claim) -> bool:
    return claim.value is not None and claim.confidence >= SURE


def _height(claim: Claim) -> float:
    """Return the value by which a claim is ordered, the middle of a range."""
    if claim.value is not None:
        return claim.value
    ends = [end for end in (claim.low, claim.high) if end is not None]
    return sum(ends) / len(ends) if ends else 0.0


def changes_of(claims: Iterable[Claim]) -> list[Row]:
    """Return improvements over something, which no leaderboard has, the newest digest first."""
    rows = merged(claim for claim in claims if claim.kind not in SCORES)
    return sorted(sorted(rows, key=lambda row: row.claim.iri), key=_digest, reverse=True)


def _digest(row: Row) -> str:
    """Return the start of a claim's IRI up to its digest's entry."""
    return row.claim.iri.rsplit("/", 2)[0]
