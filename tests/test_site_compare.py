"""Terms and papers side by side: what they share, and that only what is alike is compared."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDF, RDFS, SKOS, XSD

from kg.settings import Settings
from kg.store import open_writer
from kg.vocab import KG
from kg.web import create_app
from kg.web.state import parts_of
from tests.browser import faults, in_browser, watched_page
from tests.server_process import BASE, LiveServer
from tests.site_client import HTML, client_of, page_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TERMS = "/compare?term=mmlu&term=gsm8k"
PAPERS = "/compare?paper=2106.09685&paper=2305.14314"
HOSTILE = "<script>alert('x')</script>"
#: Subject, benchmark, metric, value, unit, split, kind and confidence of made-up results.
RESULTS = [
    ("ant", "bench", "accuracy", "71.0", "%", "", "absolute", "0.9"),
    ("ant", "bench", "accuracy", "73.5", "%", "", "absolute", "0.9"),
    ("bee", "bench", "accuracy", "75.5", "%", "", "absolute", "0.9"),
    ("ant", "bench", "latency", "12", "ms", "", "absolute", "0.9"),
    ("bee", "bench", "latency", "15", "ms", "", "absolute", "0.9"),
    ("ant", "bench", "recall", "0.5", "", "", "absolute", "0.9"),  # another unit than the next
    ("bee", "bench", "recall", "50", "%", "", "absolute", "0.9"),
    ("ant", "bench", "f1", "60", "%", "val", "absolute", "0.9"),  # another split than the next
    ("bee", "bench", "f1", "61", "%", "test", "absolute", "0.9"),
    ("ant", "bench", "bleu", "30", "", "", "relative", "0.9"),  # a change is no score
    ("bee", "bench", "bleu", "31", "", "", "absolute", "0.9"),
    ("ant", "bench", "wer", "9", "%", "", "absolute", "0.2"),  # not sure
    ("bee", "bench", "wer", "8", "%", "", "absolute", "0.9"),
]
HIGHER = {"accuracy": "true", "latency": "false", "f1": "true", "wer": "false"}


def made_up() -> Iterator[ox.Quad]:
    """A graph of two models with results, of two papers, and a hostile term."""
    graph = ox.NamedNode(f"{BASE}graph/terms")

    def quad(subject: str, predicate: Any, value: Any) -> ox.Quad:
        object_ = ox.NamedNode(BASE + value) if isinstance(value, str) else value
        return ox.Quad(ox.NamedNode(BASE + subject), ox.NamedNode(str(predicate)), object_, graph)

    def kg(name: str) -> ox.NamedNode:
        return ox.NamedNode(f"{KG._NS}{name}")

    def typed(value: str, type_: Any) -> ox.Literal:
        return ox.Literal(value, datatype=ox.NamedNode(str(type_)))

    types = {"ant": "Model", "bee": "Model", "bench": "Benchmark", "hostile": "Method"}
    for term in (*types, *HIGHER, "recall", "bleu"):
        label = HOSTILE if term == "hostile" else term.title()
        yield quad(f"term/{term}", KG.termType, kg(types.get(term, "Metric")))
        yield quad(f"term/{term}", RDFS.label, ox.Literal(label, language="en"))
        yield quad(f"term/{term}", SKOS.prefLabel, ox.Literal(label, language="en"))
        yield quad(f"term/{term}", KG.paperCount, typed("1", XSD.integer))
    for metric, higher in HIGHER.items():
        yield quad(f"term/{metric}", KG.higherIsBetter, typed(higher, XSD.boolean))
    for paper in ("ant", "bee"):
        yield quad(f"paper/{paper}", RDF.type, kg("Paper"))
        yield quad(f"paper/{paper}", RDFS.label, ox.Literal(f"{HOSTILE} {paper}", language="en"))
        yield quad(f"paper/{paper}", KG.firstSeen, typed("2024-08-05", XSD.date))
        yield quad(f"paper/{paper}", KG.mentions, "term/bench")
        yield quad(f"paper/{paper}", KG.evaluatesOn, "term/bench")
    for number, (subject, bench, metric, value, unit, split, kind, sure) in enumerate(RESULTS):
        name = f"digest/2024-08-05/{subject}/summary#result={number},{number + 1}"
        yield quad(f"paper/{subject}", KG.hasResult, name)
        for property_, term in ((KG.subject, subject), (KG.benchmark, bench), (KG.metric, metric)):
            yield quad(name, property_, f"term/{term}")
        yield quad(name, KG.resultKind, kg(kind))
        yield quad(name, KG.value, typed(value, XSD.decimal))
        yield quad(name, KG.confidence, typed(sure, XSD.decimal))
        texts = {KG.valueText: value, KG.unit: unit, KG.split: split, KG.subjectText: subject}
        for property_, text in texts.items():
            if text:
                yield quad(name, property_, ox.Literal(text))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    store = tmp_path_factory.mktemp("compare") / "kg"
    with open_writer(store, wait_s=5) as writer:
        writer.graph.bulk_extend(made_up())
    yield from client_of(store)


@pytest.fixture(scope="module")
def client(examples_store: Path) -> Iterator[FlaskClient]:
    yield from client_of(examples_store)


def rows(page: str, caption: str) -> dict[str, list[str]]:
    """The rows of the table of a caption: the first cell, and the others, as text."""
    after = page.partition(f'aria-label="{caption}"')[2]
    body = after.partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for row in body.split("</tr>"):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        told = [" ".join(unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for cell in cells]
        if told:
            found[told[0]] = told[1:]
    return found


# ------------------------------------------------------------------ results


def test_only_what_was_measured_alike_stands_side_by_side(made: FlaskClient) -> None:
    told = made.get("/compare.json?term=ant&term=bee").get_json()["results"]
    metrics = {row["metric"]["label"]: row for row in told["shared"]}
    assert sorted(metrics) == ["Accuracy", "Latency", "Wer"]
    assert told["shared_count"] == 3
    alone = [{row["metric"]["label"] for row in some} for some in told["alone"]]
    assert alone == [{"Recall", "F1"}, {"Recall", "F1", "Bleu"}]


def test_the_best_is_told_where_it_is_known_what_is_better(made: FlaskClient) -> None:
    told = made.get("/compare.json?term=ant&term=bee").get_json()["results"]
    best = {row["metric"]["label"]: row["best"] for row in told["shared"]}
    # Less latency is better, and a value that is not sure beats nothing and is beaten by nothing.
    assert best == {"Accuracy": [1], "Latency": [0], "Wer": []}
    accuracy = next(row for row in told["shared"] if row["metric"]["label"] == "Accuracy")
    assert [(cell["value"], cell["of"]) for cell in accuracy["cells"]] == [("73.5", 2), ("75.5", 1)]


def test_results_on_the_page(made: FlaskClient) -> None:
    page = page_of(made, "/compare?term=ant&term=bee")
    found = rows(page, "Measured alike")
    assert found["Bench Accuracy"] == ["73.5% Paper best of 2", "75.5% Paper the best"]
    assert 'href="/resource?iri=' in page
    order = rows(page_of(made, "/compare?term=bee&term=ant"), "Measured alike")
    assert order["Bench Accuracy"][0] == "75.5% Paper the best"


def test_papers_have_the_best_of_their_results(made: FlaskClient) -> None:
    page = page_of(made, "/compare?paper=ant&paper=bee")
    assert rows(page, "Measured alike")["Bench Accuracy"] == [
        "73.5% Ant best of 2",
        "75.5% Bee the best",
    ]
    assert rows(page, "Terms in common") == {"Bench Benchmark": ["Evaluates on", "Evaluates on"]}


def test_script_in_titles_and_labels_is_text(made: FlaskClient) -> None:
    for address in ("/compare?paper=ant&paper=bee", "/compare?term=hostile&term=ant"):
        page = page_of(made, address)
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
        assert "<script>" not in page


# ------------------------------------------------------------------ real digests


def test_terms_at_a_glance(client: FlaskClient) -> None:
    found = rows(page_of(client, TERMS), "At a glance")
    assert found["Type"] == ["Benchmark", "Benchmark"]
    assert found["Papers"] == ["4", "4"]
    assert found["Papers shared"] == [
        "2 with GSM8K",
        "2 with Massive Multitask Language Understanding",
    ]
    linked = rows(page_of(client, "/compare?term=bert&term=lora"), "At a glance")
    assert linked["Introduced by"][0].startswith("BERT: Pre-training of Deep Bidirectional")
    assert linked["Wikidata"][0].endswith("Exactly this")


def test_benchmarks_have_the_scores_of_one_system_side_by_side(client: FlaskClient) -> None:
    found = rows(page_of(client, TERMS), "Measured alike")
    told = next(cells for name, cells in found.items() if name.startswith("LLaMA-65B"))
    assert [cell.split()[0] for cell in told] == ["63.4%", "50.9%"]
    neighbours = rows(page_of(client, TERMS), "Neighbours in common")
    assert "GPT-3 Model" in neighbours


def test_terms_of_different_kinds_have_no_results_together(client: FlaskClient) -> None:
    page = page_of(client, "/compare?term=mmlu&term=bert")
    assert "no results that can stand side by side" in page
    assert "No paper mentions all of them" in page


def test_papers_at_a_glance(client: FlaskClient) -> None:
    page = page_of(client, PAPERS)
    found = rows(page, "At a glance")
    assert "Edward J. Hu" in found["Authors"][0]
    assert found["First in a digest"] == ["Jun 17, 2024", "Jun 17, 2024"]
    shared = rows(page, "Terms in common")
    assert shared["Low-Rank Adaptation Method"] == ["Introduces", "Uses"]
    own = page.partition('id="own"')[2]
    assert "QLoRA" in own
    assert "Low-Rank Adaptation</a>" not in own


@pytest.mark.parametrize(
    "name",
    [
        "2106.09685",
        "arXiv:2106.09685v2",
        "https://arxiv.org/abs/2106.09685",
        "LoRA: Low-Rank Adaptation of Large Language Models",
    ],
)
def test_a_paper_is_found_by_id_address_and_title(client: FlaskClient, name: str) -> None:
    reply = client.get("/compare.json", query_string={"paper": [name, "2305.14314"]})
    assert reply.get_json()["papers"][0]["arxiv"] == "2106.09685"


def test_names_are_in_the_readers_language(client: FlaskClient) -> None:
    assert ">트랜스포머</a>" in page_of(client, "/compare?term=bert&term=트랜스포머&lang=ko")
    assert ">Transformer</a>" in page_of(client, "/compare?term=bert&term=트랜스포머&lang=en")


def test_one_can_be_removed_and_another_added(client: FlaskClient) -> None:
    page = unescape(page_of(client, "/compare?term=mmlu&term=gsm8k&term=bert"))
    assert 'href="/compare?term=mmlu&term=gsm8k"' in page
    assert page.count('<input type="hidden" name="term"') == 3
    full = page_of(client, "/compare?term=mmlu&term=gsm8k&term=bert&term=lora")
    assert "Add another" not in full


def test_table_and_json(client: FlaskClient) -> None:
    table = list(csv.DictReader(io.StringIO(client.get("/compare.csv?term=mmlu&term=gsm8k").text)))
    told = {(row["name"], row["what"], row["about"]): row["value"] for row in table}
    assert told["GSM8K", "papers", ""] == "4"
    assert told["GSM8K", "papers shared with", "Massive Multitask Language Understanding"] == "2"
    assert sum(int(value) for (name, what, _), value in told.items()
               if (name, what) == ("GSM8K", "papers in month")) == 4  # fmt: skip
    results = [row for row in table if row["what"] == "result" and row["name"] == "GSM8K"]
    assert ("LLaMA-65B", "50.9", "%") in [(r["about"], r["value"], r["unit"]) for r in results]
    papers = list(csv.DictReader(io.StringIO(client.get(PAPERS.replace("?", ".csv?")).text)))
    assert ["introduces", "Low-Rank Adaptation"] in [[r["what"], r["about"]] for r in papers]
    reply = client.get(TERMS, headers={"Accept": "application/json"})
    assert reply.get_json()["paper_count"] == 2


# ------------------------------------------------------------------ choosing


def test_a_form_lets_the_reader_choose(client: FlaskClient) -> None:
    page = page_of(client, "/compare")
    assert page.count('name="term"') == page.count('name="paper"') == 4
    assert "/compare?term=" in page  # what to start with
    one = page_of(client, "/compare?term=bert")
    assert 'type="hidden" name="term" value="bert"' in one
    assert "/compare?term=bert&amp;term=gpt-3" in one
    assert 'name="paper"' in page_of(client, "/compare?paper=2106.09685")


def test_empty_fields_are_left_out(client: FlaskClient) -> None:
    reply = client.get("/compare?term=bert&term=&term=lora&term=", headers=HTML)
    assert (reply.status_code, reply.headers["Location"]) == (302, "/compare?term=bert&term=lora")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/compare?term=bert&paper=2106.09685", 400, "terms or papers"),
        ("/compare?term=a&term=b&term=c&term=d&term=e", 400, "at most 4"),
        ("/compare.json?term=bert", 400, "expected 2 to 4"),
        ("/compare.csv?paper=2106.09685", 400, "expected 2 to 4"),
        ("/compare?term=bert&term=nothing", 404, "'nothing'"),
        ("/compare?paper=9999.99999&paper=2106.09685", 404, "'9999.99999'"),
        (f"/compare?term=bert&term={'x' * 201}", 400, "at most 200"),
        ("/compare.ttl?term=bert&term=lora", 406, "ttl"),
    ],
)
def test_what_cannot_be_compared_is_told(
    client: FlaskClient, path: str, status: int, said: str
) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert said in reply.get_json()["detail"]


def test_empty_graph(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        assert 'name="term"' in page_of(app.test_client(), "/compare")
        assert app.test_client().get("/compare?term=a&term=b").status_code == 404
    finally:
        parts_of(app).pool.close()


@in_browser
def test_pages_fit_and_are_accessible(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url) as watched:
        page = watched.page
        for path in ("/compare", "/compare?term=bert", TERMS, PAPERS):
            page.goto(path)
            assert faults(page) == [], path


@in_browser
def test_comparison_works_without_scripts(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/compare")
        page.fill("#term-1", "MMLU")
        page.fill("#term-2", "GSM8K")
        page.click("text=Compare terms")
        page.wait_for_url("**/compare?term=MMLU&term=GSM8K")
        assert page.locator("table.compared").first.inner_text().count("with") == 2
