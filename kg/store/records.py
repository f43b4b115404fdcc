"""The extracted digests of a store, and what was derived from them, beside the graphs.

Resolution looks at every mention of the corpus. Reading 130,000 mentions back from the
graph takes six seconds, from here half of one; so a generation keeps the records that
its digest graphs were written from. And it keeps the derived quads in blocks, such as a
term's, each with a hash, so that a write finds what changed without sorting or comparing
all of them. Both are written with the graphs, published with them, and never changed alone.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import zstandard

from kg.linked import Link, LinkDecision
from kg.model import (
    Correction,
    Decision,
    Digest,
    Direction,
    Entry,
    ExtractedDigest,
    ExtractedEntry,
    Mention,
    Qualifier,
    Result,
    ResultKind,
    Role,
    Section,
    TermType,
)
from kg.store import layout, link_records

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digest (
    key TEXT PRIMARY KEY, issued TEXT NOT NULL, sha256 TEXT NOT NULL, source TEXT NOT NULL,
    build TEXT NOT NULL, triples INTEGER NOT NULL, record BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block_hash (name TEXT PRIMARY KEY, hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (name TEXT PRIMARY KEY, quads BLOB NOT NULL);
"""
_HASH_BYTES = 16
_CORRECTIONS = "corrections"
_LINK_DECISIONS = "link decisions"
_ITEMS = "items of Wikidata"


@dataclass(frozen=True, slots=True)
class DigestInfo:
    """What a store knows of a digest without reading its record."""

    key: str
    issued: str | None
    sha256: str
    source: str
    build: str
    triples: int


class Sink(Protocol):
    """What takes TriG: an open file, for one."""

    def write(self, quads: bytes, /) -> object: ...


