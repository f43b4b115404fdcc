"""The alias index: items by every name they have, in one SQLite file.

A look-up by name is one search in a B-tree of keys. Names with a typing error are found
by the half of the key that has none: keys are kept forwards and backwards, and the few that
share a half are compared. That is done for the items that someone judged (``kg.link.concepts``):
with an error in the name, nothing makes another item likely enough.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import orjson
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from kg.errors import KGError
from kg.link.items import Item, NameKind, Sense
from kg.link.keys import bare_key, key

#: Raised when what an index holds changes; an index of another number is refused.
FORMAT: Final = 2
#: How to make each table. Names and identifiers are inserted sorted, so that pages fill up.
SCHEMA: Final = {
    "fact": "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "item": "CREATE TABLE item (qid INTEGER PRIMARY KEY, record TEXT NOT NULL)",
    "redirect": "CREATE TABLE redirect (qid INTEGER PRIMARY KEY, target INTEGER NOT NULL)",
    "name": "CREATE TABLE name (key TEXT, qid INTEGER, kind INTEGER, text TEXT,"
    " PRIMARY KEY (key, qid)) WITHOUT ROWID",
    "identifier": "CREATE TABLE identifier (property TEXT, value TEXT, qid INTEGER,"
    " PRIMARY KEY (property, value, qid)) WITHOUT ROWID",
    "near": "CREATE TABLE near (backwards INTEGER, key TEXT, PRIMARY KEY (backwards, key))"
    " WITHOUT ROWID",
}
_RAW: Final = """
CREATE TABLE raw_name (key TEXT, qid INTEGER, kind INTEGER, text TEXT);
CREATE TABLE raw_identifier (property TEXT, value TEXT, qid INTEGER);
CREATE TABLE raw_near (backwards INTEGER, key TEXT);
"""
_SORTED: Final = """
INSERT OR IGNORE INTO name SELECT * FROM raw_name ORDER BY key, qid, kind, text;
INSERT OR IGNORE INTO identifier SELECT * FROM raw_identifier ORDER BY property, value, qid;
INSERT OR IGNORE INTO near SELECT * FROM raw_near ORDER BY backwards, key;
DROP TABLE raw_name;
DROP TABLE raw_identifier;
DROP TABLE raw_near;
"""
#: Added to the number of a kind where the key is that of the name without its kind and ornament.
_BARE: Final = 8
#: Keys shorter than this are not looked for with a typing error: too many words are one letter
#: apart.
_FUZZY_LENGTH: Final = 9
#: Keys of one length with one half in common that are compared at most.
_FUZZY_BUCKET: Final = 400
#: After every character that a key can have.
_LAST: Final = chr(0x10FFFF)
#: By number: asking an enumeration takes longer than all else of a look-up.
_KINDS: Final = tuple(NameKind)
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Item).decode
#: Items of one name that are looked at, at most.
_NAMESAKES: Final = 200
_RECORDS_KEPT: Final = 20_000
#: Records, names and identifiers of items, and keys for finding typing errors, as rows.
Rows = tuple[
    list[tuple[int, str]],
    list[tuple[str, int, int, str]],
    list[tuple[str, str, int]],
    list[tuple[int, str]],
]


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that has a name: its number, the name, and whether only their bare keys agree.

    ``distance`` counts the letters in which the keys differ.
    """

    qid: int
    kind: NameKind
    bare: bool
    text: str
    distance: int = 0


