"""Compares the load stage with a bare bulk load of the same quads.

The stage is what a build does once its digests are extracted: from their spooled quads and
the derived ones to the published generation. Bare is ``bulk_load`` of one file of all of
them into a new store and a flush. Both run in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyoxigraph as ox

from kg.settings import Settings
from kg.store import open_snapshot, open_writer
from kg.vocab import Iris

_NQ = ox.RdfFormat.N_QUADS


@dataclass(frozen=True, slots=True)
class Comparison:
    """Median seconds, wall and CPU, of both ways to load *quads* quads."""

    quads: int
    stage_s: float
    stage_cpu_s: float
    bare_s: float
    bare_cpu_s: float

    @property
    def ratio(self) -> float:
        """Quads/s of the stage as a share of the bare load's, by wall time."""
        return self.bare_s / self.stage_s

    @property
    def cpu_ratio(self) -> float:
        return self.bare_cpu_s / self.stage_cpu_s


def compare(store: Path, folder: Path, times: int) -> Comparison:
    """Load the quads of a built store *times* times in each way.

    Args:
        folder: for the files and the stores that are made; some 1 GB for 2 million quads.
    """
    digests, derived, everything = (
        folder / f"{name}.nq" for name in ("digests", "derived", "everything")
    )
    quads = _split(store, digests, derived)
    with everything.open("wb") as out:
        for part in (digests, derived):
            with part.open("rb") as source:
                shutil.copyfileobj(source, out)
    with open_snapshot(store) as snapshot, snapshot.records() as records:
        blocks = list(records.blocks())
    stage: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for number in range(times):
        bare.append(_timed(_load_bare, everything, target=folder / f"bare{number}"))
        spool = digests.with_suffix(".spool")  # used up by each load
        shutil.copyfile(digests, spool)
        stage.append(_timed(_load_stage, spool, blocks, target=folder / f"stage{number}"))
    for path in (digests, derived, everything):
        path.unlink()
    return Comparison(quads, *_medians(stage), *_medians(bare))


def _medians(taken: list[tuple[float, float]]) -> tuple[float, float]:
    walls, cpus = zip(*taken, strict=True)
    return median(walls), median(cpus)


def _split(store: Path, digests: Path, derived: Path) -> int:
    """Write the quads of the digests and the others; returns how many there are."""
    start = Iris(Settings().base_iri).digest("")
    with (
        open_snapshot(store) as snapshot,
        digests.open("wb") as of_digests,
        derived.open("wb") as others,
    ):
        for name in sorted(str(one) for one in snapshot.graph.named_graphs()):
            end = f" {name} .\n".encode()
            out = of_digests if name.startswith(f"<{start}") else others
            triples = snapshot.graph.quads_for_pattern(None, None, None, ox.NamedNode(name[1:-1]))
            out.writelines(str(quad.triple).encode() + end for quad in triples)
        return len(snapshot.graph)


def _load_bare(everything: Path, target: Path) -> None:
    store = ox.Store(str(target))
    store.bulk_load(path=str(everything), format=_NQ)
    store.flush()


def _load_stage(spool: Path, blocks: list[tuple[str, bytes]], target: Path) -> None:
    with open_writer(target, wait_s=1) as writer:
        writer.write_derived(blocks, spool)


def _timed(load: Callable[..., None], *arguments: object, target: Path) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    load(*arguments, target)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    shutil.rmtree(target)
    return taken
