"""Which terms rise and fall: the rule, and the counts by month that it reads.

A term rises between two stretches of months if a larger share of the papers of the later one
mention it. Shares of few papers jump by chance, so a change counts only where enough papers
mention the term, and where it is too large for chance: by the likelihood ratio of two shares
against one (Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", 1993),
which holds for rare words as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Final, TypeVar

from kg.model import TermType
from kg.vocab import KG
from kg.web.site.charts import months_between
from kg.web.site.reading import Graph, Node, Shown, SiteJob

T = TypeVar("T")

#: A change counts only if so many papers of both stretches mention the term,
LEAST_PAPERS: Final = 8
#: and if it is so many standard deviations away from none: by chance one in eighty is.
LEAST_SURENESS: Final = 2.5
#: At most so many months are the later stretch, and so many the earlier one.
LATER: Final = 3
EARLIER: Final = 6
#: Counts are told of each term that so many papers mention, and of the commonest of its type
#: even where fewer do.
_COMMONEST: Final = 50
_MOST_TERMS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Change:
    """How often a term is mentioned in two stretches: its papers, and all papers."""

    before: int
    after: int
    papers_before: int
    papers_after: int

    @property
    def share_before(self) -> float:
        """Share of the earlier papers that mention the term, 0 to 1."""
        return self.before / self.papers_before if self.papers_before else 0.0

    @property
    def share_after(self) -> float:
        """Share of the later papers that mention the term, 0 to 1."""
        return self.after / self.papers_after if self.papers_after else 0.0

    @property
    def sureness(self) -> float:
        """The root of the logarithm of the likelihood ratio, twice it, which is as many standard
        deviations where there are many papers; below 0 for a fall.

        >>> round(Change(5, 20, 100, 100).sureness, 1), Change(5, 5, 100, 100).sureness
        (3.3, 0.0)
        """
        if not self.papers_before or not self.papers_after:
            return 0.0
        papers, mentioning = self.papers_before + self.papers_after, self.before + self.after
        ratio = 0.0
        for count, of in ((self.before, self.papers_before), (self.after, self.papers_after)):
            ratio += _surprise(count, of * mentioning / papers)
            ratio += _surprise(of - count, of * (papers - mentioning) / papers)
        root = sqrt(max(2 * ratio, 0.0))
        return -root if self.share_after < self.share_before else root

    @property
    def counts(self) -> bool:
        """Whether there are enough papers, and the change is too large for chance."""
        enough = self.before + self.after >= LEAST_PAPERS
        return enough and abs(self.sureness) >= LEAST_SURENESS


def _surprise(count: float, expected: float) -> float:
    return count * log(count / expected) if count else 0.0


def stretches(months: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the earlier and the later months that are compared: the last three with the six
    before them, fewer of each where there are fewer than nine; none of one month.

    >>> stretches(["2024-01", "2024-02", "2024-03", "2024-04"])
    (['2024-01', '2024-02', '2024-03'], ['2024-04'])
    """
    later = min(LATER, max(len(months) // 3, 1))
    if len(months) < 2:
        return [], []
    return list(months[:-later][-EARLIER:]), list(months[-later:])


def change(counts: Mapping[str, int], papers: Mapping[str, int], months: Sequence[str]) -> Change:
    """Tell how a term changes over months, which need not be all that there are.

    Args:
        counts: papers of each month that mention the term.
        papers: all papers of each month.
        months: in order, as :func:`charts.months_between` lists them.
    """
    earlier, later = stretches(months)
    return Change(
        *(
            sum(one.get(month, 0) for month in some)
            for one in (counts, papers)
            for some in (earlier, later)
        )
    )


def changes(told: Shown, types: Collection[str] = ()) -> list[tuple[Shown, Change]]:
    """List the terms of an answer of :class:`MonthsJob`, or those of some types, with changes
    over all its months."""
    papers = dict(zip(told["months"], told["papers"], strict=True))
    return [
        (term, change(dict(zip(papers, term["months"], strict=True)), papers, told["months"]))
        for term in told["terms"]
        if not types or term["type"] in types
    ]


def risers(changes: Iterable[tuple[T, Change]]) -> list[tuple[T, Change]]:
    """List what rises, the surest first; pairs of anything with its change."""
    found = [(one, change) for one, change in changes if change.counts and change.sureness > 0]
    return sorted(found, key=lambda pair: -pair[1].sureness)


def fallers(changes: Iterable[tuple[T, Change]]) -> list[tuple[T, Change]]:
    """List what falls, the surest first."""
    found = [(one, change) for one, change in changes if change.counts and change.sureness < 0]
    return sorted(found, key=lambda pair: pair[1].sureness)


@dataclass(frozen=True, slots=True)
class MonthsJob(SiteJob):
    """Count papers by month, and of each common term those that mention it.

    Answers ``months``, from the first to the last, and ``papers``, a count for each; ``terms``,
    the commonest first: terms as all pages have them, with ``months``, their counts. A paper
    is of the month in which a digest first had it.

    This takes half a second for 5,000 papers; :mod:`kg.web.site.ahead` has it answered before
    anyone asks.
    """

    def shown(self, graph: Graph) -> Shown:
        papers = {
            row["month"].value: int(row["n"].value)
            for row in graph.select(_PREFIXES + _PAPERS)
            if _MONTH_TOLD.match(row["month"].value)
        }
        months = months_between(min(papers), max(papers)) if papers else []
        common = {term["iri"]: term for term in _common(graph)}  # anybody's graph may say more
        terms = sorted(common.values(), key=lambda term: (-term["papers"], term["iri"]))
        counted = counts_by_month(graph, [term["iri"] for term in terms[:_MOST_TERMS]])
        return {
            "months": months,
            "papers": [papers.get(month, 0) for month in months],
            "terms": [
                {**term, "months": [counted[term["iri"]].get(month, 0) for month in months]}
                for term in terms[:_MOST_TERMS]
            ],
        }


#: Users may say of a paper what they like, so a day may be something else.
_MONTH_TOLD: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])\Z")
_PREFIXES: Final = f"PREFIX kg: <{KG._NS}> "
_MONTH: Final = "BIND(SUBSTR(STR(?day), 1, 7) AS ?month)"
_PAPERS: Final = (
    "SELECT ?month (COUNT(*) AS ?n) "
    f"{{ ?paper a kg:Paper ; kg:firstSeen ?day {_MONTH} }} GROUP BY ?month"
)


