"""The commands of ``kg link``: what they print, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import socket
from pathlib import Path

import pytest
import sssom_pydantic

from kg.link.index import Index
from tests import small_links as small
from tests.command_line import ROOT, assert_told, command, kg
from tests.command_line import run as run_process
from tests.small_links import HEAD, decide, decision, everything, rows, run

WORDS = ("", "export", "import", "review", "table", "index", "index build")


@pytest.fixture
def folder(linked: Path) -> Path:
    return linked


@pytest.mark.parametrize("words", WORDS)
def test_each_command_has_help_and_takes_a_store(words: str) -> None:
    done = kg("link", *words.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert "--store DIRECTORY" in done.out


# ------------------------------------------------------------------ kg link


def test_the_summary_goes_to_stderr(folder: Path) -> None:
    done = run(folder)
    assert (done.code, done.data) == (0, b"")
    lines = {line.split()[0]: line.split()[1:] for line in done.err.splitlines()[2:] if line}
    assert lines["Model"] == ["8", "2", "0", "2", "0"]
    assert lines["Benchmark"] == ["3", "1", "1", "0", "0"]
    assert lines["papers"] == ["15", "1", "0", "0", "0"]
    assert lines["authors"] == ["1", "0", "0", "0", "0"]


def test_nothing_to_link_is_no_error(folder: Path) -> None:
    small.write_index(folder / "index", ())
    assert run(folder).code == 0
    assert rows(folder) == []


def test_a_higher_score_can_be_asked_for(folder: Path) -> None:
    assert run(folder, "--min-score", 0.9).code == 0
    assert [row.split(",")[1] for row in rows(folder)] == ["Plimbo", "Quibblenet"]
    assert run(folder, "--min-score", 1.5).code == 2
    assert run(folder, "--min-score", 0.9, "review").code == 2


def test_the_index_may_stand_in_the_environment(folder: Path) -> None:
    small.write_index(folder / "other", small.ITEMS[:1])
    done = kg("link", "--store", folder / "kg", KG_INDEX=str(folder / "other"))
    assert done.code == 0
    assert [row.split(",")[1] for row in rows(folder)] == ["Quibblenet"]


def test_the_packaged_index_is_there(folder: Path) -> None:
    assert kg("link", "--store", folder / "kg").code == 0
    assert "Quibblenet" not in "".join(rows(folder))


def test_offline_opens_no_socket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = everything(folder)
    cache = ("--cache", folder / "cache.db")
    assert run(folder, "--offline").code == 0
    assert run(folder, "--offline", "--live", *cache).code == 0
    assert rows(folder) == rows(folder)
    assert run(folder).code == 0
    assert everything(folder) == before


def test_live_needs_a_contact(folder: Path) -> None:
    before = everything(folder)
    done = run(folder, "--live", "--cache", folder / "cache.db")
    assert_told(done, "contact")
    assert everything(folder) == before


# ------------------------------------------------------------------ kg link export, import


def test_exporting_and_importing_changes_nothing(folder: Path) -> None:
    decide(
        folder,
        decision("term:plimbo", small.PLIMBO_TOO, predicate="skos:closeMatch"),
        decision("term:marfoid", small.MARFOID, modifier="Not", by="Jo Park"),
        decision("term:zumbo", None),
    )
    before = everything(folder)
    path = folder / "all.sssom.tsv"
    done = run(folder, "export", path)
    assert (done.code, done.data, done.err) == (0, b"", "9 links\n")
    for flags in ((), ("--replace",)):
        done = run(folder, "import", path, *flags)
        assert done.err == (
            "3 decisions in force, 0 of them new, 0 taken back; 6 rows of a machine left out\n"
        )
    assert everything(folder) == before
    assert run(folder, "export", "-").data == path.read_bytes()
    mappings, *_ = sssom_pydantic.read(path)
    assert len(mappings) == 9


def test_decisions_move_to_another_store(folder: Path, tmp_path: Path) -> None:
    decide(folder, decision("term:plimbo", None), decision("term:marfoid", small.MARFOID))
    other = small.make(tmp_path / "other")
    text = run(folder, "export", "-").out
    assert run(other, "import", "-", input_=text).err.startswith("2 decisions in force, 2 of them")
    assert run(other).code == 0
    assert everything(other) == everything(folder)


def test_what_cannot_be_read_or_written_is_told(folder: Path) -> None:
    done = run(folder, "import", folder / "none.tsv")
    first, last = done.err.splitlines()
    assert done.code == 1
    assert first == (
        f"kg: {folder}/none.tsv: cannot be read (No such file or directory); expected an SSSOM file"
    )
    assert last.endswith("nothing was changed; mend the rows and load it again")
    assert run(folder, "import", folder).code == 1
    done = run(folder, "export", folder / "none" / "x.tsv")
    assert done.err == (
        f"kg: {folder}/none/x.tsv: cannot be written (No such file or directory); "
        "expected a place with room that you may write\n"
    )
    assert run(folder, "import", "-", input_=b"").err.startswith("kg: standard input: empty; ")
    assert run(folder, "import").code == 2


def test_bad_rows_are_told_as_one_line_each(folder: Path) -> None:
    path = folder / "d.sssom.tsv"
    bad = decision("mesh:a", None) + decision("term:a\x1b]b", None)
    path.write_text("\ufeff" + (HEAD + bad).replace("\n", "\r\n"), encoding="utf-8", newline="")
    done = run(folder, "import", path)
    assert (done.code, done.data) == (1, b"")
    assert len(done.err.splitlines()) == 3
    assert f"kg: {path}:9: subject_id 'mesh:a'; expected a CURIE" in done.err
    assert f"kg: {path}:10: subject_id with the character U+001B" in done.err


# ------------------------------------------------------------------ kg link review


def test_the_least_certain_come_first(folder: Path) -> None:
    done = run(folder, "review", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    table = list(csv.DictReader(io.StringIO(done.out)))
    scores = [(row["qid"] == "", float(row["score"])) for row in table]
    assert scores == sorted(scores), "links by rising score, then those without an item"
    assert [row["label"] for row in table][-2:] == ["Marfoid", "Wugformer"]
    first = table[0]
    assert (first["type"], first["item"], first["relation"]) == ("Benchmark", "blicket examination",
                                                                 "close")  # fmt: skip
    assert first["description"] == "thing of our field"
    assert first["iri"] == "https://w3id.org/paperkg/term/blicketqa"
    assert (
        f"Q{small.MARFOID} (Marfoid, thing of our field) at 0.9241 is not well ahead"
        in (table[-2]["evidence"])
    )
    done = run(folder, "review", "--limit", 2)
    assert done.out.splitlines()[-1] == "2 rows"
    assert run(folder, "review", "--limit", 0).code == 2


def test_a_review_can_be_filled_in_and_loaded(folder: Path) -> None:
    text = run(folder, "review", "--format", "sssom").out
    head, *lines = text.split("subject_id\t")[1].splitlines()
    names = ["subject_id", *head.split("\t")]
    row = dict(zip(names, lines[0].split("\t"), strict=True))
    assert (row["subject_id"], row["author_id"], row["mapping_date"]) == ("term:blicketqa", "", "")
    row |= {"author_id": "orcid:0000-0002-1825-0097", "mapping_date": "2031-03-01"}
    row["predicate_modifier"] = "Not"
    edited = text.replace(lines[0], "\t".join(row.values()))
    done = run(folder, "import", "-", input_=edited)
    assert done.err.startswith("1 decisions in force, 1 of them new"), done.err
    assert "BlicketQA" not in "".join(rows(folder))
    again = run(folder, "review", "--format", "sssom").out
    assert "blicketqa" not in again, "what is decided needs no look"


def test_text_of_strangers_does_not_drive_the_terminal(folder: Path) -> None:
    evil = small.item(small.PLIMBO, "Plimbo", "a\x1b[31mthing")
    small.write_index(folder / "index", (evil,))
    assert run(folder).code == 0
    assert "\x1b" not in run(folder, "review").out
    small.write_index(folder / "index", (small.item(small.PLIMBO, "Plimbo\x00\x1b"),))
    assert run(folder).code == 0
    assert kg("export", "--format", "rdfxml", "--store", folder / "kg").code == 0
    assert "\x1b" not in small.graph(folder) + run(folder, "export", "-").out


# ------------------------------------------------------------------ kg link table, kg link index


def test_a_table_is_linked(folder: Path) -> None:
    text = "type,label,n\nModel,Plimbo,1\nDataset,Nothing,2\nMethodTerm,Quibblenet,3\n"
    done = run(folder, "table", "-", input_=text)
    assert (done.code, done.err) == (0, "2 of 3 rows linked\n")
    table = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["qid"] for row in table] == [f"Q{small.PLIMBO}", "", f"Q{small.QUIBBLENET}"]
    assert [row["n"] for row in table] == ["1", "2", "3"]
    (folder / "t.csv").write_text(text + "Thing,x,4\n", encoding="utf-8-sig")
    done = run(folder, "table", folder / "t.csv")
    assert done.code == 1
    assert f"kg: {folder}/t.csv:5: type 'Thing'; expected one of Model" in done.err
    assert len(done.out.splitlines()) == 5, "the other rows are out"
    assert_told(run(folder, "table", folder / "none.csv"), "none.csv: No such file")


def test_a_table_can_be_streamed(folder: Path) -> None:
    """A reader that goes away ends it; what is read so far is linked."""
    words = command("link", "--index", folder / "index", "table", "-")
    text = "type,label\n" + "Model,Plimbo\n" * 5
    assert run_process(words, text.encode()).out.count("\n") == 6


def test_an_index_is_made_of_a_dump(folder: Path) -> None:
    entity = {
        "type": "item",
        "id": f"Q{small.PLIMBO}",
        "labels": {"en": {"language": "en", "value": "Plimbo"}},
        "descriptions": {"en": {"language": "en", "value": "model of our field"}},
        "claims": {},
        "sitelinks": {},
    }
    dump = folder / "dump.json"
    dump.write_text("[\n" + json.dumps(entity) + "\n]\n", encoding="utf-8")
    out = folder / "made.index"
    done = kg("link", "index", "build", dump, "-o", out, "--jobs", 1)
    assert (done.code, done.data) == (0, b""), done.err
    assert done.err.startswith(f"{out}: 1 items of 1 entities, 0 redirects, 0 problems")
    with Index.open(out) as index:
        assert [hit.qid for hit in index.find("plimbo")] == [small.PLIMBO]
    dump.write_text("[\n" + json.dumps(entity) + ",\n{broken\n", encoding="utf-8")
    done = kg("link", "index", "build", dump, "-o", out, "--jobs", 1)
    assert done.code == 1
    assert f"kg: {dump}" in done.err
    assert_told(kg("link", "index", "build", folder / "none.json", "-o", out), "none.json")


def test_the_example_of_the_docs_is_good() -> None:
    from kg.link.mappings.reading import read_sssom
    from kg.vocab import Iris

    text = (ROOT / "docs" / "linking.md").read_text(encoding="utf-8")
    file = read_sssom(text.split("```tsv\n")[1].split("```")[0].encode(), "docs", Iris())
    assert file.problems == ()
    assert len(file.decisions) == 3
