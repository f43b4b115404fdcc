"""Links to Wikidata, from the command line."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click
from rich import box
from rich.table import Table

from kg.cli import show
from kg.cli.show import escaped
from kg.errors import KGError
from kg.settings import Settings

if TYPE_CHECKING:
    from kg.link.wikidata.live import Live
    from kg.pipeline.completion import OpenLive
    from kg.pipeline.link_rows import ReviewRow
    from kg.pipeline.linking import Linked


_REVIEWED = (
    *("label", "type", "labels", "qid", "relation", "item"),
    *("description", "score", "evidence", "iri"),
)


def run(settings: Settings, *, live: bool, offline: bool, min_score: float | None) -> int:
    """Link the store, tell what came of it, and return the exit code."""
    from kg.link.entity import LANGUAGES
    from kg.pipeline.linking import link_store

    with ExitStack() as stack:
        client = None
        if live:
            client = stack.enter_context(_opener(settings, offline=offline)(LANGUAGES, 0))
        advance = stack.enter_context(show.bar("Linking"))
        done = link_store(settings, live=client, min_score=min_score, progress=advance)
    sys.stderr.write(show.rendered(_summary(done)) + "\n")
    return _told(done.problem, done.open, "what could not be asked keeps the links that it had")


def _told(problem: str | None, open_: int, kept: str) -> int:
    """Tell why Wikidata was not asked for all, and what that leaves; return the exit code."""
    if problem:
        click.echo(f"kg: {escaped(problem)}", err=True)
        click.echo(kept, err=True)
    elif open_:
        click.echo(f"{open_:,} questions have no answer kept; {kept}", err=True)
    return 1 if problem else 0


def _opener(settings: Settings, *, offline: bool) -> OpenLive:
    """Return what opens a client of Wikidata; the budget is one for all clients of a run."""
    from kg.link.wikidata.live import Live

    def open_live(languages: tuple[str, ...], sent: int) -> Live:
        return Live(
            settings.wikidata_cache,
            contact=settings.wikidata_contact or "",
            budget=max(settings.wikidata_budget - sent, 0) if settings.wikidata_budget else None,
            offline=offline,
            languages=languages,
        )

    return open_live


def complete(settings: Settings, *, live: bool, offline: bool) -> int:
    """Bring in what Wikidata says of linked items, and return the exit code."""
    from kg.pipeline.completion import ADVICE, complete_store

    done = complete_store(settings, _opener(settings, offline=offline) if live else None)
    if done is None:
        told = "the index that comes with the package has no statements, nothing was changed"
        click.echo(f"kg: {told}; {ADVICE}", err=True)
        return 0
    unread = done.linked - done.found
    click.echo(
        f"{done.statements:,} statements of {done.linked:,} linked items"
        + (f"; of {unread:,} of them nothing was read" if unread else "")
        + ("" if done.dated else "; for which day they hold is not known"),
        err=True,
    )
    return _told(done.problem, done.open, "what could not be asked stays as it was")


def remove_completion(settings: Settings) -> None:
    """Take out what completion brought in."""
    from kg.pipeline.completion import remove_completion as remove

    click.echo(f"{remove(settings):,} items of Wikidata taken out", err=True)


def quickstatements(
    file: str, settings: Settings, *, live: bool, offline: bool, min_score: float
) -> None:
    """Write what linked items lack of what the store knows."""
    from kg.pipeline.quickstatements import lacking

    opener = _opener(settings, offline=offline) if live else None
    done = lacking(settings, min_score=min_score, open_live=opener)
    with _written(file) as out:
        out.writelines(f"{one}\n" for one in done.commands)
    click.echo(
        f"{len(done.commands):,} commands for {done.items:,} linked items; look at each before "
        "you send them"
        + (f"; of {done.missing:,} items nothing is known" if done.missing else "")
        + (f"; {done.unsafe:,} names cannot be written" if done.unsafe else "")
        + (f"; {done.open:,} questions have no answer kept" if done.open else ""),
        err=True,
    )


def _summary(done: Linked) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("", "things", "exact", "close", "no item", "decided by people"):
        table.add_column(name, justify="right" if name else "left")
    for one in done.counts:
        numbers = (one.things, one.exact, one.close, one.nil, one.people)
        table.add_row(one.name, *(f"{number:,}" for number in numbers))
    return table


def export(file: str, settings: Settings) -> None:
    """Write all links and decisions as SSSOM."""
    from kg.link.mappings.writing import write_sssom
    from kg.pipeline.link_rows import link_rows
    from kg.vocab import Iris

    rows = link_rows(settings)
    with _written(file) as out:
        write_sssom(rows, out, Iris(settings.base_iri))
    click.echo(f"{len(rows)} links", err=True)


def load(file: str, settings: Settings, *, replace: bool) -> int:
    """Put the decisions of a file in force, tell what that did, and return the exit code."""
    from kg.pipeline.link_decisions import apply_link_decisions, read_link_decisions

    source: Path | BinaryIO = sys.stdin.buffer if file == "-" else Path(file)
    where = "standard input" if file == "-" else file
    done = apply_link_decisions(
        read_link_decisions(source, where, settings), settings, replace=replace
    )
    if done.problems:
        for problem in done.problems:
            click.echo(f"kg: {escaped(str(problem))}", err=True)
        click.echo(f"kg: {where}: nothing was changed; mend the rows and load it again", err=True)
        return 1
    for one in done.waiting:
        told = f"{one.kind} {one.key!r} is not in the store yet; the decision waits for it"
        click.echo(f"{where}:{one.line}: {escaped(told)}", err=True)
    for one in done.older:
        told = f"older than what is in force about {one.kind} {one.key!r}; not loaded"
        click.echo(f"{where}:{one.line}: {escaped(told)}", err=True)
    click.echo(
        f"{len(done.in_force)} decisions in force, {len(done.new)} of them new, "
        f"{len(done.withdrawn)} taken back; {done.skipped} rows of a machine left out",
        err=True,
    )
    return 0


def review(settings: Settings, limit: int, format_: str) -> None:
    """Write the least certain links."""
    from kg.link.mappings.writing import Row, write_sssom
    from kg.pipeline.link_rows import review_rows
    from kg.vocab import Iris

    rows = review_rows(settings, limit)
    with _written("-") as out:
        if format_ == "sssom":
            made = (Row(one.link, one.label, one.term_type) for one in rows)
            write_sssom(made, out, Iris(settings.base_iri))
            return
        cells = [_cells(one) for one in rows]
        if format_ == "csv":
            writer = csv.writer(out, lineterminator="\n")
            writer.writerows([_REVIEWED, *cells])
        else:
            show.solutions(_REVIEWED, iter(cells), out)


def _cells(one: ReviewRow) -> tuple[str, ...]:
    link = one.link
    return (
        *(one.label, one.type, "|".join(one.labels), link.qid or "", link.relation or ""),
        *(link.label, one.description, str(link.score), link.evidence, one.iri),
    )


def table(file: str, settings: Settings) -> int:
    """Link the rows of a table, and return the exit code."""
    from kg.link.concepts import open_index
    from kg.link.rank import Linker
    from kg.link.table import link_table

    bad = 0

    def report(problem: str) -> None:
        nonlocal bad
        bad += 1
        click.echo(f"kg: {escaped(problem)}", err=True)

    with open_index(settings.index) as index, _read(file) as lines, _written("-") as out:
        linker = Linker(index)
        count, linked = link_table(
            lines,
            out,
            "standard input" if file == "-" else file,
            linker.link,
            report,
        )
    click.echo(f"{linked} of {count} rows linked", err=True)
    return 1 if bad else 0


def build_index(dump: Path, out: Path, config: Path | None, jobs: int) -> int:
    """Make an index of names from a dump, and return the exit code."""
    from kg.link.dumps.building import build_index as build
    from kg.link.dumps.index_config import IndexConfig, read_config

    chosen = read_config(config) if config else IndexConfig()
    with show.bar("Reading the dump") as advance:
        built = build(
            dump,
            out,
            config=chosen,
            jobs=jobs,
            progress=lambda read, size, items: advance(read, size, f"{items:,} items"),
        )
    for problem in built.problems:
        click.echo(f"kg: {escaped(problem)}", err=True)
    left = ", ".join(f"{number:,} {why}" for why, number in sorted(built.left_out.items()))
    click.echo(
        f"{out}: {built.items:,} items of {built.entities:,} entities, "
        f"{built.redirects:,} redirects, {built.problem_count:,} problems"
        + (f"; left out: {left}" if left else ""),
        err=True,
    )
    return 1 if built.problem_count or not built.complete else 0


@contextmanager
def _read(file: str) -> Iterator[TextIO]:
    with ExitStack() as stack:
        try:
            source = sys.stdin.buffer if file == "-" else stack.enter_context(open(file, "rb"))
        except OSError as error:
            raise KGError(f"{file}: {error.strerror or error}; expected a CSV file") from error
        text = io.TextIOWrapper(source, encoding="utf-8", newline="")
        yield text
        text.detach()


@contextmanager
def _written(file: str) -> Iterator[TextIO]:
    """Open what is written: a file that stands only when all of it is there, or stdout."""
    if file == "-":
        text = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
        yield text
        text.detach()
        sys.stdout.buffer.flush()
        return
    whole = io.StringIO(newline="")
    yield whole
    path = Path(file)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(whole.getvalue(), encoding="utf-8", newline="")
        part.replace(path)
    except OSError as error:
        raise KGError(
            f"{file}: cannot be written ({error.strerror or error}); "
            "expected a place with room that you may write"
        ) from error
    finally:
        part.unlink(missing_ok=True)
