"""What texts write abbreviations out as, and that links heed it: from a digest to the link."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.model import Label, MentionRef, Term, TermType
from kg.pipeline.long_forms import long_forms
from tests.command_line import kg

PLACE = "2031-01-01", "2101.00001", "summary"


def found(text: str, short: str) -> tuple[str, ...]:
    """Return the long forms of a term that is mentioned wherever *short* stands."""
    starts = [n for n in range(len(text)) if text.startswith(short, n)]
    refs = tuple(MentionRef(*PLACE, start, start + len(short)) for start in starts)
    assert refs
    term = Term("t", TermType.METHOD, (Label(short, "en"),), (), (), refs)
    return long_forms(term, {PLACE: text})


@pytest.mark.parametrize(
    ("text", "short", "expected"),
    [
        (
            "Attention Sharing across Timesteps (AST)를",
            "AST",
            ("Attention Sharing across Timesteps", "across Timesteps"),
        ),
        (
            "'Attention Sharing across Timesteps(AST)' 기법",
            "AST",
            ("Attention Sharing across Timesteps", "across Timesteps"),
        ),
        ("AST(abstract syntax tree)로", "AST", ("abstract syntax tree",)),
        ("AST (abstract syntax trees, of code)", "AST", ("abstract syntax trees",)),
        ("AST, 곧 나무. Fast Marching Trees (FMT)", "AST", ()),
        ("확산 모델(AST)을", "AST", ()),
        ("AST(나무)", "AST", ()),
        ("(AST)", "AST", ()),
        ("AST(", "AST", ()),
        ("attention (att)", "att", ()),
        ("A Tree (AT) and a table (AT)", "AT", ("A Tree", "a table", "and a table")),
    ],
)
def test_texts_write_abbreviations_out(text: str, short: str, expected: tuple[str, ...]) -> None:
    assert found(text, short) == expected


def test_long_texts_of_strangers_are_read_at_once() -> None:
    text = "(" * 50_000 + " A" * 50_000 + "AST" + "((" * 50_000
    assert found(text, "AST") == ()


@pytest.mark.parametrize(
    ("written", "qid"), [("Abstract Syntax Tree", "Q127380"), ("Adaptive Sparse Training", None)]
)
def test_a_link_heeds_what_the_text_says(tmp_path: Path, written: str, qid: str | None) -> None:
    (tmp_path / "2031-01-01.md").write_text(
        "# Digest\n\n### [Marfoids in a row](https://arxiv.org/abs/2101.00001)\n\n"
        f"- **What's New**: 본 논문은 {written} (AST) 방법을 제안합니다.\n"
        "- **Technical Details**: 'AST' 방법은 AST를 사용합니다. AST와 LoRA를 비교합니다.\n",
        encoding="utf-8",
    )
    store = ("--store", tmp_path / "kg")
    assert kg("build", tmp_path / "2031-01-01.md", *store, "--jobs", 1).code == 0
    assert kg("link", *store).code == 0
    rows = kg("query", "term-links", "--format", "csv", *store).out.splitlines()
    links = {row.split(",")[2] for row in rows if row.split(",")[1] in ("AST", written)}
    assert links == ({qid} if qid else set())
