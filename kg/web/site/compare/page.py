"""Terms or papers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import BadRequest
from kg.web.protocol import CSV, HTML, PLAIN_JSON, Format, choose
from kg.web.site.asked import told
from kg.web.site.charts import Chart, line_chart
from kg.web.site.compare.papers_job import ComparePapersJob, NamedPapersJob
from kg.web.site.compare.tables import papers_table, terms_table
from kg.web.site.compare.terms_job import CompareTermsJob
from kg.web.site.frame import Alternate, address, show
from kg.web.site.reading import Shown
from kg.web.site.tables import csv_of, json_of
from kg.web.site.trends.named import (
    Named,
    chart_names,
    chosen_terms,
    common_terms,
    has_empty_fields,
    key_of_term,
    names_given,
)
from kg.web.site.trends.period import Period, Series
from kg.web.site.trends.rising import MonthsJob
from kg.web.state import local_path, server

blueprint = Blueprint("compare", __name__)

#: So many things stand side by side.
FEWEST: Final = 2
MOST: Final = 4
#: So many pairs are proposed of a type, and so many terms beside one that is chosen.
_PAIRS: Final = 2
_BESIDE: Final = 8
_PROPOSED: Final = ("Model", "Method", "Benchmark", "Dataset")
_FORMATS: Final = (HTML, PLAIN_JSON, CSV)


@blueprint.route("/compare")
@blueprint.route("/compare.<suffix>")
def compare(suffix: str | None = None) -> AnyResponse:
    format_ = choose(request.headers.get("Accept", ""), suffix, _FORMATS).format
    terms, papers = names_given("term", MOST), names_given("paper", MOST)
    if terms and papers:
        raise BadRequest("parameters 'term' and 'paper': both given; expected terms or papers")
    if format_ is HTML and has_empty_fields():
        lang = request.args.get("lang")
        return redirect(address(local_path("compare"), term=terms, paper=papers, lang=lang))
    if papers:
        return _papers(papers, format_)
    return _terms(terms, format_)


def _enough(things: Sequence[Shown], format_: Format, parameter: str) -> bool:
    """Tell whether there are things to compare; programs are told if there are not.

    Raises:
        BadRequest: there are too few for an answer other than a form.
    """
    if len(things) < FEWEST and format_ is not HTML:
        raise BadRequest(
            f"parameter {parameter!r}: {len(things)} of them; expected {FEWEST} to {MOST}"
        )
    return len(things) >= FEWEST


def _terms(names: tuple[str, ...], format_: Format) -> AnyResponse:
    named = Named.of(names)
    if named.unknown:
        raise NotFound(f"term {named.unknown[0]!r}: nothing of that name in the graph")
    counted = told(MonthsJob(server().settings.base_iri))
    period = Period.of(counted, "", "")
    common = common_terms(period, counted)
    if not _enough(named.terms, format_, "term"):
        return _form("term", named.terms, list(common.values()))
    iris = tuple(term["iri"] for term in named.terms)
    shown = told(CompareTermsJob(server().settings.base_iri, iris))
    chosen = chosen_terms(period, shown["terms"], common)
    for term, series in zip(shown["terms"], chosen, strict=True):
        term["months"] = dict(zip(period.months, series.counts, strict=True))
    if format_ is PLAIN_JSON:
        return json_of(shown)
    if format_ is CSV:
        return csv_of(terms_table(shown))
    keys = [key_of_term(term) for term in shown["terms"]]
    return _page("term", keys, shown, others=named.others, chart=_chart(period, chosen))


def _papers(names: tuple[str, ...], format_: Format) -> AnyResponse:
    base = server().settings.base_iri
    found = told(NamedPapersJob(base, names))["papers"]
    for name, paper in zip(names, found, strict=True):
        if paper is None:
            raise NotFound(f"paper {name!r}: nothing of that name in the graph")
    papers = list({paper["iri"]: paper for paper in found}.values())
    if not _enough(papers, format_, "paper"):
        return _form("paper", papers, [])
    shown = told(ComparePapersJob(base, tuple(paper["iri"] for paper in papers)))
    if format_ is PLAIN_JSON:
        return json_of(shown)
    if format_ is CSV:
        return csv_of(papers_table(shown))
    return _page("paper", [_key_of_paper(paper) for paper in papers], shown, others=[], chart=None)


def _key_of_paper(paper: Shown) -> str:
    return str(paper["iri"]).removeprefix(f"{server().settings.base_iri}paper/")


def _page(
    parameter: str, keys: list[str], shown: Shown, *, others: list[Any], chart: Chart | None
) -> Response:
    def at(keys: Sequence[str], suffix: str = "") -> str:
        return address(local_path(f"compare{suffix}"), **{parameter: list(keys)})

    return show(
        "compare.html",
        alternates=[
            Alternate(one.name, one.media_type, at(keys, f".{one.name}"))
            for one in (PLAIN_JSON, CSV)
        ],
        parameter=parameter,
        keys=keys,
        things=shown[f"{parameter}s"],
        shown=shown,
        others=others,
        chart=chart,
        without=[at([one for one in keys if one != key]) for key in keys],
        instead=lambda key, other: at([other if one == key else one for one in keys]),
        digest_of=lambda day: f"{server().settings.base_iri}digest/{day}",
        key=key_of_term,
        most=MOST,
    )


def _form(parameter: str, things: list[Shown], common: list[Series]) -> Response:
    """Let the reader choose what to compare."""
    keys = [key_of_term(one) if parameter == "term" else _key_of_paper(one) for one in things]
    beside = (
        [
            one.term
            for one in common
            if things
            and one.term["type"] == things[0]["type"]
            and one.term["iri"] != things[0]["iri"]
        ]
        if parameter == "term"
        else []
    )
    return show(
        "compare.html",
        parameter=parameter,
        keys=keys,
        things=things,
        shown=None,
        proposed=[] if things else _proposed(common),
        beside=beside[:_BESIDE],
        key=key_of_term,
        most=MOST,
    )


def _proposed(common: list[Series]) -> list[tuple[Shown, Shown]]:
    """Pair the commonest terms of each type with each other."""
    pairs = []
    for type_ in _PROPOSED:
        terms = [one.term for one in common if one.term["type"] == type_][: 2 * _PAIRS]
        pairs += list(zip(terms[::2], terms[1::2], strict=False))
    return pairs


def _chart(period: Period, chosen: list[Series]) -> Chart:
    names = chart_names([one.term for one in chosen])
    return line_chart(
        period.months,
        {
            name: dict(zip(period.months, one.counts, strict=True))
            for name, one in zip(names, chosen, strict=True)
        },
    )
