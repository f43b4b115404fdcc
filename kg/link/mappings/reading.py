"""Reads people's decisions on links from SSSOM files, each row with its line.

Rows that a machine made are no decisions: they are counted, and left out.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pyoxigraph as ox
import yaml

from kg.link.mappings.writing import is_address, library
from kg.linked import Kind, LinkDecision, Relation, is_qid
from kg.model import Problem
from kg.vocab import ORCID, SCHEMA, SEMAPV, SSSOM, Iris

if TYPE_CHECKING:
    from curies import Converter
    from sssom_pydantic import Record

MAX_BYTES: Final = 100_000_000
_MAX_HEAD: Final = 100_000
_MAX_CHARS: Final = 2_000
_NEEDED: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_RELATIONS: Final = {
    f"{_SKOS}exactMatch": Relation.EXACT,
    f"{_SKOS}closeMatch": Relation.CLOSE,
}
#: What says of papers and authors that they are an item.
_SAME: Final = (str(SCHEMA.sameAs), "http://schema.org/sameAs", f"{_SKOS}exactMatch")
_ITEM: Final = re.compile(r"https?://www\.wikidata\.org/(?:entity|wiki)/(.*)")
_ORCID_ID: Final = re.compile(r"(?:\d{4}-){3}\d{3}[\dX]")
_PERSON: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]*[^\s<>\"{}|\\^`/#]")
#: They would make a line of a terminal or an editor read otherwise than it is.
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WRITTEN: Final = "as 'kg link export' writes them"


@dataclass(frozen=True, slots=True)
class LinkFile:
    """What people decided in a file, how many rows are a machine's, and what is wrong."""

    path: str
    decisions: tuple[LinkDecision, ...] = ()
    skipped: int = 0
    problems: tuple[Problem, ...] = ()


class _Bad(ValueError):
    """A row, or a file, that cannot be read; ``line`` is 0 where the caller knows it."""

    def __init__(self, found: str, expected: str, line: int = 0) -> None:
        super().__init__(f"{found}; {expected}")
        self.found, self.expected, self.line = found, expected, line


