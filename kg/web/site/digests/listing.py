"""The list of digests, by month."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from kg.errors import BadRequest
from kg.web.protocol import CSV, HTML, PLAIN_JSON, choose
from kg.web.site import charts, frame
from kg.web.site.asked import told
from kg.web.site.digests.listing_job import UNDATED, DigestsJob
from kg.web.site.frame import Alternate
from kg.web.site.languages import gettext
from kg.web.site.reading import Shown
from kg.web.site.tables import Table, csv_of, json_of
from kg.web.state import local_path, server

blueprint = Blueprint("digests", __name__)

#: At most so many months are drawn.
_MONTHS: Final = 60
_YEAR: Final = re.compile(r"[0-9]{4}\Z")


@blueprint.route("/digests")
@blueprint.route("/digests.<suffix>")
def digests(suffix: str | None = None) -> Response:
    """List the digests of a year; as data, those of all years where none is given."""
    if suffix not in (None, "json", "csv"):
        raise NotFound(f"digests.{suffix}: no such format; there are digests.json, digests.csv")
    year = request.args.get("year", "")
    if year and year != UNDATED and not _YEAR.match(year):
        raise BadRequest(f"parameter 'year': {year[:40]!r}; expected four digits, or {UNDATED}")
    accept = request.headers.get("Accept", "")
    choice = choose(accept, suffix or request.args.get("format"), (HTML, PLAIN_JSON, CSV))
    if choice.format is HTML:
        return _page(year)
    shown = told(DigestsJob(server().settings.base_iri, year or None))
    _check(year, shown)
    return csv_of(_table(shown)) if choice.format is CSV else json_of(shown["digests"])


def _check(year: str, shown: Shown) -> None:
    if year and all(one["year"] != year for one in shown["years"]):
        raise NotFound(f"year {year}: no digest of it in the graph")


def _page(year: str) -> Response:
    shown = told(DigestsJob(server().settings.base_iri, year))
    _check(year, shown)
    counts = shown["months"]
    months = charts.months_between(min(counts), max(counts))[-_MONTHS:] if counts else []
    by_month: dict[str, list[Shown]] = {}
    for one in shown["digests"]:
        by_month.setdefault((one["day"] or "")[:7], []).append(one)
    return frame.show(
        "digests.html",
        alternates=[
            Alternate(one.name, one.media_type, frame.address(local_path(f"digests.{one.name}")))
            for one in (PLAIN_JSON, CSV)
        ],
        schema={
            "@type": "Periodical",
            "name": gettext("Digests of research papers"),
            "url": request.base_url,
            "hasPart": [
                {
                    "@type": "PublicationIssue",
                    "@id": one["iri"],
                    "name": one["label"],
                    "datePublished": one["day"],
                }
                for one in shown["digests"]
                if one["day"]
            ],
        },
        years=shown["years"],
        year=shown["year"],
        undated=UNDATED,
        papers=sum(one["papers"] for one in shown["years"]),
        digests=sum(one["digests"] for one in shown["years"]),
        by_month=by_month,
        chart=charts.bar_chart(months, counts) if len(months) > 1 else None,
    )


def _table(shown: Shown) -> Table:
    return Table(
        ("day", "papers", "most_voted", "arxiv", "votes", "digest"),
        [
            (
                one["day"],
                one["papers"],
                one["paper"]["title"] if one["paper"] else None,
                one["paper"]["arxiv"] if one["paper"] else None,
                one["votes"],
                one["iri"],
            )
            for one in shown["digests"]
        ],
    )
