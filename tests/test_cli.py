"""Building, removing and asking from the command line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.store import layout, open_writer
from kg.vocab import DEFAULT_BASE
from tests.command_line import Done, assert_told, command, dump, environment, kg, run
from tests.small_digests import CLIP, COT, HEADING, LORA, VERSIONS, write_digest
from tests.test_killed_build import processes_of

DATES = sorted(VERSIONS)


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one version of each small digest."""
    folder = tmp_path_factory.mktemp("digests")
    for date in DATES:
        write_digest(folder, date, 0)
    return folder


@pytest.fixture(scope="module")
def built(digests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("built") / "kg"
    assert build(store, digests).code == 0
    return store


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    """A store of its own with the small digests."""
    return Path(shutil.copytree(built, tmp_path / "kg"))


def build(store: Path, *paths: object, input_: str = "") -> Done:
    return kg("build", *paths, "--jobs", 1, "--store", store, input_=input_)


def dates(store: Path) -> list[str]:
    text = "SELECT ?d { ?g <http://purl.org/dc/terms/issued> ?d } ORDER BY ?d"
    done = kg("query", "-", "--format", "csv", "--store", store, input_=text)
    assert done.code == 0, done.err
    return done.out.split()[1:]


# --- what is built -----------------------------------------------------------


def test_a_build_reads_files_folders_patterns_and_standard_input(
    digests: Path, built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    shutil.copy(digests / "2024-07-01.md", folder)
    (folder / "notes.txt").write_text("no digest")
    paths = (digests / "2024-06-03.md", folder, f"{digests}/*-07-02.md", "-")
    text = (digests / "2024-06-04.md").read_text(encoding="utf-8")
    done = build(tmp_path / "kg", *paths, input_=text)
    assert (done.code, done.data) == (0, b""), done.err
    assert dates(tmp_path / "kg") == DATES
    by_file = f'<{DEFAULT_BASE}digest/2024-06-04> <http://purl.org/dc/terms/issued> "2024-06-04"'
    assert by_file in dump(tmp_path / "kg").decode(), "its key is the date in its heading"


def test_one_file_named_twice_is_read_once(digests: Path, tmp_path: Path) -> None:
    path = digests / "2024-07-02.md"
    done = build(tmp_path / "kg", path, digests / "." / path.name, f"{digests}/2024-07-02*")
    assert done.code == 0
    assert "Read 1 entries in 1 digests, 1 of them" in done.err


def test_standard_input_needs_a_date(store: Path) -> None:
    before = dump(store)
    done = build(store, "-", input_=COT)
    assert done.code == 1
    assert done.err.startswith("stdin: no date that names the digest; expected a heading ")
    assert dump(store) == before


def test_a_digest_seen_again_replaces_its_graph(store: Path, tmp_path: Path) -> None:
    before = dump(store)
    write_digest(tmp_path, "2024-06-03", 2)
    done = build(store, tmp_path / "2024-06-03.md")
    assert "1 of them new or changed" in done.err
    after = dump(store)
    assert b"/digest/2024-06-03/2103.00020" in after
    assert b"/digest/2024-06-03/2106.09685" not in after
    assert f"<{DEFAULT_BASE}digest/2024-06-04>".encode() in after
    write_digest(tmp_path, "2024-06-03", 0)
    assert "1 of them new or changed" in build(store, tmp_path / "2024-06-03.md").err
    assert dump(store) == before
    assert "0 of them new or changed" in build(store, tmp_path / "2024-06-03.md").err
    assert dump(store) == before


def test_two_files_of_one_key_are_a_problem(digests: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "2024-06-03.md").write_text(HEADING.format(date="2024-06-03") + CLIP)
    done = build(tmp_path / "kg", digests, other)
    assert done.code == 1
    problem = f"{other}/2024-06-03.md: digest key '2024-06-03' is already that of {digests}"
    assert done.err.startswith(problem)
    assert "/2024-06-03.md; not loaded; rename" in done.err.splitlines()[0]
    assert dates(tmp_path / "kg") == DATES
    assert b"/digest/2024-06-03/2103.00020" not in dump(tmp_path / "kg"), "the first one is in"


def test_an_entry_that_cannot_be_read_is_told_and_the_others_go_in(tmp_path: Path) -> None:
    path = tmp_path / "2024-08-01.md"
    path.write_text(HEADING.format(date="2024-08-01") + "\n### [No link]\n\n- x\n" + LORA)
    done = build(tmp_path / "kg", path)
    assert (done.code, done.data) == (1, b"")
    assert done.err.splitlines()[0].startswith(f"{path}:3: no link in heading '### [No link]'; ")
    assert "Read 2 entries in 1 digests, 1 of them new or changed; 1 problems." in done.err
    assert dates(tmp_path / "kg") == ["2024-08-01"]


def test_a_dry_run_reports_and_writes_nothing(digests: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"\x00\xff")
    target = tmp_path / "kg"
    done = kg("build", digests, "--dry-run", "--store", target)
    assert (done.code, done.err) == (0, "")
    assert done.out == "7 entries in 4 digests, 0 problems\n"
    done = kg("build", digests, tmp_path / "bad.md", "--dry-run", "--jobs", 1, "--store", target)
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[0].startswith(f"{tmp_path / 'bad.md'}: binary data")
    assert done.out.splitlines()[-1] == "7 entries in 4 digests, 1 problems"
    assert not target.exists()


def test_min_confidence_leaves_out_what_is_less_sure(digests: Path, tmp_path: Path) -> None:
    def mentions(least: float) -> int:
        target = tmp_path / f"{least}"
        done = kg(
            *("build", digests / "2024-06-03.md", "--jobs", 1),
            *("--min-confidence", least, "--store", target),
        )
        assert done.code == 0
        found = re.search(r"mentions +(\d+)", done.err)
        assert found
        return int(found[1])

    assert 0 == mentions(1) < mentions(0)


def test_a_store_of_another_base_is_told(store: Path, digests: Path) -> None:
    before = dump(store)
    base = "https://example.org/"
    done = kg("build", digests, "--store", store, KG_BASE_IRI=base)
    assert_told(done, f"built with the base '{DEFAULT_BASE}', not '{base}'; set KG_BASE_IRI")
    assert dump(store) == before


# --- remove ------------------------------------------------------------------


def test_remove_takes_a_digest_out_by_date_and_by_iri(
    store: Path, digests: Path, tmp_path: Path
) -> None:
    done = kg("remove", "2024-06-04", f"{DEFAULT_BASE}digest/2024-07-01", "--store", store)
    assert (done.code, done.data) == (0, b"")
    assert done.err == "removed 2 digests, 2 are left\n"
    left = [digests / "2024-06-03.md", digests / "2024-07-02.md"]
    assert build(tmp_path / "fresh", *left).code == 0
    assert dump(store) == dump(tmp_path / "fresh"), "with all that only they supported"


def test_remove_tells_an_unknown_digest_and_removes_the_others(store: Path) -> None:
    iri = f"{DEFAULT_BASE}digest/2024-07-0"
    done = kg("remove", "2020-01-01", "2024-06-04", iri, "--store", store)
    assert (done.code, done.data) == (1, b"")
    first, *others = done.err.splitlines()
    assert first == "removed 1 digests, 3 are left"
    assert [line.partition(";")[0] for line in others] == [
        f"kg: {store}: no digest '2020-01-01'",
        f"kg: {store}: no digest '{iri}'",
    ]
    assert dates(store) == [date for date in DATES if date != "2024-06-04"]


def test_removing_all_leaves_an_empty_store(store: Path) -> None:
    assert kg("remove", *DATES, "--store", store).code == 0
    assert dump(store) == b""
    assert re.search(r"triples +0 *$", kg("stats", "--store", store).out, re.MULTILINE)


# --- query -------------------------------------------------------------------


def test_a_query_comes_from_a_file_or_standard_input(store: Path, tmp_path: Path) -> None:
    text = "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    path = tmp_path / "own.rq"
    path.write_text("\ufeff" + text, encoding="utf-8")
    found = kg("query", path, "--format", "csv", "--store", store)
    assert (found.code, found.out, found.err) == (0, "n\r\n8\r\n", "")
    same = kg("query", "-", "--format", "csv", "--store", store, input_="\ufeff" + text)
    assert same == found
    assert kg("query", "-", "--store", store, input_="ASK { ?s ?p ?o }").out == "true\n"
    made = kg("query", "-", "--store", store, input_="CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }")
    assert made.out.startswith(("<", "@prefix")), "a graph is Turtle where no format is given"


def test_a_file_with_parameters_is_bound_as_saved_queries_are(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.rq"
    path.write_text("SELECT (?_word AS ?w) (?_count_integer + 1 AS ?n) { }")
    given = ("-p", 'word="} a', "-p", "count=4")
    done = kg("query", path, *given, "--format", "csv", "--store", store)
    assert (done.code, done.out) == (0, 'w,n\r\n"""} a",5\r\n')
    assert_told(
        kg("query", path, "-p", "word=x", "-p", "count=four", "--store", store),
        "'four' is no integer; expected a whole number",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("INSERT DATA { <urn:a> <urn:b> 1 }", "kg: -: is an update; 'kg query' only reads"),
        ("LOAD <http://localhost:1/x>", "LOAD would fetch from another server"),
        ("SELECT * { SERVICE <http://localhost:1/> { ?s ?p ?o } }", "query:1:12: SERVICE would"),
        ("SELECT * {" + "{" * 3000 + "}" * 3000 + "}", "query:1:"),
    ],
)
def test_a_query_that_writes_or_reaches_out_is_refused(text: str, told: str, store: Path) -> None:
    before = dump(store)
    assert_told(kg("query", "-", "--store", store, input_=text), told)
    assert dump(store) == before


def test_a_table_keeps_control_characters_from_the_terminal(store: Path) -> None:
    text = 'SELECT ("\\u001b[31m" AS ?a) ("a\\u202Eb" AS ?b) ("[bold]x" AS ?c) { }'
    done = kg("query", "-", "--store", store, input_=text)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "[bold]x" in done.out, "and markup of strangers is text"


# --- processes ---------------------------------------------------------------


@pytest.mark.parametrize("words", [("export", "--format", "nt"), ("query", "-", "--format", "csv")])
def test_a_reader_that_leaves_is_no_error(words: tuple[str, ...], store: Path) -> None:
    process = subprocess.Popen(
        command(*words, "--store", store),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({}),
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    # More than a pipe holds, so that the writer notices.
    process.stdin.write(b"SELECT * { ?a ?b ?c . ?a ?d ?e }")
    process.stdin.close()
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 0


def test_a_full_output_is_told(store: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full, a file that is always full")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("export", "--store", store),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment({}),
            check=False,
        )
    told = "kg: standard output: No space left on device; free space, or choose another file\n"
    assert (done.returncode, done.stderr.decode()) == (1, told)


def test_a_second_writer_waits_and_is_told_the_first_ones_pid(store: Path, digests: Path) -> None:
    before = dump(store)
    first = subprocess.Popen(
        [*command()[:1], "-c", HOLD, store],
        stdout=subprocess.PIPE,
        env=environment({}),
    )
    try:
        assert first.stdout
        assert first.stdout.readline() == b"writing\n"
        for words in (("build", digests), ("remove", DATES[0]), ("restore", store)):
            start = time.monotonic()
            done = kg(*words, "--store", store, KG_LOCK_WAIT_S="0.5")
            assert 0.5 <= time.monotonic() - start < 20
            who = f"process {first.pid} is writing this store (waited 0.5 s); try again"
            assert_told(done, f"kg: {store}: {who}")
        assert dump(store) == before, "readers go on"
    finally:
        first.kill()
        first.communicate()
    with open_writer(store, wait_s=1):
        pass


HOLD = """
import sys, time
from pathlib import Path
from kg.store import open_writer
with open_writer(Path(sys.argv[1]), wait_s=1):
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes that are started take SIGINT, which they ignore if this one does: tests
    may run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_a_build_and_leaves_the_store_as_it_was(
    jobs: int, store: Path, tmp_path: Path
) -> None:
    before = dump(store)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1, 29):
        (folder / f"2024-02-{number:02}.md").write_text((LORA + COT + CLIP) * 10)
    with subprocess.Popen(
        command("build", folder, "--jobs", jobs, "--store", store),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({}),
        start_new_session=True,
    ) as build_:
        deadline = time.monotonic() + 30
        while len(processes_of(build_.pid)) < jobs or not list(store.glob("g-*/quads*.trig")):
            assert time.monotonic() < deadline
            assert build_.poll() is None
            time.sleep(0.02)
        time.sleep(0.5)
        # A terminal sends it to every process of the group.
        os.killpg(build_.pid, signal.SIGINT)
        # It may be loading Kiwi, which is one call, and takes seconds on a busy machine.
        out, err = build_.communicate(timeout=20)
    assert (build_.returncode, out) == (1, b"")
    assert err.decode() == "kg: stopped; the store is as it was\n"
    deadline = time.monotonic() + 5
    while left := processes_of(build_.pid):
        assert time.monotonic() < deadline, f"processes left over: {left}"
        time.sleep(0.02)
    assert dump(store) == before
    assert len(list(store.glob("g-*"))) == 1
    with layout.write_lock(store, 0.1):
        pass


def test_a_server_says_what_keeps_it_from_starting(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    file = tmp_path / "mine.txt"
    done = run(command("serve", "--port", "0"), KG_STORE=str(file))
    assert_told(done, f"{file}: is a file; expected the folder of a store")
