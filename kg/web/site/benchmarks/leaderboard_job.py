"""What the leaderboards of one benchmark show, and the papers that evaluate on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from rdflib.namespace import SKOS

from kg.vocab import KG
from kg.web.site.benchmarks.claims import SCORES, Claim, claims_of
from kg.web.site.benchmarks.leaderboard import (
    NONE,
    Board,
    apart,
    boards_of,
    changes_of,
    merged,
    metric_key,
)
from kg.web.site.benchmarks.shown import board_shown, row_shown, score_shown
from kg.web.site.reading import Graph, Node, Shown, SiteJob

_T = TypeVar("_T")
#: Leaderboards on a page, rows of each, and rows of one that is shown alone.
BOARDS: Final = 6
_ROWS: Final = 10
ROWS_ALONE: Final = 50
#: Values that stand alone, and improvements, that are shown.
_SINGLES: Final = 20
_CHANGES: Final = 15
#: Papers on a page, and claims of each that are named there.
PAPERS: Final = 25
_SCORES: Final = 6
#: More results than this of one benchmark are not read.
_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Wish:
    """Which claims a reader wants; None is any, ``-`` is those without one."""

    metric: str | None = None
    unit: str | None = None
    split: str | None = None
    setting: str | None = None
    month: str | None = None

    @property
    def is_of_claims(self) -> bool:
        """Tell whether papers without a claim are not wanted."""
        return any((self.metric, self.unit, self.split, self.setting))

    def wants(self, claim: Claim) -> bool:
        """Tell whether a claim is among the wanted, whenever its paper was seen."""
        pairs = (
            (self.metric, metric_key(claim.metric_name)),
            (self.unit, claim.unit or NONE),
            (self.split, claim.split or NONE),
            (self.setting, claim.setting or NONE),
        )
        return all(wanted in (None, found) for wanted, found in pairs)


@dataclass(frozen=True, slots=True)
class LeaderboardJob(SiteJob):
    """Tell the leaderboards of a benchmark, improvements on it, and who evaluates on it.

    Answers ``term``, ``aliases``; ``metrics``, ``units`` and ``months``, which a reader may
    choose from, each ``{key, name, count}``; ``results`` and ``all_results``, how many claims are
    wanted and there are; ``boards`` of ``board_count``, ``singles`` of ``single_count`` rows with
    which nothing can be compared, ``changes`` of ``change_count``, and ``papers`` of
    ``paper_count``, each ``{paper, scores, score_count}``; ``all_papers`` are those of any month.

    Args:
        page: which leaderboards are shown; of a single one, which of its rows.
        papers: which papers are shown; both are counted from 1.
        whole: leave nothing out, whatever the page.
    """

    iri: str
    wish: Wish = Wish()
    page: int = 1
    papers: int = 1
    whole: bool = False

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        claims = claims_of(graph, islice(graph.subjects(KG.benchmark, node), _MOST))
        days = _days(graph, node, claims)
        month = self.wish.month
        wanted = [
            one
            for one in claims
            if self.wish.wants(one) and (not month or _day(one, days).startswith(month))
        ]
        boards, singles = apart(boards_of(wanted))
        changes = changes_of(wanted)
        papers = self._papers(days, wanted)
        return {
            "term": graph.term(node),
            "aliases": aliases(graph, node),
            "metrics": _named((metric_key(one.metric_name), one.metric_name) for one in claims),
            "units": _named((one.unit or NONE, one.unit) for one in claims),
            "months": _months(days),
            "results": len(wanted),
            "all_results": len(claims),
            "boards": self._boards(graph, boards),
            "board_count": len(boards),
            "singles": [row_shown(graph, row) for row in self._first(singles, _SINGLES)],
            "single_count": len(singles),
            "changes": [row_shown(graph, row) for row in self._first(changes, _CHANGES)],
            "change_count": len(changes),
            "papers": self._evaluations(graph, papers, wanted),
            "paper_count": len(papers),
            "all_papers": len(days),
        }

    def _first(self, found: Sequence[_T], most: int) -> Sequence[_T]:
        return found if self.whole else found[:most]

    def _boards(self, graph: Graph, boards: Sequence[Board]) -> list[Shown]:
        """Show a page of leaderboards, or of the rows of the only one."""
        if self.whole:
            return [board_shown(graph, board, board.rows) for board in boards]
        if len(boards) == 1:
            start = (self.page - 1) * ROWS_ALONE
            return [board_shown(graph, boards[0], boards[0].rows[start : start + ROWS_ALONE])]
        start = (self.page - 1) * BOARDS
        return [
            board_shown(graph, board, board.rows[:_ROWS])
            for board in boards[start : start + BOARDS]
        ]

    def _papers(self, days: dict[str, str], wanted: Iterable[Claim]) -> list[str]:
        """Order the papers that are wanted, those seen last first."""
        scoring = {one.paper for one in wanted}
        found = (
            paper
            for paper, day in days.items()
            if day.startswith(self.wish.month or "")
            and (paper in scoring or not self.wish.is_of_claims)
        )
        return sorted(sorted(found), key=lambda paper: days[paper], reverse=True)

    def _evaluations(
        self, graph: Graph, papers: Sequence[str], wanted: Iterable[Claim]
    ) -> list[Shown]:
        """Show a page of papers, each with what it scored."""
        of: dict[str | None, list[Claim]] = defaultdict(list)
        for one in wanted:
            of[one.paper].append(one)
        start = 0 if self.whole else (self.papers - 1) * PAPERS
        made = []
        for paper in papers[start : None if self.whole else start + PAPERS]:
            rows = sorted(
                merged(of[paper]),
                key=lambda row: (row.claim.kind not in SCORES, row.claim.iri),
            )
            made.append(
                {
                    "paper": graph.paper(Node(paper)),
                    "scores": [score_shown(graph, row) for row in self._first(rows, _SCORES)],
                    "score_count": len(rows),
                }
            )
        return made


def aliases(graph: Graph, node: Node) -> list[str]:
    """Return the other names of a term that differ by more than their spelling, short first."""
    found = {str(one.value) for one in graph.objects(node, SKOS.altLabel)}
    return sorted(found, key=lambda name: (len(name), name))


def _days(graph: Graph, node: Node, claims: Iterable[Claim]) -> dict[str, str]:
    """Return the papers that evaluate or score on a benchmark, with the day each was seen."""
    found = {paper.value for paper in graph.subjects(KG.evaluatesOn, node)}
    found.update(one.paper for one in claims if one.paper is not None)
    return {paper: graph.text(Node(paper), KG.firstSeen) or "" for paper in found}


def _day(claim: Claim, days: dict[str, str]) -> str:
    return days.get(claim.paper or "", "")


def _named(pairs: Iterable[tuple[str, str | None]]) -> list[Shown]:
    """Count what claims have, what most have first; a key has the name that it has most."""
    counts = Counter(pairs)
    total: Counter[str] = Counter()
    names: dict[str, str | None] = {}
    for (key, name), count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))):
        total[key] += count
        names.setdefault(key, name)
    ordered = sorted(total, key=lambda key: (-total[key], key))
    return [{"key": key, "name": names[key], "count": total[key]} for key in ordered]


def _months(days: dict[str, str]) -> list[Shown]:
    counts = Counter(day[:7] for day in days.values() if day)
    return [{"key": month, "name": month, "count": counts[month]} for month in sorted(counts)]
