"""Methods and other terms by month, as the reader chooses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import BadRequest
from kg.model import TermType
from kg.web.protocol import CSV, HTML, PLAIN_JSON, choose
from kg.web.site.asked import told
from kg.web.site.charts import Chart, line_chart
from kg.web.site.frame import Alternate, address, show
from kg.web.site.reading import Shown
from kg.web.site.tables import csv_of, json_of
from kg.web.site.trends.named import (
    LONGEST_NAME,
    Named,
    chart_names,
    chosen_terms,
    common_terms,
    has_empty_fields,
    key_of_term,
    names_given,
)
from kg.web.site.trends.period import Lists, Period, Series, list_table, series_table
from kg.web.site.trends.rising import LEAST_PAPERS, LEAST_SURENESS, MonthsJob
from kg.web.state import local_path, server

blueprint = Blueprint("trends", __name__)

#: A chart has at most so many lines.
MOST_TERMS: Final = 6
#: So many lines are drawn where the reader has chosen none.
_PROPOSED: Final = 5
#: Periods that are offered, as numbers of months before the end.
_PERIODS: Final = (6, 12, 24)
_MONTH: Final = re.compile(r"\A[0-9]{4}-(?:0[1-9]|1[0-2])\Z")
_FORMATS: Final = (HTML, PLAIN_JSON, CSV)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader asks for; ``first`` and ``last`` are months or empty, ``type`` too."""

    names: tuple[str, ...]
    first: str
    last: str
    type: str
    share: bool

    def address(self, suffix: str = "", **changed: Any) -> str:
        """Return the address of this choice, or of one that differs in some of it."""
        given = {
            "term": list(self.names),
            "from": self.first,
            "to": self.last,
            "type": self.type,
            "share": "1" if self.share else None,
        }
        return address(local_path(f"trends{suffix}"), **(given | changed))

    def without(self, key: str) -> str:
        """Return the address of this choice without a term."""
        return self.address(term=[name for name in self.names if name != key])

    def instead(self, key: str, other: str) -> str:
        """Return the address of this choice with one term in place of another."""
        return self.address(term=[other if name == key else name for name in self.names])

    def along(self, key: str) -> str:
        """Return the address of this choice with another term."""
        return self.address(term=[*self.names, key])


@blueprint.route("/trends")
@blueprint.route("/trends.<suffix>")
def trends(suffix: str | None = None) -> AnyResponse:
    format_ = choose(request.headers.get("Accept", ""), suffix, _FORMATS).format
    choice = _choice()
    if format_ is HTML and has_empty_fields():
        return redirect(choice.address(lang=request.args.get("lang")))
    counted = told(MonthsJob(server().settings.base_iri))
    period = Period.of(counted, choice.first, choice.last)
    known = common_terms(period, counted)
    named = Named.of(choice.names)
    if named.unknown and format_ is not HTML:
        raise NotFound(f"term {named.unknown[0]!r}: nothing of that name in the graph")
    chosen = chosen_terms(period, named.terms, known)
    lists = Lists.of([one for one in known.values() if choice.type in ("", one.term["type"])])
    if format_ is PLAIN_JSON:
        return json_of(_as_json(period, chosen, lists))
    if format_ is CSV:
        return csv_of(series_table(period, chosen) if chosen else list_table(lists))
    return _page(choice, period, chosen, lists, tuple(counted["months"]), named)


def _choice() -> Choice:
    """Read the parameters.

    Raises:
        BadRequest: one is too long, there too often, or not what it should be.
    """
    names = names_given("term", MOST_TERMS)
    first, last = (_one(name, _MONTH.match, "a month such as 2024-08") for name in ("from", "to"))
    if first and last and first > last:
        raise BadRequest(f"parameter 'from': {first!r} is after 'to' {last!r}; expected it before")
    type_ = _one("type", lambda value: value in set(TermType), f"one of {', '.join(TermType)}")
    share = _one("share", lambda value: value in ("0", "1"), "0 or 1")
    return Choice(names, first, last, type_, share == "1")


def _one(name: str, fits: Callable[[str], Any], expected: str) -> str:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"parameter {name!r}: given {len(values)} times; expected it once")
    value = values[0].strip() if values else ""
    if value and not fits(value):
        raise BadRequest(f"parameter {name!r}: {value[:LONGEST_NAME]!r}; expected {expected}")
    return value


def _as_json(period: Period, chosen: list[Series], lists: Lists) -> Shown:
    head = {"months": period.months, "papers": period.papers}
    if chosen:
        return head | {"terms": [one.as_json() for one in chosen]}
    earlier, later = period.stretches
    compared = {"earlier": earlier, "later": later}
    return head | compared | {name: [one.as_json() for one in some] for name, some in lists.items()}


def _page(
    choice: Choice,
    period: Period,
    chosen: list[Series],
    lists: Lists,
    months: tuple[str, ...],
    named: Named,
) -> Response:
    drawn = chosen or lists.rising[:_PROPOSED] or lists.commonest[:_PROPOSED]
    keys = [key_of_term(one.term) for one in chosen]
    canonical = replace(choice, names=tuple(keys))
    return show(
        "trends.html",
        status=404 if named.unknown else 200,
        alternates=[
            Alternate(one.name, one.media_type, canonical.address(f".{one.name}"))
            for one in (PLAIN_JSON, CSV)
        ],
        choice=canonical,
        period=period,
        months=months,
        periods=[(count, months[-count]) for count in _PERIODS if count < len(months)],
        chosen=chosen,
        drawn=drawn,
        chart=_chart(period, drawn, choice.share),
        lists=lists,
        named=named,
        types=list(TermType),
        key=key_of_term,
        most_terms=MOST_TERMS,
        least_papers=LEAST_PAPERS,
        least_sureness=LEAST_SURENESS,
    )


def _chart(period: Period, drawn: list[Series], share: bool) -> Chart:
    """Draw the papers of each month, or their share in percent."""
    values = [[round(100 * of, 2) for of in one.shares] if share else one.counts for one in drawn]
    names = chart_names([one.term for one in drawn])
    return line_chart(
        period.months,
        {
            name: dict(zip(period.months, counts, strict=True))
            for name, counts in zip(names, values, strict=True)
        },
    )
