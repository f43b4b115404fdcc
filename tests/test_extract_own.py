"""A spaCy component of one's own, by config alone: instead of the trained one, or beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from kg.errors import KGError
from kg.extract import CONFIG, extract, fingerprint, make_nlp, reasons
from kg.model import Role, TermType
from tests.command_line import assert_told, command, kg, run
from tests.small_digests import HEADING
from tests.small_digests import entry as digest_entry
from tests.test_extract import entry, named, one

#: The ten lines that a user writes: every word in capitals is of one type.
TEN_LINES = """\
from spacy.language import Language


@Language.component("{name}")
def {name}(doc):
    words = [token for token in doc if token.text.isupper() and len(token) > 3]
    spans = [doc.char_span(word.idx, word.idx + len(word), label="{label}") for word in words]
    doc.spans["mentions"] = [*doc.spans.get("mentions", ()), *spans]
    return doc
"""


def write_config(folder: Path, pipeline: str, *, label: str = "Model", beside: str = "") -> Path:
    """Write a user's file of code and a config that names it; the file names its component."""
    name = f"own_{folder.name.replace('-', '_')}"
    (folder / "mine.py").write_text(TEN_LINES.format(name=name, label=label), encoding="utf-8")
    text = CONFIG.read_text(encoding="utf-8")
    lines = text.replace('pipeline = ["kg_terms", ', f"pipeline = [{pipeline.format(name)}, ")
    if "kg_terms" not in pipeline:
        before, _, rest = lines.partition("[components.kg_terms]")
        lines = before + "[components.kg_same]" + rest.partition("[components.kg_same]")[2]
    lines = lines.replace("data = null", 'data = null\ncode = "mine.py"', 1)
    path = folder / "own.cfg"
    path.write_text(f'{lines}\n[components.{name}]\nfactory = "{name}"\n', encoding="utf-8")
    return path


@pytest.fixture
def replacing(tmp_path: Path) -> Path:
    return write_config(tmp_path, '"{}"')


DIGEST = HEADING.format(date="2031-02-03") + digest_entry(
    "3102.00001",
    "ZEBRAFISH: A Thing for LoRA",
    "Ada Zorn",
    "우리는 ZEBRAFISH를 제안합니다.",
    "LoRA와 QUAGGA를 씁니다.",
    "GSM8K에서 45.6%의 정확도를 얻었습니다.",
)


def terms(store: Path) -> dict[str, tuple[str, str]]:
    """Return type and role of each term of the store's papers, by label."""
    done = kg("query", "paper-entities", "--format", "csv", "--store", store)
    assert done.code == 0, done
    return {
        row["label"]: (row["type"], row["role"]) for row in csv.DictReader(io.StringIO(done.out))
    }


def test_ten_lines_take_the_place_of_the_trained_component(replacing: Path, tmp_path: Path) -> None:
    digest = tmp_path / "2031-02-03.md"
    digest.write_text(DIGEST, encoding="utf-8")
    store = tmp_path / "kg"
    words = command("build", digest, "--store", store, "--extract-config", replacing)
    done = run(words)
    assert done.code == 0, done
    assert terms(store) == {
        "ZEBRAFISH": ("Model", "introduced"),
        "QUAGGA": ("Model", "other"),
        "GSM8K": ("Model", "other"),
    }


def test_worker_processes_load_it_too(replacing: Path, tmp_path: Path) -> None:
    for day in range(1, 9):
        path = tmp_path / f"2031-02-{day:02}.md"
        path.write_text(DIGEST.replace("3102.00001", f"3102.0000{day}"), encoding="utf-8")
    words = ("build", tmp_path / "*.md", "--jobs", 2, "--store", tmp_path / "kg")
    done = run(command(*words, "--extract-config", replacing))
    assert done.code == 0, done
    assert set(terms(tmp_path / "kg")) == {"ZEBRAFISH", "QUAGGA", "GSM8K"}


def test_its_mentions_have_roles_by_words_and_its_own_confidence(replacing: Path) -> None:
    nlp = make_nlp(replacing)
    found = one(nlp, "ZEBRAFISH: A Thing", "우리는 ZEBRAFISH를 QUAGGA와 비교합니다.")
    assert [mention.exact for mention in found.mentions] == ["ZEBRAFISH", "ZEBRAFISH", "QUAGGA"]
    first, _, last = found.mentions
    assert (first.type, first.role, last.role) == (TermType.MODEL, Role.INTRODUCED, Role.OTHER)
    assert (first.component, str(first.confidence)) == ("custom", "0.50")


def test_explain_tells_what_is_known_of_them(replacing: Path) -> None:
    nlp = make_nlp(replacing)
    said = reasons(nlp, entry("ZEBRAFISH: A Thing"))
    assert said == {
        ("title", 0, 9): (
            "custom: confidence 0.50",
            "role introduced: by the words around the thing",
        )
    }


def test_a_component_beside_the_trained_one_adds_to_it(tmp_path: Path) -> None:
    nlp = make_nlp(write_config(tmp_path, '"kg_terms", "{}"'))
    found = one(nlp, "ZEBRAFISH: A Thing", "우리는 LoRA를 쓰는 ZEBRAFISH를 제안합니다.")
    assert named(found, "LoRA").component.startswith("kg_terms ")
    assert {m.exact for m in found.mentions} >= {"LoRA", "ZEBRAFISH"}
    said = reasons(nlp, found.entry)
    assert set(said) == {(m.section, m.start, m.end) for m in found.mentions}


def test_the_fingerprint_follows_code_and_tables_that_a_config_names(
    replacing: Path, tmp_path: Path
) -> None:
    seen = {fingerprint(), fingerprint(replacing)}
    with (tmp_path / "mine.py").open("a", encoding="utf-8") as code:
        code.write("# changed\n")
    seen.add(fingerprint(replacing))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "model.npz").write_bytes(b"1")
    text = replacing.read_text(encoding="utf-8").replace("data = null", 'data = "tables"')
    replacing.write_text(text, encoding="utf-8")
    seen.add(fingerprint(replacing))
    (tmp_path / "tables" / "model.npz").write_bytes(b"2")
    seen.add(fingerprint(replacing))
    assert len(seen) == 5


def test_a_component_with_an_unknown_type_is_told(tmp_path: Path) -> None:
    nlp: Any = make_nlp(write_config(tmp_path, '"{}"', label="PERSON"))
    with pytest.raises(KGError, match="'PERSON'; expected one of Model"):
        list(extract(nlp, [entry("ZEBRAFISH")]))


@pytest.mark.parametrize("code", [None, "def (", "import no_such_module_of_mine"])
def test_code_that_cannot_be_imported_is_told(
    replacing: Path, tmp_path: Path, code: str | None
) -> None:
    if code is None:
        (tmp_path / "mine.py").unlink()
    else:
        (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    digest = tmp_path / "2031-02-03.md"
    digest.write_text(DIGEST, encoding="utf-8")
    done = kg("build", digest, "--store", tmp_path / "kg", "--extract-config", replacing)
    assert_told(done, "own.cfg: ", "expected a spaCy config of a pipeline")
