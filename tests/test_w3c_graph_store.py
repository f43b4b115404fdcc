"""The W3C's Graph Store HTTP Protocol cases, over real HTTP, and what they leave open.

Source: https://www.w3.org/TR/sparql11-http-rdf-update/ and its test suite.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest

from tests.conftest import SHARED
from tests.server_process import LiveServer, live_server
from tests.w3c import (
    HOST,
    SUCCESS,
    TOKEN,
    Case,
    Reply,
    Request,
    Step,
    decoded,
    outline,
    read_manifest,
    run,
    send,
)

FOLDER = SHARED / "w3c" / "graph-store-protocol"
#: How the targets of the manifest begin; the store of ours stands at another path.
PREFIX, PATH = "/gsp", "/store"

TURTLE = "text/turtle; charset=utf-8"
SENT = (("content-type", TURTLE),)
WANTED = (("accept", "text/turtle"),)
CREATED = frozenset({201})
CHANGED = frozenset({200, 204})
DONE = CREATED | CHANGED
OK = frozenset({200})
MISSING = frozenset({404})

PREFIXES = """
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix v: <http://www.w3.org/2006/vcard/ns#> .
"""


def person(name: str, number: int = 1, more: str = "") -> str:
    """A person with a card, whose node is blank."""
    return (
        f"{PREFIXES}<http://www.example/people/{number}> a foaf:Person ; {more}\n"
        f'  foaf:businessCard [ a v:VCard ; v:fn "{name}" ] .\n'
    )


SOMEBODY = PREFIXES + '[] a foaf:Person ; foaf:businessCard [ a v:VCard ; v:given-name "Kim" ] .\n'

BOUNDARY = "0123456789abcdef0123456789abcdef"
PARTS = "".join(
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
    f"Content-Type: {TURTLE}\r\n\r\n"
    f"@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
    f'<http://www.example/people/1> foaf:{property_} "{value}" .\n\r\n'
    for name, property_, value in (
        ("family.ttl", "familyName", "Roe"),
        ("given.ttl", "givenName", "Ann"),
    )
)
FORM = (("content-type", f"multipart/form-data; boundary={BOUNDARY}"),)
NAMED = 'foaf:familyName "Roe" ; foaf:givenName "Ann" ;'


def put(target: str, graph: str, statuses: frozenset[int]) -> Step:
    return Step(Request("PUT", target, SENT, graph.encode()), statuses)


def post(target: str, graph: str, statuses: frozenset[int], *, names_graph: bool = False) -> Step:
    request = Request("POST", target, SENT, graph.encode())
    return Step(request, statuses, names_graph=names_graph)


def get(target: str, graph: str) -> Step:
    return Step(Request("GET", target, WANTED), OK, content_type=TURTLE, graph=graph)


def repeat(target: str) -> tuple[Step, ...]:
    return (
        put(target, person("Jo Roe"), CREATED),
        get(target, person("Jo Roe")),
        put(target, person("Ann Roe"), CHANGED),
        get(target, person("Ann Roe")),
    )


def delete(target: str) -> tuple[Step, ...]:
    return (
        put(target, SOMEBODY, DONE),
        Step(Request("DELETE", target), CHANGED),
        Step(Request("GET", target), MISSING),
        Step(Request("DELETE", target), CHANGED | MISSING),
    )


def merge(target: str) -> tuple[Step, ...]:
    form = Request("POST", target, FORM, f"{PARTS}--{BOUNDARY}--\r\n".encode())
    return (
        post(target, person("Ann Roe"), DONE),
        get(target, person("Ann Roe")),
        Step(form, CHANGED),
        get(target, person("Ann Roe", more=NAMED)),
    )


def head(target: str) -> tuple[Step, ...]:
    request = Request("HEAD", target, (("accept", TURTLE),))
    return put(target, person("Jo Roe"), DONE), Step(request, OK, content_type=TURTLE)


DIRECT = PREFIX + "/people/{}.ttl"
ESCAPED = PREFIX + "?graph=http%3A%2F%2Fwww.example%2Fgsp%2Fpeople%2F{}.ttl"
PLAIN = PREFIX + "?graph=http://www.example/gsp/people/{}.ttl"

CASES = (
    Case("put_get_repeat_direct", repeat(DIRECT.format(1))),
    Case("put_delete_get_delete_direct", delete(DIRECT.format(2))),
    Case("post_get_post_get_direct", merge(DIRECT.format(1))),
    Case("head_existing_direct", head(DIRECT.format(1))),
    Case("put_get_repeat_indirect", repeat(ESCAPED.format(1))),
    Case(
        "put_get_default",
        (put(PREFIX + "?default", SOMEBODY, DONE), get(PREFIX + "?default", SOMEBODY)),
    ),
    Case("put_delete_get_delete_indirect", delete(ESCAPED.format(2))),
    Case("post_get_post_get_indirect", merge(ESCAPED.format(1))),
    Case(
        "post_get_new_graph",
        (
            post(PREFIX, SOMEBODY, CREATED, names_graph=True),
            get(PREFIX + "?graph=$LOCATION$", SOMEBODY),
        ),
    ),
    Case("head_existing_indirect", head(ESCAPED.format(1))),
    Case(
        "head_non_existing_indirect",
        (Step(Request("HEAD", ESCAPED.format(4), (("accept", TURTLE),)), MISSING),),
    ),
    Case(
        "put_get_uri_pct_encoded_indirect",
        (
            put(ESCAPED.format(1), person("Jo Roe"), CREATED),
            get(PLAIN.format(1), person("Jo Roe")),
        ),
    ),
    Case(
        "put_get_uri_pct_encoded_twice",
        (
            put(PLAIN.format("%31"), person("Jo Roe"), CREATED),
            put(PLAIN.format("%2531"), person("Ann Roe", 2), CREATED),
            get(PLAIN.format("%31"), person("Jo Roe")),
            get(PLAIN.format("%2531"), person("Ann Roe", 2)),
        ),
    ),
)
_THERE = "an earlier case made this graph, so a PUT replaces it: RFC 9110 asks for 200 or 204"
#: What cannot be as the manifest says where a case finds what those before it left.
IN_A_ROW = {
    "post_get_post_get_direct": "its card is in the graph already; blank nodes are merged apart",
    "post_get_post_get_indirect": "its card is in the graph already; blank nodes are merged apart",
    "put_get_uri_pct_encoded_indirect": _THERE,
    "put_get_uri_pct_encoded_twice": _THERE,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = tmp_path_factory.mktemp("graphs") / "kg"
    with live_server(store, write_token=TOKEN, workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose store no one empties."""
    store = tmp_path_factory.mktemp("lasting") / "kg"
    with live_server(store, write_token=TOKEN, workers=1) as running:
        yield running


