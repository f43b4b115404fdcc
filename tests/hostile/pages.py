"""Requests that try pages, saved queries, names and dumps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Final
from urllib.parse import quote

from tests.hostile.making import (
    BAD,
    NOT_THERE,
    OK,
    STOPPED,
    TOO_LONG,
    Kind,
    Target,
    fixed,
    get,
    paths,
    post,
    queries,
)
from tests.hostile.reading import Reply
from tests.hostile.sending import Attack

_PAGE: Final = ("Accept", "text/html")
_SCRIPT: Final = "<script>alert(1)</script>"
BREAKING: Final = f"'\"></textarea></title>{_SCRIPT}<img src=x onerror=alert(1)>"
_LIVE = re.compile(rb"<script>alert|<img src=x|href=[\"']?\s*(?:javascript|data):", re.IGNORECASE)
#: Moved, or not there: a name that is written in another way may be led to the right one.
_ELSEWHERE: Final = frozenset((301, 308, 400, 404))


def no_script(reply: Reply) -> None:
    """What callers send is shown as text, and no page may run a script of its own text."""
    assert not _LIVE.search(reply.body) or not reply.header("content-type").startswith("text/html")
    if reply.header("content-type").startswith("text/html"):
        policy = reply.header("content-security-policy")
        assert "default-src 'none'" in policy or "default-src 'self'" in policy
        assert "unsafe-inline" not in policy.partition("style-src")[0]
        assert reply.header("x-content-type-options") == "nosniff"


def no_foreign_header(reply: Reply) -> None:
    """Nothing that a caller sent became a header."""
    for name, value in reply.headers:
        assert name not in ("x-injected", "set-cookie")
        assert "\r" not in value
        assert "\n" not in value


def no_file_of_the_machine(reply: Reply) -> None:
    assert b"root:x:0" not in reply.body
    assert b"[project]" not in reply.body


def not_led_away(reply: Reply) -> None:
    """A redirection stays on this server."""
    assert not re.match(r"(?:https?:)?[/\\]{2}", reply.header("location")) or reply.header(
        "location"
    ).startswith(("http://127.0.0.1:", "https://w3id.org/paperkg/"))


def _shown(random: Random, target: Target) -> Iterator[str]:
    """Queries whose answer, or whose error, would run if a page did not escape it."""
    for literal in (_SCRIPT, BREAKING, "{{ 7 * 7 }}", "</pre>" + _SCRIPT, "\u2028" + _SCRIPT):
        quoted = literal.replace('"', '\\"')
        yield f'SELECT ?x {{ BIND("{quoted}" AS ?x) }}'
        yield f'SELECT ?x {{ BIND("{quoted}"@en AS ?x) }}'
        yield f'CONSTRUCT {{ <urn:a> <urn:b> "{quoted}" }} {{}}'
        yield f"SELECT {literal}"
    for iri in ("javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:alert(1)//", "urn:'onx='"):
        yield f"SELECT ?x {{ BIND(<{iri}> AS ?x) }}"
        yield f"CONSTRUCT {{ <{iri}> <{iri}> <{iri}> }} {{}}"
    yield f'SELECT ?x {{ BIND(STRDT("{_SCRIPT}", <javascript:alert(1)>) AS ?x) }}'


def _shown_names(random: Random, target: Target) -> Iterator[str]:
    name = quote(BREAKING, safe="")
    for before in ("/", "/queries/", "/term/", "/paper/", "/author/", "/static/", "/export/kg."):
        yield before + name
        yield before + name.replace("%3C", "<").replace("%3E", ">").replace("%22", '"')
    for parameter in ("format", "page", "name", "q", "graph", "default-graph-uri", name):
        yield f"/queries/papers-mentioning?{parameter}={name}"
        yield f"/sparql?{parameter}={name}&query={name}"
        yield f"/resource?iri={name}&{parameter}={name}"
    yield f"/search?q={name}"
    yield f"/reconcile?callback={name}&query={name}"


def _parameters(random: Random, target: Target) -> Iterator[str]:
    """Values that would leave their place in a query if they were pasted."""
    values = (
        *('"', "'", '"""', "\\", "\\u0022", "}", "} UNION { ?s ?p ?o", '" } # ', "\n} #", "\r\n"),
        *("urn:a> } #", "<urn:a>", "?x", "$x", "'@en", '"^^<urn:t>', "\x00", "\u2028", "%22"),
        *("x" * 5_000, "٣", "1e9", "-1", "NaN", "{{7*7}}", "../../etc/passwd", "가" * 300),
    )
    for value in (*values, "".join(chr(random.randrange(1, 0xD000)) for _ in range(50))):
        encoded = quote(value.encode(), safe="")
        yield f"/queries/papers-mentioning.csv?name={encoded}"
        yield f"/queries/papers-mentioning?name={encoded}&page={encoded}"
        yield f"/queries/about-paper?arxiv={encoded}"
        yield f"/queries/papers-mentioning.csv?name=x&{encoded}={encoded}"


def _pages(random: Random, target: Target) -> Iterator[str]:
    odd = (
        10**30,
        -1,
        0,
        1.5,
        "1e5",
        "٣",
        "１",
        "²",
        "",
        "%20",
        "1%00",
        "0x1",
        "1_0",
        "+1",
        "9" * 5000,
    )
    for page in odd:
        yield f"/queries/papers-mentioning.csv?name=kite&page={quote(str(page), safe='%')}"


