"""The numbers of a term's page: what it scored itself, and what others scored by it."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any, Final

from kg.vocab import KG
from kg.web.site.benchmarks.claims import SCORES, claims_of
from kg.web.site.benchmarks.leaderboard import Board, Row, apart, boards_of, changes_of, merged
from kg.web.site.benchmarks.shown import board_shown, row_shown
from kg.web.site.reading import Graph, Node, Shown

#: Leaderboards on the page of a term, and rows of each; of a metric it has more that are shorter.
_BOARDS: Final = 3
_ROWS: Final = 10
_METRIC_ROWS: Final = 5
#: Benchmarks that are listed of a metric.
_BENCHMARKS: Final = 16
#: Own results and improvements that are shown, of so many that are read.
_OWN: Final = 15
_CHANGES: Final = 8
_READ: Final = 50
#: More results of one benchmark are not read.
_MOST: Final = 2_000

_BY_BENCHMARK: Final = f"""PREFIX kg: <{KG._NS}>
SELECT ?benchmark (COUNT(?result) AS ?count) WHERE {{
  ?result kg:metric %s ; kg:benchmark ?benchmark ; kg:resultKind ?kind .
  FILTER(?kind IN (kg:absolute, kg:comparison))
}} GROUP BY ?benchmark"""


def results_of(graph: Graph, node: Node) -> Shown:
    """Return the numbers about a term, by what it is in them; each None where it is not that.

    - ``on``, the benchmark: ``boards`` of ``board_count``, ``singles``, rows of leaderboards with
      one row only, and ``results``, how many name it;
    - ``by``, the metric: ``boards`` of the benchmarks with most, ``benchmarks``, the first of
      ``benchmark_count``, each ``{term, count}``, and ``results``;
    - ``own``, the subject: ``scores`` of ``score_count`` and ``changes`` of ``change_count``,
      among the newest ``read`` of ``results``.
    """
    return {"on": _on(graph, node), "by": _by(graph, node), "own": _own(graph, node)}


def _on(graph: Graph, node: Node) -> Shown | None:
    claims = claims_of(graph, islice(graph.subjects(KG.benchmark, node), _MOST))
    if not claims:
        return None
    boards, singles = apart(boards_of(claims))
    return {
        "boards": [board_shown(graph, board, board.rows[:_ROWS]) for board in boards[:_BOARDS]],
        "board_count": len(boards),
        "singles": [row_shown(graph, row) for row in singles[:_METRIC_ROWS]],
        "results": len(claims),
    }


def _by(graph: Graph, node: Node) -> Shown | None:
    counts: list[tuple[int, str]] = sorted(
        (-int(row["count"].value), row["benchmark"].value)
        for row in graph.select(_BY_BENCHMARK % node)
        if isinstance(row["benchmark"], Node)
    )
    if not counts:
        return None
    boards = [_board_by(graph, Node(iri), node) for _, iri in counts[:_BOARDS]]
    return {
        "boards": [
            board_shown(graph, board, board.rows[:_METRIC_ROWS])
            for board in boards
            if board is not None
        ],
        "benchmarks": [
            {"term": graph.term(Node(iri)), "count": -count} for count, iri in counts[:_BENCHMARKS]
        ],
        "benchmark_count": len(counts),
        "results": -sum(count for count, _ in counts),
    }


def _board_by(graph: Graph, benchmark: Node, metric: Node) -> Board | None:
    """Return the fullest leaderboard of a benchmark by a metric."""
    results = islice(graph.subjects(KG.benchmark, benchmark), _MOST)
    claims = claims_of(graph, (one for one in results if graph.has(one, KG.metric, metric)))
    return next(iter(boards_of(claims)), None)


def _own(graph: Graph, node: Node) -> Shown | None:
    results = sorted(graph.subjects(KG.subject, node), key=lambda one: one.value, reverse=True)
    if not results:
        return None
    claims = claims_of(graph, results[:_READ])
    scores = merged(one for one in claims if one.kind in SCORES)
    often = Counter(row.claim.benchmark for row in scores)

    def order(row: Row) -> tuple[Any, ...]:
        claim = row.claim
        about = (claim.benchmark is None, -often[claim.benchmark], claim.benchmark or "")
        return (*about, claim.metric_name or "", claim.unit or "", -claim.confidence, claim.iri)

    changes = changes_of(claims)
    return {
        "scores": [row_shown(graph, row) for row in sorted(scores, key=order)[:_OWN]],
        "score_count": len(scores),
        "changes": [row_shown(graph, row) for row in changes[:_CHANGES]],
        "change_count": len(changes),
        "results": len(results),
        "read": min(len(results), _READ),
    }


def whole_results_of(graph: Graph, node: Node) -> list[Shown]:
    """Return all results of which a term is the subject, the benchmark or the metric."""
    found = {
        result.value: result
        for property_ in (KG.subject, KG.benchmark, KG.metric)
        for result in graph.subjects(property_, node)
    }
    claims = claims_of(graph, (found[iri] for iri in sorted(found)))
    return [row_shown(graph, row) for row in merged(claims)]
