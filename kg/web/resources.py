"""IRIs of the graph as pages and as RDF: what a thing is and what points at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import BadRequest
from kg.vocab import EXAMPLES_GRAPH, iri_safe
from kg.web.describe import DescribeJob, FindJob, PageJob, TextJob
from kg.web.protocol import (
    CSV,
    HTML,
    RESOURCE_SUFFIXES,
    RESOURCES,
    TEXT,
    choose,
    split_suffix,
)
from kg.web.replies import prefers_page, send
from kg.web.site.asked import told
from kg.web.site.frame import Alternate, show
from kg.web.site.kinds import kind_of
from kg.web.site.reading import TermsJob
from kg.web.site.tables import csv_of
from kg.web.state import KINDS, SINGLE, ask, link_to, local_path, server

blueprint = Blueprint("resources", __name__)

#: The route that shows anything as the plain facts about it.
_ANY = "resources.any_resource"


@dataclass(frozen=True, slots=True)
class _Found:
    """What a path names: an IRI that is in the graph, or terms whose label has its key."""

    iri: str | None
    suffix: str | None
    terms: tuple[str, ...] = ()


# Werkzeug's converter reads the tuple as Python writes it.
@blueprint.route(f"/<any{KINDS}:kind>/<path:rest>")
def resource(kind: str, rest: str) -> AnyResponse:
    found = _find(f"{kind}/{rest}", is_term=kind == "term")
    if found.iri is not None:
        return _describe(found.iri, found.suffix)
    if len(found.terms) == 1:
        return redirect(_with_suffix(found.terms[0], found.suffix), HTTPStatus.MOVED_PERMANENTLY)
    if found.terms:
        return _choices(found)
    raise NotFound(f"{kind}/{rest}: nothing of that name in the graph")


@blueprint.route(f"/<any{SINGLE}:name>")
@blueprint.route(f"/<any{SINGLE}:name>.<suffix>")
def single(name: str, suffix: str | None = None) -> AnyResponse:
    path = f"{name}.{suffix}" if suffix else name
    found = _find(path, is_term=False)
    if found.iri is None:
        raise NotFound(f"{path}: nothing of that name in the graph")
    return _describe(found.iri, found.suffix)


@blueprint.route("/resource")
def any_resource() -> AnyResponse:
    iris = request.args.getlist("iri")
    if len(iris) != 1 or not iris[0]:
        raise BadRequest(f"parameter 'iri': given {len(iris)} times; expected it once")
    if not _is_iri(iris[0]):
        raise BadRequest(f"parameter 'iri': {iris[0]!r}; expected an absolute IRI")
    answer = json.loads(ask(FindJob((iris[0],))).read())
    if not answer["found"][0]:
        raise NotFound(f"{iris[0]}: nothing of that name in the graph")
    return _describe(iris[0], request.args.get("format"))


def _find(path: str, *, is_term: bool) -> _Found:
    """Look a path up; only a known suffix is one, and only if it leads to something.

    The path is decoded already. Where that undid an escape which is part of the IRI, the
    IRI is the escaped path.
    """
    stem, suffix = split_suffix(path, RESOURCE_SUFFIXES)
    stems = _iris(stem)
    wholes = _iris(path) if suffix else ()
    label = stem.partition("/")[2] if is_term else None
    names = server().names.current() if is_term else None
    file = names.path if names is not None and not names.newer else None
    job = FindJob((*stems, *wholes), label, file, server().settings.base_iri)
    answer = json.loads(ask(job).read())
    there = dict(zip((*stems, *wholes), answer["found"], strict=True))
    for iri in stems:
        if there[iri]:
            return _Found(iri, suffix)
    for iri in wholes:
        if there[iri]:
            return _Found(iri, None)
    return _Found(None, suffix, tuple(answer["terms"]))


def _iris(path: str) -> tuple[str, ...]:
    base = server().settings.base_iri
    return tuple(dict.fromkeys(iri for iri in (base + path, base + iri_safe(path)) if _is_iri(iri)))


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _describe(iri: str, name: str | None) -> Response:
    """Answer with the description of an IRI that is in the graph."""
    accept = request.headers.get("Accept", "")
    choice = choose(accept, name, (*RESOURCES, HTML, TEXT, CSV))
    kind = kind_of(iri, server().settings.base_iri)
    if choice.format is TEXT and json.loads(ask(FindJob((iri,))).read())["texts"][0]:
        return send(TextJob(iri), choice)
    if choice.format is CSV and kind is not None and (table := kind.table(iri)) is not None:
        return csv_of(table)
    if choice.format is CSV and name is not None:
        raise NotFound(f"{iri}: has no table")
    if choice.format in (TEXT, CSV):
        choice = choose(accept, name, (*RESOURCES, HTML))
    if choice.format is HTML:
        made = None if kind is None or request.endpoint == _ANY else kind.page(iri)
        return made or _page(iri)
    # Editors fetch the examples by the name of their graph, about which little is said.
    with_graph = iri == server().settings.base_iri + EXAMPLES_GRAPH
    return send(DescribeJob(iri, choice.format.name, with_graph), choice)


def _page(iri: str) -> Response:
    """Show a thing as the plain facts about it."""
    facts: dict[str, Any] = json.loads(ask(PageJob(iri)).read())
    return show(
        "resource.html",
        alternates=[
            Alternate(format_.name, format_.media_type, _with_suffix(iri, format_.name))
            for format_ in RESOURCES
        ],
        iri=iri,
        shown=facts,
        has_page=request.endpoint == _ANY and kind_of(iri, server().settings.base_iri) is not None,
    )


def _with_suffix(iri: str, suffix: str | None) -> str:
    """Return the address of a description in a format."""
    address = link_to(iri)
    if suffix is None:
        return address
    if address.startswith(f"{request.script_root}/resource?"):
        return f"{address}&format={suffix}"
    if address.startswith("/"):
        return f"{address}.{suffix}"
    return f"{local_path('resource')}?{urlencode({'iri': iri, 'format': suffix})}"


def _choices(found: _Found) -> Response:
    """Answer 300 with the terms that a name may mean."""
    addresses = [(term, _with_suffix(term, found.suffix)) for term in found.terms]
    if prefers_page():
        terms = told(TermsJob(server().settings.base_iri, found.terms))["terms"]
        choices = [(term, address) for term, (_, address) in zip(terms, addresses, strict=True)]
        response = show("choices.html", status=HTTPStatus.MULTIPLE_CHOICES, choices=choices)
    else:
        body = {"choices": [{"iri": iri, "url": url} for iri, url in addresses]}
        response = Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
    response.status_code = HTTPStatus.MULTIPLE_CHOICES
    return response
