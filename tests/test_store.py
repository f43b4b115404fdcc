"""The store on disk: generations, locks, snapshots, export."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import BadRequest, StoreError, StoreLocked
from kg.store import (
    FORMATS,
    backup,
    export,
    layout,
    open_snapshot,
    open_writer,
    restore,
    snapshot_id,
)
from kg.vocab import PREFIXES

A, B, C = (f"<https://example.org/{name}>" for name in "abc")


def quad(subject: str, object_: str, graph: str) -> bytes:
    return f"{subject} <https://example.org/p> {object_} {graph} .\n".encode()


def trig(quad: bytes) -> bytes:
    """Return a derived block with this quad."""
    triple, graph, _ = quad.rsplit(b" ", 2)
    return graph + b" {\n" + triple + b" .\n}\n"


def blocks(*lines: bytes) -> list[tuple[str, bytes]]:
    return [(line.decode(), trig(line)) for line in lines]


def write(store: Path, *lines: bytes) -> None:
    with open_writer(store, wait_s=1) as writer:
        writer.write_derived(blocks(*lines))


def content(store: Path, format_: str = "nq") -> bytes:
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, format_, prefixes=PREFIXES)
    return out.getvalue()


def test_derived_blocks_are_replaced_where_they_differ(tmp_path: Path) -> None:
    store = tmp_path / "s"
    with open_writer(store, wait_s=1) as writer:
        writer.write_derived([("a", trig(quad(A, '"1"', C))), ("b", trig(quad(A, '"2"', C)))])
    with open_writer(store, wait_s=1) as writer:
        writer.graph.remove(next(iter(writer.graph.quads_for_pattern(None, None, ox.Literal("2")))))
        three, two = trig(quad(B, '"3"', C)), trig(quad(A, '"2"', C))
        writer.write_derived([("a", three), ("b", two), ("c", b"")])
    assert content(store) == quad(B, '"3"', C), "the block that is as it was is not written"
    with open_writer(store, wait_s=1) as writer:
        writer.write_derived([("d", three)])
    assert content(store) == quad(B, '"3"', C), "a quad may move from one block to another"
    with open_snapshot(store) as snapshot, snapshot.records() as records:
        assert list(records.blocks()) == [("d", three)]


def test_a_write_may_be_left_unpublished(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', C))
    before = snapshot_id(tmp_path / "s")
    with open_writer(tmp_path / "s", wait_s=1) as writer:
        writer.write_derived(blocks(quad(A, '"1"', C)))
        assert not writer.changed
        writer.publish = writer.changed
    assert snapshot_id(tmp_path / "s") == before
    assert len(list((tmp_path / "s").glob("g-*"))) == 1


def test_no_graph_is_listed_when_its_last_quad_goes(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', C))
    write(tmp_path / "s")
    with open_snapshot(tmp_path / "s") as snapshot:
        assert list(snapshot.graph.named_graphs()) == []


def test_an_error_in_a_write_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', C))
    before = snapshot_id(tmp_path / "s")
    with pytest.raises(ZeroDivisionError):
        _fail_in_the_middle(tmp_path / "s")
    assert snapshot_id(tmp_path / "s") == before
    assert content(tmp_path / "s") == quad(A, '"1"', C)
    assert len(list((tmp_path / "s").glob("g-*"))) == 1


def _fail_in_the_middle(store: Path) -> None:
    with open_writer(store, wait_s=1) as writer:
        writer.write_derived([])
        raise ZeroDivisionError


def test_a_reader_keeps_its_snapshot_while_writes_go_on(tmp_path: Path) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"1"', C))
    with open_snapshot(store) as old:
        for number in range(2, 6):
            write(store, quad(A, f'"{number}"', C))
        assert [q.object.value for q in old.graph] == ["1"]
        with open_snapshot(store) as new:
            assert [q.object.value for q in new.graph] == ["5"]
            assert new.id != old.id
    write(store, quad(A, '"6"', C))
    assert len(list(store.glob("g-*"))) == 1, "generations that nobody reads are removed"


def test_a_reader_opens_a_snapshot_while_another_process_publishes(tmp_path: Path) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"0"', C))
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_publish_often, args=(store, 40))
    writer.start()
    seen = 0
    while writer.is_alive():
        with open_snapshot(store) as snapshot:
            assert len(snapshot.graph) == 1
            seen += 1
    writer.join()
    assert writer.exitcode == 0
    assert seen > 10


def _publish_often(store: Path, times: int) -> None:
    for number in range(times):
        write(store, quad(A, f'"{number}"', C))


HOLD = """
import sys, time
from pathlib import Path
from kg.store import open_writer
with open_writer(Path(sys.argv[1]), wait_s=1):
    print("writing", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_told_the_first_ones_pid(tmp_path: Path) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"1"', C))
    first = subprocess.Popen([sys.executable, "-c", HOLD, store], stdout=subprocess.PIPE)
    try:
        assert first.stdout
        first.stdout.readline()
        start = time.monotonic()
        with pytest.raises(StoreLocked, match=f"process {first.pid} is writing"):
            write_with_wait(store, 0.3)
        assert 0.3 <= time.monotonic() - start < 20  # the first one holds it for a minute
        assert content(store) == quad(A, '"1"', C), "readers go on"
    finally:
        first.kill()
        first.communicate()
    write(store, quad(A, '"2"', C))  # the lock of a killed process is gone
    assert len(list(store.glob("g-*"))) == 1, "and so is what it left"


def write_with_wait(store: Path, wait_s: float) -> None:
    with open_writer(store, wait_s=wait_s):
        pass


def test_backup_is_a_store_and_restore_brings_it_back(tmp_path: Path) -> None:
    store, copy = tmp_path / "s", tmp_path / "copy"
    write(store, quad(A, '"1"', C))
    backup(store, copy, wait_s=1)
    write(store, quad(A, '"2"', C))
    assert content(copy) == quad(A, '"1"', C)
    restore(store, copy, wait_s=1)
    assert content(store) == quad(A, '"1"', C)
    with pytest.raises(StoreError, match="is not empty"):
        backup(store, copy, wait_s=1)


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"1"', C))
    pointer = store / layout.POINTER
    content_ = json.loads(pointer.read_text())
    pointer.write_text(json.dumps({**content_, "format": layout.FORMAT + 1}))
    for use in (content, lambda s: write(s, quad(A, '"2"', C))):
        with pytest.raises(StoreError, match="upgrade paperkg"):
            use(store)
    assert (store / content_["generation"]).is_dir(), "nothing is removed from it"


@pytest.mark.parametrize(
    "bad", ["", "{", "[]", '{"format": 2}', '{"format":2,"generation":"../x","id":"1"}']
)
def test_a_damaged_pointer_is_told(tmp_path: Path, bad: str) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"1"', C))
    (store / layout.POINTER).write_text(bad)
    with pytest.raises(StoreError, match=r"damaged|expected"):
        content(store)


def test_a_folder_with_other_files_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds other files"):
        write(tmp_path, quad(A, '"1"', C))
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        write(tmp_path / "s", quad(A, '"1"', C))
    with pytest.raises(StoreError, match="is a file"):
        content(tmp_path / "s")


def test_no_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="kg build"):
        content(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    store = tmp_path / "s"
    write(store, quad(A, '"1"', C))
    code = (
        "import resource, signal, sys; from pathlib import Path; from kg.store import open_writer\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "p, g = '<https://example.org/p>', '<https://example.org/g>'\n"
        "s = '<https://example.org/%d>'\n"
        "lines = [f'{g} {{ {s % n} {p} \"{n * 7919}\" }}\\n'.encode() for n in range(200000)]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "try:\n"
        "    with open_writer(Path(sys.argv[1]), wait_s=1) as w:\n"
        "        w.write_derived((str(n), line) for n, line in enumerate(lines))\n"
        "except Exception as error: print(type(error).__name__, error); sys.exit(1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, store], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("StoreError"), done.stdout
    assert "the disk is full" in done.stdout
    assert content(store) == quad(A, '"1"', C)
    assert len(list(store.glob("g-*"))) == 1


@pytest.mark.parametrize("format_", ["ttl", "nt", "nq", "trig", "jsonld", "rdfxml"])
def test_equal_stores_give_equal_bytes(tmp_path: Path, format_: str) -> None:
    lines = [quad(A, '"1"', C), quad(B, '"2"', C), quad(A, B, B), quad(A, '"x"@ko', C)]
    write(tmp_path / "one", *lines)
    for line in reversed(lines):
        write(tmp_path / "two", line)
    write(tmp_path / "two", *reversed(lines))
    one, two = content(tmp_path / "one", format_), content(tmp_path / "two", format_)
    assert one == two
    parsed = list(ox.parse(one, format=FORMATS[format_]))
    assert len(parsed) == 4


def test_the_union_has_each_triple_once(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', B), quad(A, '"1"', C))
    assert content(tmp_path / "s", "nt").count(b"\n") == 1
    assert content(tmp_path / "s", "nq").count(b"\n") == 2


def test_an_unknown_export_format_is_told(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', B))
    with pytest.raises(BadRequest, match="expected one of: ttl"):
        content(tmp_path / "s", "docx")


def test_export_sorts_more_than_fits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [quad(A, f'"{number}"', C) for number in range(1000)]
    write(tmp_path / "s", *lines)
    whole = content(tmp_path / "s")
    monkeypatch.setattr("kg.store.sorting.sorted_unique.__kwdefaults__", {"chunk": 64})
    assert content(tmp_path / "s") == whole
    assert whole.splitlines() == sorted(whole.splitlines())


def test_no_process_holds_the_lock_after_a_write(tmp_path: Path) -> None:
    write(tmp_path / "s", quad(A, '"1"', C))
    held = [
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}")
    ]
    assert not [path for path in held if str(tmp_path) in path]