def _common(graph: Graph) -> Iterator[Shown]:
    """Yield the terms that enough papers mention, and the commonest of each type."""
    known: Counter[str] = Counter()
    enough = f"SELECT ?term {{ ?term kg:paperCount ?n FILTER(?n >= {LEAST_PAPERS}) }}"
    for row in graph.select(_PREFIXES + enough):
        term = graph.term(row["term"])
        known[term["type"]] += 1
        yield term
    for type_ in TermType:
        missing = _COMMONEST - known[type_]
        if missing > 0:
            others = (
                f"SELECT ?term {{ ?term kg:termType kg:{type_} ; kg:paperCount ?n "
                f"FILTER(?n < {LEAST_PAPERS}) }} ORDER BY DESC(?n) ?term LIMIT {missing}"
            )
            for row in graph.select(_PREFIXES + others):
                yield graph.term(row["term"])


def counts_by_month(graph: Graph, iris: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the papers of each month that mention each of some terms."""
    counted: dict[str, dict[str, int]] = {iri: {} for iri in iris}
    values = " ".join(str(Node(iri)) for iri in counted)
    query = (
        f"SELECT ?term ?month (COUNT(*) AS ?n) {{ VALUES ?term {{ {values} }} "
        f"?paper kg:mentions ?term ; kg:firstSeen ?day {_MONTH} }} GROUP BY ?term ?month"
    )
    for row in graph.select(_PREFIXES + query):
        counted[row["term"].value][row["month"].value] = int(row["n"].value)
    return counted
