"""Claims as tables for CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kg.web.site.reading import Shown
from kg.web.site.tables import Table

Cells = list[str | float | None]

_PAPER: Final = ("arxiv", "title", "seen", "paper")
_CLAIM: Final = (
    *("rank", "subject", "benchmark", "metric", "value", "unit", "kind", "qualifier"),
    *("direction", "baseline", "split", "setting", "confidence", "sentence", "result"),
)
HEADER: Final = (*_PAPER, *_CLAIM)


def claims_table(rows: Iterable[Shown], unscored: Iterable[Shown] = ()) -> Table:
    """Make a table of rows, and behind them of papers that have none, with empty cells."""
    nothing: Cells = [None] * len(_CLAIM)
    return Table(
        HEADER,
        [
            *([*_paper(row["paper"]), *_claim(row)] for row in rows),
            *([*_paper(paper), *nothing] for paper in unscored),
        ],
    )


def _paper(paper: Shown | None) -> Cells:
    if paper is None:
        return [None] * len(_PAPER)
    return [paper["arxiv"], paper["title"], paper["seen"], paper["iri"]]


def _claim(row: Shown) -> Cells:
    """Return the cells of a claim; names are those that were printed where there are such."""
    place = row["evidence"][0]
    return [
        row["rank"],
        row["subject_text"] or _label(row["subject"]),
        _label(row["benchmark"]),
        row["metric_text"] or _label(row["metric"]),
        *(row[name] for name in ("value", "unit", "kind", "qualifier", "direction")),
        _label(row["baseline"]),
        *(row[name] for name in ("split", "setting", "confidence")),
        place["text"],
        place["iri"],
    ]


def _label(term: Shown | None) -> str | None:
    return None if term is None else str(term["label"])
