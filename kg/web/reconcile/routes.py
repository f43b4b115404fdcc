"""The addresses of the service, below ``/reconcile``.

Those of version 1.0 are the same below ``/reconcile/1.0-draft``, whose manifest is that of
1.0 alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import BadRequest, UnsupportedMediaType
from kg.link.keys import key
from kg.web.call import FORM, PLAIN
from kg.web.jobs import Job
from kg.web.names.identifiers import own_id
from kg.web.reconcile.jobs import ExtendJob, MatchJob, PreviewJob, Source, SuggestJob
from kg.web.reconcile.manifest import DRAFT, draft, manifest
from kg.web.reconcile.requests import (
    checked_text,
    read_batch,
    read_draft_batch,
    read_extension,
    read_json,
    whole_number,
)
from kg.web.reconcile.schema import (
    PROPERTIES,
    TYPES,
    properties_of,
    property_named,
    shortened,
    type_named,
)
from kg.web.reconcile.shapes import property_shape, type_shape
from kg.web.site.languages import preferred
from kg.web.state import ask, local_path, server

blueprint = Blueprint("reconcile", __name__)

_ROOTS: Final = ("/reconcile", f"/reconcile/{DRAFT}")
_JSON: Final = "application/json"
#: A name of a function, perhaps of an object, as a script may be asked to call.
_CALLBACK: Final = re.compile(
    r"[A-Za-z_$][A-Za-z0-9_$]{0,60}(?:\.[A-Za-z_$][A-Za-z0-9_$]{0,60}){0,4}"
)
_FIELDS: Final = 100
#: Suggestions of a request, where it does not say, and at most.
_SUGGESTIONS: Final = 10
_MOST: Final = 100
#: Other sites show the preview in a frame, as is its purpose; nothing in it runs.
_PREVIEW_POLICY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)


def _at(path: str, **options: Any) -> Callable[[Any], Any]:
    """Register a route below both roots."""

    def registered(function: Any) -> Any:
        for root in _ROOTS:
            blueprint.route(root + path, **options)(function)
        return function

    return registered


@blueprint.route("/reconcile", methods=["GET", "POST"], strict_slashes=False)
def service() -> Response:
    """Answer a batch of version 0.2, give values, or else tell what the service is."""
    fields = _in_form() if request.method == "POST" else _in_url()
    queries, extend = fields.get("queries"), fields.get("extend")
    if queries is not None and extend is not None:
        raise BadRequest("'queries' and 'extend': given both; expected one of them")
    if queries is not None:
        batch = read_batch(read_json(queries, "queries"))
        return _worked(MatchJob(_source(), tuple(batch.values()), tuple(batch)))
    if extend is not None:
        asked = read_extension(read_json(extend, "extend"))
        return _worked(ExtendJob(_source(), asked, draft=False))
    if request.method == "POST":
        raise BadRequest("body: has neither 'queries' nor 'extend'; expected one of them")
    server().names.begin()  # who reads this asks for names next
    base = server().settings.base_iri
    return _answer(manifest(base, request.url_root, preferred()))


@blueprint.route(f"/reconcile/{DRAFT}", strict_slashes=False)
def draft_service() -> Response:
    server().names.begin()
    return _answer(draft(request.url_root, preferred()))


@_at("/match", methods=["POST"])
def matched() -> Response:
    """Answer a batch of version 1.0."""
    return _worked(MatchJob(_source(), tuple(read_draft_batch(_in_json()))))


@_at("/extend", methods=["POST"])
def extended() -> Response:
    """Give values of properties, in version 1.0."""
    return _worked(ExtendJob(_source(), read_extension(_in_json()), draft=True))


@_at("/extend/propose")
def proposed() -> Response:
    fields = _in_url()
    given = fields.get("type")
    limit = _number(fields, "limit", len(PROPERTIES), least=1)
    found = properties_of(type_named(given)) if given else list(PROPERTIES.values())
    language = preferred()
    shapes = [property_shape(one, language) for one in found[:limit]]
    answer: dict[str, Any] = {"properties": shapes}
    if given:
        answer["type"] = given
    if "limit" in fields:
        answer["limit"] = limit
    return _answer(answer)


@_at("/suggest/entity")
def suggested() -> Response:
    fields = _in_url()
    prefix = checked_text(fields.get("prefix", ""), "prefix")
    types = tuple(type_named(name) for name in fields.get("type", "").split(",") if name)
    limit, offset = _page(fields)
    return _worked(SuggestJob(_source(), prefix, types, limit, offset))


@_at("/suggest/property", defaults={"kind": "property"})
@_at("/suggest/type", defaults={"kind": "type"})
def suggested_name(kind: str) -> Response:
    fields = _in_url()
    prefix = checked_text(fields.get("prefix", ""), "prefix").strip()
    language = preferred()
    if kind == "type":
        shapes = [type_shape(one, language, above=True) for one in _starting(prefix, TYPES)]
    else:
        found = _starting(prefix, PROPERTIES)
        shapes = [property_shape(one, language, suggested=True) for one in found]
    limit, offset = _page(fields)
    return _answer({"result": shapes[offset : offset + limit]})


def _starting(prefix: str, known: dict[str, Any]) -> list[Any]:
    """Return the types or properties of which an identifier or a word of a name starts so."""
    wanted = key(prefix)
    found = []
    for one in known.values():
        words = f"{one.english} {one.korean}".split()
        names = [one.id, one.id.partition(":")[2], one.english, one.korean, *words]
        if one.id == prefix or any(key(name).startswith(wanted) for name in names):
            found.append(one)
    return found


@blueprint.route("/reconcile/flyout/entity", defaults={"kind": "entity"})
@blueprint.route("/reconcile/flyout/property", defaults={"kind": "property"})
@blueprint.route("/reconcile/flyout/type", defaults={"kind": "type"})
def flyout(kind: str) -> Response:
    """Tell in a line of HTML what something that was suggested is (version 0.2)."""
    id_ = _id()
    if kind == "entity":
        shown = _previewed(id_)
        title, text = shown["name"], shown["description"]
    elif kind == "type":
        type_ = type_named(id_)
        title = type_.label(preferred())
        text = " · ".join(TYPES[name].label(preferred()) for name in type_.above)
    else:
        shape = property_shape(property_named(id_), preferred(), suggested=True)
        title, text = shape["name"], shape["description"]
    html = render_template("reconcile_flyout.html", title=title, text=text, id=id_)
    return _answer({"id": id_, "html": html})


@_at("/preview")
def preview() -> Response:
    """Show a thing on a small page, in a frame of the client's."""
    html = render_template("reconcile_preview.html", shown=_previewed(_id()), language=preferred())
    return _with_language(Response(html, content_type="text/html; charset=utf-8"))


