"""What clients do with what they found: suggestions, previews, and values of properties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from kg.web.reconcile.schema import PROPERTIES
from tests.reconcile_service import DRAFT, V02, faults, post, reconcile_store
from tests.server_process import BASE, LiveServer, live_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    store = reconcile_store(tmp_path_factory.mktemp("reconcile") / "kg")
    with live_server(store, workers=2, request_log="off") as running:
        yield running


def test_suggestions(server: LiveServer) -> None:
    def suggested(kind: str, **fields: object) -> list[str]:
        reply = server.get(f"/reconcile/suggest/{kind}", params=fields)
        part = {"entity": "Entities", "property": "Properties", "type": "Types"}[kind]
        for version in (V02, DRAFT):
            assert faults(version, f"suggested{part}", reply.json()) == []
        return [one["id"] for one in reply.json()["result"]]

    assert suggested("entity", prefix="lor") == ["term/lora", "paper/2406.00002"]
    assert suggested("entity", prefix="강") == ["term/reinforcement-learning"]
    assert suggested("entity", prefix="reinforcement l") == ["term/reinforcement-learning"]
    assert suggested("entity", prefix="Q900000001") == ["term/lora"]
    assert suggested("entity", prefix="term/kite") == ["term/kite"]
    assert suggested("entity", prefix="", limit=1) == ["term/reinforcement-learning"]
    assert suggested("entity", prefix="", limit=1, cursor=1) == ["term/clip"]
    assert suggested("entity", prefix="lor", type="kg:Paper") == ["paper/2406.00002"]
    assert suggested("entity", prefix="zzz") == []
    assert suggested("type", prefix="mod")[:2] == ["kg:MethodTerm", "kg:Model"]
    assert suggested("type", prefix="데이터") == ["kg:DataTerm", "kg:Dataset"]
    assert suggested("property", prefix="wiki") == ["wikidata"]
    assert len(suggested("property", prefix="", limit=100)) == len(PROPERTIES)


def test_flyouts(server: LiveServer) -> None:
    for kind, id_ in (("entity", "term/lora"), ("property", "kg:termType"), ("type", "kg:Model")):
        told = server.get(f"/reconcile/flyout/{kind}", params={"id": id_}).json()
        assert faults(V02, "flyout", told) == []
        assert told["id"] == id_


def test_view_leads_to_the_page(server: LiveServer) -> None:
    for id_ in ("term/lora", "author/이-도윤", "paper/doi/10.1000/a%3Cb%3E"):
        reply = server.get("/reconcile/view", params={"id": id_}, allow_redirects=False)
        assert reply.status_code == 303
        assert reply.headers["Location"].startswith("/")
        page = server.get("/reconcile/view", params={"id": id_}, headers={"Accept": "text/html"})
        assert page.status_code == 200, id_


def test_preview_is_a_small_page_for_a_frame(server: LiveServer) -> None:
    page = server.get("/reconcile/preview", params={"id": "term/lora"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "Method · 2 papers · since 2024-06-03" in page.text
    assert "made-up adaptation" in page.text
    assert "LoRA, Twice" in page.text
    assert "my own name for it" not in page.text  # what a user's graph says
    assert server.get("/static/reconcile.css").status_code == 200
    assert "frame-ancestors 'none'" in server.get("/").headers["Content-Security-Policy"]


def test_values_of_properties(server: LiveServer) -> None:
    named = ["kg:paperCount", "kg:firstSeen", "kg:termType", "^kg:introduces", "wikidata"]
    named += ["skos:prefLabel", "^kg:subject", "skos:broader"]
    ids = ["term/lora", f"{BASE}term/kite", "term/nothing", "no id at all"]
    asked = {"ids": ids, "properties": [{"id": name} for name in named]}
    assert faults(V02, "extendQuery", asked) == []
    told = post(server, extend=asked).json()
    assert faults(V02, "extendResponse", told) == []
    assert [one["id"] for one in told["meta"]] == named
    assert told["meta"][3]["type"] == {"id": "kg:Paper", "name": "Paper"}
    assert told["meta"][4]["service"].startswith("https://")
    assert told["rows"]["term/lora"] == {
        "kg:paperCount": [{"int": 2}],
        "kg:firstSeen": [{"date": "2024-06-03T00:00:00Z"}],
        "kg:termType": [{"str": "Method"}],
        "^kg:introduces": [{"id": "paper/2406.00002", "name": "LoRA, Twice"}],
        "wikidata": [{"id": "Q900000001", "name": "made-up adaptation"}],
        "skos:prefLabel": [{"str": "LoRA"}, {"str": "로라"}],
        "^kg:subject": [{"str": "LoRA on SkyBench: accuracy 88.2 % (5-shot)"}],
        "skos:broader": [],
    }
    assert told["rows"][f"{BASE}term/kite"]["kg:termType"] == [{"str": "Model"}]
    assert set(map(str, told["rows"]["term/nothing"].values())) == {"[]"}


def test_values_in_the_draft_have_their_language(server: LiveServer) -> None:
    prefer = {"id": "skos:prefLabel", "settings": {"limit": "1"}}
    asked = {"ids": ["term/lora"], "properties": [prefer, {"id": "^kg:mentions"}]}
    told = requests.post(f"{server.url}/reconcile/extend", json=asked, timeout=60).json()
    assert faults(DRAFT, "extendResponse", told) == []
    (row,) = told["rows"]
    assert row["properties"][0] == {
        "id": "skos:prefLabel",
        "values": [{"str": "LoRA", "lang": "en"}],
    }


def test_properties_are_proposed(server: LiveServer) -> None:
    for type_, has, has_not in (
        ("kg:Model", "^kg:mentions", "dcterms:creator"),
        ("kg:Paper", "dcterms:creator", "kg:paperCount"),
        ("kg:Author", "^dcterms:creator", "kg:firstSeen"),
    ):
        told = server.get("/reconcile/extend/propose", params={"type": type_}).json()
        assert faults(V02, "proposal", told) == []
        ids = [one["id"] for one in told["properties"]]
        assert has in ids
        assert has_not not in ids
    few = server.get("/reconcile/extend/propose", params={"type": "kg:Model", "limit": 2}).json()
    assert (len(few["properties"]), few["limit"]) == (2, 2)
