"""What pages show of claims and leaderboards, as plain dicts.

- a score: ``subject`` (a term, or None), ``subject_text`` (as printed), ``printed`` (likewise,
  where that is another name than the term has), ``benchmark``, ``metric`` and
  ``baseline`` (terms, or None), ``metric_text``, ``value`` (as printed), ``unit``, ``qualifier``,
  ``direction``, ``kind``, ``split``, ``setting``, ``confidence`` and ``anchor``, where it stands
  on the page of its paper;
- a row: a score with ``rank``, ``paper`` (both may be None) and ``evidence``, a list of places
  (see :func:`~kg.web.site.benchmarks.claims.evidence_of`);
- a leaderboard: ``benchmark``, ``metric``, ``metric_text``, ``metric_key``, ``unit``, ``split``,
  ``setting``, ``higher``, ``size``, ``ranked`` and ``rows``, some of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from kg.folding import fold
from kg.web.site.benchmarks.claims import evidence_of
from kg.web.site.benchmarks.leaderboard import Board, Row, metric_key
from kg.web.site.papers.marked_text import anchor
from kg.web.site.reading import Graph, Node, Shown


def board_shown(graph: Graph, board: Board, rows: Sequence[Row]) -> Shown:
    """Return what is shown of a leaderboard, with some of its rows."""
    return {
        "benchmark": term_or_none(graph, board.benchmark),
        "metric": term_or_none(graph, board.metric),
        "metric_text": board.metric_name,
        "metric_key": metric_key(board.metric_name),
        "unit": board.unit,
        "split": board.split,
        "setting": board.setting,
        "higher": board.higher,
        "size": len(board.rows),
        "ranked": board.ranked,
        "rows": [row_shown(graph, row) for row in rows],
    }


def row_shown(graph: Graph, row: Row) -> Shown:
    """Return what is shown of a claim in a list of its own."""
    paper = row.claim.paper
    return score_shown(graph, row) | {
        "rank": row.rank,
        "paper": None if paper is None else graph.paper(Node(paper)),
        "evidence": [evidence_of(graph, one) for one in row.claims],
    }


def score_shown(graph: Graph, row: Row) -> Shown:
    """Return what is shown of a claim beside its paper."""
    claim = row.claim
    subject = term_or_none(graph, claim.subject)
    return {
        "subject": subject,
        "subject_text": claim.subject_text,
        "printed": _other_name(subject, claim.subject_text),
        "benchmark": term_or_none(graph, claim.benchmark),
        "metric": term_or_none(graph, claim.metric),
        "metric_text": claim.metric_name,
        "baseline": term_or_none(graph, claim.baseline),
        "value": claim.text,
        "unit": claim.unit,
        "qualifier": claim.qualifier,
        "direction": claim.direction,
        "kind": claim.kind,
        "split": claim.split,
        "setting": claim.setting,
        "confidence": claim.confidence,
        "anchor": anchor(claim.iri, f"{graph.base}digest"),
    }


def _other_name(subject: Shown | None, printed: str | None) -> str | None:
    """Return what was printed for a term, unless that is a spelling of its name."""
    if subject is None or printed is None:
        return printed
    names = (subject[name] for name in ("label", "en", "ko"))
    return None if fold(printed) in {fold(name) for name in names if name} else printed


def term_or_none(graph: Graph, iri: str | None) -> Shown | None:
    """Return what is shown of a term, None where there is none."""
    return None if iri is None else graph.term(Node(iri))
