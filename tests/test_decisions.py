"""People's decisions in resolution: they win, they are undone, and their order is nothing."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import pairwise

import pytest

from kg.folding import fold
from kg.model import (
    ClaimTerms,
    Correction,
    Decision,
    ExtractedDigest,
    ExtractedEntry,
    Label,
    Merge,
    MergeReason,
    Resolution,
    Result,
    ResultKind,
    TermType,
)
from kg.resolve import explain, resolve
from kg.resolve.decisions import contradictions
from tests.test_resolve import corpus, digest, entry, term

NAMES = ["LoRA", "lora", "LoRAs", "SAM", "Segment Anything Model", "확산 모델", "Diffusion",
         "CoT", "Chain-of-Thought", "사고 사슬", "FID", "GPT-4", "GPT-4o", "gpt 4"]  # fmt: skip


def said(words: str, date: str = "2024-09-01") -> Correction:
    """Read ``decision/label/value/papers``; what is missing is empty."""
    decision, label, value, papers = (words + "///").split("/")[:4]
    return Correction(Decision(decision), label, value, tuple(papers.split()), "Mina Seo", date)


def decided(*entries: ExtractedEntry, by: tuple[str, ...]) -> Resolution:
    return resolve([digest("2024-01-01", *entries)], {}, [said(words) for words in by])


def keys(*entries: ExtractedEntry, by: tuple[str, ...] = ()) -> set[str]:
    return {one.key for one in decided(*entries, by=by).terms}


SAM = (
    entry(1, "Segment Anything Model", "(SAM)"),
    entry(2, "SAM"),
    entry(3, "Segment Anything Model", "(SAM)"),
    entry(4, "Sharpness-Aware Minimization", "(SAM)", "SAM"),
)


# ------------------------------------------------------------------ each decision


def test_what_is_no_term_is_no_mention_of_anything() -> None:
    entries = (entry(1, "노이즈", "(noise)", "LoRA"), entry(2, "Noises", "LoRA"))
    assert keys(*entries) == {"노이즈", "lora"}
    assert keys(*entries, by=("not-a-term/noise",)) == {"노이즈", "lora"}
    assert keys(*entries, by=("not-a-term/noise", "not-a-term/노이즈")) == {"lora"}
    found = decided(*entries, by=("not-a-term/noise///", "not-a-term/노이즈//2401.00001"))
    assert {one.key for one in found.terms} == {"lora"}
    one = decided(entry(1, "noise"), entry(2, "noise"), by=("not-a-term/noise//2401.00002",))
    assert [ref.entry for ref in one.terms[0].mentions] == ["2401.00001"]


def test_a_type_wins_over_the_vote() -> None:
    entries = [entry(n, ("COCO", TermType.BENCHMARK)) for n in (1, 2, 3)]
    found = decided(*entries, by=("type/coco/Dataset",))
    assert found.terms[0].type == TermType.DATASET
    assert found.terms[0].corrections == (said("type/coco/Dataset").id,)
    for_one = decided(*entries, by=("type/COCO/Dataset/2401.00001",))
    assert for_one.terms[0].type == TermType.BENCHMARK
    two = ("type/COCO/Dataset/2401.00001", "type/COCO/Dataset/2401.00002")
    assert decided(*entries, by=two).terms[0].type == TermType.DATASET


def test_what_is_the_same_is_one_term_named_as_the_second() -> None:
    entries = (entry(1, "SAM 2"), entry(2, "Segment Anything 2"), entry(3, "SAM 2"))
    found = decided(*entries, by=("same/SAM 2/Segment Anything 2",))
    (one,) = found.terms
    assert one.key == "sam-2", "the key is that of the first form, as ever"
    assert one.preferred == (Label("Segment Anything 2", "en"),)
    assert one.alternative == (Label("SAM 2", "en"),)


def test_what_is_the_same_takes_its_other_names_along() -> None:
    entries = (entry(1, "Chain-of-Thought", "(CoT)"), entry(2, "CoT prompting"))
    (one,) = decided(*entries, by=("same/CoT/CoT prompting",)).terms
    assert one.preferred == (Label("CoT prompting", "en"),)
    assert len(one.mentions) == 3


def test_a_chain_of_the_same_is_one_term_however_long() -> None:
    names = [f"Name {chr(65 + n)}" for n in range(20)]
    by = tuple(f"same/{one}/{other}" for one, other in pairwise(names))
    (one,) = decided(*(entry(n, name) for n, name in enumerate(names, 1)), by=by).terms
    assert one.preferred == (Label("Name T", "en"),)


def test_what_is_the_same_is_so_in_every_entry() -> None:
    assert keys(*SAM) == {"segment-anything-model", "sharpness-aware-minimization"}
    found = decided(*SAM, by=("same/SAM/Segment Anything Model",))
    refs = term(found, "segment-anything-model").mentions
    assert {ref.entry[-1] for ref in refs} == {"1", "2", "3", "4"}


def test_what_is_different_is_never_merged() -> None:
    gloss = entry(1, "Chain-of-Thought", "(CoT)")
    assert keys(gloss) == {"chain-of-thought"}
    by = ("different/CoT/chain of thought",)
    assert keys(gloss, by=by) == {"chain-of-thought", "cot"}
    known = {"양자화": ("quantization", 2)}
    both = [digest("2024-01-01", entry(1, "양자화"), entry(2, "quantization"))]
    assert len(resolve(both, known).terms) == 1
    assert len(resolve(both, known, [said("different/quantization/양자화")]).terms) == 2


def test_what_is_different_is_not_merged_over_a_third() -> None:
    third = (entry(1, "확산 모델", "(diffusion model)"), entry(2, "디퓨전", "(diffusion model)"))
    assert len(keys(*third)) == 1
    found = decided(*third, entry(3, "확산 모델"), by=("different/확산 모델/디퓨전",))
    one = next(one for one in found.terms if one.key == "확산-모델")
    assert {label.text for label in one.preferred} == {"확산 모델", "diffusion model"}
    assert {one.key for one in found.terms} == {"확산-모델", "디퓨전"}


def test_what_is_different_is_not_merged_by_an_entry_alone() -> None:
    found = decided(*SAM, by=("different/SAM/Sharpness-Aware Minimization",))
    refs = term(found, "segment-anything-model").mentions
    assert {ref.entry[-1] for ref in refs} == {"1", "2", "3", "4"}
    assert len(term(found, "sharpness-aware-minimization").mentions) == 1


def test_a_next_best_parent_is_taken_where_the_best_is_another_thing() -> None:
    entries = (
        *(entry(n, "확산 모델", "(denoiser)") for n in (1, 2)),
        entry(3, "확산 모델", "(diffusion model)"),
        entry(4, "확산 모델"),
    )
    found = decided(*entries, by=("different/확산 모델/denoiser",))
    one = term(found, "확산-모델")
    assert "diffusion model" in {label.text for label in one.preferred}


def test_spellings_that_fold_alike_can_be_two_things() -> None:
    entries = (entry(1, "LoRA", "(Low-Rank Adaptation)"), entry(2, "LoRa", "LORA"))
    assert len(keys(*entries)) == 1
    found = decided(*entries, by=("different/LoRA/LoRa", "type/LoRa/Task"))
    assert {one.key for one in found.terms} == {"lora", "lora~task"}
    radio = term(found, "lora~task")
    assert (radio.type, radio.preferred) == (TermType.TASK, (Label("LoRa", "en"),))
    assert term(found, "lora").type == TermType.METHOD


def test_a_form_can_be_another_thing_in_one_paper() -> None:
    entries = (entry(1, "CLIP"), entry(2, "CLIP"), entry(3, "CLIP"))
    by = ("different/CLIP//2401.00002", "type/CLIP/Metric/2401.00002")
    found = decided(*entries, by=by)
    assert {one.key: one.type for one in found.terms} == {
        "clip": TermType.METHOD,
        "clip~metric": TermType.METRIC,
    }
    by = (*by, "same/CLIP/CLIP score/2401.00002")
    also = decided(*entries, entry(4, ("CLIP score", TermType.METRIC)), by=by)
    assert {ref.entry[-1] for ref in term(also, "clip~clip-score").mentions} == {"2", "4"}


def test_a_key_is_pinned_and_others_give_way() -> None:
    entries = (entry(1, "Llama 3"), entry(2, "Llama 3.1"), entry(3, "Llama"))
    assert keys(*entries) == {"llama-3", "llama-3.1", "llama"}
    found = decided(*entries, by=("key/Llama 3/llama",))
    assert term(found, "llama").preferred == (Label("Llama 3", "en"),)
    assert {one.key for one in found.terms} == {"llama", "llama-3.1", "llama~method"}


def test_results_point_at_what_people_decided() -> None:
    claim = Result(
        "summary", 0, 2, (0, 9), "88", ResultKind.ABSOLUTE, Decimal("0.5"),
        subject="TinyTune", benchmark="GSM-8K", metric="score",
    )  # fmt: skip
    entries = (entry(1, "TinyTune", "GSM8K", "score", results=(claim,)),)
    found = decided(*entries, by=("not-a-term/score", "key/gsm8k/gsm"))
    assert found.claims == {
        ("2024-01-01", "2401.00001", 0): ClaimTerms("tinytune", "gsm", None, None)
    }


def test_a_person_has_a_key_of_a_name_or_of_a_paper() -> None:
    by = ("person/Wei Wang//2408.00874 2401.00002", "person/Ara Seo")
    people = decided(entry(1, "x"), by=by).people
    assert [(one.key, one.papers) for one in people] == [
        ("ara-seo", ()),
        ("wei-wang~2408.00874", ("2408.00874", "2401.00002")),
    ]


# ------------------------------------------------------------------ all of them


@pytest.mark.parametrize("seed", range(30))
def test_any_decisions_hold_in_whatever_order_they_come(seed: int) -> None:
    digests = corpus(8, seed % 8)
    pick = random.Random(seed)
    chosen: list[Correction] = []
    for _ in range(12):
        one, other = pick.sample(NAMES, 2)
        paper = pick.choice(["", "", "2401.00001", "2401.00002"])
        words = pick.choice(
            [
                f"not-a-term/{one}//{paper}",
                f"type/{one}/{pick.choice(list(TermType))}/{paper}",
                f"same/{one}/{other}/{paper}",
                f"different/{one}/{other}",
                f"different/{one}//2401.00001",
                f"key/{one}/{pick.choice('abcdef')}",
            ]
        )
        if not list(contradictions([*chosen, said(words)])):
            chosen.append(said(words))
    found = resolve(digests, None, chosen)
    pick.shuffle(chosen)
    pick.shuffle(digests)
    assert resolve(digests, None, chosen) == found
    _assert_holds(found, chosen, digests)
    assert explain(digests, None, chosen).resolution == found


def _assert_holds(
    found: Resolution, chosen: list[Correction], digests: list[ExtractedDigest]
) -> None:
    surface = {
        (one.digest.key, entry_.entry.key, m.section, m.start, m.end): m.exact
        for one in digests
        for entry_ in one.entries
        for m in entry_.mentions
    }
    terms: dict[str, set[str]] = {}
    for one in found.terms:
        for ref in one.mentions:
            exact = surface[ref.digest, ref.entry, ref.section, ref.start, ref.end]
            terms.setdefault(exact, set()).add(one.key)
    limited = {fold(name) for c in chosen if c.papers for name in (c.label, c.value)}
    for c in chosen:
        mine, other = terms.get(c.label, set()), terms.get(c.value, set())
        if c.papers or fold(c.label) in limited or fold(c.value) in limited:
            continue
        if c.decision == Decision.SAME and mine and other:
            assert mine == other, c
            assert len(mine) == 1, c
        elif c.decision == Decision.DIFFERENT:
            assert not mine & other, c
        elif c.decision == Decision.NOT_A_TERM:
            assert not mine, c


def test_withdrawn_decisions_leave_no_trace() -> None:
    digests = corpus(6, 1)
    assert resolve(digests, None, []) == resolve(digests)


# ------------------------------------------------------------------ what contradicts


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("same/CoT/Chain", "different/Chain/CoT"), "two decisions about"),
        (("type/CoT/Task", "type/cot/Method"), "two decisions about"),
        (("type/CoT/Task", "not-a-term/CoT"), "two decisions about"),
        (("key/CoT/a", "key/CoTs/b"), "two decisions about"),
        (("same/A/B", "same/B/C", "different/A/C"), "different and the same"),
        (("same/A/B", "type/A/Task", "type/B/Model"), "two types for what is the same"),
        (("same/A/B", "key/A/x", "key/B/y"), "two keys for what is the same"),
        (("key/A/x", "key/B/x"), "the key 'x' for"),
        (("person/Wei Wang//1", "person/wei wang//2 1"), "two decisions about"),
    ],
)
def test_a_contradiction_is_found(words: tuple[str, ...], wrong: str) -> None:
    found = list(contradictions([said(one) for one in words]))
    assert len(found) == 1, found
    clash, what = found[0]
    assert wrong in what
    assert set(clash) == {said(one) for one in words}


@pytest.mark.parametrize(
    "words",
    [
        ("type/CoT/Task", "type/CoT/Method/2401.00001"),
        ("different/LoRA/LoRa", "type/LoRA/Method", "type/LoRa/Task"),
        ("same/A/B", "type/A/Task", "type/B/Task"),
        ("different/A/B", "different/B/C", "same/A/C"),
        ("different/A/B", "same/A/B/2401.00001"),
        ("person/Wei Wang", "person/Wei Wang//2401.00001"),
    ],
)
def test_what_does_not_contradict(words: tuple[str, ...]) -> None:
    assert list(contradictions([said(one) for one in words])) == []


# ------------------------------------------------------------------ reasons


def test_each_merge_has_its_reason() -> None:
    known = {"양자화": ("quantization", 3)}
    entries = (
        entry(1, "Chain-of-Thought", "(CoT)"),
        entry(2, "CoT", "chain of thought", "양자화"),
        entry(3, "quantization", "CoT prompting"),
    )
    by = said("same/CoT prompting/CoT")
    why = explain([digest("2024-01-01", *entries)], known, [by])
    assert set(why.merges["chain-of-thought"]) == {
        Merge("CoT", "Chain-of-Thought", MergeReason.GLOSS, 1, ("2024-01-01", "2401.00001")),
        Merge("chain of thought", "Chain-of-Thought", MergeReason.SPELLING),
        Merge("CoT prompting", "Chain-of-Thought", MergeReason.DECISION, correction=by.id),
    }
    assert why.merges["양자화"] == (Merge("양자화", "quantization", MergeReason.TABLE, 3),)
    assert why.votes["양자화"] == ((TermType.METHOD, 2),)


def test_a_merge_word_by_word_and_one_for_a_paper_have_theirs() -> None:
    entries = (
        entry(1, "비디오 생성", "(video generation)", "이미지 이해", "(image understanding)"),
        entry(2, "비디오 이해", "video understanding", "VU"),
    )
    by = said("same/VU/video understanding/2401.00002")
    why = explain([digest("2024-01-01", *entries)], {}, [by])
    assert set(why.merges["비디오-이해"]) == {
        Merge("비디오 이해", "video understanding", MergeReason.WORDS),
        Merge("VU", "video understanding", MergeReason.DECISION, correction=by.id),
    }