class Records:
    """The records of one generation. The caller commits or throws the file away."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        target = f"{path.absolute().as_uri()}?mode=ro&immutable=1" if read_only else str(path)
        self._db = sqlite3.connect(target, uri=read_only, isolation_level=None)
        if not read_only:
            # The file belongs to a generation that nobody sees yet: no journal is needed.
            self._db.execute("PRAGMA journal_mode=OFF")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_SCHEMA + link_records.SCHEMA)

    def close(self) -> None:
        self._db.close()

    def infos(self) -> dict[str, DigestInfo]:
        """Return what is known of every digest, sorted by key."""
        rows = self._db.execute(
            "SELECT key, issued, sha256, source, build, triples FROM digest ORDER BY key"
        )
        return {row[0]: DigestInfo(row[0], row[1] or None, *row[2:]) for row in rows}

    def put(self, info: DigestInfo, record: bytes) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(info.key, info.issued or "", info.sha256, info.source),
                *(info.build, info.triples, record),
            ),
        )

    def get(self, name: str) -> str | None:
        """Return a fact about the store as a whole, such as its base IRI."""
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def corrections(self) -> tuple[Correction, ...]:
        """Return people's decisions in force, sorted by what they are about.

        Raises:
            StoreError: they are damaged.
        """
        try:
            rows = json.loads(self.get(_CORRECTIONS) or "[]")
            return tuple(
                Correction(Decision(decision), label, value, tuple(papers), by, date, comment)
                for decision, label, value, papers, by, date, comment in rows
            )
        except (ValueError, TypeError) as error:
            raise layout.damaged(self.path.parent.parent, f"corrections: {error}") from error

    def set_corrections(self, corrections: Iterable[Correction]) -> None:
        """Keep exactly *corrections*; the order in which they come changes nothing."""
        rows = sorted(
            [c.label, c.decision, c.value, c.papers, c.by, c.date, c.comment] for c in corrections
        )
        ordered = [[decision, label, *rest] for label, decision, *rest in rows]
        self.set(_CORRECTIONS, json.dumps(ordered, ensure_ascii=False))

    def links(self) -> tuple[Link, ...]:
        """Return what the machine decided of things, sorted by kind and key.

        Raises:
            StoreError: it is damaged.
        """
        try:
            return link_records.read_links(self._db)
        except link_records.DAMAGE as error:
            raise layout.damaged(self.path.parent.parent, f"links: {error}") from error

    def set_links(self, links: Iterable[Link]) -> None:
        """Keep exactly *links*, one a thing."""
        link_records.write_links(self._db, links)

    def link_decisions(self) -> tuple[LinkDecision, ...]:
        """Return people's decisions on links that are in force, sorted by what they are about.

        Raises:
            StoreError: they are damaged.
        """
        try:
            return link_records.unpack_decisions(self.get(_LINK_DECISIONS) or "[]")
        except link_records.DAMAGE as error:
            raise layout.damaged(self.path.parent.parent, f"link decisions: {error}") from error

    def set_link_decisions(self, decisions: Iterable[LinkDecision]) -> None:
        """Keep exactly *decisions*; the order in which they come changes nothing."""
        self.set(_LINK_DECISIONS, link_records.pack_decisions(decisions))

    def items(self) -> tuple[link_records.ItemRow, ...]:
        """Return what was taken over of Wikidata's items, sorted by number; none by default.

        Raises:
            StoreError: it is damaged.
        """
        try:
            return link_records.unpack_items(self.get(_ITEMS) or "[]")
        except link_records.DAMAGE as error:
            raise layout.damaged(self.path.parent.parent, f"{_ITEMS}: {error}") from error

    def set_items(self, items: Iterable[link_records.ItemRow]) -> None:
        """Keep exactly *items*; the order in which they come changes nothing."""
        self.set(_ITEMS, link_records.pack_items(items))

    def remove(self, key: str) -> None:
        self._db.execute("DELETE FROM digest WHERE key = ?", (key,))

    def read(self) -> Iterator[ExtractedDigest]:
        """Yield every digest in corpus order: by date, then key; undated ones first."""
        for key, record in self._db.execute("SELECT key, record FROM digest ORDER BY issued, key"):
            try:
                yield decode(record)
            except (zstandard.ZstdError, ValueError, LookupError, TypeError) as error:
                what = f"record of {key!r}: {error}"
                raise layout.damaged(self.path.parent.parent, what) from error

    def replace_blocks(
        self, blocks: Iterable[tuple[str, bytes]], removed: Sink, added: Sink
    ) -> None:
        """Keep exactly *blocks* (name and TriG each), and tell what that changes.

        Writes to *removed* the quads of blocks that go or were different, to *added* those
        of blocks that are new or different now.
        """
        old: dict[str, bytes] = dict(self._db.execute("SELECT name, hash FROM block_hash"))
        packer = zstandard.ZstdCompressor(level=1)
        self._db.execute("BEGIN")
        for name, quads in blocks:
            hash_ = hashlib.blake2b(quads, digest_size=_HASH_BYTES).digest()
            before = old.pop(name, None)
            if before == hash_:
                continue
            if before is not None:
                removed.write(self._block(name, before))
            added.write(quads)
            self._db.execute("INSERT OR REPLACE INTO block_hash VALUES (?, ?)", (name, hash_))
            packed = packer.compress(quads)
            self._db.execute("INSERT OR REPLACE INTO block VALUES (?, ?)", (name, packed))
        for name, before in old.items():
            removed.write(self._block(name, before))
            self._db.execute("DELETE FROM block_hash WHERE name = ?", (name,))
            self._db.execute("DELETE FROM block WHERE name = ?", (name,))
        self._db.execute("COMMIT")

    def blocks(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the quads of every block."""
        for name, hash_ in self._db.execute("SELECT name, hash FROM block_hash ORDER BY name"):
            yield name, self._block(name, hash_)

    def forget_blocks(self) -> None:
        """Forget all derived quads: the graph was started empty."""
        self._db.execute("DELETE FROM block_hash")
        self._db.execute("DELETE FROM block")

    def _block(self, name: str, hash_: bytes) -> bytes:
        row = self._db.execute("SELECT quads FROM block WHERE name = ?", (name,)).fetchone()
        try:
            quads = zstandard.ZstdDecompressor().decompress(row[0])
        except (zstandard.ZstdError, TypeError) as error:
            raise layout.damaged(self.path.parent.parent, f"block {name!r}: {error}") from error
        if hashlib.blake2b(quads, digest_size=_HASH_BYTES).digest() != hash_:
            raise layout.damaged(self.path.parent.parent, f"block {name!r}: not what was written")
        return quads

    def check(self) -> None:
        """Look for damage of the file; it costs a reading of it.

        Raises:
            sqlite3.Error: it is no database of records, or a damaged one.
        """
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        self._db.execute("SELECT name FROM fact LIMIT 1")


