"""Requests that are no HTTP, or HTTP that two readers could read in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.hostile.making import (
    BAD,
    NO_HTTP,
    NOT_THERE,
    OK,
    Kind,
    Target,
    get,
    raw,
    request,
)
from tests.hostile.pages import no_foreign_header, no_script, not_led_away
from tests.hostile.reading import Reply
from tests.hostile.sending import Attack, Part, Then

_HEAD: Final = b"Host: HOST\r\nConnection: close\r\n"
_FORM: Final = b"Content-Type: application/x-www-form-urlencoded\r\n"
#: What is hidden in the body of another request; its answer must not come.
_HIDDEN: Final = b"GET /health HTTP/1.1\r\nHost: HOST\r\n\r\n"


def not_smuggled(reply: Reply) -> None:
    """The hidden request was not answered."""
    assert b'"triples"' not in reply.body


def one_range(reply: Reply) -> None:
    """Many ranges are one answer of at most the file's size, not many copies."""
    if reply.status == 206:
        size = int(reply.header("content-range").rpartition("/")[2])
        assert int(reply.header("content-length")) <= size


def _post(*lines: bytes, body: bytes = b"") -> bytes:
    head = b"POST /sparql HTTP/1.1\r\nHost: HOST\r\n" + _FORM
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def _get(*lines: bytes, target: bytes = b"/health") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + b"\r\n".join((*lines, b"", b""))


