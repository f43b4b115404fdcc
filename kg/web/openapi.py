"""The description of the API as OpenAPI 3.1, with the saved queries that there are."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec
from flask import request

from kg import __version__
from kg.web.call import FORM
from kg.web.exporting import SUFFIXES
from kg.web.openapi_compare import add_comparisons
from kg.web.openapi_pages import TAG as PAGES
from kg.web.openapi_pages import add_pages
from kg.web.openapi_parts import WORKER, add_components, answer, format_parameter, operation
from kg.web.openapi_reconcile import TAG as RECONCILE
from kg.web.openapi_reconcile import add_reconcile
from kg.web.openapi_saved import content_of, groups_of, operations_of
from kg.web.openapi_things import add_things
from kg.web.protocol import CSV, GRAPHS, HTML, RESOURCES, RESULTS, TEXT
from kg.web.site.about.dataset import endings
from kg.web.site.ontology.page import FILES
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
_ENDING: Final = {
    "name": "ending",
    "in": "path",
    "required": True,
    "description": "Format, and whether it is compressed.",
    "schema": {"type": "string", "enum": endings()},
}


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
    add_pages(spec)
    add_comparisons(spec)
    add_things(spec)
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
    told.setdefault(PAGES, "What the pages show, as JSON and CSV as well")
    told.setdefault(
        RECONCILE, "Reconciliation Service API: find our things for the cells of a table"
    )
    told.setdefault(_SERVER, "The server itself")
    return [{"name": name, "description": description} for name, description in told.items()]


def _add_saved(spec: APISpec, parts: Server) -> None:
    listing = operation(
        "listQueries",
        "The saved queries, with their parameters",
        _SAVED,
        {
            "200": answer("The queries", {"application/json": {"schema": "Queries"}} | _page()),
            "406": "NotAcceptable",
        },
        parameters=[format_parameter(("json", "html"))],
    )
    spec.path("/queries", operations={"get": listing})
    for name, query in sorted(parts.queries.items()):
        spec.path(f"/queries/{name}", operations=operations_of(query))


def _add_sparql(spec: APISpec) -> None:
    answers = answer(
        "The result: rows or a truth value for SELECT and ASK, a graph for CONSTRUCT and DESCRIBE",
        content_of((*_ANY_RESULT, HTML)),
        "ETag",
    )
    failures = {
        "400": "BadRequest",
        "403": "Forbidden",
        "406": "NotAcceptable",
        **WORKER,
    }
    graphs = ["defaultGraphUri", "namedGraphUri", "queryTimeout"]
    formats = format_parameter([one.name for one in (*_ANY_RESULT, HTML)])
    asked = operation(
        "queryByGet",
        "Ask a query",
        _SPARQL,
        {"200": answers, "304": "NotModified", **failures},
        description=(
            "Without `query` it answers with the description of the service (SPARQL 1.1 Service "
            "Description), where `Accept` asks for RDF, and with an editor for a browser."
        ),
        parameters=["query", *graphs, formats],
    )
    posted = operation(
        "queryOrUpdateByPost",
        "Ask a query, or run an update",
        _SPARQL,
        {
            "200": answers,
            "204": answer("The update is done, and every later request sees it"),
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
    read = {"304": "NotModified", **missing, "406": "NotAcceptable", **WORKER}
    done = {
        "201": answer("The graph is new"),
        "204": answer("The graph was there"),
        "400": "BadRequest",
        **_writing(),
        **WORKER,
    }
    new = answer("The graph is new", None, "Location")
    files = {**rdf, "multipart/form-data": {"schema": {"type": "object"}}}
    formats = format_parameter([one.name for one in GRAPHS])
    operations = {
        "get": operation(
            "getGraph",
            "A graph",
            _STORE,
            {"200": answer("The graph", rdf, "ETag"), **read},
            **{**graph, "parameters": [*graph["parameters"], formats]},
        ),
        "head": operation(
            "headGraph",
            "The headers of a graph",
            _STORE,
            {"200": answer("There is such a graph"), **read},
            **graph,
        ),
        "put": operation("putGraph", "Replace a graph", _STORE, done, body=rdf, **graph),
        "post": operation(
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
        "delete": operation(
            "deleteGraph",
            "Delete a graph",
            _STORE,
            {"204": answer("It is gone"), **missing, **_writing(), **WORKER},
            **graph,
        ),
    }
    for method in ("put", "post", "delete"):
        operations[method]["security"] = _BEARER
    spec.path("/store", operations=operations)


def _add_things(spec: APISpec) -> None:
    described = (*RESOURCES, HTML)
    formats = format_parameter([one.name for one in (*described, CSV, TEXT)])
    failures = {"400": "BadRequest", "404": "NotFound", "406": "NotAcceptable", **WORKER}
    one = operation(
        "describe",
        "What the graph says of an IRI",
        _THINGS,
        {"200": answer("Its description", content_of((*described, CSV, TEXT)), "ETag"), **failures},
        description=(
            "IRIs under the base of this graph have an address of their own as well: "
            "`/paper/2408.00874`, `/term/sam-2.ttl`. A section of a digest is also to be had "
            "as text, and what has a page of its own as a table."
        ),
        parameters=["iri", formats],
    )
    void = operation(
        "describeDataset",
        "What the graph holds, in VoID",
        _THINGS,
        {
            "200": answer("The description", content_of(described), "ETag"),
            "404": "NotFound",
            "406": "NotAcceptable",
            **WORKER,
        },
    )
    ontology = operation(
        "getOntology",
        "The classes and properties of the graph",
        _THINGS,
        {"200": answer("The ontology", content_of(described)), "406": "NotAcceptable"},
        parameters=[format_parameter([one.name for one in described])],
    )
    spec.path("/resource", operations={"get": one})
    spec.path("/.well-known/void", operations={"get": void})
    spec.path("/ontology", operations={"get": ontology})
    spec.path("/ontology/{name}", operations={"get": _ontology_file()})
    spec.path("/export/kg.{ending}", operations={"get": _dump()})
    spec.path("/export/kg.{ending}.sha256", operations={"get": _checksum()})


def _ontology_file() -> dict[str, Any]:
    return operation(
        "getOntologyFile",
        "The shapes that the graph fits, and the context of its JSON-LD",
        _THINGS,
        {
            "200": answer("The file", content_of(tuple(FILES.values())), "ETag"),
            "304": "NotModified",
            "404": "NotFound",
        },
        parameters=[
            {
                "name": "name",
                "in": "path",
                "required": True,
                "description": "Name of the file.",
                "schema": {"type": "string", "enum": list(FILES)},
            }
        ],
    )


def _dump() -> dict[str, Any]:
    types = [*dict.fromkeys(SUFFIXES.values()), "application/gzip"]
    content = {media_type: {"schema": _TEXT} for media_type in types}
    return operation(
        "export",
        "A dump of the whole graph",
        _THINGS,
        {
            "200": answer("The file", content, "ETag", "Repr-Digest"),
            "206": answer("The part of it that `Range` asks for"),
            "304": "NotModified",
            "404": "NotFound",
            "416": "RangeNotSatisfiable",
            "503": "Unavailable",
        },
        parameters=[_ENDING],
    )


def _checksum() -> dict[str, Any]:
    return operation(
        "exportChecksum",
        "The SHA-256 of a dump, as sha256sum reads it",
        _THINGS,
        {
            "200": answer("Hash and name of the file", {"text/plain": {"schema": _TEXT}}, "ETag"),
            "404": "NotFound",
            "503": "Unavailable",
        },
        description="The dump is made first, where it is not there yet.",
        parameters=[_ENDING],
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
        responses: dict[str, Any] = {"200": answer("As asked", content)}
        if id_ == "ready":
            responses["503"] = "Unavailable"
        if id_ == "openapi":
            responses["304"] = "NotModified"
        spec.path(path, operations={"get": operation(id_, summary, _SERVER, responses)})


def _page() -> dict[str, Any]:
    return content_of((HTML,))


def _writing() -> dict[str, str]:
    return {
        "401": "Unauthorized",
        "403": "Forbidden",
        "408": "RequestTimeout",
        "409": "Conflict",
        "413": "TooLarge",
        "415": "UnsupportedMediaType",
    }
