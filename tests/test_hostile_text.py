"""Text that is made to be slow or wrong: every pattern is linear, every offset exact."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import pytest

from kg.digest import parse_digest
from kg.digest.characters import nfc
from kg.extract import MAX_CHARS, extract, make_nlp
from kg.model import Entry, ExtractedEntry
from tests.patterns import hard_texts, patterns, seconds
from tests.test_extract import check, entry

#: Characters that a pattern is tried on to find what is hardest for it, and then fed.
_TRIED, _MANY = 800, 100_000
_LENGTHS: Final = (10_000, _MANY // 2, _MANY)
#: CPU time that a pattern may take at most, as a multiple of what a plain one takes for as many
#: characters; the slowest takes about 20 times that, one that is not linear thousands of times.
_MOST: Final = 50.0
_PLAIN_PATTERN: Final = re.compile("[^,.]{0,8}?x")
#: Two texts of which one is twice the other may differ by so much more.
_TWICE, _SLACK_S = 4.0, 0.02
#: Who else is busy on the machine can only make a pattern slower, and not each time.
_TRIES: Final = 3

_PLAIN = (
    "우리는 TinyTune을 제안하고 GSM8K에서 정확도 71.5%를 얻었습니다. 이 방법은 강화 학습"
    "(Reinforcement Learning)으로 작은 언어 모델(LM)을 훈련하며 속도는 2.3배 빠릅니다. "
)


@pytest.fixture(scope="module")
def nlp() -> Any:
    return make_nlp()


@lru_cache(maxsize=len(_LENGTHS))
def _plain_pattern_s(length: int) -> float:
    return seconds(_PLAIN_PATTERN, "가" * length)


def _is_linear(pattern: re.Pattern[str], texts: Mapping[int, str]) -> bool:
    """Tell by texts of some, half of many, and many characters, the shortest first."""
    taken = {}
    for length, text in texts.items():
        taken[length] = seconds(pattern, text)
        if taken[length] > _MOST * _plain_pattern_s(length) + _SLACK_S:
            _plain_pattern_s.cache_clear()  # the machine may have become slower
            return False
    return taken[_MANY] < max(_TWICE * taken[_MANY // 2], _SLACK_S) + _SLACK_S


def test_every_pattern_takes_linear_time() -> None:
    found = patterns()
    assert len(found) > 100
    for source, pattern in found.items():
        tried = [(seconds(pattern, text), name) for name, text in hard_texts(source, _TRIED)]
        hardest = [name for _, name in sorted(tried, reverse=True)[:2]]
        texts = {length: dict(hard_texts(source, length)) for length in _LENGTHS}
        for name in hardest:
            long = {length: texts[length][name] for length in _LENGTHS}
            told = f"{source[:80]!r} on {name}"
            assert any(_is_linear(pattern, long) for _ in range(_TRIES)), told


def test_a_pattern_that_is_not_linear_is_told() -> None:
    long = {length: "a" * length for length in _LENGTHS}
    assert not _is_linear(re.compile("(?:a|b)*c"), long)


def test_the_quick_look_for_long_runs_of_marks_misses_no_mark() -> None:
    marks = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]
    assert len(marks) > 800
    for mark in marks:
        assert "\u034f" in nfc("가" + mark * 40)


def _mixed(text: str) -> str:
    """Write every other word with its letters taken apart."""
    words = text.split(" ")
    words[::2] = [unicodedata.normalize("NFD", word) for word in words[::2]]
    return " ".join(words)


HOSTILE = {
    "a million characters of Hangul": "가" * 1_000_000,
    "a million letters": "aB-3" * 250_000,
    "a million digits": "1234567890" * 100_000,
    "a million spaces": " " * 1_000_000,
    "10,000 parentheses": "(" * 5_000 + ")" * 5_000,
    "pairs of parentheses": "()" * 20_000,
    "brackets of all kinds": "([{<（「" * 8_000,
    "open glosses": "TinyTune(" * 5_000,
    "glosses": "A (B) " * 8_300,
    "glosses in both scripts": "강화 학습(RL) 작은 모델(SLM) " * 2_500,
    "one name again and again": "TinyTune " * 5_500,
    "many names": " ".join(f"Tiny{n}Tune는" for n in range(4_000)),
    "names in a row": "LLM-" * 12_000,
    "numbers": "71.5% " * 8_000,
    "a list of numbers": "정확도 " + "71.5, " * 8_000 + "80%",
    "names and numbers": "GSM8K 71.5%, " * 4_000,
    "a long number": "정확도 " + "1" * 49_000 + "%",
    "sentences": "다. " * 16_000,
    "stops": "정확도 " + "." * 49_000,
    "capitals": "ABC" * 16_000,
    "words without an end": "Alpha Beta " * 4_500,
    "white space of all kinds": "\n \t\r\n\u00a0\u3000\u2028" * 7_000,
    "zero width": "Tiny\u200bTune\u200d를 \ufeff제안\u2060하고 GSM8K\u200c에서 71.5\u200b% " * 900,
    "bidi": "\u202eTinyTune\u202c를 \u2066GSM8K\u2069에서 \u200f71.5%\u200e 얻음 " * 1_000,
    "NFC and NFD": _mixed(_PLAIN * 200),
    "marks on one letter": "a" + "\u0301" * 49_000,
    "emoji": "👍🏽 TinyTune👨‍👩‍👧를 🇰🇷GSM8K👍🏽에서 71.5%🏳️‍🌈 " * 1_000,
    "control characters": "Tiny\x00Tune\x1b[0m를 \x85GSM8K\x1c에서 71.5\x07%\x7f " * 1_000,
    "lone surrogates": "GSM8K \ud800 TinyTune \udfff " * 2_000,
    "HTML": '<div class="a"><b>TinyTune</b> <script>alert("71.5%")</script>&nbsp;&#x27;' * 600,
    "HTML without an end": "<a href=" * 6_000,
    "comments": "<!-- " * 10_000,
    "links": "[TinyTune](https://example.org/TinyTune) " * 1_200,
    "addresses": "https://example.org/" + "a/" * 24_000,
    "Markdown": "**TinyTune** `GSM8K` _71.5%_ ~~#|" * 1_500,
}  # fmt: skip


def _read(nlp: Any, text: str) -> tuple[ExtractedEntry, float]:
    start = time.process_time()
    (found,) = extract(nlp, [entry("TinyTune: Small Things", text)])
    return found, time.process_time() - start


@pytest.fixture(scope="module")
def plain_s(nlp: Any) -> float:
    """The CPU seconds that plain text of the greatest length takes."""
    _read(nlp, _PLAIN)
    return _read(nlp, (_PLAIN * (MAX_CHARS // len(_PLAIN) + 1))[:MAX_CHARS])[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_longer_than_plain_and_has_exact_offsets(
    name: str, nlp: Any, plain_s: float
) -> None:
    found, taken = _read(nlp, HOSTILE[name])
    check(found)
    assert taken < 6 * plain_s + 0.5


@pytest.mark.parametrize("name", HOSTILE)
def test_a_digest_with_hostile_text_is_read(name: str, nlp: Any) -> None:
    text = HOSTILE[name][:20_000]
    heading = "### [TinyTune: Small Things](https://arxiv.org/abs/2401.00001)\n\n"
    data = f"## Papers for 2024-01-05\n\n{heading}Summary: {text}\n".encode("utf-8", "replace")
    parsed = parse_digest(data, "2024-01-05.md", max_bytes=1_000_000)
    if parsed.digest is None:
        assert parsed.problems
        return
    for found in extract(nlp, parsed.digest.entries):
        check(found)


def _entries(text: str, count: int) -> list[Entry]:
    return [entry("TinyTune", text, key=f"2401.{number:05}") for number in range(count)]


def test_hostile_text_does_not_change_the_entry_after_it(nlp: Any) -> None:
    (alone,) = extract(nlp, _entries(_PLAIN, 1))
    hostile = [entry("TinyTune", text[:3_000]) for text in HOSTILE.values()]
    *_, after = extract(nlp, [*hostile, *_entries(_PLAIN, 1)])
    assert after == alone
