"""Errors over HTTP: RFC 9457 problem details, or a page where a browser asks."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from kg.errors import (
    BadRequest,
    Forbidden,
    KGError,
    NotAcceptable,
    Overloaded,
    QueryStopped,
    QuerySyntaxError,
    QueryTimeout,
    StoreError,
    TooLarge,
    UnknownQuery,
    UnsupportedMediaType,
)
from kg.web.protocol import Format
from kg.web.replies import prefers_page

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_PROBLEM: Final = Format("problem", (MEDIA_TYPE, "application/json"))

#: The status of each error; the first class that fits counts.
STATUSES: Final[tuple[tuple[type[KGError], HTTPStatus], ...]] = (
    (BadRequest, HTTPStatus.BAD_REQUEST),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (UnknownQuery, HTTPStatus.NOT_FOUND),
    (NotAcceptable, HTTPStatus.NOT_ACCEPTABLE),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnsupportedMediaType, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (QueryTimeout, HTTPStatus.SERVICE_UNAVAILABLE),
    (QueryStopped, HTTPStatus.SERVICE_UNAVAILABLE),
    (Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)
#: Seconds after which a caller who got a 503 may try again.
RETRY_AFTER_S: Final = 5

_OURS = "the server failed to answer; the reason is in its log"
_STORE = "the store cannot be read; the reason is in the server's log"


def register(app: Flask) -> None:
    """Answer every error of *app* with problem details."""
    app.register_error_handler(KGError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _known(error: KGError) -> Response:
    status = next((status for class_, status in STATUSES if isinstance(error, class_)), None)
    if status is None:
        return _unknown(error)
    detail = str(error)
    if isinstance(error, StoreError):  # its message names folders of this machine
        log.error("%s", error)
        detail = _STORE
    members: dict[str, object] = {}
    if isinstance(error, QuerySyntaxError) and error.line is not None:
        members = {"line": error.line, "column": error.column}
    response = problem(status, detail, members)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _http(error: HTTPException) -> Response:
    given = error.get_response()
    if error.code is None or error.code < 400:
        return Response(given.get_data(), given.status_code, given.headers)
    status = HTTPStatus(error.code)
    detail = error.description
    if not detail or detail == type(error).description:  # the framework's own words
        detail = f"{request.method} {request.path}: {status.phrase.lower()}"
    response = problem(status, detail)
    for name in ("Allow", "Retry-After"):
        if name in given.headers:
            response.headers[name] = given.headers[name]
    return response


def _unknown(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, _OURS)


def problem(status: HTTPStatus, detail: str, members: dict[str, object] | None = None) -> Response:
    """Make the answer for an error, in the form that the caller prefers."""
    if prefers_page(_PROBLEM):
        body = render_template("error.html", status=status, detail=detail)
        return Response(body, status, content_type="text/html; charset=utf-8")
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        **(members or {}),
    }
    return Response(json.dumps(document, ensure_ascii=False), status, content_type=MEDIA_TYPE)
