"""The clients of a long run: each call is one thing that a client does."""

from __future__ import annotations

import http.client
import itertools
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from benchmarks.processes import Failed

_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
_COUNT: Final = "SELECT ?p (COUNT(*) AS ?n@) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n@)"
_ENDLESS: Final = "SELECT (COUNT(*) AS ?n@) { ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }"
_LARGE: Final = "SELECT ?a ?b ?c { ?a ?b ?c }"
#: A 503 is no failure here: the server is loaded with more than it can do.
_BUSY: Final = frozenset((429, 503))
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one server; every method returns how it went, or raises Failed."""

    host: str
    port: int
    token: str
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def loads(self) -> Mapping[str, Callable[[], str]]:
        """All that is done side by side, by name."""
        return {
            "look-up 1": self.look_up,
            "look-up 2": self.look_up,
            "heavy": self.heavy,
            "repeated": self.repeated,
            "too long": self.too_long,
            "leave": self.leave,
            "write": self.write,
            "export": self.export,
            "page": self.page,
        }

    def look_up(self) -> str:
        number = next(self._numbers)
        subject = f"https://example.org/soak/{number % 50_000}"
        text = f"SELECT ?o{number} {{ <{subject}> <urn:p> ?o{number} }}"
        status, body = self._ask(text)
        expected = f"o{number}\r\nvalue {number % 50_000}\r\n".encode()
        if status == 200 and body != expected:
            raise Failed(f"look-up: {body[:80]!r}; expected {expected!r}")
        return self._told(status, 200)

    def heavy(self) -> str:
        return self._told(self._ask(_COUNT.replace("@", str(next(self._numbers))))[0], 200)

    def repeated(self) -> str:
        return self._told(self._ask(_COUNT.replace("@", ""))[0], 200)

    def too_long(self) -> str:
        text = _ENDLESS.replace("@", str(next(self._numbers)))
        return self._told(self._ask(text, {"X-Query-Timeout": "1"})[0], 503)

    def leave(self) -> str:
        """Ask for much, read a little, and go."""
        path = f"/sparql?format=csv&query={quote(_LARGE, safe='')}"
        with socket.create_connection((self.host, self.port), timeout=_TIMEOUT_S) as connection:
            head = f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n"
            connection.sendall(head.encode())
            return "left" if connection.recv(1000) else "closed"

    def write(self) -> str:
        """Write, and read at once what was written."""
        number = next(self._numbers)
        graph, subject = "https://example.org/written", f"urn:written:{number % 100}"
        update = (
            f"DELETE WHERE {{ GRAPH <{graph}> {{ <{subject}> ?p ?o }} }} ; "
            f"INSERT DATA {{ GRAPH <{graph}> {{ <{subject}> <{_LABEL}> '{number}' }} }}"
        )
        status, _ = self._send(
            "POST",
            "/sparql",
            update.encode(),
            {
                "Content-Type": "application/sparql-update",
                "Authorization": f"Bearer {self.token}",
            },
        )
        if status in _BUSY:
            return str(status)
        if not 200 <= status < 300:
            raise Failed(f"write: {status}; expected 2xx")
        status, body = self._ask(f"SELECT ?o {{ <{subject}> <{_LABEL}> ?o }}")
        if status == 200 and body != f"o\r\n{number}\r\n".encode():
            raise Failed(f"write: {body[:80]!r} is read; expected {number}")
        return self._told(status, 200)

    def export(self) -> str:
        return self._told(self._send("GET", "/export/kg.nt.gz", None, {})[0], 200)

    def page(self) -> str:
        path = ("/", "/queries", "/health", "/queries/top-methods", "/term/bert")
        accept = {"Accept": "text/html"}
        status, _ = self._send("GET", path[next(self._numbers) % len(path)], None, accept)
        return self._told(status, 200)

    def _ask(self, text: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        path = f"/sparql?query={quote(text, safe='')}"
        return self._send("GET", path, None, {"Accept": "text/csv", **(headers or {})})

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, body, dict(headers))
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{method} {path[:40]}: {type(error).__name__} {error}") from error
        finally:
            connection.close()

    @staticmethod
    def _told(status: int, expected: int) -> str:
        if status != expected and status not in _BUSY:
            raise Failed(f"{status}; expected {expected}")
        return str(status)
