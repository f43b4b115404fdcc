"""``kg train``: from annotated papers to a folder that ``kg build`` finds names with."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.cli import learn
from kg.extract.tables import DATA, FILES, WEIGHTS
from tests.command_line import Done, assert_told, command, kg, run
from tests.small_corpus import write_corpus
from tests.small_digests import HEADING
from tests.small_digests import entry as digest_entry

NEW = HEADING.format(date="2031-03-01") + digest_entry(
    "3103.00001",
    "Looking Again",
    "Bo Zorn",
    "우리는 오르프 검출을 위한 새로운 모델 Quibblenet을 제안합니다.",
    "Frabbing을 사용하고 Toma10K 데이터셋으로 학습합니다.",
    "DaxoBench에서 평가한 결과 Quibblenet은 71.5%의 정확도를 달성했습니다.",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Annotations and the folder of their digests."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def trained(corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that ``kg train`` wrote; its name is one that configs must quote."""
    out = tmp_path_factory.mktemp("trained") / "내 $data of 'mine'"
    done = train(corpus, out)
    assert (done.code, done.data) == (0, b""), done
    assert "read 96 annotated papers of 12 digests\n" in done.err
    assert f"wrote {out}: precision " in done.err
    assert "use it: kg build DIGESTS --extract-config '" in done.err
    return out


def train(corpus: tuple[Path, Path], out: Path) -> Done:
    return kg("train", *corpus, "--out", out)


@pytest.fixture
def built(trained: Path, tmp_path: Path) -> Path:
    """A store of a new digest, read with the trained weights."""
    digest = tmp_path / "2031-03-01.md"
    digest.write_text(NEW, encoding="utf-8")
    config = trained / "config.cfg"
    done = kg("build", digest, "--jobs", 1, "--store", tmp_path / "kg", "--extract-config", config)
    assert done.code == 0, done
    return tmp_path / "kg"


def rows(store: Path, query: str) -> list[dict[str, str]]:
    done = kg("query", query, "--format", "csv", "--store", store)
    assert done.code == 0, done
    return list(csv.DictReader(io.StringIO(done.out)))


def test_names_that_were_taught_are_found(built: Path) -> None:
    found = {row["label"]: (row["type"], row["role"]) for row in rows(built, "paper-entities")}
    assert found["Quibblenet"] == ("Model", "introduced")
    assert found["Frabbing"] == ("Method", "other")
    assert found["DaxoBench"] == ("Benchmark", "evaluatedOn")
    assert found["Toma10K"] == ("Dataset", "other")
    (result,) = rows(built, "paper-results")
    assert (result["subject"], result["benchmark"], result["value"]) == (
        *("Quibblenet", "DaxoBench"),
        "71.5",
    )


def test_explain_reads_the_same_weights(built: Path, trained: Path) -> None:
    config = trained / "config.cfg"
    words = ("explain", "3103.00001", "DaxoBench", "--store", built, "--extract-config", config)
    out = kg(*words).out
    assert "     - scores: Benchmark 0." in out
    assert re.search(r"- first stage, Benchmark against no term: [+-]\d\.\d ", out)


def test_the_folder_is_whole(trained: Path, corpus: tuple[Path, Path]) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {*FILES, WEIGHTS, "CARD.md", "config.cfg"}
    for name in FILES:
        same = (trained / name).read_bytes() == (DATA / name).read_bytes()
        assert same is (name != "results.tsv"), name
    card = (trained / "CARD.md").read_text(encoding="utf-8")
    assert f"`gold.jsonl`, SHA-256 `{hashlib.sha256(corpus[0].read_bytes()).hexdigest()}`" in card
    assert "- Annotated: 96 papers of 12 digests\n" in card
    assert "- Without annotation: 16 entries of 2 digests\n" in card
    assert re.search(r"^- Trained on \d{4}-\d\d-\d\d$", card, re.MULTILINE)
    assert re.search(r"^\| all \| \d\.\d{3} \| \d\.\d{3} \| \d\.\d{3} \| 576 \|$", card, re.M)
    assert re.search(r"^\| 0\.9 to 1 \| \d+ \| \d\.\d\d \|$", card, re.MULTILINE)
    assert "kiwipiepy " in card
    assert str(trained) not in card


