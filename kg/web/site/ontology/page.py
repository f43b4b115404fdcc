"""The ontology: what each class and property means, and how the graph uses it."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from kg.resources import shared_folder
from kg.vocab import KG, PREFIXES
from kg.web.jobs import GRAPH_FORMATS
from kg.web.protocol import HTML, JSON_LD, RESOURCES, TURTLE, Choice, choose
from kg.web.site.asked import told_soon
from kg.web.site.frame import formats_at, show
from kg.web.site.languages import LANGUAGES, language
from kg.web.site.ontology.diagram import diagram
from kg.web.site.ontology.job import OntologyJob
from kg.web.site.ontology.terms import Entry, Ontology, ontology, triples
from kg.web.site.reading import Shown
from kg.web.state import local_path, server

blueprint = Blueprint("ontology", __name__)

#: Files that stand beside the ontology.
FILES: Final = {"shapes.ttl": TURTLE, "context.jsonld": JSON_LD}
#: How long the page waits for counts of the graph, without which it is shown as well.
_PATIENCE_S: Final = 0.3
_HEADER: Final = str(KG._NS).removesuffix("#")


@blueprint.route("/ontology")
@blueprint.route("/ontology.<suffix>")
def page(suffix: str | None = None) -> Response:
    """Answer with the ontology, as a page or in a format of RDF."""
    choice = choose(
        request.headers.get("Accept", ""),
        suffix or request.args.get("format"),
        (*RESOURCES, HTML),
    )
    if choice.format is not HTML:
        body = ox.serialize(triples(), format=GRAPH_FORMATS[choice.format.name], prefixes=PREFIXES)
        return Response(body, content_type=choice.content_type)
    known = ontology()
    counted = told_soon(OntologyJob(server().settings.base_iri), _PATIENCE_S)
    return show(
        "ontology.html",
        alternates=formats_at(local_path("ontology"), RESOURCES),
        schema=_schema(known),
        ontology=known,
        diagram=diagram(),
        counted=counted is not None,
        uses=counted["uses"] if counted else {},
        examples=counted["examples"] if counted else {},
        told=_in_order,
        files=list(FILES),
    )


@blueprint.route("/ontology/<name>")
def file(name: str) -> Response:
    """Send a file that stands beside the ontology."""
    if name not in FILES:
        raise NotFound(f"ontology/{name}: no such file; there are {', '.join(FILES)}")
    path = shared_folder("ontology") / name
    type_ = Choice(FILES[name], FILES[name].media_type).content_type
    response = Response(path.read_bytes(), content_type=type_)
    response.add_etag()
    response.make_conditional(request)
    return response


def _in_order(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return texts with their languages, the reader's first."""
    ordered = sorted(LANGUAGES, key=lambda name: name != language())
    return [(name, texts[name]) for name in ordered if name in texts]


def _schema(known: Ontology) -> Shown:
    """Describe the ontology as a set of defined terms."""
    entries = (*known.classes, *known.properties, *known.individuals)
    return {
        "@type": "DefinedTermSet",
        "@id": _HEADER,
        "name": list(known.titles.values()),
        "description": known.comments["en"],
        "version": known.version,
        "license": known.licence,
        "hasDefinedTerm": [_defined(entry) for entry in entries],
    }


def _defined(entry: Entry) -> Shown:
    return {
        "@type": "DefinedTerm",
        "@id": entry.iri,
        "termCode": entry.name,
        "name": list(entry.labels.values()),
    }