_SMUGGLED: Final = raw(
    _post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"Transfer-Encoding: chunked", b"Content-Length: 6", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"Transfer-Encoding: xchunked", b"Content-Length: 4", body=b"5\r\nx" + _HIDDEN),
    _post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"Transfer-Encoding: identity", b"Content-Length: 3", body=b"a=b" + _HIDDEN),
    _post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: x", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"Transfer-Encoding : chunked", b"Content-Length: 3", body=b"a=b" + _HIDDEN),
    _post(b"Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"Transfer-Encoding: \x00chunked", body=b"0\r\n\r\n" + _HIDDEN),
    _post(b"X: y\nTransfer-Encoding: chunked", b"Content-Length: 3", body=b"a=b" + _HIDDEN),
    _post(b"X: y\rTransfer-Encoding: chunked", b"Content-Length: 3", body=b"a=b" + _HIDDEN),
    _post(b"Content-Length: 3", b"Content-Length: 60", body=b"a=b" + _HIDDEN),
    _post(b"Content-Length: 3, 60", body=b"a=b" + _HIDDEN),
    _post(b"Content_Length: 60", b"Content-Length: +3", body=b"a=b" + _HIDDEN),
    _post(b"Content-Length: 3", b" X-Folded: y", b"Transfer-Encoding:", b" chunked", body=_HIDDEN),
    replies=2,
)
_LENGTHS: Final = raw(
    *(
        _post(b"Content-Length: " + value, b"Connection: close", body=b"a=b")
        for value in (
            *(b"-1", b"-0", b"+3", b"0x3", b"3.0", b"3 3", b"1e9", b"\xb2", b"three", b"", b"3;3"),
            *(b"9" * 30, b"9" * 4_000, b"18446744073709551616", b"-18446744073709551613"),
        )
    )
)
_CHUNKS: Final = raw(
    *(
        _post(b"Transfer-Encoding: chunked", b"Connection: close", body=body)
        for body in (
            *(b"-3\r\na=b\r\n0\r\n\r\n", b"0x3\r\na=b\r\n0\r\n\r\n", b"+3\r\na=b\r\n0\r\n\r\n"),
            *(b"ffffffffffffffffff\r\na=b", b"3_0\r\na=b\r\n0\r\n\r\n", b"zz\r\n", b"\r\n\r\n"),
            *(
                b"3\na=b\n0\n\n",
                b"3\r\na=bcd\r\n0\r\n\r\n",
                b"3\r\na=b0\r\n\r\n",
                b"3 \r\na=b\r\n0",
            ),
            b"3;" + b"x=y;" * 50_000 + b"\r\na=b\r\n0\r\n\r\n",
            b"0" * 100_000 + b"3\r\na=b\r\n0\r\n\r\n",
            b"3\r\na=b\r\n0\r\n" + b"X-Trailer: y\r\n" * 20_000 + b"\r\n",
            b"3\r\na=b\r\n0\r\nContent-Length: 60\r\n\r\n" + _HIDDEN,
            b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n",
        )
    ),
    then=Then.HALF_CLOSE,
)
_LINES: Final = raw(
    *(
        line + b"\r\n" + _HEAD + b"\r\n"
        for line in (
            *(b"GET", b"GET /", b"GET  / HTTP/1.1", b" GET / HTTP/1.1", b"GET / HTTP/1.1 x"),
            *(b"GET / HTTP/9.9", b"GET / HTTP/1.10", b"GET / HTTP/2.0", b"GET / HTTP/-1.1"),
            *(b"GET / http/1.1", b"GET / HTTP/1", b"GET / ICY/1.1", b"GET /\x00x HTTP/1.1"),
            *(b"GET /\xff\xfe HTTP/1.1", b"GET /\x7f\x01 HTTP/1.1", b"\x16\x03\x01\x02\x00\x01"),
            *(b"GET health HTTP/1.1", b"GET ../x HTTP/1.1", b"GET ?x HTTP/1.1", b"\x00" * 5_000),
            *(b"G\xc3\x89T / HTTP/1.1", b"GET\t/\tHTTP/1.1", b"GET\x0b/ HTTP/1.1", b"(){ :;}; x"),
            *(b"GET /a b c HTTP/1.1", b"GE\x00T / HTTP/1.1", b"GET /#frag HTTP/1.1", b"{}"),
        )
    ),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 30,
    b"\x80\x2e\x01\x00\x02" + b"\x00" * 100,
    b"\r\n" * 10_000,
    b"\n\n\n\n",
    then=Then.HALF_CLOSE,
)
_HEADERS: Final = raw(
    *(
        _get(b"Host: HOST", line, b"Connection: close")
        for line in (
            *(b"no colon", b": no name", b"Sp ace: x", b"Space : x", b"X\x00: y", b"X: \x00y"),
            *(b"X: a\rb", b"X: a\nY: b", b"X\x7f: y", b"\xffX: y", b"(X): y", b"X: y\r\n folded"),
            *(b'X": y', b"X\t: y", b"\tX: y", b"X: \x1b[2J", b"X:" + b"\x0c" * 100, b"{X}: y"),
        )
    ),
    b"GET /health HTTP/1.1\nHost: HOST\n\n",
    b"GET /health HTTP/1.1\rHost: HOST\r\r",
    then=Then.HALF_CLOSE,
)
_HOSTS: Final = raw(
    *(
        _get(b"Host: " + host, b"Accept: text/html", b"Connection: close", target=path)
        for path in (b"/", b"/term/flyer", b"/sparql")
        for host in (
            *(b"LISTENER", b'evil"><script>alert(1)</script>', b"", b"a b", b"x" * 4_000, b"[::1"),
            *(b"127.0.0.1:99999", b"127.0.0.1:-1", b"user:pw@LISTENER", b"\xff\xfe", b"../../x"),
            *(b"w3id.org", b"localhost%0d%0aX-Injected: 1", b"%00", b"LISTENER/x?y#z", b"a,b"),
        )
    ),
    _get(b"Connection: close"),
    _get(b"Host: HOST", b"Host: LISTENER", b"Connection: close"),
    _get(
        b"Host: HOST",
        b"X-Forwarded-Host: LISTENER",
        b"X-Forwarded-Proto: javascript",
        b"X-Forwarded-Prefix: //LISTENER",
        b"Forwarded: host=LISTENER",
        b"Connection: close",
    ),
)
_ABSOLUTE: Final = raw(
    *(
        line + b" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
        for line in (
            *(b"GET http://LISTENER/health", b"GET http://LISTENER/", b"GET https://LISTENER/x"),
            *(b"GET ftp://LISTENER/", b"GET http://", b"GET http://user@LISTENER/health"),
            *(b"GET http:///etc/passwd", b"GET file:///etc/passwd", b"GET //LISTENER/health"),
            *(b"CONNECT LISTENER", b"CONNECT LISTENER:443", b"GET LISTENER", b"OPTIONS *"),
        )
    )
)
_UPGRADES: Final = raw(
    *(
        _get(b"Host: HOST", *lines, b"")[:-2] + b"\r\n"
        for lines in (
            (
                b"Upgrade: websocket",
                b"Connection: Upgrade, close",
                b"Sec-WebSocket-Version: 13",
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ),
            (
                b"Upgrade: h2c",
                b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
                b"Connection: Upgrade, HTTP2-Settings, close",
            ),
            (b"Upgrade: TLS/1.3", b"Connection: Upgrade, close"),
            (b"Expect: 200-ok", b"Connection: close"),
            (b"TE: trailers, deflate;q=0.5", b"Trailer: Content-Length", b"Connection: close"),
            (b"Connection: close, Host, Content-Length", b"Keep-Alive: timeout=999999999"),
        )
    )
)


def _methods(random: Random, target: Target) -> Iterator[Attack]:
    odd = "".join(random.choices("ABCDEFGHIJ", k=random.randrange(3, 20)))
    for method in (
        *("TRACE", "CONNECT", "PATCH", "PROPFIND", "PURGE", "DEBUG", odd, "get", "Post", "G"),
        *("X" * 5_000, "GET;", "GET,POST", "__class__", "%47%45%54"),
    ):
        for path in ("/sparql?query=ASK%7B%7D", "/store?default", "/health", "/queries"):
            yield request(target, method, path)


