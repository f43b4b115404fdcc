"""A digest in, its whole Turtle out, compared as text; ``make snapshots`` writes it anew.

The diff of a snapshot is reviewed as code is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from kg.vocab import DEFAULT_BASE, TERMS_GRAPH
from tests.command_line import ROOT, kg

SNAPSHOTS = ROOT / "tests" / "snapshots"
#: Facts are real, the sentences are our own.
DIGEST = """\
## Daily Papers (2024-06-03)

### [LoRA: Low-Rank Adaptation of Large Language Models](https://arxiv.org/abs/2106.09685v2)

![](https://example.org/2106.09685.png)

Vote: 42

Authors: Edward J. Hu, Yelong Shen, +

- **What's New**: LoRA(Low-Rank Adaptation)를 제안합니다.
- **Performance Highlights**: LoRA는 MMLU에서 45.6%의 정확도를 기록했습니다.

### [On "LoRA" \\\\ <LoRA> & LoRA](https://doi.org/10.1000/A.b-1)

- LoRA를 쓰는 <논문> & 그 밖.
"""
GRAPHS = {"digest": f"{DEFAULT_BASE}digest/2024-06-03", "terms": DEFAULT_BASE + TERMS_GRAPH}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshots")
    (folder / "2024-06-03.md").write_text(DIGEST, encoding="utf-8")
    done = kg("build", folder / "2024-06-03.md", "--jobs", 1, "--store", folder / "kg")
    assert done.code == 0, done.err
    return folder / "kg"


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_what_it_was(name: str, store: Path) -> None:
    done = kg("export", "--graph", GRAPHS[name], "--store", store)
    assert (done.code, done.err) == (0, "")
    # Every new table of names moves these a little, and nobody reviews that.
    found = re.sub(r"kg:confidence [0-9.]+", "kg:confidence 0.0", done.out)
    path = SNAPSHOTS / f"{name}.ttl"
    if os.environ.get("KG_WRITE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), "run 'make snapshots' and review its diff"
