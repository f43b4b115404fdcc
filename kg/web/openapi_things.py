"""Things that have pages, in the description of the API: papers, terms, authors and digests."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

from kg.web.openapi_pages import TAG, columns_of, page_parameter
from kg.web.openapi_parts import WORKER, answer, operation, query_parameter
from kg.web.openapi_saved import content_of
from kg.web.protocol import CSV, HTML, RESOURCES, TEXT
from kg.web.site.benchmarks.tables import HEADER as SCORES
from kg.web.site.papers.page import MENTIONS, RESULTS
from kg.web.site.terms.page import TABLES

_Described = dict[str, Any]
_SUFFIXES: Final = ", ".join(f"`.{one.name}`" for one in (*RESOURCES, CSV))
_MENTION: Final = "section,start,end,exact,type,term,label,role,confidence"


def add_things(spec: APISpec) -> None:
    """Add a path for each kind of things."""
    spec.path("/paper/{key}", operations={"get": _paper()})
    spec.path("/term/{key}", operations={"get": _term()})
    spec.path("/author/{key}", operations={"get": _author()})
    spec.path("/digest/{key}", operations={"get": _digest()})


def _thing(
    kind: str,
    about_key: str,
    example: str,
    *tables: str,
    parameters: list[Any] | None = None,
    more: _Described | None = None,
    text: bool = False,
) -> _Described:
    """Describe the address of a kind of things.

    Args:
        tables: the columns of each table that it gives as CSV.
        more: answers beside those that all kinds have.
        text: whether some have a text.
    """
    formats = (*RESOURCES, HTML, *((TEXT,) if text else ()))
    content = content_of(formats) | {CSV.media_type: {"schema": columns_of(*tables)}}
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": about_key,
        "schema": {"type": "string"},
        "example": example,
    }
    return operation(
        f"get{kind.title()}",
        f"What the graph says of {'an' if kind == 'author' else 'a'} {kind}",
        TAG,
        {
            "200": answer("What it says", content),
            "304": "NotModified",
            "400": "BadRequest",
            "404": "NotFound",
            "406": "NotAcceptable",
            **WORKER,
            **(more or {}),
        },
        description=f"With a suffix it answers in that format: {_SUFFIXES}.",
        parameters=[key, *(parameters or ())],
    )


def _table(names: tuple[str, ...]) -> _Described:
    schema = {"type": "string", "enum": list(names), "default": names[0]}
    return query_parameter("table", "Which table CSV is.", schema)


def _paper() -> _Described:
    return _thing(
        "paper",
        "An arXiv id, or `doi/` with a DOI.",
        "2106.09685",
        ",".join(MENTIONS),
        ",".join(RESULTS),
        parameters=[_table(("mentions", "results"))],
    )


def _term() -> _Described:
    choices = {
        "type": "object",
        "required": ["choices"],
        "properties": {
            "choices": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["iri", "url"],
                    "properties": {
                        "iri": {"type": "string", "format": "iri"},
                        "url": {"type": "string", "format": "uri-reference"},
                    },
                },
            }
        },
    }
    several = {"application/json": {"schema": choices}, "text/html": {"schema": {"type": "string"}}}
    return _thing(
        "term",
        "A key, or a label: one of a single term leads to it.",
        "lora",
        "arxiv,title,seen,role,paper",
        "arxiv,day,section,start,end,exact,type,role,confidence,sentence,mention",
        ",".join(SCORES),
        parameters=[
            _table(TABLES),
            page_parameter("page", "Which mentions the page shows."),
            page_parameter("papers", "Which papers the page shows."),
        ],
        more={"300": answer("Terms that the label may mean", several), "301": "Moved"},
    )


def _author() -> _Described:
    return _thing(
        "author",
        "The end of the author's IRI.",
        "edward-j-hu",
        "arxiv,title,seen,votes,results,paper",
        parameters=[page_parameter("page", "Which papers the page shows.")],
    )


def _digest() -> _Described:
    return _thing(
        "digest",
        "A day; an entry of it behind a slash, and a section behind another.",
        "2024-06-17",
        "arxiv,title,votes,position,authors,introduces,results,paper,entry",
        _MENTION,
        text=True,
    )
