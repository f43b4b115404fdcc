"""The description of the API: for machines, and as a page on which to try it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from kg.web.openapi import document
from kg.web.replies import page

blueprint = Blueprint("docs", __name__)


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
