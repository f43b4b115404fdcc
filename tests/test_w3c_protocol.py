"""The W3C's SPARQL 1.1 Protocol cases, over real HTTP; each starts from an empty store.

Source: https://www.w3.org/TR/sparql11-protocol/ and its test suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.conftest import SHARED
from tests.server_process import LiveServer, live_server
from tests.w3c import (
    REFUSED,
    SUCCESS,
    TOKEN,
    Case,
    Request,
    Step,
    outline,
    read_manifest,
    run,
    send,
)

MANIFEST = SHARED / "w3c" / "protocol" / "manifest.ttl"
DATA = "http://data.example/document/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
DOCUMENT = "http://xmlns.com/foaf/0.1/Document"

FORM = (("content-type", "application/x-www-form-urlencoded"),)
QUERY = (("content-type", "application/sparql-query"),)
UPDATE = (("content-type", "application/sparql-update"),)
TEXT = (("content-type", "text/plain"),)


def document(number: int) -> str:
    """The IRI of a document, which is also the name of the graph that tells its type."""
    return f"{DATA}{number}"


def fields(*pairs: tuple[str, str]) -> str:
    """Write parameters with every reserved character escaped."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def post(headers: tuple[tuple[str, str], ...], body: str | bytes, *url: tuple[str, str]) -> Request:
    """A POST to the endpoint, with parameters in its URL."""
    encoded = body.encode() if isinstance(body, str) else body
    return Request("POST", "/sparql/" + (f"?{fields(*url)}" if url else ""), headers, encoded)


def get(*url: tuple[str, str]) -> Request:
    return Request("GET", f"/sparql/?{fields(*url)}")


def yes(request: Request) -> Step:
    """The answer must be true."""
    return Step(request, SUCCESS, boolean=True, kind="boolean")


def default(number: int) -> tuple[str, str]:
    return "default-graph-uri", document(number)


def named(number: int) -> tuple[str, str]:
    return "named-graph-uri", document(number)


def is_typed(number: int) -> str:
    return f"<{document(number)}> {TYPE} ?what{number}"


def typed_in(graph: str, number: int) -> str:
    return f"GRAPH ?{graph} {{ {is_typed(number)} }}"


BOTH = f"ASK {{ {is_typed(1)} . {is_typed(2)} }}"
BOTH_NAMED = f"ASK {{ {typed_in('one', 1)} {typed_in('two', 2)} }}"

#: Three graphs, each saying that its document is one.
THREE = "DROP ALL ; INSERT DATA {{ {} }} ;".format(
    " ".join(
        f"GRAPH <{document(number)}> {{ <{document(number)}> {TYPE} <{DOCUMENT}> }}"
        for number in (1, 2, 3)
    )
)
COPY = "http://data.example/copy/"


def copied(where: str, *, subject: str = "?s <urn:copied> true") -> str:
    return f"INSERT {{ GRAPH <{COPY}> {{ {subject} }} }} WHERE {{ {where} }}"


def ask_copied(*numbers: int, but_not: int | None = None) -> str:
    there = " ".join(f"<{document(number)}> <urn:copied> true ." for number in numbers)
    missing = (
        f"FILTER NOT EXISTS {{ GRAPH <{COPY}> {{ <{document(but_not)}> ?p ?o }} }}"
        if but_not
        else ""
    )
    return f"ASK {{ GRAPH <{COPY}> {{ {there} }} {missing} }}"


def using(number: int) -> tuple[str, str]:
    return "using-graph-uri", document(number)


def using_named(number: int) -> tuple[str, str]:
    return "using-named-graph-uri", document(number)


ANY = f"?s {TYPE} <{DOCUMENT}>"