@pytest.fixture
def empty(server: LiveServer) -> LiveServer:
    update = (("content-type", "application/sparql-update"),)
    assert send(server.url, Request("POST", "/sparql", update, b"DROP ALL")).status in SUCCESS
    return server


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_w3c_graph_store(empty: LiveServer, case: Case) -> None:
    run(empty.url, case, PREFIX, PATH)


def test_w3c_graph_store_in_a_row(lasting: LiveServer) -> None:
    """In the manifest's order, each on what those before it left; one test, as the order counts."""
    failed = []
    for case in CASES:
        try:
            run(lasting.url, case, PREFIX, PATH)
        except AssertionError:
            failed.append(case.name)
    assert set(failed) == set(IN_A_ROW), failed


def test_the_cases_are_those_of_the_manifests() -> None:
    assert len(CASES) == 13
    if not FOLDER.is_dir():
        pytest.skip("needs the manifests of the W3C beside the checkout")
    manifests = [FOLDER / f"manifest-{how}.ttl" for how in ("direct", "indirect")]
    theirs = read_manifest(*manifests)
    ours = {case.name: [outline(step) for step in case.steps] for case in CASES}
    assert list(ours) == list(theirs)
    assert ours == theirs


IRI = "http://data.example/graph"
LINE = b"<urn:s> <urn:p> 'told' .\n"


