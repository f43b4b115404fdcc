"""Resolution: what becomes one term, what stays two, and that the order of input is nothing."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from kg.extract.coreference import main_form
from kg.model import (
    Digest,
    Entry,
    ExtractedDigest,
    ExtractedEntry,
    Label,
    Mention,
    Result,
    ResultKind,
    Role,
    Section,
    Term,
    TermType,
)  # fmt: skip
from kg.resolve import ClaimTerms, Resolution, resolve

M = TermType.METHOD


def digest(key: str, *entries: ExtractedEntry) -> ExtractedDigest:
    return ExtractedDigest(
        Digest(key, key, f"{key}.md", "0" * 64, tuple(e.entry for e in entries)), entries, "0" * 16
    )


def entry(
    number: int, *forms: str | tuple[str, TermType], results: tuple[Result, ...] = ()
) -> ExtractedEntry:
    """Make an entry whose summary holds *forms*; ``(X)`` glosses the form before it."""
    text = ""
    things: list[list[Mention]] = []
    for form in forms:
        exact, type_ = (form, M) if isinstance(form, str) else form
        gloss = exact.startswith("(")
        exact = exact.strip("()")
        text += "(" if gloss else " "
        start = len(text)
        text += exact + (")" if gloss else "")
        if not gloss:
            things.append([])
        things[-1].append(
            Mention("summary", start, start + len(exact), exact, type_, Role.OTHER,
                    Decimal("0.5"), "test")
        )  # fmt: skip
    mentions = [mention for thing in things for mention in _pointing(thing)]
    key = f"2401.{number:05}"
    source = Entry(
        key=key, paper=key, position=number, line=1, page="https://arxiv.org/", arxiv_id=key,
        arxiv_version=None, doi=None, votes=None, authors=(), authors_truncated=False,
        thumbnail=None,
        sections=(Section("title", "title", "Title", "T"), Section("summary", "", "", text)),
    )  # fmt: skip
    return ExtractedEntry(source, tuple(mentions), results)


def _pointing(thing: list[Mention]) -> list[Mention]:
    """Let the forms of a thing point at its main form, as extraction does."""
    main = thing[main_form([mention.exact for mention in thing])]
    place = main.section, main.start, main.end
    return [one if one is main else replace(one, gloss_of=place) for one in thing]


def terms(*entries: ExtractedEntry, known: dict[str, tuple[str, int]] | None = None) -> set[str]:
    """Return the keys of the terms that the entries of one digest make."""
    return {term.key for term in _resolve(*entries, known=known).terms}


def _resolve(
    *entries: ExtractedEntry, known: dict[str, tuple[str, int]] | None = None
) -> Resolution:
    return resolve([digest("2024-01-01", *entries)], known if known is not None else {})


def term(resolution: Resolution, key: str) -> Term:
    return next(term for term in resolution.terms if term.key == key)


def test_case_hyphen_space_and_plural_merge() -> None:
    found = _resolve(entry(1, "Vision Transformer", "vision transformers", "Vision-Transformer"))
    (one,) = found.terms
    assert one.key == "vision-transformer"
    assert one.preferred == (Label("Vision Transformer", "en"),)
    assert one.alternative == ()
    assert {label.text for label in one.hidden} == {"vision transformers", "Vision-Transformer"}
    assert len(one.mentions) == 3


def test_an_abbreviation_and_its_long_form_merge() -> None:
    found = _resolve(entry(1, "Chain-of-Thought", "(CoT)"), entry(2, "CoT"), entry(3, "CoT"))
    (one,) = found.terms
    assert one.preferred == (Label("Chain-of-Thought", "en"),)
    assert one.alternative == (Label("CoT", "en"),)


def test_korean_and_english_forms_merge_by_gloss_or_table() -> None:
    found = _resolve(entry(1, "확산 모델", "(diffusion model)"), entry(2, "확산 모델"))
    (one,) = found.terms
    assert one.key == "확산-모델"
    assert one.preferred == (Label("diffusion model", "en"), Label("확산 모델", "ko"))
    known = {"양자화": ("quantization", 2)}
    assert terms(entry(1, "양자화"), entry(2, "quantization"), known=known) == {"양자화"}
    assert terms(entry(1, "양자화"), entry(2, "quantization"), known={}) == {
        "양자화",
        "quantization",
    }


def test_models_of_one_family_stay_apart() -> None:
    assert terms(entry(1, "GPT-4", "GPT-4o", "Llama 3", "Llama 3.1")) == {
        "gpt-4",
        "gpt-4o",
        "llama-3",
        "llama-3.1",
    }


def test_an_abbreviation_with_two_meanings_stays_two() -> None:
    found = _resolve(
        entry(1, "Segment Anything Model", "(SAM)"),
        entry(2, "SAM"),
        entry(3, "Segment Anything Model", "(SAM)"),
        entry(4, "Sharpness-Aware Minimization", "(SAM)", "SAM"),
    )
    segment = term(found, "segment-anything-model")
    sharp = term(found, "sharpness-aware-minimization")
    assert {ref.entry[-1] for ref in segment.mentions} == {"1", "2", "3"}
    assert {ref.entry[-1] for ref in sharp.mentions} == {"4"}
    assert len(found.terms) == 2


def _names(one: Term) -> set[str]:
    return {label.text for label in (*one.preferred, *one.alternative, *one.hidden)}


def test_a_name_of_one_term_is_no_name_of_another_that_one_entry_calls_so() -> None:
    found = _resolve(
        entry(1, "video LLM", "(LLM)"),
        *(entry(n, "large language model", "(LLM)") for n in range(2, 6)),
        entry(6, "video LLM"),
    )
    assert _names(term(found, "video-llm")) == {"video LLM"}
    assert len(term(found, "video-llm").mentions) == 3  # the LLM of the first entry too
    assert _names(term(found, "large-language-model")) == {"large language model", "LLM"}


def test_a_kind_is_a_mention_and_no_name() -> None:
    plain = [entry(n, "이미지 편집", "(image editing)") for n in (1, 2)]
    found = _resolve(*plain, entry(3, "실시간 이미지 편집", "(image editing)"))
    (one,) = found.terms
    assert _names(one) == {"image editing", "이미지 편집"}
    assert len(one.mentions) == 6
    told = _resolve(
        entry(1, "이미지 편집", "(image editing)"), entry(2, "객체 편집", "(object editing)")
    )
    assert _names(term(told, "객체-편집")) == {"object editing", "객체 편집"}


def test_one_entry_gives_an_established_name_no_korean_name() -> None:
    many = [entry(n, "transformer") for n in range(1, 6)]
    found = _resolve(*many, entry(7, "변형자", "(transformer)"), entry(8, "변형자"))
    assert _names(term(found, "transformer")) == {"transformer"}
    assert _names(term(found, "변형자")) == {"변형자"}
    twice = _resolve(
        *many, *(entry(n, "변형자", "(transformer)") for n in (7, 8)), entry(9, "변형자")
    )
    assert [_names(one) for one in twice.terms] == [{"transformer", "변형자"}]
    rare = _resolve(
        entry(1, "transformer"), entry(2, "변형자", "(transformer)"), entry(3, "변형자")
    )
    assert [_names(one) for one in rare.terms] == [{"transformer", "변형자"}]


def test_short_names_and_what_stands_in_one_entry_alone_are_names() -> None:
    found = _resolve(entry(1, "Text-to-Image Generation", "(text-to-image)"), entry(2, "T2I"))
    one = term(found, "text-to-image-generation")
    assert _names(one) == {"Text-to-Image Generation", "text-to-image"}
    (own,) = _resolve(entry(1, "Marfoid Collection", "(FRIMP)")).terms
    assert _names(own) == {"Marfoid Collection", "FRIMP"}


def test_one_spurious_gloss_does_not_merge_what_many_papers_name() -> None:
    many = [entry(n, "확산 모델", "diffusion model", "LoRA") for n in range(2, 60)]
    found = _resolve(entry(1, "확산 모델", "(LoRA)"), *many)
    assert len({t.key for t in found.terms}) == 3
    assert len(terms(entry(1, "GPT-4", "(Llama 2)"), entry(2, "GPT-4"))) == 2


def test_keys_that_clash_are_told_apart_by_the_long_form() -> None:
    found = _resolve(
        entry(1, "SAM"),
        entry(2, "SAM", "(Sharpness-Aware Minimization)"),
        *(entry(n, "SAM") for n in range(3, 40)),
    )
    assert {t.key for t in found.terms} == {"sam", "sam~sharpness-aware-minimization"}
    apart = _resolve(entry(1, "A/B"), entry(2, ("A+B", TermType.TASK), "a:b"))
    assert len({t.key for t in apart.terms}) == len(apart.terms)


def test_the_type_is_that_of_most_mentions() -> None:
    found = _resolve(
        entry(1, ("COCO", TermType.DATASET)),
        entry(2, ("COCO", TermType.BENCHMARK)),
        entry(3, ("COCO", TermType.BENCHMARK)),
    )
    assert found.terms[0].type == TermType.BENCHMARK


def test_a_metric_knows_whether_higher_is_better() -> None:
    metric = TermType.METRIC
    found = _resolve(entry(1, ("FID", metric), ("accuracy", metric), ("zeal", metric)))
    assert [t.higher_is_better for t in found.terms] == [True, False, None]


def test_claims_point_at_terms_of_the_same_entry() -> None:
    claim = Result(
        "summary", 0, 2, (0, 9), "88", ResultKind.ABSOLUTE, Decimal("0.5"),
        subject="TinyTune", benchmark="GSM-8K", metric="accuracy",
    )  # fmt: skip
    lone = Result("summary", 3, 5, (0, 9), "90", ResultKind.ABSOLUTE, Decimal("0.5"))
    found = _resolve(
        entry(1, "accuracy"), entry(2, "TinyTune", "GSM8K", "MMLU", results=(claim, lone))
    )
    assert found.claims == {
        ("2024-01-01", "2401.00002", 0): ClaimTerms("tinytune", "gsm8k", None, None)
    }


def corpus(digests: int, seed: int) -> list[ExtractedDigest]:
    """Make random digests out of few names, so that everything meets everything."""
    pick = random.Random(seed)
    names = ["LoRA", "lora", "LoRAs", "SAM", "Segment Anything Model", "확산 모델", "Diffusion",
             "CoT", "Chain-of-Thought", "사고 사슬", "FID", "GPT-4", "GPT-4o", "gpt 4"]  # fmt: skip
    made = []
    for number in range(digests):
        entries = []
        for place in range(1, 4):
            forms: list[str | tuple[str, TermType]] = []
            for _ in range(pick.randint(1, 6)):
                name = pick.choice(names)
                forms.append(f"({name})" if forms and pick.random() < 0.4 else name)
            forms.append((pick.choice(names), pick.choice(list(TermType))))
            entries.append(entry(place, *forms))
        made.append(digest(f"2024-01-{number + 1:02}", *entries))
    return made


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_digests_changes_nothing_and_labels_are_disjoint(seed: int) -> None:
    digests = corpus(12, seed)
    found = resolve(digests)
    shuffled = digests[:]
    random.Random(seed).shuffle(shuffled)
    assert resolve(shuffled) == found
    assert list(found.claims) == list(resolve(shuffled).claims)
    keys = [t.key for t in found.terms]
    assert keys == sorted(set(keys))
    refs = [ref for t in found.terms for ref in t.mentions]
    assert len(refs) == len(set(refs)) == sum(len(e.mentions) for d in digests for e in d.entries)
    for t in found.terms:
        labels = [*t.preferred, *t.alternative, *t.hidden]
        assert len({label.text for label in labels}) == len(labels)
        assert 1 <= len(t.preferred) == len({label.lang for label in t.preferred}) <= 2


def test_five_thousand_entries_resolve_in_seconds() -> None:
    forms = [f"Name {n}" for n in range(20_000)]
    pick = random.Random(1)
    digests = [
        digest(f"d{n:04}", *(entry(k, *pick.choices(forms, k=26)) for k in range(1, 16)))
        for n in range(340)
    ]
    start = time.perf_counter()
    resolve(digests)
    assert time.perf_counter() - start < 10  # about 1.5 s on an idle core


def test_nothing_resolves_to_nothing() -> None:
    assert resolve([]) == Resolution((), {})
