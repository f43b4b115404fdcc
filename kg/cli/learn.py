"""Training from the command line: progress on stderr, and how to use what came of it."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from kg import training
from kg.errors import KGError
from kg.extract import CONFIG
from kg.extract.tables import load_tables
from kg.training.card import Source, write_card
from kg.training.data import write_data


def run(gold: Path, digests: Path, out: Path) -> None:
    """Train on annotated papers, and write a folder of tables and weights with its config.

    Raises:
        KGError: the annotations or digests do not do, or the extra ``train`` is missing.
    """
    training.need_extra()
    if not digests.is_dir():
        raise KGError(f"{digests}: no folder; expected the folder of the digests")
    out.mkdir(parents=True, exist_ok=True)  # before the minutes of training
    tables = load_tables()
    with _progress():
        papers = list(training.annotated(gold, digests))
        plain = training.plain_digests(digests, papers)
        prepared = training.prepare(papers, training.plain_entries(digests, papers), tables)
        trained = training.train(prepared)
    config = write_data(trained, out, tables)
    today = date.today().isoformat()
    write_card(trained, prepared, Source.of(gold, plain, today), out)
    whole = trained.scores["all"]
    click.echo(
        f"wrote {out}: precision {whole.precision:.3f}, recall {whole.recall:.3f}, "
        f"F1 {whole.f1:.3f} on papers held out; see {out / 'CARD.md'}",
        err=True,
    )
    option = "" if config == CONFIG else f" --extract-config {shlex.quote(str(config))}"
    click.echo(f"use it: kg build DIGESTS{option}", err=True)


@contextmanager
def _progress() -> Iterator[None]:
    """Write what training logs on stderr while it runs."""
    log = logging.getLogger(training.__name__)
    handler, level = logging.StreamHandler(sys.stderr), log.level
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
