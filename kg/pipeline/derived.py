"""What follows from a store's digests and from people's decisions: the derived graphs."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg import rdf
from kg.errors import KGError
from kg.model import Correction, TermType
from kg.pipeline.reading import build_id
from kg.queries import example_quads, load_queries
from kg.resolve import resolve
from kg.resources import shared_folder
from kg.settings import Settings
from kg.store import Snapshot, Writer
from kg.vocab import (
    CORRECTIONS_GRAPH,
    EXAMPLES_GRAPH,
    META_GRAPH,
    ONTOLOGY_GRAPH,
    TERMS_GRAPH,
    Iris,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a store holds, as its last build counted it: users' own graphs are not in it."""

    digests: int = 0
    entries: int = 0
    papers: int = 0
    authors: int = 0
    mentions: int = 0
    results: int = 0
    terms: int = 0
    terms_by_type: tuple[tuple[str, int], ...] = ()
    triples: int = 0


NO_COUNTS: Final = Counts()


def our_graphs(writer: Writer, iris: Iris) -> set[str]:
    """Name the graphs that builds make."""
    fixed = (TERMS_GRAPH, CORRECTIONS_GRAPH, META_GRAPH, ONTOLOGY_GRAPH, EXAMPLES_GRAPH)
    digests = (iris.digest(key) for key in writer.records.infos())
    return {iris.graph(name) for name in fixed} | set(digests)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector: millions of small records, and no cycles.

    Measured on 5,089 entries: 2.8 s instead of 4.2 s from records to lines.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collection()
def write_derived(writer: Writer, settings: Settings) -> Counts:
    """Recompute what the corpus decides; write what changes of it, and the added quads."""
    digests = list(writer.records.read())
    if not digests:
        writer.write_derived(())
        writer.records.set("counts", json.dumps(asdict(Counts())))
        return Counts()
    writer.load_added()
    iris = Iris(settings.base_iri)
    corrections = writer.records.corrections()
    resolution = resolve(digests, corrections=corrections)
    corpus = rdf.Corpus(digests, resolution, iris)
    sizes: dict[str, tuple[int, str]] = {}
    writer.write_derived(_derived_blocks(corpus, corrections, writer, sizes, settings))
    by_type = Counter(term.type for term in resolution.terms)
    counts = Counts(
        digests=len(digests),
        entries=sum(len(one.entries) for one in digests),
        papers=corpus.paper_count,
        authors=corpus.author_count,
        mentions=sum(len(entry.mentions) for one in digests for entry in one.entries),
        results=sum(len(entry.results) for one in digests for entry in one.entries),
        terms=len(resolution.terms),
        terms_by_type=tuple((str(one), by_type[one]) for one in TermType),
        triples=sum(size for size, _ in sizes.values()),
    )
    writer.records.set("counts", json.dumps(asdict(counts)))
    return counts


def _derived_blocks(
    corpus: rdf.Corpus,
    corrections: Sequence[Correction],
    writer: Writer,
    sizes: dict[str, tuple[int, str]],
    settings: Settings,
) -> Iterator[tuple[str, bytes]]:
    """Make all derived quads, in blocks no two of which share a quad.

    Puts into *sizes* the triples and the build of each derived graph, digests' too.
    """
    iris = corpus.iris
    for info in writer.records.infos().values():
        sizes[iris.digest(info.key)] = (info.triples, info.build)
    for name, blocks in (
        (TERMS_GRAPH, corpus.blocks()),
        (CORRECTIONS_GRAPH, rdf.correction_blocks(corrections, iris)),
        (ONTOLOGY_GRAPH, [("ontology", list(dict.fromkeys(ontology_lines())))]),
        (EXAMPLES_GRAPH, [("examples", list(dict.fromkeys(_example_lines(settings))))]),
    ):
        graph, size = iris.graph(name), 0
        for block, lines in blocks:
            size += len(lines)
            yield block, rdf.to_graph(lines, graph)
        if size or name != CORRECTIONS_GRAPH:  # without decisions there is no graph of them
            sizes[graph] = (size, build_id(settings))
    graph = iris.graph(META_GRAPH)
    meta = list(dict.fromkeys(rdf.meta_lines(corpus.digests, sizes, iris)))
    sizes[graph] = (len(meta), build_id(settings))
    yield "meta", rdf.to_graph(meta, graph)


def _example_lines(settings: Settings) -> Iterator[str]:
    saved = load_queries(queries_folder(settings)).values()
    return (line.removesuffix(" .") for line in example_quads(saved, settings.base_iri))


def ontology_lines() -> Iterator[str]:
    """Read the ontology as N-Triples lines."""
    path = shared_folder("ontology") / "kg.ttl"
    return (str(quad.triple) for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))


def queries_folder(settings: Settings) -> Path:
    """Tell where the saved queries are."""
    return settings.queries or shared_folder("queries")


def check_base(writer: Writer, settings: Settings) -> None:
    """Refuse settings with another base than the store was built with.

    Raises:
        KGError: the two differ.
    """
    base = writer.records.get("base_iri")
    if base is None:
        writer.records.set("base_iri", settings.base_iri)
    elif base != settings.base_iri:
        raise KGError(
            f"{settings.store}: built with the base {base!r}, not {settings.base_iri!r}; "
            "set KG_BASE_IRI to the first, or build into another store"
        )


def counts_of(snapshot: Snapshot) -> Counts:
    """Return what the last build counted."""
    with snapshot.records() as records:
        text = records.get("counts")
    if text is None:
        return Counts()
    values = json.loads(text)
    values["terms_by_type"] = tuple((name, number) for name, number in values["terms_by_type"])
    return Counts(**values)
