"""Makes an index from a dump of Wikidata, in several processes; a stopped build goes on.

Beside the index stands a folder with what was read so far, a file for each process, until the
index is done. The same dump and config give the same bytes, whatever the number of processes
and however often the build was stopped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kg.errors import KGError
from kg.link.concepts import DATA
from kg.link.dumps.build_worker import (
    NAMES,
    Report,
    Tables,
    Worker,
    sqlite_errors,
    wait_for_workers,
)
from kg.link.dumps.crew import Crew
from kg.link.dumps.index_config import IndexConfig
from kg.link.dumps.reading import BLOCK_BYTES, DumpError, read_blocks
from kg.link.index import FORMAT, SCHEMA, write_facts

Progress = Callable[[int, int, int], None]
#: SQLite reads the files of so many workers at once; ten is the most it takes by default.
_MAX_JOBS: Final = 8
_MAX_PROBLEMS: Final = 1000
_FIRST_BYTES: Final = 1_000_000
_PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a dump.

    ``left_out`` counts items by reason; ``problems`` are lines of text, of ``problem_count``
    at most the first thousand. ``complete`` is False where the dump is cut or corrupt; then
    the last problem says where.
    """

    entities: int
    items: int
    redirects: int
    left_out: dict[str, int]
    problem_count: int
    problems: tuple[str, ...]
    complete: bool


