"""Saved queries: their list, and each with its parameters in the query string."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from kg.errors import BadRequest, UnknownQuery
from kg.queries import SavedQuery
from kg.web.jobs import Dataset, QueryJob
from kg.web.protocol import GRAPHS, HTML, PLAIN_JSON, RESULTS, choose, split_suffix
from kg.web.replies import page, send
from kg.web.sparql import PAGE_ROWS, formats_of, has_from, table_of
from kg.web.state import local_path, server

blueprint = Blueprint("saved", __name__)

_SUFFIXES: Final = tuple(format_.name for format_ in (*RESULTS, *GRAPHS, HTML))
#: Names in the query string that are not parameters of a saved query.
_OWN: Final = ("format", "page")


@blueprint.route("/queries")
def listing() -> Response:
    offered = (PLAIN_JSON, HTML)
    choice = choose(request.headers.get("Accept", ""), request.args.get("format"), offered)
    queries = [query for _, query in sorted(server().queries.items())]
    if choice.format is HTML:
        return page("queries.html", queries=queries)
    return jsonify({"queries": [_described(query) for query in queries]})


def _described(query: SavedQuery) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title,
        "description": query.description,
        "tags": list(query.tags),
        "form": query.form,
        "url": local_path(f"queries/{query.name}"),
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "required": parameter.required,
                "default": parameter.default,
                "example": parameter.example,
                "choices": list(parameter.choices),
                "description": parameter.description,
            }
            for parameter in query.parameters
        ],
    }


@dataclass(frozen=True, slots=True)
class _Call:
    """A saved query as a request calls it; ``page`` counts from 1, None for all rows."""

    query: SavedQuery
    suffix: str | None
    values: Mapping[str, str]
    page: int | None

    @property
    def lacks_values(self) -> bool:
        return any(
            parameter.required and not (self.values.get(parameter.name) or parameter.default)
            for parameter in self.query.parameters
        )

    def text(self) -> str:
        size = self.query.pagination
        if self.page is None or size is None:
            return self.query.bind(self.values)
        return self.query.bind(self.values, limit=size, offset=(self.page - 1) * size)

    def url(self, number: int) -> str:
        """The address of another page of the same call."""
        path = local_path(request.path.removeprefix("/"))
        return f"{path}?{_encoded({**request.args, 'page': str(number)})}"

    def links(self) -> dict[str, str]:
        """The ``Link`` header (RFC 8288) to the pages before and after this one."""
        if self.page is None:
            return {}
        links = [f'<{self.url(1)}>; rel="first"', f'<{self.url(self.page + 1)}>; rel="next"']
        if self.page > 1:
            links.append(f'<{self.url(self.page - 1)}>; rel="prev"')
        return {"Link": ", ".join(links)}


@blueprint.route("/queries/<name>")
def run(name: str) -> Response:
    call = _read_call(name)
    formats = formats_of(call.query.form)
    choice = choose(
        request.headers.get("Accept", ""),
        call.suffix or request.args.get("format"),
        (*formats, HTML),
    )
    if choice.format is HTML:
        return _page(call)
    text = call.text()
    job = QueryJob(text, choice.format.name, Dataset(has_from=has_from(text)))
    return send(job, choice, call.links())


def _page(call: _Call) -> Response:
    table = None
    if not call.lacks_values:
        text = call.text()
        table = table_of(text, PAGE_ROWS, Dataset(has_from=has_from(text)))
    values = {name: value for name, value in request.args.items() if name not in _OWN}
    return page(
        "saved_query.html",
        saved=call.query,
        values=values,
        table=table,
        downloads=[
            (format_.name, f"{local_path(f'queries/{call.query.name}.{format_.name}')}")
            for format_ in formats_of(call.query.form)
        ],
        query_string=_encoded(values | ({"page": str(call.page)} if (call.page or 1) > 1 else {})),
        call=call,
    )


def _read_call(name: str) -> _Call:
    queries = server().queries
    stem, suffix = split_suffix(name, _SUFFIXES)
    if name in queries:
        stem, suffix = name, None
    if stem not in queries:
        raise UnknownQuery(
            f"saved query {stem!r}: there is none of that name; {local_path('queries')} lists them"
        )
    for parameter, given in request.args.lists():
        if len(given) > 1:
            raise BadRequest(
                f"saved query {stem!r}: parameter {parameter!r} is given {len(given)} times; "
                "expected it once"
            )
    query = queries[stem]
    own = {parameter.name for parameter in query.parameters}
    values = {
        name: value
        for name, value in request.args.items()
        if value and (name in own or name not in _OWN)
    }
    return _Call(query, suffix, values, _page_number(query))


def _page_number(query: SavedQuery) -> int | None:
    if query.pagination is None:
        return None
    given = request.args.get("page") or "1"
    if not (given.isascii() and given.isdigit() and int(given[:9]) > 0 and len(given) < 10):
        raise BadRequest(f"saved query {query.name!r}: page {given!r}; expected 1, 2, 3, …")
    return int(given)


def _encoded(values: Mapping[str, str]) -> str:
    return urlencode(sorted(values.items()))