class IndexWriter:
    """Writes an index into an empty database; finish it, then read it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        for table in SCHEMA.values():
            db.execute(table)
        db.executescript(_RAW)

    def add(self, items: Iterable[Item]) -> None:
        """Add items; one that is there already is replaced, its names stay."""
        self.add_rows(*rows_of(items))

    def add_rows(
        self,
        records: Iterable[tuple[int, str]],
        names: Iterable[tuple[str, int, int, str]],
        identifiers: Iterable[tuple[str, str, int]],
        near: Iterable[tuple[int, str]],
    ) -> None:
        """Add rows that :func:`rows_of` made."""
        self._db.executemany("INSERT OR REPLACE INTO item VALUES (?, ?)", records)
        self._db.executemany("INSERT INTO raw_name VALUES (?, ?, ?, ?)", names)
        self._db.executemany("INSERT INTO raw_identifier VALUES (?, ?, ?)", identifiers)
        self._db.executemany("INSERT INTO raw_near VALUES (?, ?)", near)

    def add_redirects(self, redirects: Iterable[tuple[int, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO redirect VALUES (?, ?)", redirects)

    def finish(self, facts: Iterable[tuple[str, str]] = ()) -> None:
        """Sort what was added, so that it can be looked up."""
        self._db.executescript(_SORTED)
        write_facts(self._db, facts)


class Index:
    """Looks items up by name, by identifier and by number. Close it when done.

    Every look-up raises a KGError where the file is damaged.
    """

    def __init__(self, db: sqlite3.Connection, name: str = "index in memory") -> None:
        self._db = db
        self._name = name
        self.item = lru_cache(maxsize=_RECORDS_KEPT)(self._item)
        #: The keys of judged items, forwards and backwards, by length, each sorted; read when
        #: first needed.
        self._near: tuple[dict[int, list[str]], dict[int, list[str]]] | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file of an index, which nothing may write meanwhile.

        Raises:
            KGError: there is none, or it is of another version, or no index at all.
        """
        if not path.is_file():
            raise KGError(f"{path}: no such index; make one with: kg link index build DUMP")
        try:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            found = db.execute("SELECT value FROM fact WHERE name = 'format'").fetchone()
        except sqlite3.Error as error:
            raise KGError(
                f"{path}: not an index ({error}); make one with: kg link index build DUMP"
            ) from error
        if not found or found[0] != str(FORMAT):
            db.close()
            raise KGError(
                f"{path}: an index of format {found and found[0]}, this version reads {FORMAT}; "
                "build it again from its dump"
            )
        db.execute("PRAGMA mmap_size=2000000000")
        return cls(db, str(path))

    @classmethod
    def of(cls, items: Iterable[Item], facts: Iterable[tuple[str, str]] = ()) -> Self:
        """Make an index in memory."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        writer = IndexWriter(db)
        db.execute("BEGIN")
        writer.add(items)
        db.execute("COMMIT")
        writer.finish(facts)
        return cls(db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _decoded(self, record: str) -> Item:
        try:
            return _decode(record)
        except (msgspec.DecodeError, TypeError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> KGError:
        return KGError(f"{self._name}: damaged ({error}); build it again from its dump")

    def facts(self) -> dict[str, str]:
        return dict(self._read("SELECT name, value FROM fact"))

    def find(self, key: str) -> list[Hit]:
        """Return the items that have a name with this key, sorted by number."""
        return [
            Hit(qid, _KINDS[kind % _BARE], kind >= _BARE, text)
            for qid, kind, text in self._read(
                "SELECT qid, kind, text FROM name WHERE key = ? LIMIT ?",
                (key, _NAMESAKES),
            )
        ]

    def rows(self, keys: Sequence[str]) -> list[tuple[str, int, int, bool, str]]:
        """Return what :meth:`find` returns, for several keys at once.

        Plain tuples of key, number, kind, whether the item's key is a bare one, and name: for
        linking, which asks for some thousands a second.
        """
        marks = "?" if len(keys) == 1 else ",".join("?" * len(keys))
        sql = f"SELECT key, qid, kind, text FROM name WHERE key IN ({marks}) LIMIT ?"  # noqa: S608
        rows = self._read(sql, (*keys, _NAMESAKES * len(keys)))
        return [(made, qid, kind % _BARE, kind >= _BARE, text) for made, qid, kind, text in rows]

    def find_near(self, key: str) -> list[Hit]:
        """Return the items with a name that differs from a key in one letter.

        A letter more, less or other, or two in each other's place. Short keys find nothing.
        """
        if len(key) < _FUZZY_LENGTH:
            return []
        if self._near is None:
            self._near = self._near_keys(0), self._near_keys(1)
        half, near = len(key) // 2, set[str]()
        for backwards, prefix in enumerate((key[:half], key[half + 1 :][::-1])):
            for length in range(len(key) - 1, len(key) + 2):
                keys = self._near[backwards].get(length, ())
                start = bisect_left(keys, prefix)
                most = min(len(keys), start + _FUZZY_BUCKET)
                end = bisect_left(keys, prefix + _LAST, start, most)
                near.update(other[::-1] if backwards else other for other in keys[start:end])
        near.discard(key)
        if not near:
            return []
        same = extract(key, near, scorer=OSA.distance, processor=None, score_cutoff=1, limit=None)
        hits: list[Hit] = []
        for other in sorted(found for found, _, _ in same):
            hits.extend(
                Hit(hit.qid, hit.kind, hit.bare, hit.text, distance=1)
                for hit in self.find(other)
                if not hit.bare
            )
        return hits

    def _near_keys(self, backwards: int) -> dict[int, list[str]]:
        keys: dict[int, list[str]] = {}
        sql = "SELECT key FROM near WHERE backwards = ? ORDER BY key"
        for (made,) in self._read(sql, (backwards,)):
            keys.setdefault(len(made), []).append(made)
        return keys

    def by_identifier(self, property_: str, value: str) -> list[int]:
        """Return the items that have an identifier, such as ``P818`` and ``1706.03762``."""
        rows = self._read(
            "SELECT qid FROM identifier WHERE property = ? AND value = ? ORDER BY qid",
            (property_, value),
        )
        return [qid for (qid,) in rows]

    def _item(self, qid: int) -> Item | None:
        """Return an item by number, that of a redirect's target; None where there is none."""
        for _ in range(3):  # redirects of redirects are rare, and those of Wikidata end
            if records := self._read("SELECT record FROM item WHERE qid = ?", (qid,)):
                return self._decoded(records[0][0])
            moved = self._read("SELECT target FROM redirect WHERE qid = ?", (qid,))
            if not moved:
                return None
            ((qid,),) = moved
        return None

    def __len__(self) -> int:
        return int(self._read("SELECT count(*) FROM item")[0][0])

    def items(self) -> Iterator[Item]:
        """Yield every item, by number."""
        with closing(self._db.execute("SELECT record FROM item ORDER BY qid")) as rows:
            for (record,) in rows:
                yield self._decoded(record)


