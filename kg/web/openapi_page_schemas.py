"""Schemas of the JSON that pages give: of single things, searches, lists and leaderboards."""

from __future__ import annotations

from typing import Any, Final

from kg.model import TermType
from kg.web.names.finding import How
from kg.web.names.schema import TYPES
from kg.web.site.benchmarks.claims import SCORES

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
IRI: Final[Schema] = {"type": "string", "format": "iri"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "number"}
SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
BOOL: Final[Schema] = {"type": "boolean"}
ADDRESS: Final[Schema] = {"type": "string", "format": "uri-reference"}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may be null as well."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def list_of(items: Schema, description: str = "") -> Schema:
    """Return the schema of a list."""
    told = {"description": description} if description else {}
    return {"type": "array", "items": items, **told}


def counts_by(description: str) -> Schema:
    """Return the schema of counts by name."""
    return {"type": "object", "additionalProperties": COUNT, "description": description}


def ref(name: str) -> Schema:
    """Return what stands for a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object, which has all properties but those that are optional."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def about(schema: Schema, description: str) -> Schema:
    """Return a schema with a description."""
    return {**schema, "description": description}


TEXT_OR_NULL: Final = or_null(TEXT)
DAY: Final = or_null({"type": "string", "description": "A day, such as 2024-08-05."})
TERM: Final = or_null(ref("Term"))
_LABELS: Final = {"label": TEXT, "en": TEXT_OR_NULL, "ko": TEXT_OR_NULL}
NAMED: Final = {"iri": IRI, "label": TEXT}
TERM_PARTS: Final = {
    "iri": IRI,
    **_LABELS,
    "type": {"enum": [*TermType, None]},
    "papers": about(COUNT, "Papers that mention it."),
}
PAPER_PARTS: Final = {
    "iri": IRI,
    "title": TEXT,
    "arxiv": TEXT_OR_NULL,
    "seen": about(DAY, "First day in a digest."),
}
TOLD_BY: Final = {
    "unit": TEXT_OR_NULL,
    "split": TEXT_OR_NULL,
    "setting": TEXT_OR_NULL,
}
SCORE_PARTS: Final = {
    "subject": TERM,
    "subject_text": about(TEXT_OR_NULL, "The system, as it is printed."),
    "printed": about(TEXT_OR_NULL, "Likewise, where that is another name than the term has."),
    "benchmark": TERM,
    "metric": TERM,
    "metric_text": TEXT_OR_NULL,
    "baseline": TERM,
    "value": about(TEXT, "As it is printed."),
    "qualifier": TEXT_OR_NULL,
    "direction": TEXT_OR_NULL,
    "kind": about(TEXT, f"Leaderboards have {' and '.join(SCORES)} ones only."),
    **TOLD_BY,
    "confidence": SHARE,
    "anchor": about(TEXT, "Where it stands on the page of its paper."),
}
_ROW_PARTS: Final = {
    **SCORE_PARTS,
    "rank": or_null({"type": "integer", "minimum": 1}),
    "paper": or_null(ref("Paper")),
    "evidence": list_of(ref("Evidence")),
}
_CHOICES: Final = list_of(object_of({"key": TEXT, "name": TEXT_OR_NULL, "count": COUNT}))

SCHEMAS: Final[dict[str, Schema]] = {
    "Term": object_of(TERM_PARTS),
    "Paper": object_of(PAPER_PARTS),
    "Thing": object_of(
        {
            "iri": IRI,
            "type": {"enum": list(TYPES)},
            **_LABELS,
            "papers": COUNT,
            "authors": list_of(TEXT, "Of a paper: the first, and those who were looked for."),
            "found_as": about(TEXT_OR_NULL, "By which other name it was found."),
            "how": {"enum": [how.name.lower() for how in How]},
            "first_seen": about(TEXT_OR_NULL, "A day, or a month where no day is known."),
            "page": ADDRESS,
        },
        ("authors",),
    ),
    "SearchResults": object_of(
        {
            "query": TEXT,
            "looked_for": about(TEXT, "What was looked for where nothing fits the query."),
            "total": COUNT,
            "more": about(BOOL, "More was found than is ranked and counted."),
            "page": {"type": "integer", "minimum": 1},
            "pages": COUNT,
            "next": or_null(ADDRESS),
            "results": list_of(ref("Thing")),
            "facets": object_of(
                {
                    "type": counts_by("Things by type."),
                    "month": counts_by("Papers by month."),
                    "benchmark": list_of(object_of({**NAMED, "papers": COUNT})),
                }
            ),
        }
    ),
    "Suggestions": object_of(
        {
            "query": TEXT,
            "ready": about(BOOL, "False while the names of a new graph are listed."),
            "title": TEXT,
            "said": about(TEXT, "How many there are, for people, in their language."),
            "suggestions": list_of(
                object_of(
                    {
                        "label": about(TEXT, "In the language of the request."),
                        "alias": TEXT_OR_NULL,
                        "type": {"enum": list(TYPES)},
                        "kind": about(TEXT, "The type, in the language of the request."),
                        "note": TEXT,
                        "papers": COUNT,
                        "iri": IRI,
                        "key": TEXT,
                        "address": ADDRESS,
                    }
                )
            ),
        }
    ),
    "Digests": list_of(
        object_of(
            {
                **NAMED,
                "day": DAY,
                "papers": COUNT,
                "paper": about(or_null(ref("Paper")), "The most voted one."),
                "votes": or_null({"type": "integer"}),
            }
        )
    ),
    "Evidence": object_of(
        {
            "iri": IRI,
            "anchor": TEXT,
            "pieces": list_of(ref("Piece"), "The sentence, with the value marked."),
            "text": TEXT,
            "lang": TEXT_OR_NULL,
        }
    ),
    "Piece": {
        "anyOf": [
            TEXT,
            object_of({"mark": COUNT, "again": BOOL, "pieces": list_of(ref("Piece"))}),
        ]
    },
    "Score": object_of(SCORE_PARTS),
    "RankedScore": object_of(_ROW_PARTS),
    "Leaderboard": object_of(
        {
            "benchmark": TERM,
            "metric": TERM,
            "metric_text": TEXT_OR_NULL,
            "metric_key": TEXT,
            **TOLD_BY,
            "higher": about(or_null(BOOL), "Whether a higher value is better, if known."),
            "size": COUNT,
            "ranked": COUNT,
            "rows": list_of(ref("RankedScore")),
        }
    ),
    "Leaderboards": object_of(
        {
            "term": ref("Term"),
            "aliases": list_of(TEXT),
            "metrics": _CHOICES,
            "units": _CHOICES,
            "months": _CHOICES,
            "results": COUNT,
            "all_results": COUNT,
            "boards": list_of(ref("Leaderboard")),
            "board_count": COUNT,
            "singles": list_of(ref("RankedScore"), "With which nothing can be compared."),
            "single_count": COUNT,
            "changes": list_of(ref("RankedScore"), "Improvements over something."),
            "change_count": COUNT,
            "papers": list_of(
                object_of(
                    {
                        "paper": ref("Paper"),
                        "scores": list_of(ref("Score")),
                        "score_count": COUNT,
                    }
                ),
                "Papers that evaluate on it, those seen last first.",
            ),
            "paper_count": COUNT,
            "all_papers": COUNT,
        }
    ),
    "Benchmarks": object_of(
        {
            "count": COUNT,
            "benchmarks": list_of(
                object_of(
                    {
                        "term": ref("Term"),
                        "aliases": list_of(TEXT),
                        "first": DAY,
                        "last": DAY,
                        "size": about(COUNT, "Claims of its largest leaderboard."),
                        "best": about(or_null(ref("RankedScore")), "Its first row."),
                        "papers": COUNT,
                        "results": COUNT,
                        "address": ADDRESS,
                    }
                )
            ),
        }
    ),
}
