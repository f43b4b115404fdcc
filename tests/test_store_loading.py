"""Quads that are loaded while more of them are made: all arrive, and what fails is told."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import StoreError
from kg.store import loading, open_snapshot, open_writer
from kg.store.loading import Spool

LINES = [f'<urn:g{n % 3}> {{ <urn:s{n}> <urn:p> "{n}" }}\n'.encode() for n in range(2_000)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CHUNK", 5_000)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("bulk", [0, 1_000_000])
@pytest.mark.usefixtures("small_chunks")
def test_all_quads_arrive_and_no_file_is_left(early: bool, bulk: int, tmp_path: Path) -> None:
    graph = ox.Store()
    spool = Spool(graph, tmp_path, bulk=bulk, early=early)
    for line in LINES[:-10]:
        spool.write(line)
    spool.load()
    for line in LINES[-10:]:
        spool.write(line)
    spool.finish()
    assert spool.used
    assert len(graph) == len(LINES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_chunks")
def test_a_graph_that_held_something_gets_nothing_before_the_end(tmp_path: Path) -> None:
    graph = ox.Store()
    spool = Spool(graph, tmp_path, bulk=0, early=False)
    spool.write(b"".join(LINES))
    spool.write(LINES[0])
    assert len(graph) == 0
    spool.drop()
    assert len(graph) == 0


def test_a_spool_without_quads_changes_nothing(tmp_path: Path) -> None:
    spool = Spool(ox.Store(), tmp_path, bulk=0, early=True)
    spool.finish()
    assert not spool.used


@pytest.mark.usefixtures("small_chunks")
def test_a_load_that_fails_in_the_background_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    def fail() -> None:
        with open_writer(tmp_path / "kg", wait_s=1) as writer:
            for line in LINES:
                writer.add(line)
            writer.add(b"no quad\n")
            writer.write_derived([])

    with pytest.raises((StoreError, SyntaxError)):
        fail()
    with open_writer(tmp_path / "kg", wait_s=1) as writer:
        writer.add(b"".join(LINES))
        writer.write_derived([("block", b'<urn:g> { <urn:a> <urn:b> "c" }\n')])
    with open_snapshot(tmp_path / "kg") as snapshot:
        assert len(snapshot.graph) == len(LINES) + 1
