"""The list of benchmarks, and the leaderboards of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.folding import fold
from kg.vocab import iri_safe
from kg.web.describe import FindJob
from kg.web.protocol import CSV, HTML, PLAIN_JSON, Choice, choose, is_absolute_iri, split_suffix
from kg.web.site import frame
from kg.web.site.asked import told
from kg.web.site.benchmarks.job import BenchmarkCountsJob, BenchmarkNamesJob, BestScoresJob
from kg.web.site.benchmarks.leaderboard_job import BOARDS, PAPERS, ROWS_ALONE, LeaderboardJob, Wish
from kg.web.site.benchmarks.tables import claims_table
from kg.web.site.reading import Shown
from kg.web.site.tables import Table, csv_of, json_of
from kg.web.site.terms.parameters import month, one_of, page_number, pages_of, text
from kg.web.state import ask, link_to, local_path, server

blueprint = Blueprint("benchmarks", __name__)

_SUFFIXES: Final = ("json", "csv")
_OFFERED: Final = (HTML, PLAIN_JSON, CSV)
#: Benchmarks on a page.
LISTED: Final = 25
ORDERS: Final = ("results", "papers")


@blueprint.route("/benchmarks")
@blueprint.route("/benchmarks.<suffix>")
def listing(suffix: str | None = None) -> Response:
    """List benchmarks and data sets; as data, all that fit, else a page of them."""
    if suffix not in (None, *_SUFFIXES):
        raise NotFound(f"benchmarks.{suffix}: no such format; there are json and csv")
    choice = _choice(suffix)
    query, order, number = text("q"), one_of("sort", ORDERS), page_number("page")
    base = server().settings.base_iri
    found = _found(base, query, order)
    pages = pages_of(len(found), LISTED, number, "page")
    start = (number - 1) * LISTED
    if choice.format is HTML or "page" in request.args:
        found_here = found[start : start + LISTED]
    else:
        found_here = found
    rows = _rows(base, found_here)
    if choice.format is CSV:
        return csv_of(_list_table(rows))
    if choice.format is PLAIN_JSON:
        return json_of({"count": len(found), "benchmarks": rows})
    path = local_path("benchmarks")
    return frame.show(
        "benchmarks.html",
        alternates=frame.formats_at(path, (PLAIN_JSON, CSV)),
        rows=rows,
        count=len(found),
        query=query,
        order=order,
        page=number,
        pages=pages,
        first=start + 1,
    )


def _choice(suffix: str | None) -> Choice:
    accept = request.headers.get("Accept", "")
    return choose(accept, suffix or request.args.get("format"), _OFFERED)


def _found(base: str, query: str | None, order: str) -> list[tuple[str, int, int]]:
    """Return the benchmarks that have a name like *query*: IRI, papers, results."""
    found = [(one[0], one[1], one[2]) for one in told(BenchmarkCountsJob(base))["benchmarks"]]
    if query is not None:
        names = told(BenchmarkNamesJob(base))["names"]
        part = fold(query)
        found = [one for one in found if part and part in names.get(one[0], "")]
    places = (1, 2) if order == "papers" else (2, 1)
    return sorted(found, key=lambda one: (*(-one[place] for place in places), one[0]))


def _rows(base: str, found: list[tuple[str, int, int]]) -> list[Shown]:
    if not found:
        return []
    shown = told(BestScoresJob(base, tuple(iri for iri, _, _ in found)))["benchmarks"]
    return [
        {**shown[iri], "papers": papers, "results": results, "address": leaderboards_at(iri)}
        for iri, papers, results in found
    ]


def _list_table(rows: list[Shown]) -> Table:
    header = ("benchmark", "label", "type", "papers", "results", "first", "last")
    best = ("claims", "metric", "value", "unit", "subject", "arxiv")
    return Table((*header, *best), [_list_cells(row) for row in rows])


def _list_cells(row: Shown) -> list[str | float | None]:
    term, best = row["term"], row["best"]
    cells = [term["iri"], term["label"], term["type"], row["papers"], row["results"]]
    cells += [row["first"], row["last"], row["size"]]
    if best is None:
        return [*cells, None, None, None, None, None]
    arxiv = best["paper"] and best["paper"]["arxiv"]
    return [*cells, best["metric_text"], best["value"], best["unit"], best["subject_text"], arxiv]


def leaderboards_at(iri: str) -> str:
    """Return the address of the leaderboards of a term."""
    key = iri.removeprefix(f"{server().settings.base_iri}term/")
    return local_path(f"benchmarks/{key}")


@blueprint.route("/benchmarks/<path:key>")
def leaderboards(key: str) -> AnyResponse:
    """Show the leaderboards of a benchmark; any of its names leads to it."""
    found = _named(key)
    if not found.is_key:
        address = leaderboards_at(found.iri) + (f".{found.suffix}" if found.suffix else "")
        return redirect(address, HTTPStatus.MOVED_PERMANENTLY)
    choice = _choice(found.suffix)
    iri = found.iri
    wish = Wish(text("metric"), text("unit"), text("split"), text("setting"), month())
    number, papers = page_number("page"), page_number("papers")
    whole = choice.format is not HTML
    base = server().settings.base_iri
    shown = told(LeaderboardJob(base, iri, wish, number, papers, whole))
    if not shown["all_papers"]:
        term = link_to(iri)
        raise NotFound(f"benchmarks/{key}: no paper evaluates on it; what is known of it: {term}")
    if choice.format is CSV:
        return csv_of(_table(shown))
    if choice.format is PLAIN_JSON:
        return json_of(shown)
    return _page(iri, shown, wish, number, papers)


@dataclass(frozen=True, slots=True)
class _Named:
    """A term that a path names, by its key or else by another name."""

    iri: str
    suffix: str | None
    is_key: bool


def _named(path: str) -> _Named:
    """Find the term that a path names; only a known suffix is one."""
    base = server().settings.base_iri
    ways = tuple(dict.fromkeys((split_suffix(path, _SUFFIXES), (path, None))))
    for name, suffix in ways:
        iri = f"{base}term/{iri_safe(name)}"
        if is_absolute_iri(iri) and json.loads(ask(FindJob((iri,))).read())["found"][0]:
            return _Named(iri, suffix, is_key=True)
    names = told(BenchmarkNamesJob(base))["names"]
    for name, suffix in ways:
        wanted = fold(name)
        found = [iri for iri, folded in names.items() if wanted and wanted in folded.split("\n")]
        if len(found) == 1:
            return _Named(found[0], suffix, is_key=False)
    hint = frame.address(local_path("benchmarks"), q=path[:200])
    raise NotFound(f"benchmarks/{path}: no benchmark of that name; look for it at {hint}")


def _table(shown: Shown) -> Table:
    rows = [row for board in shown["boards"] for row in board["rows"]]
    rows += shown["singles"] + shown["changes"]
    unscored = [one["paper"] for one in shown["papers"] if not one["scores"]]
    return claims_table(rows, unscored)


def _page(iri: str, shown: Shown, wish: Wish, number: int, papers: int) -> Response:
    path = leaderboards_at(iri)
    alone = shown["board_count"] == 1
    count = shown["boards"][0]["size"] if alone and shown["boards"] else shown["board_count"]
    pages = pages_of(count, ROWS_ALONE if alone else BOARDS, number, "page")
    asked = {
        "metric": wish.metric,
        "unit": wish.unit,
        "split": wish.split,
        "setting": wish.setting,
        "month": wish.month,
    }
    return frame.show(
        "leaderboard.html",
        alternates=[
            frame.Alternate(one.name, one.media_type, frame.address(f"{path}.{one.name}", **asked))
            for one in (PLAIN_JSON, CSV)
        ],
        schema=_schema(iri, shown, path),
        path=path,
        asked=asked,
        shown=shown,
        page=number,
        pages=pages,
        papers=papers,
        paper_pages=pages_of(shown["paper_count"], PAPERS, papers, "papers"),
        first_paper=(papers - 1) * PAPERS + 1,
    )


def _schema(iri: str, shown: Shown, path: str) -> Shown:
    """Describe the leaderboards as a data set in the terms of schema.org."""
    here = request.host_url.rstrip("/") + path
    name = shown["term"]["label"]
    return {
        "@type": "Dataset",
        "name": f"Leaderboards of {name}",
        "description": f"What papers report to have scored on {name}, with the sentences.",
        "url": here,
        "about": {"@type": "DefinedTerm", "@id": iri, "name": name},
        "variableMeasured": [one["name"] for one in shown["metrics"] if one["name"]][:20],
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": one.media_type,
                "contentUrl": f"{here}.{one.name}",
            }
            for one in (PLAIN_JSON, CSV)
        ],
    }
