"""The finding functions, one by one, without a pipeline's tables where they need none."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.choice import heaviest
from kg.extract.forms import case_of
from kg.extract.tables import DATA, load_tables, rows
from kg.extract.tokenizer import KiwiTokenizer
from kg.extract.view import flatten
from kg.folding import abbreviates, fold


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Vision Transformers", "vision transformer", True),
        ("Chain-of-Thought", "chain of thought", True),
        ("GPT-4", "GPT4", True),
        ("GPT-4", "GPT-4o", False),
        ("Llama 3.1", "Llama 31", False),
        ("자기 지도 학습", "자기지도학습", True),
        ("loss", "los", False),
        ("GLUE", "ＧＬＵＥ", True),
    ],
)
def test_forms_fold_alike_where_they_are_one_name(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


@pytest.mark.parametrize(
    ("short", "long", "fits"),
    [
        ("CoT", "Chain-of-Thought", True),
        ("LLMs", "Large Language Models", True),
        ("MoE", "Mixture of Experts", True),
        ("CoT", "Tree of Thoughts", False),
        ("RL", "Recurrent Nets", False),
        ("model", "modeling of things", False),
        ("A", "Attention", False),
        ("CLIP", "CLIP", False),
    ],
)
def test_an_abbreviation_fits_its_long_form(short: str, long: str, fits: bool) -> None:
    assert abbreviates(short, long) is fits


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 6), st.floats(0.01, 9)).map(
            lambda s: (s[0], s[0] + s[1], s[2])
        ),
        max_size=9,
    )
)
def test_chosen_spans_never_overlap_and_no_span_fits_beside_them(
    spans: list[tuple[int, int, float]],
) -> None:
    chosen = [spans[place] for place in heaviest(spans)]
    assert all(before[1] <= after[0] for before, after in pairwise(chosen))
    for start, end, _ in spans:
        assert any(start < other[1] and other[0] < end for other in chosen)


@pytest.fixture(scope="module")
def tokenizer() -> KiwiTokenizer:
    from spacy.vocab import Vocab

    return KiwiTokenizer(Vocab(), ["로라"])


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("MMLU에서의", ["MMLU", "에서", "의"]),
        ("GPT-4o를", ["GPT", "-", "4o", "를"]),
        ("LLM기반", ["LLM", "기반"]),
        ("평가했다.", ["평가", "했", "다", "."]),
        ("로라와", ["로라", "와"]),
        ("Llama 3.1을  쓴다", ["Llama", "3.1", "을", " ", "쓴다"]),
        ("HumanEval+ R&B", ["HumanEval+", "R&B"]),
    ],
)
def test_tokens_end_where_particles_begin(
    tokenizer: KiwiTokenizer, text: str, tokens: list[str]
) -> None:
    assert [token.text for token in tokenizer(text)] == tokens


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_tokens_give_back_the_text(tokenizer: KiwiTokenizer, text: str) -> None:
    assert tokenizer(text).text == text


@given(st.text(max_size=40))
def test_flat_text_keeps_its_length(text: str) -> None:
    assert len(flatten(text)) == len(text)


@pytest.mark.parametrize(
    ("form", "case"),
    [
        ("MMLU", "caps"),
        ("GPT-4", "caps-digit"),
        ("LoRA", "camel"),
        ("Falcon", "title"),
        ("Segment Anything", "titles"),
        ("diffusion model", "lower"),
        ("3.5", "number"),
        ("확산 모델", ""),
    ],
)
def test_case_tells_how_a_form_is_written(form: str, case: str) -> None:
    assert case_of(form) == case


def test_tables_are_sorted_distinct_and_whole() -> None:
    for name in ("ko_terms.tsv", "names.tsv"):
        found = [tuple(row) for row in rows(DATA / name)]
        assert len(set(found)) == len(found)
        assert [row[0] for row in found] == sorted(row[0] for row in found)
    tables = load_tables()
    assert fold("gsm8k") in tables.names
    assert not tables.names.keys() & {""}
    assert Decimal(sum(path.stat().st_size for path in Path(DATA).iterdir())) < 8_000_000
