"""Reads annotated papers: one JSON object a line, beside the digests that they stand in.

Each line has ``digest`` (the file's stem), ``arxiv``, ``entities`` (each with ``type``,
``name``, ``forms``, ``role``, and ``optional`` where it counts neither way) and, if it has
any, ``results`` (each with ``value``, ``kind``, and ``subject``, ``benchmark``, ``metric``
and ``unit``, which may be null).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg.digest import read_digest
from kg.errors import KGError
from kg.folding import fold
from kg.model import Entry, ResultKind, Role, TermType

MAX_BYTES: Final = 20_000_000
_EXPECTED: Final = (
    "expected an annotated paper: digest, arxiv, entities with type, name, forms and role, "
    "and results with value, kind, subject, benchmark, metric and unit"
)


@dataclass(frozen=True, slots=True)
class Annotated:
    """A paper with its annotation, as the file has it."""

    digest: str
    entry: Entry
    gold: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marked:
    """What an annotation says of a form: ``thing`` counts the paper's entities."""

    type: TermType
    role: Role
    optional: bool
    thing: int


def annotated(gold: Path, digests: Path) -> Iterator[Annotated]:
    """Yield the papers of *gold* with their entries, by digest.

    Raises:
        KGError: the file cannot be read, a line is not as described above, or its paper
            stands in no digest of the folder.
    """
    by_digest: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    lines: dict[tuple[str, str], int] = {}
    for number, line in enumerate(_lines(gold), 1):
        if not line.strip():
            continue
        row = _row(line, f"{gold}:{number}")
        place = row["digest"], row["arxiv"]
        if place in lines:
            raise KGError(
                f"{gold}:{number}: paper {place[1]!r} of digest {place[0]!r} again; expected it "
                f"once, as on line {lines[place]}"
            )
        lines[place] = number
        by_digest[place[0]][place[1]] = row
    for digest, rows in sorted(by_digest.items()):
        path = digests / f"{digest}.md"
        if not path.is_file():
            number = min(lines[digest, arxiv] for arxiv in rows)
            raise KGError(
                f"{gold}:{number}: no digest {str(path)!r}; expected the digests of all "
                "annotated papers in the folder"
            )
        for entry in _entries(path):
            if entry.arxiv_id in rows:
                yield Annotated(digest, entry, rows.pop(entry.arxiv_id))
        for arxiv in rows:
            raise KGError(
                f"{gold}:{lines[digest, arxiv]}: no paper {arxiv!r} in {path}; expected an entry "
                "of that arXiv id"
            )


def plain_digests(digests: Path, but: Sequence[Annotated]) -> list[Path]:
    """Return the digests in a folder that hold none of the papers *but*."""
    known = {paper.digest for paper in but}
    return [path for path in sorted(digests.glob("*.md")) if path.stem not in known]


def plain_entries(digests: Path, but: Sequence[Annotated]) -> Iterator[Entry]:
    """Yield the entries of the digests in a folder that hold none of the papers *but*."""
    for path in plain_digests(digests, but):
        yield from _entries(path)


def marks_of(gold: Mapping[str, Any]) -> dict[str, Marked]:
    """Return what a paper's annotation says of each folded form."""
    marks: dict[str, Marked] = {}
    things = list(enumerate(gold["entities"]))
    for thing, entity in sorted(things, key=lambda item: not item[1].get("optional")):
        found = Marked(
            TermType(entity["type"]), Role(entity["role"]), bool(entity.get("optional")), thing
        )
        marks |= {fold(form): found for form in [*entity["forms"], entity["name"]]}
    return marks


def _entries(path: Path) -> tuple[Entry, ...]:
    digest = read_digest(path, max_bytes=MAX_BYTES).digest
    return digest.entries if digest else ()


def _lines(gold: Path) -> list[str]:
    try:
        return gold.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise KGError(
            f"{gold}: cannot be read ({error}); expected one annotated paper a line, as JSON"
        ) from error


def _row(line: str, where: str) -> dict[str, Any]:
    """Read a line, and hold it to what the module's head says.

    Raises:
        KGError: it is not so.
    """
    try:
        row = json.loads(line)
        if Path(str(row["digest"])).name != str(row["digest"]):
            raise ValueError(f"digest {row['digest']!r} is no name of a file in the folder")
        for entity in row["entities"]:
            TermType(entity["type"]), Role(entity["role"])
            _texts(entity["name"], *entity["forms"])
        for claim in row.get("results", ()):
            ResultKind(claim["kind"])
            named = (claim[name] for name in ("subject", "benchmark", "metric", "unit"))
            _texts(claim["value"], *(name for name in named if name is not None))
        return {"results": [], **row, "digest": str(row["digest"]), "arxiv": str(row["arxiv"])}
    except KeyError as error:
        raise KGError(f"{where}: no {error}; {_EXPECTED}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise KGError(f"{where}: {' '.join(str(error).split())}; {_EXPECTED}") from error


def _texts(*values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is no text")
