"""Writes the names of a snapshot into a file, in a process of its own.

The graph is read predicate by predicate. In memory are the things with what is shown of
them, some hundred bytes each, and the lists of names by their groups of three letters.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import time
from array import array
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, SKOS

from kg.link.keys import bare_key
from kg.store import Snapshot
from kg.vocab import BIBO, KG, LINKS_GRAPH, SCHEMA, TERMS_GRAPH
from kg.web.reader import Reader
from kg.web.reconcile.identifiers import identifiers_in
from kg.web.reconcile.names import (
    BARE,
    KEY_LETTERS,
    SCHEMA_SQL,
    SHORT,
    SHORT_THINGS,
    NameKind,
    grams_of,
    initials_key,
    key_of_name,
)
from kg.web.reconcile.schema import AUTHOR, PAPER, TERM, TYPES
from kg.web.sandbox import forbid_network
from kg.web.worker import end_with_parent

#: The writing process lets those go first that answer.
_NICE: Final = 5
#: A part that nobody has written to for so long is left over.
_STALE_S: Final = 3_600.0
#: Of a label so much is kept; of other names so many.
_LONGEST: Final = 1_000
_OTHERS: Final = 3
_ENDING: Final = ".names"
_KINDS: Final = {"term": TERM, "author": AUTHOR, "paper": PAPER}
_NAMES: Final = (
    (SKOS.prefLabel, NameKind.PREFERRED),
    (FOAF.name, NameKind.PREFERRED),
    (DCTERMS.title, NameKind.PREFERRED),
    (SKOS.altLabel, NameKind.OTHER),
    (DCTERMS.alternative, NameKind.OTHER),
    (SKOS.hiddenLabel, NameKind.SPELLING),
)
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_Value = ox.NamedNode | ox.Literal
_LINKS: Final = (SKOS.exactMatch, SKOS.closeMatch, SCHEMA.sameAs)


@dataclass(slots=True)
class _Thing:
    id: str
    type: str
    label: str = ""
    english: str | None = None
    korean: str | None = None
    papers: int = 0
    first: str | None = None
    others: list[str] = field(default_factory=list)


def file_of(folder: Path, snapshot: str, mark: str) -> Path:
    """Return the file with the names of a snapshot."""
    return folder / f"{snapshot}-{mark}{_ENDING}"


def write_names(store: Path, base: str, folder: Path, mark: str) -> None:
    """Write the names of the newest snapshot, and remove the files of all but the last two.

    The file appears under its name when it is complete.

    Args:
        base: start of the IRIs of our things.
        mark: what a file's name has beside the snapshot; files with another are left alone.
    """
    end_with_parent()
    forbid_network()
    os.nice(_NICE)
    reader = Reader(store)
    reader.refresh()
    path = file_of(folder, reader.snapshot.id, mark)
    handle, part = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=folder)
    os.close(handle)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            _Writer(db, reader.snapshot, base).write()
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    ours = sorted(folder.glob(f"*-{mark}{_ENDING}"), key=lambda one: one.stat().st_mtime_ns)
    for old in (*ours[:-2], *_left_over(folder)):
        old.unlink(missing_ok=True)


def _left_over(folder: Path) -> list[Path]:
    """List parts whose writing process was killed; one that still writes was changed just now."""
    oldest = time.time() - _STALE_S
    return [one for one in folder.glob(f"*{_ENDING}*.part") if one.stat().st_mtime < oldest]


class _Writer:
    """Fills an empty database from a graph."""

    def __init__(self, db: sqlite3.Connection, snapshot: Snapshot, base: str) -> None:
        self._db = db
        self._graph = snapshot.graph
        self._base = base
        self._terms = ox.NamedNode(base + TERMS_GRAPH)
        self._links = ox.NamedNode(base + LINKS_GRAPH)
        #: IRI -> number
        self._numbers: dict[str, int] = {}
        self._things: list[_Thing] = []

    def write(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode = OFF")  # a file that is not complete is thrown away
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(SCHEMA_SQL)
        db.execute("CREATE TEMP TABLE raw (key TEXT, thing INTEGER, kind INTEGER, text TEXT)")
        db.execute("BEGIN")
        self._find_things()
        self._insert("INSERT INTO raw VALUES (?, ?, ?, ?)", self._name_rows())
        self._describe()
        self._insert("INSERT OR IGNORE INTO identifier VALUES (?, ?)", self._identifier_rows())
        self._insert(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (number, one.id, one.type, one.label or one.id, one.english, one.korean)
                + (one.papers, one.first, " · ".join(one.others))
                for number, one in enumerate(self._things)
            ),
        )
        db.execute("INSERT OR IGNORE INTO name SELECT * FROM raw ORDER BY key, thing, kind, text")
        db.execute("DROP TABLE raw")
        self._write_short()
        self._write_grams()
        db.execute("COMMIT")

    def _insert(self, sql: str, rows: Iterator[tuple[object, ...]]) -> None:
        self._db.executemany(sql, rows)

    def _said(self, predicate: URIRef, graph: ox.NamedNode) -> Iterator[tuple[_Thing, int, _Value]]:
        """Yield what a graph says of our things by a predicate: thing, number, value."""
        node = ox.NamedNode(str(predicate))
        for quad in self._graph.quads_for_pattern(None, node, None, graph):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, _Value):
                number = self._numbers.get(quad.subject.value)
                if number is not None:
                    yield self._things[number], number, quad.object

    def _find_things(self) -> None:
        type_ = ox.NamedNode(str(RDF.type))
        for kind, class_ in _KINDS.items():
            start = f"{self._base}{kind}/"
            node = ox.NamedNode(str(KG[class_]))
            for quad in self._graph.quads_for_pattern(None, type_, node, self._terms):
                subject = quad.subject
                if isinstance(subject, ox.NamedNode) and subject.value.startswith(start):
                    self._numbers[subject.value] = len(self._things)
                    self._things.append(_Thing(subject.value.removeprefix(self._base), class_))
        for thing, _, value in self._said(KG.termType, self._terms):
            name = value.value.rpartition("#")[2]
            thing.type = name if name in TYPES else TERM
        for thing, _, value in self._said(RDFS.label, self._terms):
            thing.label = value.value[:_LONGEST]

    def _name_rows(self) -> Iterator[tuple[str, int, int, str]]:
        for predicate, kind in _NAMES:
            for thing, number, value in self._said(predicate, self._terms):
                if isinstance(value, ox.Literal):
                    text = value.value[:_LONGEST]
                    self._keep(thing, kind, text, value.language)
                    yield from _keys(thing, number, kind, text)

    def _keep(self, thing: _Thing, kind: NameKind, text: str, language: str | None) -> None:
        """Remember what is shown of a name."""
        if kind is NameKind.PREFERRED and thing.id.startswith("term/"):
            if language == "ko":
                thing.korean = text
            else:
                thing.english = text
        elif kind is NameKind.OTHER and len(thing.others) < _OTHERS:
            thing.others.append(text)

    def _describe(self) -> None:
        for thing, _, value in self._said(KG.paperCount, self._terms):
            thing.papers = int(value.value) if _COUNT.fullmatch(value.value) else 0
        for thing, _, value in self._said(KG.firstSeen, self._terms):
            thing.first = value.value[:_LONGEST]
        for paper, _, value in self._said(DCTERMS.creator, self._terms):
            number = self._numbers.get(value.value)
            if number is None:
                continue
            author = self._things[number]
            author.papers += 1
            if not author.others:
                author.others.append(paper.label)
            if len(paper.others) < _OTHERS:
                paper.others.append(author.label)

    def _identifier_rows(self) -> Iterator[tuple[str, int]]:
        for predicate, kind in ((KG.arxivId, "arxiv"), (BIBO.doi, "doi")):
            for _, number, value in self._said(predicate, self._terms):
                yield f"{kind}:{value.value.lower()}", number
        for number, thing in enumerate(self._things):
            kind, _, rest = thing.id.partition("/")
            if kind == "paper":
                for identifier in identifiers_in(rest.removeprefix("doi/")):
                    yield identifier, number
        for graph in (self._terms, self._links):
            for predicate in _LINKS:
                for _, number, value in self._said(predicate, graph):
                    for identifier in identifiers_in(value.value):
                        yield identifier, number

    def _write_short(self) -> None:
        """List what short starts lead to, the things of most papers first."""
        listed: defaultdict[str, dict[int, None]] = defaultdict(dict)
        rows = self._db.execute(
            "SELECT substr(key, 1, ?), thing FROM name JOIN thing ON number = thing "
            "WHERE kind < ? AND key NOT LIKE 'initials:%' ORDER BY papers DESC, number",
            (SHORT, BARE),
        )
        for start, thing in rows:
            for length in range(len(start) + 1):
                things = listed[start[:length]]
                if len(things) < SHORT_THINGS:
                    things[thing] = None
        self._insert(
            "INSERT INTO short VALUES (?, ?)",
            ((start, array("I", things).tobytes()) for start, things in sorted(listed.items())),
        )

    def _write_grams(self) -> None:
        postings: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        db = self._db
        db.execute(
            "INSERT INTO whole (key) SELECT DISTINCT key FROM name WHERE kind < ? ORDER BY key",
            (NameKind.INITIALS,),
        )
        for number, key in db.execute("SELECT number, key FROM whole"):
            for gram in grams_of(key):
                postings[gram].append(number)
        numbered = enumerate(sorted(postings.items()))
        for number, (gram, keys) in numbered:
            db.execute("INSERT INTO gram VALUES (?, ?, ?)", (gram, len(keys), number))
            db.execute("INSERT INTO posting VALUES (?, ?)", (number, keys.tobytes()))


def _keys(
    thing: _Thing, number: int, kind: NameKind, text: str
) -> Iterator[tuple[str, int, int, str]]:
    """Yield the keys by which a name is found."""
    whole = key_of_name(text)
    if whole:
        yield whole, number, int(kind), text
    if thing.type == AUTHOR:
        initials = initials_key(text)
        if initials:
            yield initials, number, int(NameKind.INITIALS), text
        return
    bare = bare_key(text)[:KEY_LETTERS]
    if bare and bare != whole:
        yield bare, number, kind + BARE, text
