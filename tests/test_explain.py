"""``kg explain``: what the graph says of a paper, and why."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from kg import pipeline
from kg.cli.show import escaped
from kg.pipeline.explain import _around
from kg.settings import Settings
from tests.command_line import Done, assert_told, command, environment, kg
from tests.small_digests import HEADING, VERSIONS, entry, write_digest

LORA = "2106.09685"
HOSTILE = entry(
    "2401.00001",
    "LoRA in a Hostile Place",
    "Mal Lory",
    "앞\u202e문장이다. LoRA\u202e\u2066를 \u061c쓴다.\u200f 뒤 문장이다.",
    "x",
    "y",
)
ROWS = """\
decision,label,value,paper,by,date,comment
type,Transformer,Model,,Mina Seo,2024-09-01,
not-a-term,정확도,,,Jo Park,2024-09-02,too plain
same,GPT-3,Transformer,2106.09685,Jo Park,2024-09-02,
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    paths = [write_digest(folder, date, 0) for date in sorted(VERSIONS)]
    hostile = folder / "2024-08-01.md"
    hostile.write_text(HEADING.format(date="2024-08-01") + HOSTILE, encoding="utf-8")
    assert kg("build", *paths, hostile, "--jobs", 1, "--store", folder / "kg").code == 0
    (folder / "d.csv").write_text(ROWS)
    assert kg("corrections", folder / "d.csv", "--store", folder / "kg").code == 0
    return folder / "kg"


def explain(store: Path, *words: str) -> Done:
    done = kg("explain", *words, "--store", store)
    assert (done.code, done.err) == (0, ""), done
    return done


@pytest.mark.parametrize(
    "paper",
    [
        LORA,
        f"arXiv:{LORA}v2",
        f"{LORA}v1",
        f"https://arxiv.org/abs/{LORA}v2",
        f"http://arxiv.org/pdf/{LORA}.pdf",
        f"https://huggingface.co/papers/{LORA}",
    ],
)
def test_a_paper_is_named_in_many_ways(paper: str, store: Path) -> None:
    assert explain(store, paper).out == explain(store, LORA).out


def test_a_paper_has_a_line_a_term_and_a_line_a_result(store: Path) -> None:
    lines = explain(store, LORA).out.splitlines()
    assert lines[0] == f"{LORA}  LoRA: Low-Rank Adaptation"
    assert lines[1].startswith(f"https://w3id.org/paperkg/paper/{LORA}, in 2024-06-03, ")
    assert lines[2].split() == ["term", "type", "role", "confidence", "mentions"]
    (lora,) = [line.split() for line in lines if line.startswith(" Low-Rank Adaptation")]
    assert lora[2:4] == ["Method", "introduced"]
    assert any(line.split()[:4] == ["정확도", "not", "a", "term"] for line in lines)
    assert all(line == line.rstrip() for line in lines)
    results = [line for line in lines if line.startswith("result")]
    assert any("MMLU에서 «45.6»%의 정확도를 기록했습니다." in line for line in results)


def test_a_term_is_explained_mention_by_mention(store: Path) -> None:
    out = explain(store, LORA, "low-rank adaptation").out
    assert out == explain(store, LORA, "LoRA").out == explain(store, LORA, "LORA").out
    lines = out.splitlines()
    assert lines[0].startswith("Low-Rank Adaptation (Method)  https://w3id.org/paperkg/term/lora")
    assert f"    LoRA → Low-Rank Adaptation: a gloss in 3 entries, first 2024-06-03/{LORA}" in out
    assert "written alike but for case, hyphen, space or plural" in out
    assert "  1. 2024-06-03/2106.09685/title 0-4  Method, introduced, " in out
    assert "     «LoRA»: Low-Rank Adaptation of Large Language Models\n" in out
    assert '     - same thing as "Low-Rank Adaptation": ' in out
    assert "     - scores: Method " in out
    assert "\n     - " in out


def test_what_people_decided_is_told(store: Path) -> None:
    out = explain(store, LORA, "트랜스포머").out
    assert "(Model)" in out
    assert "type   Model: a person says so (" in out
    assert "decision  type 'Transformer' 'Model', by Mina Seo on 2024-09-01" in out
    assert "GPT-3 → Transformer: decided by Jo Park on 2024-09-02" in out
    assert explain(store, LORA, "GPT-3").out == out
    out = explain(store, LORA, "정확도").out
    assert out.startswith("정확도 (not a term)\n")
    assert "decision  not-a-term '정확도', by Jo Park on 2024-09-02: too plain" in out
    assert "     - names no term: a person says so" in out


