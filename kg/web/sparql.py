"""The SPARQL endpoint as a browser sees it, and its description."""

from __future__ import annotations

import json
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, g, request
from rdflib.namespace import RDF

from kg.errors import BadRequest, Forbidden, NotAcceptable
from kg.vocab import PREFIXES, SD
from kg.web.jobs import GRAPH_FORMATS, RESULT_FORMATS, Dataset, TableJob
from kg.web.plans import checked_query, dataset_of, formats_of, plan
from kg.web.protocol import (
    HTML,
    PLAIN_JSON,
    RESOURCES,
    RESULTS,
    Choice,
    UpdateRequest,
    choose,
    negotiate,
    read_operation,
)
from kg.web.replies import page, send
from kg.web.state import ask, server

blueprint = Blueprint("sparql", __name__)

#: A page shows so many rows; the other formats give all.
PAGE_ROWS: Final = 1000
EXAMPLE: Final = """\
PREFIX kg: <https://w3id.org/paperkg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dcterms: <http://purl.org/dc/terms/>

SELECT ?model ?paper ?title WHERE {
  ?paper kg:introduces ?term ;
    dcterms:title ?title .
  ?term kg:termType kg:Model ;
    rdfs:label ?model .
}
ORDER BY ?model
LIMIT 20
"""


@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
def endpoint() -> Response:
    """Answer a browser; data is the front's to answer, where there is one."""
    asked = read_operation(
        request.method, request.content_type or "", request.query_string, request.get_data()
    )
    if isinstance(asked, UpdateRequest):
        raise Forbidden("update: this server only reads; run it by 'kg serve' to write")
    if asked.text is None:
        return _without_query()
    g.query = asked.text  # an error page shows it, to be mended
    settings = server().settings
    text, form = checked_query(asked.text, settings)
    formats = formats_of(form)
    choice = choose(request.headers.get("Accept", ""), asked.format, (*formats, HTML))
    if choice.format is HTML:
        table = table_of(text, PAGE_ROWS, dataset_of(asked, text, settings))
        return page(
            "query.html",
            query=asked.text,
            table=table,
            formats=formats,
            graphs=_graph_fields(asked.default_graphs, asked.named_graphs),
        )
    planned = plan(asked, request.headers.get("Accept", ""), request.base_url, settings)
    return send(planned.job, planned.choice)


def table_of(text: str, limit: int, dataset: Dataset) -> dict[str, Any]:
    """Run a query and return its first rows for a page; see :class:`TableJob`."""
    table: dict[str, Any] = json.loads(ask(TableJob(text, limit, dataset)).read())
    return table


def _graph_fields(
    default: tuple[str, ...] | None, named: tuple[str, ...] | None
) -> list[tuple[str, str]]:
    """The graphs of a request, for the forms on its result page."""
    return [
        *(("default-graph-uri", graph) for graph in default or ()),
        *(("named-graph-uri", graph) for graph in named or ()),
    ]


def _without_query() -> Response:
    missing = BadRequest("parameter 'query': not given; expected a SPARQL query")
    if request.method == "POST":
        raise missing
    try:
        choice = negotiate(request.headers.get("Accept", ""), (PLAIN_JSON, HTML, *RESOURCES))
    except NotAcceptable:
        raise missing from None
    if choice.format is PLAIN_JSON:
        raise missing
    if choice.format is HTML:
        return page("query.html", query=EXAMPLE, table=None, formats=RESULTS, graphs=[])
    return _service_description(choice)


def _service_description(choice: Choice) -> Response:
    """Describe the endpoint, as section 2 of SPARQL 1.1 Service Description asks."""
    service = ox.NamedNode(request.base_url)
    type_ = ox.NamedNode(str(RDF.type))
    facts = [
        (type_, ox.NamedNode(SD["Service"])),
        (ox.NamedNode(SD["endpoint"]), service),
        (ox.NamedNode(SD["supportedLanguage"]), ox.NamedNode(SD["SPARQL11Query"])),
        (ox.NamedNode(SD["feature"]), ox.NamedNode(SD["UnionDefaultGraph"])),
        *(
            (ox.NamedNode(SD["resultFormat"]), ox.NamedNode(iri))
            for iri in (
                *(format_.iri for format_ in RESULT_FORMATS.values()),
                *(format_.iri for format_ in GRAPH_FORMATS.values()),
            )
        ),
    ]
    body = ox.serialize(
        (ox.Triple(service, predicate, object_) for predicate, object_ in facts),
        format=GRAPH_FORMATS[choice.format.name],
        prefixes={**PREFIXES, "sd": str(SD)},
    )
    return Response(body, content_type=choice.content_type)
