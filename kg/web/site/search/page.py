"""The search page, and suggestions as a reader types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from kg.errors import QueryStopped
from kg.web.names.files import Current
from kg.web.names.marking import marked
from kg.web.names.schema import AUTHOR, PAPER
from kg.web.protocol import CSV, HTML, PLAIN_JSON, choose
from kg.web.site.asked import told
from kg.web.site.charts import Chart, bar_chart, months_between
from kg.web.site.frame import Alternate, name_of, other_name, show, type_name
from kg.web.site.languages import day, gettext, ngettext, number
from kg.web.site.reading import Shown
from kg.web.site.search.job import SearchJob
from kg.web.site.search.offers import ExamplesJob, SuggestJob
from kg.web.site.search.request import (
    KINDS,
    Asked,
    read_asked,
    read_text,
    read_types,
    types_named,
)
from kg.web.site.tables import Table, csv_of, json_of
from kg.web.state import link_to, server

blueprint = Blueprint("search", __name__)

_FORMATS: Final = (HTML, PLAIN_JSON, CSV)
#: Things on a page, and rows of a table.
PAGE: Final = 20
#: Months that a chart has room for.
_CHARTED: Final = 120
ROWS: Final = 1_000
#: How long a page waits for the first list of names: that of a small graph is there by then.
_PATIENCE_S: Final = 1.0
_HEADER: Final = ("type", "label", "en", "ko", "found_as", "papers", "first_seen", "iri")


@blueprint.route("/search")
@blueprint.route("/search.<suffix>")
def results(suffix: str | None = None) -> Response:
    """Show what a reader's words find."""
    format_ = choose(request.headers.get("Accept", ""), suffix, _FORMATS).format
    asked = read_asked()
    if format_ is CSV:
        return csv_of(_table(_found(asked, server().names.newest(), most=ROWS)))
    if format_ is PLAIN_JSON:
        return json_of(_as_json(asked, _found(asked, server().names.newest())))
    current = server().names.current(_PATIENCE_S)
    try:
        return _page(asked, current)
    except QueryStopped:  # the file was replaced or removed just now
        return _page(asked, Current(None, newer=True))


@blueprint.route("/search/suggest")
def suggest() -> Response:
    """Suggest things for what was typed so far; of the types that ``types`` names, if it does."""
    text, types = read_text(), types_named(read_types("types"))
    current = server().names.current()
    found: list[Shown] = []
    if current.path is not None:
        try:
            job = SuggestJob(server().settings.base_iri, current.path, text, types)
            found = told(job)["suggestions"]
        except QueryStopped:
            current = Current(None, newer=True)
    ready = current.path is not None or not current.newer
    response = json_of(
        {
            "query": text,
            "ready": ready,
            "title": gettext("Suggestions"),
            "said": _said(len(found), ready=ready),
            "suggestions": [_suggestion(one) for one in found],
        }
    )
    response.vary.update(("Accept-Language", "Cookie"))
    response.headers["Cache-Control"] = "private, max-age=60" if ready else "no-store"
    return response


def _said(count: int, *, ready: bool) -> str:
    if not ready:
        return gettext("The names are being listed; suggestions come in a moment.")
    if not count:
        return gettext("No suggestions")
    return ngettext("%(num)s suggestion", "%(num)s suggestions", count) % {"num": number(count)}


def _suggestion(shown: Shown) -> Shown:
    return {
        "label": name_of(shown),
        "alias": shown["name"] or other_name(shown),
        "type": shown["type"],
        "kind": kind_name(shown["type"]),
        "note": noted(shown),
        "papers": shown["papers"],
        "iri": shown["iri"],
        "key": key_of(shown["iri"]),
        "address": link_to(shown["iri"]),
    }


def key_of(iri: str) -> str:
    """Return the key of one of our things, the end of its IRI."""
    return iri.removeprefix(server().settings.base_iri).partition("/")[2]


def kind_name(type_: str) -> str:
    """Return what to call a type of things in the reader's language."""
    names = {PAPER: gettext("Paper"), AUTHOR: gettext("Author")}
    return names.get(type_) or type_name(type_)


def noted(shown: Shown) -> str:
    """Return what stands beside a name: the day of a paper, or the number of papers."""
    if shown["type"] == PAPER:
        return day(shown["seen"] or "")
    papers = shown["papers"]
    return ngettext("%(num)s paper", "%(num)s papers", papers) % {"num": number(papers)}


