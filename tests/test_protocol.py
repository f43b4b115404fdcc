"""Content negotiation and what a request to the query operation may carry."""

from __future__ import annotations

import pytest

from kg.errors import BadRequest, KGError, NotAcceptable, UnsupportedMediaType
from kg.web.protocol import (
    GRAPHS,
    HTML,
    RESOURCE_SUFFIXES,
    RESULTS,
    UPDATE,
    QueryRequest,
    UpdateRequest,
    choose,
    negotiate,
    read_operation,
    split_suffix,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("nonsense", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("application/sparql-results+json;charset=utf-8", "application/sparql-results+json"),
        ('text/csv;header="a,b";q=0.9, application/sparql-results+xml;q=0.8', "text/csv"),
        ("text/tab-separated-values;q=0.9, text/csv;q=0.8", "text/tab-separated-values"),
        ("text/csv;q=0.8,text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("text/*;q=0.9, application/sparql-results+xml;q=0.95", "application/sparql-results+xml"),
        ("text/*, text/csv;q=0.1", "text/tab-separated-values"),
        ("text/csv;q=0, */*;q=0.1", "application/sparql-results+json"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml"),
        ("text/html, */*", "text/html"),
        (BROWSER, "text/html"),
        ("application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
        ("text/csv;q=1.5, text/tab-separated-values", "text/tab-separated-values"),
        ("text/csv;q=x, text/tab-separated-values;q=0.001", "text/tab-separated-values"),
        ("application/foo, text/csv", "text/csv"),
        (" text/csv , ", "text/csv"),
    ],
)
def test_negotiate_results(accept: str, media_type: str) -> None:
    assert negotiate(accept, (*RESULTS, HTML)).media_type == media_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/turtle"),
        ("text/*", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        (
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
            "application/ld+json",
        ),
        ("application/rdf+xml;q=0.5, text/turtle;q=0.4", "application/rdf+xml"),
        ("application/n-triples", "application/n-triples"),
        ("text/n3", "text/n3"),
        ("application/trig", "application/trig"),
    ],
)
def test_negotiate_graphs(accept: str, media_type: str) -> None:
    assert negotiate(accept, GRAPHS).media_type == media_type


@pytest.mark.parametrize("accept", ["application/foo", "text/csv;q=0", "image/*", "*/*;q=0"])
def test_negotiate_refuses(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="offered: application/sparql-results"):
        negotiate(accept, RESULTS)


def test_negotiate_long_header_is_read_in_time() -> None:
    assert negotiate("text/csv;a=b;" * 50_000 + '"' * 50_000, RESULTS)


def test_format_name_wins_over_accept() -> None:
    assert choose("text/csv", "xml", RESULTS).media_type == "application/sparql-results+xml"
    assert choose("text/csv", "text/tab-separated-values", RESULTS).format.name == "tsv"
    with pytest.raises(NotAcceptable, match="'ttl'; offered here: json, xml, csv, tsv"):
        choose("", "ttl", RESULTS)


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("paper/2408.00874", ("paper/2408.00874", None)),
        ("paper/2408.00874.ttl", ("paper/2408.00874", "ttl")),
        ("term/llama-3.1.json", ("term/llama-3.1", "json")),
        ("paper/x.TTL", ("paper/x.TTL", None)),
        (".ttl", (".ttl", None)),
        ("term/자기-지도-학습.nt", ("term/자기-지도-학습", "nt")),
    ],
)
def test_suffix(path: str, split: tuple[str, str | None]) -> None:
    assert split_suffix(path, RESOURCE_SUFFIXES) == split


def test_request_by_get() -> None:
    asked = read_operation("GET", "", b"query=ASK+%7B%7D&format=csv", b"")
    assert isinstance(asked, QueryRequest)
    assert (asked.text, asked.format, asked.default_graphs) == ("ASK {}", "csv", None)


def test_request_by_form() -> None:
    body = b"query=ASK%7B%7D&default-graph-uri=urn:a&default-graph-uri=urn:b"
    asked = read_operation("POST", f"{FORM}; charset=UTF-8", b"", body)
    assert isinstance(asked, QueryRequest)
    assert (asked.text, asked.default_graphs) == ("ASK{}", ("urn:a", "urn:b"))
    assert asked.named_graphs == ()


def test_request_directly() -> None:
    asked = read_operation(
        "POST", "application/sparql-query", b"named-graph-uri=urn:a", "ASK { ?가 ?p 1 }".encode()
    )
    assert isinstance(asked, QueryRequest)
    assert (asked.text, asked.named_graphs) == ("ASK { ?가 ?p 1 }", ("urn:a",))
    assert asked.default_graphs == ()


def test_update_request() -> None:
    for content_type, body in ((UPDATE, b"CLEAR ALL"), (FORM, b"update=CLEAR%20ALL")):
        asked = read_operation("POST", content_type, b"using-graph-uri=urn:a", body)
        assert asked == UpdateRequest("CLEAR ALL", ("urn:a",), ())


def test_request_without_query() -> None:
    assert read_operation("GET", "", b"", b"") == QueryRequest(None, None, None, None)


@pytest.mark.parametrize(
    ("method", "content_type", "url_query", "body", "error", "message"),
    [
        ("GET", "", b"query=a&query=b", b"", BadRequest, "'query': given 2 times"),
        ("POST", FORM, b"query=a", b"query=b", BadRequest, "'query': given 2 times"),
        ("POST", "application/sparql-query", b"query=a", b"ASK{}", BadRequest, "one query"),
        ("GET", "", b"query=%ff", b"", BadRequest, "expected UTF-8"),
        ("POST", "application/sparql-query", b"", b"\xff", BadRequest, "expected UTF-8"),
        ("GET", "", b"query=a&default-graph-uri=b", b"", BadRequest, "absolute IRI"),
        ("GET", "", b"query=a&named-graph-uri=x:%3C", b"", BadRequest, "absolute IRI"),
        ("GET", "", b"update=CLEAR+ALL", b"", BadRequest, "'update': in the URL"),
        ("POST", FORM, b"update=CLEAR+ALL", b"", BadRequest, "'update': in the URL"),
        ("POST", FORM, b"", b"update=a&update=b", BadRequest, "'update': given 2 times"),
        ("POST", FORM, b"", b"update=a&query=b", BadRequest, "'query': has no meaning"),
        ("POST", UPDATE, b"default-graph-uri=urn:a", b"CLEAR ALL", BadRequest, "no meaning"),
        ("GET", "", b"query=a&using-graph-uri=urn:a", b"", BadRequest, "no meaning"),
        ("POST", f"{UPDATE}; charset=UTF-16", b"", b"", UnsupportedMediaType, "'UTF-16'"),
        ("POST", "text/plain", b"", b"ASK {}", UnsupportedMediaType, "'text/plain'"),
        ("POST", "", b"", b"ASK {}", UnsupportedMediaType, "expected application/x-www"),
        ("GET", "", b"a=1&" * 2000, b"", BadRequest, "cannot be read"),
    ],
)
def test_request_refused(
    method: str,
    content_type: str,
    url_query: bytes,
    body: bytes,
    error: type[KGError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        read_operation(method, content_type, url_query, body)
