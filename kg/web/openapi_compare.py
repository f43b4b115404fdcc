"""Pages that compare and draw, in the description of the API: trends, comparisons, pictures."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

from kg.model import TermType
from kg.web.call import FORM
from kg.web.openapi_compare_schemas import SCHEMAS
from kg.web.openapi_pages import (
    SUFFIXES,
    TAG,
    failing,
    month_parameter,
    page_parameter,
    text_of,
    told_in_formats,
)
from kg.web.openapi_parts import operation, query_parameter
from kg.web.site.compare.page import FEWEST, MOST
from kg.web.site.explore.asked import LONGEST, MOST_PARTS, MOST_THINGS
from kg.web.site.trends.named import LONGEST_NAME
from kg.web.site.trends.page import MOST_TERMS

_Described = dict[str, Any]
_ELSEWHERE: Final = {"302": "Moved"}


def add_comparisons(spec: APISpec) -> None:
    """Add all of them, with the schemas of what they give."""
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    spec.path("/trends", operations={"get": _trends()})
    spec.path("/compare", operations={"get": _compare()})
    spec.path("/explore", operations=_explore())


def _names(name: str, description: str, most: int, example: list[str]) -> _Described:
    schema = {"type": "array", "maxItems": most, "items": text_of(LONGEST_NAME)}
    return query_parameter(name, description, schema, example=example)


def _trends() -> _Described:
    chosen = {"$ref": "#/components/schemas/ChosenTrends"}
    lists = {"$ref": "#/components/schemas/Trends"}
    return operation(
        "trends",
        "Terms by month: those that are named, else those that rise, fall and are commonest",
        TAG,
        {
            "200": told_in_formats(
                "Papers by month",
                {"anyOf": [chosen, lists]},
                "term,label,type,month,papers,all_papers,share",
                "list,term,label,type,papers,before,after,share_before,share_after,sureness",
            ),
            **_ELSEWHERE,
            **failing(),
        },
        description=SUFFIXES,
        parameters=[
            _names("term", "Keys or labels of terms.", MOST_TERMS, ["lora"]),
            month_parameter("from", "First month."),
            month_parameter("to", "Last month."),
            query_parameter(
                "type", "Of the terms in lists.", {"type": "string", "enum": list(TermType)}
            ),
            query_parameter(
                "share",
                "1 to draw the share of all papers; for the page alone.",
                {"type": "string", "enum": ["0", "1"]},
            ),
        ],
    )


def _compare() -> _Described:
    terms = {"$ref": "#/components/schemas/ComparedTerms"}
    papers = {"$ref": "#/components/schemas/ComparedPapers"}
    many = f"{FEWEST} to {MOST} of them"
    return operation(
        "compare",
        "Terms or papers side by side",
        TAG,
        {
            "200": told_in_formats(
                "What they share, and what each has alone",
                {"anyOf": [terms, papers]},
                "thing,name,what,about,value,unit",
            ),
            **_ELSEWHERE,
            **failing(),
        },
        description=f"Either terms or papers are named. {SUFFIXES}",
        parameters=[
            _names("term", f"Keys or labels of terms, {many}.", MOST, ["lora", "bert"]),
            _names("paper", f"arXiv ids, DOIs or titles, {many}.", MOST, []),
        ],
    )


def _explore() -> _Described:
    kinds = ("term", "paper", "author", "digest")
    iris = {"type": "array", "maxItems": MOST_THINGS, "items": text_of(LONGEST)}
    fields = [
        query_parameter("iri", "IRI of the thing to start from.", text_of(LONGEST)),
        *(
            query_parameter(one, f"Key of a {one}, in its place.", text_of(LONGEST))
            for one in kinds
        ),
        query_parameter("q", "A name: leads to the thing that has it.", text_of(LONGEST)),
        page_parameter("part", "Which part of each list of neighbours.", MOST_PARTS),
        query_parameter("few", "1 for shorter parts.", {"type": "integer", "enum": [0, 1]}),
        query_parameter("known", "Things to which relations are told as well.", iris),
    ]
    told = "from,from_label,relation,to,to_label,papers"
    responses = {
        "200": told_in_formats("Things and relations", "Neighbourhood", told),
        **_ELSEWHERE,
        **failing(),
    }
    summary = "What stands around a thing; without one, the methods of the newest digests"
    form = {"type": "object", "properties": {one["name"]: one["schema"] for one in fields}}
    asked = operation(
        "explore",
        summary,
        TAG,
        {**responses, "414": "UriTooLong"},
        description=f"{SUFFIXES} Where many things are known, they are posted.",
        parameters=fields,
    )
    posted = operation(
        "exploreByPost",
        f"{summary}, with many that are known",
        TAG,
        {**responses, "413": "TooLarge"},
        body={FORM: {"schema": form, "example": {"term": "lora", "few": 1}}},
    )
    return {"get": asked, "post": posted}
