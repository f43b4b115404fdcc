"""A digest of one day, its entries and their sections."""

from __future__ import annotations

from flask import Response

from kg.web.protocol import CSV, RESOURCES
from kg.web.site import frame
from kg.web.site.asked import told
from kg.web.site.digests import entry as digest_entry
from kg.web.site.digests.job import DigestJob
from kg.web.site.languages import day, gettext
from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.state import link_to, server

#: Types of terms in the order in which pages list them.
TYPES = ("Model", "Method", "Benchmark", "Dataset", "Metric", "Task")


def page(iri: str) -> Response | None:
    """Show a digest, an entry or a section; None where the IRI names none of them."""
    if not _is_digest(iri):
        return digest_entry.page(iri)
    shown = told(DigestJob(server().settings.base_iri, iri))
    if not shown["found"]:
        return None
    return frame.show(
        "digest.html",
        alternates=frame.formats_at(link_to(iri), (*RESOURCES, CSV)),
        schema=_schema(shown),
        shown=shown,
        name=name_of_digest(shown),
        votes=sum(one["votes"] or 0 for one in shown["entries"]),
        terms={
            type_: found
            for type_ in TYPES
            if (found := [term for term in shown["terms"] if term["type"] == type_])
        },
    )


def table(iri: str) -> Table | None:
    """Return the entries of a digest, the most voted first, or the mentions in what else it is."""
    if not _is_digest(iri):
        return digest_entry.table(iri)
    shown = told(DigestJob(server().settings.base_iri, iri, whole=True))
    if not shown["found"]:
        return None
    header = (
        "arxiv", "title", "votes", "position", "authors", "introduces", "results", "paper", "entry"
    )  # fmt: skip
    return Table(header, [_row(one) for one in shown["entries"]])


def _row(entry: Shown) -> tuple[str | float | None, ...]:
    paper = entry["paper"]
    return (
        paper["arxiv"],
        paper["title"],
        entry["votes"],
        entry["position"],
        "; ".join(author["name"] for author in entry["authors"]),
        "; ".join(term["label"] for term in entry["introduces"]),
        entry["results"],
        paper["iri"],
        entry["iri"],
    )


def _is_digest(iri: str) -> bool:
    return "/" not in iri.removeprefix(f"{server().settings.base_iri}digest/")


def name_of_digest(shown: Shown) -> str:
    """Return what to call a digest: by its day if it has one."""
    if shown["day"]:
        return gettext("Papers of %(day)s") % {"day": day(shown["day"])}
    return str(shown["label"])


def _schema(shown: Shown) -> Shown:
    found: Shown = {
        "@type": "PublicationIssue",
        "@id": shown["iri"],
        "url": frame.page_of(shown["iri"]),
        "name": shown["label"],
        "hasPart": [
            {
                "@type": "ScholarlyArticle",
                "@id": one["paper"]["iri"],
                "name": one["paper"]["title"],
                "url": frame.page_of(one["paper"]["iri"]),
            }
            for one in shown["entries"]
        ],
    }
    if shown["day"]:
        found["datePublished"] = shown["day"]
    return found
