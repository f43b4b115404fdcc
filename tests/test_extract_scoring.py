"""How candidates are found and scored: forms, features, networks, calibration, weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.errors import KGError
from kg.extract import make_doc, tokenizing_nlp
from kg.extract.candidates import LEFT, NAME, RIGHT, Candidates, candidates
from kg.extract.choice import choose, decide, kind_of, kind_share, pooled
from kg.extract.features import context_of, keys_of
from kg.extract.forms import form_of, id_of
from kg.extract.names import NameFinder
from kg.extract.network import Network, softmax
from kg.extract.pairs import NamedForm, features
from kg.extract.scorer import Keys, Scores, first_stage
from kg.extract.surroundings import (
    NO_TERM,
    NOWHERE,
    FormStatistics,
    WordVectors,
    dense_of,
    log_odds,
)
from kg.extract.tables import DATA, TYPES, WEIGHTS, load_tables
from kg.extract.templates import PAIRS, TEMPLATES, described
from kg.extract.view import View, view_of
from kg.extract.weights import Calibration, load_weights, save_weights
from kg.model import TermType
from tests.test_extract import entry

TITLE = "Zorblex: A Thing"
TEXT = "우리는 GSM8K에서 Zorblex를 확산 모델(diffusion model)과 비교합니다."


@pytest.fixture(scope="module")
def look() -> Any:
    """Return a function from texts to their view and candidates."""
    tables = load_tables()
    nlp, finder = tokenizing_nlp(tables), NameFinder(tables.surfaces)

    def looked(*texts: str) -> tuple[View, Candidates]:
        view = view_of(make_doc(nlp, entry(*texts)))
        return view, candidates(view, tables, finder)

    return looked


def place(view: View, found: Candidates, exact: str) -> int:
    spans = zip(found.start.tolist(), found.end.tolist(), strict=True)
    return [view.text[start:end] for start, end in spans].index(exact)


# ------------------------------------------------------------------ forms and candidates


def test_a_form_is_described_by_itself() -> None:
    form = form_of("Vision-Language Models")
    assert form.folded == "visionlanguagemodel"
    assert (form.words, form.chars, form.korean) == (3, 22, False)
    assert form_of("확산 모델").korean
    assert form.id == id_of(form.folded) == form_of("vision language model").id
    assert form.packed != form_of("Vision-Language Nets").packed


def test_hashes_are_the_same_on_every_machine() -> None:
    assert id_of("gsm8k") == 258354905638299317
    assert id_of("") == 0


def test_candidates_are_sorted_and_distinct_and_hold_no_particles(look: Any) -> None:
    view, found = look(TITLE, TEXT)
    spans = list(zip(found.start.tolist(), found.end.tolist(), strict=True))
    assert spans == sorted(set(spans))
    exacts = [view.text[start:end] for start, end in spans]
    assert {"GSM8K", "Zorblex", "확산 모델", "diffusion model"} <= set(exacts)
    assert not {"GSM8K에서", "비교합니다", "우리는"} & set(exacts)
    for row, (start, end) in enumerate(spans):
        assert view.starts[int(found.first[row])] == start
        assert view.ends[int(found.last[row])] == end
        assert found.forms[row].folded == form_of(exacts[row]).folded
    assert found.often[place(view, found, "Zorblex")] == 2
    assert found.edge[place(view, found, "GSM8K")] == LEFT | RIGHT
    assert set(found.edge.tolist()) <= {0, LEFT, RIGHT, LEFT | RIGHT, NAME}


@pytest.mark.parametrize("text", ["https://zorblex.io/a", "3.5", "x", "II", "70B", "e.g"])
def test_addresses_sizes_and_letters_are_no_candidates(look: Any, text: str) -> None:
    _, found = look("가", f"{text} 입니다")
    assert text.lower() not in {form.folded for form in found.forms}


# ------------------------------------------------------------------ features


def test_the_same_text_has_the_same_keys_wherever_it_stands(look: Any) -> None:
    tables = load_tables()
    keys = []
    for texts in ((TITLE, TEXT), (TITLE, "다른 말이 앞에 있습니다. " + TEXT)):
        view, found = look(*texts)
        row = place(view, found, "diffusion model")
        keys.append(keys_of(view, found, context_of(view, found, tables))[row])
    assert (keys[0] == keys[1]).all()


def test_other_words_around_a_form_change_some_keys_only(look: Any) -> None:
    tables = load_tables()
    keys = []
    for texts in ((TITLE, "GSM8K에서 봅니다."), (TITLE, "GSM8K를 봅니다.")):
        view, found = look(*texts)
        row = place(view, found, "GSM8K")
        keys.append(keys_of(view, found, context_of(view, found, tables))[row])
    changed = (keys[0] != keys[1]).sum()
    assert 2 < changed < 25


def test_each_column_of_keys_has_a_text_for_people(look: Any) -> None:
    view, found = look(TITLE, TEXT)
    around = context_of(view, found, load_tables())
    assert keys_of(view, found, around).shape == (len(found), len(TEMPLATES))
    row = place(view, found, "GSM8K")
    told = [text.format_map(described(view, found, around, row)) for text in TEMPLATES]
    assert told[0] == 'form "gsm8k"'
    assert 'next word "에서"' in told
    assert 'word before "는"' in told
    row = place(view, found, "Zorblex")
    told = [text.format_map(described(view, found, around, row)) for text in TEMPLATES]
    assert 'word before "…"' in told
    assert "stands 2 times, before the title's colon" in told


def test_each_column_of_pairs_has_a_text_for_people() -> None:
    forms = [
        NamedForm(exact, ((at, at + len(exact)),), (1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.9)
        for exact, at in (("Chain-of-Thought", 0), ("CoT", 17))
    ]
    lexicon = load_weights(DATA / WEIGHTS).coreference.lexicon
    assert features("Chain-of-Thought(CoT)", forms, lexicon).shape == (1, len(PAIRS))


def test_dense_features_have_a_row_a_candidate(look: Any) -> None:
    view, found = look(TITLE, TEXT)
    dense = _dense(view, found, np.full(len(found), 0.5, np.float32))
    assert dense.shape[0] == len(found)
    assert dense.dtype == np.float32
    assert np.isfinite(dense).all()


def test_candidates_that_overlap_see_each_other(look: Any) -> None:
    view, found = look(TITLE, TEXT)
    outer, inner = place(view, found, "diffusion model"), place(view, found, "diffusion")
    share = np.full(len(found), 0.01, np.float32)
    before = _dense(view, found, share)
    share[outer] = 0.9
    changed = (_dense(view, found, share) != before).any(axis=1)
    assert changed[inner]
    # First stage (7) and roles (3), own, best and mean log odds (3), of the form (7).
    holding = 7 + 3 + 3 + 7
    assert _dense(view, found, share)[inner, holding] == pytest.approx(np.log(0.9 / 0.1), 1e-4)
    assert before[place(view, found, "GSM8K"), holding] == NOWHERE


def _dense(view: View, found: Candidates, share: Any) -> Any:
    """Return the dense features where the first stage gives each candidate this share."""
    terms = np.zeros((len(found), NO_TERM + 1), np.float32)
    terms[:, 0], terms[:, NO_TERM] = share, 1 - share
    roles = np.full((len(found), 3), 1 / 3, np.float32)
    none = np.zeros(0, np.uint64)
    return dense_of(
        *(view, found, context_of(view, found, load_tables()), terms, roles),
        FormStatistics(none, np.zeros((0, 10), np.float32)),
        WordVectors(none, np.zeros((0, 4), np.float32)),
        np.arange(len(found)),
    )


# ------------------------------------------------------------------ scores


def test_unknown_keys_weigh_nothing() -> None:
    keys = Keys(
        np.array([3, 7], np.uint64),
        np.array([[1.0] + [0.0] * 9, [0.0, 2.0] + [0.0] * 8], np.float32),
        np.zeros(10, np.float32),
    )
    logits = keys.logits(np.array([[3, 7, 5], [0, 9, 2]], np.uint64))
    assert logits[0].tolist() == [1.0, 2.0] + [0.0] * 8
    assert not logits[1].any()
    terms, roles = first_stage(keys, np.array([[7, 0]], np.uint64))
    assert (terms.argmax(), roles.shape) == (1, (1, 3))


def test_a_network_gives_the_mean_of_its_probabilities() -> None:
    out = np.array([[[1.0, 0.0]], [[0.0, 1.0]]], np.float32)
    network = Network(np.ones((2, 3, 1), np.float32), np.zeros((2, 1), np.float32), out, out[:, 0])
    shares = network.probabilities(np.ones((2, 3), np.float32))
    assert shares.shape == (2, 2)
    assert shares == pytest.approx(np.full((2, 2), 0.5))


def test_softmax_survives_large_logits() -> None:
    assert softmax(np.array([[1e4, 0.0]], np.float32)).tolist() == [[1.0, 0.0]]


def test_log_odds_are_bounded() -> None:
    low, middle, high = log_odds(np.array([0.0, 0.5, 1.0])).tolist()
    assert -12 < low < middle == 0 < high < 12


# ------------------------------------------------------------------ choice


def test_of_overlapping_candidates_the_likeliest_are_chosen(look: Any) -> None:
    view, found = look(TITLE, TEXT)
    terms = np.zeros((len(found), NO_TERM + 1), np.float32)
    terms[:, NO_TERM] = 1
    for exact, share in (("diffusion model", 0.9), ("diffusion", 0.8)):
        row = place(view, found, exact)
        terms[row] = 0
        terms[row, [0, NO_TERM]] = share, 1 - share
    scores = Scores(terms, terms[:, :3])
    assert choose(found, scores, 0.0) == [place(view, found, "diffusion model")]
    assert choose(found, scores, 3.0) == []


def test_the_kind_is_decided_before_the_type() -> None:
    assert decide(np.array([0.3, 0.25, 0.4, 0.0, 0.05, 0.0])) == TermType.MODEL
    assert decide(np.array([0.1, 0.1, 0.3, 0.35, 0.1, 0.05])) == TermType.DATASET
    assert kind_of(TermType.METHOD) == (TermType.MODEL, TermType.METHOD)
    assert kind_share((0.3, 0.25, 0.4, 0.0, 0.05, 0.0), TermType.METHOD) == pytest.approx(0.55)


def test_what_several_mentions_say_is_pooled() -> None:
    sure, unsure = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.1, 0.5, 0.1, 0.1, 0.1, 0.1]
    shares = pooled(np.array([sure, sure, unsure], np.float32))
    assert shares.sum() == pytest.approx(1)
    assert decide(shares) == TYPES[0]
    again = pooled(np.array([sure, unsure], np.float32), np.array([1.0, 9.0]))
    assert decide(again) == TYPES[1]


def test_confidence_rises_with_the_score_and_ends_at_its_knots() -> None:
    calibration = Calibration(np.array([0.2, 0.6], np.float32), np.array([0.1, 0.9], np.float32))
    given = [calibration.confidence(score) for score in (0.0, 0.2, 0.4, 0.6, 1.0)]
    assert given == pytest.approx([0.1, 0.1, 0.5, 0.9, 0.9])


# ------------------------------------------------------------------ weights


def test_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    weights = load_weights(DATA / WEIGHTS)
    for name in ("one.npz", "two.npz"):
        save_weights(weights, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = load_weights(tmp_path / "one.npz")
    save_weights(again, tmp_path / "three.npz")
    assert (tmp_path / "three.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()
    assert (again.scorer.keys.ids == weights.scorer.keys.ids).all()
    assert again.coreference.lexicon == weights.coreference.lexicon


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"PK\x03\x04 broken"])
def test_a_file_without_weights_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KGError, match=r"model\.npz: .+; expected weights, as kg train writes them"):
        load_weights(path)


def test_a_file_of_other_arrays_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", keys=np.zeros(3))
    with pytest.raises(KGError, match=r"other\.npz: .+; expected weights"):
        load_weights(tmp_path / "other.npz")
    np.savez(tmp_path / "pickled.npz", keys=np.array([{}], object))
    with pytest.raises(KGError, match=r"pickled\.npz: .+; expected weights"):
        load_weights(tmp_path / "pickled.npz")
