"""Which forms of an entry name one thing: features of pairs, joining, naming, the lexicon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.extract.coreference import MAX_FORMS, NamedForm, join, main_form
from kg.extract.lexicon import SOUNDS_ALIKE, Lexicon, pair_id, words_of
from kg.extract.naming import name_things, named_forms
from kg.extract.pairs import features
from kg.extract.spans import Found
from kg.extract.tables import DATA, TYPES, WEIGHTS
from kg.extract.templates import PAIRS
from kg.extract.weights import load_weights
from kg.model import TermType

EMPTY = Lexicon(words={}, glosses={})


def form(exact: str, text: str, type_: TermType = TermType.METHOD) -> NamedForm:
    """Make a form that stands wherever *text* has it."""
    places, at = [], text.find(exact)
    while at >= 0:
        places.append((at, at + len(exact)))
        at = text.find(exact, at + 1)
    return NamedForm(exact, tuple(places), tuple(float(one == type_) for one in TYPES), 0.9)


def told(text: str, one: str, other: str, lexicon: Lexicon = EMPTY) -> set[str]:
    """Return the names of the features that speak for two forms."""
    (values,) = features(text, [form(one, text), form(other, text)], lexicon)
    return {name for name, value in zip(PAIRS, values.tolist(), strict=True) if value >= 0.5}


@pytest.mark.parametrize(
    ("text", "one", "other", "why"),
    [
        ("Zig-of-Zag(ZoZ)를 쓴다", "Zig-of-Zag", "ZoZ", {"gloss in parentheses", "abbreviation"}),
        ("ZoZ (Zig-of-Zag) 는", "ZoZ", "Zig-of-Zag", {"gloss in parentheses", "abbreviation"}),
        ("플럽(Plub)은", "플럽", "Plub", {"gloss in parentheses"}),
        ("플럽 모델은(Plub) 크다", "플럽", "Plub", {"gloss after a word"}),
        ("분할 그리고 먼 뒤에 Plub", "분할", "Plub", set()),
        ("Plub model과 Plub", "Plub model", "Plub", {"but for the noun of a class"}),
        ("big Plub net과 Plub net", "big Plub net", "Plub net", {"the same last words"}),
        ("Plub net two와 Plub net", "Plub net two", "Plub net", {"the same first words"}),
        ("Plubnet과 Plub-net", "Plubnet", "Plub-net", {"spelt alike"}),
    ],
)
def test_what_speaks_for_two_forms(text: str, one: str, other: str, why: set[str]) -> None:
    found = told(text, one, other)
    assert why <= found - {""}
    if not why:
        assert not found - {""}


def test_the_lexicon_speaks_for_a_translation() -> None:
    lexicon = Lexicon(
        words={pair_id("블릭", "blick"): 0.9, pair_id("분할", "segmentation"): 0.8},
        glosses={pair_id("블릭분할", "blicksegmentation"): 2},
    )
    text = "블릭 분할 그리고 먼 뒤에 blick segmentation"
    assert told(text, "블릭 분할", "blick segmentation", lexicon) >= {
        *("a translation", "glossed so elsewhere")
    }
    assert "a translation" not in told(text, "블릭 분할", "blick segmentation")


def test_the_order_of_two_forms_does_not_matter_to_what_speaks_for_them() -> None:
    text = "체인(Chain-of-Zag)과 CoZ"
    assert told(text, "체인", "Chain-of-Zag") == told(text, "Chain-of-Zag", "체인")
    assert told(text, "CoZ", "Chain-of-Zag") == told(text, "Chain-of-Zag", "CoZ")


@pytest.mark.parametrize(
    ("korean", "latin", "alike"),
    [("플립", "flip", True), ("디퓨전", "diffusion", True), ("분할", "segment", False)],
)
def test_a_word_may_be_written_by_its_sound(korean: str, latin: str, alike: bool) -> None:
    found = Lexicon({}, {}).shares([korean], [latin])[0, 0]
    assert found == (SOUNDS_ALIKE if alike else 0)


def test_words_lose_a_plural_s() -> None:
    assert words_of("Blick-Plub nets_of loss") == ["blick", "plub", "net", "of", "loss"]


# ------------------------------------------------------------------ joining


def test_forms_are_joined_by_the_average_over_their_pairs() -> None:
    alike = np.array(
        [[0.0, 0.9, 0.5, 0.0], [0.9, 0.0, 0.2, 0.0], [0.5, 0.2, 0.0, 0.0], [0.0] * 4], np.float32
    )
    assert join(alike, 0.3) == [[0, 1, 2], [3]]
    assert join(alike, 0.4) == [[0, 1], [2], [3]]
    assert join(alike, 0.95) == [[0], [1], [2], [3]]
    assert join(np.zeros((0, 0), np.float32), 0.3) == []


@pytest.mark.parametrize(
    ("forms", "main"),
    [
        (["CoZ", "Chain-of-Zag", "체인 오브 재그"], "Chain-of-Zag"),
        (["플럽 모델", "플럽"], "플럽 모델"),
        (["a very long wording of it", "Chain of Zag", "CoZ"], "Chain of Zag"),
        (["Plub"], "Plub"),
    ],
)
def test_the_main_form_is_the_longest_latin_one(forms: list[str], main: str) -> None:
    assert forms[main_form(forms)] == main


@pytest.fixture(scope="module")
def coreference() -> Any:
    return load_weights(DATA / WEIGHTS).coreference


def found(text: str, *exacts: tuple[str, TermType]) -> list[Found]:
    mentions = []
    for exact, type_ in exacts:
        for start, end in form(exact, text).places:
            types = tuple(0.9 if one == type_ else 0.02 for one in TYPES)
            mentions.append(Found(start, end, exact, type_, types))
    return sorted(mentions, key=lambda mention: mention.start)


def test_mentions_of_one_form_are_one_form(coreference: Any) -> None:
    text = "Plub와 PLUB와 Plub"
    mentions = found(text, ("Plub", TermType.MODEL), ("PLUB", TermType.MODEL))
    (one,) = named_forms(mentions)
    assert (one.exact, len(one.places)) == ("Plub", 3)
    (thing,) = name_things(text, mentions, coreference, 0.3)
    assert (thing.forms, thing.main, thing.type) == (("plub",), "plub", TermType.MODEL)


def test_a_thing_has_one_type_and_a_main_form(coreference: Any) -> None:
    text = "Chain-of-Zag(CoZ)를 쓰는 Plub를 학습한다. CoZ는 좋다."
    mentions = found(
        text,
        ("Chain-of-Zag", TermType.METHOD),
        ("CoZ", TermType.MODEL),
        ("Plub", TermType.MODEL),
    )
    first, second = name_things(text, mentions, coreference, 0.3)
    assert (first.forms, first.main) == (("chainofzag", "coz"), "chainofzag")
    assert dict(zip(first.forms, first.likely, strict=True))["coz"] > 0.5
    assert second.forms == ("plub",)


def test_an_entry_without_mentions_names_nothing(coreference: Any) -> None:
    assert name_things("", [], coreference, 0.3) == []


def test_forms_past_the_most_are_left_alone(coreference: Any) -> None:
    words = [f"Plub{number}net" for number in range(MAX_FORMS + 5)]
    text = " ".join(words)
    alike = coreference.alike(text, [form(word, text) for word in words])
    assert alike.shape == (len(words), len(words))
    assert not alike[MAX_FORMS:].any()
    assert (alike == alike.T).all()
