"""Errors over HTTP: RFC 9457 problem details, or a page where a browser asks."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from kg.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    KGError,
    NotAcceptable,
    Overloaded,
    QueryStopped,
    QuerySyntaxError,
    QueryTimeout,
    RequestTimeout,
    StoreError,
    StoreLocked,
    TooLarge,
    TooManyQueries,
    Unauthorized,
    UnknownGraph,
    UnknownQuery,
    UnsupportedMediaType,
)
from kg.web.messages import Reply
from kg.web.protocol import Format
from kg.web.replies import prefers_page
from kg.web.site.languages import gettext

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_PROBLEM: Final = Format("problem", (MEDIA_TYPE, "application/json"))

#: The status of each error; the first class that fits counts.
STATUSES: Final[tuple[tuple[type[KGError], HTTPStatus], ...]] = (
    (BadRequest, HTTPStatus.BAD_REQUEST),
    (Unauthorized, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (UnknownQuery, HTTPStatus.NOT_FOUND),
    (UnknownGraph, HTTPStatus.NOT_FOUND),
    (NotAcceptable, HTTPStatus.NOT_ACCEPTABLE),
    (RequestTimeout, HTTPStatus.REQUEST_TIMEOUT),
    (Conflict, HTTPStatus.CONFLICT),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnsupportedMediaType, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (TooManyQueries, HTTPStatus.TOO_MANY_REQUESTS),
    (QueryTimeout, HTTPStatus.SERVICE_UNAVAILABLE),
    (QueryStopped, HTTPStatus.SERVICE_UNAVAILABLE),
    (Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)
#: Seconds after which a caller who got a 503 may try again.
RETRY_AFTER_S: Final = 5

_OURS = "the server failed to answer; the reason is in its log"
_LOCKED = "the store is being written by another process; try again when that is done"
_STORE = "the store cannot be read; the reason is in the server's log"


def register(app: Flask) -> None:
    """Answer every error of *app* with problem details."""
    app.register_error_handler(KGError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as problem details (RFC 9457), with the headers that belong to it."""

    status: HTTPStatus
    detail: str
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> bytes:
        """Return the details as JSON."""
        document = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            **self.members,
        }
        return json.dumps(document, ensure_ascii=False).encode()


def told(error: Exception, where: str) -> Problem:
    """Say what a caller is told of an error; what is ours goes to the log.

    Args:
        where: method and path of the request.
    """
    status = next((status for class_, status in STATUSES if isinstance(error, class_)), None)
    if status is None:
        log.error("%s failed", where, exc_info=error)
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _OURS)
    detail = str(error)
    if isinstance(error, StoreError) and not isinstance(error, StoreLocked):
        log.error("%s", error)  # it names folders of this machine
        detail = _STORE
    if isinstance(error, StoreLocked):
        detail = _LOCKED
    members: dict[str, object] = {}
    if isinstance(error, QuerySyntaxError) and error.line is not None:
        members = {"line": error.line, "column": error.column}
    headers = {}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="paperkg"'
    return Problem(status, detail, members, headers)


def problem_reply(problem: Problem) -> Reply:
    """Make the answer for an error to a program."""
    headers = [("content-type", MEDIA_TYPE), ("vary", "Accept"), *problem.headers.items()]
    return Reply(int(problem.status), headers, problem.document())


def _known(error: KGError) -> Response:
    problem = told(error, f"{request.method} {request.path}")
    return _response(problem)


def _http(error: HTTPException) -> Response:
    given = error.get_response()
    if error.code is None or error.code < 400:
        return Response(given.get_data(), given.status_code, given.headers)
    status = HTTPStatus(error.code)
    detail = error.description
    if not detail or detail == type(error).description:  # the framework's own words
        detail = f"{request.method} {request.path}: {status.phrase.lower()}"
    kept = {name: given.headers[name] for name in ("Allow", "Retry-After") if name in given.headers}
    return _response(Problem(status, detail, headers=kept))


def _unknown(error: Exception) -> Response:
    return _response(told(error, f"{request.method} {request.path}"))


def _heading(status: HTTPStatus) -> str:
    """Say in the reader's language what went wrong, in a few words."""
    headings = {
        HTTPStatus.BAD_REQUEST: gettext("The request has a mistake"),
        HTTPStatus.UNAUTHORIZED: gettext("Please log in"),
        HTTPStatus.FORBIDDEN: gettext("Not allowed"),
        HTTPStatus.NOT_FOUND: gettext("Nothing here"),
        HTTPStatus.NOT_ACCEPTABLE: gettext("Not available in that format"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext("The request is too large"),
        HTTPStatus.INTERNAL_SERVER_ERROR: gettext("The server failed"),
        HTTPStatus.SERVICE_UNAVAILABLE: gettext("The server is busy"),
    }
    return headings.get(status, status.phrase)


def _response(problem: Problem) -> Response:
    """Make the answer for an error, in the form that the caller prefers."""
    if prefers_page(_PROBLEM):
        body = render_template(
            "error.html",
            status=problem.status,
            heading=_heading(problem.status),
            detail=problem.detail,
        )
        response = Response(body, problem.status, content_type="text/html; charset=utf-8")
    else:
        response = Response(problem.document(), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response
