"""The parts of training one by one, on numbers and invented words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.digest import read_digest
from kg.errors import KGError
from kg.extract.lexicon import pair_id
from kg.extract.naming import Named
from kg.extract.spans import Found
from kg.extract.surroundings import NO_TERM
from kg.extract.tables import TYPES, load_tables
from kg.model import Role, TermType
from kg.training import annotated, plain_digests, prepare
from kg.training.annotations import marks_of
from kg.training.confidence import bands, calibrated, judged
from kg.training.coreference import lexicon_of
from kg.training.evaluation import Score, score
from kg.training.first_stage import fit_keys
from kg.training.networks import Plan, train_network
from kg.training.reading import ROLE_ORDER, SKIPPED, Gloss, Plain, Reader
from kg.training.vectors import MIN_COUNT, SIZE, word_vectors
from tests.small_corpus import write_corpus

NONE = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_corpus(tmp_path_factory.mktemp("corpus"), digests=5, papers=2)


def entity(type_: str, *forms: str, role: str = "other", optional: bool = False) -> dict[str, Any]:
    return {
        "type": type_, "name": forms[0], "forms": list(forms), "role": role, "optional": optional,
    }  # fmt: skip


# ------------------------------------------------------------------ annotations


def test_papers_come_by_digest_with_their_entries(corpus: tuple[Path, Path]) -> None:
    papers = list(annotated(*corpus))
    assert len(papers) == 10
    assert [paper.digest for paper in papers] == sorted(paper.digest for paper in papers)
    assert all(paper.entry.arxiv_id == paper.gold["arxiv"] for paper in papers)
    assert [path.stem for path in plain_digests(corpus[1], papers)] == ["2031-01-06", "2031-01-07"]


def test_a_form_that_is_optional_once_and_once_not_is_not() -> None:
    gold = {
        "entities": [
            entity("Method", "Frab", optional=True),
            entity("Model", "frab", "Plub", role="introduced"),
        ]
    }
    marks = marks_of(gold)
    assert set(marks) == {"frab", "plub"}
    assert marks["plub"].type == TermType.MODEL
    assert marks["plub"].role == Role.INTRODUCED


def test_candidates_have_the_classes_of_their_annotation(corpus: tuple[Path, Path]) -> None:
    paper = next(annotated(*corpus))
    (example,) = Reader(load_tables()).examples([paper])
    text = example.view.text
    classes: dict[str, tuple[int, int]] = {}
    for row, (start, end) in enumerate(zip(example.found.start, example.found.end, strict=True)):
        classes[text[start:end]] = int(example.types[row]), int(example.roles[row])
    assert classes["Quibblenet"] == (
        TYPES.index(TermType.MODEL),
        ROLE_ORDER.index(Role.INTRODUCED),
    )
    assert classes["DaxoBench"][1] == ROLE_ORDER.index(Role.EVALUATED_ON)
    assert classes["Way"] == (NO_TERM, SKIPPED)


def test_entries_without_annotation_are_read_without_classes(corpus: tuple[Path, Path]) -> None:
    reader = Reader(load_tables())
    digest = read_digest(corpus[1] / "2031-01-06.md", max_bytes=100_000).digest
    assert digest
    plain = reader.plain(digest.entries)
    assert len(plain.words) == 2
    assert set(plain.entry.tolist()) == {0, 1}
    assert len(plain.keys) == len(plain.forms) == len(plain.start) == len(plain.entry)
    nothing = reader.plain([])
    assert (len(nothing.keys), len(nothing.entry), nothing.glosses) == (0, 0, ())


def test_too_few_digests_are_told(corpus: tuple[Path, Path]) -> None:
    papers = [paper for paper in annotated(*corpus) if paper.digest < "2031-01-05"]
    with pytest.raises(KGError, match="papers of 4 digests; expected 5 digests at least"):
        prepare(papers, [], load_tables())


# ------------------------------------------------------------------ learning


def test_a_network_learns_the_same_each_time() -> None:
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 32, np.float32) * 2 - 1
    classes = np.array([0, 1, 1, 0] * 32)
    plan = Plan(units=16, count=2, epochs=200, drop=0.0, batch=32)
    one, two = (train_network(inputs, classes, plan, networks=2) for _ in range(2))
    assert (one.probabilities(inputs).argmax(axis=1) == classes).all()
    assert (one.hidden == two.hidden).all()
    assert (one.hidden[0] != one.hidden[1]).any()


def test_the_first_stage_learns_keys_that_are_seen_often_enough() -> None:
    keys = np.array([[5, 9], [5, 9], [5, 0], [7, 9], [7, 0], [7, 11]], np.uint64)
    types = np.array([0, 0, 0, NO_TERM, NO_TERM, NO_TERM])
    fitted = fit_keys(keys, types, np.where(types == 0, 1, SKIPPED))
    assert 11 not in fitted.ids.tolist()
    assert fitted.logits(np.array([[5, 0]], np.uint64))[0, [0, NO_TERM]].argmax() == 0
    assert fitted.logits(np.array([[7, 0]], np.uint64))[0, [0, NO_TERM]].argmax() == 1
    assert fitted.bias[1] < -10, "a type that nobody annotated"


def test_words_in_the_same_company_have_like_vectors() -> None:
    random = np.random.default_rng(0)
    company = {word: random.choice(400, 20, replace=False) + 100 for word in range(4)}
    texts = []
    for _ in range(800):
        word = int(random.integers(0, 8))  # words 4 to 7 keep the company of 0 to 3
        before, after = (random.choice(company[word % 4], 2) for _ in range(2))
        texts.append(np.array([*before, word + 1, *after], np.uint64))
    vectors = word_vectors(texts)
    assert vectors.values.shape == (len(vectors.ids), SIZE)
    found = vectors.of(np.arange(1, 9, dtype=np.uint64))
    alike = found @ found.T
    assert all(alike[word, word + 4] > alike[word, (word + 1) % 4] for word in range(4))


def test_a_few_words_have_no_vectors() -> None:
    vectors = word_vectors([np.arange(1, 5, dtype=np.uint64)] * MIN_COUNT)
    assert not vectors.of(np.array([2], np.uint64)).any()
    assert word_vectors([]).values.shape == (1, SIZE)


def test_the_lexicon_learns_words_from_glosses() -> None:
    glosses = [
        ("블릭 분할", "blick segmentation"),
        ("블릭 검출", "blick detection"),
        ("오르프 분할", "orf segmentation"),
        ("오르프 검출", "OD"),
    ]
    plain = Plain(
        np.zeros((0, 1), np.uint64), np.zeros(0, np.uint64), NONE, NONE, NONE, (),
        tuple(Gloss(2 * n, 2 * n + 1, *pair) for n, pair in enumerate(glosses)),
    )  # fmt: skip
    lexicon = lexicon_of(plain, np.ones(8, bool), [("플럽", "plub")])
    share = {pair: lexicon.words.get(pair_id(*pair), 0.0) for pair in (
        ("블릭", "blick"), ("블릭", "segmentation"), ("플럽", "plub"), ("오르프", "od"),
    )}  # fmt: skip
    assert share["블릭", "blick"] > 0.7 > 0.3 > share["블릭", "segmentation"]
    assert share["플럽", "plub"] == 1
    assert share["오르프", "od"] == 0, "an abbreviation says nothing of words"
    assert lexicon.glosses[pair_id("오르프검출", "od")] == 1
    untaken = lexicon_of(plain, np.zeros(8, bool), [])
    assert (untaken.words, untaken.glosses) == ({}, {})


# ------------------------------------------------------------------ judging


def thing(type_: TermType, *forms: str) -> Named:
    return Named(forms, forms[0], type_, (0.0,) * len(forms))


def test_a_thing_found_twice_is_once_wrong() -> None:
    marks = marks_of(
        {
            "entities": [
                entity("Model", "Plub", "플럽"),
                entity("Benchmark", "Dax"),
                entity("Task", "Orf", optional=True),
            ]
        }
    )
    things = [
        thing(TermType.METHOD, "plub"),
        thing(TermType.MODEL, "플럽"),
        thing(TermType.TASK, "orf"),
        thing(TermType.METRIC, "way"),
    ]
    scores = score([(marks, things)])
    assert scores["models and methods"] == Score(found=1, missed=0, wrong=1)
    assert scores["benchmarks and data sets"] == Score(found=0, missed=1, wrong=0)
    assert scores["tasks"] == Score(0, 0, 0)
    assert scores["all"] == Score(found=1, missed=1, wrong=2)
    assert (scores["all"].precision, scores["all"].recall) == (1 / 3, 1 / 2)
    assert scores["all"].f1 == pytest.approx(0.4)
    assert Score(0, 0, 0).f1 == 0


def test_confidence_is_the_share_of_right_mentions_and_never_certain() -> None:
    marks = marks_of({"entities": [entity("Model", "Plub")]})
    papers = []
    for number in range(100):
        share = number / 100
        exact = "Plub" if number % 10 < number / 10 else "Way"
        types = (share, 0.0, 0.0, 0.0, 0.0, 0.0)
        mention = Found(0, len(exact), exact, TermType.MODEL, types)
        papers.append((marks, [mention], [thing(TermType.MODEL, exact.lower())]))
    verdicts = judged(papers)
    calibration = calibrated(verdicts)
    given = [calibration.confidence(score_) for score_ in np.linspace(0, 1, 21)]
    assert given == sorted(given)
    assert given[0] < 0.2
    assert 0.4 < given[10] < 0.7
    assert 0.9 < given[-1] < 0.991
    counted = bands(calibration, verdicts)
    assert sum(mentions for _, mentions, _ in counted) == 100
    assert sum(right for _, _, right in counted) == verdicts.right.sum()


def test_nothing_found_is_told() -> None:
    with pytest.raises(KGError, match="no term was found in any paper; expected more papers"):
        judged([({}, [], [])])
