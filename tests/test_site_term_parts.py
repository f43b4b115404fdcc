"""Where sentences end, which terms are neighbours, and the picture of them."""

from __future__ import annotations

import time

import pytest

from kg.web.site.terms.neighbours import closeness
from kg.web.site.terms.network import network
from kg.web.site.terms.sentences import sentence_at


@pytest.mark.parametrize(
    ("words", "form", "sentence"),
    [
        ("앞입니다. LoRA를 씁니다. 뒤입니다.", "LoRA", "LoRA를 씁니다."),
        ("It is v2.0 of LoRA vs. others. Next.", "LoRA", "It is v2.0 of LoRA vs. others."),
        ("By A. Kim et al. with LoRA! Then.", "LoRA", "By A. Kim et al. with LoRA!"),
        ("It is final. LoRA", "LoRA", "LoRA"),
        ("- one\n- LoRA\n- two", "LoRA", "- LoRA"),
        ("했습니다.LoRA는 빠릅니다.그리고", "LoRA", "LoRA는 빠릅니다."),
        ("LoRA", "LoRA", "LoRA"),
    ],
)
def test_sentences(words: str, form: str, sentence: str) -> None:
    start = words.index(form)
    first, last = sentence_at(words, start, start + len(form))
    assert words[first:last] == sentence


def test_long_text_is_cut_at_words_and_takes_no_time() -> None:
    words = "단어 " * 50_000 + "LoRA" + " 단어" * 50_000
    place = words.index("LoRA")
    started = time.process_time()
    for _ in range(100):
        first, last = sentence_at(words, place, place + 4)
    assert time.process_time() - started < 1
    assert 300 < last - first < 700
    assert words[first:last].split()[0] == words[first:last].split()[-1] == "단어"


def test_labels_of_the_picture_stay_within_it() -> None:
    names = [
        ("중심", "Task"),
        *((f"아주 아주 긴 이름을 가진 낱말 {n}", "Model") for n in range(10)),
    ]
    made = network(names, list(range(1, 11)), [(0, 5, 3)])
    for dot in made.dots:
        room = 13 * sum(1 if ord(char) > 0x1100 else 0.6 for char in dot.label)
        end = dot.label_x + {"start": room, "end": -room, "middle": room / 2}[dot.anchor]
        assert 0 <= end <= made.width
    assert len({(dot.x, dot.y) for dot in made.dots}) == 11


def test_what_shares_papers_by_chance_is_not_close() -> None:
    assert closeness(10, 100, 100, 1_000) == pytest.approx(0)
    assert closeness(5, 100, 100, 1_000) < 0
    assert closeness(20, 30, 25, 1_000) > closeness(2, 2, 2, 1_000) > closeness(30, 30, 900, 1_000)
