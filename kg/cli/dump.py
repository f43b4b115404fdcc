"""Exports and validation, from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kg.errors import BadRequest, KGError
from kg.resources import shared_folder
from kg.settings import Settings
from kg.store import FORMATS, compressed, export, open_snapshot
from kg.validate import Violation, graph_parts, validate
from kg.vocab import KG, PREFIXES


def write(
    settings: Settings, output: Path | None, *, format_: str | None, graph: str | None, text: bool
) -> None:
    """Write the graph to a file, which appears when it is whole, or to stdout.

    The format is the one asked for, else that of the file's suffix, else Turtle.

    Raises:
        KGError: the file cannot be written.
        BadRequest: the graph is no IRI.
    """
    suffix = output.suffix if output and output.suffix in (".gz", ".zst") else ""
    without = () if text else (str(KG.text),)
    with open_snapshot(settings.store) as snapshot:
        name = format_ or _format_of(output, suffix)
        write_to = partial(
            export, snapshot, format_=name, prefixes=PREFIXES, graph=graph, without=without
        )
        if output is None:
            write_to(out=sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        temporary = output.with_name(f".{output.name}.{os.getpid()}")
        try:
            with temporary.open("wb") as file, compressed(file, suffix) as out:
                write_to(out=out)
            os.replace(temporary, output)
        except OSError as error:
            raise KGError(
                f"{output}: cannot be written ({error.strerror or error}); "
                "expected a place with room that you may write"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)


def _format_of(output: Path | None, suffix: str) -> str:
    if output is None:
        return "ttl"
    stem = output.name.removesuffix(suffix)
    name = {"rdf": "rdfxml", "xml": "rdfxml", "json": "jsonld"}.get(
        Path(stem).suffix[1:], Path(stem).suffix[1:]
    )
    if name not in FORMATS:
        raise BadRequest(f"{output}: no known format; give --format, one of: {', '.join(FORMATS)}")
    return name


def violations(settings: Settings) -> Iterator[Violation]:
    """Check the graphs that builds, links and decisions make; users' own are their own.

    Raises:
        KGError: there is no store.
    """
    with open_snapshot(settings.store) as snapshot:
        names = sorted(
            name.value
            for name in snapshot.graph.named_graphs()
            if name.value.startswith(settings.base_iri)
        )
        parts = graph_parts(snapshot.graph, names)
        yield from validate(parts, shared_folder("ontology") / "shapes.ttl")
