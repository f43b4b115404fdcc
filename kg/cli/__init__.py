"""The command line. Each command calls one function; heavy imports stand inside it.

stdout carries data only, messages go to stderr. Exit codes: 0 done, 1 an error was
reported, 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kg import __version__
from kg.cli import link_commands
from kg.cli.options import settings_of, store_option
from kg.errors import KGError
from kg.settings import flag_of, serve_options

if TYPE_CHECKING:
    from kg.model import Problem

F = TypeVar("F", bound=Callable[..., Any])

EXPORT_FORMATS = ("ttl", "nt", "nq", "trig", "jsonld", "rdfxml")
QUERY_FORMATS = ("table", "csv", "tsv", "json", "xml", "ttl", "nt", "jsonld")


class _Group(click.Group):
    """Tells every error of ours as one line and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KGError as error:
            click.echo(f"kg: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # The reader of our output is gone, as in `kg export | head`: nothing to report.
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            # Files that we name are told where they are used: this is the output, as a rule.
            where = error.filename or ("standard output" if error.errno else "the store")
            reason = " ".join(str(error.strerror or error).split())
            click.echo(f"kg: {where}: {reason}; free space, or choose another file", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("kg: stopped; the store is as it was", err=True)
            ctx.exit(1)


def _config_option(command: F) -> F:
    return click.option(
        "--extract-config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="spaCy config of the extraction pipeline. [default: the packaged one]",
    )(command)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kg")
@store_option
@click.pass_context
def main(ctx: click.Context, /, store: Path | None) -> None:
    """Turn research-paper digests into a knowledge graph, and ask it questions."""
    ctx.obj = {"store": store}


@main.command()
@click.argument("paths", nargs=-1, required=True)
@store_option
@click.option("--jobs", type=click.IntRange(min=0), help="Processes. [default: one per core]")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Leave out what is less sure.")
@_config_option
@click.option("--dry-run", is_flag=True, help="Only read, and report the problems.")
@click.pass_context
def build(ctx: click.Context, /, paths: tuple[str, ...], dry_run: bool, **flags: Any) -> None:
    """Read digests (files, folders, globs, - for standard input) into the store."""
    from kg import pipeline
    from kg.cli import show

    settings = settings_of(ctx, **flags)
    run = pipeline.check if dry_run else pipeline.build
    with show.bar("Reading digests") as advance:
        report = run(paths, settings, progress=advance)
    _echo_problems(report.problems, to_stdout=dry_run)
    if dry_run:
        click.echo(
            f"{report.headings} entries in {report.digests} digests, "
            f"{len(report.problems)} problems"
        )
    else:
        show.report(report, settings.store)
    ctx.exit(1 if report.problems else 0)


def _echo_problems(problems: tuple[Problem, ...], *, to_stdout: bool) -> None:
    for problem in problems:
        click.echo(str(problem), err=not to_stdout)


@main.command()
@click.argument("digests", nargs=-1, required=True)
@store_option
@click.pass_context
def remove(ctx: click.Context, /, digests: tuple[str, ...], **flags: Any) -> None:
    """Take digests out (a date or an IRI each), with all that only they supported."""
    from kg import pipeline

    settings = settings_of(ctx, **flags)
    done = pipeline.remove(digests, settings)
    click.echo(f"removed {len(done.removed)} digests, {done.counts.digests} are left", err=True)
    for name in done.unknown:
        click.echo(
            f"kg: {settings.store}: no digest {name!r}; expected the date, key or IRI of one in it",
            err=True,
        )
    ctx.exit(1 if done.unknown else 0)


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Take back all decisions that FILE has not.")
@store_option
@click.pass_context
def corrections(ctx: click.Context, /, file: Path | None, replace: bool, **flags: Any) -> None:
    """Load people's decisions from a CSV file; without FILE, write those in force.

    They win over what the machine decides and survive every rebuild. A file with a bad row
    changes nothing. A newer answer to a question takes the place of an older one.

    \b
    The columns are decision,label,value,paper,by,date,comment; a row is one of
      not-a-term,LABEL            the name names nothing
      type,LABEL,TYPE             Model, Method, Benchmark, Dataset, Metric or Task
      same,LABEL,NAME             the two are one thing, and NAME stands for it
      different,LABEL,NAME        the two are never one thing
      different,LABEL,,PAPER      in that paper, the name is another thing than elsewhere
      key,LABEL,KEY               the last part of the term's IRI
      person,NAME                 the author of this name is one person
      person,NAME,,PAPER …        so is the author of these papers, apart from others
    with 'by' (who decided), 'date' (as 2026-11-21) and, if need be, 'comment'. The first
    three can be limited to one paper; 'same' says there what LABEL stands for.

    \b
    $ kg corrections > decisions.csv
    $ kg corrections decisions.csv --replace
    """
    from kg import pipeline
    from kg.cli import correct

    settings = settings_of(ctx, **flags)
    if file is not None:
        ctx.exit(correct.load(file, settings, replace=replace))
    if replace:
        raise click.UsageError("--replace needs FILE: an empty one takes all decisions back")
    correct.write(pipeline.corrections_in_force(settings), sys.stdout.buffer)


@main.command()
@click.argument("arxiv")
@click.argument("term", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    help="[default: text]",
)
@_config_option
@store_option
@click.pass_context
def explain(
    ctx: click.Context, /, arxiv: str, term: str | None, format_: str, **flags: Any
) -> None:
    """Tell why the graph says what it says of a paper, or of one of its terms.

    ARXIV is an id, with or without version, or an address; TERM any name of the term.
    """
    from kg.cli import why

    why.run(arxiv, term, format_, settings_of(ctx, **flags))


@main.command()
@click.argument("name")
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(QUERY_FORMATS),
    help="Output. [default: table, or ttl where the query makes a graph]",
)
@store_option
@click.pass_context
def query(
    ctx: click.Context, /, name: str, parameters: tuple[str, ...], format_: str | None, **flags: Any
) -> None:
    """Run a saved query, a file, or - for standard input."""
    from kg.cli import ask

    settings = settings_of(ctx, **flags)
    ask.run(name, ask.parse_parameters(parameters), format_, settings, sys.stdout.buffer)


@main.command()
@store_option
@click.pass_context
def queries(ctx: click.Context, /, **flags: Any) -> None:
    """List the saved queries with their parameters."""
    from kg.cli import ask

    for line in ask.list_queries(settings_of(ctx, **flags)):
        click.echo(line)


@main.command()
@click.option("--format", "format_", type=click.Choice(EXPORT_FORMATS), help="[default: ttl]")
@click.option("--graph", help="IRI of the one named graph to write.")
@click.option("-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="[default: -]")
@click.option("--no-text", is_flag=True, help="Leave out kg:text, its authors' work.")
@store_option
@click.pass_context
def export(
    ctx: click.Context,
    /,
    format_: str | None,
    graph: str | None,
    output: Path | None,
    no_text: bool,
    **flags: Any,
) -> None:
    """Write the graph, sorted: equal stores give equal bytes. Suffixes .gz and .zst compress."""
    from kg.cli import dump

    settings = settings_of(ctx, **flags)
    dump.write(settings, output, format_=format_, graph=graph, text=not no_text)


@main.command()
@store_option
@click.pass_context
def validate(ctx: click.Context, /, **flags: Any) -> None:
    """Check the graph against the SHACL shapes; exit 1 on a violation."""
    from kg.cli import dump

    count = 0
    for violation in dump.violations(settings_of(ctx, **flags)):
        count += 1
        click.echo(str(violation))
    click.echo(f"{count} violations", err=True)
    ctx.exit(1 if count else 0)


@main.command()
@store_option
@click.pass_context
def stats(ctx: click.Context, /, **flags: Any) -> None:
    """Show what the store holds."""
    from kg import pipeline
    from kg.cli import show
    from kg.store import open_snapshot

    settings = settings_of(ctx, **flags)
    with open_snapshot(settings.store) as snapshot:
        # What is there now: users' own graphs count as well.
        counts = replace(pipeline.counts_of(snapshot), triples=len(snapshot.graph))
    show.counts(counts)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@store_option
@click.pass_context
def backup(ctx: click.Context, /, folder: Path, **flags: Any) -> None:
    """Copy the store into a new folder, which is a store itself."""
    from kg.store import backup as make_backup

    settings = settings_of(ctx, **flags)
    make_backup(settings.store, folder, wait_s=settings.lock_wait_s)
    click.echo(f"wrote {folder}", err=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@store_option
@click.pass_context
def restore(ctx: click.Context, /, folder: Path, **flags: Any) -> None:
    """Put a backup in place of what the store holds."""
    from kg.store import restore as put_back

    settings = settings_of(ctx, **flags)
    put_back(settings.store, folder, wait_s=settings.lock_wait_s)
    click.echo(f"{settings.store} now holds what {folder} holds", err=True)


@main.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.argument("digests", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the tables, the weights and their config.",
)
@store_option
@click.pass_context
def train(ctx: click.Context, /, gold: Path, digests: Path, out: Path, store: Path | None) -> None:
    """Train the weights of extraction on annotated papers, in a few minutes.

    GOLD has one annotated paper a line, as JSON; DIGESTS is the folder with their digests
    and as many others as there are. Needs the extra 'train'; no store is read or written.
    """
    from kg.cli import learn

    learn.run(gold, digests, out)


_FLAG_TYPES: dict[str, dict[str, Any]] = {
    "bool": {"type": click.BOOL},
    "int": {"type": click.IntRange(min=0)},
    "float": {"type": click.FLOAT},
    "Path | None": {"type": click.Path(path_type=Path)},
}


def _serve_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a flag for each setting of the server."""
    for option in reversed(serve_options()):
        kind: dict[str, Any] = _FLAG_TYPES.get(str(option.type), {})
        if option.name == "port":
            kind = {"type": click.IntRange(0, 65535)}
        if option.name == "debug":
            kind = {"is_flag": True, "default": None}
        default = option.default if option.default not in (None, "") else "none"
        help_ = option.metadata["help"]
        text = f"{help_[0].upper()}{help_[1:]}. [default: {default}]"
        command = click.option(flag_of(option), option.name, help=text, **kind)(command)
    return command


@main.command()
@store_option
@_serve_options
@click.pass_context
def serve(ctx: click.Context, /, **flags: Any) -> None:
    """Serve the graph over HTTP: SPARQL, saved queries, pages and exports."""
    from kg.web.serve import serve as run

    run(settings_of(ctx, **flags))


main.add_command(link_commands.link)
