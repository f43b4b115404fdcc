"""The SPARQL endpoint as a browser sees it, and its description."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, g, request
from rdflib.namespace import RDF

from kg.errors import BadRequest, Forbidden, NotAcceptable, RequestError, UnknownQuery
from kg.queries.examples import example_text
from kg.queries.values import shown
from kg.vocab import PREFIXES, SD
from kg.web.jobs import GRAPH_FORMATS, RESULT_FORMATS
from kg.web.plans import checked_query, dataset_of, formats_of, plan
from kg.web.protocol import (
    GRAPHS,
    HTML,
    PLAIN_JSON,
    RESOURCES,
    RESULTS,
    Choice,
    QueryRequest,
    UpdateRequest,
    choose,
    negotiate,
    read_operation,
)
from kg.web.replies import page, send
from kg.web.site.queries.editor import editor_page
from kg.web.site.queries.results import PAGE_ROWS, table_of
from kg.web.site.queries.samples import with_samples
from kg.web.state import local_path, server

blueprint = Blueprint("sparql", __name__)

EXAMPLE: Final = """\
PREFIX kg: <https://w3id.org/paperkg/ontology#>

# The newest models, and the papers that introduce them.
SELECT ?seen ?model ?paper WHERE {
  ?paper kg:introduces ?model ;
    kg:firstSeen ?seen .
  ?model kg:termType kg:Model .
}
ORDER BY DESC(?seen) ?model ?paper
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
    graphs = _graph_fields(asked.default_graphs, asked.named_graphs)
    if _wants_editor(asked):
        return editor_page(asked.text, graphs, runs=True)
    g.query = asked.text  # an error page shows it, to be mended
    settings = server().settings
    text, form = checked_query(asked.text, settings)
    formats = formats_of(form)
    choice = choose(request.headers.get("Accept", ""), asked.format, (*formats, HTML))
    if choice.format is HTML:
        table = table_of(text, PAGE_ROWS, dataset_of(asked, text, settings))
        return page(
            "query_result.html", query=asked.text, table=table, formats=formats, graphs=graphs
        )
    planned = plan(asked, request.headers.get("Accept", ""), request.base_url, settings)
    return send(planned.job, planned.choice)


def _wants_editor(asked: QueryRequest) -> bool:
    """Tell whether a reader follows a link with a query, for the editor to open and run it.

    A page made here, which needs no script, is what ``format=html`` and a form get.
    """
    if request.method == "POST" or asked.format:
        return False
    try:
        formats = formats_of(checked_query(asked.text or "", server().settings)[1])
    except RequestError:  # the editor shows what is wrong, and where
        formats = (*RESULTS, *GRAPHS)
    try:
        return negotiate(request.headers.get("Accept", ""), (*formats, HTML)).format is HTML
    except NotAcceptable:
        return False


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
        return editor_page(_example(request.args.get("example")), [], runs=False)
    return _service_description(choice)


def _example(name: str | None) -> str:
    """Return the query that an editor starts with: a saved one, with example values."""
    if name is None:
        return EXAMPLE
    found = server().queries.get(name)
    if found is None:
        raise UnknownQuery(
            f"saved query {shown(name)}: there is none of that name; "
            f"{local_path('queries')} lists them"
        )
    return example_text(with_samples(found))


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
