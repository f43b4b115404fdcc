"""What the worker processes of building an index do: read blocks, and sort tables.

Each worker has a file of its own that rows of blocks go into, a block in one transaction, so
that what was done is known after any stop. The tables of the index are sorted from these
files: which worker did which block does not show.
"""

from __future__ import annotations

import fcntl
import gc
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kg.errors import KGError
from kg.link.concepts import packaged_ids, with_known
from kg.link.dumps.decoding import Decoder, NoItem, NoJSON, Read, Redirect
from kg.link.dumps.index_config import PAPER, Filter, IndexConfig, Reason
from kg.link.dumps.reading import MAX_LINE_BYTES, Block, lines_of, text_of
from kg.link.index import SCHEMA, encode, name_rows, names_of, near_rows, pack
from kg.link.items import Sense

#: Problems of one block that are told one by one.
MAX_PROBLEMS: Final = 100
_RAW: Final = """
CREATE TABLE IF NOT EXISTS block (number INTEGER PRIMARY KEY, report TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS raw_item (qid INTEGER, block INTEGER, record TEXT);
CREATE TABLE IF NOT EXISTS raw_redirect (qid INTEGER, block INTEGER, target INTEGER);
CREATE TABLE IF NOT EXISTS raw_name (key TEXT, qid INTEGER, kind INTEGER, text TEXT);
CREATE TABLE IF NOT EXISTS raw_identifier (property TEXT, value TEXT, qid INTEGER);
CREATE TABLE IF NOT EXISTS raw_near (backwards INTEGER, key TEXT);
"""
#: The later of two records of an item in a dump counts.
_SORTED: Final = {
    "name": "INSERT OR IGNORE INTO name SELECT * FROM (ROWS) ORDER BY key, qid, kind, text",
    "item": "INSERT OR IGNORE INTO item SELECT qid, record FROM (ROWS) ORDER BY qid, block DESC",
    "redirect": "INSERT OR IGNORE INTO redirect"
    " SELECT qid, target FROM (ROWS) ORDER BY qid, block DESC",
    "identifier": "INSERT OR IGNORE INTO identifier"
    " SELECT * FROM (ROWS) ORDER BY property, value, qid",
    "near": "INSERT OR IGNORE INTO near SELECT * FROM (ROWS) ORDER BY backwards, key",
}
#: Tables that are made in one process, and in another.
NAMES: Final = ("name", "identifier", "redirect")
_OTHERS: Final = ("item", "near")
#: A paper's name with more letters is its title, which is no name of a term: papers are found
#: by their identifiers.
_TITLE: Final = 50
#: A file that all workers of a build hold.
LOCK: Final = "workers.lock"
_CACHE_KB: Final = 100_000


