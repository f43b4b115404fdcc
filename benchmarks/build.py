"""Measures the way from digests to the store, on real digests.

usage: python -m benchmarks.build SHARED [--digests seeds|all]

SHARED holds the folders seeds/ and digests/. Each line is a command of its own, its start
included. Wall times suffer from what else the machine does; CPU times are beside them.
Memory is the highest sum of resident memory over a command's processes (shared pages count
for each), looked at twenty times a second.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rich.console import Console
from rich.table import Table

from benchmarks.load import compare
from benchmarks.processes import ROOT, Failed, Run, fail_if_not_linux, run
from benchmarks.stages import kiwi_command, load_command, memory, share_of_kiwi, stages
from kg.pipeline import counts_of
from kg.store import open_snapshot

_KG = (sys.executable, "-m", "kg.cli")
#: The digest that is taken out and put in again, and what the build shall take at most.
_ONE = "2024-08-05"
_ADD_S = 10.0
_LOAD_RATIO = 0.8
_LOADS = 3
#: How fast a build shall be at least, as a share of Kiwi alone, and the pipeline be loaded.
_KIWI_SHARE = 0.3
_START_S = 5.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to work, and the table that grows line by line."""

    folder: Path
    table: Table

    def row(self, what: str, found: str, run_: Run | None = None) -> None:
        """Add a line, and tell it at once: all of them take minutes."""
        cells = (f"{run_.seconds:.1f}", f"{run_.cpu_seconds:.1f}") if run_ else ("", "")
        self.table.add_row(what, found, *cells, f"{run_.peak_mb:,.0f}" if run_ else "")
        print(what, found, *cells, file=sys.stderr, flush=True)

    def kg(self, *arguments: str | Path, expect: tuple[int, ...] = (0,)) -> Run:
        return run([*_KG, *arguments], cwd=self.folder, expect=expect)


def main() -> None:
    fail_if_not_linux()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shared", type=Path)
    parser.add_argument("--digests", choices=("seeds", "all"), default="all")
    options = parser.parse_args()
    shared = options.shared.resolve()
    table = Table(title=f"paperkg on {os.cpu_count()} cores")
    for name in ("what", "found", "wall s", "CPU s", "peak MB"):
        table.add_column(name, justify="left" if name in ("what", "found") else "right")
    try:
        with tempfile.TemporaryDirectory(prefix="kg-bench-") as name:
            _measure(Bench(Path(name), table), shared, options.digests)
    except Failed as error:
        sys.exit(f"benchmarks.build: {error}")
    Console(width=120 if not sys.stdout.isatty() else None).print(table)


def _measure(bench: Bench, shared: Path, digests: str) -> None:
    seeds = [shared / "seeds"]
    everything = [*seeds, shared / "digests"]
    for folder in everything:
        if not folder.is_dir():
            raise Failed(f"{folder}: no such folder; expected one with digests")
    dry = bench.kg("build", *everything, "--dry-run", expect=(0, 1))
    bench.row("dry run", dry.output.strip().splitlines()[-1], dry)
    store = _build(bench, "seeds", seeds)
    _compare_with_rdflib(bench, store)
    if digests == "all":
        store = _build(bench, "all", everything)
    _change(bench, store, shared / "seeds" / f"{_ONE}.md")
    _read(bench, store)
    _load(bench, store)
    _stages(bench, everything if digests == "all" else seeds, store)


def _build(bench: Bench, name: str, paths: list[Path]) -> Path:
    """Build with one process and with one per core, each between two runs of Kiwi alone;
    returns the store of the last."""
    store = bench.folder / name
    for jobs in dict.fromkeys((1, os.cpu_count() or 1)):
        store = bench.folder / f"{name}-{jobs}"
        kiwi = [run(kiwi_command(paths, jobs), cwd=ROOT)]
        done = bench.kg("build", *paths, "--store", store, "--jobs", str(jobs), expect=(0, 1))
        kiwi.append(run(kiwi_command(paths, jobs), cwd=ROOT))
        with open_snapshot(store) as snapshot:
            entries, triples = counts_of(snapshot).entries, len(snapshot.graph)
        bench.row(
            f"kg build, {name}, --jobs {jobs}",
            f"{entries / done.seconds:.1f} papers/s, {triples:,} triples",
            done,
        )
        bench.row(
            f"Kiwi alone, --jobs {jobs}",
            f"{int(kiwi[0].output) / kiwi[0].seconds:.1f} papers/s",
            kiwi[0],
        )
        share = share_of_kiwi(done.seconds, [one.seconds for one in kiwi])
        of_cpu = share_of_kiwi(done.cpu_seconds, [one.cpu_seconds for one in kiwi])
        verdict = "as asked" if share >= _KIWI_SHARE else "too slow"
        bench.row(
            "the build as a share of Kiwi alone",
            f"{share:.2f} by wall, {of_cpu:.2f} by CPU; {verdict}: {_KIWI_SHARE:g} at least",
        )
    return store


