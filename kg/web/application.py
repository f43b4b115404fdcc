"""Put the parts of the web server together."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from kg import __version__
from kg.queries import load_queries
from kg.resources import shared_folder
from kg.settings import Settings
from kg.web import pages, problems, resources, saved, sparql
from kg.web.counts import Counts
from kg.web.exporting import Exporter
from kg.web.state import Server, link_to, local_path, text_of
from kg.web.workers import Pool

#: Scripts are nowhere; styles and images come from this server.
_SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
#: Anyone's page may read what is public here.
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Repr-Digest, Retry-After",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}


def make(settings: Settings) -> Flask:
    """Make the application; see :func:`kg.web.create_app`."""
    app = Flask(__name__)
    # A query in a form takes up to three bytes for one, and there are other fields.
    longest = settings.query_max_kb * 1024 * 3 + 64 * 1024
    app.config.update(MAX_CONTENT_LENGTH=longest, MAX_FORM_MEMORY_SIZE=longest)
    app.url_map.merge_slashes = False  # keys of papers may hold "//"
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        link_to=link_to, local_path=local_path, text_of=text_of, version=__version__
    )
    pool = Pool(
        settings.store,
        size=settings.worker_count,
        timeout_s=settings.query_timeout_s,
        memory_mb=settings.query_memory_mb,
    )
    Server(
        settings=settings,
        queries=load_queries(settings.queries or shared_folder("queries")),
        pool=pool,
        counts=Counts(settings.store, pool),
        exporter=Exporter(settings.store),
    ).keep(app)
    for module in (pages, resources, saved, sparql):
        app.register_blueprint(module.blueprint)
    problems.register(app)
    app.after_request(_add_headers)
    return app


def _add_headers(response: Response) -> Response:
    response.headers.update(_SECURITY | _CORS)
    if request.method == "OPTIONS":
        response.headers.update(_PREFLIGHT)
    if request.endpoint != "static":
        response.vary.add("Accept")
    return response
