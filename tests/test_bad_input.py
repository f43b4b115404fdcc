"""What users get wrong, and what disks do: a clear error, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import FOAF

from kg.store import layout, open_snapshot
from tests.command_line import Done, assert_told, command, dump, environment, kg, run
from tests.small_digests import COT, HEADING, LORA, VERSIONS, write_digest

#: rdflib calls deprecated parts of its own.
pytestmark = pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset):DeprecationWarning")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    for date in VERSIONS:
        write_digest(folder, date, 0)
    assert kg("build", folder, "--jobs", 1, "--store", folder / "kg").code == 0
    return folder / "kg"


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    """A store of its own with the small digests."""
    return Path(shutil.copytree(built, tmp_path / "kg"))


@pytest.fixture
def digest(tmp_path: Path) -> Path:
    """A digest that the store does not have yet."""
    path = tmp_path / "2024-09-01.md"
    path.write_text(HEADING.format(date="2024-09-01") + LORA)
    return path


def build(store: Path, *paths: object, **env: str) -> Done:
    return kg("build", *paths, "--jobs", 1, "--store", store, **env)


def assert_problem(done: Done, told: str) -> None:
    """A digest that cannot be read is told on a line of its own; the rest is the summary."""
    assert (done.code, done.data) == (1, b"")
    line, summary = done.err.splitlines()[:2]
    assert line.startswith(told), line
    assert "; " in line
    assert summary.startswith("Read ")
    assert summary.endswith(" 1 problems.")
    assert "Traceback" not in done.err


# --- digests -----------------------------------------------------------------

LATIN_1 = (
    (HEADING.format(date="2024-01-01") + COT + "\n- café\n")
    .replace("이", "e")
    .encode("latin-1", "replace")
)
BAD_FILES = {
    "binary": (bytes(range(256)) * 40, ":3: byte 0x80 at offset 128"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ":2: byte 0xe2"),
    "empty": (b"", ": an empty file; expected '### [title]"),
    "blank": (b" \n\n", ": an empty file; expected '### [title]"),
    "latin-1": (LATIN_1, "byte 0xe9 at offset"),
    "utf-16": ("### [A](https://x.org/1)".encode("utf-16"), "UTF-16"),
    "no entry": (b"# Notes\n\nnothing here\n", ": no entry; expected '### [title]"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_no_digest(kind: str, store: Path, tmp_path: Path) -> None:
    data, told = BAD_FILES[kind]
    path = tmp_path / "2024-01-01.md"
    path.write_bytes(data)
    before = dump(store)
    done = build(store, path)
    assert_problem(done, str(path))
    assert told in done.err.splitlines()[0]
    assert dump(store) == before


def test_a_digest_of_100_mb_is_refused_unread(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "2024-01-01.md"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    before, read = dump(store), bytes_read()
    done = build(store, path)
    assert_problem(done, f"{path}: 100000000 bytes; expected at most 20000000; divide the file")
    if read is not None:
        assert (bytes_read() or 0) - read < 50_000_000
    assert dump(store) == before
    told = f"{path}: 100000000 bytes; expected at most 30000000"
    assert_problem(build(store, path, KG_MAX_DIGEST_MB="30"), told)


def bytes_read() -> int | None:
    """What this process has read so far, where the system tells."""
    try:
        text = Path("/proc/self/io").read_text()
    except OSError:
        return None
    return int(dict(line.split(": ") for line in text.splitlines())["rchar"])


def test_standard_input_has_the_same_limit(store: Path) -> None:
    done = kg("build", "-", "--store", store, input_=b"x" * 2000, KG_MAX_DIGEST_MB="0.001")
    assert_told(done, "kg: standard input: more than 0.001 MB; split it, or raise")


def test_a_folder_without_digests(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text(LORA)
    before = dump(store)
    assert_problem(build(store, folder), f"{folder}: no *.md file in this folder; expected ")
    assert dump(store) == before


@pytest.mark.parametrize("name", ["none.md", "none-*.md", "no/where", "é\udcff.md"])
def test_a_path_that_does_not_exist(name: str, store: Path, tmp_path: Path) -> None:
    before = dump(store)
    assert_problem(build(store, tmp_path / name), f"{tmp_path}/")
    assert dump(store) == before


def test_good_digests_go_in_beside_bad_ones(store: Path, digest: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(store, tmp_path / "alone"))
    assert build(alone, digest).code == 0
    bad = []
    for kind, (data, _) in BAD_FILES.items():
        bad.append(tmp_path / f"{kind}.md")
        bad[-1].write_bytes(data)
    done = build(store, *bad, digest, tmp_path / "none.md")
    assert done.code == 1
    assert len([line for line in done.err.splitlines() if line.startswith(str(tmp_path))]) == (
        len(bad) + 1 + (f"{store} now" in done.err)
    )
    assert dump(store) == dump(alone)


# --- names -------------------------------------------------------------------

NAMES = {
    "hostile to IRIs": '<>"{}|^\\`',
    "right to left": "Mallory \u202eyrollaM",
    "emoji": "🤖",
    "long": "x" * 10_000,
    "address": "http://example.org/a b?c#d",
    "path": "../../etc/passwd",
    "percent": "%2e%2e",
    "markup": "<script>alert(1)</script>",
    "dots": "..",
    "tilde": "~",
    "Korean": "김철수",
    "accents": "Ève Ångström",
}
#: Three spellings of one key, and so one node with all of them as names.
SPELLINGS = ("Ann Lee", "ann  lee", "ANN-LEE")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    brackets = "https://doi.org/10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O"
    authors = ", ".join([*NAMES.values(), *SPELLINGS[:2], "New\nLine"])
    path = folder / "2024-01-01.md"
    path.write_text(
        HEADING.format(date="2024-01-01")
        + f"\n### [A [b] (c) <d>]({brackets})\n\nAuthors: {authors}\n\n- LoRA {{}} <>\n"
        + "\n### [E](https://doi.org/10.1000/a[1]{2}|3)\n\n"
        + f"Authors: {SPELLINGS[2]}\n\n- LoRA\n"
        + '\n### [F](https://example.org/a b"c)\n\n- LoRA\n',
        encoding="utf-8",
    )
    build(folder / "kg", path)
    return folder / "kg"


def names_of(store: Path) -> dict[str, set[str]]:
    """Return the names of each author node."""
    found: dict[str, set[str]] = {}
    with open_snapshot(store) as snapshot:
        name = ox.NamedNode(str(FOAF.name))
        for quad in snapshot.graph.quads_for_pattern(None, name, None, None):
            assert isinstance(quad.subject, ox.NamedNode)
            assert isinstance(quad.object, ox.Literal)
            found.setdefault(quad.subject.value, set()).add(quad.object.value)
    return found


@pytest.mark.parametrize("kind", NAMES)
def test_an_author_of_any_name_is_one_node(kind: str, hostile: Path) -> None:
    nodes = [iri for iri, names in names_of(hostile).items() if NAMES[kind] in names]
    assert len(nodes) == 1
    key = nodes[0].partition("/author/")[2]
    assert key
    assert not set(key) & set('<>"{}|^\\`/?#% \u202e')
    assert key not in (".", "..")


def test_authors_whose_names_make_one_key_are_one_node_with_both_names(hostile: Path) -> None:
    by_node = names_of(hostile)
    (names,) = [names for iri, names in by_node.items() if iri.endswith("/author/ann-lee")]
    assert names == {" ".join(name.split()) for name in SPELLINGS}


@pytest.mark.parametrize("format_", ["ttl", "nt", "nq", "trig", "jsonld", "rdfxml"])
def test_hostile_names_survive_every_format(format_: str, hostile: Path) -> None:
    data = kg("export", "--format", format_, "--store", hostile).data
    names = {"ttl": "turtle", "nq": "nquads", "jsonld": "json-ld", "rdfxml": "xml"}
    graph = rdflib.Dataset() if format_ in ("nq", "trig", "jsonld") else rdflib.Graph()
    graph.parse(data=data, format=names.get(format_, format_))
    quads = graph.quads((None, FOAF.name, None)) if isinstance(graph, rdflib.Dataset) else ()
    found = {str(quad[2]) for quad in quads} or {str(one) for one in graph.objects(None, FOAF.name)}
    assert found >= set(NAMES.values())


def test_hostile_names_fit_the_shapes_and_the_tables(hostile: Path) -> None:
    assert kg("validate", "--store", hostile).code == 0
    done = kg("query", "top-authors", "--store", hostile)
    assert done.code == 0
    assert "\u202e" not in done.out
    assert NAMES["hostile to IRIs"] in done.out


def test_a_doi_with_brackets_is_a_paper(hostile: Path) -> None:
    text = "SELECT ?p { ?p a <https://w3id.org/paperkg/ontology#Paper> } ORDER BY ?p"
    done = kg("query", "-", "--format", "csv", "--store", hostile, input_=text)
    papers = [iri.partition("/paper/")[2] for iri in done.out.split()[1:]]
    sici = "doi/10.1002/(sici)1097-4571(199806)49:8%3C693::aid-asi4%3E3.0.co;2-o"
    assert sorted(papers)[:2] == ["doi/10.1000/a%5B1%5D%7B2%7D%7C3", sici]


# --- queries -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT * {\n ?s ?p }", "kg: query:2:9: does not parse; "),
        ("SELECT * { ?s ?p ?o", "kg: query:1:"),
        ("SELEC * {}", "kg: query:1:"),
        ("SELECT * { ?s nope:x ?o }", "kg: query:1:"),
        ("", "kg: query:1:1: no query; expected SELECT"),
        ("\x00", "kg: query:1:1: "),
        ("SELECT ?x { FILTER(", "kg: query:1:"),
    ],
)
def test_a_query_that_does_not_parse_is_told_with_line_and_column(
    text: str, told: str, built: Path, tmp_path: Path
) -> None:
    assert_told_of_query(kg("query", "-", "--store", built, input_=text), told)
    path = tmp_path / "own.rq"
    path.write_text(text)
    assert_told_of_query(kg("query", path, "--store", built), told)


def test_a_query_that_is_no_text_is_told(built: Path, tmp_path: Path) -> None:
    assert_told(kg("query", "-", "--store", built, input_=b"\xff"), "kg: -: cannot be read")
    (tmp_path / "own.rq").write_bytes(b"\xff")
    told = f"kg: {tmp_path / 'own.rq'}: cannot be read"
    assert_told(kg("query", tmp_path / "own.rq", "--store", built), told)
    told = f"kg: {tmp_path}: no saved query and no file of that name; 'kg queries' lists"
    assert_told(kg("query", tmp_path, "--store", built), told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("papers-mentioning",), "parameter 'name' is missing; expected"),
        (("papers-mentioning", "-p", "nam=x"), "no parameter 'nam'; it has: name"),
        (("papers-mentioning", "-p", "name"), "-p 'name': no '='; expected -p NAME=VALUE"),
        (("papers-mentioning", "-pname=a", "-pname=b"), "'name' is given twice; give it once"),
        (("terms-first-seen", "-p", "month=June"), "'June' is no gYearMonth; expected a month"),
        (("terms-first-seen", "-p", "month=2024-13"), "'2024-13' is no gYearMonth; expected"),
        (("terms-first-seen", "-pmonth=2024-06", "-ptype=X"), "'X'; expected one of: Model, "),
        (("methods-together", "-p", "minimum=two"), "'two' is no integer; expected a whole"),
        (("methods-together", "-p", "minimum=9" * 9), "is no integer; expected a whole number"),
        (("doubtful-mentions", "-p", "below=1e3"), "'1e3' is no decimal; expected a number"),
        (("statistics", "-p", "x=1"), "no parameter 'x'; it has none"),
        (("-", "-p", "x=1"), "-: -p is for saved queries; write the values into the query"),
    ],
)
def test_a_wrong_parameter_is_told(words: tuple[str, ...], told: str, built: Path) -> None:
    assert_told(kg("query", *words, "--store", built, input_="ASK {}"), told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT * {\n FILTER(", ":2:8: '(' is never closed"),
        ("#+ summary: [\nSELECT * { }", ":1: not valid YAML ("),
        ("#+ - x\nSELECT * { }", ":1: the header is no mapping; expected"),
        ("DELETE WHERE { ?s ?p ?o }", ": an update; expected a query"),
        ("#+ defaults:\n#+   - x: 1\nASK { }", "'defaults' names 'x', which is no parameter"),
        ("ASK { BIND(?_x_none_date AS ?y) }", "the prefix 'none' of its datatype"),
    ],
)
def test_a_broken_file_of_saved_queries_is_told(
    text: str, told: str, store: Path, digest: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "good.rq").write_text("ASK { }")
    (folder / "poor.rq").write_text(text)
    before = dump(store)
    for words in (("queries",), ("query", "good"), ("build", digest, "--jobs", 1)):
        done = kg(*words, "--store", store, KG_QUERIES=str(folder))
        assert_told_of_query(done, f"kg: {folder / 'poor.rq'}", told)
    assert dump(store) == before
    (folder / "poor.rq").unlink()
    assert kg("query", "good", "--store", store, KG_QUERIES=str(folder)).out == "true\n"


def assert_told_of_query(done: Done, *parts: str) -> None:
    assert (done.code, done.data) == (1, b"")
    assert done.err.count("\n") == 1
    for part in parts:
        assert part in done.err


def test_a_missing_folder_of_saved_queries_is_told(built: Path, tmp_path: Path) -> None:
    done = kg("queries", "--store", built, KG_QUERIES=str(tmp_path / "no"))
    assert_told(done, f"kg: {tmp_path / 'no'}: no such folder; expected one with *.rq files")


# --- stores ------------------------------------------------------------------


def readers(tmp_path: Path) -> dict[str, tuple[object, ...]]:
    return {
        "stats": ("stats",),
        "query": ("query", "statistics"),
        "export": ("export", "-o", tmp_path / "out.ttl"),
        "validate": ("validate",),
        "backup": ("backup", tmp_path / "backup"),
    }


def writers(digest: Path, backup: Path) -> dict[str, tuple[object, ...]]:
    return {
        "build": ("build", digest, "--jobs", 1),
        "remove": ("remove", "2024-06-04"),
        "restore": ("restore", backup),
    }


def files_of(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_no_store_is_told_by_every_command(built: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    commands = [*readers(tmp_path).values(), ("remove", "2024-06-04")]
    for words in commands:
        told = f"kg: {missing}: no store here; make one with 'kg build PATH --store DIR'"
        assert_told(kg(*words, "--store", missing), told)
    told = f"kg: {missing}: no store here; make one"
    assert_told(kg("restore", missing, "--store", tmp_path / "new"), told)
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_a_newer_version_is_left_alone_by_every_command(
    built: Path, store: Path, digest: Path, tmp_path: Path
) -> None:
    pointer = store / layout.POINTER
    content = json.loads(pointer.read_text())
    pointer.write_text(json.dumps({**content, "format": layout.FORMAT + 1}))
    before = files_of(store)
    commands = {**readers(tmp_path), **writers(digest, built), "serve": ("serve", "--port", "0")}
    for words in commands.values():
        told = f"made by another version of kg; this one reads format {layout.FORMAT}: upgrade"
        assert_told(
            kg(*words, "--store", store), f"kg: {store}: store format {layout.FORMAT + 1}, {told}"
        )
        assert files_of(store) == before, words
    assert not (tmp_path / "out.ttl").exists()


def _damage_graph(generation: Path) -> None:
    for path in (generation / layout.GRAPH).glob("*.sst"):
        path.write_bytes(path.read_bytes()[:100])


def _damage_blocks(generation: Path) -> None:
    for path in (generation / layout.GRAPH).glob("*.sst"):
        data = bytearray(path.read_bytes())
        data[10] ^= 0xFF
        path.write_bytes(data)


def _damage_pointer(generation: Path) -> None:
    (generation.parent / layout.POINTER).write_bytes(b"{")


def _no_current(generation: Path) -> None:
    (generation / layout.GRAPH / "CURRENT").unlink()


def _truncate(name: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        data = (generation / name).read_bytes()
        (generation / name).write_bytes(data[: len(data) // 2])

    return damage


def _overwrite(name: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        size = (generation / name).stat().st_size
        (generation / name).write_bytes((b"garbage!" * size)[:size])

    return damage


def _remove(name: str) -> Callable[[Path], None]:
    return lambda generation: (generation / name).unlink()


def _damage_record(generation: Path) -> None:
    with sqlite3.connect(generation / layout.RECORDS) as db:
        db.execute("UPDATE digest SET record = x'00' WHERE key = '2024-06-03'")
    db.close()


_OTHER_BLOCK = "(SELECT quads FROM block WHERE name = 'ontology')"


def _damage_block(value: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        with sqlite3.connect(generation / layout.RECORDS) as db:
            db.execute(f"UPDATE block SET quads = {value} WHERE name = 'meta'")
        db.close()

    return damage


#: What is done to a store, the commands that cannot do without that part, and some that can.
DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "graph cut": (_damage_graph, "stats query export validate backup build remove", ""),
    "graph blocks": (_damage_blocks, "stats query export build", ""),
    "graph without CURRENT": (_no_current, "query build", ""),
    "generation gone": (shutil.rmtree, "query build", ""),
    "pointer": (_damage_pointer, "stats query export validate backup build remove", ""),
    "records overwritten": (_overwrite(layout.RECORDS), "stats backup build remove", "query"),
    "records cut": (_truncate(layout.RECORDS), "stats backup build", "export"),
    "records gone": (_remove(layout.RECORDS), "stats backup build", "query"),
    "one record": (_damage_record, "build remove", "stats query"),
    "one block": (_damage_block("x'00'"), "build remove", "query"),
    "blocks mixed up": (_damage_block(_OTHER_BLOCK), "build remove", "query"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_store_is_told_and_mended_by_a_backup(
    kind: str, built: Path, store: Path, digest: Path, tmp_path: Path
) -> None:
    (generation,) = store.glob("g-*")
    damage, failing, passing = DAMAGES[kind]
    damage(generation)
    before = files_of(store)
    commands = {**readers(tmp_path), **writers(digest, built)}
    for name in failing.split():
        done = kg(*commands[name], "--store", store)
        assert_told(done, f"kg: {store}: damaged (", "); put back a backup with 'kg restore'")
        assert files_of(store) == before, name
    for name in passing.split():
        assert kg(*commands[name], "--store", store).code == 0, name
    assert kg("restore", built, "--store", store).code == 0
    assert dump(store) == dump(built)
    assert build(store, digest).code == 0, "and it can be written again"


# --- disks -------------------------------------------------------------------


def as_anybody(*words: object) -> list[str]:
    """Return a command that obeys permissions, which root does not; skip where none can."""
    if os.geteuid() != 0:
        return command(*words)
    caps = "-dac_override,-dac_read_search"
    prefix = ["setpriv", "--bounding-set", caps, "--inh-caps=-all", "--ambient-caps=-all"]
    if shutil.which("setpriv") is None or run([*prefix, "true"]).code:
        pytest.skip("permissions do not bind root, and setpriv cannot give that up here")
    return [*prefix, *command(*words)]


@pytest.fixture
def read_only(store: Path) -> Iterator[Path]:
    paths = [store, *store.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & 0o555)
    yield store
    for path in paths:
        if path.exists():
            path.chmod(path.stat().st_mode | 0o200)


def test_a_read_only_store_is_read_and_not_written(
    read_only: Path, built: Path, digest: Path
) -> None:
    told = "cannot be written (Permission denied); expected a folder that you may write"
    for words in writers(digest, built).values():
        done = run(as_anybody(*words, "--store", read_only))
        assert_told(done, f"kg: {read_only}: {told}")
    inside = read_only / "new"
    done = run(as_anybody("build", digest, "--store", inside))
    assert_told(done, f"kg: {inside}: {told}")
    done = run(as_anybody("query", "statistics", "--format", "csv", "--store", read_only))
    assert (done.code, done.err) == (0, "")
    assert dump(read_only) == dump(built)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or run(words).code:
        pytest.skip("needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_told_and_the_store_is_as_it_was(
    built: Path, digest: Path, small_disk: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(built, small_disk / "kg"))
    status = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * (status.f_bavail * status.f_frsize - 60_000))
    for words in writers(digest, built).values():
        done = kg(*words, "--store", store)
        assert_told(done, f"kg: {store}: the disk is full (", "; the store is unchanged: free")
        assert dump(store) == dump(built)
        assert len(list(store.glob("g-*"))) == 1
    out = small_disk / "kg.nt"
    done = kg("export", "-o", out, "--store", store)
    assert_told(done, f"kg: {out}: cannot be written (No space left on device)")
    assert not list(small_disk.glob("*kg.nt*"))
    (small_disk / "filler").unlink()
    assert build(store, digest).code == 0
    whole = Path(shutil.copytree(built, tmp_path / "whole"))
    assert build(whole, digest).code == 0
    assert dump(store) == dump(whole)


LIMITED = """
import resource, signal, sys
from kg.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
main(sys.argv[1:])
"""


def test_a_file_past_its_limit_is_told_as_a_full_disk(
    built: Path, store: Path, digest: Path
) -> None:
    words = [sys.executable, "-c", LIMITED, "build", str(digest), "--store", str(store)]
    done = subprocess.run(words, capture_output=True, env=environment({}), check=False)
    found = Done(done.returncode, done.stdout, done.stderr.decode())
    assert_told(found, f"kg: {store}: the disk is full (", "; the store is unchanged: free space")
    assert dump(store) == dump(built)
    assert len(list(store.glob("g-*"))) == 1
