"""What the front page shows: what there is, what is new, and answers to two questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.vocab import KG
from kg.web.site.digests.listing_job import days, whole_of
from kg.web.site.papers.marked_text import anchor
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What is counted, with the class of each, and terms by type.
_COUNTED: Final = {
    "papers": KG.Paper,
    "results": KG.Result,
    "authors": KG.Author,
    "digests": KG.Digest,
}
_DIGESTS: Final = 4
_TITLES: Final = 3
#: Rows of a table, and months and benchmarks that are looked at for enough of them.
_ROWS: Final = 6
_ENOUGH: Final = 3
_MONTHS: Final = 3
_BENCHMARKS: Final = 5
#: Results below this confidence are left to the leaderboards, if there are surer ones.
_SURE: Final = 0.85

_PREFIXES: Final = f"PREFIX kg: <{KG._NS}> "
_TYPES: Final = "SELECT ?type (COUNT(*) AS ?n) { ?term kg:termType ?type } GROUP BY ?type"
_MOST_MEASURED: Final = (
    "SELECT ?benchmark (COUNT(*) AS ?n) { ?result kg:benchmark ?benchmark } "
    "GROUP BY ?benchmark ORDER BY DESC(?n) LIMIT 20"
)


@dataclass(frozen=True, slots=True)
class FrontJob(SiteJob):
    """Tell what the front page shows.

    Answers ``counts``, a number for each kind of things and type of terms; ``digests``, the
    newest: ``{iri, label, day, papers, titles}``, the last of them papers with ``votes``;
    ``scores``: ``{benchmark, month, rows}``, what papers of a month reach on the benchmark with
    most results; and ``models``: ``{month, rows, count}``, what papers of a month introduce.
    The months are the newest ones that have enough. None where there is nothing to tell.
    """

    def shown(self, graph: Graph) -> Shown:
        dated = [(iri, day) for iri, day in reversed(days(graph)) if day]
        return {
            "counts": _counts(graph),
            "digests": [_digest(graph, iri, day) for iri, day in dated[:_DIGESTS]],
            "scores": _scores(graph),
            "models": _models(graph, dated),
        }


def _counts(graph: Graph) -> dict[str, int]:
    counts = {}
    for name, class_ in _COUNTED.items():
        query = f"SELECT (COUNT(*) AS ?n) {{ ?thing a <{class_}> }}"
        counts[name] = next((int(row["n"].value) for row in graph.select(query)), 0)
    for row in graph.select(_PREFIXES + _TYPES):
        counts[row["type"].value.rpartition("#")[2]] = int(row["n"].value)
    return counts


def _digest(graph: Graph, iri: str, day: str) -> Shown:
    found = graph.subjects(KG.digest, Node(iri))
    entries = sorted((-graph.count(one, KG.votes), one.value) for one in found)
    return {
        "iri": iri,
        "label": graph.label(Node(iri)),
        "day": day,
        "papers": len(entries),
        "titles": [
            {**graph.paper(paper), "votes": -votes}
            for votes, entry in entries[:_TITLES]
            for paper in graph.nodes(Node(entry), KG.paper)
        ],
    }


def _newest(months: Mapping[str, Sequence[Shown]]) -> str | None:
    """Return the newest month that has enough rows, else the newest that has any."""
    newest = sorted((month for month, rows in months.items() if rows), reverse=True)
    enough = (month for month in newest[:_MONTHS] if len(months[month]) >= _ENOUGH)
    return next(enough, newest[0] if newest else None)


def _scores(graph: Graph) -> Shown | None:
    """Find scores on one of the benchmarks with most results."""
    best: tuple[Node, str, list[Shown]] | None = None
    for benchmark in _most_measured(graph):
        months = _scores_by_month(graph, benchmark)
        month = _newest(months)
        if month and (best is None or len(months[month]) > len(best[2])):
            best = benchmark, month, months[month]
        if best is not None and len(best[2]) >= _ENOUGH:
            break
    if best is None:
        return None
    benchmark, month, found = best
    return {
        "benchmark": graph.term(benchmark),
        "month": month,
        "count": len(found),
        "rows": [_score(graph, **one) for one in found[:_ROWS]],
    }


def _most_measured(graph: Graph) -> list[Node]:
    # To sort by IRI in the query as well would take ten times as long.
    rows = [
        (-int(row["n"].value), row["benchmark"].value)
        for row in graph.select(_PREFIXES + _MOST_MEASURED)
        if isinstance(row["benchmark"], Node)
    ]
    return [Node(iri) for _, iri in sorted(rows)[:_BENCHMARKS]]


def _scores_by_month(graph: Graph, benchmark: Node) -> dict[str, list[Shown]]:
    """List the surest results on a benchmark, each with its paper, by month of the paper."""
    absolute = Node(str(KG.absolute))
    found = [
        one
        for one in graph.subjects(KG.benchmark, benchmark)
        if graph.has(one, KG.resultKind, absolute)
    ]
    sure = [one for one in found if (graph.number(one, KG.confidence) or 0) >= _SURE]
    months: dict[str, list[Shown]] = {}
    for result in sorted(sure or found, key=lambda one: one.value):
        for paper in graph.subjects(KG.hasResult, result):
            if seen := graph.text(paper, KG.firstSeen):
                one = {"result": result.value, "paper": paper.value}
                months.setdefault(seen[:7], []).append(one)
    return months


def _score(graph: Graph, paper: str, result: str) -> Shown:
    node = Node(result)
    measured = graph.nodes(node, KG.subject)
    metrics = graph.nodes(node, KG.metric)
    return {
        "anchor": anchor(result, f"{graph.base}digest"),
        "paper": graph.paper(Node(paper)),
        "subject": graph.text(node, KG.subjectText),
        "term": graph.term(measured[0]) if measured else None,
        "metric": graph.term(metrics[0]) if metrics else None,
        "metric_text": graph.text(node, KG.metricText),
        "value": graph.text(node, KG.valueText),
        "unit": graph.text(node, KG.unit),
    }


def _models(graph: Graph, dated: Sequence[tuple[str, str]]) -> Shown | None:
    """Find the models that papers introduce in the newest month, those with most votes first."""
    by_month: dict[str, list[str]] = {}
    for iri, day in dated:
        by_month.setdefault(day[:7], []).append(iri)
    months: dict[str, list[Shown]] = {}
    for name in list(by_month)[:_MONTHS]:
        months[name] = _introduced(graph, name, by_month[name])
        if len(months[name]) >= _ENOUGH:
            break
    month = _newest(months)
    if month is None:
        return None
    return {
        "month": month,
        "count": len(months[month]),
        "rows": [
            {
                "term": graph.term(Node(row["term"])),
                "paper": graph.paper(Node(row["paper"])),
                "votes": row["votes"],
            }
            for row in months[month][:_ROWS]
        ],
    }


def _introduced(graph: Graph, month: str, digests: Sequence[str]) -> list[Shown]:
    values = " ".join(str(Node(iri)) for iri in digests)
    query = (
        f"SELECT ?term ?paper (MAX(?votes) AS ?most) {{ VALUES ?digest {{ {values} }} "
        "?entry kg:digest ?digest ; kg:paper ?paper . ?paper kg:firstSeen ?seen ; "
        "kg:introduces ?term . ?term kg:termType kg:Model . OPTIONAL { ?entry kg:votes ?votes } "
        f'FILTER(STRSTARTS(STR(?seen), "{month}")) }} '
        "GROUP BY ?term ?paper ORDER BY DESC(?most) ?paper ?term"
    )
    return [
        {
            "term": row["term"].value,
            "paper": row["paper"].value,
            "votes": whole_of(row["most"]),
        }
        for row in graph.select(_PREFIXES + query)
        if isinstance(row["term"], Node) and isinstance(row["paper"], Node)
    ]
