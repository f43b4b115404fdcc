"""Which stretches of a text are mentions, and of which type: what people point out first."""

from __future__ import annotations

from typing import Any

import pytest

from kg.digest import parse_digest
from kg.extract import extract, make_nlp
from kg.folding import fold
from kg.model import ExtractedEntry, Label, Role, TermType
from kg.resolve.labels import label_term
from tests.small_digests import HEADING
from tests.small_digests import entry as digest_entry
from tests.test_extract import named, one

MODEL, METHOD, TASK = TermType.MODEL, TermType.METHOD, TermType.TASK
BENCHMARK, DATASET, METRIC = TermType.BENCHMARK, TermType.DATASET, TermType.METRIC
TITLE = "Zorblex: A Thing for Small Models"


@pytest.fixture(scope="module")
def nlp() -> Any:
    return make_nlp()


def summary(found: ExtractedEntry) -> list[str]:
    return [mention.exact for mention in found.mentions if mention.section == "summary"]


@pytest.mark.parametrize(
    ("text", "exact", "type_"),
    [
        ("우리는 LoRA를 사용해 모델을 조정합니다.", "LoRA", METHOD),
        ("MMLU에서의 정확도가 높습니다.", "MMLU", BENCHMARK),
        ("ViT와 CNN을 결합합니다.", "ViT", METHOD),
        ("이 방법은 자기 지도 학습을 사용합니다.", "자기 지도 학습", METHOD),
        ("자기지도학습으로 표현을 배웁니다.", "자기지도학습", METHOD),
        ("MMLU에서의 정확도가 높습니다.", "정확도", METRIC),
        ("이미지 분할은 어려운 문제입니다.", "이미지 분할", TASK),
    ],
)
def test_mentions_end_before_particles(nlp: Any, text: str, exact: str, type_: TermType) -> None:
    assert named(one(nlp, TITLE, text), exact).type == type_


@pytest.mark.parametrize(
    ("text", "main", "other"),
    [
        ("우리는 Chain-of-Thought(CoT) 추론을 사용합니다.", "Chain-of-Thought", "CoT"),
        ("우리는 CoT(Chain-of-Thought) 추론을 사용합니다.", "Chain-of-Thought", "CoT"),
        ("체인 오브 소트(Chain-of-Thought)를 사용합니다.", "Chain-of-Thought", "체인 오브 소트"),
        ("확산 모델(diffusion model)을 학습합니다.", "diffusion model", "확산 모델"),
    ],
)
def test_a_gloss_and_what_it_glosses_are_one_thing(
    nlp: Any, text: str, main: str, other: str
) -> None:
    found = one(nlp, TITLE, text)
    target = named(found, main)
    assert target.gloss_of is None
    assert named(found, other).gloss_of == (target.section, target.start, target.end)
    assert named(found, other).type == target.type


def test_versions_and_sizes_belong_to_a_name(nlp: Any) -> None:
    found = one(nlp, TITLE, "Llama-3.1-8B-Instruct와 GPT-4o mini를 비교합니다.")
    assert summary(found) == ["Llama-3.1-8B-Instruct", "GPT-4o mini"]
    assert {m.type for m in found.mentions if m.section == "summary"} == {MODEL}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Chain-of-\nThought", "Chain-of-Thought"),
        ("Chain-\nof-\nThought", "Chain-of-Thought"),
        ("Mixture‑of‑\nExperts", "Mixture‑of‑Experts"),
    ],
)
def test_a_name_may_go_on_after_a_line_that_ends_in_its_hyphen(
    nlp: Any, written: str, name: str
) -> None:
    broken = one(nlp, TITLE, f"모델은 {written} 추론을 사용합니다.")
    (entry,) = broken.entry.sections[1:]
    mention = named(broken, written)
    assert entry.text[mention.start : mention.end] == written
    whole = named(one(nlp, TITLE, f"모델은 {name} 추론을 사용합니다."), name)
    assert (mention.type, mention.role, mention.confidence) == (
        whole.type, whole.role, whole.confidence,
    )  # fmt: skip
    assert label_term(fold(written), {written: 2}).preferred == (Label(name, "en"),)
    assert fold(written) == fold(name)