def ask(
    server: LiveServer, method: str, target: str, body: bytes | None = None, **headers: str
) -> Reply:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return send(server.url, Request(method, target, named, body))


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/turtle", LINE),
        ("application/n-triples", b'<urn:s> <urn:p> "told" .\n'),
        ("text/n3", LINE),
        ("application/ld+json", b'{"@id": "urn:s", "urn:p": "told"}'),
        (
            "application/rdf+xml",
            b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:u='urn:'>"
            b"<r:Description r:about='urn:s'><u:p>told</u:p></r:Description></r:RDF>",
        ),
    ],
)
def test_formats_of_graphs(empty: LiveServer, media_type: str, body: bytes) -> None:
    target = f"{PATH}?graph={IRI}"
    assert ask(empty, "PUT", target, body, content_type=media_type).status == 201
    reply = ask(empty, "GET", target, accept=media_type)
    assert (reply.status, reply.media_type) == (200, media_type)
    format_ = ox.RdfFormat.from_media_type(media_type)
    triple = ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("told"))
    assert [quad.triple for quad in ox.parse(reply.body, format_)] == [triple]


def test_a_url_below_the_store_is_the_name_of_a_graph(empty: LiveServer) -> None:
    assert ask(empty, "PUT", f"{PATH}/a/b", LINE, content_type="text/turtle").status == 201
    by_name = ask(empty, "GET", f"{PATH}?graph=http://{HOST}{PATH}/a/b", accept="text/turtle")
    assert by_name.status == 200
    assert by_name.body == ask(empty, "GET", f"{PATH}/a/b", accept="text/turtle").body
    asked = quote(f"ASK {{ GRAPH <http://{HOST}{PATH}/a/b> {{ ?s ?p ?o }} }}")
    assert ask(empty, "GET", f"/sparql?query={asked}").boolean


def test_relative_names_are_resolved_against_the_graph(empty: LiveServer) -> None:
    put = ask(empty, "PUT", f"{PATH}?graph={IRI}", b"<> <#p> <other> .", content_type="text/turtle")
    assert put.status == 201
    told = ask(empty, "GET", f"{PATH}?graph={IRI}", accept="application/n-triples").body
    assert told.split()[:3] == [
        f"<{IRI}>".encode(),
        f"<{IRI}#p>".encode(),
        b"<http://data.example/other>",
    ]


@pytest.mark.parametrize(
    ("method", "target", "content_type", "body", "status"),
    [
        ("PUT", "?graph=relative", "text/turtle", LINE, 400),
        ("PUT", f"?graph={IRI}&graph={IRI}", "text/turtle", LINE, 400),
        ("PUT", f"?graph={IRI}&default", "text/turtle", LINE, 400),
        ("PUT", "", "text/turtle", LINE, 400),
        ("GET", "?graph=", "", None, 400),
        ("PUT", f"?graph={IRI}", "text/turtle", b"<urn:s> <urn:p> ", 400),
        ("POST", f"?graph={IRI}", "text/turtle", b"<urn:a> <urn:b> 1 . <urn:s> <urn:p> ", 400),
        ("PUT", f"?graph={IRI}", "text/turtle", b"<urn:s> <urn:p> '\xff' .", 400),
        ("PUT", f"?graph={IRI}", "text/plain", LINE, 415),
        ("PUT", f"?graph={IRI}", "application/sparql-update", LINE, 415),
        ("PATCH", f"?graph={IRI}", "text/turtle", LINE, 405),
        ("GET", "?graph=urn:unknown", "", None, 404),
        ("DELETE", "?graph=urn:unknown", "", None, 404),
    ],
)
def test_refusals_say_why_and_change_nothing(
    empty: LiveServer, method: str, target: str, content_type: str, body: bytes | None, status: int
) -> None:
    there = f"{PATH}?graph={IRI}"
    assert ask(empty, "PUT", there, LINE, content_type="text/turtle").status == 201
    headers = {"content_type": content_type} if content_type else {}
    reply = ask(empty, method, PATH + target, body, **headers)
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert ask(empty, "GET", there, accept="text/turtle").status == 200
    rows = ask(empty, "GET", "/sparql?query=SELECT?s?p?o{?s?p?o}", accept="text/csv").body
    assert rows == b"s,p,o\r\nurn:s,urn:p,told\r\n"


