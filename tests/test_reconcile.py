"""The reconciliation service finds what a name means, and says it as the protocol wants."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from kg.web.reconcile.schema import PROPERTIES, TYPES
from tests.conftest import ROOT
from tests.reconcile_service import (
    DRAFT,
    V02,
    faults,
    find,
    matched,
    post,
    reconcile_store,
)
from tests.server_process import BASE, LiveServer, live_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = reconcile_store(tmp_path_factory.mktemp("reconcile") / "kg")
    with live_server(store, workers=2, request_log="off") as running:
        yield running


# --- the manifest -----------------------------------------------------------------


def test_manifest_is_that_of_version_0_2(server: LiveServer) -> None:
    manifest = server.get("/reconcile").json()
    assert faults(V02, "manifest", manifest) == []
    assert manifest["versions"] == ["0.2", "1.0-draft"]
    assert manifest["identifierSpace"] == BASE
    assert manifest["schemaSpace"] == f"{BASE}ontology#"
    assert manifest["view"]["url"] == f"{server.url}/reconcile/view?id={{{{id}}}}"
    assert {one["id"] for one in manifest["defaultTypes"]} == {one.id for one in TYPES.values()}
    for kind in ("entity", "property", "type"):
        place = manifest["suggest"][kind]
        reply = requests.get(
            place["service_url"] + place["service_path"], {"prefix": "mod"}, timeout=60
        )
        assert reply.status_code == 200


def test_manifest_of_the_draft_has_an_address_of_its_own(server: LiveServer) -> None:
    manifest = server.get("/reconcile/1.0-draft").json()
    assert faults(DRAFT, "manifest", manifest) == []
    assert manifest["versions"] == ["1.0-draft"]
    assert manifest["standardizedScore"] is True


def test_manifest_names_the_address_that_the_client_used(server: LiveServer) -> None:
    reply = requests.get(
        f"{server.url}/reconcile", headers={"Host": "kg.example.org:8080"}, timeout=60
    )
    assert reply.json()["preview"]["url"].startswith("http://kg.example.org:8080/reconcile/")


@pytest.mark.shared
def test_our_schemas_fit_the_examples_of_the_specification(shared: Any) -> None:
    folder = shared / "facts" / "wikidata_fixtures" / "reconciliation"
    parts = {
        "query_batch": "queryBatch", "result_batch": "resultBatch",
        "data_extension_query": "extendQuery", "data_extension_response": "extendResponse",
        "suggest_entities": "suggestedEntities", "suggest_properties": "suggestedProperties",
        "suggest_types": "suggestedTypes", "manifest_wikidata": "manifest",
        "manifest_lobid-gnd": "manifest",
    }  # fmt: skip
    seen = 0
    for path in sorted(folder.glob("*.json")):
        version, _, part = path.stem.partition("_")
        version = V02 if version == "v02" else DRAFT
        assert faults(version, parts[part], json.loads(path.read_bytes())) == [], path.name
        seen += 1
    assert seen > 10


# --- names --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("LoRA", "term/lora"),
        ("  lora ", "term/lora"),
        ("로라", "term/lora"),
        ("low rank adaptations", "term/lora"),
        ("강화학습", "term/reinforcement-learning"),
        ("Reinforcement-Learning", "term/reinforcement-learning"),
        ("KiteNet", "term/kite"),
        ("Wei Wang", "author/wei-wang"),
        ("Wang, Wei", "author/wei-wang"),
        ("Jose Garcia", "author/jose-garcia"),
        ("이도윤", "author/이-도윤"),
        ("LoRA, Twice", "paper/2406.00002"),
    ],
)
def test_equal_names_match(server: LiveServer, name: str, id_: str) -> None:
    assert matched(server, name) == id_


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("term/lora", "term/lora"),
        (f"{BASE}author/이-도윤", "author/이-도윤"),
        ("2406.00002", "paper/2406.00002"),
        ("arXiv:2406.00002v3", "paper/2406.00002"),
        ("https://arxiv.org/pdf/2408.00001v1", "paper/2408.00001"),
        ("https://doi.org/10.1000/TWICE", "paper/2406.00002"),
        ("Q900000001", "term/lora"),
        ("http://www.wikidata.org/entity/Q900000002", "author/wei-wang"),
        ("https://orcid.org/0000-0002-1825-0097", "author/wei-wang"),
    ],
)
def test_identifiers_match(server: LiveServer, text: str, id_: str) -> None:
    first, *others = find(server, text)
    assert (first["id"], first["score"], first["match"]) == (id_, 100, True)
    assert all(one["score"] < 90 for one in others)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("reinforcment lerning", "term/reinforcement-learning"),
        ("강하 학습", "term/reinforcement-learning"),
        ("reinforcement", "term/reinforcement-learning"),
        ("the LoRA method", "term/lora"),
        ("W. Wang", "author/wei-wang"),
        ("SkyBench", "term/skybench-2.1"),
    ],
)
def test_names_that_are_like_one_are_candidates_and_no_match(
    server: LiveServer, text: str, id_: str
) -> None:
    first = find(server, text)[0]
    assert first["id"] == id_
    assert not first["match"]
    assert 50 < first["score"] <= 90


def test_one_name_of_two_things_is_no_match(server: LiveServer) -> None:
    assert {one["id"] for one in find(server, "CLIP")} == {"term/clip", "term/clip~metric"}
    assert matched(server, "CLIP") is None
    assert matched(server, "flyer") is None
    assert matched(server, "CLIP", type="kg:Metric") == "term/clip~metric"


def test_what_is_not_there_has_no_candidates(server: LiveServer) -> None:
    assert find(server, "quantum chromodynamics") == []
    assert find(server, "Q900000099") == []
    assert find(server, "my own name for it") == []  # a user's graph names no thing of ours
    assert find(server, "!?") == []


def test_type_narrows(server: LiveServer) -> None:
    for type_ in ("kg:Method", "MethodTerm", "kg:Term", f"{BASE}ontology#Method", ["kg:Method"]):
        assert matched(server, "LoRA", type=type_) == "term/lora", type_
    assert matched(server, "LoRA", type=["kg:Task", "kg:Method"], type_strict="should")
    for type_ in ("kg:Task", "kg:Author"):
        assert find(server, "LoRA", type=type_) == []
    assert [one["id"] for one in find(server, "LoRA", type="kg:Paper")] == ["paper/2406.00002"]


def test_limit_cuts(server: LiveServer) -> None:
    assert len(find(server, "CLIP", limit=1)) == 1


@pytest.mark.parametrize(
    ("pid", "value", "id_"),
    [
        ("^kg:mentions", "2406.00002", "term/clip~metric"),
        ("^kg:mentions", {"id": "paper/2406.00002", "name": "LoRA, Twice"}, "term/clip~metric"),
        ("^kg:mentions", ["9999.99999", "LoRA, twice"], "term/clip~metric"),
        ("kg:termType", "kg:Model", "term/clip"),
        ("kg:termType", "Metric", "term/clip~metric"),
        ("kg:paperCount", 5, "term/clip"),
    ],
)
def test_properties_decide_between_things_of_one_name(
    server: LiveServer, pid: str, value: object, id_: str
) -> None:
    assert matched(server, "CLIP", properties=[{"pid": pid, "v": value}]) == id_


def test_a_property_that_does_not_hold_keeps_from_a_match(server: LiveServer) -> None:
    assert matched(server, "LoRA", properties=[{"pid": "wikidata", "v": "Q900000001"}])
    (first, *_) = find(server, "LoRA", properties=[{"pid": "wikidata", "v": "Q900000007"}])
    assert (first["id"], first["score"], first["match"]) == ("term/lora", 60, False)
    author = [{"pid": "dcterms:creator", "v": "Wei Wang"}]
    assert matched(server, "LoRA, Twice", type="kg:Paper", properties=author)
    assert matched(server, "LoRA", properties=[{"pid": "kg:firstSeen", "v": "2024-06"}])


@pytest.mark.parametrize(
    ("pid", "value", "ids"),
    [
        ("wikidata", "Q900000001", {"term/lora"}),
        ("^kg:introduces", "2406.00002", {"term/lora"}),
        ("dcterms:creator", "José García", {"paper/2406.00002"}),
        ("kg:arxivId", "2406.00002", {"paper/2406.00002"}),
        ("^dcterms:creator", "2406.00002", {"author/wei-wang", "author/jose-garcia"}),
    ],
)
def test_properties_alone_find_things(
    server: LiveServer, pid: str, value: str, ids: set[str]
) -> None:
    reply = post(server, queries={"q": {"properties": [{"pid": pid, "v": value}]}})
    found = reply.json()["q"]["result"]
    assert {one["id"] for one in found} == ids
    assert not any(one["match"] for one in found)


# --- version 1.0 --------------------------------------------------------------------


def _named(name: str, **more: Any) -> dict[str, Any]:
    return {"conditions": [{"matchType": "name", "propertyValue": name}], **more}


def test_draft_answers_in_the_order_of_the_queries(server: LiveServer) -> None:
    batch = {"queries": [_named("LoRA", type="kg:Method"), _named("nothing"), _named("카이트")]}
    assert faults(DRAFT, "queryBatch", batch) == []
    for path in ("/reconcile/match", "/reconcile/1.0-draft/match"):
        reply = requests.post(server.url + path, json=batch, timeout=60)
        assert faults(DRAFT, "resultBatch", reply.json()) == []
        first, second, third = (one["candidates"] for one in reply.json()["results"])
        assert first[0]["id"] == "term/lora"
        assert second == []
        assert third[0]["match"]


def test_draft_conditions(server: LiveServer) -> None:
    def ids(*conditions: dict[str, Any]) -> list[str]:
        names = [{"matchType": "name", "propertyValue": "CLIP"}]
        batch = {"queries": [{"conditions": [*names, *conditions]}]}
        reply = requests.post(f"{server.url}/reconcile/match", json=batch, timeout=60)
        assert reply.status_code == 200, reply.text
        return [one["id"] for one in reply.json()["results"][0]["candidates"]]

    by = {"matchType": "property", "propertyId": "^kg:mentions", "propertyValue": "2406.00002"}
    assert ids(by) == ["term/clip~metric", "term/clip"]
    assert ids({**by, "required": True}) == ["term/clip~metric"]
    assert ids({**by, "required": True, "matchQuantifier": "none"}) == ["term/clip"]
    both = {**by, "propertyValue": ["2406.00002", "2408.00001"], "required": True}
    assert ids({**both, "matchQuantifier": "all"}) == []
    assert ids({**both, "matchQualifier": "ExactMatch"}) == ["term/clip~metric"]


def test_language_is_that_of_the_reader(server: LiveServer) -> None:
    korean = {"Accept-Language": "ko-KR, en;q=0.5"}
    reply = requests.post(
        f"{server.url}/reconcile",
        data={"queries": json.dumps({"q": {"query": "LoRA"}})},
        headers=korean,
        timeout=60,
    )
    first = reply.json()["q"]["result"][0]
    assert (first["name"], first["type"][0]["name"]) == ("로라", "방법")
    assert reply.headers["Content-Language"] == "ko"
    assert "Accept-Language" in reply.headers["Vary"]
    batch = {"queries": [_named("LoRA", lang="ko")]}
    own = requests.post(f"{server.url}/reconcile/match", json=batch, timeout=60).json()
    assert own["results"][0]["candidates"][0]["name"] == "로라"


# --- apart from names ------------------------------------------------------------------


def test_types_and_properties_are_those_of_the_ontology() -> None:
    ontology = (ROOT / "ontology" / "kg.ttl").read_text(encoding="utf-8")
    for type_ in TYPES.values():
        assert f'rdfs:label "{type_.english}"@en , "{type_.korean}"@ko' in ontology, type_.id
    for property_ in PROPERTIES.values():
        if property_.id.startswith("kg:"):
            assert f"\n{property_.id} " in ontology


def test_batches_are_fast(server: LiveServer) -> None:
    names = ["LoRA", "reinforcment learning", "카이트", "Wei Wang", "2406.00002"] * 2
    batch = {f"q{place}": {"query": name} for place, name in enumerate(names)}
    times = []
    for _ in range(10):
        started = time.perf_counter()
        assert post(server, queries=batch).status_code == 200
        times.append(time.perf_counter() - started)
    assert min(times) < 0.1
