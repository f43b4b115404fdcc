"""Pages that are data as well, in the description of the API."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

from kg.web.names.schema import TERM
from kg.web.openapi_page_schemas import SCHEMAS
from kg.web.openapi_parts import WORKER, answer, format_parameter, operation, query_parameter
from kg.web.protocol import CSV, HTML, PLAIN_JSON
from kg.web.site.benchmarks.leaderboard import NONE
from kg.web.site.benchmarks.page import ORDERS
from kg.web.site.benchmarks.tables import HEADER as SCORES
from kg.web.site.digests.listing_job import UNDATED
from kg.web.site.search.request import KINDS, LONGEST, LONGEST_KEY, PAGES
from kg.web.site.trends.named import LONGEST_NAME

TAG: Final = "pages"

_Described = dict[str, Any]
SUFFIXES: Final = "With the suffix `.json` or `.csv` it answers in that format."
_MONTH: Final = "^[0-9]{4}-(0[1-9]|1[0-2])$"
_PERIOD: Final = "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
#: The number of a page has no more digits.
_LAST_PAGE: Final = 999_999
_FORMAT: Final = format_parameter([one.name for one in (HTML, PLAIN_JSON, CSV)])


def add_pages(spec: APISpec) -> None:
    """Add all of them, with the schemas of what they give."""
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    spec.path("/search", operations={"get": _search()})
    spec.path("/search/suggest", operations={"get": _suggest()})
    spec.path("/digests", operations={"get": _digests()})
    spec.path("/benchmarks", operations={"get": _benchmarks()})
    spec.path("/benchmarks/{key}", operations={"get": _leaderboards()})


def text_of(longest: int) -> _Described:
    """Return the schema of a text of so many characters at most."""
    return {"type": "string", "maxLength": longest}


def page_parameter(name: str, description: str, most: int = _LAST_PAGE) -> _Described:
    """Describe the number of a page."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": 1}
    return query_parameter(name, description, schema)


def columns_of(*tables: str) -> _Described:
    """Return the schema of CSV, with the columns of the tables that it may be."""
    told = " Or: ".join(f"`{columns}`." for columns in tables)
    return {"type": "string", "description": f"Columns: {told}"}


def told_in_formats(description: str, json: str | _Described, *tables: str) -> _Described:
    """Describe an answer as JSON, as CSV and as a page."""
    return answer(
        description,
        {
            "application/json": {"schema": json},
            "text/csv": {"schema": columns_of(*tables)},
            "text/html": {"schema": {"type": "string"}},
        },
    )


def failing(*, absent: bool = True) -> dict[str, Any]:
    """Return what else may be answered; *absent* for what may not be there."""
    return {
        "304": "NotModified",
        "400": "BadRequest",
        **({"404": "NotFound"} if absent else {}),
        "406": "NotAcceptable",
        **WORKER,
    }


def _types(name: str) -> _Described:
    return query_parameter(
        name,
        f"Types of things, with commas between them; `{TERM}` for all of terms.",
        {"type": "array", "items": {"type": "string", "enum": [*KINDS, TERM]}},
        style="form",
        explode=False,
    )


def month_parameter(name: str, description: str, pattern: str = _MONTH) -> _Described:
    """Describe a parameter that is a month."""
    return query_parameter(name, description, {"type": "string", "pattern": pattern})


def _search() -> _Described:
    columns = "type,label,en,ko,found_as,papers,first_seen,iri"
    return operation(
        "search",
        "Terms, papers and authors by name",
        TAG,
        {"200": told_in_formats("What was found", "SearchResults", columns), **failing()},
        description=f"{SUFFIXES} As CSV the first 1,000 things, else a page of them.",
        parameters=[
            query_parameter(
                "q",
                "A name, an arXiv id, or a part of a name, in Korean or English; typing errors "
                "are forgiven.",
                text_of(LONGEST),
                example="LoRA",
            ),
            _types("type"),
            month_parameter("from", "First year or month, such as 2024 or 2024-08.", _PERIOD),
            month_parameter("to", "Last year or month.", _PERIOD),
            query_parameter(
                "benchmark", "Key of what papers evaluate on, such as `mmlu`.", text_of(LONGEST_KEY)
            ),
            page_parameter("page", "Which page; not of CSV.", PAGES),
        ],
    )


def _suggest() -> _Described:
    return operation(
        "suggest",
        "Things for what was typed so far",
        TAG,
        {
            "200": answer("Suggestions", {"application/json": {"schema": "Suggestions"}}),
            "400": "BadRequest",
            **WORKER,
        },
        parameters=[
            query_parameter("q", "What was typed; empty for the commonest.", text_of(LONGEST)),
            _types("types"),
        ],
    )


def _digests() -> _Described:
    columns = "day,papers,most_voted,arxiv,votes,digest"
    return operation(
        "listDigests",
        "The digests, the newest first",
        TAG,
        {"200": told_in_formats("The digests", "Digests", columns), **failing()},
        description=f"{SUFFIXES} The page shows one year.",
        parameters=[
            query_parameter(
                "year",
                f"A year, or `{UNDATED}`; without it data are of all years.",
                {"type": "string", "pattern": f"^([0-9]{{4}}|{UNDATED})$"},
            ),
            _FORMAT,
        ],
    )


def _benchmarks() -> _Described:
    columns = (
        "benchmark,label,type,papers,results,first,last,claims,metric,value,unit,subject,arxiv"
    )
    return operation(
        "listBenchmarks",
        "Benchmarks and data sets that papers evaluate on, each with its best score",
        TAG,
        {"200": told_in_formats("The benchmarks", "Benchmarks", columns), **failing()},
        description=f"{SUFFIXES} Without `page` data are of all that fit.",
        parameters=[
            query_parameter("q", "A part of a name.", text_of(LONGEST_NAME)),
            query_parameter(
                "sort",
                "What those that come first have most of.",
                {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]},
            ),
            page_parameter("page", "Which page."),
            _FORMAT,
        ],
    )


def _leaderboards() -> _Described:
    return operation(
        "getLeaderboards",
        "What papers report to have scored on a benchmark, with the sentences",
        TAG,
        {
            "200": told_in_formats("Its leaderboards", "Leaderboards", ",".join(SCORES)),
            "301": "Moved",
            **failing(),
        },
        description=(
            "Only claims with the same benchmark, metric, unit, split and setting are compared. "
            f"Another name of the benchmark leads to its key. {SUFFIXES}"
        ),
        parameters=[
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": "Key of a benchmark or data set: the end of its IRI.",
                "schema": {"type": "string"},
                "example": "mmlu",
            },
            query_parameter("metric", "Key of a metric.", text_of(LONGEST_NAME)),
            *(
                query_parameter(
                    name, f"As it is printed; `{NONE}` for none.", text_of(LONGEST_NAME)
                )
                for name in ("unit", "split", "setting")
            ),
            month_parameter("month", "Month in which a digest first had the paper."),
            page_parameter("page", "Which leaderboards; not of data."),
            page_parameter("papers", "Which papers; not of data."),
            _FORMAT,
        ],
    )
