"""Results: which numbers are claims, of which kind, and what each is about."""

from __future__ import annotations

import math
import re
import time
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from kg.extract.judging import Judged, distinct
from kg.extract.measures import MeasureFinder, Word
from kg.extract.quantities import quantities
from kg.extract.result_weights import Choice, fit, probabilities
from kg.extract.results import MAX_CONFIDENCE, MIN_CONFIDENCE, ResultFinder
from kg.extract.scenes import SENTENCE_CHARS, sentence_spans
from kg.extract.spans import Found
from kg.extract.tables import DATA, load_tables, rows
from kg.extract.view import View, view_of
from kg.model import Direction, Qualifier, Result, ResultKind, Role, TermType
from kg.training.data import write_weights
from kg.training.results import ResultExample, train_results

MODEL, METHOD, METRIC = TermType.MODEL, TermType.METHOD, TermType.METRIC
BENCH, DATASET = TermType.BENCHMARK, TermType.DATASET
ABSOLUTE, RELATIVE, COMPARISON = ResultKind.ABSOLUTE, ResultKind.RELATIVE, ResultKind.COMPARISON

#: The things that the sentences below speak of; Zorblex is what their paper introduces.
THINGS = {
    "Zorblex": MODEL, "Quarnet": MODEL, "Minivole": MODEL, "FooBench": BENCH, "BarQA": BENCH,
    "BazSuite": BENCH, "F1": METRIC, "mIoU": METRIC, "정확도": METRIC, "accuracy": METRIC,
    "WER": METRIC,
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from spacy.vocab import Vocab

    from kg.extract.tokenizer import KiwiTokenizer

    return KiwiTokenizer(Vocab(), [])


@pytest.fixture(scope="module")
def finder() -> ResultFinder:
    return ResultFinder(load_tables())


@pytest.fixture(scope="module")
def read(tokenizer: Any, finder: ResultFinder) -> Any:
    """Return a function from a text to its results; the THINGS are its mentions."""

    def results(text: str) -> list[Result]:
        view, mentions, roles = seen(tokenizer, text)
        found = list(finder.results(view, mentions, roles, [m.exact for m in mentions]))
        check(text, found)
        return found

    return results


def seen(tokenizer: Any, text: str) -> tuple[View, list[Found], list[Role]]:
    view = view_of(tokenizer(text))
    pattern = re.compile("|".join(sorted(THINGS, key=len, reverse=True)))
    mentions = [Found(m.start(), m.end(), m[0], THINGS[m[0]]) for m in pattern.finditer(text)]
    own = [Role.INTRODUCED if m.exact == "Zorblex" else Role.OTHER for m in mentions]
    return view, mentions, own


def check(text: str, found: list[Result]) -> None:
    for result in found:
        assert text[result.start : result.end] == result.value_text
        first, last = result.evidence
        assert 0 <= first <= result.start < result.end <= last <= len(text)
        assert MIN_CONFIDENCE - 0.0001 <= result.confidence <= MAX_CONFIDENCE
        assert result.confidence == round(result.confidence, 4)
        assert (result.value is None) == (result.value_min is not None)
    assert all(before.start < after.start for before, after in pairwise(found))


def test_respectively_pairs_values_with_benchmarks_in_order(read: Any) -> None:
    found = read(
        "Zorblex는 FooBench, BarQA, BazSuite에서 각각 61.2%, 72.3%, 83.4%의 성능을 기록했습니다."
    )
    assert [(r.value_text, r.benchmark) for r in found] == [
        ("61.2", "FooBench"), ("72.3", "BarQA"), ("83.4", "BazSuite"),
    ]  # fmt: skip
    assert {(r.subject, r.kind, r.unit) for r in found} == {("Zorblex", ABSOLUTE, "%")}


def test_respectively_pairs_values_with_subjects_in_order(read: Any) -> None:
    found = read("FooBench에서 Quarnet과 Minivole은 각각 41.5%와 43.7%의 정확도를 달성했습니다.")
    assert [(r.value_text, r.subject) for r in found] == [("41.5", "Quarnet"), ("43.7", "Minivole")]
    assert {(r.benchmark, r.metric) for r in found} == {("FooBench", "accuracy")}


def test_each_clause_has_its_own_pair(read: Any) -> None:
    found = read("Zorblex는 FooBench에서 88.1%, BarQA에서 79.4%의 점수를 달성했습니다.")
    assert [(r.value_text, r.benchmark) for r in found] == [("88.1", "FooBench"), ("79.4", "BarQA")]
    found = read("Zorblex의 F1은 0.91, mIoU는 0.83을 기록했습니다.")
    assert [(r.value_text, r.metric) for r in found] == [("0.91", "F1"), ("0.83", "mIoU")]


def test_from_and_to_are_two_results_of_one_metric(read: Any) -> None:
    before, after = read("Zorblex를 쓰면 FooBench에서 mIoU가 41.2에서 47.9로 향상되었습니다.")
    assert (before.value, after.value) == (Decimal("41.2"), Decimal("47.9"))
    assert {before.metric, after.metric} == {"mIoU"}
    assert (before.kind, after.kind) == (COMPARISON, ABSOLUTE)


@pytest.mark.parametrize("dash", ["-", "~", "–"])
def test_a_range_is_one_result_with_two_ends(read: Any, dash: str) -> None:
    (found,) = read(f"Zorblex는 기존 방법보다 2.5{dash}4배 빠른 추론 속도를 보여줍니다.")
    assert (found.value_text, found.unit) == (f"2.5{dash}4", "x")
    assert (found.value, found.value_min, found.value_max) == (None, Decimal("2.5"), Decimal(4))
    assert found.metric == "inference speed"


def test_what_follows_plus_minus_is_no_result(read: Any) -> None:
    (found,) = read("Zorblex는 FooBench에서 77.3±0.4%의 정확도를 달성했습니다.")
    assert (found.value_text, found.unit, found.metric) == ("77.3", "%", "accuracy")


@pytest.mark.parametrize(
    ("claim", "value", "unit"),
    [
        ("추론 속도를 3.5배 향상시켰습니다", "3.5", "x"),
        ("정확도를 4.1%p 향상시켰습니다", "4.1", "points"),
        ("정확도를 4.1% 포인트 향상시켰습니다", "4.1", "points"),
        ("정확도를 4.1 포인트 향상시켰습니다", "4.1", "points"),
        ("정확도를 12.5% 향상시켰습니다", "12.5", "%"),
    ],
)
def test_gains_are_relative_with_their_unit(read: Any, claim: str, value: str, unit: str) -> None:
    (found,) = read(f"Zorblex는 기존 방법 대비 {claim}.")
    assert (found.value_text, found.unit, found.kind) == (value, unit, RELATIVE)
    assert found.direction == Direction.INCREASE


def test_a_reduction_goes_down(read: Any) -> None:
    (found,) = read("Zorblex는 기존 방법 대비 메모리 사용량을 최대 37% 줄였습니다.")
    assert (found.metric, found.kind) == ("memory usage", RELATIVE)
    assert (found.direction, found.qualifier) == (Direction.DECREASE, Qualifier.UP_TO)


@pytest.mark.parametrize(
    ("words", "qualifier"),
    [("약 55%", Qualifier.ABOUT), ("최대 55%", Qualifier.UP_TO), ("55% 이상", Qualifier.AT_LEAST)],
)
def test_qualifiers_are_kept(read: Any, words: str, qualifier: Qualifier) -> None:
    (found,) = read(f"Zorblex는 FooBench에서 {words}의 정확도를 달성했습니다.")
    assert found.qualifier == qualifier


def test_setting_and_split_are_kept(read: Any) -> None:
    (found,) = read("Zorblex는 FooBench에서 5-shot 정확도 71.3%를 달성했습니다.")
    assert (found.value_text, found.setting) == ("71.3", "5-shot")
    (found,) = read("Zorblex achieves a WER of 2.31 on the FooBench test-clean split.")
    assert (found.value_text, found.split, found.metric) == ("2.31", "test-clean", "WER")


def test_the_other_system_s_score_is_a_comparison_with_its_subject(read: Any) -> None:
    found = read(
        "Zorblex는 FooBench에서 92.7%의 정확도를 기록했습니다. "
        "이는 Quarnet의 85.1%를 크게 상회하는 결과입니다."
    )
    own, other = found
    assert (own.subject, own.kind) == ("Zorblex", ABSOLUTE)
    assert (other.subject, other.kind) == ("Quarnet", COMPARISON)
    assert other.benchmark == "FooBench"


def test_a_gain_has_the_system_that_it_is_over(read: Any) -> None:
    (found,) = read("Zorblex는 FooBench에서 Quarnet보다 6.4% 높은 정확도를 달성했습니다.")
    assert (found.subject, found.baseline, found.kind) == ("Zorblex", "Quarnet", RELATIVE)


def test_a_metric_in_the_sentence_before_is_carried_over(read: Any) -> None:
    found = read("Zorblex는 FooBench에서 평가되었습니다. 그 결과 88.4%의 정확도를 달성했습니다.")
    assert [(r.value_text, r.metric) for r in found] == [("88.4", "accuracy")]


@pytest.mark.parametrize(
    "text",
    [
        "Zorblex는 70억 개의 파라미터를 가진 모델로, 1.5조 개의 토큰으로 사전 학습되었습니다.",
        "이 데이터셋은 12,400개의 질문과 35개의 언어로 구성되어 있습니다.",
        "이 연구는 2024년 3월 15일에 공개되었습니다.",
        "Zorblex는 8개의 GPU에서 훈련되었습니다.",
        "Zorblex는 250달러의 비용으로 높은 성능을 달성했습니다.",
        "Training Zorblex costs $30 and outperforms earlier models.",
        "우리는 3가지 단계와 2개의 모듈을 제안합니다.",
        "The model has 13B parameters and 48 layers with 128K context.",
        "GPT-4와 Llama-3.1-70B, 512x512 이미지, 4-bit 양자화를 사용합니다.",
    ],
)
def test_sizes_counts_dates_and_costs_are_no_results(read: Any, text: str) -> None:
    assert read(text) == []


def test_a_claim_said_twice_is_one_result(read: Any) -> None:
    text = "Zorblex는 FooBench에서 88.4%의 정확도를 달성했습니다."
    assert len(read(f"{text} 특히 {text}")) == 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("70만 개", [("70만", 700_000)]),
        ("세 배, 두 개", [("세", 3)]),
        ("1.5M steps", [("1.5M", 1_500_000)]),
        ("2,048,000", [("2,048,000", 2_048_000)]),
        ("3 billion", [("3 billion", 3_000_000_000)]),
        ("1/8로", [("1/8", Decimal("0.125"))]),
        ("4분의 1", [("4분의 1", Decimal("0.25"))]),
        ("3분의 1", [("3분의 1", Decimal("0.333333"))]),
        ("(-0.52)", [("-0.52", Decimal("-0.52"))]),
        ("+3.5%", [("3.5", Decimal("3.5"))]),
        ("5.1%/3.2%", [("5.1", Decimal("5.1")), ("3.2", Decimal("3.2"))]),
        ("nDCG@10, v2.5, 3D, 4-bit, 640x480, 1.2.3, 10:30", []),
    ],
)
def test_numerals_are_read(text: str, values: list[tuple[str, Any]]) -> None:
    found = [(text[q.start : q.end], q.value) for q in quantities(text, 0, len(text))]
    assert found == values


