"""The search page and suggestions: what is found, in which order, and why."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.store import open_writer
from kg.web import create_app
from kg.web.site.search import page as search
from kg.web.state import parts_of
from tests.reconcile_service import reconcile_store
from tests.server_process import BASE, live_server, wait_until
from tests.site_client import plain

#: Key, type, papers, labels and other names; those in Hangul are Korean.
TERMS = (
    ("mmlu", "Benchmark", 50, ("Massive Multitask Language Understanding",), ("MMLU",)),
    ("mmlu-pro", "Benchmark", 8, ("MMLU-Pro",), ()),
    ("m-mmlu", "Benchmark", 2, ("MMMLU",), ("m-MMLU",)),
    ("global-mmlu", "Benchmark", 1, ("Global MMLU",), ()),
    ("transformer", "Method", 40, ("Transformer", "트랜스포머"), ()),
    ("diffusion-transformer", "Method", 4, ("Diffusion Transformer", "확산 트랜스포머"), ()),
    ("flashattention-2", "Method", 6, ("FlashAttention-2",), ()),
    ("llama-3", "Model", 30, ("LLaMA 3",), ()),
    ("deep-rl", "Method", 3, ("deep RL", "심층강화학습"), ()),
    ("accuracy", "Metric", 20, ("accuracy", "정확도"), ()),
    *((f"pagoda-{n}", "Dataset", n, (f"Pagoda {n}",), ()) for n in range(1, 46)),
)


def _quads() -> Iterator[ox.Quad]:
    graph = ox.NamedNode(f"{BASE}graph/terms")
    kg, skos = f"{BASE}ontology#", "http://www.w3.org/2004/02/skos/core#"
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    type_ = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    day = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
    for key, class_, papers, labels, others in TERMS:
        node = ox.NamedNode(f"{BASE}term/{key}")
        names = [ox.Literal(one, language="en" if one.isascii() else "ko") for one in labels]
        said: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [
            (type_, ox.NamedNode(f"{kg}Term")),
            (ox.NamedNode(f"{kg}termType"), ox.NamedNode(kg + class_)),
            (ox.NamedNode(f"{kg}paperCount"), ox.Literal(papers)),
            (ox.NamedNode(f"{kg}firstSeen"), ox.Literal("2023-12-04", datatype=day)),
            (label, names[0]),
            *((ox.NamedNode(f"{skos}prefLabel"), one) for one in names),
            *((ox.NamedNode(f"{skos}altLabel"), ox.Literal(one, language="en")) for one in others),
        ]
        yield from (ox.Quad(node, predicate, value, graph) for predicate, value in said)


def search_store(path: Path) -> Path:
    """Write the graph of the reconciliation tests, with terms of our own."""
    reconcile_store(path)
    with open_writer(path, wait_s=5) as writer:
        writer.graph.extend(_quads())
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return search_store(tmp_path_factory.mktemp("search") / "kg")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=store, workers=1))
    parts_of(app).names.newest()
    yield app.test_client()
    parts_of(app).pool.close()


def found(client: FlaskClient, text: str, **parameters: str) -> list[str]:
    """Return the ends of the IRIs of what is found, in their order."""
    reply = client.get(f"/search.json?{urlencode({'q': text, **parameters})}")
    assert reply.status_code == 200, reply.text
    return [one["iri"].removeprefix(BASE) for one in reply.get_json()["results"]]


def page_of(client: FlaskClient, query: str, language: str = "en") -> str:
    reply = client.get(
        f"/search?{query}", headers={"Accept": "text/html", "Accept-Language": language}
    )
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


# --- what is found ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("MMLU", "term/mmlu"),
        ("massive multitask language understanding", "term/mmlu"),
        ("트랜스포머", "term/transformer"),
        ("트랜스포머를", "term/transformer"),
        ("Low-Rank Adaptation", "term/lora"),
        ("flash attention", "term/flashattention-2"),
        ("flashattention2", "term/flashattention-2"),
        ("llama3", "term/llama-3"),
        ("강화학습", "term/reinforcement-learning"),
        ("심층 강화 학습", "term/deep-rl"),
        ("jose garcia", "author/jose-garcia"),
        ("이도윤", "author/이-도윤"),
        ("small models fly", "paper/2408.00001"),
        ("fly ada kim", "paper/2408.00001"),
        ("2406.00002", "paper/2406.00002"),
        ("https://arxiv.org/pdf/2406.00002v3", "paper/2406.00002"),
        ("Q900000001", "term/lora"),
        (f"{BASE}term/kite", "term/kite"),
        # mistakes
        ("transfomer", "term/transformer"),
        ("트랜스포며", "term/transformer"),
        ("MMUL", "term/mmlu"),
        ("정홧도", "term/accuracy"),
        ("diffsion transformers", "term/diffusion-transformer"),
        ("Ada Kin", "author/ada-kim"),
        ("ㅡㅡㅣㅕ", "term/mmlu"),
        ("xmfostmvhaj", "term/transformer"),
    ],
)
def test_first_is_what_is_meant(client: FlaskClient, text: str, first: str) -> None:
    assert found(client, text)[:1] == [first]


def test_order_is_name_then_start_then_words(client: FlaskClient) -> None:
    assert found(client, "MMLU") == [
        "term/mmlu",  # by another name
        "term/mmlu-pro",  # starts so
        "term/m-mmlu",  # has the word, in two papers
        "term/global-mmlu",
    ]


def test_words_inside_compounds_come_last(client: FlaskClient) -> None:
    names = found(client, "강화 학습")
    assert names.index("term/reinforcement-learning") < names.index("term/deep-rl")


@pytest.mark.parametrize(
    "text", ['"', "*", "a AND", '") OR ("', "words:x", "%", "가", "\u0301", "^"]
)
def test_what_is_typed_is_never_an_expression(client: FlaskClient, text: str) -> None:
    for path in ("/search.json", "/search/suggest"):
        assert client.get(f"{path}?q={quote(text)}").status_code == 200


def test_the_other_name_is_told_and_marked(client: FlaskClient) -> None:
    page = page_of(client, "q=low-rank")
    assert "also called" in page
    assert "<mark>Low-Rank</mark> Adaptation" in page
    assert "<mark>FlashAttention</mark>-2" in page_of(client, "q=flash+attention")


def test_replaced_words_are_told(client: FlaskClient) -> None:
    page = page_of(client, "q=transfomer")
    assert "<del>transfomer</del> <ins>transformer</ins>" in page
    assert "No name has these words" in page


def test_nothing_found_gives_advice(client: FlaskClient) -> None:
    page = page_of(client, "q=qwzxvbn&type=Model")
    assert "Nothing has this name." in page
    assert 'href="/search?q=qwzxvbn"' in page  # without the filter


def test_the_term_of_that_name_has_a_card(client: FlaskClient) -> None:
    page = page_of(client, "q=lora")
    card = page[page.index('<li class="hit card') : page.index("</li>\n</ol>")]
    assert "LoRA, Twice" in card  # introduced it
    assert "http://www.wikidata.org/entity/Q900000001" in card
    assert "/trends?term=lora" in card
    assert page.count('class="hit card') == 1
    assert 'class="hit card' not in page_of(client, "q=low")


def test_names_are_in_the_language_of_the_reader(client: FlaskClient) -> None:
    korean = page_of(client, "q=lora", "ko")
    assert '<html lang="ko">' in korean
    title = re.compile(r'<a class="term type-method" href="/term/lora">(.*?)</a>')
    assert [plain(one) for one in title.findall(korean)] == ["로라"]
    assert [plain(one) for one in title.findall(page_of(client, "q=lora"))] == ["LoRA"]


def test_hostile_names_are_text(client: FlaskClient) -> None:
    page = page_of(client, f"q={quote('<script>alert(1)</script>')}")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;<mark>script</mark>&gt;" in page or "<mark>script&gt;alert(1" in page
    told = client.get("/search/suggest?q=%3Cscript")
    assert told.content_type == "application/json"
    assert "<script>alert(1)</script>" in [one["label"] for one in told.get_json()["suggestions"]]


# --- facets and pages ----------------------------------------------------------------------


def _facets(client: FlaskClient, **parameters: str) -> Any:
    return client.get(f"/search.json?{urlencode(parameters)}").get_json()["facets"]


def test_facets_narrow_and_count_what_they_lead_to(client: FlaskClient) -> None:
    facets = _facets(client, q="lora")
    assert facets["type"] == {"Method": 1, "Paper": 1}
    assert facets["month"] == {"2024-06": 2}
    assert [(one["label"], one["papers"]) for one in facets["benchmark"]] == [("SkyBench 2.1", 1)]
    assert found(client, "lora", type="Paper") == ["paper/2406.00002"]
    assert found(client, "lora", benchmark="skybench-2.1") == ["paper/2406.00002"]
    assert found(client, "lora", **{"from": "2024-07"}) == []
    assert found(client, "lora", to="2024") == ["term/lora", "paper/2406.00002"]
    # A facet counts as if nothing was chosen in it, but for what is chosen in the others.
    assert _facets(client, q="lora", type="Paper")["type"] == {"Method": 1, "Paper": 1}
    assert _facets(client, q="lora", benchmark="skybench-2.1")["type"] == {"Paper": 1}


def test_facets_are_links(client: FlaskClient) -> None:
    page = page_of(client, "q=lora")
    for link in ("type=Paper", "from=2024&amp;to=2024", "type=Paper&amp;benchmark=skybench-2.1"):
        assert f'href="/search?q=lora&amp;{link}"' in page
    narrowed = page_of(client, "q=lora&type=Paper&benchmark=skybench-2.1")
    assert 'href="/search?q=lora&amp;type=Paper"' in narrowed  # takes the benchmark off


def test_without_words_all_of_a_kind_are_listed(client: FlaskClient) -> None:
    authors = {"author/wei-wang", "author/jose-garcia", "author/ada-kim", "author/이-도윤"}
    assert set(found(client, "", type="Author")) == authors
    papers = found(client, "", benchmark="skybench-2.1")
    assert sorted(papers) == ["paper/2406.00002", "paper/2408.00001"]


def test_pages(client: FlaskClient) -> None:
    first, last = (found(client, "pagoda", page=page) for page in ("1", "3"))
    assert first[:2] == ["term/pagoda-45", "term/pagoda-44"]  # by papers
    assert (len(first), len(last), last[-1]) == (20, 5, "term/pagoda-1")
    page = page_of(client, "q=pagoda&page=2")
    assert 'rel="next" href="/search?q=pagoda&amp;page=3"' in page
    assert 'rel="prev" href="/search?q=pagoda"' in page
    assert 'start="21"' in page
    assert client.get("/search?q=pagoda&page=4").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        f"q={'a' * 201}",
        "q=a&q=b",
        "page=0",
        "page=x",
        "page=1001",
        "type=Thing",
        "from=24",
        "from=2024-13",
        "from=2024-05&to=2024-04",
        f"benchmark={'b' * 301}",
    ],
)
def test_parameters_are_checked(client: FlaskClient, query: str) -> None:
    reply = client.get(f"/search.json?{query}")
    assert reply.status_code == 400
    assert "expected" in reply.get_json()["detail"]


def test_a_benchmark_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/search?benchmark=nothing").status_code == 404


def test_the_start_shows_what_there_is(client: FlaskClient) -> None:
    page = page_of(client, "")
    assert 'href="/search?type=Benchmark"' in page
    assert 'href="/term/transformer"' in page
    assert plain(page).count("Dataset 46") == 1


def test_csv_has_all(client: FlaskClient) -> None:
    reply = client.get("/search?q=pagoda", headers={"Accept": "text/csv"})
    assert reply.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))
    assert len(rows) == 45
    assert rows[0]["iri"] == f"{BASE}term/pagoda-45"
    assert [rows[0][name] for name in ("type", "papers", "first_seen")] == [
        *("Dataset", "45", "2023-12-04")
    ]


# --- the list of names -----------------------------------------------------------------------


def test_an_empty_graph_says_so(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    client = app.test_client()
    try:
        assert "The graph is empty" in page_of(client, "")
        assert "Nothing has this name." in page_of(client, "q=lora")
        assert client.get("/search/suggest?q=lora").get_json()["suggestions"] == []
    finally:
        parts_of(app).pool.close()


def test_while_names_are_listed_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_PATIENCE_S", 0.0)
    app = create_app(Settings(store=search_store(tmp_path / "kg"), workers=1))
    client = app.test_client()
    try:
        told = client.get("/search/suggest?q=kite")
        page = page_of(client, "q=kite")
        assert told.get_json()["ready"] is False
        assert told.headers["Cache-Control"] == "no-store"
        assert "The index of names is being made." in page
        assert '<meta http-equiv="refresh"' in page
        assert found(client, "kite")[0] == "term/kite"  # a program waits
        assert 'href="/term/kite"' in page_of(client, "q=kite")
    finally:
        parts_of(app).pool.close()


def test_names_are_listed_before_anyone_asks_and_again_after_a_write(tmp_path: Path) -> None:
    store = reconcile_store(tmp_path / "kg")
    folder = tmp_path / "kg-names"
    with live_server(store, workers=1, request_log="off") as server:
        assert wait_until(lambda: len(list(folder.glob("*.names"))) == 1)
        with open_writer(store, wait_s=5) as writer:
            writer.graph.extend(_quads())
        answer = server.get("/search.json", params={"q": "Pagoda 7"})
        assert wait_until(
            lambda: bool(server.get("/search.json", params={"q": "Pagoda 7"}).json()["results"])
        ), answer.text


# --- suggestions ------------------------------------------------------------------------------


def suggested(client: FlaskClient, text: str, **parameters: str) -> list[Any]:
    told = client.get(f"/search/suggest?{urlencode({'q': text, **parameters})}").get_json()
    assert told["ready"] is True
    return list(told["suggestions"])


def test_suggestions_are_what_it_may_become(client: FlaskClient) -> None:
    first = suggested(client, "trans")[0]
    assert first["label"] == "Transformer"
    assert first["alias"] == "트랜스포머"
    assert (first["address"], first["key"]) == ("/term/transformer", "transformer")
    assert (first["type"], first["iri"]) == ("Method", f"{BASE}term/transformer")
    assert suggested(client, "diffusion tr")[0]["key"] == "diffusion-transformer"
    assert suggested(client, "트랜슾")[0]["key"] == "transformer"  # a letter is not finished
    assert suggested(client, "transf0rm")[0]["key"] == "transformer"
    assert len(suggested(client, "pagoda")) == 10


def test_suggestions_of_types(client: FlaskClient) -> None:
    assert [one["key"] for one in suggested(client, "clip", types="Metric")] == ["clip~metric"]
    assert {one["type"] for one in suggested(client, "a", types="Author,Paper")} <= {
        *("Author", "Paper")
    }
    assert suggested(client, "", types="Benchmark")[0]["key"] == "mmlu"
    assert client.get("/search/suggest?q=a&types=Thing").status_code == 400
