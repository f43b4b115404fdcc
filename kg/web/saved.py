"""Saved queries: their list, and each with its parameters in the URL or the body."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from kg.queries import SavedQuery, WatchedQueries
from kg.queries.examples import example_text
from kg.store import snapshot_id
from kg.web.call import (
    SHAPED,
    SPARQL_JSON,
    Call,
    dataset_of_saved,
    formats_for,
    is_paged,
    read_call,
)
from kg.web.jobs import QueryJob
from kg.web.paged_jobs import MORE, GraphPageJob, RowsPageJob, ShapeJob
from kg.web.protocol import HTML, JSON, PLAIN_JSON, Choice, Format, choose
from kg.web.reader import EMPTY
from kg.web.replies import send
from kg.web.saved_form import show_form
from kg.web.site.frame import Alternate, show
from kg.web.site.queries.groups import grouped
from kg.web.site.queries.samples import with_samples
from kg.web.site.queries.words import in_own_words
from kg.web.state import ask, local_path, server

blueprint = Blueprint("saved", __name__)


@blueprint.before_app_request
def _refresh() -> None:
    queries = server().queries
    if isinstance(queries, WatchedQueries):
        queries.refresh()


@blueprint.route("/queries", strict_slashes=False)
def listing() -> Response:
    offered = (PLAIN_JSON, HTML)
    choice = choose(request.headers.get("Accept", ""), request.args.get("format"), offered)
    found = server().queries
    queries = [query for _, query in sorted(found.items())]
    if choice.format is HTML:
        broken = found.broken if isinstance(found, WatchedQueries) else {}
        groups = grouped(in_own_words(with_samples(query)) for query in queries)
        data = Alternate("json", PLAIN_JSON.media_type, f"{local_path('queries')}?format=json")
        return show(
            "queries.html",
            groups=groups,
            broken=broken,
            example_url=_example_url,
            alternates=[data],
        )
    return jsonify({"queries": [_described(query) for query in queries]})


def _example_url(query: SavedQuery) -> str | None:
    """Return the address of a query with its example values; None where it has none."""
    values = query.example_values()
    return f"{local_path(f'queries/{query.name}')}?{urlencode(values)}" if values else None


def _described(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "tags": list(query.tags),
        "form": query.form,
        "url": local_path(f"queries/{query.name}"),
        "formats": [format_.name for format_ in formats_for(query)],
        "example_query": example_text(with_samples(query)),
        "pagination": query.pagination if is_paged(query) else None,
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "language": parameter.lang,
                "required": parameter.required,
                "default": parameter.default,
                "example": parameter.example,
                "choices": list(parameter.choices),
                "description": parameter.description,
            }
            for parameter in query.parameters
        ],
    }


@blueprint.route("/queries/<name>", methods=["GET", "POST"])
def run(name: str) -> Response:
    call = read_call(name)
    formats = formats_for(call.query)
    choice = choose(request.headers.get("Accept", ""), call.suffix or call.format, (*formats, HTML))
    if choice.format is HTML:
        return show_form(call)
    if call.size is not None:
        return _one_page(call, choice, call.size)
    text = call.text()
    if call.query.shape is not None and choice.format is SHAPED:
        return send(ShapeJob(text, call.query.shape, dataset_of_saved(text)), choice)
    return send(QueryJob(text, _name_of(choice.format), dataset_of_saved(text)), choice)


def _name_of(format_: Format) -> str:
    """Return what a query worker calls a format."""
    return JSON.name if format_ is SPARQL_JSON else format_.name


def _one_page(call: Call, choice: Choice, size: int) -> Response:
    """Answer with rows that are held as a whole, as a header tells whether others follow."""
    job = _job(call, choice, size)
    reads = request.method != "POST"
    newest = snapshot_id(server().settings.store) or EMPTY
    if reads and request.if_none_match.contains_weak(_etag(newest, job, choice)):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
        response.set_etag(_etag(newest, job, choice))
        return response
    answer = ask(job)
    body = answer.read()
    links = call.links(more=body.startswith(MORE))
    response = Response(body[1:], content_type=choice.content_type, headers=links)
    if reads:
        response.set_etag(_etag(answer.snapshot, job, choice))
    return response


def _job(call: Call, choice: Choice, size: int) -> RowsPageJob | GraphPageJob:
    name = _name_of(choice.format)
    if call.query.form != "SELECT":
        text = call.text()
        return GraphPageJob(text, call.next_text(), name, dataset_of_saved(text))
    text = call.text(more=1)
    shape = call.query.shape if choice.format is SHAPED else None
    return RowsPageJob(text, size, name, shape, dataset_of_saved(text))


def _etag(snapshot: str, job: RowsPageJob | GraphPageJob, choice: Choice) -> str:
    """Name an answer: a file that has changed gives another one from the same snapshot."""
    asked = hashlib.sha256(repr(job).encode()).hexdigest()[:16]
    return f"{snapshot}.{asked}.{choice.format.name}"
