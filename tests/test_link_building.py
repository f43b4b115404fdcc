"""Making an index from a dump: whole, stopped and gone on with, broken, filtered."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.wikidata_dump import write_dump
from kg.errors import KGError
from kg.link.concepts import known_names
from kg.link.dumps.building import build_index
from kg.link.dumps.index_config import IndexConfig, Reason, read_config
from kg.link.index import Index
from kg.link.items import NameKind
from kg.link.keys import key
from tests.test_link_dump import PACKERS, array, entity, ref, snak

#: Enough for some blocks.
ITEMS = 5_000


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dump") / "dump.json"
    write_dump(path, ITEMS)
    return path


@pytest.fixture(scope="module")
def index(dump: Path) -> Path:
    out = dump.with_name("whole.index")
    built = build_index(dump, out, jobs=2)
    assert built.complete
    return out


def made(tmp_path: Path, *entities: dict[str, Any], **settings: Any) -> tuple[Any, Index]:
    """Build an index of a few entities and open it."""
    dump, out = tmp_path / "few.json", tmp_path / "few.index"
    dump.write_bytes(array(*entities))
    built = build_index(dump, out, config=IndexConfig(**settings), jobs=1)
    return built, Index.open(out)


def classed(number: int, class_: str, **parts: Any) -> dict[str, Any]:
    return entity(number, claims={"P31": [{"mainsnak": ref(class_)}]}, **parts)


def test_dump_of_the_generator_is_told_and_found(dump: Path, index: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    built = build_index(dump, index, jobs=1, progress=lambda *now: seen.append(now))
    assert built.entities == ITEMS
    assert built.items + built.redirects + sum(built.left_out.values()) == ITEMS
    assert set(built.left_out) == {Reason.NO_ITEM, Reason.UNLABELLED, Reason.CLASS}
    assert (built.problem_count, built.problems) == (0, ())
    size = dump.stat().st_size
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ((0, size, 0), (size, size, built.items))
    with Index.open(index) as opened:
        assert len(opened) == built.items
        assert opened.facts()["source"] == "dump.json"
        assert opened.facts()["complete"] == "yes"
        items = list(opened.items())
        for item in items[::50]:
            if len(item.label) <= 50:
                assert item.qid in {hit.qid for hit in opened.find(key(item.label))}
            for property_, value in item.identifiers:
                assert item.qid in opened.by_identifier(property_, value)
        assert any(opened.find_near(key(one.label)[:-1]) for one in items[::40])


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_same_dump_gives_the_same_bytes(
    dump: Path, index: Path, tmp_path: Path, suffix: str
) -> None:
    packed = tmp_path / f"dump{suffix}"
    packed.write_bytes(PACKERS[suffix](dump.read_bytes()))
    first, out = index.read_bytes(), tmp_path / "out.index"
    build_index(packed, out, jobs=3)
    if suffix == ".json":
        assert out.read_bytes() == first
    else:  # the name of the dump is in it
        assert rows(out) == rows(index)
    assert sorted(path.name for path in tmp_path.iterdir()) == [packed.name, "out.index"]


def rows(path: Path) -> list[Any]:
    tables = ("item", "name", "identifier", "redirect", "near")
    with sqlite3.connect(path) as db:
        found = [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    db.close()
    return found


_BUILD = """
import sys
from pathlib import Path
from kg.link.dumps.building import build_index
if __name__ == "__main__":
    build_index(Path(sys.argv[1]), Path(sys.argv[2]), jobs=2,
                progress=lambda *now: print(*now, flush=True))
