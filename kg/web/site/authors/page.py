"""An author: papers and co-authors."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from werkzeug.exceptions import NotFound

from kg.errors import BadRequest
from kg.vocab import WD, WIKI
from kg.web.protocol import CSV, RESOURCES
from kg.web.site import charts, frame
from kg.web.site.asked import told
from kg.web.site.authors.job import PAGE, AuthorJob
from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.state import link_to, server

#: At most so many months are drawn.
_MONTHS: Final = 60


def page(iri: str) -> Response | None:
    """Show an author; None where the IRI is that of no author."""
    number = _page_number()
    shown = told(AuthorJob(server().settings.base_iri, iri, number))
    if not shown["found"]:
        return None
    pages = max(-(-shown["paper_count"] // PAGE), 1)
    if number > pages:
        raise NotFound(f"page {number}: there are {pages}")
    counts = shown["months"]
    months = charts.months_between(min(counts), max(counts))[-_MONTHS:] if counts else []
    return frame.show(
        "author.html",
        alternates=frame.formats_at(link_to(iri), (*RESOURCES, CSV)),
        schema=_schema(shown),
        shown=shown,
        number=number,
        pages=pages,
        first=(number - 1) * PAGE + 1,
        chart=charts.bar_chart(months, counts) if len(months) > 1 else None,
        items=[_item(address) for address in shown["same"]],
    )


def table(iri: str) -> Table | None:
    """Return an author's papers, the newest first."""
    shown = told(AuthorJob(server().settings.base_iri, iri, None))
    if not shown["found"]:
        return None
    return Table(
        ("arxiv", "title", "seen", "votes", "results", "paper"),
        [
            (one["arxiv"], one["title"], one["seen"], one["votes"], one["results"], one["iri"])
            for one in shown["papers"]
        ],
    )


def _page_number() -> int:
    text = request.args.get("page", "1")
    if not text.isdecimal() or not text.isascii() or not 0 < len(text) <= 6 or int(text) < 1:
        raise BadRequest(f"parameter 'page': {text[:40]!r}; expected a number from 1")
    return int(text)


def _item(address: str) -> tuple[str, str]:
    """Return a name and an address for people of the same thing elsewhere."""
    item = address.removeprefix(str(WD))
    return (address, address) if item == address else (f"Wikidata {item}", f"{WIKI}{item}")


def _schema(shown: Shown) -> Shown:
    # A name may be that of several people, so it is a person only where somebody said so.
    found: Shown = {
        "@type": "Person" if shown["is_person"] else "Thing",
        "@id": shown["iri"],
        "url": frame.page_of(shown["iri"]),
        "name": shown["name"],
    }
    if shown["names"]:
        found["alternateName"] = shown["names"]
    if shown["same"]:
        found["sameAs"] = shown["same"]
    return found
