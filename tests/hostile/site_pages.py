"""Requests that try the pages of the site: search, lists, comparisons, pictures and reviews."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Final
from urllib.parse import quote

from tests.hostile.making import (
    BAD,
    FORM,
    NOT_THERE,
    OK,
    STOPPED,
    TOO_LONG,
    Kind,
    Target,
    get,
    paths,
    post,
    request,
)
from tests.hostile.pages import (
    BREAKING,
    no_file_of_the_machine,
    no_foreign_header,
    no_script,
    not_led_away,
)
from tests.hostile.reading import Reply
from tests.hostile.sending import Attack

_PAGE: Final = ("Accept", "text/html")
#: No page may lead there.
_AWAY: Final = "elsewhere.invalid"
_LED_AWAY = re.compile(
    rb"(?:href|src|action)=[\"']?\s*(?:https?:)?[/\\]{2}elsewhere\.invalid", re.IGNORECASE
)
#: Found, led to the right address, refused, or not there.
_SHOWN: Final = frozenset((200, 301, 302, 400, 404))
#: Names that are not listed yet, and many requests of one client.
_BUSY: Final = frozenset((429, 503))
#: Of each route the parameters that it reads.
ROUTES: Final = {
    "/search": ("q", "type", "from", "to", "benchmark", "page", "lang"),
    "/search.json": ("q", "type", "from", "to", "benchmark", "page"),
    "/search.csv": ("q", "type", "page"),
    "/search/suggest": ("q", "types", "lang"),
    "/digests": ("year", "format", "lang"),
    "/benchmarks": ("q", "sort", "page", "format"),
    "/benchmarks.json": ("q", "sort", "page"),
    "/benchmarks/skybench-2.1": ("metric", "unit", "split", "setting", "month", "page", "papers"),
    "/trends": ("term", "from", "to", "type", "share"),
    "/trends.json": ("term", "from", "to", "type"),
    "/compare": ("term", "paper"),
    "/compare.csv": ("term", "paper"),
    "/explore": ("iri", "term", "paper", "author", "digest", "q", "part", "few", "known", "hide"),
    "/explore.json": ("iri", "term", "part", "known", "open", "without"),
    "/term/kite": ("page", "papers", "table"),
    "/term/kite.csv": ("table", "page"),
    "/paper/2408.00001": ("table", "page"),
    "/paper/2408.00001.csv": ("table",),
    "/author/ada-kim": ("page", "table"),
    "/author/ada-kim.csv": ("table",),
    "/digest/2024-08-05.csv": ("table",),
    "/about": ("lang",),
    "/downloads": ("lang", "format"),
    "/ontology": ("format", "lang"),
}
_VALUES: Final = (
    *("", " ", "\x00", "a\x00b", "\x7f\x1b[31m", "\r\nX-Injected: 1", "\u2028", "\ufeff", "\u202e"),
    *("-1", "0", "1.5", "1e9", "9" * 30, "9" * 5_000, "٣", "１", "²", "+1", "1_0", "0x1", "NaN"),
    *("true", "null", "[]", "{}", "[[1]]", '{"a": 1}', "Infinity", "${jndi:ldap://x}", "{{7*7}}"),
    *("2024-13", "0000", "9999-99", "2024-08-05T00:00", "'", '"', "\\", "%", "%00", "<", "]]>"),
    *("../../etc/passwd", "..\\..", "file:///etc/passwd", f"//{_AWAY}/", f"https://{_AWAY}/x"),
    *("javascript:alert(1)", "urn:a> } #", '" } UNION { ?s ?p ?o', "term/kite#x", "#", "?", "/"),
    *(
        "x" * 5_000,
        "가" * 201,
        "ﷺ" * 200,
        "e" + "\u0301" * 190,
        "ᄀ" * 200,
        "👩‍👩‍👧" * 30,
        "a " * 100,
    ),
    *(
        "%%%",
        "*" * 200,
        "(((" * 60,
        "AND OR NOT NEAR/0",
        'q"^*:{}',
        "a-" * 100,
        "0" * 200,
        "-" * 200,
    ),
)


def stays_here(reply: Reply) -> None:
    """No link of a page leads away by what a caller sent."""
    if reply.header("content-type").startswith("text/html"):
        assert not _LED_AWAY.search(reply.body)


def lets_nobody_in(reply: Reply) -> None:
    """Without a session nothing is told of reviews, and nobody is made believe in one."""
    assert reply.status != 200 or b'name="token"' in reply.body
    if reply.status in (302, 303):
        assert "/login" in reply.header("location")
    assert "no-store" in reply.header("cache-control")
    cookie = reply.header("set-cookie")
    assert not cookie or {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))


def _values(random: Random) -> list[str]:
    """Choose some of the odd values, and one that nobody thought of."""
    made = "".join(chr(random.randrange(1, 0xD000)) for _ in range(50))
    return [*random.sample(_VALUES, 12), made]


def _odd_values(random: Random, target: Target) -> Iterator[str]:
    for route, names in ROUTES.items():
        for name in names:
            for value in _values(random):
                yield f"{route}?{name}={quote(value.encode(), safe='')}"


def _scripts(random: Random, target: Target) -> Iterator[str]:
    name = quote(BREAKING, safe="")
    for route, names in ROUTES.items():
        for one in (*names, name):
            yield f"{route}?{one}={name}"
        yield f"{route}?" + "&".join(f"{one}={name}" for one in names)
        yield f"{route}?next={quote(f'//{_AWAY}/')}&lang={name}"
    for before in ("/benchmarks/", "/search/", "/ontology/", "/review/", "/explore/", "/login/"):
        yield before + name
        yield f"/{before}{_AWAY}"


def _many_values(random: Random, target: Target) -> Iterator[str]:
    for route, names in ROUTES.items():
        for name in names:
            yield f"{route}?{name}=a&{name}=b"
            yield f"{route}?{name}[]=a&{name}[0]=b&{name}.x=c"
            yield f"{route}?" + "&".join(f"{name}={number}" for number in range(600))
            yield f"{route}?{name}"
            yield f"{route}?{name}=%ff%fe&{name}%00=1"
        yield f"{route}?" + "&" * 3_000
        yield f"{route}?" + "&".join(f"a{number}=1" for number in range(1_000))
        yield f"{route}?" + "&".join(f"{name}={'x' * 190}" for name in names for _ in range(8))


def _odd_suffixes(random: Random, target: Target) -> Iterator[str]:
    ends = (
        ".",
        ".jsonx",
        ".json/",
        ".JSON",
        ".json.csv",
        ".csv%00",
        ".%2e%2e",
        ".html",
        ".php",
        "/..;/",
    )
    for stem in ("search", "digests", "benchmarks", "trends", "compare", "explore", "ontology"):
        for end in ends:
            yield f"/{stem}{end}"
        yield f"/{stem}.{'x' * 2_000}"
    yield from (
        *(
            "/benchmarks/..%2f..%2fetc%2fpasswd",
            "/benchmarks/%00",
            "/benchmarks/%ff",
            "/benchmarks/",
        ),
        *("/benchmarks/" + "a/" * 900, "/benchmarks/.json", "/benchmarks/%2e%2e.csv"),
        *("/ontology/..%2fkg.ttl", "/ontology/%2e%2e/kg.ttl", "/ontology/kg.ttl", "/ontology/"),
        *("/export/kg.ttl.sha256.gz", "/export/kg.ttl.gz.sha256.sha256", "/export/kg..sha256"),
        *("/export/kg.sha256", "/export/kg.ttl/../x.sha256", "/static/..%2f..%2fpyproject.toml"),
    )


def _posted(random: Random, target: Target) -> Iterator[Attack]:
    """What a script of the graph view sends, made worse."""
    known = "&".join(f"known=urn:{number}" for number in range(501))
    for body in (
        *(known, "known=" + "x" * 501, "known=%00&known=%ff", "part=51", "part=-1&few=7"),
        *("term=kite&term=kite", "iri=javascript:alert(1)", f"q=https://{_AWAY}/", "&" * 100_000),
        *("term=kite&known=" + quote("> } #"), "term=" + quote('" } UNION { ?s ?p ?o')),
        *("hide=" + "&hide=".join(map(str, range(99))), "a=b&" * 20_000, "[" * 50_000),
    ):
        for path in ("/explore", "/explore.json", "/explore.csv"):
            yield post(target, path, body.encode("latin-1"), FORM)
    parts = b"--x\r\nContent-Disposition: form-data; name=known\r\n\r\nurn:a\r\n" * 1_500
    yield post(target, "/explore.json", parts + b"--x--", "multipart/form-data; boundary=x")
    yield post(target, "/explore.json", b'{"known": [1]}', "application/json")


def _methods(random: Random, target: Target) -> Iterator[Attack]:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X" * 50):
        for path in ("/search", "/compare.json", "/term/kite", "/login", "/review", "/about"):
            yield request(target, method, path, body=b"a=b")
    for path in ("/search", "/search/suggest", "/trends", "/digests.csv", "/benchmarks", "/review"):
        yield post(target, path, b"q=a", FORM)
    for path in ("/logout", "/review/decide", "/review/undo", "/review/apply"):
        yield get(target, path, _PAGE)


def _uninvited(random: Random, target: Target) -> Iterator[Attack]:
    """Ways to a review without having logged in."""
    forged = (
        *(
            "",
            "x",
            "e30.e30.e30",
            "eyJieSI6ImV2ZSJ9.AAAAAA.AAAA",
            ".eJw.x.y",
            "." * 500,
            "a" * 3_000,
        ),
        *(
            "eyJieSI6ImV2ZSIsImlkIjoiYSIsInNpbmNlIjo5OTk5OTk5OTk5fQ.",
            '"{}"',
            "\xff\xfe",
            "%00",
            "=;=",
        ),
    )
    places = ("/review", "/review?list=links", "/review/status", "/review/candidates?item=x")
    files = ("/review/waiting.csv", "/review/waiting.sssom.tsv", f"/review?item={quote(BREAKING)}")
    for path in (*places, *files, "/review?list=%00&page=-1&min=NaN", "/review/candidates"):
        yield get(target, path, _PAGE)
        for cookie in random.sample(forged, 4):
            yield get(target, path, _PAGE, ("Cookie", f"paperkg-review={cookie}"))
        # The token opens SPARQL and the graph store, not a session.
        yield get(target, path, _PAGE, ("Authorization", f"Bearer {target.token}"))
    bodies = (b"act=accept&item=x", b"form=&act=accept", b"form=x&id=y", b"form=" + b"x" * 50_000)
    for path in ("/review/decide", "/review/undo", "/review/apply", "/logout", "/login"):
        for body in bodies:
            yield post(target, path, body, FORM)
            away = ("Origin", f"https://{_AWAY}"), ("Sec-Fetch-Site", "cross-site")
            yield post(target, path, body, FORM, *away)
        token = f"token={target.token}&name=eve&form=x&next=//{_AWAY}/".encode()
        yield post(target, path, token, FORM, ("Cookie", f"paperkg-review={random.choice(forged)}"))


def _led_away(random: Random, target: Target) -> Iterator[str]:
    for there in (
        f"//{_AWAY}/",
        f"https://{_AWAY}/",
        f"/\\{_AWAY}",
        f"/%09/{_AWAY}",
        "%0d%0aX-I:1",
    ):
        yield f"/login?next={there}"
        yield f"/login?next={quote(there, safe='')}&lang=ko"


def _of_graph(random: Random, target: Target) -> Iterator[Attack]:
    """Pages that show a term whose names are scripts."""
    for path in (
        *("/term/script", "/search?q=script", "/search?q=alert(1)", "/search/suggest?q=alert"),
        *("/trends?term=script", "/compare?term=script", "/compare?term=script&term=kite"),
        *("/explore?term=script", "/explore.json?term=script", "/explore?term=kite&known=urn:a"),
        *("/benchmarks/script", "/benchmarks?q=script", "/term/script.csv", "/term/script.jsonld"),
    ):
        for language in ("en", "ko"):
            yield get(target, path, _PAGE, ("Accept-Language", language))


_CHECKS: Final = (no_script, no_foreign_header, not_led_away, no_file_of_the_machine, stays_here)

KINDS: Final = (
    Kind(
        "odd values on pages",
        paths(_odd_values, _PAGE),
        _SHOWN | TOO_LONG | _BUSY | frozenset((406,)),
        checks=_CHECKS,
    ),
    Kind(
        "scripts in parameters of pages",
        paths(_scripts, _PAGE),
        _SHOWN | _BUSY | frozenset((403, 405, 406)),
        checks=_CHECKS,
    ),
    Kind(
        "scripts in the graph on pages of the site",
        _of_graph,
        _SHOWN | _BUSY,
        checks=_CHECKS,
    ),
    Kind(
        "many and doubled parameters of pages",
        paths(_many_values, _PAGE),
        _SHOWN | TOO_LONG | _BUSY | frozenset((406,)),
        checks=_CHECKS,
    ),
    Kind(
        "odd suffixes of pages",
        paths(_odd_suffixes),
        _SHOWN | TOO_LONG | frozenset((308, 406)),
        checks=_CHECKS,
    ),
    Kind(
        "odd forms for the graph view",
        _posted,
        _SHOWN | STOPPED | frozenset((413, 415)),
        checks=(no_script, not_led_away, stays_here),
    ),
    Kind(
        "methods that pages do not have",
        _methods,
        BAD | frozenset((403, 404, 405, 501)),
        may_close=True,
        checks=(no_script,),
    ),
    Kind(
        "reviews without a session",
        _uninvited,
        OK | NOT_THERE | frozenset((302, 303, 403, 405, 413, 429)),
        checks=(no_script, not_led_away, stays_here, lets_nobody_in),
    ),
    Kind(
        "logins that lead away",
        paths(_led_away, _PAGE),
        OK | BAD,
        checks=(no_script, not_led_away, stays_here),
    ),
)
