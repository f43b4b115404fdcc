"""The commands of ``kg link``; what they do stands in ``kg.cli.link``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kg.cli.options import F, settings_of, store_option


def _index_option(command: F) -> F:
    return click.option(
        "--index",
        type=click.Path(path_type=Path),
        help="Index of names. [default: KG_INDEX, else the small one that comes with the package]",
    )(command)


def _live_options(command: F) -> F:
    for option in (
        click.option("--live", is_flag=True, help="Ask Wikidata itself as well."),
        click.option(
            "--offline",
            is_flag=True,
            help="Open no socket: with --live, use only the answers kept.",
        ),
        click.option(
            "--contact",
            "wikidata_contact",
            help="Mail address or web page to tell Wikidata. [default: KG_WIKIDATA_CONTACT]",
        ),
        click.option(
            "--cache",
            "wikidata_cache",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File of Wikidata's answers. [default: KG_WIKIDATA_CACHE, else data/wikidata.db]",
        ),
        click.option(
            "--budget",
            "wikidata_budget",
            type=click.IntRange(min=0),
            help="Requests that the run may send; 0 is no limit. [default: 0]",
        ),
    )[::-1]:
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@store_option
@_index_option
@_live_options
@click.option("--min-score", type=click.FloatRange(0, 1), help="Lowest score of a link.")
@click.pass_context
def link(
    ctx: click.Context,
    /,
    live: bool,
    offline: bool,
    min_score: float | None,
    **flags: Any,
) -> None:
    """Link terms, papers and authors to Wikidata, or decide on links.

    Without a subcommand, links all that the store holds, in place of what the machine linked
    before. What people decided wins, and stays.
    """
    if ctx.invoked_subcommand is not None:
        if live or min_score is not None:
            raise click.UsageError("--live and --min-score are for linking, without a subcommand")
        given = {name: value for name, value in flags.items() if value is not None}
        ctx.obj = {**(ctx.obj or {}), **given}
        return
    from kg.cli import link as actions

    settings = settings_of(ctx, **flags)
    ctx.exit(actions.run(settings, live=live, offline=offline, min_score=min_score))


@link.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@store_option
@click.pass_context
def export(ctx: click.Context, /, file: str, **flags: Any) -> None:
    """Write all links and decisions to FILE (- for standard output) as SSSOM."""
    from kg.cli import link as actions

    actions.export(file, settings_of(ctx, **flags))


@link.command(name="import")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--replace", is_flag=True, help="Take back all decisions that FILE has not.")
@store_option
@click.pass_context
def import_(ctx: click.Context, /, file: str, replace: bool, **flags: Any) -> None:
    """Load people's decisions from FILE (- for standard input), in SSSOM.

    They win over what the machine decides and survive every rebuild. Rows that name nobody are
    a machine's, and are left out. A file with a bad row changes nothing.

    \b
    A row decides, with author_id or author_label, and mapping_date:
      object_id wd:Q…                 the thing is this item, exactly or closely
      predicate_modifier Not          the thing is surely not this item
      object_id sssom:NoTermFound     no item is the thing

    \b
    $ kg link review --format sssom > doubtful.sssom.tsv
    $ kg link import doubtful.sssom.tsv
    """
    from kg.cli import link as actions

    ctx.exit(actions.load(file, settings_of(ctx, **flags), replace=replace))


@link.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, help="How many. [default: 50]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("table", "csv", "sssom")),
    default="table",
    help="[default: table]",
)
@store_option
@_index_option
@click.pass_context
def review(ctx: click.Context, /, limit: int, format_: str, **flags: Any) -> None:
    """List the machine's least certain answers: links first, then those without an item.

    As SSSOM they can be edited: fill author_id and mapping_date of the rows that you decide,
    and load the file with 'kg link import'.
    """
    from kg.cli import link as actions

    actions.review(settings_of(ctx, **flags), limit, format_)


@link.command()
@click.argument("file", type=click.Path(allow_dash=True))
@store_option
@_index_option
@click.pass_context
def table(ctx: click.Context, /, file: str, **flags: Any) -> None:
    """Link the rows of a CSV (- for standard input) with the columns type and label.

    Writes them with qid, relation, score and evidence added; no link is an empty qid. Other
    names of a row may stand in a column aliases, split by |. Reads no store.
    """
    from kg.cli import link as actions

    ctx.exit(actions.table(file, settings_of(ctx, **flags)))


@link.command()
@store_option
@_index_option
@_live_options
@click.option("--remove", is_flag=True, help="Take out what was brought in, and nothing else.")
@click.pass_context
def complete(ctx: click.Context, /, live: bool, offline: bool, remove: bool, **flags: Any) -> None:
    """Bring in what Wikidata says of linked items and the graph lacks.

    Subclass of, part of, based on, official site, licence and inception, with source and day, in
    a graph of their own; and which of two linked terms is the broader one. An index made from a
    dump tells, or with --live Wikidata itself. What was brought in before is replaced.
    """
    from kg.cli import link as actions

    settings = settings_of(ctx, **flags)
    if remove:
        actions.remove_completion(settings)
        return
    ctx.exit(actions.complete(settings, live=live, offline=offline))


@link.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@store_option
@_index_option
@_live_options
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    default=0.95,
    help="Lowest score of a link that the machine made. [default: 0.95]",
)
@click.pass_context
def quickstatements(
    ctx: click.Context, /, file: str, live: bool, offline: bool, min_score: float, **flags: Any
) -> None:
    """Write to FILE (- for standard output) what we know and Wikidata lacks.

    Korean labels, aliases, and arXiv ids of papers, for exactly linked items, as commands of
    QuickStatements (version 1). Nothing is sent: look at each line first.
    """
    from kg.cli import link as actions

    settings = settings_of(ctx, **flags)
    actions.quickstatements(file, settings, live=live, offline=offline, min_score=min_score)


@link.group()
@store_option
def index(store: Path | None) -> None:
    """Make indexes of names."""


@index.command()
@click.argument("dump", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("wikidata.index"),
    help="The index. [default: wikidata.index]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file: which items and languages to keep. [default: what linking uses]",
)
@click.option("--jobs", type=click.IntRange(min=0), help="Processes. [default: one per core]")
@store_option
@click.pass_context
def build(
    ctx: click.Context, /, dump: Path, output: Path, config: Path | None, **flags: Any
) -> None:
    """Make an index from a Wikidata JSON dump (.json, .gz or .bz2).

    A build that was stopped goes on when the same command is given again. Reads no store.
    """
    from kg.cli import link as actions

    ctx.exit(actions.build_index(dump, output, config, settings_of(ctx, **flags).jobs))
