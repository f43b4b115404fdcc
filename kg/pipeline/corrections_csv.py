"""Files of people's decisions: CSV (RFC 4180) in UTF-8, a header row, a decision a row.

============  ==========================================================================
``decision``  ``not-a-term``, ``type``, ``same``, ``different``, ``key`` or ``person``
``label``     a name as it stands in digests; case, hyphens and a plural s do not matter
``value``     ``type``: the type; ``same``, ``different``: the other name; ``key``: the key
``paper``     the paper that the decision is limited to; ``person``: one or more
``by``        who decided
``date``      when, as 2026-11-21
``comment``   why, if there is something to say
============  ==========================================================================
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TextIO

from kg.model import Correction, Decision, Problem, TermType
from kg.pipeline.papers import EXPECTED, paper_key
from kg.vocab import key_of

COLUMNS: Final = ("decision", "label", "value", "paper", "by", "date", "comment")
_NEEDED: Final = ("decision", "label", "by", "date")
MAX_BYTES: Final = 5_000_000
MAX_CHARS: Final = 1_000
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
#: They would make a line of a terminal or an editor read otherwise than it is.
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TYPES: Final = {str(one).casefold(): one for one in TermType}


@dataclass(frozen=True, slots=True)
class CorrectionsFile:
    """What a file of corrections says, and what is wrong with it."""

    path: str
    corrections: tuple[Correction, ...]
    problems: tuple[Problem, ...]


class _Bad(ValueError):
    """A row that cannot be read."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found}; {expected}")
        self.found, self.expected = found, expected


def read_rows(path: Path) -> CorrectionsFile:
    """Read a file row by row; each bad row is a problem with its line."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        return CorrectionsFile(name, (), (Problem(name, 0, what, "expected a CSV file"),))
    if len(data) > MAX_BYTES:
        what = f"more than {MAX_BYTES // 1_000_000} MB"
        return CorrectionsFile(name, (), (Problem(name, 0, what, "split it"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return CorrectionsFile(name, (), (Problem(name, line, "no UTF-8", "save it as UTF-8"),))
    found: list[Correction] = []
    problems: list[Problem] = []
    rows = _rows(text)
    try:
        columns = _columns(next(rows, (1, [])))
        for line, cells in rows:
            try:
                found.append(_correction(columns, cells, line))
            except _Bad as bad:
                problems.append(Problem(name, line, bad.found, bad.expected))
    except _BadFile as bad:
        problems.append(Problem(name, bad.line, bad.found, bad.expected))
    return CorrectionsFile(name, tuple(found), tuple(problems))


class _BadFile(_Bad):
    """Something after which no further row can be read."""

    def __init__(self, line: int, found: str, expected: str) -> None:
        super().__init__(found, expected)
        self.line = line


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the line that it starts in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _BadFile(line, f"no CSV ({error})", "quote a cell that has quotes") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _columns(header: tuple[int, list[str]]) -> list[str]:
    line, cells = header
    columns = [cell.strip().casefold() for cell in cells]
    expected = f"expected the columns {','.join(COLUMNS)}"
    for name in columns:
        if name not in COLUMNS:
            raise _BadFile(line, f"unknown column {name!r}", expected)
        if columns.count(name) > 1:
            raise _BadFile(line, f"column {name!r} twice", expected)
    for name in _NEEDED:
        if name not in columns:
            raise _BadFile(line, f"no column {name!r}", expected)
    return columns


def _correction(columns: list[str], cells: list[str], line: int) -> Correction:
    if len(cells) > len(columns):
        raise _Bad(f"{len(cells)} cells", f"expected {len(columns)}: quote a cell that has a comma")
    row = dict.fromkeys(COLUMNS, "")
    for name, cell in zip(columns, cells, strict=False):
        row[name] = _text(name, cell)
    return make_correction(
        row["decision"],
        row["label"],
        row["value"],
        row["paper"],
        row["by"],
        row["date"],
        row["comment"],
        line=line,
    )


def _text(name: str, cell: str) -> str:
    text = unicodedata.normalize("NFC", cell.strip())
    if len(text) > MAX_CHARS:
        raise _Bad(f"{name} of {len(text)} characters", f"expected at most {MAX_CHARS}")
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _BIDI:
            raise _Bad(f"{name} with the character U+{ord(char):04X}", "expected one line of text")
    return text


def make_correction(
    decision: str,
    label: str,
    value: str = "",
    paper: str = "",
    by: str = "",
    when: str = "",
    comment: str = "",
    *,
    line: int = 0,
) -> Correction:
    """Make a correction out of its cells.

    Raises:
        ValueError: a cell does not fit; the message says which and what was expected.
    """
    try:
        kind = Decision(decision.casefold())
    except ValueError:
        known = ", ".join(Decision)
        raise _Bad(f"decision {decision!r}", f"expected one of: {known}") from None
    if not label:
        raise _Bad("no label", "expected a name as it stands in digests")
    papers = _papers(kind, paper)
    value = _value(kind, label, value, papers)
    if not by:
        raise _Bad("nothing in 'by'", "expected who decided")
    if not _is_date(when):
        raise _Bad(f"date {when!r}", "expected a day such as 2026-11-21")
    return Correction(kind, label, value, papers, by, when, comment, line)


def _papers(kind: Decision, text: str) -> tuple[str, ...]:
    papers: dict[str, None] = {}
    for word in text.split():
        key = paper_key(word)
        if key is None:
            raise _Bad(f"paper {word!r}", f"expected {EXPECTED}")
        papers[key] = None
    if kind == Decision.KEY and papers:
        raise _Bad(f"paper {text!r}", "expected none: a key holds for all papers")
    if kind != Decision.PERSON and len(papers) > 1:
        raise _Bad(f"{len(papers)} papers", "expected one: write a row for each")
    return tuple(papers)


def _value(kind: Decision, label: str, value: str, papers: tuple[str, ...]) -> str:
    if kind in (Decision.NOT_A_TERM, Decision.PERSON):
        if value:
            raise _Bad(f"value {value!r}", f"expected none for {str(kind)!r}")
    elif kind == Decision.TYPE:
        if value.casefold() not in _TYPES:
            raise _Bad(f"type {value!r}", f"expected one of: {', '.join(TermType)}")
        return _TYPES[value.casefold()]
    elif kind == Decision.KEY:
        if not value or value != "~".join(key_of(part) for part in value.split("~")):
            fit = "~".join(key_of(part) for part in (value or label).split("~"))
            raise _Bad(f"key {value!r}", f"expected one as it stands in IRIs, such as {fit!r}")
    elif kind == Decision.DIFFERENT and papers:
        if value:
            raise _Bad(
                f"value {value!r} with a paper",
                "expected none: the label is another thing in that paper; 'same' says which",
            )
    elif not value or value.split() == label.split():
        raise _Bad(f"value {value!r}", f"expected another name than {label!r}")
    return value


def _is_date(text: str) -> bool:
    try:
        return bool(_ISO_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def write_rows(corrections: Iterable[Correction], out: TextIO) -> None:
    """Write corrections as a file that :func:`read_rows` reads, in the order given."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in corrections:
        writer.writerow(
            [one.decision, one.label, one.value, " ".join(one.papers), one.by, one.date]
            + [one.comment]
        )
