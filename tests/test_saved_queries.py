"""Each saved query of the project: described, runnable, with rows for its example."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph
import pytest

from kg.queries import SavedQuery, example_quads, load_queries
from kg.queries.examples import example_text
from kg.resources import shared_folder
from kg.vocab import DEFAULT_BASE, EXAMPLES_GRAPH, SH
from tests.small_graph import graph_nquads

QUERIES = load_queries(shared_folder("queries"))
#: They give their columns and no rows until terms are linked.
BEFORE_LINKING = {"linked-to-wikidata", "term-links"}
COLUMNS = {
    "paper-entities": ["arxiv", "entity", "type", "label", "role"],
    "paper-results": ["arxiv", "subject", "benchmark", "metric", "value", "unit", "kind"],
    "term-links": ["type", "label", "qid", "relation", "score"],
}


def _store(lines: list[bytes]) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.load(b"".join(lines), format=pyoxigraph.RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="module")
def store() -> pyoxigraph.Store:
    return _store([graph_nquads()])


def _rows(store: pyoxigraph.Store, text: str) -> list[list[str]]:
    found = store.query(text, use_default_graph_as_union=True)
    if isinstance(found, pyoxigraph.QuerySolutions):
        return [["" if term is None else str(term) for term in row] for row in found]
    assert isinstance(found, pyoxigraph.QueryTriples)
    return [[str(triple)] for triple in found]


def _ask(store: pyoxigraph.Store, name: str, /, **values: str) -> list[list[str]]:
    rows = _rows(store, QUERIES[name].bind(values))
    return [[cell.partition("^^")[0].partition("@")[0].strip('"') for cell in row] for row in rows]


def test_there_are_enough() -> None:
    assert len(QUERIES) >= 18
    assert list(QUERIES) == sorted(QUERIES)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_query_is_described(query: SavedQuery) -> None:
    assert query.title != query.name
    assert query.description.endswith(".")
    assert query.tags
    assert all(parameter.description for parameter in query.parameters)
    assert all(p.example for p in query.parameters if p.required)
    assert "ORDER BY" in query.text


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_example_gives_rows(query: SavedQuery, store: pyoxigraph.Store) -> None:
    rows = _rows(store, query.bind(query.example_values()))
    assert bool(rows) == (query.name not in BEFORE_LINKING)
    assert len(rows) == len({tuple(row) for row in rows})
    assert _rows(store, example_text(query)) == rows
    assert _rows(store, query.text) is not None  # valid SPARQL as it stands, as grlc has it


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_order_of_rows_is_fixed(query: SavedQuery, store: pyoxigraph.Store) -> None:
    """The same quads, stored in another order, give the same rows."""
    lines = graph_nquads().splitlines(keepends=True)
    random.Random(7).shuffle(lines)
    text = query.bind(query.example_values())
    rows = _rows(store, text)
    again = _rows(_store(lines), text)
    if query.name == "paper-entities":  # sorted by its first column alone, for speed
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        assert sorted(again) == sorted(rows)
    else:
        assert again == rows
    if query.form == "SELECT":
        pages = [_rows(store, query.bind(query.example_values(), 3, at)) for at in (0, 3)]
        assert pages[0] + pages[1] == rows[:6]


@pytest.mark.parametrize(("name", "columns"), COLUMNS.items(), ids=COLUMNS)
def test_scored_queries_keep_their_columns(
    name: str, columns: list[str], store: pyoxigraph.Store
) -> None:
    assert not QUERIES[name].parameters
    found = store.query(QUERIES[name].bind({}), use_default_graph_as_union=True)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert [variable.value for variable in found.variables] == columns
    assert "SELECT DISTINCT" in QUERIES[name].text


def test_paper_entities_has_labels_forms_and_the_strongest_role(store: pyoxigraph.Store) -> None:
    rows = [row for row in _ask(store, "paper-entities") if row[0] == "2106.09685"]
    lora = [row for row in rows if row[1].endswith("/term/lora>")]
    assert {row[3] for row in lora} == {
        "LoRA", "Low-Rank Adaptation", "low rank adaptation", "LORA",
    }  # fmt: skip
    assert {(row[2], row[4]) for row in lora} == {("Method", "introduced")}
    roles = {row[1].rpartition("/")[2]: row[4] for row in rows}
    assert roles["mmlu>"] == "evaluatedOn"
    assert roles["bert>"] == "other"


def test_paper_entities_keeps_papers_without_an_arxiv_id(store: pyoxigraph.Store) -> None:
    rows = [row for row in _ask(store, "paper-entities") if not row[0]]
    assert {row[1].rpartition("/")[2] for row in rows} == {
        "flashattention>", "lora>", "transformer>",
    }  # fmt: skip


def test_paper_results_leaves_cells_empty(store: pyoxigraph.Store) -> None:
    rows = _ask(store, "paper-results")
    assert ["", "FlashAttention", "", "", "2~3", "x", "relative"] in rows
    assert ["2106.09685", "LoRA", "MMLU", "accuracy", "45.6", "%", "absolute"] in rows


@pytest.mark.parametrize("name", ["MMLU", "mmlu", "massive multitask language understanding"])
def test_papers_of_june_on_a_benchmark(name: str, store: pyoxigraph.Store) -> None:
    """Which papers of June evaluate on MMLU, and what did they score?"""
    rows = _ask(store, "papers-on-benchmark", benchmark=name, month="2024-06")
    assert [row[1:2] + row[4:] for row in rows] == [
        ["2106.09685", "LoRA", "accuracy", "45.6", "%", "absolute"]
    ]
    assert len(_ask(store, "papers-on-benchmark", benchmark=name)) == 4


@pytest.mark.parametrize("name", ["트랜스포머", "TRANSFORMER", "Transformer"])
def test_papers_are_found_by_any_name(name: str, store: pyoxigraph.Store) -> None:
    rows = _ask(store, "papers-mentioning", name=name)
    assert [row[1] for row in rows] == ["1706.03762", "2106.09685", "1810.04805", "2302.13971", ""]
    assert rows[0][6] == "Transformer | 트랜스포머"


def test_papers_introducing_takes_a_name_or_a_month_or_both(store: pyoxigraph.Store) -> None:
    assert [row[5] for row in _ask(store, "papers-introducing", name="버트")] == ["BERT"]
    july = [row[5] for row in _ask(store, "papers-introducing", month="2024-07")]
    assert july == ["LLaMA", "QLoRA"]
    assert _ask(store, "papers-introducing", name="버트", month="2024-07") == []


def test_evidence_is_whole_sentences(store: pyoxigraph.Store) -> None:
    rows = _ask(store, "evidence", arxiv="2106.09685", name="lora")
    assert "GPT-3에도 low rank adaptation를 쓴다!" in [row[6] for row in rows]
    assert "LoRA는 Transformer의 가중치를 얼리고 작은 행렬만 학습한다." in [row[6] for row in rows]


def test_leaderboard_puts_the_best_first(store: pyoxigraph.Store) -> None:
    up = _ask(store, "leaderboard", benchmark="MMLU")
    assert [(row[4], row[5]) for row in up][:2] == [("63.9", "QLoRA"), ("63.4", "LLaMA")]
    down = _ask(store, "leaderboard", benchmark="wikipedia")
    assert [(row[0], row[4]) for row in down] == [("perplexity", "5.1"), ("perplexity", "6.2")]
    assert "7.7" not in [row[4] for row in _ask(store, "leaderboard", benchmark="GLUE")]


def test_trends_rise_and_fall(store: pyoxigraph.Store) -> None:
    rows = {row[1]: row[2:] for row in _ask(store, "method-trends", **{
        "from": "2024-06", "to": "2024-07",
    })}  # fmt: skip
    assert rows["LLaMA"] == ["0", "2", "2"]
    assert rows["BERT"] == ["2", "0", "-2"]


def test_optional_type_narrows_the_terms_of_a_month(store: pyoxigraph.Store) -> None:
    rows = _ask(store, "terms-first-seen", month="2024-06", type="Benchmark")
    assert [row[1] for row in rows] == ["MMLU", "GLUE"]


def test_annotations_have_no_blank_nodes(store: pyoxigraph.Store) -> None:
    query = QUERIES["annotations"]
    some = _rows(store, query.bind({"arxiv": "2106.09685"}))
    every = _rows(store, query.bind({}))
    assert 0 < len(some) < len(every)
    assert not any(cell.startswith("_:") or " _:" in cell for (cell,) in every)


def test_examples_are_shacl_that_runs(store: pyoxigraph.Store) -> None:
    lines = example_quads(QUERIES.values(), DEFAULT_BASE)
    assert lines == sorted(set(lines))
    assert not any("_:" in line.partition(" ")[0] for line in lines)
    examples = pyoxigraph.Store()
    examples.load("\n".join(lines).encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    for query in QUERIES.values():
        node = pyoxigraph.NamedNode(f"{DEFAULT_BASE}{EXAMPLES_GRAPH}#{query.name}")
        form = pyoxigraph.NamedNode(str(SH[query.form.lower()]))
        ((_, _, text, _),) = examples.quads_for_pattern(node, form, None)
        assert isinstance(text, pyoxigraph.Literal)
        assert _rows(store, text.value) == _rows(store, query.bind(query.example_values()))


def test_queries_are_packaged_in_one_folder() -> None:
    assert {path.suffix for path in Path(shared_folder("queries")).iterdir()} == {".rq"}
