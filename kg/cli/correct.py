"""People's decisions, from the command line."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from kg import pipeline
from kg.cli.show import escaped
from kg.model import Correction
from kg.settings import Settings


def load(file: Path, settings: Settings, *, replace: bool) -> int:
    """Put the decisions of a file in force, tell what that did, and return the exit code."""
    read = pipeline.read_corrections(file)
    problems = read.problems
    if not problems:
        done = pipeline.apply_corrections(
            read.corrections, settings, replace=replace, source=str(file)
        )
        problems = done.problems
    if problems:
        for problem in problems:
            click.echo(f"kg: {escaped(str(problem))}", err=True)
        click.echo(f"kg: {file}: nothing was changed; mend the rows and load it again", err=True)
        return 1
    for one in done.waiting:
        told = f"{one.label!r} stands in no digest" + (" of that paper" if one.papers else "")
        click.echo(f"{file}:{one.line}: {escaped(told)} yet; the decision waits for it", err=True)
    for one in done.older:
        told = f"older than what is in force about {one.label!r}; not loaded"
        click.echo(f"{file}:{one.line}: {escaped(told)}", err=True)
    click.echo(
        f"{len(done.in_force)} decisions in force, {len(done.new)} of them new, "
        f"{len(done.withdrawn)} taken back; {done.counts.terms} terms",
        err=True,
    )
    return 0


def write(corrections: Iterable[Correction], out: BinaryIO) -> None:
    """Write decisions as CSV."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    pipeline.write_corrections(corrections, text)
    text.detach()
    out.flush()
