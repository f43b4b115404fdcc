"""A small annotated corpus of invented names, for tests of training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.small_digests import HEADING, entry

#: Invented names by type; each paper takes the next one of each.
MODELS = ("Quibblenet", "Marfoid", "Tosterix", "Plimbo", "Wugformer")
METHODS = ("Frabbing", "SnorkLoss", "Gleptuning")
BENCHMARKS = ("DaxoBench", "BlicketQA", "ZupMark")
DATASETS = ("Fendle-1M", "Toma10K")
TASKS = ("오르프 검출", "블릭 분할")


def write_corpus(folder: Path, digests: int = 12, papers: int = 8) -> tuple[Path, Path]:
    """Write annotated digests and two others; returns the annotations and the digests' folder."""
    texts = folder / "digests"
    texts.mkdir(parents=True)
    rows = []
    for number in range(digests + 2):
        name = f"2031-01-{number + 1:02}"
        made = [_paper(name, number * papers + place) for place in range(papers)]
        text = HEADING.format(date=name) + "".join(paper for paper, _ in made)
        (texts / f"{name}.md").write_text(text, encoding="utf-8")
        if number < digests:
            rows += [row for _, row in made]
    gold = folder / "gold.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    gold.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return gold, texts


def _paper(digest: str, number: int) -> tuple[str, dict[str, Any]]:
    model, method, benchmark, dataset, task = (
        names[number % len(names)] for names in (MODELS, METHODS, BENCHMARKS, DATASETS, TASKS)
    )
    score = f"{60 + number % 30}.{number % 10}"
    arxiv = f"3101.{number + 1:05}"
    text = entry(
        arxiv,
        f"{model}: A New Way of Looking",
        "Ada Zorn",
        f"우리는 {task}을 위한 새로운 모델 {model}을 제안합니다.",
        f"{model}은 {method}을 사용하고 {dataset} 데이터셋으로 학습합니다.",
        f"{benchmark}에서 평가한 결과 {model}은 {score}%의 정확도를 달성했습니다.",
    )
    things = (
        ("Model", model, "introduced"),
        ("Method", method, "other"),
        ("Benchmark", benchmark, "evaluatedOn"),
        ("Dataset", dataset, "other"),
        ("Metric", "정확도", "other"),
        ("Task", task, "other"),
    )
    claim = {
        "subject": model, "benchmark": benchmark, "metric": "accuracy", "value": score,
        "unit": "%", "kind": "absolute",
    }  # fmt: skip
    entities = [
        {"type": type_, "name": name, "forms": [name], "role": role} for type_, name, role in things
    ]
    return text, {"digest": digest, "arxiv": arxiv, "entities": entities, "results": [claim]}
