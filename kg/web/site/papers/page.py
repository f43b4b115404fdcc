"""A paper: its text with every mention, its results, and papers like it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from flask import Response, request

from kg.errors import BadRequest
from kg.vocab import WD, WIKI
from kg.web.protocol import CSV, RESOURCES
from kg.web.site.asked import told
from kg.web.site.frame import formats_at, page_of, show
from kg.web.site.papers.job import PaperJob
from kg.web.site.papers.results import value_told
from kg.web.site.reading import Shown
from kg.web.site.tables import Table
from kg.web.state import link_to, server

MENTIONS: Final = (
    "section", "start", "end", "exact", "type", "term", "label", "role", "confidence",
)  # fmt: skip
RESULTS: Final = (
    "result", "subject", "benchmark", "metric", "value", "value_text", "unit", "kind",
    "direction", "qualifier", "baseline", "setting", "split", "confidence", "evidence",
)  # fmt: skip
#: Terms that a description for search engines names.
_ABOUT: Final = 20


def page(iri: str) -> Response | None:
    """Show a paper; None where the IRI is that of no paper."""
    shown = told(PaperJob(server().settings.base_iri, iri))
    if not shown["found"]:
        return None
    return show(
        "paper.html",
        alternates=formats_at(link_to(iri), (*RESOURCES, CSV)),
        schema=_schema(shown),
        key=_key(iri),
        explained=_explained(shown, iri),
        found_by={agent["iri"]: agent["label"] for agent in shown["agents"]},
        benchmarks=_any_benchmark(shown),
        value_told=value_told,
        item_page=_item_page,
        **shown,
    )


def table(iri: str) -> Table | None:
    """Return the mentions of a paper, or its results where ``?table=results`` asks for them."""
    name = request.args.get("table", "mentions")
    if name not in ("mentions", "results"):
        raise BadRequest(f"parameter 'table': {name!r}; expected mentions or results")
    shown = told(PaperJob(server().settings.base_iri, iri))
    if not shown["found"]:
        return None
    if name == "results":
        return Table(RESULTS, list(_result_rows(shown)))
    return Table(MENTIONS, list(_mention_rows(shown)))


def _key(iri: str) -> str:
    return iri.removeprefix(f"{server().settings.base_iri}paper/")


def _explained(shown: Shown, iri: str) -> str:
    """Return what names a paper to ``kg explain``, as a shell takes it."""
    return shlex.quote(shown["arxiv"] or shown["doi"] or _key(iri))


def _any_benchmark(shown: Shown) -> bool:
    """Tell whether any result names a benchmark, or the split or setting of one."""
    told_of = ("benchmark", "benchmarkText", "split", "setting")
    results = (result for group in shown["results"] for result in group["results"])
    return any(result[name] for result in results for name in told_of)


def _item_page(iri: str) -> str:
    """Return the page of an item of Wikidata, for people; other addresses as they are."""
    return f"{WIKI}{iri.removeprefix(str(WD))}" if iri.startswith(str(WD)) else iri


def _mention_rows(shown: Shown) -> Iterator[tuple[str | float | None, ...]]:
    for entry in shown["entries"]:
        for section in (entry["title"], *entry["sections"]):
            for mark in section["marks"] if section else ():
                if mark["kind"] == "mention":
                    yield (
                        section["iri"],
                        *(mark[name] for name in ("start", "end", "exact", "type")),
                        *(mark["term"][name] for name in ("iri", "label")),
                        *(mark[name] for name in ("role", "confidence")),
                    )


def _result_rows(shown: Shown) -> Iterator[tuple[str | float | None, ...]]:
    for group in shown["results"]:
        for result in group["results"]:
            named = (
                result[f"{name}Text"] or (result[name] and result[name]["label"])
                for name in ("subject", "benchmark", "metric")
            )
            yield (
                result["iri"],
                *named,
                *(result[name] for name in ("value", "valueText", "unit", "kind")),
                *(result[name] for name in ("direction", "qualifier")),
                result["baseline"] and result["baseline"]["label"],
                *(result[name] for name in ("setting", "split", "confidence")),
                group["evidence"]["text"],
            )


def _schema(shown: Shown) -> Shown:
    """Describe a paper in the terms of schema.org, leaving out what is not known."""
    terms = [term for _, terms in shown["terms"] for term in terms][:_ABOUT]
    same = [*shown["pages"], *shown["same"]]
    found: Shown = {
        "@type": "ScholarlyArticle",
        "@id": shown["paper"]["iri"],
        "url": page_of(shown["paper"]["iri"]),
        "name": shown["paper"]["title"],
        "author": [{"@type": "Person", "name": one["label"]} for one in shown["authors"]],
        "identifier": f"arXiv:{shown['arxiv']}" if shown["arxiv"] else shown["doi"],
        "sameAs": same,
        "datePublished": shown["created"],
        "description": shown["first"],
        "about": [
            {"@type": "DefinedTerm", "@id": term["iri"], "name": term["label"]} for term in terms
        ],
        "isPartOf": [
            {"@type": "PublicationIssue", "@id": entry["digest"], "datePublished": entry["day"]}
            for entry in shown["entries"]
            if entry["digest"]
        ],
    }
    return {name: value for name, value in found.items() if value}
