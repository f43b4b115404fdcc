"""A request and a reply as the front sees them, with no web framework in it."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from kg.errors import BadRequest, KGError, RequestTimeout, TooLarge, UnsupportedMediaType

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[str, str]]

#: A name or address with a port (RFC 9110, section 7.2); labels as long as DNS has them.
_HOST: Final = re.compile(
    r"\A(?:\[[0-9A-Fa-f:.]{2,45}\]|(?=[^:]{1,253}(?::|\Z))[A-Za-z0-9_-]{1,63}"
    r"(?:\.[A-Za-z0-9_-]{1,63})*+\.?)(?::[0-9]{0,5})?\Z"
)
#: A path, and no address of another host as ``//host`` is one.
_PREFIX: Final = re.compile(r"\A(?:/[A-Za-z0-9._~-]+)+/?\Z")
_PATH_SAFE: Final = "/~+*:@!$&'(),;=%"


class ClientGone(KGError):
    """The client has closed its connection: nobody is there to be answered."""


@dataclass(slots=True)
class Request:
    """A request; ``path`` is decoded and below the prefix at which the server is mounted.

    ``prefix``, ``host`` and ``scheme`` are what the client used, as far as trusted proxies
    tell; ``client`` is its address.
    """

    scope: Scope
    receive: Receive
    method: str
    path: str
    prefix: str
    query: bytes
    headers: Mapping[str, str]
    client: str
    scheme: str
    host: str
    #: Set while the request is worked on, for the log.
    note: dict[str, Any] = field(default_factory=dict)
    body_read: bool = False

    @property
    def leaves_body(self) -> bool:
        """Whether the client may still send a body that nobody reads."""
        has_body = self.header("transfer-encoding") or self.header("content-length") not in (
            "",
            "0",
        )
        return bool(has_body) and not self.body_read

    def header(self, name: str) -> str:
        """Return a header by its name in lower case; several of one name are joined."""
        return self.headers.get(name, "")

    @property
    def url(self) -> str:
        """The address without its query, escaped as little as an IRI allows."""
        raw = bytes(self.scope.get("raw_path") or b"").decode("latin-1")
        sent = raw.partition("?")[0] or quote(self.path, safe=_PATH_SAFE)
        # With a prefix that a proxy took off, it stands before what was sent to us.
        front = "" if sent.startswith(self.prefix) else self.prefix
        return f"{self.scheme}://{self.host}{front}{sent}"

    @property
    def deadline_s(self) -> float | None:
        """The deadline that the caller sets for its query, if it is a number of seconds."""
        return seconds_of(self.header("x-query-timeout"))

    async def body(self, limit: int, within_s: float) -> bytes:
        """Read the body.

        Raises:
            UnsupportedMediaType: it is compressed.
            TooLarge: it is longer than *limit* bytes.
            RequestTimeout: it did not arrive within *within_s* seconds.
            ClientGone: the connection was closed before its end.
        """
        return b"".join([part async for part in self.parts(limit, within_s)])

    async def parts(self, limit: int, within_s: float) -> AsyncIterator[bytes]:
        """Give the body as it arrives; raises what :meth:`body` does."""
        coding = self.header("content-encoding").strip().lower()
        if coding not in ("", "identity"):
            raise UnsupportedMediaType(f"content coding {coding!r}; expected a body as it is")
        length = self.header("content-length")
        if length.isascii() and length.isdigit() and int(length[:20]) > limit:
            raise TooLarge(f"body: {length[:20]} bytes; at most {limit} are read here")
        left, more = limit, True
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        late = RequestTimeout(f"body: not complete within {within_s:g} s; send it faster, or less")
        while more:
            try:
                async with asyncio.timeout_at(end):
                    message = await self.receive()
            except TimeoutError as error:
                raise late from error
            if loop.time() > end:  # a time-out that came together with a part is swallowed
                raise late
            if message["type"] != "http.request":
                raise ClientGone
            part = message.get("body", b"")
            left -= len(part)
            if left < 0:
                raise TooLarge(f"body: more than the {limit} bytes that are read here")
            more = message.get("more_body", False)
            self.body_read = not more
            yield part


@dataclass(slots=True)
class Reply:
    """What to answer: a body in one piece, or as it is made."""

    status: int
    headers: Headers
    body: bytes | AsyncIterator[bytes] = b""


def read_request(scope: Scope, receive: Receive, *, prefix: str, trusted_proxies: int) -> Request:
    """Make a request of an ASGI scope.

    Args:
        prefix: path at which the server is mounted, where the proxy leaves it in place.
        trusted_proxies: how many proxies in front set the X-Forwarded headers.

    Raises:
        BadRequest: a header that must be there once is there twice, or not.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            if name in ("authorization", "content-type", "host"):
                raise BadRequest(f"header {name!r}: given twice; expected it once")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    if "host" not in headers and scope.get("http_version", "1.1") not in ("1.0", "0.9"):
        raise BadRequest("header 'host': missing; HTTP/1.1 asks for it (RFC 9112, section 3.2)")
    client = scope.get("client") or ("",)
    path, root = scope["path"], str(scope.get("root_path") or "")
    forwarded = _Forwarded(headers, trusted_proxies)
    root = forwarded.prefix or root
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        path, root = path[len(prefix) :] or "/", prefix
    server = scope.get("server") or ("localhost", 80)
    host = forwarded.last("x-forwarded-host") or headers.get("host") or f"{server[0]}:{server[1]}"
    if not _HOST.match(host):
        raise BadRequest("header 'host': no name of a host, perhaps with a port")
    return Request(
        scope,
        receive,
        scope["method"],
        path,
        root,
        scope["query_string"],
        headers,
        forwarded.client(str(client[0])),
        forwarded.last("x-forwarded-proto") or scope["scheme"],
        host,
    )


def seconds_of(header: str) -> float | None:
    """Read a header that holds a number of seconds above 0.

    >>> seconds_of("2.5"), seconds_of("soon"), seconds_of("-1")
    (2.5, None, None)
    """
    try:
        seconds = float(header) if header else 0.0
    except ValueError:
        return None
    return seconds if 0 < seconds < float("inf") else None


@dataclass(frozen=True, slots=True)
class _Forwarded:
    """The headers by which proxies tell of the client; each proxy adds to their end."""

    headers: Mapping[str, str]
    proxies: int

    def last(self, name: str) -> str:
        """Return the value that the outermost trusted proxy has set."""
        values = [value.strip() for value in self.headers.get(name, "").split(",")]
        return values[-self.proxies] if 0 < self.proxies <= len(values) else ""

    @property
    def prefix(self) -> str:
        given = self.last("x-forwarded-prefix")
        return given.rstrip("/") if _PREFIX.match(given) else ""

    def client(self, peer: str) -> str:
        given = self.last("x-forwarded-for")
        try:
            return str(ipaddress.ip_address(given)) if given else peer
        except ValueError:
            return peer