def queries() -> Iterator[Case]:
    """The cases that ask; a graph that no one has loaded is empty."""
    nothing_loaded = default(0)
    yield Case("query_post_form", (yes(post(FORM, "query=ASK%20%7B%7D", nothing_loaded)),))
    yield Case(
        "query_dataset_default_graphs_get",
        (yes(get(("query", BOTH), default(1), default(2))),),
        data=(1, 2),
    )
    yield Case(
        "query_dataset_default_graphs_post",
        (yes(post(QUERY, BOTH, default(1), default(2))),),
        data=(1, 2),
    )
    yield Case(
        "query_dataset_named_graphs_post",
        (yes(post(QUERY, BOTH_NAMED, named(1), named(2))),),
        data=(1, 2),
    )
    yield Case(
        "query_dataset_named_graphs_get",
        (yes(get(("query", BOTH_NAMED), named(1), named(2))),),
        data=(1, 2),
    )
    all_three = f"ASK {{\n  {is_typed(3)}\n  {typed_in('one', 1)}\n  {typed_in('two', 2)}\n}}"
    yield Case(
        "query_dataset_full",
        (yes(post(QUERY, all_three, default(3), named(1), named(2))),),
        data=(1, 2, 3),
    )
    overruled = BOTH_NAMED.replace("ASK", f"ASK FROM <{document(3)}>")
    yield Case(
        "query_multiple_dataset",
        (yes(post(QUERY, overruled, named(1), named(2))),),
        data=(1, 2, 3),
    )
    yield Case("query_get", (yes(get(("query", "ASK {}"), nothing_loaded)),))
    for form, kind, text in (
        ("select", "tabular", "SELECT (7 AS ?number) {}"),
        ("ask", "boolean", "ASK {}"),
        ("describe", "RDF", "DESCRIBE <http://data.example/unknown>"),
        ("construct", "RDF", "CONSTRUCT { <here> <is> 7 } WHERE {}"),
    ):
        step = Step(post(QUERY, text, nothing_loaded), SUCCESS, kind=kind)
        yield Case(f"query_content_type_{form}", (step,))


def updates() -> Iterator[Case]:
    """The cases that write, and ask what was written."""
    yield Case(
        "update_dataset_default_graph",
        (
            Step(post(UPDATE, THREE + copied(ANY), using(1)), SUCCESS),
            yes(post(QUERY, ask_copied(1))),
        ),
    )
    yield Case(
        "update_dataset_default_graphs",
        (
            Step(post(UPDATE, THREE + copied(ANY), using(1), using(2)), SUCCESS),
            yes(post(QUERY, ask_copied(1, 2, but_not=3))),
        ),
    )
    named_only = THREE + copied(f"GRAPH ?g {{ {ANY} }}")
    yield Case(
        "update_dataset_named_graphs",
        (
            Step(post(UPDATE, named_only, using_named(1), using_named(2)), SUCCESS),
            yes(post(QUERY, ask_copied(1, 2, but_not=3))),
        ),
    )
    both = f"{{ GRAPH ?found {{ {ANY} }} }} UNION {{ {ANY} BIND('default' AS ?found) }}"
    found = (
        f"ASK {{ GRAPH <{COPY}> {{ <{document(1)}> <urn:found> 'default' . "
        f"<{document(2)}> <urn:found> <{document(2)}> }} "
        f"FILTER NOT EXISTS {{ GRAPH <{COPY}> {{ <{document(3)}> ?p ?o }} }} }}"
    )
    told = THREE + copied(both, subject="?s <urn:found> ?found")
    yield Case(
        "update_dataset_full",
        (Step(post(UPDATE, told, using(1), using_named(2)), SUCCESS), yes(post(QUERY, found))),
    )
    yield Case("update_post_form", (Step(post(FORM, "update=CLEAR+ALL"), SUCCESS),))
    yield Case("update_post_direct", (Step(post(UPDATE, "CLEAR ALL"), SUCCESS),))
    relative = (
        f"CLEAR SILENT GRAPH <{COPY}> ;"
        f"INSERT DATA {{ GRAPH <{COPY}> {{ <urn:s> <urn:p> <relative> }} }}"
    )
    is_absolute = "FILTER(isIRI(?o) && STR(?o) != 'relative')"
    resolved = f"ASK {{ GRAPH <{COPY}> {{ <urn:s> <urn:p> ?o }} {is_absolute} }}"
    yield Case(
        "update_base_uri",
        (
            Step(post(UPDATE, relative), SUCCESS),
            yes(post(QUERY, resolved)),
        ),
    )
    yield Case("query_post_direct", (yes(post(QUERY, "ASK {}")),))