def test_json_has_the_same(store: Path) -> None:
    whole = json.loads(explain(store, LORA, "--format", "json").data)
    assert whole["key"] == LORA
    assert {one["label"] for one in whole["terms"]} >= {"Low-Rank Adaptation", "정확도"}
    assert "45.6" in {one["value"] for one in whole["results"]}
    (lora,) = json.loads(explain(store, LORA, "LoRA", "--format", "json").data)
    first = lora["mentions"][0]
    assert (first["mention"]["start"], first["mention"]["end"]) == (0, 4)
    assert first["reasons"]
    assert lora["merges"][0]["reason"] == "gloss"
    assert "mentions" not in lora["term"]


def test_what_is_not_there_is_told_with_what_is_near(store: Path) -> None:
    assert_told(
        kg("explain", "2106.09658", "--store", store),
        f"no paper '2106.09658'; the nearest: '{LORA}'",
    )
    assert_told(
        kg("explain", LORA, "LoRAX", "--store", store), f"{LORA}: no term 'LoRAX'", "'LoRA'"
    )
    assert_told(kg("explain", LORA, "쿼크", "--store", store), "in this paper; there is none like")
    assert_told(kg("explain", "LoRA", "--store", store), "'LoRA': no paper's id; expected an arXiv")
    assert_told(kg("explain", LORA, "--store", store / "none"), "no store here")


def test_hostile_text_cannot_steer_a_terminal(store: Path) -> None:
    for words in (("2401.00001",), ("2401.00001", "LoRA")):
        out = explain(store, *words).out
        assert all(char.isprintable() or char == "\n" for char in out)
    assert r"«LoRA»\u202e\u2066를" in out


def test_a_terminal_gets_the_mention_in_reverse(store: Path) -> None:
    shown = on_terminal(command("explain", LORA, "LoRA", "--store", store), TERM="xterm")
    assert "\x1b[1;7mLoRA\x1b[0m: Low-Rank" in shown
    assert "«" not in shown
    dumb = on_terminal(command("explain", LORA, "LoRA", "--store", store), TERM="dumb")
    assert "\x1b" not in dumb
    assert "«LoRA»" in dumb


def on_terminal(words: list[str], **env: str) -> str:
    """Run a command whose stdout is a terminal, and return what that gets."""
    here, there = pty.openpty()
    kept = {name: value for name, value in environment(env).items() if name != "NO_COLOR"}
    with subprocess.Popen(words, stdout=there, stderr=subprocess.PIPE, env=kept) as process:
        os.close(there)
        got = b""
        while True:
            try:
                part = os.read(here, 4096)
            except OSError:  # Linux tells the end of a terminal as an error
                break
            if not part:
                break
            got += part
        assert process.stderr
        assert process.stderr.read() == b""
    os.close(here)
    assert process.returncode == 0
    return got.decode()


def test_a_paper_alone_does_not_load_the_pipeline(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.pipeline.explain.make_nlp", None)
    assert pipeline.explain_paper(LORA, Settings(store=store)).terms


@pytest.mark.parametrize(
    ("text", "exact", "before", "after"),
    [
        ("One. LoRA is small. Two.", "LoRA", "", " is small."),
        ("v1.5의 LoRA는 작다.\n둘째 줄", "LoRA", "v1.5의 ", "는 작다."),
        ("LoRA", "LoRA", "", ""),
        ("a" * 300 + " LoRA " + "b" * 300, "LoRA", "…" + "a" * 199 + " ", " " + "b" * 199 + "…"),
    ],
)
def test_the_sentence_around_a_mention(text: str, exact: str, before: str, after: str) -> None:
    start = text.index(exact)
    assert _around(text, start, start + len(exact)) == (before, after)


def test_escapes_are_readable_and_text_stays_as_it_is() -> None:
    assert escaped("확산 모델 😀 a\u00a0b") == "확산 모델 😀 a b"
    assert escaped("\x1b]0;x\x07\x9b\u2028\U000e0041") == r"\u001b]0;x\u0007\u009b \U000e0041"
