"""Which item is meant, if any: senses, types, ties, and what the packaged tables say."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import KGError
from kg.link import judged
from kg.link.classes import Classes
from kg.link.concepts import DATA, check_known, concepts, known_names, open_index
from kg.link.index import Index
from kg.link.items import Item, Name, NameKind, Sense
from kg.link.rank import Linker, read_weights
from kg.linked import Candidate, Query, Relation
from kg.model import TermType

METHOD, MODEL = TermType.METHOD, TermType.MODEL
METRIC, TASK, DATASET = TermType.METRIC, TermType.TASK, TermType.DATASET


@pytest.fixture(scope="module")
def packaged() -> Iterator[Linker]:
    with open_index(None) as index:
        yield Linker(index)


def chosen(linker: Linker, *names: str, types: tuple[TermType, ...] = (METHOD,)) -> str | None:
    link = linker.choose(linker.candidates(Query(names, types)))
    return None if link is None else link.label


# Senses of public examples (facts/ambiguous_labels.tsv): the obvious item is the wrong one.
@pytest.mark.parametrize(
    ("names", "types", "label"),
    [
        (("transformer",), (METHOD,), "transformer"),
        (("LLM",), (METHOD,), "large language model"),
        (("reinforcement learning", "강화 학습"), (METHOD,), "Reinforcement learning"),
        (("Llama",), (MODEL,), "LLaMA"),
        (("Gemini",), (MODEL,), "Gemini"),
        (("BERT",), (MODEL,), "BERT"),
        (("fine-tuning",), (METHOD,), None),
        (("pruning",), (METHOD,), None),
        (("distillation",), (METHOD,), None),
        (("Falcon",), (MODEL,), None),
        (("embedding",), (METHOD,), None),
        (("flip-flop",), (METHOD,), None),
        (("METR",), (METRIC,), None),
    ],
)
def test_sense_of_the_field_is_taken_and_others_are_not(
    packaged: Linker, names: tuple[str, ...], types: tuple[TermType, ...], label: str | None
) -> None:
    assert chosen(packaged, *names, types=types) == label


@pytest.mark.parametrize(
    "name", ["Vision Transformer", "Llama 2", "attention map", "few-shot reinforcement learning"]
)
def test_a_kind_of_a_thing_is_not_the_thing(packaged: Linker, name: str) -> None:
    assert chosen(packaged, name) is None


def test_an_abbreviation_is_not_what_the_terms_own_long_form_denies(packaged: Linker) -> None:
    assert chosen(packaged, "SVM") == "Support vector machine"
    assert chosen(packaged, "Sparse Voxel Matching", "SVM") is None
    for written, expected in (("Sparse Voxel Matching", None), ("support vector machines", "SVM")):
        query = Query(("SVM",), (METHOD,), long_forms=(written,))
        link = packaged.link(query)
        assert (link and link.name) == expected


def test_equal_candidates_are_nil() -> None:
    twins = [
        Item(900000000 + n, "Beam search", names=(Name("Beam search", NameKind.LABEL),))
        for n in (1, 2)
    ]
    with Index.of(twins) as index:
        linker = Linker(index)
        candidates = linker.candidates(Query(("beam search",), (METHOD,)))
        assert [one.qid for one in candidates] == ["Q900000001", "Q900000002"]
        assert linker.choose(candidates) is None


def test_link_is_what_would_be_chosen_of_all_candidates(packaged: Linker) -> None:
    queries = [one.query for one in judged.packaged_judged()[::7]]
    queries += [
        Query((name,), (type_,)) for one in queries for name in one.names[:3] for type_ in one.types
    ]
    queries += [Query((name[:-1],), (METHOD,)) for one in queries[:200] for name in one.names[:1]]
    assert len(queries) > 2500
    links = [packaged.link(query) for query in queries]
    assert sum(link is not None for link in links) > 500
    for query, link in zip(queries, links, strict=True):
        assert link == packaged.choose(packaged.candidates(query)), query


def test_candidates_are_sorted_scored_and_explained(packaged: Linker) -> None:
    candidates = packaged.candidates(Query(("transformers",), (METHOD,)))
    scores = [one.score for one in candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert candidates[0].reasons[0] == "'transformers' is the item's label, 'transformer'"
    assert candidates == packaged.candidates(Query(("transformers",), (METHOD,)))


def test_close_matches_are_told_from_exact_ones(packaged: Linker) -> None:
    def relation(name: str, type_: TermType) -> Relation | None:
        link = packaged.choose(packaged.candidates(Query((name,), (type_,))))
        return link and link.relation

    assert relation("support vector machine", METHOD) is Relation.EXACT
    assert relation("precision", METRIC) is Relation.CLOSE


def test_lead_over_the_second_decides(packaged: Linker) -> None:
    def candidate(qid: str, score: float) -> Candidate:
        return Candidate(qid, "", "", score, Relation.EXACT, "", "", ())

    high, near, far = candidate("Q1", 0.95), candidate("Q2", 0.94), candidate("Q3", 0.2)
    assert packaged.choose([high, far]) == high
    assert packaged.choose([high, near]) is None
    assert packaged.choose([far]) is None
    assert packaged.choose([]) is None


def test_classes_up_a_cyclic_chain() -> None:
    with (DATA / "classes.tsv").open(encoding="utf-8") as lines:
        rows = {row["label"]: row for row in csv.DictReader(lines, delimiter="\t")}
    film, algorithm = (int(rows[name]["qid"][1:]) for name in ("film", "algorithm"))
    items = [
        Item(900000001, "a", parents=(900000002,)),
        Item(900000002, "b", parents=(900000001, film)),
        Item(900000003, "c", parents=(900000003,)),
        Item(900000004, "d", classes=(900000005,)),
        Item(900000005, "e", parents=(algorithm,)),
    ]
    with Index.of(items) as index:
        classes = Classes(index)
        assert classes.fit(items[0], (METHOD,)) == -1
        assert classes.fit(items[2], (METHOD,)) == 0
        assert classes.fit(items[3], (METHOD,)) == 1
        assert classes.fit(items[3], (DATASET,)) == -1


def test_items_that_nobody_judged_are_ranked_by_class_and_description() -> None:
    name = (Name("Swift descent", NameKind.LABEL),)
    with (DATA / "classes.tsv").open(encoding="utf-8") as lines:
        rows = {row["label"]: row for row in csv.DictReader(lines, delimiter="\t")}
    film, algorithm = (int(rows[one]["qid"][1:]) for one in ("film", "algorithm"))
    items = [
        Item(900000001, "Swift descent", "1994 drama film", name, (film,), sitelinks=40),
        Item(900000002, "Swift descent", "optimization algorithm", name, (algorithm,)),
    ]
    with Index.of(items) as index:
        best, other = Linker(index).candidates(Query(("swift descent",), (METHOD,)))
    assert best.qid == "Q900000002"
    assert best.score > other.score


def test_packaged_tables_hold_together() -> None:
    ids = {f"Q{item.qid}" for item in concepts()}
    assert len(ids) > 15_000
    known = check_known(DATA / "names.tsv", ids)
    assert all(not one.exact and not one.near for one in known.values() if one.sense == "other")
    assert {f"Q{one.qid}" for one in judged.packaged_judged() if one.qid} <= ids
    assert any(one.sense is Sense.GENERAL for one in known_names().values())


def test_judgements_that_contradict_each_other_are_counted() -> None:
    def one(name: str, qid: int | None, type_: TermType = METHOD) -> judged.Judged:
        relation = Relation.EXACT if qid else None
        return judged.Judged(Query((name,), (type_,)), qid, relation, (name,) if qid else ())

    said = judged.verdicts([one("beam", 7), one("beam", 7), one("Beams", None)], {})
    assert ("beam", "MethodTerm", 7) in said.accepted
    said = judged.verdicts([one("beam", 7), one("beam", None)], {})
    assert not said.accepted
    assert not said.rejected
    assert not said.names
    said = judged.verdicts([one("ray", None, TASK)], {8: ["Ray"]})
    assert said.rejected == {("ray", "Task", 8)}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"bias": 1}'])
def test_broken_weights_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(KGError, match="no weights of linking"):
        read_weights(path)


@pytest.mark.parametrize(
    "line", ["{", '{"type":"Bird"}', '{"type":"Task","name":"x","forms":[],"qid":"P1"}']
)
def test_broken_judgements_are_told(tmp_path: Path, line: str) -> None:
    path = tmp_path / "judged.jsonl"
    path.write_text("\n" + line + "\n")
    with pytest.raises(KGError, match=r"judged\.jsonl:2: "):
        judged.read_judged(path)