def test_a_list_shares_the_unit_after_its_last_number(read: Any) -> None:
    found = read("Zorblex는 FooBench, BarQA에서 각각 mIoU를 11.2, 9.8 포인트 향상시켰습니다.")
    assert [(r.value_text, r.unit, r.benchmark) for r in found] == [
        ("11.2", "points", "FooBench"), ("9.8", "points", "BarQA"),
    ]  # fmt: skip


def test_phrases_of_measures_have_an_english_name() -> None:
    words = {
        "추론": Word.of("inference", "modifier"),
        "속도": Word.of("speed", "head-bare"),
        "시간": Word.of("time", "head"),
        "평균": Word.of("", "modifier"),
    }
    finder = MeasureFinder(words)
    assert finder.name("추론 속도") == "inference speed"
    assert finder.name("평균 추론 시간") == "inference time"
    assert [finder.name(text) for text in ("시간", "추론", "속도위반", "고속도")] == [None] * 4


def test_the_table_of_measures_is_sorted_and_distinct() -> None:
    found = [form for form, _, part in rows(DATA / "measures.tsv")]
    assert found == sorted(set(found))
    assert {part for _, _, part in rows(DATA / "measures.tsv")} == {
        "alone", "head", "head-bare", "modifier",
    }  # fmt: skip