def test_weights_hold_no_text(trained: Path) -> None:
    with np.load(trained / WEIGHTS, allow_pickle=False) as stored:
        kinds = {stored[name].dtype.kind for name in stored.files}
    assert kinds <= set("fiu")
    assert b"Quibblenet" not in (trained / WEIGHTS).read_bytes()


def test_the_same_input_gives_the_same_bytes(
    trained: Path, corpus: tuple[Path, Path], tmp_path: Path
) -> None:
    done = run(command("train", *corpus, "--out", tmp_path / "again"), PYTHONHASHSEED="7")
    assert done.code == 0, done
    for name in (WEIGHTS, "results.tsv"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / name).read_bytes(), name


def test_weights_in_the_place_of_the_packaged_ones_need_no_config(
    corpus: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "CONFIG", tmp_path / "data" / "config.cfg")
    done = train(corpus, tmp_path / "data")
    assert (done.code, done.err.splitlines()[-1]) == (0, "use it: kg build DIGESTS"), done


# ------------------------------------------------------------------ what is told


def _change(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """Make what changes the second line of annotations."""

    def changed(text: str) -> str:
        lines = text.split("\n")
        row = json.loads(lines[1])
        change(row)
        lines[1] = json.dumps(row, ensure_ascii=False)
        return "\n".join(lines)

    return changed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("{", "", 1), "gold.jsonl:1: "),
        (lambda text: "[]\n" + text, "gold.jsonl:1: "),
        (lambda text: "[" * 100_000 + "\n" + text, "gold.jsonl:1: "),
        (_change(lambda row: row.pop("entities")), "gold.jsonl:2: no 'entities'; expected"),
        (
            _change(lambda row: row["entities"][0].update(type="Person")),
            "gold.jsonl:2: 'Person' is not a valid TermType; expected",
        ),
        (_change(lambda row: row["entities"][0].update(name=7)), "2: 7 is no text; expected"),
        (_change(lambda row: row["entities"][0].update(forms=[None])), "2: None is no text"),
        (_change(lambda row: row["results"][0].update(kind="best")), "2: 'best' is not a valid"),
        (_change(lambda row: row["results"][0].update(value=71.5)), "2: 71.5 is no text"),
        (_change(lambda row: row.update(digest="2030-01-01")), "2: no digest '"),
        (
            _change(lambda row: row.update(digest="../2030-01-01")),
            "2: digest '../2030-01-01' is no name",
        ),
        (_change(lambda row: row.update(arxiv="3000.00001")), "2: no paper '3000.00001' in "),
        (lambda text: text + text.split("\n")[0], ":97: paper '3101.00001' of digest '2031-01-01'"),
        (lambda text: "\n".join(text.split("\n")[:12]), "papers of 2 digests; expected 5"),
        (lambda _: "", "papers of 0 digests; expected 5 digests"),
        (lambda text: text.encode("utf-16").decode("latin-1"), "gold.jsonl:1: "),
    ],
)
def test_what_is_wrong_with_annotations_is_told(
    corpus: tuple[Path, Path], tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(change(corpus[0].read_text(encoding="utf-8")), encoding="utf-8")
    done = train((gold, corpus[1]), tmp_path / "out")
    assert_told(done, told)
    assert not (tmp_path / "out" / WEIGHTS).exists()


def test_files_that_are_not_there_are_told(corpus: tuple[Path, Path], tmp_path: Path) -> None:
    gold, digests = corpus
    assert_told(train((tmp_path / "none", digests), tmp_path / "o"), "none: cannot be read (")
    assert_told(train((gold, tmp_path / "none"), tmp_path / "o"), "none: no folder; expected")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert_told(train((tmp_path / "bytes", digests), tmp_path / "o"), "bytes: cannot be read (")
    shutil.copytree(digests, tmp_path / "digests")
    (tmp_path / "digests" / "2031-01-02.md").unlink()
    assert_told(train((gold, tmp_path / "digests"), tmp_path / "o"), "gold.jsonl:9: no digest '")


def test_a_missing_extra_is_told_with_what_to_install(
    corpus: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.isotonic", None)
    assert_told(
        train(corpus, tmp_path / "out"),
        "the extra 'train' is not installed (",
        "run: pip install 'paperkg[train]'",
    )
    assert not (tmp_path / "out").exists()