class Report(msgspec.Struct, frozen=True):
    """What became of a block: ``problems`` are lines, from 1 in the block, and what is wrong."""

    number: int
    file_bytes: int
    text_end: int
    lines: int
    entities: int
    kept: int
    redirects: int
    left_out: dict[str, int]
    problem_count: int
    problems: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Which tables to sort, from the files of which workers, into which new file."""

    sources: tuple[Path, ...]
    out: Path
    names: bool

    def rows(self, name: str) -> str:
        """Return the query of what all workers have for a table."""
        places = range(len(self.sources))
        return " UNION ALL ".join(f"SELECT * FROM w{one}.raw_{name}" for one in places)  # noqa: S608


class Worker:
    """Reads blocks of a dump into a file of its own; sorts the tables of the index."""

    def __init__(self, dump: Path, work: Path, config: IndexConfig) -> None:
        # What is made here has no cycles: looking for some in it is lost time.
        gc.disable()
        os.environ["SQLITE_TMPDIR"] = str(work.parent)
        self._work = work
        self._decoder = Decoder(config.languages)
        self._filter = Filter.of(config)
        #: Items of the packaged table are kept whatever the config says.
        self._known = packaged_ids()
        try:
            self._file = dump.open("rb")
        except OSError as error:
            raise KGError(f"{dump}: {error.strerror}; expected a Wikidata dump") from error
        #: Held while this process lives: see :func:`wait_for_workers`.
        self._lock = (work.parent / LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        with sqlite_errors(work):
            self._db = sqlite3.connect(work, isolation_level=None)
            # Large pages take half of the time for records. Without waiting for the disk, a file
            # outlives a kill, but no power failure.
            for pragma in ("page_size=65536", "journal_mode=TRUNCATE", "synchronous=OFF"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_RAW)

    def read(self, block: Block) -> Report:
        """Read a block, and keep its rows and what became of it in one transaction."""
        try:
            text = text_of(block, self._file)
        except OSError as error:
            raise KGError(f"the dump, byte {block.start:,}: {error.strerror}") from error
        rows = _Rows(block.number)
        lines = lines_of(text)
        for line, entity in enumerate(lines, 1):
            if not entity:
                continue
            try:
                self._add(rows, self._decoder.read(entity))
            except NoItem:
                rows.left_out[Reason.NO_ITEM] += 1
            except NoJSON as error:
                rows.problem(line, f"{error}; expected the JSON of an entity")
        if block.too_long:
            rows.problem(
                1, f"longer than {MAX_LINE_BYTES // 1_000_000} MB; expected an entity a line"
            )
        report = rows.report(block, 1 if block.too_long else len(lines) - 1)
        with sqlite_errors(self._work):
            self._db.execute("BEGIN")
            rows.write(self._db)
            self._db.execute(
                "INSERT INTO block VALUES (?, ?)",
                (block.number, msgspec.json.encode(report).decode()),
            )
            self._db.execute("COMMIT")
        return report

    def _add(self, rows: _Rows, read: Read | Redirect) -> None:
        rows.entities += 1
        if isinstance(read, Redirect):
            rows.redirects[read.qid] = read.target
            return
        names: Mapping[str, int] = read.names
        if read.qid in self._known:
            item = with_known(read.item())
            names = names_of(item)
            record = encode(item)
        else:
            why = self._filter.reason(
                bool(read.label), read.classes + read.parents, read.sitelinks, read.identifiers
            )
            if why is not None:
                rows.left_out[why] += 1
                return
            record = pack(
                *(read.qid, read.label, read.description, tuple(names.items())),
                *(read.classes, read.parents, read.sitelinks, Sense.UNKNOWN, ()),
                *(read.identifiers, read.statements, ""),
            )
        rows.items[read.qid] = record
        if len(read.label) > _TITLE and any(one in PAPER for one, _ in read.identifiers):
            names = {text: kind for text, kind in names.items() if len(text) <= _TITLE}
        own = name_rows(read.qid, names)
        rows.names += own
        if read.qid in self._known:
            rows.near.extend(near_rows(own))
        for pair in read.identifiers:
            rows.identifiers.append((*pair, read.qid))

    def sort(self, tables: Tables) -> None:
        """Make a file with the names sorted, or with all other tables."""
        tables.out.unlink(missing_ok=True)
        with sqlite_errors(tables.out), closing(new_database(tables.out)) as db:
            for number, source in enumerate(tables.sources):
                db.execute(f"ATTACH ? AS w{number}", (f"{source.absolute().as_uri()}?mode=ro",))
            db.execute("BEGIN")
            for name in NAMES if tables.names else _OTHERS:
                db.execute(SCHEMA[name])
                db.execute(_SORTED[name].replace("ROWS", tables.rows(name)))
            db.execute("COMMIT")


class _Rows:
    """The rows of a block."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.entities = 0
        self.items: dict[int, str] = {}
        self.redirects: dict[int, int] = {}
        self.names: list[tuple[str, int, int, str]] = []
        self.identifiers: list[tuple[str, str, int]] = []
        self.near: list[tuple[int, str]] = []
        self.left_out: Counter[str] = Counter()
        self.problems: list[tuple[int, str]] = []
        self.problem_count = 0

    def problem(self, line: int, what: str) -> None:
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((line, what))

    def report(self, block: Block, lines: int) -> Report:
        return Report(
            block.number,
            block.file_bytes,
            block.start + block.size,
            lines,
            self.entities + self.left_out[Reason.NO_ITEM],
            len(self.items),
            len(self.redirects),
            dict(sorted((why, count) for why, count in self.left_out.items() if count)),
            self.problem_count,
            tuple(self.problems),
        )

    def write(self, db: sqlite3.Connection) -> None:
        number = self._number
        db.executemany(
            "INSERT INTO raw_item VALUES (?, ?, ?)",
            [(qid, number, record) for qid, record in self.items.items()],
        )
        db.executemany(
            "INSERT INTO raw_redirect VALUES (?, ?, ?)",
            [(qid, number, target) for qid, target in self.redirects.items()],
        )
        db.executemany("INSERT INTO raw_name VALUES (?, ?, ?, ?)", self.names)
        db.executemany("INSERT INTO raw_identifier VALUES (?, ?, ?)", self.identifiers)
        db.executemany("INSERT INTO raw_near VALUES (?, ?)", self.near)


def wait_for_workers(folder: Path) -> None:
    """Wait until the workers of a killed build have ended, which they do at once."""
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def new_database(path: Path) -> sqlite3.Connection:
    """Open a new file that is made anew after any stop, so that no journal is needed."""
    db = sqlite3.connect(path.absolute().as_uri(), uri=True, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KB}"):
        db.execute(f"PRAGMA {pragma}")
    return db


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Tell what SQLite says, of a full disk for one, as an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise KGError(
            f"{path}: {error}; expected room and leave to write, then run the same again to go on"
        ) from error
