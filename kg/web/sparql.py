"""The SPARQL endpoint: queries only, by GET and POST."""

from __future__ import annotations

import json
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, g, request
from rdflib.namespace import RDF

from kg.errors import BadRequest, Forbidden, NotAcceptable
from kg.sparql import Checked, Limits, check, tokenize
from kg.vocab import PREFIXES, SD
from kg.web.jobs import GRAPH_FORMATS, RESULT_FORMATS, Dataset, QueryJob, TableJob
from kg.web.protocol import (
    GRAPHS,
    HTML,
    PLAIN_JSON,
    RESOURCES,
    RESULTS,
    Choice,
    Format,
    choose,
    negotiate,
    read_query_request,
)
from kg.web.replies import page, send
from kg.web.state import server

blueprint = Blueprint("sparql", __name__)

#: A page shows so many rows; the other formats give all.
PAGE_ROWS: Final = 1000
_GRAPH_FORMS: Final = ("CONSTRUCT", "DESCRIBE")
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


@blueprint.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    asked = read_query_request(
        request.method, request.content_type or "", request.query_string, request.get_data()
    )
    if asked.text is None:
        return _without_query()
    g.query = asked.text  # an error page shows it, to be mended
    checked = checked_query(asked.text)
    choice = choose(
        request.headers.get("Accept", ""), asked.format, (*formats_of(checked.form), HTML)
    )
    dataset = Dataset(asked.default_graphs, asked.named_graphs, has_from(checked.text))
    if choice.format is HTML:
        table = table_of(checked.text, PAGE_ROWS, dataset)
        return page(
            "query.html",
            query=asked.text,
            table=table,
            formats=formats_of(checked.form),
            graphs=_graph_fields(asked.default_graphs, asked.named_graphs),
        )
    return send(QueryJob(checked.text, choice.format.name, dataset), choice)


def checked_query(text: str) -> Checked:
    """Check a text that a caller sent, by tokens.

    Raises:
        Forbidden: it is an update, or would fetch from elsewhere.
        BadRequest: it is past a limit or has no form.
    """
    checked = check(text, Limits(length=server().settings.query_max_kb * 1024))
    if checked.form == "UPDATE":
        raise Forbidden("this endpoint is read-only: an update was sent; expected a query")
    return checked


def formats_of(form: str) -> tuple[Format, ...]:
    """What a query of a form can be answered with."""
    return GRAPHS if form in _GRAPH_FORMS else RESULTS


def has_from(text: str) -> bool:
    """Tell whether a query has a dataset clause of its own.

    >>> has_from("SELECT * FROM <urn:a> {?s ?p ?o}"), has_from("ASK { ?from ?p 'FROM' }")
    (True, False)
    """
    return "from" in text.lower() and any(token.word == "FROM" for token in tokenize(text))


def table_of(text: str, limit: int, dataset: Dataset) -> dict[str, Any]:
    """Run a query and return its first rows for a page; see :class:`TableJob`."""
    table: dict[str, Any] = json.loads(server().pool.run(TableJob(text, limit, dataset)).read())
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