def _stages(bench: Bench, paths: list[Path], store: Path) -> None:
    """Tell of each stage by itself, of loading the pipeline, and of the memory it needs."""
    loads = [run(load_command(), cwd=ROOT) for _ in range(_LOADS)]
    load = sorted(loads, key=lambda one: one.seconds)[_LOADS // 2]
    verdict = "as asked" if load.seconds < _START_S else "too slow"
    bench.row("loading the pipeline, with Python", f"{verdict}: {_START_S:g} s at most", load)
    for stage in stages(paths, store):
        bench.row(f"stage: {stage.name}", stage.papers)
    jobs = os.cpu_count() or 1
    for entries, peak_mb in memory(paths, jobs).items():
        bench.row(f"highest memory of {jobs} workers, {entries:,} entries", f"{peak_mb:,.0f} MB")


def _change(bench: Bench, store: Path, digest: Path) -> None:
    """Take a digest out and put it in again."""
    before = _size(store)
    removed = bench.kg("remove", _ONE, "--store", store)
    left = _size(store)
    bench.row(f"kg remove {_ONE}", f"{before - left:,} triples less", removed)
    added = bench.kg("build", digest, "--store", store)
    verdict = "as asked" if added.seconds < _ADD_S else "too slow"
    bench.row(f"kg build {digest.name}", f"{verdict}: {_ADD_S:g} s at most", added)
    if _size(store) != before:
        raise Failed(
            f"{digest.name}: {_size(store)} triples after it; expected {before}, as before"
        )


def _size(store: Path) -> int:
    with open_snapshot(store) as snapshot:
        return len(snapshot.graph)


def _read(bench: Bench, store: Path) -> None:
    for suffix in ("ttl", "nq.zst"):
        target = bench.folder / f"export.{suffix}"
        done = bench.kg("export", "-o", target, "--store", store)
        bench.row(f"kg export -o FILE.{suffix}", f"{target.stat().st_size / 1e6:.1f} MB", done)
        target.unlink()
    for name, *parameters in (
        ("top-methods",),
        ("papers-on-benchmark", "-p", "benchmark=MMLU"),
        ("paper-entities",),
    ):
        asked = bench.kg("query", name, *parameters, "--format", "csv", "--store", store)
        rows = len(asked.output.splitlines()) - 1
        bench.row(f"kg query {' '.join((name, *parameters))}", f"{rows:,} rows", asked)


def _compare_with_rdflib(bench: Bench, store: Path) -> None:
    """Read the export with another library: it must hold the triples of the store."""
    target = bench.folder / "seeds.ttl"
    exported = bench.kg("export", "-o", target, "--store", store)
    rdflib.NORMALIZE_LITERALS = False
    start = time.perf_counter()
    lines = rdflib.Graph().parse(target).serialize(format="nt", encoding="utf-8")
    seconds = time.perf_counter() - start
    found = {quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES)}
    with open_snapshot(store) as snapshot:
        stored = {quad.triple for quad in snapshot.graph}
    if found != stored:
        raise Failed(
            f"{target.name}: read by rdflib it lacks {len(stored - found)} triples and has "
            f"{len(found - stored)} others; expected those of the store"
        )
    bench.row(
        "kg export of the seeds, read by rdflib",
        f"the same {len(found):,} triples, read in {seconds:.1f} s",
        exported,
    )


def _load(bench: Bench, store: Path) -> None:
    found = compare(store, bench.folder, _LOADS)
    bench.row(
        f"load stage, {found.quads:,} quads",
        f"{found.quads / found.stage_s:,.0f} quads/s, {found.stage_s:.1f} s, "
        f"CPU {found.stage_cpu_s:.1f} s",
    )
    bench.row(
        "bare bulk_load of the same",
        f"{found.quads / found.bare_s:,.0f} quads/s, {found.bare_s:.1f} s, "
        f"CPU {found.bare_cpu_s:.1f} s",
    )
    verdict = "as asked" if found.ratio >= _LOAD_RATIO else "too slow"
    bench.row(
        f"load stage / bare (medians of {_LOADS})",
        f"{found.ratio:.2f} by wall, {found.cpu_ratio:.2f} by CPU; "
        f"{verdict}: {_LOAD_RATIO:g} at least",
    )


if __name__ == "__main__":
    main()
