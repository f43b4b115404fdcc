"""The one invariant: a store is what a build from scratch from the same digests gives."""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import pipeline
from kg.settings import Settings
from kg.store import export, open_snapshot, open_writer, snapshot_id
from kg.vocab import DEFAULT_BASE, PREFIXES
from tests.small_digests import VERSIONS, write_digest, write_many

DATES = sorted(VERSIONS)
State = frozenset[tuple[str, int]]

build_step = st.lists(
    st.sampled_from(DATES).flatmap(
        lambda date: st.tuples(st.just(date), st.integers(0, len(VERSIONS[date]) - 1))
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda pair: pair[0],
)
remove_step = st.lists(st.sampled_from(DATES), min_size=1, max_size=2, unique=True)
steps = st.lists(st.one_of(build_step, remove_step), min_size=1, max_size=6)


def dump(store: Path, graph: str | None = None) -> bytes:
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, "nq", prefixes=PREFIXES, graph=graph)
    return out.getvalue()


def run_build(store: Path, digests: list[tuple[str, int]], jobs: int = 1) -> None:
    with tempfile.TemporaryDirectory() as name:
        paths = [str(write_digest(Path(name), date, version)) for date, version in digests]
        report = pipeline.build(paths, Settings(store=store, jobs=jobs))
    assert not report.problems


@cache
def from_scratch(state: State) -> bytes:
    """Export a new store of these digests, built in one go."""
    with tempfile.TemporaryDirectory() as name:
        run_build(Path(name) / "kg", sorted(state))
        return dump(Path(name) / "kg")


def apply_steps(store: Path, sequence: list[list[str] | list[tuple[str, int]]]) -> State | None:
    state: dict[str, int] = {}
    built = False
    for step in sequence:
        if isinstance(step[0], tuple):
            run_build(store, step)  # type: ignore[arg-type]
            state.update(step)  # type: ignore[arg-type]
            built = True
        elif built:
            pipeline.remove(step, Settings(store=store))  # type: ignore[arg-type]
            for date in step:
                state.pop(date, None)  # type: ignore[arg-type]
    return frozenset(state.items()) if built else None


@given(steps)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_builds_and_removals_gives_the_store_built_from_scratch(
    sequence: list[list[str] | list[tuple[str, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        state = apply_steps(Path(name) / "kg", sequence)
        if state is None:
            return
        left = dump(Path(name) / "kg")
    right = from_scratch(state) if state else b""
    # Lines, not bytes: a difference of a megabyte is told by the lines that differ.
    assert set(left.splitlines()) ^ set(right.splitlines()) == set()
    assert left == right


@pytest.mark.soak
@given(steps)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_long_any_sequence_gives_the_store_built_from_scratch(
    sequence: list[list[str] | list[tuple[str, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        state = apply_steps(Path(name) / "kg", sequence)
        if state:
            assert dump(Path(name) / "kg") == from_scratch(state)


def test_the_number_of_jobs_changes_nothing(tmp_path: Path) -> None:
    paths = [str(path) for path in write_many(tmp_path, 0, 9)]
    pipeline.build(paths, Settings(store=tmp_path / "one", jobs=1))
    pipeline.build(list(reversed(paths)), Settings(store=tmp_path / "two", jobs=2))
    assert dump(tmp_path / "one") == dump(tmp_path / "two")


def test_no_triple_stands_in_two_graphs(tmp_path: Path) -> None:
    run_build(tmp_path / "kg", [(date, 0) for date in DATES])
    with open_snapshot(tmp_path / "kg") as snapshot:
        triples = [quad.triple for quad in snapshot.graph]
    assert len(triples) == len(set(triples))
    assert len(triples) > 500


def test_the_void_counts_are_true(tmp_path: Path) -> None:
    run_build(tmp_path / "kg", [(date, 0) for date in DATES])
    run_build(tmp_path / "kg", [(DATES[0], 1)])
    query = (
        "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?g ?n (COUNT(*) AS ?is) "
        "{ ?g void:triples ?n GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?n"
    )
    with open_snapshot(tmp_path / "kg") as snapshot:
        rows = [
            (row["n"].value, row["is"].value)
            for row in snapshot.graph.query(query, use_default_graph_as_union=True)
        ]
    assert len(rows) == len(DATES) + 3
    assert [said for said, _ in rows] == [counted for _, counted in rows]


def test_users_own_graphs_survive_every_build(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    run_build(store, [(DATES[0], 0)])
    own = "https://example.org/own"
    line = f'<https://example.org/a> <https://example.org/p> "mine" <{own}> .\n'.encode()
    with open_writer(store, wait_s=1) as writer:
        writer.extend(ox.parse(line, format=ox.RdfFormat.N_QUADS), len(line))
    run_build(store, [(date, 0) for date in DATES])
    run_build(store, [(date, 1) for date in DATES])  # replaces all of it: loaded anew
    pipeline.remove(DATES, Settings(store=store))
    assert dump(store, own) == line
    assert dump(store) == line


def test_links_and_corrections_survive_a_build_that_loads_all_anew(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    run_build(store, [(date, 0) for date in DATES])
    links = f"{DEFAULT_BASE}graph/links"
    line = f'<{DEFAULT_BASE}link/term/lora/NIL> <https://example.org/p> "x" <{links}> .\n'.encode()
    with open_writer(store, wait_s=1) as writer:
        writer.extend(ox.parse(line, format=ox.RdfFormat.N_QUADS), len(line))
    run_build(store, [(date, 1) for date in DATES])
    assert dump(store, links) == line


def test_an_unchanged_digest_is_not_extracted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_build(tmp_path / "kg", [(date, 0) for date in DATES])
    before, id_ = dump(tmp_path / "kg"), snapshot_id(tmp_path / "kg")
    monkeypatch.setattr("kg.pipeline.reading.extract", None)
    run_build(tmp_path / "kg", [(date, 0) for date in DATES])
    assert dump(tmp_path / "kg") == before
    assert snapshot_id(tmp_path / "kg") == id_, "readers keep their snapshot"
