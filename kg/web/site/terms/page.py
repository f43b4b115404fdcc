"""A term: what it is called, who introduced it, where it is measured and mentioned."""

from __future__ import annotations

from typing import Final

from flask import Response

from kg.vocab import WD
from kg.web.protocol import CSV, RESOURCES
from kg.web.site import charts, frame
from kg.web.site.asked import told
from kg.web.site.benchmarks.leaderboard import metric_key
from kg.web.site.benchmarks.page import leaderboards_at
from kg.web.site.benchmarks.tables import claims_table
from kg.web.site.charts import Chart
from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.site.terms.job import TermJob, TermResultsJob
from kg.web.site.terms.lists import MENTIONS, PAPERS, TermPapersJob, TermSentencesJob
from kg.web.site.terms.network import Network, network
from kg.web.site.terms.parameters import one_of, page_number, pages_of
from kg.web.state import link_to, server

#: Neighbours in the picture: more labels would lie on each other.
_DRAWN: Final = 10
#: Fewer papers are no chart.
_CHARTED: Final = 3
TABLES: Final = ("papers", "mentions", "results")


def page(iri: str) -> Response | None:
    """Show a term; None for what has a term's address and is none."""
    base = server().settings.base_iri
    number, papers_number = page_number("page"), page_number("papers")
    shown = told(TermJob(base, iri))
    if shown["term"]["type"] is None:
        return None
    pages = pages_of(shown["mentions"], MENTIONS, number, "page")
    paper_pages = pages_of(shown["papers"], PAPERS, papers_number, "papers")
    sentences = told(TermSentencesJob(base, iri, number))["sentences"]
    return frame.show(
        "term.html",
        alternates=frame.formats_at(link_to(iri), (*RESOURCES, CSV)),
        schema=_schema(iri, shown),
        iri=iri,
        key=iri.removeprefix(f"{base}term/"),
        shown=shown,
        types=_shares(shown),
        chart=_chart(shown),
        picture=_picture(shown),
        leaderboards_at=leaderboards_at,
        metric=metric_key(shown["term"]["label"]),
        papers=_papers(base, iri, shown, papers_number),
        papers_start=(papers_number - 1) * PAPERS + 1,
        papers_page=papers_number,
        paper_pages=paper_pages,
        sentences=sentences,
        sentences_start=(number - 1) * MENTIONS + 1,
        page=number,
        pages=pages,
    )


def table(iri: str) -> Table | None:
    """Return the papers of a term, or what ``?table=`` says: its mentions or results."""
    base = server().settings.base_iri
    wanted = one_of("table", TABLES)
    if wanted == "mentions":
        return _mentions_table(told(TermSentencesJob(base, iri, 0))["sentences"])
    if wanted == "results":
        return claims_table(told(TermResultsJob(base, iri))["results"])
    rows = _listed(TermPapersJob(base, iri))
    return Table(
        ("arxiv", "title", "seen", "role", "paper"),
        [
            (*(one["paper"][name] for name in ("arxiv", "title", "seen")), one["role"])
            + (one["paper"]["iri"],)
            for one in rows
        ],
    )


def _mentions_table(sentences: list[Shown]) -> Table:
    header = ("arxiv", "day", "section", "start", "end", "exact", "type", "role", "confidence")
    rows: list[list[str | float | None]] = []
    for one in sentences:
        arxiv = one["paper"] and one["paper"]["arxiv"]
        for mention in one["mentions"]:
            told_ = (mention[name] for name in header[3:])
            where = (arxiv, one["day"], one["section"])
            rows.append([*where, *told_, one["text"], mention["iri"]])
    return Table((*header, "sentence", "mention"), rows)


def _papers(base: str, iri: str, shown: Shown, number: int) -> list[Shown]:
    """Return a page of the papers of a term."""
    if number == 1:
        newest: list[Shown] = shown["newest"]
        return newest
    return _listed(TermPapersJob(base, iri, (number - 1) * PAPERS, PAPERS))


def _listed(job: TermPapersJob) -> list[Shown]:
    found: list[Shown] = told(job)["papers"]
    return found


def _shares(shown: Shown) -> list[tuple[str, float]]:
    """Return of which types the mentions are, and the share of each."""
    total = max(shown["looked_at"], 1)
    return [(type_, count / total) for type_, count in shown["types"]]


def _chart(shown: Shown) -> Chart | None:
    """Draw the papers by month, over all months of the digests; None where that shows nothing."""
    counts = shown["months"]
    ends = [*(shown["range"] or ()), *counts]
    if sum(counts.values()) < _CHARTED or min(ends)[:7] == max(ends)[:7]:
        return None
    return charts.bar_chart(charts.months_between(min(ends), max(ends)), counts)


def _picture(shown: Shown) -> Network | None:
    """Draw the closest neighbours; None where a picture shows nothing."""
    near = shown["beside"]["neighbours"][:_DRAWN]
    if len(near) < 3:
        return None
    terms = [shown["term"], *(one["term"] for one in near)]
    return network(
        [(frame.name_of(term), term["type"]) for term in terms],
        [one["shared"] for one in near],
        [pair for pair in shown["beside"]["pairs"] if max(pair[:2]) < len(near)],
    )


def _schema(iri: str, shown: Shown) -> Shown:
    """Describe a term in the terms of schema.org."""
    term = shown["term"]
    others = [one["name"] for one in shown["names"] if one["name"] != term["label"]]
    items = [
        str(WD[one["qid"]])
        for one in shown["links"]
        if one["qid"] and not one["negated"] and one["relation"] == "exact"
    ]
    made: Shown = {
        "@type": "DefinedTerm",
        "@id": iri,
        "name": term["label"],
        "url": frame.page_of(iri),
        "inDefinedTermSet": f"{server().settings.base_iri}terms",
    }
    if others:
        made["alternateName"] = others[:30]
    if items:
        made["sameAs"] = items
    return made
