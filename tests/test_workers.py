"""Query workers: deadline, memory, flat streams, snapshots, and that none is left over."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import (
    BadRequest,
    KGError,
    QueryStopped,
    QuerySyntaxError,
    QueryTimeout,
    StoreError,
    TooManyQueries,
)
from kg.store import open_writer, snapshot_id
from kg.web.blocking import Answer, BlockingPool
from kg.web.jobs import CountJob, Dataset, QueryJob, TableJob
from kg.web.process import process_context
from kg.web.reader import EMPTY
from kg.web.worker import FRAME_BYTES
from kg.web.workers import Pool, PoolLimits
from tests.server_process import (
    BASE,
    ENDLESS,
    HUNGRY,
    TRIPLES,
    alive,
    descendants,
    many_quads,
    memory_mb,
    wait_until,
    write_store,
)

#: Enough for an answer of many frames.
ROWS = 60_000
ALL = QueryJob("SELECT * { ?s ?p ?o }", "csv")
ASK = QueryJob("ASK { ?s ?p ?o }", "json")
TRUE = b'{"head":{},"boolean":true}'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("workers") / "kg", many_quads(ROWS))


@pytest.fixture(scope="module")
def pool(store: Path) -> Iterator[BlockingPool]:
    pool = BlockingPool(Pool(store, PoolLimits(1, 2.0, 300)))
    yield pool
    pool.close()


def worker_pids() -> set[int]:
    """The workers of this process: what its fork server has started."""
    started = {pid for child in descendants(os.getpid()) for pid in descendants(child)}
    return {pid for pid in started if alive(pid)}


def test_small_answer_comes_whole(pool: BlockingPool, store: Path) -> None:
    answer = pool.run(ASK)
    assert answer.whole == TRUE
    assert list(answer) == [TRUE]
    assert answer.snapshot == snapshot_id(store)


def test_large_answer_streams_in_flat_memory(pool: BlockingPool) -> None:
    pool.run(ASK).read()
    before = {pid: memory_mb(pid) for pid in worker_pids()}
    answer = pool.run(ALL)
    assert answer.whole is None
    frames = list(answer)
    assert max(map(len, frames)) <= FRAME_BYTES + 16 * 1024
    assert b"".join(frames).count(b"\n") == ROWS + TRIPLES + 1
    for pid in worker_pids():
        assert memory_mb(pid) - before[pid] < 50


def test_deadline_kills_and_the_next_query_succeeds(pool: BlockingPool) -> None:
    pool.run(ASK).read()
    started = time.monotonic()
    with pytest.raises(QueryTimeout, match="stopped after 2 s"):
        pool.run(QueryJob(ENDLESS, "csv"))
    took = time.monotonic() - started
    assert 1.95 <= took < 10  # it would take minutes
    assert pool.run(ASK).read() == TRUE


def test_deadline_counts_work_and_not_a_slow_client(pool: BlockingPool) -> None:
    frames = iter(pool.run(ALL))
    first = [next(frames), next(frames)]
    time.sleep(pool.timeout_s + 0.5)
    assert b"".join([*first, *frames]).count(b"\n") == ROWS + TRIPLES + 1


def test_memory_limit_stops_a_query(store: Path) -> None:
    pool = BlockingPool(Pool(store, PoolLimits(1, 30.0, 100)))
    try:
        with pytest.raises(QueryStopped, match="memory limit"):
            pool.run(QueryJob(HUNGRY, "csv"))
        assert pool.run(ASK).read() == TRUE
    finally:
        pool.close()


def test_crash_of_a_worker_is_told_and_mended(pool: BlockingPool) -> None:
    pool.run(ASK).read()
    before = worker_pids()
    frames = iter(pool.run(ALL))
    next(frames)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(QueryStopped):
        list(frames)
    assert pool.run(ASK).read() == TRUE
    assert wait_until(lambda: not before & worker_pids())


def test_idle_worker_that_died_is_replaced(pool: BlockingPool) -> None:
    pool.run(ASK).read()
    before = worker_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(alive(pid) for pid in before))
    assert pool.run(ASK).read() == TRUE


def test_answer_closed_early_frees_its_worker(pool: BlockingPool) -> None:
    answer = pool.run(ALL)
    next(iter(answer))
    answer.close()
    assert pool.run(ASK).read() == TRUE
    with pytest.raises(QueryStopped, match="not read in time"):
        list(itertools.islice(answer, 1, None))


def test_client_that_stopped_reading_loses_its_worker(pool: BlockingPool) -> None:
    stalled = iter(pool.run(ALL))
    next(stalled)
    time.sleep(pool.timeout_s)
    assert pool.run(ASK).read() == TRUE
    with pytest.raises(QueryStopped, match="not read in time"):
        list(stalled)


def test_no_worker_free_in_time(pool: BlockingPool) -> None:
    errors: list[KGError] = []

    def long() -> None:
        try:
            pool.run(QueryJob(ENDLESS, "csv")).read()
        except KGError as error:
            errors.append(error)

    threads = [threading.Thread(target=long) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 8.0
    kinds = sorted(type(error).__name__ for error in errors)
    assert len(kinds) == 4
    assert "Overloaded" in kinds
    assert "QueryTimeout" in kinds
    assert pool.run(ASK).read() == TRUE


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("SELECT *\nWHERE { ?s ?p", 2, 14, "expected one of"),
        ("ASK { ?s no:such ?o }", 1, 17, "Prefix not found"),
        ("SELECT ?x (COUNT(?y) AS ?n) { ?x ?p ?y }", 1, 41, "unbound"),
    ],
)
def test_syntax_errors_have_a_place(
    pool: BlockingPool, text: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(QuerySyntaxError, match=reason) as caught:
        pool.run(QueryJob(text, "csv"))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "\n" not in str(caught.value)
    assert pool.run(ASK).read() == TRUE


def test_graphs_of_the_protocol(pool: BlockingPool) -> None:
    def count(text: str, dataset: Dataset) -> int:
        return int(pool.run(QueryJob(text, "csv", dataset)).read().split()[1])

    default, named = (
        "SELECT (COUNT(*) AS ?n) {?s ?p ?o}",
        "SELECT (COUNT(*) AS ?n) {GRAPH ?g {?s ?p ?o}}",
    )
    own, gone = "https://example.org/own", "https://example.org/not-there"
    assert count(default, Dataset()) == ROWS + TRIPLES
    assert count(default, Dataset((own,), ())) == 1
    assert count(named, Dataset((own,), ())) == 0
    assert count(default, Dataset((), (own,))) == 0
    assert count(named, Dataset((), (own,))) == 1
    assert count(default, Dataset((own, f"{BASE}graph/meta"), ())) == 2
    assert count(default, Dataset((gone,), ())) == 0
    from_own = "SELECT (COUNT(*) AS ?n) FROM <https://example.org/own> {?s ?p ?o}"
    assert count(from_own, Dataset(has_from=True)) == 1
    assert count(from_own, Dataset((f"{BASE}graph/meta", own), ())) == 2


def test_table_stops_at_its_limit(pool: BlockingPool) -> None:
    table = json.loads(pool.run(TableJob("SELECT ?o { ?s <urn:p> ?o }", 3)).read())
    assert len(table["rows"]) == 3
    assert table["more"] is True
    assert table["variables"] == ["o"]


def test_store_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    store = tmp_path / "none"
    pool = BlockingPool(Pool(store, PoolLimits(1, 5.0, 300)))
    try:
        told = json.loads(pool.run(CountJob()).read())
        assert (told["snapshot"], told["triples"]) == (EMPTY, 0)
        assert not store.exists()
        write_store(store)
        assert json.loads(pool.run(CountJob()).read())["triples"] == TRIPLES
    finally:
        pool.close()


def test_new_snapshot_is_picked_up_and_the_old_one_let_go(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    pool = BlockingPool(Pool(store, PoolLimits(2, 5.0, 300)))
    try:
        first = pool.run(CountJob())
        assert json.loads(first.read())["triples"] == TRIPLES
        write_store(store, many_quads(10))
        second = pool.run(CountJob())
        assert json.loads(second.read())["triples"] == TRIPLES + 10
        assert first.snapshot != second.snapshot == snapshot_id(store)
        time.sleep(2.5)  # idle workers look for a new snapshot every second
        with open_writer(store, wait_s=5) as writer:
            writer.graph.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("o")))
        generations = sorted(path.name for path in store.glob("g-*"))
        assert len(generations) <= 2
    finally:
        pool.close()


def test_damaged_store_is_an_error_and_mends(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    pointer = store / "store.json"
    good = pointer.read_bytes()
    pool = BlockingPool(Pool(store, PoolLimits(1, 5.0, 300)))
    try:
        assert pool.run(ASK).read() == TRUE
        pointer.write_bytes(b"{")
        with pytest.raises(StoreError):
            pool.run(ASK)
        pointer.write_bytes(good)
        assert pool.run(ASK).read() == TRUE
    finally:
        pool.close()


def test_odd_query_is_the_callers_fault(pool: BlockingPool) -> None:
    with pytest.raises((BadRequest, QuerySyntaxError)):
        pool.run(QueryJob("SELECT * { ?s ?p ?o } LIMIT 99999999999999999999999", "csv"))
    assert pool.run(ASK).read() == TRUE


def test_failed_queries_do_not_raise_the_share_of_a_client(store: Path) -> None:
    pool = BlockingPool(Pool(store, PoolLimits(2, 5.0, 300, per_client=1)))
    try:
        for _ in range(5):
            with pytest.raises(QuerySyntaxError):
                pool.run(QueryJob("SELECT *", "csv"), "a")
            with pytest.raises(QueryTimeout):
                pool.run(QueryJob(ENDLESS, "csv"), "a", 0.1)
        running = pool.run(ALL, "a")
        with pytest.raises(TooManyQueries):
            pool.run(ASK, "a")
        assert pool.run(ASK, "b").read() == TRUE
        running.read()
        assert pool.run(ASK, "a").read() == TRUE
    finally:
        pool.close()


def test_long_path_for_temporary_files(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local socket's path has at most 107 bytes."""
    folder = tmp_path / ("t" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert process_context().get_start_method() == "spawn"
    pool = BlockingPool(Pool(store, PoolLimits(2, 30.0, 300)))
    try:
        assert pool.run(ASK).read() == TRUE
    finally:
        pool.close()


def test_pool_closes_all(store: Path) -> None:
    before = worker_pids()
    pool = BlockingPool(Pool(store, PoolLimits(2, 5.0, 300)))
    pool.run(ASK).read()
    ours = worker_pids() - before
    assert len(ours) == 2
    running: Answer = pool.run(ALL)
    pool.close()
    assert wait_until(lambda: not any(alive(pid) for pid in ours))
    with pytest.raises(QueryStopped):
        list(itertools.islice(running, 1, None))
    with pytest.raises(QueryStopped, match="stopping"):
        pool.run(ASK)


def test_workers_end_with_a_killed_parent(store: Path, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys, threading
            from pathlib import Path
            from kg.web.jobs import QueryJob
            from kg.web.blocking import BlockingPool
            from kg.web.workers import Pool, PoolLimits

            if __name__ == "__main__":
                pool = BlockingPool(Pool(Path({str(store)!r}), PoolLimits(2, 60.0, 300)))
                pool.run(QueryJob("ASK {{}}", "json")).read()
                threading.Thread(
                    target=lambda: pool.run(QueryJob({ENDLESS!r}, "csv")), daemon=True
                ).start()
                print("ready", flush=True)
                sys.stdin.read()
            """
        ),
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        time.sleep(0.5)  # the endless query is under way
        children = descendants(parent.pid)
        assert len(children) >= 3
        parent.kill()
        parent.wait(5)
    assert wait_until(lambda: not any(alive(pid) for pid in children), 3.0)
