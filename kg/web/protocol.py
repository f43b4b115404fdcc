"""The SPARQL 1.1 Protocol and content negotiation, with no web framework in it.

Sources: https://www.w3.org/TR/sparql11-protocol/ (what a request may carry) and
RFC 9110 section 12.5.1 (what ``Accept`` means).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from kg.errors import BadRequest, NotAcceptable, UnsupportedMediaType


@dataclass(frozen=True, slots=True)
class Format:
    """Something that a result can be written as.

    ``name`` is what ``format=`` and suffixes call it; ``media_types`` are those that
    ``Accept`` may ask for, the registered one first.
    """

    name: str
    media_types: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        return self.media_types[0]


@dataclass(frozen=True, slots=True)
class Choice:
    """A format, and the media type of it that the caller asked for."""

    format: Format
    media_type: str

    @property
    def content_type(self) -> str:
        """The header's value: text types say their charset, which is always UTF-8.

        >>> Choice(CSV, "text/csv").content_type
        'text/csv; charset=utf-8'
        """
        text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if text else self.media_type


JSON: Final = Format("json", ("application/sparql-results+json", "application/json"), ("srj",))
XML: Final = Format(
    "xml", ("application/sparql-results+xml", "application/xml", "text/xml"), ("srx",)
)
CSV: Final = Format("csv", ("text/csv",))
TSV: Final = Format("tsv", ("text/tab-separated-values",))
TURTLE: Final = Format("ttl", ("text/turtle", "application/x-turtle"), ("turtle",))
N_TRIPLES: Final = Format("nt", ("application/n-triples",), ("ntriples", "n-triples"))
JSON_LD: Final = Format("jsonld", ("application/ld+json", "application/json"), ("json-ld", "json"))
RDF_XML: Final = Format(
    "rdf", ("application/rdf+xml", "application/xml", "text/xml"), ("rdfxml", "xml")
)
N3: Final = Format("n3", ("text/n3", "text/rdf+n3"))
TRIG: Final = Format("trig", ("application/trig",))
N_QUADS: Final = Format("nq", ("application/n-quads",), ("nquads",))
HTML: Final = Format("html", ("text/html",))
TEXT: Final = Format("txt", ("text/plain",), ("text",))
PLAIN_JSON: Final = Format("json", ("application/json",))

#: What a SELECT or ASK, and what a CONSTRUCT or DESCRIBE can be written as; the first is
#: what a caller without a wish gets.
RESULTS: Final = (JSON, XML, CSV, TSV)
GRAPHS: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, N3, TRIG, N_QUADS)
#: How a description of one thing can be had.
RESOURCES: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)
#: Path suffixes of descriptions.
RESOURCE_SUFFIXES: Final = ("ttl", "nt", "jsonld", "json", "rdf", "txt", "csv")

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_RANGE = re.compile(rf"\A\s*({_WORD})/({_WORD})\s*")
_PARAMETER = re.compile(rf'(?:(?<!\s)\s+)?+;\s*({_WORD})\s*=\s*("(?:[^"\\]|\\.)*"|{_WORD})\s*')
_PARTS = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_QUALITY = re.compile(r"[01](?:\.\d*)?\Z")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_ABSOLUTE_IRI = re.compile(r"\A[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|^`\\]*\Z")


@dataclass(frozen=True, slots=True)
class _Range:
    """One part of an ``Accept`` header; ``plain`` if it has no parameters of its own."""

    type: str
    subtype: str
    quality: float
    plain: bool

    def specificity(self, media_type: str, registered: bool) -> tuple[int, bool] | None:
        """How exactly this range names *media_type*; None if it does not at all.

        Wildcards stand for registered types only: ``text/*`` is CSV rather than XML.
        """
        type_, _, subtype = media_type.partition("/")
        if self.type == type_ and self.subtype == subtype:
            return 2, self.plain
        if not registered or self.subtype != "*":
            return None
        if self.type == type_:
            return 1, self.plain
        return (0, self.plain) if self.type == "*" else None


def _parse_accept(accept: str) -> list[_Range]:
    """Read an ``Accept`` header; a part that makes no sense counts as not there."""
    ranges = []
    for part in _PARTS.findall(accept):
        found = _RANGE.match(part)
        if not found:
            continue
        type_, subtype = found[1].lower(), found[2].lower()
        place, quality, plain = found.end(), 1.0, True
        while parameter := _PARAMETER.match(part, place):
            name, value, place = parameter[1].lower(), parameter[2], parameter.end()
            if name == "q":
                quality = float(value) if _QUALITY.match(value) else -1.0
            elif name != "charset":
                plain = False
        if place == len(part) and 0 <= quality <= 1 and (type_ != "*" or subtype == "*"):
            ranges.append(_Range(type_, subtype, quality, plain))
    return ranges


def negotiate(accept: str, offered: Sequence[Format]) -> Choice:
    """Choose what to answer with.

    The most specific range that names a media type says how much it is wanted. The type
    that is wanted most wins, of equals the one that is named more exactly, then the one
    offered first. Parameters other than ``q`` do not keep a range from fitting: every
    answer is UTF-8, and no offered type has another parameter that a reader must know.

    Args:
        accept: the header; empty takes the first offer.
        offered: not empty, the server's own preference first.

    Raises:
        NotAcceptable: no offered type has a quality above 0.

    >>> negotiate("text/*;q=0.5, application/sparql-results+xml;q=0.4", RESULTS).media_type
    'text/csv'
    >>> negotiate("text/csv;q=0, */*", RESULTS).format.name
    'json'
    """
    ranges = _parse_accept(accept)
    if not ranges:
        return Choice(offered[0], offered[0].media_type)
    best: tuple[float, int] = (0.0, 0)
    chosen: Choice | None = None
    for format_ in offered:
        for media_type in format_.media_types:
            fitting = [
                (specificity, range_.quality)
                for range_ in ranges
                if (specificity := range_.specificity(media_type, media_type == format_.media_type))
            ]
            if not fitting:
                continue
            (exactness, _), quality = max(fitting)
            if quality > 0 and (quality, exactness) > best:
                best, chosen = (quality, exactness), Choice(format_, media_type)
    if chosen is None:
        raise NotAcceptable(f"cannot produce {accept!r}; offered: {_listed(offered)}")
    return chosen


def format_named(name: str, offered: Sequence[Format]) -> Choice:
    """Find a format by the name that ``format=`` or a suffix gives, or by media type.

    Raises:
        NotAcceptable: nothing of that name is offered.
    """
    wanted = name.strip().lower()
    for format_ in offered:
        if wanted == format_.name or wanted in format_.aliases:
            return Choice(format_, format_.media_type)
        if wanted in format_.media_types:
            return Choice(format_, wanted)
    names = ", ".join(format_.name for format_ in offered)
    raise NotAcceptable(f"format {name!r}; offered here: {names}")


@lru_cache(maxsize=1024)
def choose(accept: str, name: str | None, offered: tuple[Format, ...]) -> Choice:
    """Choose by the name if there is one, else by ``Accept``.

    Raises:
        NotAcceptable: nothing that is offered fits.
    """
    return format_named(name, offered) if name else negotiate(accept, offered)


def _listed(offered: Iterable[Format]) -> str:
    return ", ".join(media_type for format_ in offered for media_type in format_.media_types)


def split_suffix(path: str, suffixes: Collection[str]) -> tuple[str, str | None]:
    """Cut a known suffix off a path; keys hold dots, so other endings stay.

    >>> split_suffix("paper/2408.00874.ttl", RESOURCE_SUFFIXES)
    ('paper/2408.00874', 'ttl')
    >>> split_suffix("term/llama-3.1", RESOURCE_SUFFIXES)
    ('term/llama-3.1', None)
    """
    stem, dot, ending = path.rpartition(".")
    return (stem, ending) if dot and stem and ending in suffixes else (path, None)


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What a request to the query operation says.

    ``text`` is None where there is no query. ``default_graphs`` and ``named_graphs`` are
    None where the request names no graph at all; where it names any, both are tuples.
    """

    text: str | None
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    format: str | None


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """What a request to the update operation says; the graphs are for its WHERE clauses."""

    text: str
    using_graphs: tuple[str, ...]
    using_named_graphs: tuple[str, ...]


FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"


def media_type_of(content_type: str) -> str:
    """Return the media type of a ``Content-Type`` header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def read_operation(
    method: str, content_type: str, url_query: bytes, body: bytes
) -> QueryRequest | UpdateRequest:
    """Read a request to the query or the update operation.

    Args:
        method: ``GET``, ``HEAD`` or ``POST``.
        content_type: the header of a POST.
        url_query: the URL's part after ``?``, as sent.
        body: of a POST, as sent.

    Raises:
        BadRequest: a parameter is there twice, is not UTF-8, or names no absolute IRI; or
            an update stands in a URL.
        UnsupportedMediaType: a POST of something else.
    """
    in_url = _parameters(url_query, "the URL")
    if any(name == "update" for name, _ in in_url):
        raise BadRequest("parameter 'update': in the URL; expected an update in a POST's body")
    if method != "POST":
        return _query_request(in_url)
    media_type = media_type_of(content_type)
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"charset {charset[1]!r}; expected UTF-8")
    if media_type == FORM:
        in_body = _parameters(body, "the body")
        for name in ("query", "update"):
            _only([*in_url, *in_body], name)
        if any(name == "update" for name, _ in in_body):
            return _update_request([*in_url, *in_body])
        return _query_request([*in_url, *in_body])
    if media_type == QUERY:
        if any(name == "query" for name, _ in in_url):
            raise BadRequest("parameter 'query': in the URL and the body; expected one query")
        return _query_request([*in_url, ("query", _decoded(body, "the body"))])
    if media_type == UPDATE:
        return _update_request([*in_url, ("update", _decoded(body, "the body"))])
    raise UnsupportedMediaType(f"content type {media_type!r}; expected {FORM}, {QUERY} or {UPDATE}")


def _query_request(parameters: Sequence[tuple[str, str]]) -> QueryRequest:
    _refuse(parameters, ("using-graph-uri", "using-named-graph-uri"), "a query")
    default = _graphs(parameters, "default-graph-uri")
    named = _graphs(parameters, "named-graph-uri")
    names_any = bool(default or named)
    return QueryRequest(
        _only(parameters, "query"),
        default if names_any else None,
        named if names_any else None,
        _only(parameters, "format") or None,
    )


def _update_request(parameters: Sequence[tuple[str, str]]) -> UpdateRequest:
    _refuse(parameters, ("query", "default-graph-uri", "named-graph-uri"), "an update")
    return UpdateRequest(
        _only(parameters, "update") or "",
        _graphs(parameters, "using-graph-uri"),
        _graphs(parameters, "using-named-graph-uri"),
    )


def _refuse(parameters: Sequence[tuple[str, str]], names: Collection[str], operation: str) -> None:
    for name, _ in parameters:
        if name in names:
            raise BadRequest(f"parameter {name!r}: has no meaning for {operation}; leave it out")


def _only(parameters: Sequence[tuple[str, str]], name: str) -> str | None:
    values = [value for name_, value in parameters if name_ == name]
    if len(values) > 1:
        raise BadRequest(f"parameter {name!r}: given {len(values)} times; expected it once")
    return values[0] if values else None


def _graphs(parameters: Sequence[tuple[str, str]], name: str) -> tuple[str, ...]:
    graphs = tuple(value for name_, value in parameters if name_ == name)
    for graph in graphs:
        if not is_absolute_iri(graph):
            raise BadRequest(f"parameter {name!r}: {graph!r}; expected an absolute IRI")
    return graphs


def is_absolute_iri(text: str) -> bool:
    """Tell whether *text* can be looked up as an IRI.

    >>> is_absolute_iri("https://example.org/가"), is_absolute_iri("a/b"), is_absolute_iri("a:<b>")
    (True, False, False)
    """
    return _ABSOLUTE_IRI.match(text) is not None


def _parameters(encoded: bytes, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=1000,
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest(f"{where}: cannot be read ({_reason(error)}); expected UTF-8") from error


def _decoded(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{where}: cannot be read ({_reason(error)}); expected UTF-8") from error


def _reason(error: ValueError) -> str:
    return error.reason if isinstance(error, UnicodeDecodeError) else str(error)