def read_sssom(data: bytes, where: str, iris: Iris) -> LinkFile:
    """Read what people decided; rows that a machine made are counted only.

    A row counts if someone is named in it, or if it says that a person decided it. Every bad
    row is a problem with its line.

    Args:
        data: the file; at most ``MAX_BYTES``.
        where: what to call the file in problems.
    """
    decisions: list[LinkDecision] = []
    problems: list[Problem] = []
    skipped = 0
    try:
        text = _decoded(data)
        head, first = _head(text)
        reader = _Reader(head, iris)
        for line, cells in _rows(text, first):
            try:
                decision = reader.decision(cells, line)
            except _Bad as bad:
                problems.append(Problem(where, bad.line or line, bad.found, bad.expected))
            else:
                if decision is None:
                    skipped += 1
                else:
                    decisions.append(decision)
    except _Bad as bad:
        problems.append(Problem(where, bad.line, bad.found, bad.expected))
    return LinkFile(where, tuple(decisions), skipped, tuple(problems))


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _Bad(f"more than {MAX_BYTES // 1_000_000} MB", "split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Bad("no UTF-8", "save it as UTF-8", line) from error
    if not text.strip():
        raise _Bad("empty", f"expected SSSOM, {_WRITTEN}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _head(text: str) -> tuple[str, int]:
    """Return the YAML above the table, and the line on which the table begins, from 1."""
    lines: list[str] = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#"))
    return "\n".join(lines), len(lines) + 1


def _rows(text: str, first: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not empty, with its line.

    Raises:
        _Bad: a column is missing or unknown, or the rest is no table; or a row is too long.
    """
    csv.field_size_limit(MAX_BYTES)
    table = text.split("\n", first - 1)[-1]
    reader = csv.reader(io.StringIO(table, newline=""), delimiter="\t", strict=True)
    names: list[str] = []
    line = first
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            what = f"no table ({error})"
            raise _Bad(what, "quote a cell that has quotes, and double these", line) from error
        if cells is None:
            break
        if not names:
            names = _columns(cells, line)
        elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            raise _Bad(f"{len(cells)} cells", f"expected {len(names)}, as in line {first}", line)
        elif any(cell.strip() for cell in cells):
            yield line, {name: cell for name, cell in zip(names, cells, strict=False) if name}
        line = first + reader.line_num
    if not names:
        raise _Bad("no columns", f"expected a row of column names, {_WRITTEN}", first)


def _columns(cells: list[str], line: int) -> list[str]:
    known = library().Record.model_fields.keys() - {"extensions"}
    names = [cell.strip() for cell in cells]
    for name in names:
        if name and name not in known:
            raise _Bad(f"unknown column {name!r}", f"expected those of SSSOM, {_WRITTEN}", line)
        if name and names.count(name) > 1:
            raise _Bad(f"column {name!r} twice", "expected it once", line)
    for name in _NEEDED:
        if name not in names:
            raise _Bad(f"no column {name!r}", f"expected those of SSSOM, {_WRITTEN}", line)
    return names


class _Reader:
    """Reads the rows of one file, by the prefix map above its table."""

    def __init__(self, head: str, iris: Iris) -> None:
        self._iris = iris
        self._sssom = library()
        self._converter, self._for_all = self._read_head(head)

    def _read_head(self, head: str) -> tuple[Converter, dict[str, Any]]:
        import curies
        from sssom_pydantic.constants import BUILTIN_CONVERTER

        expected = f"expected lines such as '#curie_map:' and '#mapping_set_id: …', {_WRITTEN}"
        if len(head) > _MAX_HEAD:
            raise _Bad(f"{len(head)} characters above the table", expected, 1)
        try:
            given = yaml.safe_load(head)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            what = " ".join(str(getattr(error, "problem", None) or "nested too deep").split())
            raise _Bad(f"no YAML ({what})", expected, mark.line + 1 if mark else 1) from error
        if not isinstance(given, dict):
            raise _Bad("no metadata above the table", expected, 1)
        try:
            record = self._sssom.MappingSetRecord.model_validate(given)
            own = curies.Converter.from_prefix_map(record.curie_map or {})
            converter = curies.chain([own, BUILTIN_CONVERTER])
        except ValueError as error:
            raise _Bad(f"bad metadata ({_told(error)})", expected, 1) from error
        return converter, record.get_propagatable()

    def decision(self, cells: dict[str, str], line: int) -> LinkDecision | None:
        """Return what a row says that a person decided; None where a machine did.

        Raises:
            _Bad: the row does not fit.
        """
        cells = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
        if not self._is_persons(cells):
            return None
        texts = {name: _text(name, cell) for name, cell in cells.items()}
        for name in _NEEDED:
            if not texts.get(name):
                raise _Bad(f"no {name}", f"expected one, {_WRITTEN}")
            self._expanded(texts, name)
        kind, key = self._subject(texts)
        qid = self._item(texts)
        relation = self._relation(texts, kind)
        try:
            row: dict[str, str | list[str]] = {**texts}
            record: Record = self._sssom.io.row_to_record(
                row, converter=self._converter, propagatable=dict(self._for_all)
            )
            self._sssom.io.record_to_semantic_mapping(record, self._converter, line_number=line)
        except ValueError as error:
            raise _Bad(_told(error), "expected what SSSOM allows there") from error
        by = self._people(record)
        negated = record.predicate_modifier is not None
        if negated and qid is None:
            raise _Bad("'Not' of sssom:NoTermFound", "expected an item, or no modifier")
        if record.mapping_date is None:
            raise _Bad("no mapping_date", "expected the day of the decision, as 2026-11-21")
        sure = 1.0 if record.confidence is None else record.confidence
        return LinkDecision(
            kind=kind,
            key=key,
            qid=qid,
            relation=None if negated or qid is None or kind is not Kind.TERM else relation,
            negated=negated,
            by=by,
            date=record.mapping_date.isoformat(),
            comment=record.comment or "",
            label=(record.object_label or "") if qid else "",
            confidence=Decimal(f"{sure:.4f}").normalize(),
            line=line,
        )

    def _expanded(self, texts: dict[str, str], name: str) -> str:
        expanded = self._iri(texts[name])
        if expanded is None:
            what = "a CURIE whose prefix stands in the curie_map above the table"
            raise _Bad(f"{name} {texts[name]!r}", f"expected {what}")
        return expanded

    def _iri(self, curie: str) -> str | None:
        return self._converter.expand(curie) if ":" in curie else None

    def _subject(self, texts: dict[str, str]) -> tuple[Kind, str]:
        iri = self._expanded(texts, "subject_id")
        for kind in Kind:
            start = f"{self._iris.base}{kind}/"
            key = unquote(iri.removeprefix(start))
            if iri.startswith(start) and key and not re.search(r"\s", key):
                return kind, key
        what = f"a term, paper or author of {self._iris.base}"
        raise _Bad(f"subject_id {texts['subject_id']!r}", f"expected {what}")

    def _item(self, texts: dict[str, str]) -> str | None:
        iri = self._expanded(texts, "object_id")
        if iri == str(SSSOM.NoTermFound):
            return None
        found = _ITEM.fullmatch(iri)
        if not found or not is_qid(found[1]):
            what = "an item of Wikidata such as wd:Q42, or sssom:NoTermFound"
            raise _Bad(f"object_id {texts['object_id']!r}", f"expected {what}")
        return found[1]

    def _relation(self, texts: dict[str, str], kind: Kind) -> Relation | None:
        iri = self._expanded(texts, "predicate_id")
        if kind is Kind.TERM and iri in _RELATIONS:
            return _RELATIONS[iri]
        if kind is not Kind.TERM and iri in _SAME:
            return None
        what = "skos:exactMatch or skos:closeMatch" if kind is Kind.TERM else "schema:sameAs"
        raise _Bad(f"predicate_id {texts['predicate_id']!r}", f"expected {what} of {kind}s")

    def _is_persons(self, cells: dict[str, str]) -> bool:
        way = self._iri(cells.get("mapping_justification", ""))
        named = "author_id" in cells or "author_label" in cells
        return named or way == str(SEMAPV.ManualMappingCuration)

    def _people(self, record: Record) -> str:
        ids, names = record.author_id or [], record.author_label or []
        if not ids and not names:
            raise _Bad("neither author_id nor author_label", "expected who decided")
        for name in names:
            if is_address(name):
                raise _Bad(f"author_label {name!r}", "expected a name; addresses are author_id")
        return "|".join(dict.fromkeys([self._person(one) for one in ids] or names))

    def _person(self, curie: str) -> str:
        iri = self._iri(curie) or curie
        local = iri.removeprefix(str(ORCID)).removeprefix("http://orcid.org/")
        if local != iri:
            if not _ORCID_ID.fullmatch(local):
                raise _Bad(f"author_id {curie!r}", "expected one as orcid:0000-0002-1825-0097")
            return f"orcid:{local}"
        if not _PERSON.fullmatch(iri) or not _is_iri(iri):
            raise _Bad(f"author_id {curie!r}", "expected the CURIE of a person's address")
        return iri


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _text(name: str, cell: str) -> str:
    text = unicodedata.normalize("NFC", cell.strip())
    if len(text) > _MAX_CHARS:
        raise _Bad(f"{name} of {len(text)} characters", f"expected at most {_MAX_CHARS}")
    for char in text:
        if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            what = f"{name} with the character U+{ord(char):04X}"
            raise _Bad(what, "expected one line of text")
    return text


def _told(error: ValueError) -> str:
    """Say in one line what the library found."""
    errors = getattr(error, "errors", None)
    if errors is not None:
        first = errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return " ".join(f"{where} {str(first.get('input'))[:80]!r}: {first['msg']}".split())
    return f"{' '.join(str(error).split())[:200]!r} is not understood"
