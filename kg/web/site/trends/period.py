"""A period of months: what is mentioned in it, and what rises and falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.site.trends.rising import Change, change, fallers, risers, stretches

#: So many terms stand in each list.
_CHANGED: Final = 12
_COMMONEST: Final = 25
#: Size of a small line.
_SPARK_WIDTH: Final = 100
_SPARK_HEIGHT: Final = 22
_SPARK_EDGE: Final = 2
_CHANGES: Final = ("before", "after", "share_before", "share_after", "sureness")


@dataclass(frozen=True, slots=True)
class Series:
    """A term in a period: for each month the papers that mention it and all papers, and how
    it changes from the earlier months to the later ones."""

    term: Shown
    counts: tuple[int, ...]
    papers: tuple[int, ...]
    change: Change

    @property
    def total(self) -> int:
        """Papers of the period that mention the term."""
        return sum(self.counts)

    @property
    def shares(self) -> list[float]:
        """Share of each month's papers that mention the term, 0 to 1."""
        pairs = zip(self.counts, self.papers, strict=True)
        return [count / of if of else 0.0 for count, of in pairs]

    @property
    def spark(self) -> str:
        """The shares as the points of a small line."""
        shares = self.shares
        top = max(shares, default=0) or 1
        across = _SPARK_WIDTH / max(len(shares) - 1, 1)
        up = _SPARK_HEIGHT - 2 * _SPARK_EDGE
        return " ".join(
            f"{round(place * across, 1)},{round(_SPARK_HEIGHT - _SPARK_EDGE - share / top * up, 1)}"
            for place, share in enumerate(shares)
        )

    def as_json(self) -> Shown:
        """Return what programs get of it."""
        return {
            **self.term,
            "counts": self.counts,
            "shares": [round(share, 6) for share in self.shares],
            "before": self.change.before,
            "after": self.change.after,
            "share_before": round(self.change.share_before, 6),
            "share_after": round(self.change.share_after, 6),
            "sureness": round(self.change.sureness, 2),
        }


@dataclass(frozen=True, slots=True)
class Period:
    """Months in order, with all papers of each."""

    months: tuple[str, ...]
    papers: tuple[int, ...]

    @classmethod
    def of(cls, counted: Shown, first: str, last: str) -> Period:
        """Take the months from one to another, empty for no limit, of an answer of
        :class:`kg.web.site.trends.rising.MonthsJob`; those without any paper say nothing."""
        pairs = [
            (month, papers)
            for month, papers in zip(counted["months"], counted["papers"], strict=True)
            if papers and (not first or first <= month) and (not last or month <= last)
        ]
        return cls(tuple(month for month, _ in pairs), tuple(papers for _, papers in pairs))

    @property
    def total(self) -> int:
        """All papers of the period."""
        return sum(self.papers)

    @property
    def stretches(self) -> tuple[list[str], list[str]]:
        """The earlier and the later months that are compared."""
        return stretches(self.months)

    def series(self, term: Shown, counts: Mapping[str, int]) -> Series:
        """Return a term in this period; its counts are given by month."""
        papers = dict(zip(self.months, self.papers, strict=True))
        inside = tuple(counts.get(month, 0) for month in self.months)
        return Series(term, inside, self.papers, change(counts, papers, self.months))


@dataclass(frozen=True, slots=True)
class Lists:
    """What rises most, falls most, and is commonest in a period."""

    rising: list[Series]
    falling: list[Series]
    commonest: list[Series]

    @classmethod
    def of(cls, series: Sequence[Series]) -> Lists:
        """Choose from terms in a period."""
        changes = [(one, one.change) for one in series]
        commonest = sorted(series, key=lambda one: -one.total)[:_COMMONEST]
        return cls(
            [one for one, _ in risers(changes)[:_CHANGED]],
            [one for one, _ in fallers(changes)[:_CHANGED]],
            [one for one in commonest if one.total],
        )

    def items(self) -> list[tuple[str, list[Series]]]:
        """Return the lists with their names."""
        return [("rising", self.rising), ("falling", self.falling), ("commonest", self.commonest)]


def series_table(period: Period, chosen: Sequence[Series]) -> Table:
    """Make a row for each term and month."""
    rows: list[list[str | float | None]] = []
    for one in chosen:
        for month, count, of in zip(period.months, one.counts, period.papers, strict=True):
            share = round(count / of, 6) if of else None
            rows.append(
                [one.term["iri"], one.term["label"], one.term["type"], month, count, of, share]
            )
    return Table(("term", "label", "type", "month", "papers", "all_papers", "share"), rows)


def list_table(lists: Lists) -> Table:
    """Make a row for each term of each list."""
    header = ("list", "term", "label", "type", "papers", *_CHANGES)
    rows: list[list[str | float | None]] = []
    for name, some in lists.items():
        for one in some:
            told, term = one.as_json(), one.term
            changed = [told[column] for column in _CHANGES]
            rows.append([name, term["iri"], term["label"], term["type"], one.total, *changed])
    return Table(header, rows)