def test_a_bad_part_of_a_form_changes_nothing(empty: LiveServer) -> None:
    bad = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n'
    body = f"{PARTS}{bad}Content-Type: {TURTLE}\r\n\r\nno turtle\r\n--{BOUNDARY}--\r\n".encode()
    reply = ask(empty, "POST", f"{PATH}?graph={IRI}", body, content_type=FORM[0][1])
    assert reply.status == 400
    assert ask(empty, "GET", f"{PATH}?graph={IRI}").status == 404


def test_the_default_graph_is_the_unnamed_one(empty: LiveServer) -> None:
    assert ask(empty, "PUT", f"{PATH}?graph={IRI}", LINE, content_type="text/turtle").status == 201
    other = LINE.replace(b"told", b"unnamed")
    assert ask(empty, "PUT", f"{PATH}?default", other, content_type="text/turtle").status in DONE
    told = ask(empty, "GET", f"{PATH}?default", accept="application/n-triples").body
    assert told == b'<urn:s> <urn:p> "unnamed" .\n'
    assert ask(empty, "DELETE", f"{PATH}?default").status in CHANGED
    rows = ask(empty, "GET", "/sparql?query=SELECT?s?p?o{?s?p?o}", accept="text/csv").body
    assert rows == b"s,p,o\r\nurn:s,urn:p,told\r\n"


def exchange(server: LiveServer, *parts: bytes) -> bytes:
    """Send a request in parts, each but the first when something was answered."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as raw:
        for number, part in enumerate(parts):
            if number:
                assert raw.recv(1000).startswith(b"HTTP/1.1 100 ")
            raw.sendall(part)
        return raw.recv(10_000)


HEAD = (
    f"PUT {PATH}?graph={IRI} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {TOKEN}\r\n"
    "Content-Type: text/turtle\r\n"
).encode()


def test_a_body_in_chunks(empty: LiveServer) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (LINE[:9], LINE[9:], b""))
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert exchange(empty, head + chunks).startswith(b"HTTP/1.1 201 ")
    assert b"told" in ask(empty, "GET", f"{PATH}?graph={IRI}").body


def test_a_body_that_waits_to_be_asked_for(empty: LiveServer) -> None:
    head = HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(LINE)
    assert exchange(empty, head, LINE).startswith(b"HTTP/1.1 201 ")
    assert b"told" in ask(empty, "GET", f"{PATH}?graph={IRI}").body


def test_a_body_in_a_coding_is_refused(empty: LiveServer) -> None:
    """RFC 9110, section 8.4: 415 for a coding that is not read here."""
    headers = {"content_type": "text/turtle", "content_encoding": "gzip"}
    body = gzip.compress(LINE)
    assert ask(empty, "PUT", f"{PATH}?graph={IRI}", body, **headers).status == 415


def test_graphs_have_tags_and_codings(empty: LiveServer) -> None:
    target = f"{PATH}?graph={IRI}"
    assert ask(empty, "PUT", target, LINE, content_type="text/turtle").status == 201
    first = ask(empty, "GET", target, accept="text/turtle")
    tag = first.headers["etag"]
    assert ask(empty, "GET", target, accept="text/turtle", if_none_match=tag).status == 304
    coded = ask(empty, "GET", target, accept="text/turtle", accept_encoding="gzip")
    assert coded.headers["etag"] != tag
    assert decoded(coded) == first.body
    more = LINE.replace(b"told", b"new")
    assert ask(empty, "POST", target, more, content_type="text/turtle").status in CHANGED
    fresh = ask(empty, "GET", target, accept="text/turtle", if_none_match=tag)
    assert fresh.status == 200
    assert b"new" in fresh.body
    assert b"told" in fresh.body
