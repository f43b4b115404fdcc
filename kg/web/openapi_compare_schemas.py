"""Schemas of the JSON of pages that compare and draw: trends, comparisons, neighbourhoods."""

from __future__ import annotations

from typing import Final

from kg.model import TermType
from kg.web.openapi_page_schemas import (
    ADDRESS,
    BOOL,
    COUNT,
    DAY,
    IRI,
    NAMED,
    NUMBER,
    PAPER_PARTS,
    SCORE_PARTS,
    SHARE,
    TERM,
    TERM_PARTS,
    TEXT,
    TEXT_OR_NULL,
    TOLD_BY,
    Schema,
    about,
    counts_by,
    list_of,
    object_of,
    or_null,
    ref,
)
from kg.web.site.explore.query import RELATIONS

_MONTHS: Final = list_of(TEXT, "Months such as 2024-08, in order.")
_COMPARED: Final = {
    "subject": TERM,
    "subject_text": TEXT_OR_NULL,
    "benchmark": TERM,
    "metric": TERM,
    "metric_text": TEXT_OR_NULL,
    **TOLD_BY,
    "higher": or_null(BOOL),
    "best": list_of(COUNT, "Places of the best cells."),
    "cells": list_of(
        or_null(ref("ComparedScore")), "For each compared thing its best score, or null."
    ),
}
_SERIES: Final = {
    **TERM_PARTS,
    "counts": list_of(COUNT, "Papers of each month that mention it."),
    "shares": list_of(SHARE, "Share of each month's papers that mention it."),
    "before": about(COUNT, "Papers of the earlier months that are compared."),
    "after": about(COUNT, "Papers of the later months."),
    "share_before": SHARE,
    "share_after": SHARE,
    "sureness": about(NUMBER, "Standard deviations from no change; below 0 for a fall."),
}
_PERIOD: Final = {"months": _MONTHS, "papers": list_of(COUNT, "All papers of each month.")}
_TERM_LIST: Final = list_of(ref("TermByMonth"))


SCHEMAS: Final[dict[str, Schema]] = {
    "TermByMonth": object_of(_SERIES),
    "ChosenTrends": object_of({**_PERIOD, "terms": _TERM_LIST}),
    "Trends": object_of(
        {
            **_PERIOD,
            "earlier": _MONTHS,
            "later": _MONTHS,
            "rising": _TERM_LIST,
            "falling": _TERM_LIST,
            "commonest": _TERM_LIST,
        }
    ),
    "Link": object_of(
        {
            "iri": IRI,
            "qid": {"type": "string", "pattern": "^Q[0-9]+$"},
            "page": or_null(IRI),
            "label": TEXT_OR_NULL,
            "description": TEXT_OR_NULL,
            "relation": {"enum": ["exact", "close"]},
            "negated": BOOL,
            "score": or_null(NUMBER),
            "evidence": TEXT_OR_NULL,
            "lang": TEXT_OR_NULL,
            "by": list_of(TEXT),
            "tool": TEXT_OR_NULL,
            "date": TEXT_OR_NULL,
        }
    ),
    "ComparedScore": object_of(
        {
            **SCORE_PARTS,
            "iri": IRI,
            "paper": or_null(ref("Paper")),
            "of": about(COUNT, "From how many scores it is the best."),
        }
    ),
    "ComparedScores": object_of(_COMPARED),
    "SideBySide": object_of(
        {
            "shared": list_of(ref("ComparedScores"), "What several of the things have."),
            "shared_count": COUNT,
            "alone": list_of(list_of(ref("ComparedScores")), "For each what it alone has."),
            "alone_count": list_of(COUNT),
        }
    ),
    "ComparedTerms": object_of(
        {
            "terms": list_of(
                object_of(
                    {
                        **TERM_PARTS,
                        "first": DAY,
                        "last": DAY,
                        "links": list_of(ref("Link")),
                        "introduced": list_of(ref("Paper"), "Papers that introduce it."),
                        "introduced_count": COUNT,
                        "months": counts_by("Papers by month."),
                    }
                )
            ),
            "pairs": list_of(list_of(COUNT), "Two places, and the papers that mention both."),
            "papers": list_of(ref("Paper"), "The newest that mention all."),
            "paper_count": COUNT,
            "compared": {"enum": ["subject", "benchmark", "metric", None]},
            "results": or_null(ref("SideBySide")),
            "neighbours": list_of(
                object_of({"term": ref("Term"), "closeness": list_of(NUMBER)}),
                "Terms beside all of them, with the closeness to each.",
            ),
        }
    ),
    "ComparedPapers": object_of(
        {
            "papers": list_of(
                object_of(
                    {
                        **PAPER_PARTS,
                        "created": TEXT_OR_NULL,
                        "last": DAY,
                        "votes": or_null({"type": "integer"}),
                        "entries": COUNT,
                        "pages": list_of(IRI),
                        "same": list_of(IRI),
                        "authors": list_of(object_of(NAMED)),
                        "author_count": COUNT,
                        "term_count": COUNT,
                        "result_count": COUNT,
                    }
                )
            ),
            "authors": list_of(
                object_of({**NAMED, "papers": list_of(COUNT)}), "Of several papers."
            ),
            "terms": list_of(
                object_of({"term": ref("Term"), "relations": list_of(TEXT_OR_NULL)}),
                "That several papers mention, with what each paper does.",
            ),
            "shared_count": COUNT,
            "own": list_of(list_of(object_of({"term": ref("Term"), "relation": TEXT}))),
            "own_count": list_of(COUNT),
            "results": ref("SideBySide"),
        }
    ),
    "Neighbourhood": object_of(
        {
            "centre": or_null(IRI),
            "part": {"type": "integer", "minimum": 1},
            "more": BOOL,
            "days": list_of(TEXT, "Without a centre: the first and last day of the digests."),
            "groups": list_of(
                object_of({"name": TEXT, "shown": list_of(IRI), "total": COUNT}),
                "Lists of neighbours.",
            ),
            "nodes": list_of(
                object_of(
                    {
                        **TERM_PARTS,
                        "type": {"enum": [*TermType, "Paper", "Author", "Digest", None]},
                        "papers": or_null(COUNT),
                        "wikidata": list_of(
                            object_of({"id": TEXT, "relation": TEXT, "address": IRI})
                        ),
                        "arxiv": TEXT_OR_NULL,
                        "votes": {"type": "integer"},
                        "seen": TEXT_OR_NULL,
                        "in_query": TEXT,
                        "page": ADDRESS,
                    },
                    ("en", "ko", "wikidata", "arxiv", "votes"),
                )
            ),
            "edges": list_of(
                object_of(
                    {
                        "from": IRI,
                        "relation": {"enum": list(RELATIONS)},
                        "to": IRI,
                        "papers": about(COUNT, "Of close terms: papers that mention both."),
                    },
                    ("papers",),
                )
            ),
            "query": about(TEXT, "The CONSTRUCT query that gives the same."),
            "relations": {"type": "object", "additionalProperties": IRI},
        },
        ("days",),
    ),
}
