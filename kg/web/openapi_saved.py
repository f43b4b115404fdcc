"""Saved queries as operations of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any, Final

from kg.queries import Parameter, SavedQuery
from kg.queries.values import MAX_LENGTH, NUMBERS, WHOLE_NUMBERS, bounds_of
from kg.web.call import FORM, PLAIN, SHAPED, formats_for, is_paged, own_names
from kg.web.enumerated import values_to_offer
from kg.web.protocol import HTML, Format

#: The group of queries that have no tag.
UNTAGGED: Final = "other saved queries"

_PATTERNS: Final = {
    "gYearMonth": "^[0-9]{4}-(0[1-9]|1[0-2])$",
    "gYear": "^[0-9]{4}$",
}
_FORMATS: Final = {"iri": "iri", "date": "date", "dateTime": "date-time"}


def operation_id(query: SavedQuery) -> str:
    """Return the id of a query's operation; others do not start so."""
    return f"run-{query.name}"


def group_of(query: SavedQuery) -> str:
    """Return the first of the groups in which a query is listed."""
    return groups_of(query)[0]


def groups_of(query: SavedQuery) -> tuple[str, ...]:
    """Return the groups in which a query is listed: its tags, as in grlc."""
    return query.tags or (UNTAGGED,)


def operations_of(query: SavedQuery) -> dict[str, Any]:
    """Describe what can be done at the path of a query.

    Each answers GET and POST alike; told is the method that its author has chosen.
    """
    operation: dict[str, Any] = {
        "operationId": operation_id(query),
        "summary": query.title,
        "description": _description(query),
        "tags": list(groups_of(query)),
    }
    if query.method == "GET":
        operation["parameters"] = [
            *(_parameter(query, parameter) for parameter in query.parameters),
            *_own_parameters(query),
        ]
    else:
        operation["parameters"] = _own_parameters(query)
        operation["requestBody"] = _body(query)
    operation["responses"] = _responses(query)
    return {query.method.lower(): operation}


def _description(query: SavedQuery) -> str:
    parts = [query.description] if query.description else []
    if query.shape is not None:
        parts.append("As `application/json` its rows have the shape that the file draws.")
    names = ", ".join(f"`.{format_.name}`" for format_ in _all_formats(query))
    other = "A form or a JSON object in a POST" if query.method == "GET" else "The query of a GET"
    parts.append(f"With a suffix it answers in that format: {names}.")
    parts.append(f"{other} takes the same parameters.")
    return "\n\n".join(parts)


def _parameter(query: SavedQuery, parameter: Parameter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "description": _about(parameter),
        "required": parameter.required,
        "schema": schema_of(query, parameter),
    }
    if parameter.example:
        told["example"] = _typed(parameter, parameter.example)
    return told


def _about(parameter: Parameter) -> str:
    about = parameter.description or f"Takes the place of `?{parameter.variable}` in the query."
    return f"{about} (in the language {parameter.lang})" if parameter.lang else about


def schema_of(query: SavedQuery, parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter's values."""
    schema: dict[str, Any]
    if parameter.type in WHOLE_NUMBERS:
        least, most = bounds_of(parameter.type)
        schema = {"type": "integer", "minimum": least, "maximum": most}
    elif parameter.type in NUMBERS:
        schema = {"type": "number"}
    elif parameter.type == "boolean":
        schema = {"type": "boolean"}
    elif parameter.type in _PATTERNS:
        schema = {"type": "string", "pattern": _PATTERNS[parameter.type]}
    elif parameter.type in _FORMATS:
        schema = {"type": "string", "format": _FORMATS[parameter.type], "maxLength": MAX_LENGTH}
    else:
        schema = {"type": "string", "maxLength": MAX_LENGTH}
    offered = values_to_offer(query, parameter)
    if offered:
        schema["enum"] = [_typed(parameter, value) for value in offered]
    if parameter.default:
        schema["default"] = _typed(parameter, parameter.default)
    return schema


def _typed(parameter: Parameter, value: str) -> str | int | float | bool:
    """Return a value, which fits its parameter, as JSON has it."""
    if parameter.type in WHOLE_NUMBERS:
        return int(value)
    if parameter.type in NUMBERS:
        number = float(value)
        return int(number) if number.is_integer() else number
    return value == "true" if parameter.type == "boolean" else value


def _own_parameters(query: SavedQuery) -> list[dict[str, Any]]:
    told = {
        "page": {
            "description": f"Page of {query.pagination} rows, from 1.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 10**9 - 1, "default": 1},
        },
        "format": {
            "description": "Format of the answer, in place of `Accept`.",
            "schema": {"type": "string", "enum": [one.name for one in _all_formats(query)]},
        },
    }
    return [
        {"name": name, "in": "query", "required": False, **told[name]}
        for name in sorted(own_names(query), reverse=True)
    ]


def _all_formats(query: SavedQuery) -> tuple[Format, ...]:
    return (*formats_for(query), HTML)


def _body(query: SavedQuery) -> dict[str, Any]:
    properties = {
        parameter.name: schema_of(query, parameter) | {"description": _about(parameter)}
        for parameter in query.parameters
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    required = [parameter.name for parameter in query.parameters if parameter.required]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False
    content: dict[str, Any] = {"schema": schema}
    examples = {
        parameter.name: _typed(parameter, parameter.example)
        for parameter in query.parameters
        if parameter.example
    }
    if examples:
        content["example"] = examples
    return {"required": bool(required), "content": {FORM: content, PLAIN: content}}


def _responses(query: SavedQuery) -> dict[str, Any]:
    kinds = {"SELECT": "Rows", "ASK": "Yes or no"}
    answer: dict[str, Any] = {
        "description": kinds.get(query.form, "Triples"),
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": content_of(_all_formats(query)),
    }
    if is_paged(query):
        answer["description"] += ", a page of them"
        answer["headers"]["Link"] = {"$ref": "#/components/headers/Link"}
    if query.shape is not None:
        rows = {"type": "array", "items": {"type": "object"}}
        answer["content"][SHAPED.media_type] = {"schema": rows}
    return {
        "200": answer,
        "304": "NotModified",
        "400": "BadRequest",
        "406": "NotAcceptable",
        **({"413": "TooLarge", "415": "UnsupportedMediaType"} if query.method == "POST" else {}),
        "429": "TooManyQueries",
        "503": "Unavailable",
    }


def content_of(formats: tuple[Format, ...]) -> dict[str, Any]:
    """Return what an answer in one of some formats may be, by media type."""
    schemas = {
        "application/sparql-results+json": {"$ref": "#/components/schemas/SparqlResults"},
        "application/ld+json": {},
    }
    return {
        format_.media_type: {"schema": schemas.get(format_.media_type, {"type": "string"})}
        for format_ in formats
    }
