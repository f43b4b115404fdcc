"""What the W3C's protocol cases are made of: requests sent byte for byte, and what must come back.

The cases are those of https://github.com/w3c/rdf-tests (sparql/sparql11/protocol and
sparql/sparql11/graph-store-protocol), said in our own words under their names.
"""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pyoxigraph as ox
import rdflib
import zstandard
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.namespace import RDF

TOKEN = "a token for the tests"
#: The name that the requests give the server, whatever its address.
HOST = "www.example"
SUCCESS = frozenset(range(200, 400))
REFUSED = frozenset(range(400, 500))

_HTTP = rdflib.Namespace("http://www.w3.org/2011/http#")
_MANIFEST = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
_STATUSES = {
    "StatusCode2xx": frozenset(range(200, 300)),
    "StatusCode3xx": frozenset(range(300, 400)),
    "StatusCode4xx": REFUSED,
    "OK": frozenset({200}),
    "Created": frozenset({201}),
    "NoContent": frozenset({204}),
    "NotFound": frozenset({404}),
}
#: What the manifest's kinds of answers may be sent as.
MEDIA_TYPES = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": (
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    ),
    "RDF": ("text/turtle", "application/n-triples", "application/rdf+xml"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request; only these headers are sent, and ``Host``, ``Content-Length`` and a token."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def boolean(self) -> bool:
        """The answer to an ASK."""
        format_ = ox.QueryResultsFormat.from_media_type(self.media_type)
        assert format_ is not None, self
        return bool(ox.parse_query_results(self.body, format_))


def decoded(reply: Reply) -> bytes:
    """Take the content coding off the body of an answer."""
    coding = reply.headers.get("content-encoding")
    if coding == "gzip":
        return gzip.decompress(reply.body)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(reply.body)
    assert coding is None
    return reply.body


@dataclass(frozen=True, slots=True)
class Step:
    """A request and what is expected of its answer; None is not asked for.

    ``kind`` is one of :data:`MEDIA_TYPES`, ``graph`` is Turtle. Where ``names_graph``, the
    answer's ``Location`` stands for ``$LOCATION$`` in the targets that follow.
    """

    request: Request
    statuses: frozenset[int]
    boolean: bool | None = None
    kind: str | None = None
    content_type: str | None = None
    graph: str | None = None
    names_graph: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A case under its W3C name; ``data`` are numbers of documents it starts with."""

    name: str
    steps: tuple[Step, ...]
    data: tuple[int, ...] = ()


def send(url: str, request: Request, *, token: str | None = TOKEN) -> Reply:
    """Send a request as it stands, on a connection of its own."""
    address = urlsplit(url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    try:
        connection.putrequest(
            request.method, request.target, skip_host=True, skip_accept_encoding=True
        )
        connection.putheader("Host", HOST)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        if token is not None:
            connection.putheader("Authorization", f"Bearer {token}")
        connection.endheaders(request.body)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, headers, answer.read())
    finally:
        connection.close()


def run(url: str, case: Case, prefix: str, path: str) -> None:
    """Send the requests of a case in order, and check each answer.

    Args:
        prefix: how the targets of the case begin.
        path: what stands there on our server.
    """
    location = ""
    for number, step in enumerate(case.steps, 1):
        asked = step.request
        assert asked.target.startswith(prefix), asked
        target = path + asked.target.removeprefix(prefix).replace("$LOCATION$", location)
        reply = send(url, Request(asked.method, target, asked.headers, asked.body))
        check(f"{case.name}, request {number}", step, reply)
        location = reply.headers.get("location", location)


def check(where: str, step: Step, reply: Reply) -> None:
    """Compare an answer with what is expected."""
    where = f"{where}: {reply.status} {reply.headers} {reply.body[:500]!r}"
    assert reply.status in step.statuses, where
    if step.kind:
        assert reply.media_type in MEDIA_TYPES[step.kind], where
    if step.boolean is not None:
        assert reply.boolean is step.boolean, where
    if step.content_type:
        assert reply.headers.get("content-type", "").lower() == step.content_type, where
    if step.request.method == "HEAD":
        assert reply.body == b"", where
    if step.names_graph:
        assert urlsplit(reply.headers["location"]).scheme, where
    if step.graph is not None:
        expected = rdflib.Graph().parse(data=step.graph, format="turtle")
        told = rdflib.Graph().parse(data=reply.body, format="turtle")
        assert isomorphic(told, expected), where


@dataclass(frozen=True, slots=True)
class Outline:
    """What of a request can be compared with the manifest, whatever the words of its texts."""

    method: str
    parameters: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    has_body: bool
    statuses: frozenset[int]
    boolean: bool | None
    kind: str | None
    has_graph: bool
    names_graph: bool


def outline(step: Step) -> Outline:
    """Outline a step of ours."""
    asked = step.request
    return Outline(
        asked.method,
        _parameter_names(asked.target),
        tuple((name, _value(value)) for name, value in asked.headers),
        asked.body is not None,
        step.statuses,
        step.boolean,
        step.kind,
        step.graph is not None,
        step.names_graph,
    )


def read_manifest(*paths: Path) -> dict[str, list[Outline]]:
    """Read the names of the cases of some manifests, in order, with their requests."""
    cases: dict[str, list[Outline]] = {}
    for path in paths:
        graph = rdflib.Graph().parse(path, format="turtle")
        manifest = next(graph.subjects(RDF.type, _MANIFEST.Manifest))
        for entry in Collection(graph, graph.value(manifest, _MANIFEST.entries)):
            action = graph.value(entry, _MANIFEST.action)
            requests = Collection(graph, graph.value(action, _HTTP.requests))
            cases[str(entry).rpartition("#")[2]] = [_outlined(graph, node) for node in requests]
    return cases


def _outlined(graph: rdflib.Graph, request: rdflib.term.Node) -> Outline:
    answer = graph.value(request, _HTTP.resp)
    boolean = graph.value(answer, _MANIFEST.expectedBoolean)
    kind = graph.value(answer, _MANIFEST.expectedFormat)
    statuses: frozenset[int] = frozenset()
    for status in graph.objects(answer, _MANIFEST.expectedStatus):
        statuses |= _STATUSES[str(status).rpartition("#")[2]]
    return Outline(
        str(graph.value(request, _HTTP.methodName)),
        _parameter_names(str(graph.value(request, _HTTP.absolutePath))),
        tuple(_headers(graph, request)),
        graph.value(request, _HTTP.body) is not None,
        statuses,
        None if boolean is None else bool(boolean.toPython()),
        None if kind is None else str(kind),
        graph.value(answer, _HTTP.body) is not None,
        graph.value(answer, _MANIFEST.expectedLocation) is not None,
    )


def _headers(graph: rdflib.Graph, request: rdflib.term.Node) -> Iterator[tuple[str, str]]:
    for header in Collection(graph, graph.value(request, _HTTP.headers) or RDF.nil):
        name, value = (graph.value(header, key) for key in (_HTTP.fieldName, _HTTP.fieldValue))
        yield str(name), _value(str(value))


def _value(header: str) -> str:
    """The value of a header without the boundary, which is any text."""
    return header.partition("; boundary=")[0]


def _parameter_names(target: str) -> tuple[str, ...]:
    query = urlsplit(target).query
    return tuple(name for name, _ in parse_qsl(query, keep_blank_values=True))
