"""Requests made at random against a real server: none may fail it.

One half follows the OpenAPI document with schemathesis, the other breaks sound queries by
tokens and by bytes. Half a minute each; ``make soak`` gives them five.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote_plus

import pytest
import requests

from tests.conftest import ROOT
from tests.hostile.mutating import mutated
from tests.hostile.server import TOKEN, serving
from tests.hostile.witnesses import children, tracebacks
from tests.server_process import many_quads, write_store

_SHORT_S: Final = 15
#: Texts to send, on a slow machine too.
_LEAST: Final = 3_000
_LONG_S: Final = 300
_ACCEPTS: Final = (
    *("*/*", "text/html", "application/sparql-results+json", "application/sparql-results+xml"),
    *("text/csv", "text/tab-separated-values", "text/turtle", "application/ld+json"),
)
#: What a text may be answered with: it ran, it makes no sense, it may not, or is too much.
_STATUSES: Final = frozenset((200, 204, 400, 401, 403, 404, 406, 409, 413, 414, 429, 503))
#: Of a hundred requests so many come from one who may write, as those take longest.
_WRITES: Final = 3
_PROBLEM: Final = "application/problem+json"
_CONFIG: Final = f"""\
hooks = {str(ROOT / "tests" / "hostile" / "openapi_hooks.py")!r}

[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose log and processes are looked at when the tests are over."""
    folder = tmp_path_factory.mktemp("fuzz")
    log = tmp_path_factory.mktemp("log") / "log"
    write_store(folder / "kg", many_quads(2_000))
    with serving(folder, log, KG_QUERY_TIMEOUT_S=1, KG_QUERY_MEMORY_MB=1000) as (host, process):
        assert requests.get(f"http://{host}/health", timeout=30).ok
        before = children(process.pid)
        yield host
        assert process.poll() is None
        assert children(process.pid) == before
        assert requests.get(f"http://{host}/health", timeout=30).ok
    assert tracebacks(log) == []


def follow_openapi(host: str, folder: Path, seconds: int) -> None:
    """Run schemathesis for some seconds.

    Raises:
        AssertionError: it found something.
    """
    schema = f"http://{host}/openapi.json"
    if requests.get(schema, timeout=30).status_code == 404:
        pytest.skip("no /openapi.json is served")
    config = folder / "schemathesis.toml"
    config.write_text(_CONFIG, encoding="utf-8")
    ran = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config)),
            *("run", schema, "--checks", "not_a_server_error,content_type_conformance"),
            *("--phases", "examples,fuzzing", "--max-time", str(seconds)),
            *("--seed", "1", "--continue-on-failure", "--no-color", "--workers", "2"),
            *("--request-timeout", "20", "--warnings", "off"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=10 * seconds + 60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]


def send_mutated(host: str, seconds: int, seed: int, least: int = 0) -> Counter[int]:
    """Send broken texts for some seconds, each in one of the ways of the protocol.

    Args:
        least: how many to send, if it takes longer.

    Raises:
        AssertionError: an answer is a failure, or is not of a type that it may be.
    """
    random, statuses = Random(seed), Counter[int]()
    end = time.monotonic() + seconds
    with requests.Session() as session:
        while time.monotonic() < end or statuses.total() < least:
            data, accept = mutated(random), random.choice(_ACCEPTS)
            way = random.choice(("query", "form", "url"))
            headers, url, body = {"Accept": accept}, f"http://{host}/sparql", None
            if random.randrange(100) < _WRITES:
                way = "update"
                headers["Authorization"] = f"Bearer {TOKEN}"
            if way in ("query", "update"):
                headers["Content-Type"], body = f"application/sparql-{way}", data
            elif way == "form":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                body = b"query=" + quote_plus(data).encode()
            else:
                url += "?query=" + quote_plus(data)
            reply = session.request("POST" if body else "GET", url, data=body, headers=headers)
            what = f"{reply.status_code} {reply.headers.get('Content-Type')} to {way} {data!r}"
            assert reply.status_code in _STATUSES, f"{what}: {reply.text[:500]}"
            _check_type(reply, accept, what)
            statuses[reply.status_code] += 1
    return statuses


def _check_type(reply: requests.Response, accept: str, what: str) -> None:
    """An answer is of the type that was asked for; an error is a problem, or a page."""
    type_ = reply.headers.get("Content-Type", "").partition(";")[0]
    if reply.status_code >= 400:
        assert type_ == _PROBLEM or type_ == accept == "text/html", what
    elif reply.status_code == 200 and accept != "*/*":
        assert type_ == accept, what


def test_requests_by_openapi(server: str, tmp_path: Path) -> None:
    follow_openapi(server, tmp_path, _SHORT_S)


def test_mutated_queries(server: str) -> None:
    statuses = send_mutated(server, _SHORT_S, seed=1, least=_LEAST)
    # Both sound and broken texts came through, or this tests less than it says.
    assert statuses[200] > 200
    assert statuses[204] > 0
    assert statuses[400] > 200


@pytest.mark.soak
def test_requests_by_openapi_for_long(server: str, tmp_path: Path) -> None:
    follow_openapi(server, tmp_path, _LONG_S)


@pytest.mark.soak
def test_mutated_queries_for_long(server: str) -> None:
    assert send_mutated(server, _LONG_S, seed=2)[200] > 500