@_at("/view")
def view() -> AnyResponse:
    """Lead to the page of a thing."""
    id_ = _id()
    own = own_id(id_, server().settings.base_iri)
    if own is None:
        raise NotFound(f"id {shortened(id_)}: names no term, author or paper")
    return redirect(local_path(own), HTTPStatus.SEE_OTHER)


@blueprint.after_app_request
def _let_frames_show(response: Response) -> Response:
    """Let other sites show the preview, and no other page, in a frame; see ``kg.web.docs``."""
    if request.endpoint == f"{blueprint.name}.{preview.__name__}" and response.status_code == 200:
        response.headers["Content-Security-Policy"] = _PREVIEW_POLICY
    return response


def _previewed(id_: str) -> dict[str, Any]:
    shown: dict[str, Any] | None = json.loads(ask(PreviewJob(_source(), id_)).read())
    if shown is None:
        raise NotFound(f"id {shortened(id_)}: names no term, author or paper")
    return shown


def _source() -> Source:
    return Source(server().names.newest(), server().settings.base_iri, preferred())


def _worked(job: Job) -> Response:
    """Answer with what a query worker makes."""
    return _answered(ask(job).read())


def _answer(answer: Any) -> Response:
    return _answered(json.dumps(answer, ensure_ascii=False).encode())


def _answered(body: bytes) -> Response:
    """Answer with JSON, or with a script that hands it to a function, where one is named."""
    callback = _in_url().get("callback") if request.method == "GET" else None
    if callback is None:
        return _with_language(Response(body, content_type=_JSON))
    if not _CALLBACK.fullmatch(callback):
        told = shortened(callback)
        raise BadRequest(
            f"callback {told}: is no name of a function; expected one as in 'f' or 'a.f'"
        )
    # What is a line's end to a script is escaped, as all that is not ASCII; the comment keeps
    # the name from being read as the start of another format.
    safe = json.dumps(json.loads(body)).replace("<", "\\u003c")
    script = f"/**/{callback}({safe});"
    return _with_language(Response(script, content_type="text/javascript; charset=utf-8"))


def _with_language(response: Response) -> Response:
    response.headers["Content-Language"] = preferred()
    response.vary.add("Accept-Language")
    return response


def _in_url() -> dict[str, str]:
    return _once(_decoded(request.query_string, "the URL"))


def _in_form() -> dict[str, str]:
    if request.mimetype != FORM:
        raise UnsupportedMediaType(
            f"content type {request.mimetype!r}; expected {FORM} with 'queries' or 'extend'"
        )
    return _once(_decoded(request.get_data(), "the body"))


def _in_json() -> Any:
    if request.mimetype != PLAIN:
        raise UnsupportedMediaType(f"content type {request.mimetype!r}; expected {PLAIN}")
    return read_json(request.get_data(), "body")


def _decoded(encoded: bytes, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(f"{where}: cannot be read; expected fields in UTF-8") from error


def _once(fields: list[tuple[str, str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in fields:
        if name in given:
            raise BadRequest(f"parameter {shortened(name)}: given twice; expected it once")
        given[name] = value
    return given


def _id() -> str:
    id_ = checked_text(_in_url().get("id", ""), "id")
    if not id_:
        raise BadRequest("parameter 'id': missing; expected one such as term/lora")
    return id_


def _page(fields: dict[str, str]) -> tuple[int, int]:
    """Return how many suggestions are wanted, and how many before them are not."""
    limit = _number(fields, "limit", _SUGGESTIONS, least=1)
    skipped = "offset" if "offset" in fields else "cursor"  # the name in version 0.2
    return min(limit, _MOST), _number(fields, skipped, 0, least=0)


def _number(fields: dict[str, str], name: str, default: int, *, least: int) -> int:
    given = fields.get(name, "")
    number = whole_number(given) if given else default
    if number is None or number < least:
        raise BadRequest(f"parameter {name!r}: {shortened(given)}; expected a number from {least}")
    return number