def refusals() -> Iterator[Case]:
    """The cases that must be refused."""
    target = f"/sparql/?{fields(('query', 'ASK {}'), default(0))}"
    with_clause = (
        f"WITH <{document(1)}> DELETE {{ ?s <urn:name> 'a' }} INSERT {{ ?s <urn:name> 'b' }} "
        "WHERE { ?s <urn:name> 'a' }"
    )
    utf16 = (("content-type", "application/sparql-query; charset=UTF-16"),)
    utf16_update = (("content-type", "application/sparql-update; charset=UTF-16"),)
    for name, request in (
        ("bad_query_method", Request("PUT", target, FORM)),
        ("bad_multiple_queries", get(("query", "ASK {}"), ("query", "SELECT * {}"))),
        ("bad_query_wrong_media_type", post(TEXT, "ASK {}")),
        ("bad_query_missing_form_type", post((), "query=ASK%20%7B%7D")),
        ("bad_query_missing_direct_type", post((), "ASK {}")),
        ("bad_query_non_utf8", post(utf16, "ASK {}".encode("utf-16"))),
        ("bad_query_syntax", get(("query", "ASK {"))),
        ("bad_update_get", get(("update", "CLEAR ALL"))),
        ("bad_multiple_updates", post(FORM, "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT")),
        ("bad_update_wrong_media_type", post(TEXT, "CLEAR NAMED")),
        ("bad_update_missing_form_type", post((), "update=CLEAR%20NAMED")),
        ("bad_update_non_utf8", post(utf16_update, "CLEAR NAMED".encode("utf-16"))),
        ("bad_update_syntax", post(FORM, "update=CLEAR%20XYZ")),
        ("bad_update_dataset_conflict", post(UPDATE, with_clause, using_named(1))),
    ):
        yield Case(name, (Step(request, REFUSED),))


CASES = (*queries(), *updates(), *refusals())
#: What is told apart where the W3C asks for some refusal: RFC 9110 and section 5 of the contract.
STATUSES = {
    "bad_query_method": 405,
    "bad_query_wrong_media_type": 415,
    "bad_query_missing_form_type": 415,
    "bad_query_missing_direct_type": 415,
    "bad_query_non_utf8": 415,
    "bad_update_wrong_media_type": 415,
    "bad_update_missing_form_type": 415,
    "bad_update_non_utf8": 415,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = tmp_path_factory.mktemp("protocol") / "kg"
    with live_server(store, write_token=TOKEN, workers=1) as running:
        yield running


def prepare(server: LiveServer, case: Case) -> None:
    """Empty the store, and load the documents that the case starts with."""
    dropped = send(server.url, Request("POST", "/sparql", UPDATE, b"DROP ALL"))
    assert dropped.status in SUCCESS, dropped
    for number in case.data:
        name = document(number)
        put = Request(
            "PUT",
            f"/store?{fields(('graph', name))}",
            (("content-type", "application/n-triples"),),
            f"<{name}> {TYPE} <{DOCUMENT}> .\n".encode(),
        )
        assert send(server.url, put).status == 201


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_w3c_protocol(server: LiveServer, case: Case) -> None:
    prepare(server, case)
    run(server.url, case, "/sparql/", "/sparql")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_w3c_protocol_at_the_path_of_the_manifest(server: LiveServer, case: Case) -> None:
    prepare(server, case)
    run(server.url, case, "/sparql/", "/sparql/")


@pytest.mark.parametrize("case", tuple(refusals()), ids=lambda case: str(case.name))
def test_refusals_say_why_and_change_nothing(server: LiveServer, case: Case) -> None:
    prepare(server, Case(case.name, (), data=(1,)))
    request = case.steps[0].request
    reply = send(server.url, Request(request.method, request.target, request.headers, request.body))
    assert reply.status == STATUSES.get(case.name, 400)
    assert reply.media_type == "application/problem+json"
    assert send(server.url, post(QUERY, f"ASK {{ {is_typed(1)} }}")).boolean


def test_the_cases_are_those_of_the_manifest() -> None:
    assert len(CASES) == 34
    if not MANIFEST.is_file():
        pytest.skip("needs the manifests of the W3C beside the checkout")
    ours = {case.name: [outline(step) for step in case.steps] for case in CASES}
    theirs = read_manifest(MANIFEST)
    assert list(ours) == list(theirs)
    assert ours == theirs
