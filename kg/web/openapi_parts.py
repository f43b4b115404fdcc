"""What the operations of the API share: schemas, parameters, headers and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from apispec import APISpec

from kg.web.problems import MEDIA_TYPE

#: Errors that every answer of a query worker may be.
WORKER: Final = {"429": "TooManyQueries", "503": "Unavailable"}
_TEXT: Final = {"type": "string"}
_IRI: Final = {"type": "string", "format": "iri"}
_COUNT: Final = {"type": ["integer", "null"], "minimum": 0}

_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Problem": {
        "description": "Problem details (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {
                "type": "string",
                "description": "Where, what was found, and what was expected or is to be done.",
            },
            "line": {"type": "integer", "description": "Of the query, from 1."},
            "column": {"type": "integer", "description": "Of the query, from 1."},
        },
    },
    "SparqlResults": {
        "description": "SPARQL 1.1 Query Results JSON Format.",
        "type": "object",
        "required": ["head"],
        "properties": {
            "head": {
                "type": "object",
                "properties": {"vars": {"type": "array", "items": _TEXT}},
            },
            "results": {
                "type": "object",
                "required": ["bindings"],
                "properties": {
                    "bindings": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": {"$ref": "#/components/schemas/RdfTerm"},
                        },
                    }
                },
            },
            "boolean": {"type": "boolean", "description": "The answer to an ASK."},
        },
    },
    "RdfTerm": {
        "type": "object",
        "required": ["type", "value"],
        "properties": {
            "type": {"enum": ["uri", "literal", "bnode", "triple"]},
            "value": {"description": "Text; of a triple an object."},
            "xml:lang": _TEXT,
            "datatype": _IRI,
        },
    },
    "SparqlForm": {
        "description": "Either `query` or `update`.",
        "type": "object",
        "properties": {
            "query": _TEXT,
            "update": _TEXT,
            "default-graph-uri": {"type": "array", "items": _IRI},
            "named-graph-uri": {"type": "array", "items": _IRI},
            "using-graph-uri": {"type": "array", "items": _IRI},
            "using-named-graph-uri": {"type": "array", "items": _IRI},
            "format": {"type": "string", "description": "Of a query's answer."},
        },
        "example": {"query": "SELECT * WHERE { ?s ?p ?o } LIMIT 5"},
    },
    "Queries": {
        "type": "object",
        "required": ["queries"],
        "properties": {
            "queries": {"type": "array", "items": {"$ref": "#/components/schemas/SavedQuery"}}
        },
    },
    "SavedQuery": {
        "type": "object",
        "required": ["name", "title", "url", "form", "formats", "parameters"],
        "properties": {
            "name": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "tags": {"type": "array", "items": _TEXT},
            "form": {"enum": ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]},
            "url": {"type": "string", "format": "uri-reference"},
            "example_query": {
                "type": "string",
                "description": "The query with example values, as it can be sent to `/sparql`.",
            },
            "formats": {"type": "array", "items": _TEXT},
            "pagination": {
                "type": ["integer", "null"],
                "description": "Rows of a page; null where all rows come at once.",
            },
            "parameters": {"type": "array", "items": {"$ref": "#/components/schemas/Parameter"}},
        },
    },
    "Parameter": {
        "type": "object",
        "required": ["name", "type", "required"],
        "properties": {
            "name": _TEXT,
            "type": {
                "type": "string",
                "description": "`literal` (text), `iri`, `number`, or a datatype of XML Schema.",
            },
            "language": {"type": ["string", "null"]},
            "required": {"type": "boolean"},
            "default": {"type": ["string", "null"]},
            "example": {"type": ["string", "null"]},
            "choices": {"type": "array", "items": _TEXT, "description": "Empty: any value."},
            "description": _TEXT,
        },
    },
    "Status": {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"const": "ok"}},
    },
    "Health": {
        "type": "object",
        "required": ["status", "store", "snapshot", "triples"],
        "properties": {
            "status": {"const": "ok"},
            "ready": {"type": "boolean", "description": "Whether a query can be answered."},
            "store": _TEXT,
            "snapshot": {"type": ["string", "null"]},
            "triples": {**_COUNT, "description": "Null while they are not counted."},
        },
    },
}


def query_parameter(
    name: str, description: str, schema: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Describe a parameter of an address."""
    told = {"name": name, "in": "query", "required": False}
    return {**told, "description": description, "schema": schema, **more}


_GRAPHS_ABOUT: Final = "An IRI of a graph of this store; may be given several times."


