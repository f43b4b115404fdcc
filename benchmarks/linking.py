"""Measures linking to Wikidata: building an index, and linking terms against it.

usage: python -m benchmarks.linking [--items N] [--terms N] [--dump FILE]

Makes a dump of N items and its index in a temporary folder, and measures each beside what it
is compared with, in the same processes and in turn. Each line is ``name: value (asked: x)``.
Wall times suffer from what else the machine does, so ratios of CPU times stand beside them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Final

import orjson

from benchmarks.processes import ROOT, Failed, Run, environment, fail_if_not_linux, run
from benchmarks.wikidata_dump import write_dump
from kg.link.dumps.reading import lines_of, read_blocks, text_of
from kg.link.index import Index
from kg.link.keys import key
from kg.link.rank import Linker
from kg.linked import Query
from kg.model import TermType

_BUILD_RATIO: Final = 0.4
_LINK_RATIO: Final = 0.2
_LOOK_UP_MS: Final = 1.0
_MEMORY_MB: Final = 1000
_ROUNDS: Final = 3
_LOOK_UPS: Final = 5_000
#: Terms that no item has, and terms with a letter less.
_UNKNOWN: Final = 1 / 3
_MISTYPED: Final = 0.05
_BATCH: Final = 1_000
_LONGEST: Final = 60
_TYPES: Final = tuple(TermType)


def main() -> None:
    fail_if_not_linux()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--terms", type=int, default=100_000)
    parser.add_argument("--dump", type=Path, help="a dump that is there, instead of one made")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--part", choices=_PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        _PARTS[options.part](options.dump or options.index, options.index, options.terms)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="kg-linking-") as name:
            folder = Path(name)
            dump = options.dump or folder / "dump.json"
            if not options.dump:
                write_dump(dump, options.items)
            _tell("dump", f"{dump.stat().st_size / 1e6:,.0f} MB")
            index = folder / "wikidata.index"
            _measure_building(dump, index, options.rounds)
            _measure_linking(dump, index, options.terms, options.rounds)
            _measure_look_ups(index)
    except Failed as error:
        sys.exit(f"benchmarks.linking: {error}")


def _tell(name: str, value: str, asked: str = "") -> None:
    print(f"{name}: {value}{f' (asked: {asked})' if asked else ''}", flush=True)


def _measure_building(dump: Path, index: Path, rounds: int) -> None:
    decoding, building = _in_turn(("decode", "build"), dump, index, 0, rounds)
    _tell("reading and decoding with orjson", _times(decoding))
    _tell("building the index", _times(building))
    _tell("index", f"{index.stat().st_size / 1e6:,.0f} MB")
    _ratio("building / decoding, rate", decoding, building, _BUILD_RATIO)
    peak = max(one.peak_mb for one in building)
    _tell("memory of building, all processes", f"{peak:,.0f} MB", f"{_MEMORY_MB} MB or less")


def _measure_linking(dump: Path, index: Path, terms: int, rounds: int) -> None:
    looking, linking = _in_turn(("look-up", "link"), dump, index, terms, rounds)
    bare, own = ([_printed(one) for one in runs] for runs in (looking, linking))
    _tell("bare look-ups", f"{terms / median(one[0] for one in bare):,.0f} terms/s")
    speed = terms / median(one[0] for one in own)
    _tell("linking", f"{speed:,.0f} terms/s, {own[0][2]:,.0f} of {terms:,} linked")
    by_wall, by_cpu = (
        median(one[place] for one in bare) / median(one[place] for one in own) for place in (0, 1)
    )
    _tell("linking / bare look-ups, rate", f"{by_wall:.3f}, by CPU {by_cpu:.3f}", f"{_LINK_RATIO}")
    peak = max(one.peak_mb for one in linking)
    _tell("memory of linking, all processes", f"{peak:,.0f} MB", f"{_MEMORY_MB} MB or less")


def _printed(part: Run) -> tuple[float, ...]:
    """Return what a part says of itself, without starting and drawing terms."""
    return tuple(map(float, part.output.split()))


def _measure_look_ups(index: Path) -> None:
    with Index.open(index) as opened:
        queries = draw(index, _LOOK_UPS, seed=2)
        linker = Linker(opened)
        _percentiles("Index.find", [(lambda q=q: opened.find(key(q.names[0]))) for q in queries])
        _percentiles("Linker.candidates", [(lambda q=q: linker.candidates(q)) for q in queries])


def _percentiles(name: str, calls: Sequence[Callable[[], object]]) -> None:
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    _tell(
        f"one {name}",
        f"median {median(times):.3f} ms, 99th percentile {quantiles(times, n=100)[98]:.3f} ms",
        f"median under {_LOOK_UP_MS:g} ms",
    )


def _in_turn(
    parts: Sequence[str], dump: Path, index: Path, terms: int, rounds: int
) -> list[list[Run]]:
    """Run each part in a command of its own, one after the other, several times."""
    runs: list[list[Run]] = [[] for _ in parts]
    command = [sys.executable, "-m", "benchmarks.linking", "--dump", dump, "--index", index]
    for _ in range(rounds):
        for part, found in zip(parts, runs, strict=True):
            done = run(
                [*command, "--part", part, "--terms", str(terms)], cwd=ROOT, env=environment()
            )
            found.append(done)
    return runs


def _times(runs: Sequence[Run]) -> str:
    wall = median(one.seconds for one in runs)
    return f"{wall:.1f} s, CPU {median(one.cpu_seconds for one in runs):.1f} s"


def _ratio(name: str, base: Sequence[Run], own: Sequence[Run], asked: float) -> None:
    by_wall = median(one.seconds for one in base) / median(one.seconds for one in own)
    by_cpu = median(one.cpu_seconds for one in base) / median(one.cpu_seconds for one in own)
    _tell(name, f"{by_wall:.2f}, by CPU {by_cpu:.2f}", f"{asked} or more")


def _jobs() -> int:
    return os.cpu_count() or 1


def _decode(dump: Path, _index: Path, _terms: int) -> None:
    """Read and decode a dump in as many processes as building has."""
    blocks = ((dump, block) for block in read_blocks(dump))
    with multiprocessing.get_context("spawn").Pool(_jobs()) as pool:
        print(sum(pool.imap_unordered(_decode_block, blocks)))


def _decode_block(task: tuple[Path, object]) -> int:
    dump, block = task
    with dump.open("rb") as file:
        lines = lines_of(text_of(block, file))  # type: ignore[arg-type]
    return sum(1 for line in lines if line and orjson.loads(line))


def _build(dump: Path, index: Path, _terms: int) -> None:
    from kg.link.dumps.building import build_index

    print(build_index(dump, index, jobs=_jobs()).items)


def draw(index: Path, count: int, seed: int = 1) -> list[Query]:
    """Draw terms from the names of an index; a third of them is changed to what none has."""
    random = Random(seed)
    queries: list[Query] = []
    # Korean names are a tenth of the terms.
    names = _names(index, count * 9 // 10, "<", random)
    names += _names(index, count - len(names), ">=", random)
    random.shuffle(names)
    for name in names:
        chance = random.random()
        if chance < _UNKNOWN:
            name = f"{random.choice(('vorpal', 'zq', 'unheard'))} {name} {random.randrange(999)}"
        elif chance < _UNKNOWN + _MISTYPED and len(name) > 9:
            at = random.randrange(1, len(name))
            name = name[:at] + name[at + 1 :]
        queries.append(Query((name,), (random.choice(_TYPES),)))
    return queries


def _names(index: Path, count: int, side: str, random: Random) -> list[str]:
    """Draw names whose keys are on one side of the first Korean syllable."""
    with sqlite3.connect(index) as db:
        sql = f"SELECT text FROM name WHERE key {side} '가' AND length(text) < {_LONGEST}"
        found = [text for (text,) in db.execute(sql)]
    db.close()
    return random.choices(found, k=count)


def _look_up(_dump: Path, index: Path, terms: int) -> None:
    _timed(_look_up_some, index, terms)


def _link(_dump: Path, index: Path, terms: int) -> None:
    _timed(_link_some, index, terms)


def _timed(work: Callable[[list[Query]], int], index: Path, terms: int) -> None:
    """Print the wall and CPU seconds of some work over terms, and what it found."""
    queries = draw(index, terms)
    batches = [queries[at : at + _BATCH] for at in range(0, terms, _BATCH)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(_jobs(), _open, (index,)) as pool:
        pool.map(_nothing, range(_jobs() * 4), chunksize=1)  # all have started
        start = time.perf_counter()
        found = pool.map(_Timed(work), batches, chunksize=1)
        seconds = time.perf_counter() - start
    print(seconds, sum(one[1] for one in found), sum(one[0] for one in found))


class _Timed:
    """Work over a batch, with its CPU seconds."""

    def __init__(self, work: Callable[[list[Query]], int]) -> None:
        self._work = work

    def __call__(self, batch: list[Query]) -> tuple[int, float]:
        start = time.process_time()
        return self._work(batch), time.process_time() - start


_opened: list[Linker] = []
_bare: list[sqlite3.Connection] = []


def _open(index: Path) -> None:
    _opened.append(Linker(Index.open(index)))
    _bare.append(sqlite3.connect(f"{index.as_uri()}?mode=ro&immutable=1", uri=True))
    _bare[0].execute("PRAGMA mmap_size=2000000000")


def _nothing(_: int) -> None:
    time.sleep(0.1)


def _look_up_some(batch: list[Query]) -> int:
    sql = "SELECT qid, kind, text FROM name WHERE key = ?"
    return sum(bool(_bare[0].execute(sql, (key(one.names[0]),)).fetchall()) for one in batch)


def _link_some(batch: list[Query]) -> int:
    linker = _opened[0]
    return sum(linker.link(one) is not None for one in batch)


_PARTS: Final = {"decode": _decode, "build": _build, "look-up": _look_up, "link": _link}


if __name__ == "__main__":
    main()