def test_weights_prefer_what_was_right() -> None:
    choices = [Choice((("red", "big"), ("blue", "big")), (True, False))] * 5
    weights = fit(choices, penalty=1.0, min_count=2)
    first, second = probabilities(weights, [["red"], ["blue"]])
    assert first > 0.7
    assert math.isclose(first + second, 1.0)
    assert weights == fit(choices, penalty=1.0, min_count=2)


def test_training_gives_the_same_table_in_any_order(tokenizer: Any, tmp_path: Any) -> None:
    examples = []
    for number in range(8):
        text = f"Zorblex는 FooBench에서 {60 + number}.5%의 정확도를 달성했고 층은 {number + 2}개다."
        view, mentions, roles = seen(tokenizer, text)
        claim = {
            "subject": "Zorblex", "benchmark": "FooBench", "metric": "accuracy",
            "value": f"{60 + number}.5", "unit": "%", "kind": "absolute",
        }  # fmt: skip
        names = tuple(m.exact for m in mentions)
        examples.append(
            ResultExample(f"day-{number}", view, tuple(mentions), tuple(roles), names, (claim,))
        )
    words = load_tables().measures
    for name, order in (("one", examples), ("two", examples[::-1])):
        write_weights(train_results(order, words), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_text(encoding="utf-8").startswith("feature\tweight\n")


def test_weights_are_sorted_and_few() -> None:
    found = [feature for feature, _ in rows(DATA / "results.tsv")]
    assert found == sorted(set(found))
    assert (DATA / "results.tsv").stat().st_size < 500_000


HOSTILE = [
    pytest.param("정확도 " + "1" * 100_000, id="a long number"),
    pytest.param("정확도 1," * 12_000, id="digits and commas"),
    pytest.param("1-" * 50_000, id="digits and dashes"),
    pytest.param("1 - " * 25_000, id="open ranges"),
    pytest.param("1%~" * 30_000, id="chained ranges"),
    pytest.param("1/" * 50_000, id="slashes"),
    pytest.param("9±" * 50_000, id="plus minus"),
    pytest.param("88.5% " * 16_000, id="many results"),
    pytest.param("추론 속도 " * 16_000 + "9%", id="many phrases"),
    pytest.param("A" * 100_000 + " 9%", id="capitals"),
    pytest.param("A-" * 50_000 + " 9%", id="capitals and dashes"),
    pytest.param("정확도\u202e88.5%\u202c\u2066\u200b3.2배\x00\x1b\ufffd", id="bidi and control"),
    pytest.param("정확도 ٣٫٥% ８８.５% ²% Ⅻ%", id="other digits"),
    pytest.param("정확도 < 88.5% <> 3.2배 <n> << 7% > F1 <%> 정확도", id="angle brackets"),
    pytest.param("9%" + " " * 100_000 + "이상", id="spaces"),
    pytest.param("초" * 50_000 + "1초" * 20_000, id="units"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_keeps_offsets_exact_and_time_linear(
    tokenizer: Any, finder: ResultFinder, text: str
) -> None:
    view = view_of(tokenizer(text[:100_000]))
    start = time.process_time()
    found = list(finder.results(view, [], [], []))
    assert time.process_time() - start < 30
    check(view.text, found)


def test_sentences_hold_all_but_space() -> None:
    text = "정확도는 88.5%입니다. 다음은 짧다.\n" + "가 " * 2_000 + "끝."
    spans = list(sentence_spans(text, 0, len(text)))
    assert all(end - start <= SENTENCE_CHARS for start, end in spans)
    kept = "".join(text[start:end] for start, end in spans)
    assert kept.replace(" ", "") == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_repeats_are_left_out_where_no_other_benchmark_is_named(tokenizer: Any) -> None:
    from kg.extract.scenes import scene_of

    view = view_of(tokenizer("9.5% 9.5% 9.5%"))
    scene = scene_of(view, [], [], [], MeasureFinder({}))
    (sentence,) = scene.sentences

    def judged(number: int, benchmark: str | None) -> Judged:
        return Judged(sentence, number, ABSOLUTE, None, benchmark, 0.5, False)

    found = [(judged(0, "FooBench"), 0.6), (judged(1, None), 0.5), (judged(2, "BarQA"), 0.4)]
    assert [one.number for one, _ in distinct(found)] == [0, 2]
