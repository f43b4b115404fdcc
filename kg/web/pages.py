"""The front page, the ontology, the dumps, and the server's health."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, redirect, request, send_file
from rdflib.namespace import OWL, RDF, RDFS
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import Overloaded
from kg.resources import shared_folder
from kg.store import snapshot_id
from kg.vocab import KG, META_GRAPH, PREFIXES
from kg.web.describe import VoidJob
from kg.web.exporting import SUFFIXES
from kg.web.jobs import GRAPH_FORMATS, Cell, cell
from kg.web.protocol import HTML, RESOURCES, choose
from kg.web.reader import EMPTY
from kg.web.replies import page, send
from kg.web.sparql import EXAMPLE
from kg.web.state import local_path, server

blueprint = Blueprint("pages", __name__)

#: Names of the counts on the front page, in their order.
#: How long the front page, and a probe, wait for the counts of a new snapshot.
_PATIENCE_S: Final = 30.0
_GLANCE_S: Final = 1.0
_KINDS: Final = ("papers", "terms", "authors", "results", "mentions", "entries", "digests")


@blueprint.route("/")
def home() -> Response:
    totals = server().counts.newest(_PATIENCE_S)
    return page(
        "home.html",
        totals=totals,
        kinds=_KINDS,
        queries=[query for _, query in sorted(server().queries.items())],
        query=EXAMPLE,
        exports=list(SUFFIXES),
    )


@blueprint.route("/health/live")
def live() -> Response:
    """Say that the server answers."""
    return jsonify({"status": "ok"})


@blueprint.route("/health/ready")
def ready() -> AnyResponse:
    """Say whether a query worker has opened the store: 503 until then."""
    pool = server().pool.pool
    if pool.ready:
        return jsonify({"status": "ok"})
    raise Overloaded("server: no query worker is ready yet")


@blueprint.route("/health")
def health() -> Response:
    """Say that the server works; ``triples`` is null while they are not counted."""
    totals = server().counts.newest(_GLANCE_S)
    settings = server().settings
    return jsonify(
        {
            "status": "ok",
            "ready": server().pool.pool.ready,
            "store": settings.store.name,
            "snapshot": snapshot_id(settings.store) or EMPTY,
            "triples": totals.triples if totals else None,
        }
    )


@blueprint.route("/.well-known/void")
def void() -> AnyResponse:
    """Describe the data set and its parts (VoID, section 7.2: where to look for it)."""
    choice = choose(
        request.headers.get("Accept", ""), request.args.get("format"), (*RESOURCES, HTML)
    )
    if choice.format is HTML:
        return redirect(local_path("dataset"))
    base = server().settings.base_iri
    endpoint = f"{request.url_root}sparql"
    return send(VoidJob(base + META_GRAPH, f"{base}dataset", endpoint, choice.format.name), choice)


@blueprint.route("/export/kg.<path:ending>")
def export(ending: str) -> AnyResponse:
    suffix = ending.removesuffix(".gz")
    if suffix not in SUFFIXES:
        raise NotFound(f"kg.{ending}: no such dump; there are kg.{', kg.'.join(SUFFIXES)}, and .gz")
    path = server().exporter.file(suffix, gzipped=ending != suffix)
    snapshot, sha256 = path.name.split(".")[:2]
    response = send_file(
        path.absolute(),
        mimetype="application/gzip" if ending != suffix else SUFFIXES[suffix],
        conditional=True,
        etag=f"{snapshot}.{ending}",
        download_name=f"kg.{ending}",
        as_attachment=True,
    )
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530: of the whole file
    return response


@blueprint.route("/ontology")
@blueprint.route("/ontology.<suffix>")
def ontology(suffix: str | None = None) -> Response:
    choice = choose(
        request.headers.get("Accept", ""),
        suffix or request.args.get("format"),
        (*RESOURCES, HTML),
    )
    triples, prefixes = _ontology()
    if choice.format is HTML:
        return page("ontology.html", sections=_sections(triples), formats=RESOURCES)
    body = ox.serialize(triples, format=GRAPH_FORMATS[choice.format.name], prefixes=prefixes)
    return Response(body, content_type=choice.content_type)


@cache
def _ontology() -> tuple[tuple[ox.Triple, ...], dict[str, str]]:
    path: Path = shared_folder("ontology") / "kg.ttl"
    quads = ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
    return tuple(quad.triple for quad in quads), dict(PREFIXES)


def _sections(triples: tuple[ox.Triple, ...]) -> list[tuple[str, list[dict[str, object]]]]:
    """Group the terms of the ontology by what they are, each with what is said of it."""
    said: dict[str, dict[str, list[Cell]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value in KG:
            facts = said.setdefault(triple.subject.value, {})
            facts.setdefault(triple.predicate.value, []).append(cell(triple.object))
    headings = (("Classes", OWL.Class), ("Properties", None), ("Individuals", OWL.NamedIndividual))
    sections: dict[str, list[dict[str, object]]] = {name: [] for name, _ in headings}
    for iri, facts in sorted(said.items()):
        types = {shown["value"] for shown in facts.get(str(RDF.type), [])}
        for name, class_ in headings:
            fits = (
                any("Property" in type_ for type_ in types)
                if class_ is None
                else str(class_) in types
            )
            if fits:
                sections[name].append(_entry(iri, facts))
                break
    return list(sections.items())


def _entry(iri: str, facts: dict[str, list[Cell]]) -> dict[str, object]:
    above = (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range)
    return {
        "name": iri.removeprefix(str(KG._NS)),
        "labels": facts.get(str(RDFS.label), []),
        "comments": facts.get(str(RDFS.comment), []),
        "above": [
            (str(name).rpartition("#")[2], facts[str(name)]) for name in above if str(name) in facts
        ],
    }
