"""A server that answers as Wikidata does: from recorded replies, and with their errors.

It knows the recorded items, made-up ones from Q900000001 on, and what a test gives it.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kg.link.wikidata.live import Endpoints
from tests.conftest import ROOT

RECORDED = ROOT / "tests" / "data" / "wikidata"
#: The first item that the server makes up; real ids are smaller.
MADE_UP = 900000001
_JSON = ("Content-Type", "application/json; charset=utf-8")


def recorded(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server sends, and how badly.

    Of the body, *cut* bytes are sent, though its length says more; with *sized* off, no length
    is told. With *drip_s*, the body goes out byte by byte with so many seconds between, and with
    *drips_head* what stands before it too. *hangs* sends nothing at all; *closes* neither, and
    ends the connection.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (_JSON,)
    cut: int | None = None
    sized: bool = True
    drip_s: float = 0.0
    drips_head: bool = True
    hangs: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came: parameters of its query or form."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


#: From the values that a query asks for, the rows of its table.
Table = Callable[[list[str]], list[dict[str, dict[str, str]]]]


@dataclass(slots=True)
class FakeWikidata:
    """What the server knows, what it is to answer first, and what it was asked."""

    url: str = ""
    next: deque[Reply] = field(default_factory=deque)
    always: Reply | None = None
    seen: list[Seen] = field(default_factory=list)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(f"{self.url}/w/api.php", f"{self.url}/main", f"{self.url}/scholarly")

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if self.next:
            return self.next.popleft()
        if self.always is not None:
            return self.always
        if seen.path != "/w/api.php":
            return self._table(seen)
        if seen.params.get("action") == "wbsearchentities":
            known = seen.params["search"] == "ABC"
            return Reply(recorded("search-abc.json" if known else "search-empty.json"))
        return self._entities(seen.params["ids"].split("|"))

    def _entities(self, ids: list[str]) -> Reply:
        if len(ids) > 50 or not all(re.fullmatch(r"Q[1-9]\d*", one) for one in ids):
            return Reply(recorded("error-no-such-entity.json"))
        return Reply(json.dumps({"entities": {one: self._entity(one) for one in ids}}).encode())

    def _entity(self, id_: str) -> dict[str, Any]:
        target = self.redirects.get(id_)
        if target is not None:
            return {**self._entity(target), "redirects": {"from": id_, "to": target}}
        if id_ in self.items:
            return self.items[id_]
        if int(id_[1:]) < MADE_UP:
            return {"id": id_, "missing": ""}
        return person(id_, f"Made Up {id_}")

    def _table(self, seen: Seen) -> Reply:
        query = seen.params["query"]
        values = re.search(r"VALUES \?\w+ \{([^}]*)\}", query)
        columns = re.search(r"SELECT (.*?) WHERE", query)
        if seen.method != "POST" or values is None or columns is None:
            return Reply(b"MalformedQueryException", 400, (("Content-Type", "text/plain"),))
        asked = [value.strip('"').removeprefix("wd:") for value in values[1].split()]
        head = {"vars": [name[1:] for name in columns[1].split()]}
        rows = self.tables[seen.path](asked)
        return Reply(json.dumps({"head": head, "results": {"bindings": rows}}).encode())


def person(id_: str, *names: str, orcid: str = "") -> dict[str, Any]:
    """Return an item in the shape of the API: label first, then aliases."""
    claims: dict[str, Any] = {}
    if orcid:
        snak = {"snaktype": "value", "datavalue": {"value": orcid, "type": "string"}}
        claims["P496"] = [{"mainsnak": snak, "rank": "normal"}]
    return {
        "type": "item",
        "id": id_,
        "labels": {"en": {"language": "en", "value": names[0]}},
        "aliases": {"en": [{"language": "en", "value": name} for name in names[1:]]},
        "descriptions": {},
        "claims": claims,
        "sitelinks": {},
    }


def item(id_: str) -> dict[str, str]:
    return {"type": "uri", "value": f"http://www.wikidata.org/entity/{id_}"}


def text(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}


@contextmanager
def serve() -> Iterator[FakeWikidata]:
    """Run a server on a free port; it ends with the block."""
    wikidata = FakeWikidata()

    class Handler(_Handler):
        fake = wikidata

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that each connection is closed at the end
    wikidata.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield wikidata
    finally:
        wikidata.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeWikidata
    protocol_version = "HTTP/1.1"
    timeout = 5

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
        return

    def do_GET(self) -> None:  # its name there
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:  # its name there
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, query: str) -> None:
        path = urlsplit(self.path).path
        params = dict(parse_qsl(query, keep_blank_values=True))
        reply = self.fake.answer(Seen(self.command, path, params, dict(self.headers.items())))
        if reply.hangs:
            self.fake.stopping.wait(10)
        if reply.hangs or reply.closes:
            self.close_connection = True
            return
        head = [f"HTTP/1.1 {reply.status} Some Reason"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        head += [f"Content-Length: {len(reply.body)}"] if reply.sized else ["Connection: close"]
        start, body = "\r\n".join([*head, "", ""]).encode(), reply.body[: reply.cut]
        at_once, slowly = start + body, b""
        if reply.drip_s:
            at_once, slowly = (b"", start + body) if reply.drips_head else (start, body)
        with contextlib.suppress(ConnectionError):  # a client that has had enough
            self.wfile.write(at_once)
            for byte in slowly:
                if self.fake.stopping.wait(reply.drip_s):
                    break
                self.wfile.write(bytes([byte]))
        self.close_connection = bool(slowly) or reply.cut is not None or not reply.sized
