"""Turn answers of the workers into responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, render_template, request

from kg.errors import NotAcceptable
from kg.store import snapshot_id
from kg.web.jobs import Job
from kg.web.protocol import HTML, PLAIN_JSON, Choice, Format, negotiate
from kg.web.reader import EMPTY
from kg.web.state import ask, server

#: Where the front finds a job that a route left to it, in the WSGI environment.
DEFERRED: Final = "kg.deferred"

#: Scripts, styles and images come from this server, and scripts ask no other.
SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
#: Anyone's page may read what is public here.
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Location, Repr-Digest, Retry-After, X-Request-ID"
    ),
}
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, If-None-Match, Range, X-Query-Timeout"
    ),
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Deferred:
    """A job whose answer is the answer to a request, with its format and headers."""

    job: Job
    choice: Choice
    headers: Mapping[str, str]


def send(job: Job, choice: Choice, headers: Mapping[str, str] | None = None) -> Response:
    """Run a job and stream its answer; 304 where the caller has it already.

    Behind the front the job is left to it, which needs no thread for it. An answer depends
    on the address, the format and the snapshot, so the last two are its ETag.
    """
    front = request.environ.get(DEFERRED)
    if front is not None:
        front[DEFERRED] = Deferred(job, choice, dict(headers or {}))
        return Response()
    if _fresh(choice):
        response = Response(status=304)
        response.set_etag(_etag(snapshot_id(server().settings.store) or EMPTY, choice))
        return response
    answer = ask(job)
    body = answer if answer.whole is None else answer.whole
    response = Response(body, content_type=choice.content_type, headers=dict(headers or {}))
    if answer.whole is None:
        response.call_on_close(answer.close)
    if request.method != "POST":
        response.set_etag(_etag(answer.snapshot, choice))
    return response


def _fresh(choice: Choice) -> bool:
    if request.method == "POST" or not request.if_none_match:
        return False
    newest = snapshot_id(server().settings.store) or EMPTY
    return request.if_none_match.contains_weak(_etag(newest, choice))


def _etag(snapshot: str, choice: Choice) -> str:
    return f"{snapshot}.{choice.format.name}.{choice.media_type.replace('/', '-')}"


def prefers_page(other: Format = PLAIN_JSON) -> bool:
    """Tell whether the caller wants a page rather than *other*, for what is told anyhow."""
    try:
        return negotiate(request.headers.get("Accept", ""), (other, HTML)).format is HTML
    except NotAcceptable:
        return False


def page(template: str, **values: Any) -> Response:
    """Render a page."""
    return Response(render_template(template, **values), content_type="text/html; charset=utf-8")
