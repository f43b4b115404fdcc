"""Keys of names, IRIs made from them, and the closed namespace."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Direction, Qualifier, ResultKind, Role, TermType
from kg.vocab import DEFAULT_BASE, KG, PREFIXES, Iris, iri_safe, key_of, language_of

HOSTILE = st.text(st.characters(), max_size=40) | st.text(
    st.sampled_from('<>"{}|^`\\%#?/ ~+*.-가각ᄀ\u0301\u202e\ud800\ue000\U0001f600aA1ß'), max_size=20
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("SAM 2", "sam-2"),
        ("Llama-3.1", "llama-3.1"),
        ("HumanEval+", "humaneval+"),
        ("A*", "a*"),
        ("자기 지도 학습", "자기-지도-학습"),
        ("Junde Wu", "junde-wu"),
        ("  ...GPT_4 (turbo)!  ", "gpt-4-turbo"),
        ("v1.", "v1"),
        (".5", "5"),
        ("A.B", "a-b"),
        ("１２.３", "12.3"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Jose\u0301", "josé"),
        ("葛\U000e0100城", "葛城"),
    ],
)
def test_key_of_a_name(name: str, key: str) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize("name", ["", "?!", "<>", "\U0001f600", "\u202e"])
def test_a_name_without_letters_gets_a_key_of_its_own(name: str) -> None:
    key = key_of(name)
    assert key.startswith("x-")
    assert len(key) == 10
    assert key != key_of(name + "!")


def test_decomposed_and_composed_korean_have_one_key() -> None:
    name = "거대 언어 모델"
    assert key_of(unicodedata.normalize("NFD", name)) == key_of(name)


@given(HOSTILE)
def test_a_key_is_its_own_key_and_fits_in_an_iri(name: str) -> None:
    key = key_of(name)
    assert key_of(key) == key
    assert not set(key) & set('<>"{}|^`\\%#?/~ ')
    ox.NamedNode(Iris().term(key))


@given(HOSTILE)
def test_iri_safe_text_makes_a_valid_iri(text: str) -> None:
    ox.NamedNode(Iris().paper(f"doi/10.1/{text}"))
    assert unquote(iri_safe(text)) == text.encode("utf-8", "replace").decode()
    plain = "".join(char for char in text if char.isascii() and char.isalnum())
    assert iri_safe(plain) == plain


@given(HOSTILE)
def test_language_is_korean_if_any_letter_is(text: str) -> None:
    assert language_of(text + "가") == "ko"
    assert language_of(unicodedata.normalize("NFD", text + "가")) == "ko"
    assert language_of("LoRA, 学習, обучение") == "en"


def test_iris_are_those_of_the_contract() -> None:
    iris = Iris()
    assert iris.digest("2024-08-05") == f"{DEFAULT_BASE}digest/2024-08-05"
    assert iris.paper("cs/0601001") == f"{DEFAULT_BASE}paper/cs/0601001"
    assert iris.author("junde-wu") == f"{DEFAULT_BASE}author/junde-wu"
    assert iris.term("자기-지도-학습") == f"{DEFAULT_BASE}term/자기-지도-학습"
    entry = f"{DEFAULT_BASE}digest/2024-08-05/2408.00874"
    assert iris.entry("2024-08-05", "2408.00874") == entry
    assert iris.section("2024-08-05", "2408.00874", "summary~2") == f"{entry}/summary~2"
    assert iris.build("00ff") == f"{DEFAULT_BASE}build/00ff"
    assert iris.agent("kg_names") == f"{DEFAULT_BASE}agent/kg-names"
    assert iris.correction("00ff") == f"{DEFAULT_BASE}correction/00ff"
    assert iris.curator("Mina Seo") == f"{DEFAULT_BASE}agent/person/mina-seo"
    assert iris.scheme == f"{DEFAULT_BASE}terms"
    assert iris.graph("graph/terms") == f"{DEFAULT_BASE}graph/terms"


def test_iris_follow_the_base_and_the_ontology_does_not() -> None:
    assert Iris("https://example.org/kg/").term("lora") == "https://example.org/kg/term/lora"
    assert str(KG.Term) == "https://w3id.org/paperkg/ontology#Term"


def test_a_misspelt_name_raises() -> None:
    with pytest.raises(AttributeError):
        _ = KG.Papre


@pytest.mark.parametrize("values", [TermType, Role, ResultKind, Qualifier, Direction])
def test_values_of_the_records_are_names_of_the_ontology(values: type[TermType]) -> None:
    for value in values:
        assert str(KG[value]) == f"{PREFIXES['kg']}{value}"


def test_prefixes_are_sorted_and_distinct() -> None:
    assert list(PREFIXES) == sorted(PREFIXES)
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(start[-1] in "/#" for start in PREFIXES.values())