def _found(asked: Asked, file: Any, *, most: int = PAGE) -> Shown:
    """Search.

    Raises:
        NotFound: there is no such page, or no such benchmark.
    """
    base = server().settings.base_iri
    page = asked.page if most == PAGE else 1
    found = told(SearchJob(base, file, asked.text, asked.narrowing, page, most))
    if asked.benchmark and found.get("benchmark") is None and file is not None:
        raise NotFound(f"benchmark {asked.benchmark!r}: no term with this key; search for its name")
    pages = -(-found["total"] // most)
    if page > 1 and page > pages:
        raise NotFound(f"page {page}: there are {pages}")
    return found


def _page(asked: Asked, current: Current) -> Response:
    base = server().settings.base_iri
    if current.path is None and current.newer:
        return show("search.html", asked=asked, state="making", kinds=KINDS)
    values: dict[str, Any] = {}
    if asked.is_empty:
        values |= {"state": "start", "offered": told(ExamplesJob(base, current.path))}
    else:
        found = _found(asked, current.path)
        values |= {
            "state": "found",
            "found": found,
            "pages": -(-found["total"] // PAGE),
            "size": PAGE,
            "tabs": _tabs(asked, found),
            "years": _years(found["facets"]["months"]),
            "chart": _chart(found["facets"]["months"]),
            "mark": lambda text: marked(text, found.get("sought", asked.text)),
        }
    return show(
        "search.html",
        alternates=() if asked.is_empty else _alternates(asked),
        schema=_schema(asked),
        asked=asked,
        kinds=KINDS,
        key_of=key_of,
        kind_name=kind_name,
        noted=noted,
        renewing=current.newer,
        is_empty=current.path is None,
        **values,
    )


def _tabs(asked: Asked, found: Shown) -> list[tuple[str, int, str, bool]]:
    """Return the types that were found, each with its number, address and whether it is shown."""
    counts = dict(found["facets"]["types"])
    tabs = [("", sum(counts.values()), asked.but(types=()), not asked.types)]
    for name in KINDS:
        is_shown = asked.types == (name,)
        if counts.get(name) or is_shown:
            tabs.append((name, counts.get(name, 0), asked.but(types=(name,)), is_shown))
    return tabs


def _years(months: Sequence[tuple[str, int]]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Group months by year, the newest first, with their numbers."""
    years: dict[str, list[tuple[str, int]]] = {}
    for month, count in reversed(months):
        years.setdefault(month[:4], []).append((month, count))
    return [(year, sum(count for _, count in found), found) for year, found in years.items()]


def _chart(months: Sequence[tuple[str, int]]) -> Chart | None:
    between = months_between(months[0][0], months[-1][0]) if months else []
    return bar_chart(between, dict(months)) if 1 < len(between) <= _CHARTED else None


def _alternates(asked: Asked) -> list[Alternate]:
    formats = (PLAIN_JSON, CSV)
    return [
        Alternate(one.name, one.media_type, asked.address(f"search.{one.name}")) for one in formats
    ]


def _schema(asked: Asked) -> Shown:
    return {"@type": "SearchResultsPage", "name": asked.text or "paperkg", "url": _url(asked)}


def _url(asked: Asked) -> str:
    return request.host_url.rstrip("/") + asked.address()


def _as_json(asked: Asked, found: Shown) -> Shown:
    pages = -(-found["total"] // PAGE)
    facets = found["facets"]
    following = replace(asked, page=asked.page + 1)
    return {
        "query": asked.text,
        "looked_for": found.get("sought", asked.text),
        "total": found["total"],
        "more": found["more"],
        "page": asked.page,
        "pages": pages,
        "next": following.address("search.json") if asked.page < pages else None,
        "results": [_result(one) for one in found["hits"]],
        "facets": {
            "type": dict(facets["types"]),
            "month": dict(facets["months"]),
            "benchmark": [
                {"iri": one["iri"], "label": one["label"], "papers": count}
                for one, count in facets["benchmarks"]
            ],
        },
    }


def _result(hit: Shown) -> Shown:
    kept = ("iri", "type", "label", "en", "ko", "papers", "authors")
    shown = {name: hit[name] for name in kept if name in hit}
    return shown | {
        "found_as": hit["name"],
        "how": hit["how"],
        "first_seen": hit["seen"] or hit["since"],
        "page": link_to(hit["iri"]),
    }


def _table(found: Shown) -> Table:
    rows = [
        [one["type"], one["label"], one["en"], one["ko"], one["name"], one["papers"]]
        + [one["seen"] or one["since"], one["iri"]]
        for one in found["hits"]
    ]
    return Table(_HEADER, rows)
