"""What a reader's words find: ranked, counted by facet, and with what is shown of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.web.names.facets import Counted, Filter, count
from kg.web.names.finding import ROWS, Found, How, Match, find
from kg.web.names.lookup import Names, opened
from kg.web.names.schema import TYPES, month_text
from kg.web.site.reading import Graph, Shown, SiteJob
from kg.web.site.search.hits import card_shown, hit_shown, is_term, thing_shown

#: Benchmarks that are shown with their counts.
_BENCHMARKS: Final = 12
#: Where more things are asked for, less is told of each.
_DESCRIBED: Final = 100
#: How a thing was found where nothing was looked for.
_LISTED: Final = Match(How.LISTED, 0.0)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a reader narrows a search; empty where it does not matter.

    ``types`` are names of types, ``since`` and ``until`` months as numbers, ``benchmark`` the
    key of a term.
    """

    types: tuple[str, ...] = ()
    since: int = 0
    until: int = 0
    benchmark: str = ""

    def filter(self, names: Names) -> Filter | None:
        """Return what things are to be; None if there is no such benchmark."""
        term = names.by_id(f"term/{self.benchmark}") if self.benchmark else None
        if self.benchmark and term is None:
            return None
        types = frozenset(map(TYPES.index, self.types))
        return Filter(types, self.since, self.until, term.number if term else None)


@dataclass(frozen=True, slots=True)
class SearchJob(SiteJob):
    """Search; ``page`` is from 1, of ``most`` things each. ``file`` is the one of all names."""

    file: Path | None
    text: str
    narrowing: Narrowing
    page: int
    most: int

    def shown(self, graph: Graph) -> Shown:
        with opened(self.file) as names:
            return _Searcher(self, graph, names).shown() if names is not None else _nothing()


def _nothing() -> Shown:
    facets: Shown = {"types": [], "months": [], "benchmarks": []}
    return {"total": 0, "more": False, "hits": [], "mended": {}, "facets": facets}


class _Searcher:
    def __init__(self, job: SearchJob, graph: Graph, names: Names) -> None:
        self.job = job
        self.graph = graph
        self.names = names

    def shown(self) -> Shown:
        job = self.job
        wanted = job.narrowing.filter(self.names)
        if wanted is None:
            return _nothing() | {"benchmark": None}
        found = find(self.names, job.text, self.graph.base) if job.text else Found("")
        counted = count(self.names, found.matches if job.text else self._all(wanted), wanted)
        ranked = found.ranked(counted.passed) if job.text else counted.passed
        first = (job.page - 1) * job.most
        hits = [self._hit(number, found) for number in ranked[first : first + job.most]]
        if job.text and job.page == 1 and hits and hits[0]["exact"] and is_term(hits[0]):
            hits[0]["card"] = card_shown(self.graph, hits[0])
        return {
            "total": len(ranked),
            "more": len(found.matches) >= ROWS and bool(job.text),
            "hits": hits,
            "sought": found.sought,
            "mended": found.mended,
            "facets": self._facets(counted),
            "benchmark": self._term(wanted.benchmark),
        }

    def _all(self, wanted: Filter) -> Iterable[int]:
        """Return what may pass where there are no words: those that most papers have first."""
        if wanted.benchmark is not None:
            return sorted(self.names.evaluated_by(wanted.benchmark))
        return () if wanted.is_open else range(len(self.names.types))

    def _hit(self, number: int, found: Found) -> Shown:
        match = found.matches.get(number, _LISTED)
        thing = self.names.thing(number)
        briefly = self.job.most > _DESCRIBED
        return hit_shown(self.names, self.graph, thing, match, found.sought, briefly=briefly)

    def _facets(self, counted: Counted) -> Shown:
        return {
            "types": [[TYPES[type_], number] for type_, number in sorted(counted.types.items())],
            "months": [[month_text(one), number] for one, number in sorted(counted.months.items())],
            "benchmarks": [
                [self._term(term), number]
                for term, number in sorted(
                    counted.benchmarks.items(), key=lambda one: (-one[1], one[0])
                )[:_BENCHMARKS]
            ],
        }

    def _term(self, number: int | None) -> Shown | None:
        if number is None:
            return None
        return thing_shown(self.names, self.graph, self.names.thing(number))