def _odd_paths(random: Random, target: Target) -> Iterator[str]:
    up = random.choice(("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "..;/", "....//"))
    up = up * random.randrange(1, 9)
    for before in (
        "/",
        "/queries/",
        "/export/",
        "/export/kg.",
        "/static/",
        "/store/",
        "/ontology.",
    ):
        yield f"{before}{up}etc/passwd"
        yield f"{before}{up}pyproject.toml"
    for path in (
        *("/queries/top-methods.%2e%2e", "/queries/top-methods.csv/../../x", "/queries/%2fetc"),
        *("/export/kg.ttl%00.gz", "/export/kg.ttl/../x", "/export/kg.", "/export/kg.ttl.gz.gz"),
        *("/export/kg./etc/passwd", "/export/kg.%2e%2e", "/export/kg.ttl%2f", "/export/kg.ttl\\"),
        *("/static/../kg.py", "/static/%2e%2e/state.py", "/static//etc/passwd", "/static/"),
        *("/paper/..%2f..%2fx", "/paper/%00", "/paper/x.ttl%00", "/term/%ff%fe", "/term/%c0%ae"),
        *("//LISTENER/", "//LISTENER/%2e%2e", "/\\LISTENER", "///LISTENER//", "/%09/LISTENER"),
        *("/http://LISTENER/", "/.git/config", "/.env", "/server.py", "/admin", "/cgi-bin/sh"),
        *("/queries/top-methods.py", "/queries/__class__", "/queries/{{7*7}}", "/%u002e"),
        *("/" + "a/" * 2_000, "/" + "%41" * 1_000, "/;/;/;", "/x?" + "&" * 3_000, "/%%%", "/%zz"),
    ):
        yield path.replace("LISTENER", target.listener)


def _split_headers(random: Random, target: Target) -> Iterator[Attack]:
    """Line ends in what may be repeated in a header."""
    ends = random.choice(("%0d%0aX-Injected:%201", "%0aX-Injected:1", "%0d%0a%0d%0a<html>"))
    for path in (
        *(f"/paper/x{ends}", f"/term/kite{ends}", f"/sparql/{ends}", f"/queries{ends}"),
        *(f"/queries/papers-mentioning?name=a{ends}", f"/queries/papers-mentioning?page={ends}"),
        *(f"/sparql?query=ASK%7B%7D&format={ends}", f"/export/kg.ttl?{ends}", f"/%0d%0a{ends}"),
        *(f"/resource?iri=urn:a{ends}", f"/{ends}", f"/store?graph=urn:a{ends}"),
    ):
        yield get(target, path)
        yield get(target, path, _PAGE)


def _many_parameters(random: Random, target: Target) -> Iterator[Attack]:
    form = "application/x-www-form-urlencoded"
    asked = "query=ASK%7B%7D"
    deep = "[" * 100_000 + "]" * 100_000
    for body in (
        f"{asked}&{asked}",
        "query=&query=",
        asked + "&a=b" * 50_000,
        "&" * 200_000 + asked + "&" + asked,
        asked + "&format=json&format=csv",
        "query[]=ASK%7B%7D",
        "query=%ff%fe",
        "query=%zz%u0041",
        "query=%",
        f"query={deep}",
        "query=%7B%22a%22:" * 30_000,
        f"queries={deep}",
        "\x00" * 1_000,
    ):
        yield post(target, "/sparql", body.encode("latin-1"), form)
    yield get(target, f"/sparql?{asked}&{asked}")
    yield get(target, f"/sparql?{asked}&format=csv&format=xml")
    yield get(target, "/sparql?query=%ff")
    yield get(target, "/sparql?" + "&".join(["query=ASK%7B%7D"] * 200))


def _wrong_types(random: Random, target: Target) -> Iterator[Attack]:
    query = b"ASK {}"
    for content_type in (
        *("text/plain", "application/json", "", "*/*", "application/sparql-query-x", "a" * 5_000),
        *("multipart/form-data", "multipart/form-data; boundary=" + "x" * 3_000, "text/turtle"),
        *("application/sparql-results+json", "application/x-www-form-urlencoded, text/plain"),
        *(";", "/", "application/", "application/octet-stream", "\x7f\xe9".encode("latin-1").hex()),
    ):
        yield post(target, "/sparql", query, content_type)
    parts = b"--x\r\nContent-Disposition: form-data; name=query\r\n\r\nASK {}\r\n" * 10_000
    yield post(target, "/sparql", parts + b"--x--", "multipart/form-data; boundary=x")


KINDS: Final = (
    Kind(
        "scripts in answers on pages",
        queries(_shown, _PAGE),
        OK | BAD,
        checks=(no_script, no_foreign_header),
    ),
    Kind(
        "scripts in names on pages",
        paths(_shown_names, _PAGE),
        OK | NOT_THERE | frozenset((406,)),
        checks=(no_script, no_foreign_header, not_led_away),
    ),
    Kind(
        "scripts in the graph on pages",
        paths(
            fixed(
                "/paper/doi/10.1000/a%253Cb%253E",
                "/term/script",
                "/resource?iri=urn:x",
                "/resource?iri=javascript:alert(1)",
            ),
            _PAGE,
        ),
        OK | NOT_THERE,
        checks=(no_script,),
    ),
    Kind(
        "values of saved queries that break out",
        paths(_parameters),
        OK | TOO_LONG,
        checks=(no_foreign_header,),
    ),
    Kind("pages that are no number", paths(_pages), OK | TOO_LONG),
    Kind(
        "paths that lead out",
        paths(_odd_paths),
        _ELSEWHERE | TOO_LONG,
        may_close=True,
        checks=(no_file_of_the_machine, not_led_away),
    ),
    Kind(
        "line ends in parameters",
        _split_headers,
        OK | _ELSEWHERE | frozenset((406,)),
        checks=(no_foreign_header, no_script),
    ),
    Kind("many and doubled parameters", _many_parameters, TOO_LONG | STOPPED),
    Kind("wrong content types", _wrong_types, frozenset((400, 413, 415))),
)
