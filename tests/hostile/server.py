"""The server that is attacked: one of its own, with short deadlines and little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import pyoxigraph as ox

from tests.conftest import ROOT
from tests.hostile.making import ARRIVAL_S, DEADLINE_S, Kind, Target
from tests.hostile.reading import NoHttp, Reply
from tests.hostile.sending import Attack, Outcome, Then, send
from tests.hostile.witnesses import (
    Canary,
    Listener,
    children,
    contents,
    shared_memory_mb,
    tracebacks,
)
from tests.server_process import many_quads, wait_until, write_store

TOKEN: Final = "kT3vX9-hostile-suite"
#: What the server may hold after the attacks beyond what it held before: allocators keep
#: some of what queries used, in each of the workers that lived on.
MEMORY_MARGIN_MB: Final = 250
_MANY: Final = 20_000
_HUB_EDGES: Final = 20_000
_SETTINGS: Final = {
    "KG_QUERY_TIMEOUT_S": DEADLINE_S,
    "KG_QUERY_MEMORY_MB": 300,
    "KG_QUERY_MAX_RESULT_MB": 50,
    "KG_BODY_TIMEOUT_S": ARRIVAL_S,
    "KG_WRITE_TIMEOUT_S": 2 * DEADLINE_S,
    "KG_WRITE_MAX_MB": 5,
    "KG_WRITE_TOKEN": TOKEN,
}


@dataclass(frozen=True, slots=True)
class Attacked:
    """A running server with its witnesses."""

    process: subprocess.Popen[bytes]
    target: Target
    canary: Canary

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.target.host.split(":")
        return host, int(port)

    def attack(self, kind: Kind, seed: int) -> None:
        """Send the variants of a kind, and judge what comes back and how the server is.

        Raises:
            AssertionError: something is not as it should be.
        """
        before = children(self.process.pid)
        attacks = list(kind.attacks(Random(f"{kind.name} {seed}"), self.target))
        with ThreadPoolExecutor(kind.at_once) as threads:
            results = list(threads.map(lambda one: self._try(kind, one), attacks))
        wrong = [one for one in results if one]
        assert not wrong, f"{len(wrong)} of {len(attacks)}:\n" + "\n".join(wrong[:10])
        assert self.process.poll() is None, "the server ended"
        assert children(self.process.pid) == before, "the serving process was replaced"
        assert self.canary.answers_again(), "nobody else is answered any more"
        assert not self.canary.seen.wrong, self.canary.seen

    def _try(self, kind: Kind, attack: Attack) -> str:
        """Return what is wrong, or nothing."""
        try:
            judge(kind, attack, send(attack, self.address, kind.within_s))
        except (AssertionError, NoHttp) as error:
            sent = b"".join(part.data for part in attack.parts)
            shown = sent if len(sent) < 400 else sent[:200] + b" ... " + sent[-150:]
            return f"{error} to {shown!r}"
        return ""


def judge(kind: Kind, attack: Attack, outcome: Outcome) -> None:
    """Judge what came back of one conversation.

    Raises:
        AssertionError: it is not what the kind allows, or gives something away.
    """
    if attack.then in (Then.LEAVE, Then.READ_SLOWLY):
        return
    for reply in outcome.replies:
        what = f"{reply.status} {reply.body[:300]!r}"
        assert reply.status in kind.statuses, f"{what}; expected {sorted(kind.statuses)}"
        assert reply.complete or kind.may_break, f"{what}; expected the whole answer"
        _judge_error(reply)
        for check in kind.checks:
            check(reply)
    if len(outcome.replies) < attack.replies:
        told = any(reply.header("connection").lower() == "close" for reply in outcome.replies)
        allowed = kind.may_wait if outcome.timed_out else kind.may_close or told
        ending = "no answer in time" if outcome.timed_out else "the server hung up"
        assert allowed, f"{ending} after {outcome.waited_s:.1f} s"
    assert outcome.waited_s <= kind.within_s + 1, f"took {outcome.waited_s:.1f} s"


def _judge_error(reply: Reply) -> None:
    """An error says when to come back where that helps, and nothing of the machine."""
    if reply.status in (429, 503):
        assert reply.header("retry-after").isdigit(), f"{reply.status} without Retry-After"
    if reply.status >= 400:
        for told in (b"Traceback", b"site-packages", str(ROOT).encode(), b"/tmp/"):
            assert told not in reply.body, f"the answer tells {told!r}: {reply.body[:300]!r}"


#: A benchmark that a paper evaluates on, so that most pages show it, with names that mean harm.
_SCRIPT: Final = """
@prefix kg: <https://w3id.org/paperkg/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/paperkg/term/script> a kg:Term, kg:DataTerm, kg:Benchmark ;
    kg:termType kg:Benchmark ; kg:paperCount 1 ;
    rdfs:label "</title><script>alert(1)</script>" ;
    skos:prefLabel "</title><script>alert(1)</script>"@en, "'><img src=x onerror=alert(1)>"@ko ;
    skos:altLabel "script"@en ;
    <urn:to> <javascript:alert(1)> .
