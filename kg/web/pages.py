"""The server's health, and the description of the data set."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import Overloaded
from kg.store import snapshot_id
from kg.vocab import META_GRAPH
from kg.web.describe import VoidJob
from kg.web.protocol import HTML, RESOURCES, choose
from kg.web.reader import EMPTY
from kg.web.replies import send
from kg.web.state import local_path, server

blueprint = Blueprint("pages", __name__)

#: How long a probe waits for the counts of a new snapshot.
_GLANCE_S: Final = 1.0


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
