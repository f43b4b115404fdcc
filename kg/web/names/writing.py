"""Writes the names of a snapshot into a file, in a process of its own.

The graph is read predicate by predicate. In memory are the things with what is shown of
them, some hundred bytes each, and the lists of names by their groups of three letters.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, SKOS

from kg.store import Snapshot
from kg.vocab import BIBO, KG, LINKS_GRAPH, SCHEMA, TERMS_GRAPH
from kg.web.names.identifiers import identifiers_in
from kg.web.names.index import Index, NamedThing, weight
from kg.web.names.schema import AUTHOR, PAPER, SCHEMA_SQL, TERM, TYPES, NameKind
from kg.web.reader import Reader
from kg.web.sandbox import forbid_network
from kg.web.worker import end_with_parent

#: The writing process lets those go first that answer.
_NICE: Final = 10
#: A part that nobody has written to for so long is left over.
_STALE_S: Final = 3_600.0
#: Of a label so much is kept; of other names so many.
_LONGEST: Final = 1_000
_OTHERS: Final = 3
_NAMED: Final = 20
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
    #: The first day of an author's papers.
    began: str | None = None
    others: list[str] = field(default_factory=list)
    #: All names of a term, some if there are very many.
    named: list[str] = field(default_factory=list)


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
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
        #: Paper -> authors, and paper -> what it is evaluated on.
        self._authors: defaultdict[int, list[int]] = defaultdict(list)
        self._evaluated: defaultdict[int, list[int]] = defaultdict(list)

    def write(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode = OFF")  # a file that is not complete is thrown away
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(SCHEMA_SQL)
        db.execute("CREATE TEMP TABLE raw (thing INTEGER, kind INTEGER, text TEXT)")
        db.execute("BEGIN")
        self._find_things()
        self._count()
        self._order()
        db.executemany("INSERT INTO raw VALUES (?, ?, ?)", self._name_rows())
        self._describe()
        db.executemany("INSERT OR IGNORE INTO identifier VALUES (?, ?)", self._identifier_rows())
        db.executemany(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (number, one.id, one.type, one.label or one.id, one.english, one.korean)
                + (one.papers, one.first, " · ".join(one.others))
                for number, one in enumerate(self._things)
            ),
        )
        index = Index(db, [self._named(number) for number in range(len(self._things))])
        index.write(db.execute("SELECT DISTINCT * FROM raw ORDER BY thing, kind, text"))
        db.execute("DROP TABLE raw")
        db.execute("COMMIT")

    def _named(self, number: int) -> NamedThing:
        thing = self._things[number]
        others = [self._things[author].label for author in self._authors.get(number, ())]
        return NamedThing(
            TYPES.index(thing.type),
            thing.papers,
            thing.first or thing.began,
            " ".join(others or thing.named),
            tuple(self._evaluated.get(number, ())),
        )

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

    def _count(self) -> None:
        """Learn of each thing how many papers it has and when it was first seen."""
        for thing, _, value in self._said(KG.paperCount, self._terms):
            thing.papers = int(value.value) if _COUNT.fullmatch(value.value) else 0
        for thing, _, value in self._said(KG.firstSeen, self._terms):
            thing.first = value.value[:_LONGEST]
        for paper, _, value in self._said(DCTERMS.creator, self._terms):
            number = self._numbers.get(value.value)
            if number is not None:
                author = self._things[number]
                author.papers += 1
                author.began = min(filter(None, (author.began, paper.first)), default=None)

    def _order(self) -> None:
        """Number things by falling weight, papers among them by falling date."""
        things = self._things
        things.sort(key=lambda thing: thing.id)
        things.sort(key=lambda thing: thing.first or "", reverse=True)
        things.sort(key=lambda thing: thing.papers, reverse=True)
        things.sort(key=lambda thing: -weight(TYPES.index(thing.type), thing.papers))
        self._numbers = {self._base + thing.id: number for number, thing in enumerate(things)}

    def _name_rows(self) -> Iterator[tuple[int, int, str]]:
        for predicate, kind in _NAMES:
            for thing, number, value in self._said(predicate, self._terms):
                if isinstance(value, ox.Literal):
                    text = value.value[:_LONGEST]
                    self._keep(thing, kind, text, value.language)
                    yield number, int(kind), text

    def _keep(self, thing: _Thing, kind: NameKind, text: str, language: str | None) -> None:
        """Remember what is shown of a name, and that a term is found by all its names."""
        if thing.id.startswith("term/") and len(thing.named) < _NAMED:
            thing.named.append(text)
        if kind is NameKind.PREFERRED and thing.id.startswith("term/"):
            if language == "ko":
                thing.korean = text
            else:
                thing.english = text
        elif kind is NameKind.OTHER and len(thing.others) < _OTHERS:
            thing.others.append(text)

    def _describe(self) -> None:
        for paper, number, value in self._said(DCTERMS.creator, self._terms):
            of = self._numbers.get(value.value)
            if of is None:
                continue
            self._authors[number].append(of)
            author = self._things[of]
            if not author.others:
                author.others.append(paper.label)
            if len(paper.others) < _OTHERS:
                paper.others.append(author.label)
        for _, number, value in self._said(KG.evaluatesOn, self._terms):
            on = self._numbers.get(value.value)
            if on is not None:
                self._evaluated[number].append(on)

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