<https://w3id.org/paperkg/paper/2408.00001> kg:evaluatesOn <https://w3id.org/paperkg/term/script> ;
    kg:mentions <https://w3id.org/paperkg/term/script> .
"""


def _quads() -> Iterator[ox.Quad]:
    """Much to sort, a hub, and literals and IRIs that mean harm on a page."""
    yield from many_quads(_MANY)
    hub, graph = ox.NamedNode("https://example.org/hub"), ox.NamedNode("https://example.org/hubs")
    for number in range(_HUB_EDGES):
        yield ox.Quad(ox.NamedNode(f"urn:spoke:{number}"), ox.NamedNode("urn:to"), hub, graph)
    for quad in ox.parse(_SCRIPT, ox.RdfFormat.TURTLE):
        yield ox.Quad(*quad.triple, graph)


@contextmanager
def serving(
    folder: Path, log: Path, **settings: object
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the server on the store ``folder/kg``; home and temporary files are there too."""
    for name in ("home", "t"):
        (folder / name).mkdir(exist_ok=True)
    variables = {name: str(value) for name, value in (_SETTINGS | settings).items()}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "server.py")],
            cwd=folder,
            env={
                **{name: value for name, value in os.environ.items() if name[:3] != "KG_"},
                "HOME": str(folder / "home"),
                "TMPDIR": str(folder / "t"),
                "KG_STORE": str(folder / "kg"),
                "KG_PORT": "0",
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            assert wait_until(lambda: b"Serving http://" in log.read_bytes(), 30), log.read_text()
            line = log.read_bytes().partition(b"Serving http://")[2]
            yield line.split()[0].rstrip(b"/").decode(), process
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def attacked(folder: Path, log: Path) -> Iterator[Attacked]:
    """Run a server and its witnesses; at the end everything must be as it was."""
    write_store(folder / "kg", _quads())
    listener = Listener()
    listener.start()
    with serving(folder, log) as (host, process):
        target = Target(host, listener.address, TOKEN)
        address = host.split(":")
        canary = Canary((address[0], int(address[1])))
        canary.start()
        assert canary.answers_again(), canary.seen
        files, memory_mb = contents(folder), shared_memory_mb(process.pid)
        yield Attacked(process, target, canary)
        canary.stop()
        assert not canary.seen.wrong, canary.seen
        _assert_same_files(folder, files)
        most_mb = memory_mb + MEMORY_MARGIN_MB
        assert wait_until(lambda: shared_memory_mb(process.pid) < most_mb, 20), (
            f"{shared_memory_mb(process.pid):.0f} MB; it began with {memory_mb:.0f}"
        )
    assert tracebacks(log) == []
    assert listener.visits == []
    listener.stop()


def _assert_same_files(folder: Path, before: dict[str, tuple[int, int]]) -> None:
    """The store is as it was; new are dumps and lists of names only, made when asked for."""

    def ours(files: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        ignored = ("kg-exports/", "kg-names/", "kg/lock")
        return {name: what for name, what in files.items() if not name.startswith(ignored)}

    assert ours(contents(folder)) == ours(before)
