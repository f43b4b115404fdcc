"""A saved query as a request calls it: its parameters, wherever they stand, and its page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import request
from werkzeug.exceptions import InternalServerError

from kg.errors import BadRequest, UnknownQuery, UnsupportedMediaType
from kg.queries import SavedQuery, WatchedQueries
from kg.queries.values import shown
from kg.sparql import has_dataset
from kg.web.jobs import Dataset
from kg.web.plans import formats_of
from kg.web.protocol import GRAPHS, HTML, RESULTS, Format, split_suffix
from kg.web.state import local_path, server

FORM: Final = "application/x-www-form-urlencoded"
PLAIN: Final = "application/json"
#: The rows of a query with a shape: as SPARQL has them, and as the shape draws them.
SPARQL_JSON: Final = Format("srj", ("application/sparql-results+json",))
SHAPED: Final = Format("json", (PLAIN,))

_SUFFIXES: Final = tuple(format_.name for format_ in (*RESULTS, *GRAPHS, SPARQL_JSON, HTML))
_FORMAT: Final = "format"
_PAGE: Final = "page"
#: grlc lets a caller name the server that is asked.
_ENDPOINT: Final = "endpoint"
_FIELDS: Final = 1000
#: Common limit of a header is 8 KB, and there may be three addresses in one.
_LONGEST_LINK: Final = 2500


@dataclass(frozen=True, slots=True)
class Call:
    """``values`` are those that are given and not empty; ``page`` counts from 1, and is None
    where all rows come at once. ``form`` tells that the caller has filled something in."""

    query: SavedQuery
    suffix: str | None
    format: str | None
    values: Mapping[str, str]
    page: int | None
    form: bool

    @property
    def size(self) -> int | None:
        """How many rows a page has."""
        return None if self.page is None else self.query.pagination

    @property
    def offset(self) -> int:
        """How many rows stand before the page."""
        return ((self.page or 1) - 1) * (self.size or 0)

    def text(self, more: int = 0) -> str:
        """Return what to run: the page, and so many rows more."""
        if self.size is None:
            return self.query.bind(self.values)
        return self.query.bind(self.values, limit=self.size + more, offset=self.offset)

    def next_text(self) -> str | None:
        """Return a query that has a row where there is a page after this one."""
        if self.size is None:
            return None
        return self.query.bind_next(self.values, self.offset + self.size)

    def url(self, page: int, suffix: str | None = None) -> str:
        """Return the address of another page of the same call, or of it as another format."""
        ending = suffix or self.suffix
        path = local_path(f"queries/{self.query.name}" + (f".{ending}" if ending else ""))
        fields = dict(self.values)
        if self.format and suffix is None:
            fields[_FORMAT] = self.format
        if page > 1 or (suffix is None and self.page is not None):
            fields[_PAGE] = str(page)
        return f"{path}?{urlencode(fields)}" if fields else path

    def links(self, *, more: bool) -> dict[str, str]:
        """Return the ``Link`` header (RFC 8288) to other pages; ``last`` would cost a count.

        There is none where values that came in a body would make it too long to be read.
        """
        if self.page is None or len(self.url(self.page + 1)) > _LONGEST_LINK:
            return {}
        links = [f'<{self.url(1)}>; rel="first"']
        if self.page > 1:
            links.append(f'<{self.url(self.page - 1)}>; rel="prev"')
        if more:
            links.append(f'<{self.url(self.page + 1)}>; rel="next"')
        return {"Link": ", ".join(links)}


def dataset_of_saved(text: str) -> Dataset:
    """Return what a saved query sees: all graphs as one, whatever the endpoint's default is."""
    return Dataset(has_from=has_dataset(text))


def formats_for(query: SavedQuery) -> tuple[Format, ...]:
    """What a saved query can be answered with; grlc gives the shape for plain JSON alone."""
    formats = formats_of(query.form)
    return formats if query.shape is None else (SPARQL_JSON, SHAPED, *formats[1:])


def own_names(query: SavedQuery) -> tuple[str, ...]:
    """Names in a request that are not parameters of the query: a parameter goes first."""
    own = (_FORMAT, _PAGE) if is_paged(query) else (_FORMAT,)
    taken = {parameter.name for parameter in query.parameters}
    return tuple(name for name in own if name not in taken)


def is_paged(query: SavedQuery) -> bool:
    """Whether answers come in pages; that of an ASK has no rows."""
    return query.pagination is not None and query.form != "ASK"


def read_call(name: str) -> Call:
    """Read the current request for a saved query.

    Args:
        name: as in the path, with a suffix or without.

    Raises:
        UnknownQuery: there is none of that name.
        BadRequest: something is there twice, cannot be read, or has no meaning here.
        UnsupportedMediaType: a body that is no form and no JSON.
        InternalServerError: its file is broken; only while files are watched.
    """
    query, suffix = _find(name)
    fields = [*_in_url(), *_in_body()]
    where = f"saved query {query.name!r}"
    for field, count in Counter(field for field, _ in fields).items():
        if count > 1:
            raise BadRequest(
                f"{where}: parameter {shown(field)} is given {count} times; expected it once"
            )
    given = {field: value for field, value in fields if value}
    own = {field: given.pop(field) for field in own_names(query) if field in given}
    if _ENDPOINT in given and all(p.name != _ENDPOINT for p in query.parameters):
        raise BadRequest(f"{where}: 'endpoint': the graph of this server is asked; leave it out")
    page = _page_number(where, own.get(_PAGE, "1")) if is_paged(query) else None
    return Call(query, suffix, own.get(_FORMAT), given, page, form=bool(given))


def _find(name: str) -> tuple[SavedQuery, str | None]:
    queries = server().queries
    stem, suffix = split_suffix(name, _SUFFIXES)
    if isinstance(queries, WatchedQueries) and stem in queries.broken:
        raise InternalServerError(queries.broken[stem])
    if stem not in queries:
        raise UnknownQuery(
            f"saved query {shown(stem)}: there is none of that name; "
            f"{local_path('queries')} lists them"
        )
    return queries[stem], suffix


def _in_url() -> Iterable[tuple[str, str]]:
    return _decoded(request.query_string, "the URL")


def _in_body() -> Iterable[tuple[str, str]]:
    if request.method != "POST":
        return ()
    body = request.get_data()
    if not body:
        return ()
    if request.mimetype == FORM:
        return _decoded(body, "the body")
    if request.mimetype == PLAIN:
        return _in_json(body)
    raise UnsupportedMediaType(f"content type {request.mimetype!r}; expected {FORM} or {PLAIN}")


def _decoded(encoded: bytes, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_FIELDS,
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(f"{where}: cannot be read; expected fields in UTF-8") from error


def _in_json(body: bytes) -> list[tuple[str, str]]:
    expected = 'expected a JSON object, as in {"name": "value"}'
    try:
        # Numbers stay as they are written, and names that come twice are seen.
        pairs = json.loads(body, parse_int=str, parse_float=str, object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body: cannot be read; {expected}") from error
    if not isinstance(pairs, tuple):
        raise BadRequest(f"the body: is no object; {expected}")
    return [(name, _as_text(name, value)) for name, value in pairs]


def _as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise BadRequest(
        f"the body: {shown(name)} is no single value; expected a text, a number, true or false"
    )


def _page_number(where: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given[:9]) > 0 and len(given) < 10):
        raise BadRequest(f"{where}: page {shown(given)}; expected 1, 2, 3, …")
    return int(given)
