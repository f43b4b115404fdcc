"""The description of the API as OpenAPI 3.1, with the saved queries that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apispec import APISpec
from flask import current_app, request

from kg import __version__
from kg.web.call import FORM
from kg.web.exporting import SUFFIXES
from kg.web.openapi_parts import add_components
from kg.web.openapi_reconcile import TAG as RECONCILE
from kg.web.openapi_reconcile import add_reconcile
from kg.web.openapi_saved import content_of, groups_of, operations_of
from kg.web.protocol import GRAPHS, HTML, RESOURCES, RESULTS, TEXT
from kg.web.state import Server, server

_ABOUT: Final = """\
A knowledge graph of research papers: what they propose, on what they evaluate it, and what \
they report.

Saved queries answer common questions; any other can be asked in SPARQL. Reading is open. \
Writing needs the token of the server as `Authorization: Bearer TOKEN`, and is off where the \
server has none. An error is told as problem details (RFC 9457), or as a page \
to who asks for pages."""

_SPARQL: Final = "SPARQL"
_STORE: Final = "graph store"
_SAVED: Final = "saved queries"
_THINGS: Final = "things"
_SERVER: Final = "server"
_BEARER: Final = [{"bearer": list[str]()}]
_TEXT: Final = {"type": "string"}
_UPDATE: Final = "application/sparql-update"
_QUERY: Final = "application/sparql-query"
_ANY_RESULT: Final = (*RESULTS, *GRAPHS)
#: Errors that every answer of a query worker may be.
_WORKER: Final = {"429": "TooManyQueries", "503": "Unavailable"}


def document() -> dict[str, Any]:
    """Return the description of the application that answers the current request.

    The same queries give the same document, in the same order.
    """
    parts = server()
    spec = APISpec(
        title="paperkg",
        version=__version__,
        openapi_version="3.1.0",
        info={"description": _ABOUT},
        # A reference, so that it holds whatever host and scheme a proxy in front has.
        servers=[{"url": request.script_root or "/"}],
        tags=_tags(parts),
    )
    add_components(spec)
    _add_sparql(spec)
    _add_store(spec)
    _add_saved(spec, parts)
    _add_things(spec)
    add_reconcile(spec)
    _add_server(spec)
    made: dict[str, Any] = spec.to_dict()
    return made


def _tags(parts: Server) -> list[dict[str, str]]:
    told = {
        _SPARQL: "SPARQL 1.1 Protocol",
        _STORE: "SPARQL 1.1 Graph Store HTTP Protocol",
        _SAVED: "What saved queries there are",
    }
    for name in sorted({group for query in parts.queries.values() for group in groups_of(query)}):
        told.setdefault(name, f"Saved queries: {name}")
    told.setdefault(_THINGS, "What the graph says of one thing, and dumps of all of it")
    told.setdefault(
        RECONCILE, "Reconciliation Service API: find our things for the cells of a table"
    )
    told.setdefault(_SERVER, "The server itself")
    return [{"name": name, "description": description} for name, description in told.items()]


def _add_saved(spec: APISpec, parts: Server) -> None:
    listing = _operation(
        "listQueries",
        "The saved queries, with their parameters",
        _SAVED,
        {
            "200": _answer("The queries", {"application/json": {"schema": "Queries"}} | _page()),
            "406": "NotAcceptable",
        },
        parameters=[_format(("json", "html"))],
    )
    spec.path("/queries", operations={"get": listing})
    for name, query in sorted(parts.queries.items()):
        spec.path(f"/queries/{name}", operations=operations_of(query))


def _add_sparql(spec: APISpec) -> None:
    answers = _answer(
        "The result: rows or a truth value for SELECT and ASK, a graph for CONSTRUCT and DESCRIBE",
        content_of((*_ANY_RESULT, HTML)),
        "ETag",
    )
    failures = {
        "400": "BadRequest",
        "403": "Forbidden",
        "406": "NotAcceptable",
        **_WORKER,
    }
    graphs = ["defaultGraphUri", "namedGraphUri", "queryTimeout"]
    asked = _operation(
        "queryByGet",
        "Ask a query",
        _SPARQL,
        {"200": answers, "304": "NotModified", **failures},
        description=(
            "Without `query` it answers with the description of the service (SPARQL 1.1 Service "
            "Description), where `Accept` asks for RDF, and with an editor for a browser."
        ),
        parameters=["query", *graphs, _format(tuple(one.name for one in (*_ANY_RESULT, HTML)))],
    )
    posted = _operation(
        "queryOrUpdateByPost",
        "Ask a query, or run an update",
        _SPARQL,
        {
            "200": answers,
            "204": _answer("The update is done, and every later request sees it"),
            **failures,
            **_writing(),
        },
        description=(
            "The fields of a form, or a query or update as the body itself, whose graphs are "
            "then named in the URL. An update needs the token; a query needs none. An update "
            "of a graph that is derived from the digests is refused with 409."
        ),
        parameters=[*graphs, "usingGraphUri", "usingNamedGraphUri"],
        body={
            FORM: {"schema": "SparqlForm"},
            _QUERY: {"schema": _TEXT, "example": "ASK { ?s ?p ?o }"},
            _UPDATE: {"schema": _TEXT},
        },
    )
    posted["security"] = [{}, *_BEARER]
    spec.path("/sparql", operations={"get": asked, "post": posted})


def _add_store(spec: APISpec) -> None:
    graph: dict[str, Any] = {
        "parameters": ["graph", "defaultGraph"],
        "description": (
            "The graph is named by `graph`, or is the unnamed one by `default`; one of them. An "
            "address under `/store/` is itself the name of a graph, and takes the same methods."
        ),
    }
    rdf = content_of(GRAPHS)
    missing = {"400": "BadRequest", "404": "NotFound"}
    read = {"304": "NotModified", **missing, "406": "NotAcceptable", **_WORKER}
    done = {
        "201": _answer("The graph is new"),
        "204": _answer("The graph was there"),
        "400": "BadRequest",
        **_writing(),
        **_WORKER,
    }
    new = _answer("The graph is new", None, "Location")
    files = {**rdf, "multipart/form-data": {"schema": {"type": "object"}}}
    formats = _format(tuple(one.name for one in GRAPHS))
    operations = {
        "get": _operation(
            "getGraph",
            "A graph",
            _STORE,
            {"200": _answer("The graph", rdf, "ETag"), **read},
            **{**graph, "parameters": [*graph["parameters"], formats]},
        ),
        "head": _operation(
            "headGraph",
            "The headers of a graph",
            _STORE,
            {"200": _answer("There is such a graph"), **read},
            **graph,
        ),
        "put": _operation("putGraph", "Replace a graph", _STORE, done, body=rdf, **graph),
        "post": _operation(
            "postGraph",
            "Add to a graph",
            _STORE,
            {**done, "201": new},
            body=files,
            **graph
            | {
                "description": graph["description"] + " Without a name a new graph is made, and "
                "`Location` says its name."
            },
        ),
        "delete": _operation(
            "deleteGraph",
            "Delete a graph",
            _STORE,
            {"204": _answer("It is gone"), **missing, **_writing(), **_WORKER},
            **graph,
        ),
    }
    for method in ("put", "post", "delete"):
        operations[method]["security"] = _BEARER
    spec.path("/store", operations=operations)


def _add_things(spec: APISpec) -> None:
    described = (*RESOURCES, HTML)
    formats = _format(tuple(one.name for one in (*described, TEXT)))
    failures = {"400": "BadRequest", "404": "NotFound", "406": "NotAcceptable", **_WORKER}
    one = _operation(
        "describe",
        "What the graph says of an IRI",
        _THINGS,
        {"200": _answer("Its description", content_of((*described, TEXT)), "ETag"), **failures},
        description=(
            "IRIs under the base of this graph have an address of their own as well: "
            "`/paper/2408.00874`, `/term/sam-2.ttl`. A section of a digest is also to be had "
            "as text."
        ),
        parameters=["iri", formats],
    )
    void = _operation(
        "describeDataset",
        "What the graph holds, in VoID",
        _THINGS,
        {
            "200": _answer("The description", content_of(described), "ETag"),
            "404": "NotFound",
            "406": "NotAcceptable",
            **_WORKER,
        },
    )
    ontology = _operation(
        "getOntology",
        "The classes and properties of the graph",
        _THINGS,
        {"200": _answer("The ontology", content_of(described)), "406": "NotAcceptable"},
        parameters=[_format(tuple(one.name for one in described))],
    )
    spec.path("/resource", operations={"get": one})
    spec.path("/.well-known/void", operations={"get": void})
    spec.path("/ontology", operations={"get": ontology})
    spec.path("/export/kg.{ending}", operations={"get": _dump()})
    if any(rule.rule == "/search" for rule in current_app.url_map.iter_rules()):
        spec.path("/search", operations={"get": _search()})


def _dump() -> dict[str, Any]:
    endings = [ending for suffix in SUFFIXES for ending in (suffix, f"{suffix}.gz")]
    types = [*dict.fromkeys(SUFFIXES.values()), "application/gzip"]
    content = {media_type: {"schema": _TEXT} for media_type in types}
    return _operation(
        "export",
        "A dump of the whole graph",
        _THINGS,
        {
            "200": _answer("The file", content, "ETag", "Repr-Digest"),
            "206": _answer("The part of it that `Range` asks for"),
            "304": "NotModified",
            "404": "NotFound",
            "416": "RangeNotSatisfiable",
            "503": "Unavailable",
        },
        parameters=[
            {
                "name": "ending",
                "in": "path",
                "required": True,
                "description": "Format, and whether it is compressed.",
                "schema": {"type": "string", "enum": endings},
            }
        ],
    )


def _search() -> dict[str, Any]:
    return _operation(
        "search",
        "Terms, papers and authors by name",
        _THINGS,
        {
            "200": _answer("What was found", {"application/json": {"schema": {}}} | _page()),
            "400": "BadRequest",
            "406": "NotAcceptable",
            **_WORKER,
        },
        parameters=[
            {
                "name": "q",
                "in": "query",
                "required": True,
                "description": "A name, or a part of one, in Korean or English.",
                "schema": _TEXT,
            }
        ],
    )


def _add_server(spec: APISpec) -> None:
    works = {"application/json": {"schema": "Status"}}
    told = (
        ("/health", "health", "What the server serves", {"application/json": {"schema": "Health"}}),
        ("/health/live", "live", "Whether the server answers", works),
        ("/health/ready", "ready", "Whether a query can be answered", works),
        (
            "/metrics",
            "metrics",
            "Counters, as Prometheus reads them",
            {"text/plain": {"schema": _TEXT}},
        ),
        (
            "/openapi.json",
            "openapi",
            "This description",
            {"application/json": {"schema": {"type": "object"}}},
        ),
    )
    for path, id_, summary, content in told:
        responses: dict[str, Any] = {"200": _answer("As asked", content)}
        if id_ == "ready":
            responses["503"] = "Unavailable"
        if id_ == "openapi":
            responses["304"] = "NotModified"
        spec.path(path, operations={"get": _operation(id_, summary, _SERVER, responses)})


def _operation(
    id_: str,
    summary: str,
    tag: str,
    responses: Mapping[str, Any],
    *,
    description: str = "",
    parameters: Sequence[Any] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": id_, "summary": summary, "tags": [tag]}
    if description:
        operation["description"] = description
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {"required": True, "content": dict(body)}
    operation["responses"] = dict(responses)
    return operation


def _answer(
    description: str, content: Mapping[str, Any] | None = None, *headers: str
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description}
    if headers:
        answer["headers"] = {name: name for name in headers}
    if content is not None:
        answer["content"] = dict(content)
    return answer


def _page() -> dict[str, Any]:
    return content_of((HTML,))


def _format(names: Sequence[str]) -> dict[str, Any]:
    return {
        "name": "format",
        "in": "query",
        "required": False,
        "description": "Format of the answer, in place of `Accept`.",
        "schema": {"type": "string", "enum": list(dict.fromkeys(names))},
    }


def _writing() -> dict[str, str]:
    return {
        "401": "Unauthorized",
        "403": "Forbidden",
        "408": "RequestTimeout",
        "409": "Conflict",
        "413": "TooLarge",
        "415": "UnsupportedMediaType",
    }
