"""Candidates: every item that has the name, however it is written; and no other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kg.errors import KGError
from kg.link.candidates import retrieve
from kg.link.concepts import concepts
from kg.link.index import Index, IndexWriter
from kg.link.items import Item, Name, NameKind, Sense
from kg.link.keys import key
from kg.linked import Query

LABEL, ALIAS, KNOWN, NEAR = NameKind.LABEL, NameKind.ALIAS, NameKind.KNOWN, NameKind.NEAR


def item(qid: int, label: str, *names: tuple[str, NameKind]) -> Item:
    own = (Name(label, LABEL), *(Name(*name) for name in names))
    return Item(qid, label, names=own, sense=Sense.THIS)


ITEMS = [
    item(900000001, "Sparrow search", ("스패로 탐색", KNOWN), ("SPS", ALIAS)),
    item(900000002, "Dropout (neural networks)"),
    item(900000003, "Gradient recolouring", ("loss recolouring", NEAR)),
    item(900000004, "Sparrow", ("sparrow bird", ALIAS)),
    item(900000005, "Virtual garden", ("VG", ALIAS)),
    item(900000006, "Erdős–Hajnal graph"),
    item(900000007, "SPS"),
]


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index.of(ITEMS) as made:
        yield made


def found(index: Index, *names: str) -> list[int]:
    return [one.item.qid - 900000000 for one in retrieve(Query(names), index)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sparrow search", [1]),
        ("Sparrow-Search", [1]),
        ("SparrowSearch", [1]),
        ("sparrow searches algorithm", []),
        ("the Sparrow search algorithm", [1]),
        ("스패로 탐색", [1]),
        ("스패로탐색 알고리즘", [1]),
        ("dropout", [2]),
        ("Dropout layer", [2]),
        ("gradient recoloring", [3]),
        ("loss recolouring", [3]),
        ("sparrows", [4]),
        ("SPS", [1, 7]),
        ("S-PS", []),
        ("Sparrow 검색", [1]),
        ("Sparrow 낱말", []),
        ("Virtual garden (VG)", [5]),
        ("Erdos-Hajnal graphs", [6]),
        ("Sparrow serach", [1]),  # two letters in each other's place
        ("Virtual gardan", [5]),
        ("sparow", []),  # too short to be a typing error of something
        ("search", []),
        ("", []),
        ("!!!", []),
        ("model", []),
        ("x" * 100_000, []),
    ],
)
def test_name_finds_items(index: Index, name: str, expected: list[int]) -> None:
    assert found(index, name) == expected


def test_any_of_a_terms_names_finds_an_item_and_the_best_name_is_told(index: Index) -> None:
    (one,) = retrieve(Query(("garden of code", "VG", "virtual gardens")), index)
    assert [(match.name, match.kind) for match in one.hits.matches] == [
        ("virtual gardens", LABEL),
        ("VG", ALIAS),
    ]


def test_typing_errors_count_only_where_no_name_is_known(index: Index) -> None:
    assert found(index, "Virtual gardan", "dropout") == [2]


def test_names_that_many_items_share_tell_nothing_of_unjudged_ones() -> None:
    def sharing(count: int, *more: Item) -> list[int]:
        many = [item(900000000 + n, "Common name") for n in range(1, count + 1)]
        with Index.of([*many, *more]) as index:
            return found(index, "common name")

    assert len(sharing(12)) == 12
    assert sharing(3000) == []
    judged = next(one for one in concepts() if one.label == "Beam search")
    known = Item(judged.qid, "Common name", names=(Name("Common name", LABEL),))
    assert sharing(3000, known) == [judged.qid - 900000000]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Fine-Tuning", "finetuning", True),
        ("modelling", "modeling", True),
        ("optimisation", "optimization", True),
        ("loss", "los", False),
        ("GPT-4", "GPT-4o", False),
        ("Llama 3.1", "Llama 31", False),
        ("ｆｕｌｌ width", "full width", True),
        ("naïve Bayes", "naive bayes", True),
    ],
)
def test_keys_fold_spelling_and_no_more(one: str, other: str, same: bool) -> None:
    assert (key(one) == key(other)) is same


def test_index_of_another_format_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KGError, match=r"no such index; make one with: kg link index build"):
        Index.open(tmp_path / "none.kgindex")
    text = tmp_path / "text.kgindex"
    text.write_text("no database")
    with pytest.raises(KGError, match="not an index"):
        Index.open(text)


@pytest.fixture
def file_of_index(tmp_path: Path) -> Path:
    path = tmp_path / "small.kgindex"
    with closing(sqlite3.connect(path)) as db:
        writer = IndexWriter(db)
        writer.add([*ITEMS, *(item(900001000 + n, f"Quaint name {n}") for n in range(3000))])
        writer.finish()
        db.commit()
    return path


def test_an_index_of_an_older_format_is_refused(file_of_index: Path) -> None:
    with closing(sqlite3.connect(file_of_index)) as db:
        db.execute("UPDATE fact SET value = '1' WHERE name = 'format'")
        db.commit()
    with pytest.raises(KGError, match="an index of format 1, this version reads 2; build it again"):
        Index.open(file_of_index)


@pytest.mark.parametrize("record", ["[1,2]", "{}", "no JSON", '["Q1"', None, b"\xff\xfe"])
def test_a_damaged_record_is_told(file_of_index: Path, record: str | bytes | None) -> None:
    with closing(sqlite3.connect(file_of_index)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name='item'")
        db.commit()
    with closing(sqlite3.connect(file_of_index)) as db:
        db.execute("UPDATE item SET record = ?", (record,))
        db.commit()
    with (
        Index.open(file_of_index) as index,
        pytest.raises(KGError, match=r"small.kgindex: damaged .*; build it again from its dump"),
    ):
        retrieve(Query(("Sparrow search",)), index)


def test_an_index_that_was_cut_is_told(file_of_index: Path) -> None:
    whole = file_of_index.read_bytes()
    for share in (0.2, 0.5, 0.8):
        file_of_index.write_bytes(whole[: int(len(whole) * share)])
        told = told_of(file_of_index, 3000)
        assert told
        assert all("damaged" in one or "not an index" in one for one in told)


def told_of(path: Path, count: int) -> list[str]:
    """Look some names up in an index; return what is told of it."""
    told: list[str] = []
    try:
        index = Index.open(path)
    except KGError as error:
        return [str(error)]
    with index:
        for number in range(0, count, 50):
            try:
                retrieve(Query((f"Quaint name {number}",)), index)
            except KGError as error:
                told.append(str(error))
    return told


def test_redirects_lead_to_the_item_and_cycles_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "small.kgindex"
    db = sqlite3.connect(path)
    writer = IndexWriter(db)
    writer.add(ITEMS)
    writer.add_redirects([(900000100, 900000001), (900000200, 900000201), (900000201, 900000200)])
    writer.finish()
    db.commit()
    db.close()
    with Index.open(path) as index:
        moved = index.item(900000100)
        assert moved is not None
        assert moved.label == "Sparrow search"
        assert index.item(900000200) is None
