"""Measures the stages of a build one by one, and each against Kiwi alone on the same texts.

``python -m benchmarks.stages FOLDER... --jobs N`` is that "Kiwi alone": it reads digests and
lets Kiwi tokenise their sections, in as many processes as a build has, its start included.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any, Final

from kg import rdf
from kg.digest import find_digests, read_digest
from kg.extract import extract, make_doc, make_nlp
from kg.model import Entry, ExtractedDigest
from kg.pipeline.pool import ordered_map
from kg.pipeline.reading import Reader, Source
from kg.resolve import resolve
from kg.settings import Settings
from kg.store import encode, open_snapshot
from kg.vocab import Iris

_MAX_BYTES: Final = 20_000_000
#: One digest in so many is measured stage by stage.
_STEP: Final = 8
_TIMES: Final = 3
#: After how many entries the memory of the processes that extract is looked at.
_ENTRIES: Final = (500, 2_500, 5_000)
#: What is looked up once a process is no part of a stage: so many papers go first.
_WARM: Final = 50


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage takes: CPU milliseconds for one paper."""

    name: str
    ms: float

    @property
    def papers(self) -> str:
        return f"{1000 / self.ms:,.0f} papers/s, {self.ms:.2f} ms CPU a paper"


def load_command() -> list[str]:
    """Return the command that loads the pipeline and ends, to be timed from outside."""
    return [sys.executable, "-c", "from kg.extract import make_nlp; make_nlp()"]


def kiwi_command(paths: Sequence[Path], jobs: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.stages", *map(str, paths), "--jobs", str(jobs)]


def stages(paths: Sequence[Path], store: Path) -> Iterator[Stage]:
    """Take some digests through the stages in one process, and a store's through resolution."""
    files = digests_in(paths)[::_STEP]
    start = time.process_time()
    parsed = [read_digest(path, max_bytes=_MAX_BYTES).digest for path in files]
    digests = [digest for digest in parsed if digest]
    count = sum(len(digest.entries) for digest in digests)
    yield Stage("read", (time.process_time() - start) / count * 1000)
    nlp = make_nlp()
    entries = [entry for digest in digests for entry in digest.entries]
    deque_of(extract(nlp, entries[:_WARM]))
    taken = _components(nlp, entries)
    yield from (Stage(name, seconds / count * 1000) for name, seconds in taken.items())
    extracted = [ExtractedDigest(one, tuple(extract(nlp, one.entries)), "") for one in digests]
    iris = Iris(Settings().base_iri)

    def quads(one: ExtractedDigest) -> bytes:
        return rdf.to_graph(dict.fromkeys(rdf.digest_lines(one, iris)), iris.digest(one.digest.key))

    yield Stage("rdf", _seconds(quads, extracted) / count * 1000)
    yield Stage("records", _seconds(encode, extracted) / count * 1000)
    with open_snapshot(store) as snapshot, snapshot.records() as records:
        everything = list(records.read())
    count = sum(len(one.entries) for one in everything)
    yield Stage("resolve", _seconds(resolve, [everything]) / count * 1000)


def deque_of(stream: Iterator[object]) -> None:
    for _ in stream:
        pass


def _seconds(function: Callable[[Any], object], items: Sequence[object]) -> float:
    """Return the CPU seconds that a function takes for all items: the median of some runs."""
    taken = []
    for _ in range(_TIMES):
        start = time.process_time()
        for item in items:
            function(item)
        taken.append(time.process_time() - start)
    return median(taken)


def _components(nlp: Any, entries: Sequence[Entry]) -> Counter[str]:
    """Return the CPU seconds of the tokenizer, of Kiwi in it, and of each component."""
    taken: Counter[str] = Counter()
    kiwi, tokenizer = nlp.tokenizer.kiwi, nlp.tokenizer
    tokenizer.kiwi = _Timed(kiwi, taken)
    with nlp.memory_zone():
        for entry in entries:
            before, doc = time.process_time(), make_doc(nlp, entry)
            now = time.process_time()
            taken["tokenise"] += now - before
            for name, component in nlp.pipeline:
                before, doc = now, component(doc)
                now = time.process_time()
                taken[name] += now - before
    tokenizer.kiwi = kiwi
    return taken


@dataclass(frozen=True, slots=True)
class _Timed:
    """Kiwi with a watch."""

    kiwi: Any
    taken: Counter[str]

    def tokenize(self, text: str) -> list[Any]:
        start = time.process_time()
        found: list[Any] = self.kiwi.tokenize(text)
        self.taken["of which Kiwi"] += time.process_time() - start
        return found


def memory(paths: Sequence[Path], jobs: int) -> dict[int, float]:
    """Return the highest resident memory, in MB, of any process that extracts, after 500,
    2,500 and 5,000 entries."""
    found: dict[int, float] = {}
    sources, _ = Source.find([str(path) for path in paths], Settings())
    done, peak = 0, 0.0
    with closing(ordered_map(_read, sources, jobs=jobs)) as reads:
        for entries, peak_mb in reads:
            done += entries
            peak = max(peak, peak_mb)
            for limit in _ENTRIES:
                if done >= limit:
                    found.setdefault(limit, peak)
    return found


def _read(source: Source) -> tuple[int, float]:
    read = Reader(Settings(), extract=True)(source)
    return read.headings, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1_000_000


def share_of_kiwi(build_s: float, kiwi_s: Sequence[float]) -> float:
    """Return how fast a build is, as a share of Kiwi alone before and after it."""
    return mean(kiwi_s) / build_s


def digests_in(paths: Sequence[Path]) -> list[Path]:
    return find_digests([str(path) for path in paths])[0]


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi  # type: ignore[import-untyped]

    return Kiwi(num_workers=1)


def _tokenise(path: Path) -> int:
    """Let Kiwi tokenise the sections of a digest; returns the number of its entries."""
    digest = read_digest(path, max_bytes=_MAX_BYTES).digest
    if digest is None:
        return 0
    for entry in digest.entries:
        for section in entry.sections:
            _kiwi().tokenize(section.text)
    return len(digest.entries)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    with closing(ordered_map(_tokenise, digests_in(options.folders), jobs=options.jobs)) as counts:
        print(sum(counts))


if __name__ == "__main__":
    main()