_SEVERAL: Final = {"type": "array", "items": _IRI}
_IN_QUERY: Final[dict[str, dict[str, Any]]] = {
    "query": query_parameter(
        "query", "A query in SPARQL 1.1.", _TEXT, example="SELECT * WHERE { ?s ?p ?o } LIMIT 5"
    ),
    "defaultGraphUri": query_parameter(
        "default-graph-uri", f"Graphs that make the default graph. {_GRAPHS_ABOUT}", _SEVERAL
    ),
    "namedGraphUri": query_parameter(
        "named-graph-uri", f"Graphs that `GRAPH` sees. {_GRAPHS_ABOUT}", _SEVERAL
    ),
    "usingGraphUri": query_parameter(
        "using-graph-uri", f"Of an update: what its WHERE sees. {_GRAPHS_ABOUT}", _SEVERAL
    ),
    "usingNamedGraphUri": query_parameter(
        "using-named-graph-uri", f"Of an update: what `GRAPH` sees. {_GRAPHS_ABOUT}", _SEVERAL
    ),
    "graph": query_parameter("graph", "IRI of the graph.", _IRI),
    "defaultGraph": query_parameter(
        "default", "The unnamed graph; without a value.", _TEXT, allowEmptyValue=True
    ),
    "iri": query_parameter("iri", "Any IRI that is in the graph.", _IRI, required=True),
}

_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {"description": "Of this answer and state of the graph.", "schema": _TEXT},
    "Link": {
        "description": "Other pages (RFC 8288): `first`, `prev` from page 2 on, and `next` where "
        "there is one.",
        "schema": _TEXT,
    },
    "Location": {"description": "IRI of the graph that was made.", "schema": _IRI},
    "Repr-Digest": {"description": "SHA-256 of the whole file (RFC 9530).", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}

#: Name, status and description of each error.
_ERRORS: Final = (
    (
        "BadRequest",
        HTTPStatus.BAD_REQUEST,
        "Something is missing, twice, unknown or of the wrong type, or a query does not parse",
    ),
    ("Unauthorized", HTTPStatus.UNAUTHORIZED, "Writing needs the token of the server"),
    (
        "Forbidden",
        HTTPStatus.FORBIDDEN,
        "A query that would fetch from elsewhere, or a write where writing is off",
    ),
    ("NotFound", HTTPStatus.NOT_FOUND, "Nothing of that name"),
    ("NotAcceptable", HTTPStatus.NOT_ACCEPTABLE, "No such format is offered here"),
    ("RequestTimeout", HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time"),
    ("Conflict", HTTPStatus.CONFLICT, "The graph is derived from the digests"),
    ("TooLarge", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    ("UriTooLong", HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long to be read"),
    (
        "UnsupportedMediaType",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "A body of a type that is not read here",
    ),
    ("RangeNotSatisfiable", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "No such range"),
    ("TooManyQueries", HTTPStatus.TOO_MANY_REQUESTS, "The client asks too much at once"),
    (
        "Unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The query took too long or too much memory, or no place was free in time",
    ),
)
_WAITS: Final = ("TooManyQueries", "Unavailable")


def add_components(spec: APISpec) -> None:
    """Add all of them to a description."""
    for name, schema in _SCHEMAS.items():
        spec.components.schema(name, schema)
    for name, parameter in _IN_QUERY.items():
        spec.components.parameter(name, "query", parameter)
    spec.components.parameter(
        "queryTimeout",
        "header",
        {
            "name": "X-Query-Timeout",
            "description": "Seconds after which a query is given up, below the server's limit.",
            "required": False,
            "schema": {"type": "number", "exclusiveMinimum": 0},
        },
    )
    for name, header in _HEADERS.items():
        spec.components.header(name, header)
    spec.components.response("NotModified", {"description": "The caller has this answer already"})
    spec.components.response(
        "Moved",
        {
            "description": "What was asked for has another address",
            "headers": {"Location": {"description": "That address.", "schema": _TEXT}},
        },
    )
    problem = {MEDIA_TYPE: {"schema": "Problem"}, "text/html": {"schema": {"type": "string"}}}
    for name, status, description in _ERRORS:
        response: dict[str, Any] = {
            "description": f"{status.phrase}: {description}",
            "content": problem,
        }
        if name in _WAITS:
            response["headers"] = {"Retry-After": "Retry-After"}
        spec.components.response(name, response)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})


def operation(
    id_: str,
    summary: str,
    tag: str,
    responses: Mapping[str, Any],
    *,
    description: str = "",
    parameters: Sequence[Any] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe what a method does at a path; parts of it may be names of components."""
    made: dict[str, Any] = {"operationId": id_, "summary": summary, "tags": [tag]}
    if description:
        made["description"] = description
    if parameters:
        made["parameters"] = list(parameters)
    if body is not None:
        made["requestBody"] = {"required": True, "content": dict(body)}
    made["responses"] = dict(responses)
    return made


def answer(
    description: str, content: Mapping[str, Any] | None = None, *headers: str
) -> dict[str, Any]:
    """Describe a response, by media type; *headers* are names of components."""
    made: dict[str, Any] = {"description": description}
    if headers:
        made["headers"] = {name: name for name in headers}
    if content is not None:
        made["content"] = dict(content)
    return made


def format_parameter(names: Sequence[str]) -> dict[str, Any]:
    """Describe the parameter that names the format of an answer."""
    return {
        "name": "format",
        "in": "query",
        "required": False,
        "description": "Format of the answer, in place of `Accept`.",
        "schema": {"type": "string", "enum": list(dict.fromkeys(names))},
    }
