"""An entry of a digest, and a section of its text, with what is found in them."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response

from kg.web.protocol import CSV, RESOURCES, TEXT
from kg.web.site.asked import told
from kg.web.site.digests.entry_job import EntryJob
from kg.web.site.frame import formats_at, page_of, show
from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.state import link_to, server

_HEADER = ("section", "start", "end", "exact", "type", "term", "label", "role", "confidence")


def page(iri: str) -> Response | None:
    """Show an entry or a section; None where the IRI names neither."""
    shown = told(EntryJob(server().settings.base_iri, iri))
    if shown["kind"] is None:
        return None
    formats = (*RESOURCES, CSV, TEXT) if shown["kind"] == "section" else (*RESOURCES, CSV)
    return show(
        "entry.html",
        alternates=formats_at(link_to(iri), formats),
        schema=_schema(shown),
        shown=shown,
        title=shown["paper"]["title"] if shown["paper"] else shown["label"],
    )


def table(iri: str) -> Table | None:
    """Return the mentions in an entry or a section."""
    shown = told(EntryJob(server().settings.base_iri, iri))
    if shown["kind"] is None:
        return None
    return Table(
        _HEADER,
        [
            (
                mark["section"],
                *(mark[name] for name in ("start", "end", "exact", "type")),
                *(mark["term"][name] for name in ("iri", "label")),
                *(mark[name] for name in ("role", "confidence")),
            )
            for mark in _mentions(shown)
        ],
    )


def _mentions(shown: Shown) -> Iterator[Shown]:
    """Yield the mentions of all sections, each with the IRI of its section."""
    title = shown.get("title")
    for section in [title, *shown["sections"]] if title else shown["sections"]:
        for mark in section["marks"]:
            if mark["kind"] == "mention":
                yield {**mark, "section": section["iri"]}


def _schema(shown: Shown) -> Shown:
    found: Shown = {
        "@type": "CreativeWork",
        "@id": shown["iri"],
        "url": page_of(shown["iri"]),
        "name": shown["label"],
    }
    if shown["kind"] == "section":
        found["inLanguage"] = shown["sections"][0]["lang"]
        if shown["entry"]:
            found["isPartOf"] = {"@type": "CreativeWork", "@id": shown["entry"]}
    elif shown["digest"]:
        found["isPartOf"] = {"@type": "PublicationIssue", "@id": shown["digest"]["iri"]}
    if shown["paper"]:
        found["about"] = {
            "@type": "ScholarlyArticle",
            "@id": shown["paper"]["iri"],
            "name": shown["paper"]["title"],
        }
    return found
