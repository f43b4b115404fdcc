"""The pipeline as a whole: contracts, offsets, hostile text, plug-ins."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kg.digest import read_digest
from kg.errors import KGError
from kg.extract import MAX_CHARS, extract, fingerprint, make_nlp
from kg.model import Entry, ExtractedEntry, Mention, ResultKind, Role, Section, TermType


@pytest.fixture(scope="module")
def nlp() -> Any:
    return make_nlp()


def entry(*texts: str, key: str = "2401.00001") -> Entry:
    """Make an entry of a title and unlabelled sections."""
    names = ["title", "summary", *(f"summary~{n}" for n in range(2, len(texts)))][: len(texts)]
    return Entry(
        key=key, paper=key, position=1, line=1, page=f"https://arxiv.org/abs/{key}", arxiv_id=key,
        arxiv_version=None, doi=None, votes=None, authors=(), authors_truncated=False,
        thumbnail=None,
        sections=tuple(
            Section(name, name.partition("~")[0], name.title(), text)
            for name, text in zip(names, texts, strict=True)
        ),
    )  # fmt: skip


def one(nlp: Any, *texts: str) -> ExtractedEntry:
    (found,) = extract(nlp, [entry(*texts)])
    check(found)
    return found


def check(found: ExtractedEntry) -> None:
    """Hold an extracted entry to what kg.model promises."""
    texts = {section.key: section.text for section in found.entry.sections}
    order = list(texts)
    places = [(order.index(m.section), m.start, -m.end) for m in found.mentions]
    assert places == sorted(set(places))
    spans = {(m.section, m.start, m.end): m for m in found.mentions}
    for mention in found.mentions:
        assert mention.start < mention.end
        assert texts[mention.section][mention.start : mention.end] == mention.exact
        assert 0 <= mention.confidence <= 1
        assert mention.confidence == round(mention.confidence, 2)
        assert mention.gloss_of is None or spans[mention.gloss_of].gloss_of is None
    values = [(order.index(r.section), r.start) for r in found.results]
    assert values == sorted(values)
    for result in found.results:
        assert texts[result.section][result.start : result.end] == result.value_text
        first, last = result.evidence
        assert 0 <= first <= result.start < result.end <= last <= len(texts[result.section])


def named(found: ExtractedEntry, exact: str) -> Mention:
    return next(mention for mention in found.mentions if mention.exact == exact)


def test_mentions_have_no_particles_and_a_type_by_name(nlp: Any) -> None:
    found = one(
        nlp,
        "TinyTune: Cheap Fine-Tuning of Small Models",
        "우리는 LoRA를 쓰는 TinyTune을 제안하고 GSM8K에서의 정확도를 GPT-4o와 비교합니다.",
    )
    assert named(found, "LoRA").type == TermType.METHOD
    assert named(found, "GSM8K").type == TermType.BENCHMARK
    assert named(found, "GSM8K").role == Role.EVALUATED_ON
    assert named(found, "GPT-4o").type == TermType.MODEL
    assert named(found, "GPT-4o").role == Role.OTHER
    assert named(found, "TinyTune").role == Role.INTRODUCED


def test_forms_of_one_thing_point_at_the_main_one(nlp: Any) -> None:
    text = "이 모델은 강화 학습(Reinforcement Learning)과 Chain-of-Thought(CoT) 추론을 씁니다."
    found = one(nlp, "Thinking aloud", text)
    korean, english = named(found, "강화 학습"), named(found, "Reinforcement Learning")
    assert korean.gloss_of == (english.section, english.start, english.end)
    long, short = named(found, "Chain-of-Thought"), named(found, "CoT")
    assert short.gloss_of == (long.section, long.start, long.end)
    assert english.gloss_of is long.gloss_of is None
    assert korean.type == english.type


def test_a_form_may_point_into_another_section(nlp: Any) -> None:
    found = one(nlp, "Chain-of-Thought Prompting Again", "우리는 CoT 프롬프팅을 사용합니다.")
    forms = {m.exact: m for m in found.mentions}
    pointing = [m for m in found.mentions if m.section == "summary" and m.gloss_of]
    assert [m.gloss_of[0] for m in pointing if m.gloss_of] == ["title"], forms


def test_result_has_value_unit_metric_benchmark_and_subject(nlp: Any) -> None:
    text = "실험에서 TinyTune은 GSM8K에서 88.5%의 정확도를 달성했고 속도는 2.3배 향상되었습니다."
    found = one(nlp, "TinyTune: Cheap Fine-Tuning", text)
    score, speed = found.results
    assert (score.value_text, score.unit, score.kind) == ("88.5", "%", ResultKind.ABSOLUTE)
    assert (score.benchmark, score.metric) == ("GSM8K", "accuracy")
    assert score.subject == "TinyTune"
    assert score.value == Decimal("88.5")
    assert (speed.value_text, speed.unit, speed.kind) == ("2.3", "x", ResultKind.RELATIVE)


def test_sizes_counts_dates_and_costs_are_no_results(nlp: Any) -> None:
    text = "2024년에 70억 개의 파라미터와 1.5조 토큰으로 학습하여 300달러로 높은 성능을 냈습니다."
    assert one(nlp, "Small Models", text).results == ()


def test_entries_come_back_in_order_and_alike(nlp: Any) -> None:
    entries = [entry("LoRA again", f"LoRA를 {n}번 씁니다.", key=f"2401.{n:05}") for n in range(70)]
    first = list(extract(nlp, entries))
    assert [found.entry for found in first] == entries
    assert list(extract(nlp, iter(entries))) == first


NFD = unicodedata.normalize("NFD", "대형 언어 모델은 정확도 88.5%를 달성했다.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("가" * 1_000_000, id="a million characters of Hangul without a space"),
        pytest.param("aB-3" * 250_000, id="a million Latin characters without a space"),
        pytest.param("(" * 5_000 + ")" * 5_000, id="parentheses"),
        pytest.param("LoRA(" * 5_000, id="open glosses"),
        pytest.param("LoRA\u200b를 \u202eGPT-4\u202c \u2066자기\u2069\u200d지도", id="bidi"),
        pytest.param("👍🏽 LoRA👨‍👩‍👧를 🇰🇷GPT-4o👍🏽에서 평가", id="emoji"),
        pytest.param(NFD, id="NFD"),
        pytest.param("GPT-4\x00가\x1b[0m\x85 LoRA\x1c를 \ufffd", id="control characters"),
        pytest.param("GPT-4 \ud800 LoRA \udfff", id="lone surrogates"),
        pytest.param("정확도 1," + "1," * 20_000, id="digits and commas"),
        pytest.param("성능 " + "1" * 40_000 + "%", id="a long number"),
        pytest.param("성능 " + "." * 40_000, id="dots"),
        pytest.param("다. " * 10_000, id="sentences"),
        pytest.param("-" * 40_000, id="dashes"),
        pytest.param("LLM을 " + "x " * 20_000, id="words after a cue"),
        pytest.param("\n \t\r\n" * 5_000, id="white space"),
        pytest.param("", id="nothing"),
    ],
)
def test_hostile_text_is_read_with_exact_offsets(nlp: Any, text: str) -> None:
    one(nlp, text[:2_000], text)


def test_an_entry_without_sections_has_no_mentions(nlp: Any) -> None:
    assert one(nlp).mentions == ()


def test_long_entries_are_searched_up_to_the_limit(nlp: Any) -> None:
    found = one(nlp, "Title", "그리고 " * (MAX_CHARS // 4) + "LoRA를 씁니다.")
    assert all(mention.end <= MAX_CHARS for mention in found.mentions)


@pytest.mark.parametrize("text", ["", '[nlp]\nlang = "no such"\n', "\x00", "[nlp"])
def test_a_config_that_makes_no_pipeline_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.cfg"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KGError, match=r"bad\.cfg: .*expected a spaCy config"):
        make_nlp(path)
    with pytest.raises(KGError, match=r"missing\.cfg"):
        make_nlp(tmp_path / "missing.cfg")
    with pytest.raises(KGError, match=r"missing\.cfg"):
        fingerprint(tmp_path / "missing.cfg")


def test_fingerprint_and_import_need_no_spacy() -> None:
    code = (
        "import sys, kg.extract, kg.resolve; print(kg.extract.fingerprint());"
        "sys.exit(any(name in sys.modules for name in ('spacy', 'kiwipiepy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint()


def _check_digests(nlp: Any, shared: Path, step: int) -> int:
    mentions = 0
    for path in sorted([*shared.glob("digests/*.md"), *shared.glob("seeds/*.md")]):
        entries = read_digest(path, max_bytes=20_000_000).digest.entries
        for found in extract(nlp, entries[::step]):
            check(found)
            mentions += len(found.mentions)
    return mentions


@pytest.mark.shared
def test_offsets_are_exact_in_every_real_digest(nlp: Any, shared: Path) -> None:
    assert _check_digests(nlp, shared, step=16) > 2_500


@pytest.mark.shared
@pytest.mark.soak
def test_offsets_are_exact_in_every_real_entry(nlp: Any, shared: Path) -> None:
    assert _check_digests(nlp, shared, step=1) > 50_000


def test_mentions_of_one_span_are_one(nlp: Any) -> None:
    found = one(nlp, "LoRA", "LoRA, LoRA 그리고 LoRA.")
    for before, after in pairwise(found.mentions):
        assert (before.section, before.start, before.end) != (
            after.section,
            after.start,
            after.end,
        )
