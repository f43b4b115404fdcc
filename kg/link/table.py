"""Links the rows of any table that has the columns ``type`` and ``label``."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from kg.errors import KGError
from kg.linked import Candidate, Query
from kg.model import TermType

#: What a row says of its type: one of the six, or a class that joins two.
TYPES: Final[dict[str, tuple[TermType, ...]]] = {
    **{str(one): (one,) for one in TermType},
    "MethodTerm": (TermType.METHOD, TermType.MODEL),
    "DataTerm": (TermType.DATASET, TermType.BENCHMARK),
}
_COLUMNS: Final[tuple[str, ...]] = ("type", "label", "aliases")
ADDED: Final = ("qid", "relation", "score", "evidence")
_MAX_CELL: Final = 1_000_000


def link_table(
    lines: TextIO,
    out: TextIO,
    where: str,
    choose: Callable[[Query], Candidate | None],
    report: Callable[[str], None],
) -> tuple[int, int]:
    """Write the rows of a CSV with four more columns: ``qid, relation, score, evidence``.

    A row without a link has an empty ``qid``. Rows go out as they come in. A column of
    one of the four names that the table has already is replaced.

    Args:
        lines: the table, opened with ``newline=""``.
        where: what to call it in errors.
        report: called with what is wrong with a row, which then goes out without a link.

    Returns:
        The rows, and how many of them are linked.

    Raises:
        KGError: a column is missing, or the rest is no CSV; the rows before it are out.
    """
    csv.field_size_limit(_MAX_CELL)
    rows = _rows(lines, where)
    head = [name.strip() for name in next(rows, (0, []))[1]]
    places = {name: head.index(name) for name in _COLUMNS if name in head}
    for name in ("type", "label"):
        if name not in places:
            raise KGError(f"{where}:1: no column {name!r}; expected type,label[,aliases]")
    kept = [place for place, name in enumerate(head) if name not in ADDED]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(head[place] for place in kept), *ADDED])
    count = linked = 0
    for line, row in rows:
        if not row:
            continue
        count += 1
        chosen = None
        if len(row) != len(head):
            report(f"{where}:{line}: {len(row)} cells; expected {len(head)}, as in line 1")
            row = [*row, *[""] * len(head)][: len(head)]
        else:
            cells = {name: row[place].strip() for name, place in places.items()}
            query = _query(cells)
            if query is None:
                known = ", ".join(TYPES)
                report(f"{where}:{line}: type {cells['type']!r}; expected one of {known}")
            else:
                chosen = choose(query)
        writer.writerow([*(row[place] for place in kept), *_added(chosen)])
        linked += chosen is not None
    return count, linked


def _rows(lines: TextIO, where: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(lines, strict=True)
    line = 1
    try:
        for row in rows:
            if line == 1 and row:
                row[0] = row[0].removeprefix("\ufeff")
            yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        raise KGError(f"{where}:{line}: {error}; expected CSV") from error
    except UnicodeDecodeError as error:
        raise KGError(f"{where}:{line}: {error.reason}; expected UTF-8") from error


def _query(cells: dict[str, str]) -> Query | None:
    """Make the query of a row; None where its type is unknown."""
    type_ = cells["type"].rsplit("#", 1)[-1].rsplit("/", 1)[-1]
    if type_ and type_ not in TYPES:
        return None
    names = (cells["label"], *(one.strip() for one in cells.get("aliases", "").split("|")))
    return Query(tuple(dict.fromkeys(filter(None, names))), TYPES.get(type_, ()))


def _added(chosen: Candidate | None) -> list[str]:
    if chosen is None:
        return ["", "", "", ""]
    return [chosen.qid, chosen.relation, f"{chosen.score:.4f}", "; ".join(chosen.reasons)]
