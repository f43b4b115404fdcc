"""Why extraction says what it says of a mention."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kg.extract import extract, make_nlp, reasons
from tests.test_extract import entry

TITLE = "Zorblex: Cheap Tuning"
TEXT = (
    "우리는 Chain-of-Thought(CoT)와 자기 지도 학습(self-supervised learning)을 쓰는 Zorblex를 "
    "제안하고 GSM8K에서의 정확도를 GPT-4o와 비교합니다."
)


@pytest.fixture(scope="module")
def nlp() -> Any:
    return make_nlp()


@pytest.fixture(scope="module")
def said(nlp: Any) -> dict[str, tuple[str, ...]]:
    """The reasons of the last mention of each form."""
    (found,) = extract(nlp, [entry(TITLE, TEXT)])
    told = reasons(nlp, found.entry)
    places = {(m.section, m.start, m.end): m for m in found.mentions}
    assert set(told) == set(places)
    for place, mention in places.items():
        assert told[place][0] == f"{mention.component}: confidence {mention.confidence}"
        assert any(line.startswith(f"role {mention.role}") for line in told[place])
    return {places[place].exact: lines for place, lines in told.items()}


def test_a_name_of_the_table_is_told(said: dict[str, tuple[str, ...]]) -> None:
    assert "name table: Benchmark, Dataset" in said["GSM8K"]
    assert not any(line.startswith("name table") for line in said["Zorblex"])


def test_the_scores_are_told_the_highest_first(said: dict[str, tuple[str, ...]]) -> None:
    (line,) = (line for line in said["GSM8K"] if line.startswith("scores: "))
    assert re.fullmatch(r"scores: Benchmark [01]\.\d\d(, \w+ 0\.\d\d)*, no term 0\.\d\d", line)
    for lines in said.values():
        (line,) = (line for line in lines if line.startswith("scores: "))
        shares = [float(share) for share in re.findall(r"\d\.\d\d", line)][:-1]
        assert shares == sorted(shares, reverse=True)


def test_the_strongest_features_are_told_in_words(said: dict[str, tuple[str, ...]]) -> None:
    (line,) = (line for line in said["GSM8K"] if line.startswith("first stage, "))
    head, _, features = line.partition(": ")
    assert head == "first stage, Benchmark against no term"
    told = re.findall(r"([+-]\d+\.\d) ", features)
    assert len(told) == 6
    assert [abs(float(one)) for one in told] == sorted((abs(float(n)) for n in told), reverse=True)
    assert 'next word "에서"' in line
    assert "{" not in line


def test_what_digests_without_annotation_say_is_told(said: dict[str, tuple[str, ...]]) -> None:
    pattern = r"digests without annotation: in \d+ entries, taken as a term in \d+% of its places"
    assert any(re.fullmatch(pattern, line) for line in said["GPT-4o"])
    assert not any(line.startswith("digests without") for line in said["Zorblex"])


def test_what_a_form_is_the_same_thing_as_is_told(said: dict[str, tuple[str, ...]]) -> None:
    (line,) = (line for line in said["CoT"] if line.startswith("same thing as "))
    assert re.fullmatch(
        r'same thing as "Chain-of-Thought": [01]\.\d\d \(gloss in parentheses, abbreviation.*\)',
        line,
    )
    assert any(re.fullmatch(r'stands for "CoT" too: .*', one) for one in said["Chain-of-Thought"])
    (line,) = (line for line in said["자기 지도 학습"] if line.startswith("same thing as "))
    assert line.startswith('same thing as "self-supervised learning": ')
    assert not any("same thing" in line or "stands for" in line for line in said["GPT-4o"])


def test_the_shares_of_the_roles_are_told(said: dict[str, tuple[str, ...]]) -> None:
    pattern = (
        r"role (\w+) for the thing; of this mention: introduced \d\.\d\d, evaluatedOn \d\.\d\d"
    )
    for exact, role in (("Zorblex", "introduced"), ("GSM8K", "evaluatedOn"), ("CoT", "other")):
        found = [re.fullmatch(pattern, line) for line in said[exact]]
        assert [match[1] for match in found if match] == [role]


def test_hostile_text_is_told_in_one_line_a_reason(nlp: Any) -> None:
    text = "LoRA{form}\u202e(\x1b[31m{0}) {{GSM8K}}에서 '{' 평가\n\n했습니다. \u2028LoRA"
    for lines in reasons(nlp, entry("{}: LoRA", text)).values():
        assert all("\n" not in line and line.strip() for line in lines)


def test_an_entry_without_text_has_no_reasons(nlp: Any) -> None:
    assert reasons(nlp, entry()) == {}