@pytest.mark.parametrize("text", ["LoRA -\nGSM8K", "LoRA- \nGSM8K", "LoRA-\n\nGSM8K"])
def test_a_dash_that_ends_no_part_of_a_word_joins_no_lines(nlp: Any, text: str) -> None:
    assert not [m for m in one(nlp, TITLE, text).mentions if "\n" in m.exact]


def test_names_in_a_list_are_told_apart(nlp: Any) -> None:
    found = one(nlp, TITLE, "MMLU, GSM8K 및 HumanEval에서 평가했습니다.")
    assert summary(found) == ["MMLU", "GSM8K", "HumanEval"]
    for mention in found.mentions:
        if mention.section == "summary":
            assert (mention.type, mention.role) == (BENCHMARK, Role.EVALUATED_ON)


@pytest.mark.parametrize("name", ["Falcon", "Segment Anything"])
def test_names_that_are_words_are_found(nlp: Any, name: str) -> None:
    found = one(nlp, TITLE, f"실험에서 {name} 모델과 비교합니다.")
    assert named(found, name).type == MODEL


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("Grumbix 벤치마크에서 평가하여 높은 정확도를 달성했습니다.", BENCHMARK),
        ("Grumbix 데이터셋으로 학습합니다.", DATASET),
        ("Grumbix라는 새로운 모델을 제안합니다.", MODEL),
    ],
)
def test_a_name_nobody_knows_gets_its_type_from_the_words_around_it(
    nlp: Any, text: str, type_: TermType
) -> None:
    assert named(one(nlp, TITLE, text), "Grumbix").type == type_


def test_what_is_evaluated_on_is_a_benchmark(nlp: Any) -> None:
    mention = named(one(nlp, TITLE, "COCO에서 평가했습니다."), "COCO")
    assert (mention.type, mention.role) == (BENCHMARK, Role.EVALUATED_ON)


@pytest.mark.parametrize("text", ["COCO로 학습했습니다.", "COCO로 사전 학습한 모델입니다."])
def test_what_is_trained_on_is_a_data_set_that_nothing_is_evaluated_on(nlp: Any, text: str) -> None:
    mention = named(one(nlp, TITLE, text), "COCO")
    assert (mention.type, mention.role) == (DATASET, Role.OTHER)


def test_what_is_trained_and_evaluated_on_stays_a_benchmark(nlp: Any) -> None:
    mention = named(one(nlp, TITLE, "COCO로 학습하고 COCO에서 평가했습니다."), "COCO")
    assert (mention.type, mention.role) == (BENCHMARK, Role.EVALUATED_ON)


@pytest.mark.parametrize(("text", "type_"), [("C4로", DATASET), ("C4에서", BENCHMARK)])
def test_one_name_is_a_data_set_or_a_benchmark_by_what_is_done_with_it(
    nlp: Any, text: str, type_: TermType
) -> None:
    done = "학습했습니다." if type_ == DATASET else "평가했습니다."
    assert named(one(nlp, TITLE, f"{text} {done}"), "C4").type == type_


@pytest.mark.parametrize(
    ("source", "exact"),
    [
        ("우리는 **Segment\nAnything** 모델을 사용합니다.", "Segment Anything"),
        ("우리는 *LoRA*를 사용합니다.", "LoRA"),
        ("우리는 **GPT-4o** *mini*를 사용합니다.", "GPT-4o mini"),
        ("우리는 `Llama-3.1-8B-Instruct`를 사용합니다.", "Llama-3.1-8B-Instruct"),
        ("우리는 자기 지도\n학습을 사용합니다.", "자기 지도 학습"),
    ],
)
def test_names_are_whole_after_markdown(nlp: Any, source: str, exact: str) -> None:
    body = digest_entry("3104.00001", TITLE, "Ada Zorn", source, "그림.", "표.")
    text = HEADING.format(date="2031-04-01") + body
    parsed = parse_digest(text.encode(), "2031-04-01.md", max_bytes=100_000)
    assert parsed.digest
    (found,) = extract(nlp, parsed.digest.entries)
    exacts = [mention.exact for mention in found.mentions if mention.section == "whats-new"]
    assert exact in [" ".join(one.split()) for one in exacts]
