"""Any CSV with a type and a label is linked, row by row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kg.errors import KGError
from kg.link.table import link_table
from kg.linked import Candidate, Query, Relation
from kg.model import TermType


def choose(query: Query) -> Candidate | None:
    if "beam search" not in query.names or TermType.METHOD not in query.types:
        return None
    return Candidate(
        *("Q900000001", "Beam search", "", 0.98765, Relation.EXACT, "beam search", "Beam search"),
        ("the label", "and more"),
    )


def linked(text: str) -> tuple[list[dict[str, str]], list[str], tuple[int, int]]:
    out, told = io.StringIO(), list[str]()
    counts = link_table(io.StringIO(text, newline=""), out, "t.csv", choose, told.append)
    return list(csv.DictReader(io.StringIO(out.getvalue()))), told, counts


def test_rows_come_back_with_four_more_columns() -> None:
    rows, told, counts = linked(
        "id,type,label,aliases\n7,Method,beam search,\n8,Task,beam search,빔 서치|search\n"
        '9,MethodTerm,"빔, 서치",x|beam search\n'
    )
    assert counts == (3, 2)
    assert not told
    assert rows[0] == {
        "id": "7",
        "type": "Method",
        "label": "beam search",
        "aliases": "",
        "qid": "Q900000001",
        "relation": "exact",
        "score": "0.9877",
        "evidence": "the label; and more",
    }
    assert [row["qid"] for row in rows] == ["Q900000001", "", "Q900000001"]
    assert rows[2]["label"] == "빔, 서치"


def test_columns_that_are_there_already_are_replaced() -> None:
    rows, _, _ = linked("qid,type,label\nQ1,Task,x\n")
    assert list(rows[0]) == ["type", "label", "qid", "relation", "score", "evidence"]
    assert rows[0]["qid"] == ""


@pytest.mark.parametrize("type_", ["", "https://w3id.org/paperkg/ontology#Method", "kg#MethodTerm"])
def test_type_may_be_an_iri_or_missing(type_: str) -> None:
    rows, told, _ = linked(f"type,label\n{type_},beam search\n")
    assert not told
    assert len(rows) == 1


def test_bad_rows_are_told_and_the_others_go_on() -> None:
    rows, told, counts = linked(
        "type,label\nBird,beam search\nMethod\nMethod,beam search,x\n\nMethod,beam search\n"
    )
    assert counts == (4, 1)
    assert [row["qid"] for row in rows] == ["", "", "", "Q900000001"]
    assert [one.split(": ")[0] for one in told] == ["t.csv:2", "t.csv:3", "t.csv:4"]
    assert "expected one of Model, Method" in told[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv:1: no column 'type'"),
        ("type,name\n", "t.csv:1: no column 'label'"),
        ('type,label\nMethod,"beam\n', "t.csv:2: "),
        ("type,label\nMethod," + "x" * 1_100_000 + "\n", "t.csv:2: field larger than"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(KGError) as caught:
        linked(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_byte_order_mark_and_windows_lines() -> None:
    rows, _, _ = linked("\ufefftype,label\r\nMethod,beam search\r\n")
    assert rows[0]["qid"] == "Q900000001"


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"type,label\nMethod,\xff\xfe\n")
    with (
        path.open(encoding="utf-8", newline="") as lines,
        pytest.raises(KGError, match="expected UTF-8"),
    ):
        link_table(lines, io.StringIO(), str(path), choose, print)