def write_facts(db: sqlite3.Connection, facts: Iterable[tuple[str, str]]) -> None:
    db.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", facts)
    db.execute("INSERT OR REPLACE INTO fact VALUES ('format', ?)", (str(FORMAT),))


def rows_of(items: Iterable[Item]) -> Rows:
    """Make the rows of items for :meth:`IndexWriter.add_rows`."""
    records: list[tuple[int, str]] = []
    names: list[tuple[str, int, int, str]] = []
    identifiers: list[tuple[str, str, int]] = []
    near: list[tuple[int, str]] = []
    for item in items:
        records.append((item.qid, encode(item)))
        own = name_rows(item.qid, names_of(item))
        names.extend(own)
        identifiers.extend((*pair, item.qid) for pair in item.identifiers)
        if item.sense is not Sense.UNKNOWN:
            near.extend(near_rows(own))
    return records, names, identifiers, near


def names_of(item: Item) -> dict[str, int]:
    """Return the names of an item with their kind, the one named first where one comes twice."""
    names: dict[str, int] = {}
    for name in item.names:
        names.setdefault(name.text, int(name.kind))
    return names


def name_rows(qid: int, names: Mapping[str, int]) -> list[tuple[str, int, int, str]]:
    """Make the rows of an item's names, which have their kind: what it is looked up by.

    Each key comes once, with the name that says most.
    """
    rows = []
    seen = set()
    for text, kind in names.items():
        made = key(text)
        if made and made not in seen:
            seen.add(made)
            rows.append((made, qid, kind, text))
    for text, kind in names.items():
        made = bare_key(text)
        if made and made not in seen:
            seen.add(made)
            rows.append((made, qid, kind + _BARE, text))
    return rows


def near_rows(names: Iterable[tuple[str, int, int, str]]) -> Iterator[tuple[int, str]]:
    """Make the rows by which the names of a judged item are found in spite of an error."""
    for made, _, kind, _ in names:
        if len(made) >= _FUZZY_LENGTH - 1 and kind < _BARE:
            yield 0, made
            yield 1, made[::-1]


def encode(item: Item) -> str:
    """Pack an item; the same item gives the same text."""
    return _encode(item).decode()


def pack(*fields: object) -> str:
    """Pack the fields of an item, in their order, without making one."""
    return orjson.dumps(fields).decode()
