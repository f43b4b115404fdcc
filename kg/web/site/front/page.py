"""The front page: what there is, what is new, and questions that the graph answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request

from kg.errors import Overloaded, QueryStopped, QueryTimeout
from kg.queries import SavedQuery
from kg.web.protocol import TURTLE
from kg.web.site import frame
from kg.web.site.asked import told
from kg.web.site.charts import Chart, line_chart
from kg.web.site.frame import Alternate, address, name_of
from kg.web.site.front.job import FrontJob
from kg.web.site.languages import gettext
from kg.web.site.reading import Shown, SiteJob
from kg.web.site.trends.rising import LEAST_PAPERS, Change, MonthsJob, changes, risers, stretches
from kg.web.state import local_path, server

blueprint = Blueprint("front", __name__)

#: Types of terms that the chart is about, its lines, and its months.
_METHODS: Final = ("Model", "Method")
_LINES: Final = 5
_MONTHS: Final = 12
#: Saved queries that show best what can be asked.
_QUERIES: Final = (
    "papers-on-benchmark",
    "leaderboard",
    "results-of-model",
    "methods-used-with",
    "evidence",
    "similar-papers",
)
_SCORES_QUERY: Final = "papers-on-benchmark"
_EXAMPLES: Final = 4
#: Where each count leads.
_PAGES: Final = {
    "papers": "digests",
    "digests": "digests",
    "results": "benchmarks",
    "authors": "queries/top-authors",
    "Model": "trends?type=Model",
    "Method": "trends?type=Method",
    "Benchmark": "benchmarks",
    "Dataset": "trends?type=Dataset",
    "Metric": "trends?type=Metric",
    "Task": "trends?type=Task",
}


@dataclass(frozen=True, slots=True)
class Trend:
    """Terms for the chart: those that rise, or the commonest where none does."""

    rising: bool
    terms: tuple[tuple[Shown, Change], ...]
    earlier: tuple[str, ...]
    later: tuple[str, ...]
    chart: Chart | None


@blueprint.route("/")
def home() -> Response:
    shown = _told_in_time(FrontJob(server().settings.base_iri))
    counted = _told_in_time(MonthsJob(server().settings.base_iri))
    counts = shown["counts"] if shown else {}
    trend = _trend(counted) if counted else None
    return frame.show(
        "home.html",
        alternates=[
            Alternate("VoID", TURTLE.media_type, local_path(".well-known/void") + "?format=ttl"),
            Alternate("OpenAPI", "application/json", local_path("openapi.json")),
        ],
        schema=_schema(),
        busy=shown is None,
        empty=shown is not None and not any(counts.values()),
        counts=[(name, counts[name], _page_of(name)) for name in _PAGES if counts.get(name)],
        papers=counts.get("papers", 0),
        shown=shown or {},
        trend=trend,
        trends=_trends_address(trend) if trend else "",
        least_papers=LEAST_PAPERS,
        examples=_examples(shown or {}, trend),
        queries=_queries(),
        known=set(server().queries),
        months=_compared(counted["months"]) if counted else None,
        script=_script((shown or {}).get("scores")),
        key=_key,
    )


def _told_in_time(job: SiteJob) -> Shown | None:
    """Return the answer to a job; None while the server has no time for it."""
    try:
        return told(job)
    except (Overloaded, QueryStopped, QueryTimeout):
        return None


def _page_of(name: str) -> str:
    path, mark, query = _PAGES[name].partition("?")
    return local_path(path) + mark + query


def _key(term: Shown) -> str:
    return str(term["iri"]).removeprefix(f"{server().settings.base_iri}term/")


def _trend(counted: Shown) -> Trend:
    """Choose the methods that rise most, or the commonest ones, and draw them."""
    changed = changes(counted, _METHODS)
    rising = risers(changed)[:_LINES]
    terms = rising or changed[:_LINES]
    papers = dict(zip(counted["months"], counted["papers"], strict=True))
    earlier, later = stretches(counted["months"])
    # A month without papers has no share.
    months = [month for month, count in papers.items() if count][-_MONTHS:]
    lines = {
        name_of(term): {
            month: round(100 * count / papers[month], 1)
            for month, count in zip(papers, term["months"], strict=True)
            if month in months
        }
        for term, _ in terms
    }
    chart = line_chart(months, lines) if terms and len(months) > 1 else None
    return Trend(bool(rising), tuple(terms), tuple(earlier), tuple(later), chart)


def _trends_address(trend: Trend) -> str:
    keys = [_key(term) for term, _ in trend.terms]
    return address(local_path("trends"), term=keys, share=1)


def _compared(months: Sequence[str]) -> tuple[str, str] | None:
    """Return two months to compare: the newest ones that are over, if there are so many."""
    over = months[:-1] if len(months) > 2 else months
    return (over[-2], over[-1]) if len(over) > 1 else None


def _examples(shown: Shown, trend: Trend | None) -> list[str]:
    """List names that the search box finds something for, one of them in Korean if there is."""
    terms = [shown["scores"]["benchmark"]] if shown.get("scores") else []
    terms += [term for term, _ in trend.terms] if trend else []
    terms += [row["term"] for row in shown["models"]["rows"]] if shown.get("models") else []
    korean = [term["ko"] for term in terms if term["ko"]][:1]
    names = [term["en"] or term["label"] for term in terms if term["ko"] not in korean]
    return list(dict.fromkeys(names))[: _EXAMPLES - len(korean)] + korean


def _queries() -> list[SavedQuery]:
    queries = server().queries
    chosen = [queries[name] for name in _QUERIES if name in queries]
    return chosen or [query for _, query in sorted(queries.items())][: len(_QUERIES)]


def _script(scores: Shown | None) -> str:
    """Return a command that asks this server for the scores, or for what it holds."""
    start = request.host_url.rstrip("/")
    if scores is None or _SCORES_QUERY not in server().queries:
        return f"curl '{start}{local_path('sparql')}?query={quote('ASK {}', safe='')}'"
    given = {"benchmark": scores["benchmark"]["label"], "month": scores["month"]}
    path = local_path(f"queries/{_SCORES_QUERY}.csv")
    return f"curl '{start}{path}?{urlencode(given)}'"


def _schema() -> Shown:
    address_ = request.host_url.rstrip("/") + local_path("")
    found: dict[str, Any] = {
        "@type": "DataCatalog",
        "name": "paperkg",
        "url": address_,
        "description": gettext(
            "A knowledge graph of research papers: models, methods, benchmarks and results, "
            "with the sentence behind every fact."
        ),
        "dataset": {
            "@type": "Dataset",
            "@id": f"{server().settings.base_iri}dataset",
            "name": gettext("Knowledge graph of research papers"),
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": TURTLE.media_type,
                    "contentUrl": f"{request.host_url.rstrip('/')}{local_path('export/kg.ttl')}",
                }
            ],
        },
    }
    return found
