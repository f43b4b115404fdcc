"""The description of the API: for machines, and as a page on which to try it."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, request

from kg.web.openapi import document
from kg.web.replies import page

blueprint = Blueprint("docs", __name__)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.route("/openapi.json")
def openapi() -> Response:
    body = json.dumps(document(), ensure_ascii=False, indent=1).encode()
    response = Response(body, content_type="application/json")
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.route("/docs", strict_slashes=False)
def docs() -> Response:
    return page("docs.html")


@blueprint.after_app_request
def _let_scripts_run(response: Response) -> Response:
    """Let the page of the description run the scripts of this server, which no other may.

    Those of an application run before those that were registered ahead of them, so this
    policy takes the place of the general one.
    """
    if request.endpoint == f"{blueprint.name}.{docs.__name__}":
        response.headers["Content-Security-Policy"] = _POLICY
    return response