"""


def test_killed_build_goes_on(dump: Path, index: Path, tmp_path: Path) -> None:
    out, script = tmp_path / "out.index", tmp_path / "build.py"
    script.write_text(_BUILD, encoding="utf-8")
    out.write_bytes(b"the old one")
    command = [sys.executable, str(script), str(dump), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    kept = int(lines[-1].split()[2])
    assert kept > 0
    assert out.read_bytes() == b"the old one"
    seen: list[int] = []
    build_index(dump, out, jobs=1, progress=lambda *now: seen.append(now[2]))
    assert seen[0] >= kept
    assert out.read_bytes() == index.read_bytes()


def test_build_starts_anew_for_another_dump_or_config(dump: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "out.index", tmp_path / "out.index.work"
    work.mkdir()
    (work / "plan.json").write_text("{}", encoding="utf-8")
    (work / "0.sqlite").write_bytes(b"of another build")
    seen: list[int] = []
    build_index(dump, out, jobs=1, progress=lambda *now: seen.append(now[2]))
    assert seen[0] == 0
    assert not work.exists()


@pytest.mark.parametrize("suffix", [".json", ".json.bz2"])
def test_cut_dump_gives_an_index_of_what_was_read(dump: Path, tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](dump.read_bytes())
    cut, out = tmp_path / f"cut{suffix}", tmp_path / "out.index"
    cut.write_bytes(packed[: len(packed) // 2])
    built = build_index(cut, out, jobs=1)
    assert not built.complete
    assert ITEMS // 4 < built.entities < ITEMS * 3 // 4
    assert f"{cut}: byte {len(packed) // 2:,} of the file" in built.problems[-1]
    assert ", line " in built.problems[-1]
    with Index.open(out) as opened:
        assert len(opened) == built.items
        assert opened.facts()["complete"] == "no"


def test_bad_line_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    dump = tmp_path / "bad.json"
    good = [orjson.dumps(entity(number)) for number in (1, 2)]
    dump.write_bytes(b"[\n" + good[0] + b",\n{broken,\n17,\n" + good[1] + b"\n]\n")
    built = build_index(dump, tmp_path / "out.index", jobs=1)
    assert (built.items, built.complete, built.problem_count) == (2, True, 2)
    assert [line.split(": ")[0] for line in built.problems] == [f"{dump}:3", f"{dump}:4"]
    assert built.problems[1] == f"{dump}:4: a JSON int; expected the JSON of an entity"


@pytest.mark.parametrize("text", [b"", b"[\n]\n", b"<html>\n<body>no dump</body>\n"])
def test_file_without_entities_is_refused(tmp_path: Path, text: bytes) -> None:
    dump = tmp_path / "none.json"
    dump.write_bytes(text)
    with pytest.raises(KGError, match=r"none\.json.*; expected a Wikidata JSON dump"):
        build_index(dump, tmp_path / "out.index", jobs=1)
    assert not (tmp_path / "out.index").exists()


def test_redirects_cycles_and_repeated_items(tmp_path: Path) -> None:
    cycle = {"P279": [{"mainsnak": ref("Q900000002")}]}
    back = {"P279": [{"mainsnak": ref("Q900000001")}]}
    again = entity(2, descriptions={"en": {"language": "en", "value": "the later one"}})
    built, index = made(
        tmp_path,
        entity(1, claims=cycle),
        entity(2, claims=back),
        {"id": "Q900000003", "redirect": "Q900000002"},
        {"id": "Q900000004", "redirect": "Q900000004"},
        {"id": "Q900000005", "missing": ""},
        {"id": "Qx", "labels": {}},
        {**again, "claims": back},
    )
    with index:
        assert (built.items, built.redirects, built.left_out) == (2, 2, {Reason.NO_ITEM: 2})
        moved = index.item(900_000_003)
        assert moved is not None
        assert (moved.qid, moved.description) == (900_000_002, "the later one")
        assert index.item(900_000_004) is None
        assert [hit.qid for hit in index.find(key("thing 2"))] == [900_000_002]


def test_filter_leaves_out_and_keeps(tmp_path: Path) -> None:
    person = entity(
        3, claims={"P31": [{"mainsnak": ref("Q5")}], "P496": [{"mainsnak": snak("0000-0001")}]}
    )
    paper = entity(4, claims={"P818": [{"mainsnak": snak("2601.00001")}]})
    entities = (
        classed(1, "Q5", sitelinks={"enwiki": {}}),
        classed(2, "Q900000009", sitelinks={"enwiki": {}, "kowiki": {}}),
        person,
        paper,
        entity(5, labels=[]),
    )
    built, index = made(tmp_path, *entities)
    with index:
        assert [item.qid % 10 for item in index.items()] == [2, 3, 4]
        assert built.left_out == {Reason.CLASS: 1, Reason.UNLABELLED: 1}
        assert index.by_identifier("P818", "2601.00001") == [900_000_004]
    settings = {"leave_out": (), "papers": False, "people": False, "min_sitelinks": 2}
    built, index = made(tmp_path, *entities, **settings, unlabelled=True)
    with index:
        assert [item.qid % 10 for item in index.items()] == [2]
        assert built.left_out == {Reason.PAPER: 1, Reason.PERSON: 1, Reason.SITELINKS: 2}
    built, index = made(tmp_path, *entities, keep=("Q900000009",), papers=False, people=False)
    with index:
        assert [item.qid % 10 for item in index.items()] == [2]


def test_titles_of_papers_are_no_names(tmp_path: Path) -> None:
    label = {"en": {"language": "en", "value": "On things " * 8}}
    paper = {"P356": [{"mainsnak": snak("10.1/X")}]}
    aliases = {"en": [{"language": "en", "value": "ThingNet"}]}
    _, index = made(tmp_path, entity(1, labels=label, aliases=aliases, claims=paper))
    with index:
        assert [hit.qid for hit in index.find(key("ThingNet"))] == [900_000_001]
        assert index.find(key("On things " * 8)) == []
        assert index.by_identifier("P356", "10.1/X") == [900_000_001]


def test_names_in_use_are_merged_in(tmp_path: Path) -> None:
    qid, known = next((qid, one) for qid, one in known_names().items() if one.exact)
    label = {"en": {"language": "en", "value": "a label"}}
    human = {"P31": [{"mainsnak": ref("Q5")}]}
    _, index = made(tmp_path, {"id": qid, "labels": label, "claims": human})
    with index:
        item = index.item(int(qid[1:]))
        assert item is not None
        assert (item.sense, item.types) == (known.sense, known.types)
        hits = index.find(key(known.exact[0]))
        assert [(hit.qid, hit.kind) for hit in hits] == [(item.qid, NameKind.KNOWN)]


def test_no_leave_to_write_is_one_line(dump: Path, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "none" / "out.index", dump / "out.index"):
        with pytest.raises(KGError, match="expected a file to write") as told:
            build_index(dump, out, jobs=1)
        assert "\n" not in str(told.value)
    with pytest.raises(KGError, match="expected a Wikidata dump"):
        build_index(tmp_path / "none.json", tmp_path / "out.index", jobs=1)


def test_full_disk_is_told_and_a_second_run_ends(dump: Path, index: Path, tmp_path: Path) -> None:
    out, script = tmp_path / "out.index", tmp_path / "build.py"
    script.write_text(_BUILD, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(dump), str(out)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)),
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "kg.errors.KGError" in last
    assert "expected room and leave to write, then run the same again to go on" in last
    assert not out.exists()
    build_index(dump, out, jobs=1)
    assert out.read_bytes() == index.read_bytes()


def test_config_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "index.toml"
    path.write_text('languages = ["en", "de"]\nleave_out = ["Q5", "Q5"]\nmin_sitelinks = 3\n')
    config = read_config(path)
    assert config == IndexConfig(languages=("en", "de"), leave_out=("Q5",), min_sitelinks=3)
    for text, told in (
        ("language = 'en'", "no setting 'language'; it has: languages, leave_out"),
        ("languages = []", "languages: no language"),
        ("languages = ['e n']", "'e n'; expected a code of a language"),
        ("keep = ['P31']", "keep: 'P31'; expected ids of classes"),
        ("keep = 'Q5'", "keep: 'Q5'; expected a list of texts"),
        ("min_sitelinks = -1", "expected 0 or more"),
        ("papers = 1", "expected true or false"),
        ("papers", "expected TOML"),
    ):
        path.write_text(text)
        with pytest.raises(KGError, match=told):
            read_config(path)


def test_two_builds_of_one_index_do_not_meet(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.index"
    told: list[str] = []

    def second(*_: int) -> None:
        if not told:
            with pytest.raises(KGError) as error:
                build_index(dump, out, jobs=1)
            told.append(str(error.value))

    build_index(dump, out, jobs=1, progress=second)
    assert "another process makes this index" in told[0]
    assert os.path.getsize(out) > 0
