"""Who watches the server while it is attacked: clients, processes, files, and a trap."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.hostile.making import DEADLINE_S
from tests.server_process import descendants, wait_until

#: Another client than those that attack: Linux has all of 127.0.0.0/8.
_SOURCE: Final = ("127.0.0.2", 0)
#: Requests that one connection of the canary serves.
_REQUESTS: Final = 10
_TRACEBACK = re.compile(r"Traceback|^\s+File \"|\b(?:Exception|Error): ", re.MULTILINE)
#: Between two questions of the canary: without, they would be half of what the server has to do.
_PAUSE_S: Final = 0.02


@dataclass(slots=True)
class Sightings:
    """What the canary saw: seconds of the slowest answer, and what was wrong."""

    answered: int = 0
    busy: int = 0
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def tell(self, wrong: str) -> None:
        if len(self.wrong) < 20:
            self.wrong.append(wrong)


class Canary(threading.Thread):
    """A client that asks all the time what it knows the answer to.

    A 503 or 429 that says when to come back is an answer too; anything else but the right
    one is wrong, and so is an answer that takes longer than twice the deadline of a query.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._stopped = threading.Event()
        self.seen = Sightings()

    def run(self) -> None:
        number = 0
        while not self._stopped.is_set():
            connection = http.client.HTTPConnection(
                *self._address, timeout=10 * DEADLINE_S, source_address=_SOURCE
            )
            with suppress(OSError, http.client.HTTPException):
                connection.connect()
            for _ in range(_REQUESTS):
                number += 1
                started = time.monotonic()
                try:
                    keeps = self._ask(connection, number)
                except (OSError, http.client.HTTPException) as error:
                    self.seen.tell(f"question {number}: {type(error).__name__} {error}")
                    keeps = False
                took_s = time.monotonic() - started
                self.seen.slowest_s = max(self.seen.slowest_s, took_s)
                if took_s > 2 * DEADLINE_S:
                    self.seen.tell(f"question {number}: {took_s:.1f} s; expected less")
                if not keeps or self._stopped.wait(_PAUSE_S):
                    break
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, number: int) -> bool:
        """Ask, with a name that makes it another question each time."""
        term = "<https://w3id.org/paperkg/term/kite>"
        if number % 2:
            text = f"ASK {{ {term} ?a{number} ?b{number} }}"
            accept, expected = "application/sparql-results+json", b'{"head":{},"boolean":true}'
        else:
            text = (
                f"SELECT ?l{number} {{ {term} "
                f"<http://www.w3.org/2000/01/rdf-schema#label> ?l{number} }}"
            )
            accept, expected = "text/csv", f"l{number}\r\nKite\r\n".encode()
        connection.request(
            "GET", f"/sparql?query={quote(text, safe='')}", headers={"Accept": accept}
        )
        reply = connection.getresponse()
        body = reply.read()
        if reply.status in (429, 503) and (reply.headers["Retry-After"] or "").isdigit():
            self.seen.busy += 1
        elif (reply.status, body) == (200, expected):
            self.seen.answered += 1
        else:
            self.seen.tell(f"question {number}: {reply.status} {body[:200]!r}")
        return not reply.will_close

    def answers_again(self) -> bool:
        """Whether it gets a right answer from now on, soon enough."""
        before = self.seen.answered
        return wait_until(lambda: self.seen.answered > before, 2 * DEADLINE_S + 2)

    def stop(self) -> None:
        self._stopped.set()
        self.join(30)


class Listener(threading.Thread):
    """A trap: a server that nobody but the attacked one would be led to connect to."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.visits: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:  # closed
                return
            with visitor:
                visitor.settimeout(1)
                said = b""
                with suppress(OSError):
                    said = visitor.recv(200)
                self.visits.append(said)
                with suppress(OSError):
                    visitor.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n\r\n"
                        b'<urn:a> <urn:b> "fetched-from-listener" .'
                    )

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.join(5)


def children(pid: int) -> frozenset[int]:
    """The processes that *pid* itself has started."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                if int(stat.rpartition(")")[2].split()[1]) == pid:
                    found.add(int(entry.name))
    return frozenset(found)


def shared_memory_mb(pid: int) -> float:
    """Memory of a process and all below it, each shared page counted once."""
    total = 0.0
    for one in (pid, *descendants(pid)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:  # ended meanwhile
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) / 1024 if found else 0.0
    return total


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file under a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            stat = path.lstat()
            if path.is_file():
                found[str(path.relative_to(folder))] = (stat.st_size, stat.st_mtime_ns)
    return found


def tracebacks(log: Path) -> list[str]:
    """The lines of a log that look as if something broke."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if _TRACEBACK.search(line)]
