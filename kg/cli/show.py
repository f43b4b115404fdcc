"""Progress and summaries for people, on stderr; tables of rows on stdout."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from kg.pipeline import Counts, Report
from kg.pipeline import Progress as Advance


@contextmanager
def bar(title: str) -> Iterator[Advance]:
    """Show a progress bar where stderr is a terminal; yields what advances it."""
    console = Console(stderr=True)
    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        task = p.add_task(title, total=None, last="")

        def advance(done: int, total: int, name: str) -> None:
            p.update(task, completed=done, total=total, last=Path(name).name)

        yield advance


def report(done: Report, store: Path) -> None:
    """Show what a build read and what the store holds now."""
    lines = [
        f"Read {done.headings} entries in {done.digests} digests, "
        f"{done.changed} of them new or changed; {len(done.problems)} problems."
    ]
    if done.counts.triples:
        lines += [f"{store} now holds", rendered(_counts_table(done.counts))]
    sys.stderr.write("\n".join(lines) + "\n")


def counts(held: Counts) -> None:
    """Show what a store holds, on stdout."""
    sys.stdout.write(rendered(_counts_table(held)) + "\n")


def rendered(table: Table, width: int | None = None) -> str:
    """Write a table out as text; as wide as it needs where no *width* in columns is given."""
    text = io.StringIO()
    width = width or Console(file=text, width=_WIDEST).measure(table).maximum
    Console(file=text, width=width, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")


def _counts_table(held: Counts) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = [
        ("digests", held.digests),
        ("entries", held.entries),
        ("papers", held.papers),
        ("authors", held.authors),
        ("terms", held.terms),
        *((f"  {name}", number) for name, number in held.terms_by_type),
        ("mentions", held.mentions),
        ("results", held.results),
        ("triples", held.triples),
    ]
    for name, number in rows:
        table.add_row(name, f"{number:,}")
    return table


#: Columns of the widest table that is written where there is no terminal to fit.
_WIDEST = 100_000


def solutions(names: Sequence[str], rows: Iterator[Sequence[str]], out: TextIO) -> None:
    """Show rows as a table; on a terminal as wide as it is, else as wide as they need."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(Text(name), overflow="fold")
    count = 0
    for row in rows:
        count += 1
        # Text, not markup: labels come from strangers.
        table.add_row(*(Text(_visible(cell)) for cell in row))
    width = shutil.get_terminal_size().columns if out.isatty() else None
    out.write(f"{rendered(table, width)}\n\n{count} row{'' if count == 1 else 's'}\n")


def escaped(text: str) -> str:
    r"""Write characters that could drive the terminal or turn its text around as escapes.

    >>> print(escaped("a\x1b[31mb\u202e"))
    a\u001b[31mb\u202e
    """
    return "".join(
        char if char.isprintable() else " " if char.isspace() and char > " " else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _visible(text: str) -> str:
    """Keep control characters of strangers' text from driving the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
