"""What the tests of the reconciliation service share: its graph, calls, and schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import requests
from jsonschema import Draft202012Validator

from tests.conftest import ROOT
from tests.server_process import LiveServer, write_store

DATA = ROOT / "tests" / "data" / "reconcile"
V02, DRAFT = "v0.2", "v1.0-draft"


def reconcile_store(path: Path) -> Path:
    """Write the graph of ``served.trig`` and that of the service's own tests."""
    return write_store(path, ox.parse(path=str(DATA / "graph.trig")))


def faults(version: str, part: str, value: object) -> list[str]:
    """Return what a version of the protocol has against a value; empty if it is sound."""
    schema = json.loads((DATA / f"{version}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({**schema, "$ref": f"#/$defs/{part}"})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def post(server: LiveServer, **fields: Any) -> requests.Response:
    """Send a form with fields in JSON."""
    written = {name: json.dumps(value) for name, value in fields.items()}
    return requests.post(f"{server.url}/reconcile", data=written, timeout=60)


def find(server: LiveServer, name: str, **query: Any) -> list[dict[str, Any]]:
    """Return the candidates for one name."""
    reply = post(server, queries={"q0": {"query": name, **query}})
    assert reply.status_code == 200, reply.text
    assert faults(V02, "resultBatch", reply.json()) == []
    found: list[dict[str, Any]] = reply.json()["q0"]["result"]
    return found


def matched(server: LiveServer, name: str, **query: Any) -> str | None:
    """Return the identifier of the one candidate that is a match, if any."""
    matches = [one["id"] for one in find(server, name, **query) if one["match"]]
    assert len(matches) <= 1
    return matches[0] if matches else None
