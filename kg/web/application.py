"""Put the parts of the web server together."""

from __future__ import annotations

from flask import Flask, Response, request

from kg import __version__
from kg.queries import WatchedQueries, load_queries
from kg.resources import shared_folder
from kg.settings import Settings
from kg.web import docs, pages, problems, resources, saved, sparql
from kg.web.blocking import BlockingPool
from kg.web.counts import Counts
from kg.web.exporting import Exporter
from kg.web.names.files import NameFiles
from kg.web.reconcile import routes as reconcile
from kg.web.replies import CORS, PREFLIGHT, SECURITY
from kg.web.site import assets, frame, languages
from kg.web.site.about import downloads
from kg.web.site.about import page as about
from kg.web.site.benchmarks import page as benchmarks
from kg.web.site.compare import page as compare
from kg.web.site.digests import listing as digests
from kg.web.site.explore import page as explore
from kg.web.site.front import page as front
from kg.web.site.kept import KeptAnswers
from kg.web.site.ontology import page as ontology
from kg.web.site.review import login
from kg.web.site.review import page as review
from kg.web.site.search import page as search
from kg.web.site.trends import page as trends
from kg.web.state import Server, link_to, local_path, text_of
from kg.web.workers import Pool, PoolLimits


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
    limits = PoolLimits(
        settings.worker_count,
        settings.query_timeout_s,
        settings.query_memory_mb,
        settings.query_max_result_mb,
        settings.max_waiting,
        settings.max_queries_per_client,
    )
    pool = BlockingPool(Pool(settings.store, limits))
    folder = settings.queries or shared_folder("queries")
    Server(
        settings=settings,
        queries=WatchedQueries(folder) if settings.debug else load_queries(folder),
        pool=pool,
        counts=Counts(settings.store, pool),
        exporter=Exporter(settings.store),
        kept=KeptAnswers(),
        names=NameFiles(settings.store, settings.base_iri),
    ).keep(app)
    for part in (assets, frame, languages):
        part.register(app)
    site = (
        about,
        benchmarks,
        compare,
        digests,
        downloads,
        explore,
        front,
        login,
        ontology,
        review,
        search,
        trends,
    )
    for module in (docs, pages, resources, saved, sparql, *site):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(reconcile.blueprint)
    review.register(app, settings)
    problems.register(app)
    app.after_request(_add_headers)
    return app


def _add_headers(response: Response) -> Response:
    for name, value in (SECURITY | CORS).items():
        response.headers.setdefault(name, value)
    if request.method == "OPTIONS":
        response.headers.update(PREFLIGHT)
    if request.endpoint != "static":
        response.vary.add("Accept")
    return response
