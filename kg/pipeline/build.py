"""The stages in order: digests to records, records to terms, both to the store."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from kg import rdf
from kg.model import Problem
from kg.pipeline.corrections import Corrected, read_corrections, take_in
from kg.pipeline.derived import NO_COUNTS, Counts, check_base, our_graphs, write_derived
from kg.pipeline.pool import ordered_map
from kg.pipeline.reading import ReadDigest, Reader, Source, build_id
from kg.settings import Settings
from kg.store import DigestInfo, Writer, open_writer
from kg.vocab import Iris, key_of

#: Called as a build goes on: how many digests of how many are done, and the last one's name.
Progress = Callable[[int, int, str], None]
#: Share of a store's digests above which a build loads all of it anew: a bulk load of
#: everything is faster than taking out graph by graph.
_REBUILD_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did: the digests and headings it read, and what it could not read."""

    digests: int
    headings: int
    problems: tuple[Problem, ...]
    changed: int = 0
    counts: Counts = NO_COUNTS


@dataclass(frozen=True, slots=True)
class Removal:
    """What ``remove`` did: the digests taken out, and the names that none has."""

    removed: tuple[str, ...]
    unknown: tuple[str, ...]
    counts: Counts = NO_COUNTS


def check(paths: Sequence[str], settings: Settings, *, progress: Progress | None = None) -> Report:
    """Read digests, and the corrections that the settings name, without writing anything."""
    sources, problems = Source.find(paths, settings)
    if settings.corrections:
        problems.extend(read_corrections(settings.corrections).problems)
    digests = headings = 0
    with closing(_read_all(sources, settings, progress, extract=False)) as reads:
        for read in reads:
            problems.extend(read.problems)
            headings += read.headings
            digests += read.info is not None
    return Report(digests, headings, tuple(problems))


def build(paths: Sequence[str], settings: Settings, *, progress: Progress | None = None) -> Report:
    """Read digests into the store: a digest seen again replaces what it said before.

    Everything is written in one step at the end: a build that fails or is killed leaves
    the store as it was. Digests that cannot be read are reported and the others go in; so
    are problems of the file of corrections that the settings name, which then changes nothing.

    Args:
        paths: files, folders, globs, or ``-`` for standard input.

    Raises:
        StoreError: the store is locked, full, or cannot be written.
        KGError: the settings do not fit the store, or a worker process died.
    """
    sources, problems = Source.find(paths, settings)
    if not sources:  # nothing to read: no store is made for it
        return Report(0, 0, tuple(problems))
    digests = headings = 0
    with open_writer(settings.store, wait_s=settings.lock_wait_s) as writer:
        check_base(writer, settings)
        decided = Corrected()
        if settings.corrections:
            file = read_corrections(settings.corrections)
            decided = take_in(file, writer.records)
            problems.extend(decided.problems)
        known = writer.records.infos()
        seen: dict[str, str] = {}
        changed: list[str] = []
        with closing(_read_all(sources, settings, progress, known=known)) as reads:
            for read in reads:
                problems.extend(read.problems)
                headings += read.headings
                if read.info is None:
                    continue
                digests += 1
                key = read.info.key
                if key in seen:
                    problems.append(_same_key(read.path, key, seen[key]))
                    continue
                seen[key] = read.path
                if read.record is not None:
                    changed.append(key)
                    writer.records.put(read.info, read.record)
                    writer.add(read.quads)
        replaced = [key for key in changed if key in known]
        _make_room(writer, replaced, len(known), settings)
        counts = write_derived(writer, settings)
        writer.publish = writer.changed or bool(decided.new or decided.withdrawn)
    return Report(digests, headings, tuple(problems), len(changed), counts)


def _read_all(
    sources: Sequence[Source],
    settings: Settings,
    progress: Progress | None,
    *,
    known: dict[str, DigestInfo] | None = None,
    extract: bool = True,
) -> Generator[ReadDigest, None, None]:
    if known:
        build_ = build_id(settings)
        shas = {key: info.sha256 for key, info in known.items() if info.build == build_}
        sources = [source.with_known(shas) for source in sources]
    reader = Reader(settings, extract=extract)
    # A process takes some seconds to load its models: not worth it for a few digests.
    jobs = min(settings.job_count, -(-len(sources) // 4))
    with closing(ordered_map(reader, sources, jobs=jobs)) as results:
        for number, read in enumerate(results, 1):
            yield read
            if progress:
                progress(number, len(sources), read.path)


def _same_key(path: str, key: str, first: str) -> Problem:
    return Problem(
        path,
        0,
        f"digest key {key!r} is already that of {first}",
        "not loaded; rename one of the two files",
    )


def _make_room(writer: Writer, replaced: list[str], known: int, settings: Settings) -> None:
    """Take out what the added quads of changed digests replace.

    Where that is much, start with an empty graph, and add all digests instead.
    """
    iris = Iris(settings.base_iri)
    if known and len(replaced) > max(4, known * _REBUILD_SHARE):
        writer.start_empty(our_graphs(writer, iris))
        for extracted in writer.records.read():
            lines = dict.fromkeys(rdf.digest_lines(extracted, iris))
            writer.add(rdf.to_graph(lines, iris.digest(extracted.digest.key)))
    else:
        for key in replaced:
            writer.remove_graph(iris.digest(key))


def remove(names: Sequence[str], settings: Settings) -> Removal:
    """Take digests out, with every term, author and alias that only they supported.

    Args:
        names: dates, keys or IRIs of digests. Unknown ones are reported, the others go.

    Raises:
        StoreError: there is no store, or it cannot be written.
    """
    iris = Iris(settings.base_iri)
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        known = writer.records.infos()
        keys: dict[str, None] = {}
        unknown = []
        for name in names:
            key = key_of(name.removeprefix(iris.digest("")))
            found = [key] if key in known else [k for k, i in known.items() if i.issued == name]
            keys.update(dict.fromkeys(found))
            if not found:
                unknown.append(name)
        for key in keys:
            writer.remove_graph(iris.digest(key))
            writer.records.remove(key)
        counts = write_derived(writer, settings)
    return Removal(tuple(keys), tuple(unknown), counts)
