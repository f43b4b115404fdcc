"""Compares the load stage with a bare bulk load of the same quads.

The stage is what a build does once its digests are extracted: from their quads and the
derived ones to the published generation. Bare is ``bulk_load`` of one file of all of
them into a new store and a flush. Both run in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyoxigraph as ox

from kg.rdf import to_graph
from kg.settings import Settings
from kg.store import open_snapshot, open_writer
from kg.vocab import Iris

_TRIG = ox.RdfFormat.TRIG


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
    everything = folder / "everything.trig"
    start = Iris(Settings().base_iri).digest("")
    digests: list[bytes] = []
    with open_snapshot(store) as snapshot, everything.open("wb") as out:
        quads = len(snapshot.graph)
        for name, graph in _graphs(snapshot.graph):
            out.write(graph)
            if name.startswith(start):
                digests.append(graph)
        with snapshot.records() as records:
            blocks = list(records.blocks())
    stage: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for number in range(times):
        bare.append(_timed(_load_bare, everything, target=folder / f"bare{number}"))
        stage.append(_timed(_load_stage, digests, blocks, target=folder / f"stage{number}"))
    everything.unlink()
    return Comparison(quads, *_medians(stage), *_medians(bare))


def _medians(taken: list[tuple[float, float]]) -> tuple[float, float]:
    walls, cpus = zip(*taken, strict=True)
    return median(walls), median(cpus)


def _graphs(store: ox.Store) -> Iterator[tuple[str, bytes]]:
    """Yield the names of the named graphs, sorted, and each graph as TriG."""
    for name in sorted(one.value for one in store.named_graphs() if isinstance(one, ox.NamedNode)):
        quads = store.quads_for_pattern(None, None, None, ox.NamedNode(name))
        yield name, to_graph([str(quad.triple) for quad in quads], name)


def _load_bare(everything: Path, target: Path) -> None:
    store = ox.Store(str(target))
    store.bulk_load(path=str(everything), format=_TRIG)
    store.flush()


def _load_stage(digests: list[bytes], blocks: list[tuple[str, bytes]], target: Path) -> None:
    with open_writer(target, wait_s=1) as writer:
        for graph in digests:
            writer.add(graph)
        writer.write_derived(blocks)


def _timed(load: Callable[..., None], *arguments: object, target: Path) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    load(*arguments, target)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    shutil.rmtree(target)
    return taken
