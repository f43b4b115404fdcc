"""What strangers send to the reconciliation service: it is refused with a reason, or is text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import requests

from kg.store import open_writer
from tests.reconcile_service import V02, faults, find, matched, post, reconcile_store
from tests.server_process import LiveServer, live_server, wait_until, write_store

PROBLEM = "application/problem+json"
NAMED = {"matchType": "name", "propertyValue": "LoRA"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reconcile_store(tmp_path_factory.mktemp("reconcile") / "kg")


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=2, request_log="off") as running:
        yield running


def _refused(reply: requests.Response, status: int, *words: str) -> None:
    assert reply.status_code == status, reply.text[:500]
    assert reply.headers["Content-Type"] == PROBLEM
    problem = reply.json()
    assert problem["status"] == status
    assert len(problem["detail"]) < 1_000
    for word in words:
        assert word in problem["detail"]


# --- queries ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ("{", ["queries", "expected JSON"]),
        ("", ["queries", "expected JSON"]),
        ("[" * 100_000, ["nested too deeply"]),
        ('{"q": {"query": "x", "limit": NaN}}', ["NaN"]),
        ('{"q": {"query": "x", "limit": ' + "9" * 5_000 + "}}", ["queries"]),
        ("[]", ["a list", "expected an object"]),
        ("7", ["a number", "expected an object"]),
        ('{"q": "LoRA"}', ["'q'", "text", "expected an object"]),
        ('{"q": {}}', ["'q'", "no name"]),
        ('{"q": {"query": ""}}', ["no name"]),
        ('{"q": {"query": 7}}', ["'query'", "a number", "expected text"]),
        ('{"q": {"query": ["x"]}}', ["'query'", "a list"]),
        ('{"q": {"query": "a\\u0000b"}}', ["NUL"]),
        ('{"q": {"query": "a\\ud800b"}}', ["surrogate"]),
        ('{"a\\ud800b": {"query": "x"}}', ["surrogate"]),
        ('{"q": {"query": "x", "limit": 0}}', ["'limit'", "0"]),
        ('{"q": {"query": "x", "limit": -1}}', ["'limit'"]),
        ('{"q": {"query": "x", "limit": 1.5}}', ["'limit'", "1.5"]),
        ('{"q": {"query": "x", "limit": "many"}}', ["'limit'", "many"]),
        ('{"q": {"query": "x", "type": "Q5"}}', ["'Q5'", "kg:Model"]),
        ('{"q": {"query": "x", "type": 7}}', ["'type'"]),
        ('{"q": {"query": "x", "type_strict": "no"}}', ["type_strict", "should"]),
        ('{"q": {"query": "x", "colour": 1}}', ["'colour'", "properties"]),
        ('{"q": {"query": "x", "properties": {}}}', ["'properties'", "an object"]),
        ('{"q": {"query": "x", "properties": [{"pid": "P31", "v": 1}]}}', ["'P31'", "wikidata"]),
        ('{"q": {"query": "x", "properties": [{"pid": "wikidata"}]}}', ["'v'"]),
        ('{"q": {"query": "x", "properties": [{"v": 1}]}}', ["'pid'"]),
        ('{"q": {"query": "x", "properties": [{"pid": "wikidata", "v": [[1]]}]}}', ["a list"]),
        ('{"q": {"query": "x", "properties": [{"pid": "wikidata", "v": {}}]}}', ["'id'"]),
    ],
)
def test_queries_that_make_no_sense(server: LiveServer, queries: str, words: list[str]) -> None:
    data = {"queries": queries}
    _refused(requests.post(f"{server.url}/reconcile", data=data, timeout=60), 400, *words)


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ({f"q{number}": {"query": "x"} for number in range(101)}, ["101", "100", "batchSize"]),
        ({"q": {"query": "x" * 5_000}}, ["5000", "4096"]),
        ({"q": {"query": "x", "properties": [{"pid": "wikidata", "v": 1}] * 10_000}}, ["10000"]),
        ({"q": {"query": "x", "properties": [{"pid": "wikidata", "v": ["x"] * 17}]}}, ["17", "16"]),
        ({"q": {"query": "x", "type": ["kg:Model"] * 21}}, ["21"]),
        ({"q" * 5_000: {"query": "x"}}, ["5000"]),
    ],
)
def test_too_much_at_once(server: LiveServer, queries: Any, words: list[str]) -> None:
    _refused(post(server, queries=queries), 413, *words)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, ["'queries'"]),
        ([], ["a list"]),
        ({"queries": {}}, ["queries", "an object"]),
        ({"queries": [{}]}, ["'conditions'", "missing"]),
        ({"queries": [{"conditions": []}]}, ["'conditions'", "empty"]),
        ({"queries": [{"conditions": [{"propertyValue": "x"}]}]}, ["'matchType'", "missing"]),
        ({"queries": [{"conditions": [{"matchType": "name"}]}]}, ["'propertyValue'"]),
        ({"queries": [{"conditions": [{**NAMED, "matchType": "x"}]}]}, ["'matchType'", "'x'"]),
        ({"queries": [{"conditions": [{**NAMED, "matchType": "property"}]}]}, ["identifier"]),
        ({"queries": [{"conditions": [{**NAMED, "required": 1}]}]}, ["'required'"]),
        ({"queries": [{"conditions": [{**NAMED, "matchQuantifier": "x"}]}]}, ["any, all, none"]),
        ({"queries": [{"conditions": [{**NAMED, "matchQualifier": "W"}]}]}, ["ExactMatch"]),
        ({"queries": [{"conditions": [NAMED], "type": ["kg:Model"]}]}, ["'type'", "a list"]),
        ({"queries": [{"conditions": [NAMED], "query": "x"}]}, ["'query'", "conditions"]),
    ],
)
def test_draft_bodies_that_make_no_sense(server: LiveServer, body: Any, words: list[str]) -> None:
    _refused(requests.post(f"{server.url}/reconcile/match", json=body, timeout=60), 400, *words)


def test_too_many_names_at_once(server: LiveServer) -> None:
    body = {"queries": [{"conditions": [{**NAMED, "propertyValue": ["a"] * 9}] * 2}]}
    _refused(requests.post(f"{server.url}/reconcile/match", json=body, timeout=60), 413, "18", "16")


def test_bodies_of_other_types(server: LiveServer) -> None:
    for path, type_ in (
        ("/reconcile", "application/json"),
        ("/reconcile/match", "application/x-www-form-urlencoded"),
        ("/reconcile/extend", "text/plain"),
    ):
        sent = {"Content-Type": type_}
        reply = requests.post(server.url + path, data=b"{}", headers=sent, timeout=60)
        _refused(reply, 415, type_, "expected")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"queries=%FF", b"x=%zz", b"queries={}&queries={}", b"queries={}&extend={}"):
        reply = requests.post(f"{server.url}/reconcile", data=body, headers=form, timeout=60)
        _refused(reply, 400)
    long = b"queries=" + b"x" * 2_000_000
    reply = requests.post(f"{server.url}/reconcile", data=long, headers=form, timeout=60)
    _refused(reply, 413)


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ([], 400, ["extend", "a list"]),
        ({"ids": "term/lora", "properties": []}, 400, ["'ids'", "text"]),
        ({"ids": [1], "properties": []}, 400, ["'ids'", "a number"]),
        ({"ids": ["a\0b"], "properties": []}, 400, ["NUL"]),
        ({"ids": [], "properties": [{"id": "P31"}]}, 400, ["'P31'"]),
        ({"ids": [], "properties": [{}]}, 400, ["identifier"]),
        ({"ids": [], "properties": [{"id": "wikidata", "settings": []}]}, 400, ["'settings'"]),
        ({"ids": [], "properties": [{"id": "wikidata", "settings": {"limit": "x"}}]}, 400, ["'x'"]),
        ({"ids": ["x"] * 201, "properties": []}, 413, ["201", "200"]),
        ({"ids": [], "properties": [{"id": "wikidata"}] * 10_000}, 413, ["10000"]),
    ],
)
def test_extensions_that_make_no_sense(
    server: LiveServer, asked: Any, status: int, words: list[str]
) -> None:
    _refused(post(server, extend=asked), status, *words)
    _refused(
        requests.post(f"{server.url}/reconcile/extend", json=asked, timeout=60), status, *words
    )


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/suggest/entity?prefix=" + "x" * 5_000, 413),
        ("/suggest/entity?prefix=%00", 400),
        ("/suggest/entity?prefix=%FF", 400),
        ("/suggest/entity?prefix=x&limit=0", 400),
        ("/suggest/entity?prefix=x&limit=many", 400),
        ("/suggest/entity?prefix=x&cursor=-1", 400),
        ("/suggest/entity?prefix=x&type=Q5", 400),
        ("/suggest/type?prefix=x&prefix=y", 400),
        ("/suggest/nonsense?prefix=x", 404),
        ("/flyout/entity?id=term/nothing", 404),
        ("/flyout/property?id=P31", 400),
        ("/flyout/type?id=", 400),
        ("/extend/propose?type=Q5", 400),
        ("/extend/propose?limit=0", 400),
        ("/preview", 400),
        ("/preview?id=term/nothing", 404),
        ("/preview?id=%00", 400),
        ("/preview?id=../../etc/passwd", 404),
        ("/view?id=https://example.org/", 404),
        ("/view?id=//example.org", 404),
        ("/view?id=term/%0d%0aX:y", 404),
    ],
)
def test_other_addresses(server: LiveServer, address: str, status: int) -> None:
    _refused(server.get(f"/reconcile{address}", allow_redirects=False), status)


# --- scripts, frames and other sites ----------------------------------------------------


def test_a_script_hands_the_answer_to_a_function(server: LiveServer) -> None:
    queries = json.dumps({"q": {"query": "<script>alert(1)</script>"}})
    for fields in ({}, {"queries": queries}):
        reply = server.get("/reconcile", params={**fields, "callback": "jQuery18.f_1"})
        assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        found = re.fullmatch(r"/\*\*/jQuery18\.f_1\((.*)\);", reply.text)
        assert found
        assert "<" not in found[1]
        json.loads(found[1])
    for name in ("alert(1)", "a b", "", "1a", "a.", "a;b", "<script>", "x" * 500, "a\n", "é"):
        _refused(server.get("/reconcile", params={"callback": name}), 400, "callback")
    sent = {"queries": '{"q": {"query": "x"}}', "callback": "f"}
    posted = requests.post(f"{server.url}/reconcile", data=sent, timeout=60)
    assert posted.headers["Content-Type"] == "application/json"


def test_other_sites_may_ask(server: LiveServer) -> None:
    for path in ("", "/match", "/extend", "/suggest/entity", "/preview", "/1.0-draft/match"):
        reply = requests.options(
            f"{server.url}/reconcile{path}",
            headers={"Origin": "http://localhost:3333", "Access-Control-Request-Method": "POST"},
            timeout=60,
        )
        assert reply.ok, path
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in reply.headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"]
    for path in ("", "/suggest/entity?prefix=x", "/preview?id=term/lora", "?queries={"):
        reply = server.get(f"/reconcile{path}", headers={"Origin": "http://localhost:3333"})
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_head_and_wrong_methods(server: LiveServer) -> None:
    for path in ("/reconcile", "/reconcile/preview?id=term/lora", "/reconcile/suggest/type"):
        reply = requests.head(server.url + path, timeout=60)
        assert (reply.status_code, reply.content) == (200, b"")
    for method, path in (("GET", "/match"), ("PUT", ""), ("DELETE", "/preview")):
        reply = requests.request(method, f"{server.url}/reconcile{path}", timeout=60)
        _refused(reply, 405)


def test_names_are_text(server: LiveServer) -> None:
    name = "<script>alert(1)</script>"
    assert matched(server, name) == "term/x-hostile"
    page = server.get("/reconcile/preview", params={"id": "term/x-hostile"})
    told = server.get("/reconcile/flyout/entity", params={"id": "term/x-hostile"}).json()
    for html in (page.text, told["html"]):
        assert "<script" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html
    suggested = server.get("/reconcile/suggest/entity", params={"prefix": "<script"})
    assert suggested.headers["Content-Type"] == "application/json"
    assert name in [one["name"] for one in suggested.json()["result"]]


def test_nothing_is_pasted_into_a_query(server: LiveServer) -> None:
    for text in ('" } #', "'; DROP TABLE thing; --", "?x", "} UNION { ?s ?p ?o", "%", "_", "*"):
        assert find(server, text) == []
        condition = [{"pid": "skos:prefLabel", "v": text}]
        assert post(server, queries={"q": {"properties": condition}}).json() == {
            "q": {"result": []}
        }
        for pid in ("^kg:mentions", "wikidata", "kg:termType", "kg:firstSeen", "kg:paperCount"):
            query = {"query": "LoRA", "properties": [{"pid": pid, "v": {"id": text}}]}
            assert post(server, queries={"q": query}).status_code == 200


# --- the store behind it ------------------------------------------------------------------


def test_a_server_without_a_store_answers(tmp_path: Path) -> None:
    with live_server(tmp_path / "none", workers=1, request_log="off") as server:
        assert server.get("/reconcile").status_code == 200
        assert find(server, "LoRA") == []
        assert server.get("/reconcile/suggest/entity", params={"prefix": ""}).json() == {
            "result": []
        }
        asked = {"ids": ["term/lora"], "properties": [{"id": "wikidata"}]}
        told = post(server, extend=asked).json()
        assert faults(V02, "extendResponse", told) == []
        assert told["rows"] == {"term/lora": {"wikidata": []}}
        assert server.get("/reconcile/preview", params={"id": "term/lora"}).status_code == 404
        write_store(tmp_path / "none")
        assert matched(server, "Kite") == "term/kite"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["none", "none-names"]


def test_names_follow_the_store(tmp_path: Path) -> None:
    store = reconcile_store(tmp_path / "kg")
    with live_server(store, workers=2, request_log="off") as server:
        assert find(server, "Newcomer") == []
        base = "https://w3id.org/paperkg/"
        node, graph = ox.NamedNode(f"{base}term/newcomer"), ox.NamedNode(f"{base}graph/terms")
        name = ox.Literal("Newcomer", language="en")
        said = (
            (
                "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
                ox.NamedNode(f"{base}ontology#Term"),
            ),
            (f"{base}ontology#termType", ox.NamedNode(f"{base}ontology#Task")),
            ("http://www.w3.org/2000/01/rdf-schema#label", name),
            ("http://www.w3.org/2004/02/skos/core#prefLabel", name),
        )
        for _ in range(3):  # files of older snapshots go
            with open_writer(store, wait_s=5) as writer:
                writer.graph.extend(ox.Quad(node, ox.NamedNode(p), o, graph) for p, o in said)
            assert wait_until(lambda: matched(server, "Newcomer") == "term/newcomer")
        assert len(list((tmp_path / "kg-names").iterdir())) <= 2


def test_a_file_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    store = reconcile_store(tmp_path / "kg")
    with live_server(store, workers=1, request_log="off") as server:
        assert matched(server, "LoRA")
    (path,) = (tmp_path / "kg-names").iterdir()
    path.write_bytes(b"no database" * 1_000)
    with live_server(store, workers=1, request_log="off") as server:
        reply = post(server, queries={"q": {"query": "LoRA"}})
        assert reply.status_code == 503
        assert "names" in reply.json()["detail"]
        assert matched(server, "LoRA") == "term/lora"


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    store = reconcile_store(tmp_path / "kg")
    (tmp_path / "kg-names").write_text("a file of someone's", encoding="utf-8")
    with live_server(store, workers=1, request_log="off") as server:
        assert matched(server, "LoRA") == "term/lora"
    assert (tmp_path / "kg-names").read_text(encoding="utf-8") == "a file of someone's"