def encode(extracted: ExtractedDigest) -> bytes:
    """Pack a digest and what was found in it; the same input gives the same bytes."""
    digest = extracted.digest
    content = [
        [digest.key, digest.issued, digest.source, digest.sha256, extracted.build],
        [
            [_pack_entry(one.entry), [_pack_mention(m) for m in one.mentions]]
            + [[_pack_result(r) for r in one.results]]
            for one in extracted.entries
        ],
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zstandard.ZstdCompressor(level=6).compress(text.encode("utf-8"))


def decode(record: bytes) -> ExtractedDigest:
    """Read back what :func:`encode` packed."""
    (key, issued, source, sha256, build), packed = json.loads(
        zstandard.ZstdDecompressor().decompress(record)
    )
    entries = tuple(
        ExtractedEntry(
            _unpack_entry(entry),
            tuple(_unpack_mention(m) for m in mentions),
            tuple(_unpack_result(r) for r in results),
        )
        for entry, mentions, results in packed
    )
    digest = Digest(key, issued, source, sha256, tuple(one.entry for one in entries))
    return ExtractedDigest(digest, entries, build)


def _pack_entry(entry: Entry) -> list[Any]:
    sections = [[s.key, s.type, s.label, s.text] for s in entry.sections]
    return [
        *(entry.key, entry.paper, entry.position, entry.line, entry.page, entry.arxiv_id),
        *(entry.arxiv_version, entry.doi, entry.votes, entry.authors, entry.authors_truncated),
        *(entry.thumbnail, sections),
    ]


def _unpack_entry(packed: list[Any]) -> Entry:
    *head, authors, truncated, thumbnail, sections = packed
    tail = [tuple(authors), truncated, thumbnail, tuple(Section(*one) for one in sections)]
    return Entry(*head, *tail)


def _pack_mention(m: Mention) -> list[Any]:
    return [m.section, m.start, m.end, m.exact, m.type, m.role, str(m.confidence)] + [
        m.component,
        m.gloss_of,
    ]


_TYPES = {str(one): one for one in TermType}
_ROLES = {str(one): one for one in Role}


def _unpack_mention(packed: list[Any]) -> Mention:
    section, start, end, exact, type_, role, confidence, component, gloss_of = packed
    return Mention(
        *(section, start, end, exact, _TYPES[type_], _ROLES[role], Decimal(confidence), component),
        gloss_of=(gloss_of[0], gloss_of[1], gloss_of[2]) if gloss_of else None,
    )


def _pack_result(r: Result) -> list[Any]:
    return [
        *(r.section, r.start, r.end, r.evidence, r.value_text, r.kind, str(r.confidence)),
        *(r.subject, r.benchmark, r.metric, r.baseline),
        *(_text(r.value), _text(r.value_min), _text(r.value_max)),
        *(r.qualifier, r.unit, r.direction, r.setting, r.split),
    ]


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _unpack_result(packed: list[Any]) -> Result:
    section, start, end, evidence, value_text, kind, confidence, *rest = packed
    subject, benchmark, metric, baseline, value, low, high, qualifier, unit, direction = rest[:10]
    return Result(
        *(section, start, end, (evidence[0], evidence[1]), value_text, ResultKind(kind)),
        *(Decimal(confidence), subject, benchmark, metric, baseline),
        *(_number(value), _number(low), _number(high)),
        Qualifier(qualifier) if qualifier else None,
        unit,
        Direction(direction) if direction else None,
        *rest[10:],
    )