def build_index(
    dump: Path,
    out: Path,
    *,
    config: IndexConfig | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Built:
    """Make the index *out* from a dump; an older one there is replaced when it is done.

    A build that was stopped goes on where it was, if dump and config are the same.

    Args:
        jobs: worker processes; 0 is one per core, and more than eight are eight.
        progress: called with the bytes of the dump that were read, those that it has, and the
            items kept so far.

    Raises:
        KGError: the dump has no entity or cannot be read at all, there is no room or leave to
            write, another build is at work on *out*, or a worker died.
    """
    config = config or IndexConfig()
    if out.is_dir() or not out.parent.is_dir():
        raise KGError(f"{out}: expected a file to write, in a folder that is there")
    work = out.with_name(out.name + ".work")
    try:
        with _locked(work):
            built = _build(dump, out, work, config, jobs, progress)
            shutil.rmtree(work)
            return built
    except OSError as error:
        name = error.filename or out
        raise KGError(
            f"{name}: {error.strerror or error}; expected room and leave to read and write, "
            "then run the same again to go on"
        ) from error


def _build(
    dump: Path, out: Path, work: Path, config: IndexConfig, jobs: int, progress: Progress | None
) -> Built:
    wait_for_workers(work)
    total = _plan(dump, work, config)
    count = min(_MAX_JOBS, jobs or os.cpu_count() or 1)
    earlier = _reports(work)
    files = [work / f"{number}.sqlite" for number in range(count)]
    with Crew(Worker, [(dump, file, config) for file in files]) as crew:
        broken = _read(dump, crew, earlier, total, progress)
        reports = sorted(_reports(work).values(), key=lambda one: one.number)
        built = _summary(dump, reports, broken)
        if not built.entities:
            first = built.problems[0] if built.problems else f"{dump}: no entity"
            raise KGError(f"{first}; expected a Wikidata JSON dump")
        sources = tuple(sorted(work.glob("?.sqlite")))
        names, others = work / "names.part", work / "others.part"
        tasks = [Tables(sources, names, True), Tables(sources, others, False)]
        for _ in crew.map(("sort", one) for one in tasks):
            pass
    _join(others, names, _facts(dump, config, built))
    with others.open("rb+") as file:
        os.fsync(file.fileno())
    others.replace(out)
    return built


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    """Keep another build of the same index out."""
    work.mkdir(exist_ok=True)
    with (work / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise KGError(
                f"{work}: another process makes this index; wait until it is done"
            ) from error
        yield


def _plan(dump: Path, work: Path, config: IndexConfig) -> int:
    """Clear what is left of a build of another dump or config; returns the dump's size."""
    try:
        with dump.open("rb") as file:
            first = file.read(_FIRST_BYTES)
            status = os.fstat(file.fileno())
    except OSError as error:
        raise KGError(f"{dump}: {error.strerror}; expected a Wikidata dump") from error
    plan = {
        "dump": [status.st_size, status.st_mtime_ns, hashlib.sha256(first).hexdigest()],
        "config": config.content(),
        "format": [FORMAT, BLOCK_BYTES],
        "names": hashlib.sha256((DATA / "names.tsv").read_bytes()).hexdigest(),
    }
    text = json.dumps(plan, sort_keys=True)
    path = work / _PLAN
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        for file_ in (*work.glob("*.sqlite*"), *work.glob("*.part*")):
            file_.unlink()
        path.write_text(text, encoding="utf-8")
    return status.st_size


def _reports(work: Path) -> dict[int, Report]:
    """Return what became of the blocks that are done."""
    found: dict[int, Report] = {}
    for path in sorted(work.glob("?.sqlite")):
        with sqlite_errors(path), closing(sqlite3.connect(path)) as db:
            if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'block'").fetchone():
                for number, text in db.execute("SELECT number, report FROM block"):
                    found[number] = msgspec.json.decode(text, type=Report)
    return found


def _read(
    dump: Path, crew: Crew, done: dict[int, Report], total: int, progress: Progress | None
) -> DumpError | None:
    """Read the blocks that are not done; returns why the dump ends too early, if it does."""
    broken: list[DumpError] = []

    def tasks() -> Iterator[tuple[str, object]]:
        try:
            for block in read_blocks(dump):
                if block.number not in done:
                    yield "read", block
        except DumpError as error:
            broken.append(error)

    items = sum(report.kept for report in done.values())
    at = max((report.file_bytes for report in done.values()), default=0)
    if progress is not None:
        progress(at, total, items)
    for report in crew.map(tasks()):
        items += report.kept
        at = max(at, report.file_bytes)
        if progress is not None:
            progress(at, total, items)
    return broken[0] if broken else None


def _summary(dump: Path, reports: list[Report], broken: DumpError | None) -> Built:
    left_out: Counter[str] = Counter()
    problems: list[str] = []
    lines = 0
    for report in reports:
        left_out.update(report.left_out)
        problems += (f"{dump}:{lines + line}: {what}" for line, what in report.problems)
        lines += report.lines
    problems = problems[:_MAX_PROBLEMS]
    if broken is not None:
        problems.append(f"{broken}, line {lines + 1:,}; what stands before was read")
    return Built(
        entities=sum(report.entities for report in reports),
        items=sum(report.kept for report in reports),
        redirects=sum(report.redirects for report in reports),
        left_out=dict(sorted(left_out.items())),
        problem_count=sum(report.problem_count for report in reports) + (broken is not None),
        problems=tuple(problems),
        complete=broken is None,
    )


def _facts(dump: Path, config: IndexConfig, built: Built) -> list[tuple[str, str]]:
    return [
        ("source", dump.name),
        ("config", json.dumps(config.content(), sort_keys=True)),
        ("items", str(built.items)),
        ("complete", "yes" if built.complete else "no"),
    ]


def _join(others: Path, names: Path, facts: list[tuple[str, str]]) -> None:
    """Copy the tables around names, as they are, into the file with the others."""
    with sqlite_errors(others), closing(sqlite3.connect(others, isolation_level=None)) as db:
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("ATTACH ? AS sorted", (str(names),))
        db.execute("BEGIN")
        for name in NAMES:
            db.execute(SCHEMA[name])
            db.execute("INSERT INTO main.NAME SELECT * FROM sorted.NAME".replace("NAME", name))
        db.execute(SCHEMA["fact"])
        write_facts(db, facts)
        db.execute("COMMIT")