def _accepts(random: Random, target: Target) -> Iterator[Attack]:
    ranges = ",".join(f"a{n}/b{n};q=0.{n % 10}" for n in range(10_000))
    nested = "text/html;x=" + '"\\"' * 2_000
    for name in ("Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Range"):
        for value in (
            ranges,
            ranges[:7_000],
            nested,
            "*/*;" + "q=1;" * 1_500,
            "," * 7_000,
            "text/html;q=" + "9" * 5_000,
            "*;q=0",
            ";" * 5_000,
            '"' * 5_000,
            (" " * random.randrange(1_000, 7_000)) + "x",
            "gzip;q=" + "0" * 4_000 + ".5",
            "text/html; charset=" + "\t " * 3_000 + "x",
        ):
            yield get(target, "/sparql?query=ASK%7B%7D", (name, value))


def _ranges(random: Random, target: Target) -> Iterator[Attack]:
    for value in (
        "bytes=" + "0-," * 2_000 + "0-",
        "bytes=" + ",".join(f"{n}-{n + 100}" for n in range(0, 5_000, 7))[:7_000],
        *("bytes=5-1", "bytes=-0", "bytes=-", "bytes=0-0,-1", "bytes=--1", "bytes=1-2-3"),
        *(f"bytes={10**30}-", f"bytes=0-{10**30}", f"bytes=-{10**30}", "bytes=٣-", "lines=1-2"),
        *("bytes=0x1-0x2", "bytes=1e3-", "bytes=", "bytes", "=", "bytes=\x0b1-"),
    ):
        for path in ("/export/kg.nt", "/export/kg.nt.gz"):
            yield get(target, path, ("Range", value))
    for name in ("If-None-Match", "If-Match", "If-Range", "If-Modified-Since"):
        for value in ('"x",' * 1_500, '"' * 5_000, "W/" * 3_000, "*" * 5_000, "Sat, 99 Foo 9999"):
            yield get(target, "/export/kg.nt", (name, value), ("Range", "bytes=0-10"))


def _header_floods(random: Random, target: Target) -> Iterator[Attack]:
    line = f"GET /health HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n".encode()
    for flood in (
        b"X-Many: y\r\n" * 10_000,
        b"".join(b"X-%d: y\r\n" % n for n in range(1_000)),
        b"X-Long: " + b"y" * random.randrange(100_000, 1_000_000) + b"\r\n",
        b"X" * 100_000 + b": y\r\n",
        b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
        b"Cookie: a=b\r\n" * 5_000,
        b"X: " + b"\r\n y" * 20_000 + b"\r\n",
        b"Accept: */*\r\n" * 2_000,
    ):
        yield Attack((Part(line + flood + b"\r\n"),))
        yield Attack((Part(line + flood),), Then.HALF_CLOSE)  # never ended
    yield get(target, "/" + "x" * 1_000_000)
    yield get(target, "/sparql?query=" + "%20" * random.randrange(10_000, 300_000))


KINDS: Final = (
    Kind(
        "smuggled requests",
        _SMUGGLED,
        NO_HTTP,
        may_close=True,
        checks=(not_smuggled,),
    ),
    Kind("lengths that are none", _LENGTHS, NO_HTTP, may_close=True),
    Kind("chunks that are none", _CHUNKS, NO_HTTP, may_close=True, checks=(not_smuggled,)),
    Kind("request lines that are none", _LINES, NO_HTTP | NOT_THERE, may_close=True),
    Kind("headers that are none", _HEADERS, OK | NO_HTTP, may_close=True),
    Kind(
        "odd hosts",
        _HOSTS,
        OK | NO_HTTP | frozenset((300,)),
        may_close=True,
        checks=(no_script, not_led_away, no_foreign_header),
    ),
    Kind("targets of proxies", _ABSOLUTE, OK | NO_HTTP | NOT_THERE, may_close=True),
    Kind(
        "upgrades and expectations", _UPGRADES, OK | NO_HTTP | frozenset((403, 426)), may_close=True
    ),
    Kind("odd methods", _methods, NO_HTTP | NOT_THERE, may_close=True),
    Kind("floods of Accept", _accepts, OK | BAD | frozenset((406, 431)), may_close=True),
    Kind(
        "ranges and validators of dumps",
        _ranges,
        OK | BAD | frozenset((206, 304, 412, 416, 431)),
        may_close=True,
        within_s=20.0,
        checks=(one_range,),
    ),
    Kind("floods of headers", _header_floods, NO_HTTP, may_close=True),
)
