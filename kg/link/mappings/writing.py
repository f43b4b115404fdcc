"""Writes links as other people's tools read them: SSSOM in its TSV form.

Source: https://mapping-commons.github.io/sssom/spec-formats-tsv/. ``kg.link.mappings.reading``
reads it back.
"""

from __future__ import annotations

import io
import logging
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TextIO

from kg.linked import Kind, Link, LinkDecision, Relation
from kg.vocab import KG, LINKS_GRAPH, ORCID, SCHEMA, SEMAPV, SSSOM, WD, Iris

if TYPE_CHECKING:
    from sssom_pydantic import Record

#: Those that are written, in the order of the standard.
COLUMNS: Final = (
    *("subject_id", "subject_label", "subject_category", "predicate_id", "predicate_modifier"),
    *("object_id", "object_label", "mapping_justification", "author_id", "author_label"),
    *("mapping_tool", "mapping_tool_version", "mapping_date", "confidence", "comment"),
)
_LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_MANUAL: Final = "semapv:ManualMappingCuration"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_ORCID: Final = "orcid:"


@dataclass(frozen=True, slots=True)
class Row:
    """A link or a decision, with what its thing is called, and its class where it is a term."""

    one: Link | LinkDecision
    label: str
    type: str = ""


def library() -> ModuleType:
    """Import sssom-pydantic, which takes half a second.

    One of its libraries makes a folder in the user's home when it is imported; a folder that
    is thrown away serves as well.
    """
    if "PYSTOW_HOME" in os.environ:
        import sssom_pydantic
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PYSTOW_HOME"] = folder
            try:
                import sssom_pydantic
            finally:
                del os.environ["PYSTOW_HOME"]
    # Its remarks would stand among our messages; what matters of them are errors here.
    logging.getLogger("sssom_pydantic").setLevel(logging.ERROR)
    return sssom_pydantic


def write_sssom(rows: Iterable[Row], out: TextIO, iris: Iris) -> None:
    """Write links and decisions, in the order given; equal rows give equal bytes."""
    sssom = library()
    rows = list(rows)
    named = _prefixes_of_people(rows, iris)
    records = [_record(row, named, iris, sssom) for row in rows]
    text = io.StringIO()
    sssom.write_unprocessed(
        records,
        text,
        metadata=sssom.MappingSetRecord(
            mapping_set_id=iris.graph(LINKS_GRAPH),
            mapping_set_title="Links of terms, papers and authors to Wikidata",
            license=_LICENCE,
            curie_map=dict(sorted({**prefixes(iris), **named}.items())),
        ),
        columns=COLUMNS,
        condense=False,
    )
    out.write(text.getvalue().replace("\r\n", "\n"))


def prefixes(iris: Iris) -> dict[str, str]:
    """Return the prefix map of our files."""
    return {
        **{str(kind): f"{iris.base}{kind}/" for kind in Kind},
        "kg": str(KG._NS),
        "orcid": str(ORCID),
        "schema": str(SCHEMA),
        "semapv": str(SEMAPV),
        "skos": _SKOS,
        "sssom": str(SSSOM),
        "wd": str(WD),
    }


def _prefixes_of_people(rows: Iterable[Row], iris: Iris) -> dict[str, str]:
    """Give a prefix to the addresses by which people are named."""
    spaces = set()
    for row in rows:
        if isinstance(row.one, LinkDecision):
            for by in row.one.by.split("|"):
                if is_address(by) and not by.startswith(_ORCID):
                    spaces.add(by[: max(by.rfind("/"), by.rfind("#")) + 1])
    known = set(prefixes(iris).values())
    return {f"people{n}": space for n, space in enumerate(sorted(spaces - known), 1)}


def is_address(by: str) -> bool:
    """Tell whether a decision names a person by an address, not by a name."""
    return by.startswith((_ORCID, "http://", "https://"))


def _record(row: Row, named: dict[str, str], iris: Iris, sssom: Any) -> Record:
    one = row.one
    subject = iris.thing(one.kind, one.key).removeprefix(f"{iris.base}{one.kind}/")
    cells: dict[str, Any] = {
        "subject_id": f"{one.kind}:{subject}",
        "subject_label": row.label or None,
        "subject_category": f"kg:{row.type}" if row.type else None,
        "predicate_id": _predicate(one),
        "object_id": f"wd:{one.qid}" if one.qid else "sssom:NoTermFound",
        "object_label": one.label or None,
    }
    if isinstance(one, LinkDecision):
        people = one.by.split("|")
        ids = [_curie(by, named, iris) for by in people if is_address(by)]
        labels = [by for by in people if not is_address(by)]
        cells |= {
            "predicate_modifier": "Not" if one.negated else None,
            "mapping_justification": _MANUAL,
            "author_id": ids or None,
            "author_label": labels or None,
            "mapping_date": date.fromisoformat(one.date),
            "confidence": float(one.confidence),
            "comment": one.comment or None,
        }
    else:
        tool, _, version = one.tool.rpartition(" ")
        way = "LexicalMatching" if one.kind is Kind.PAPER else "CompositeMatching"
        cells |= {
            "mapping_justification": f"semapv:{way}",
            "mapping_tool": tool or version,
            "mapping_tool_version": version if tool else None,
            "confidence": float(one.score),
            "comment": one.evidence,
        }
    record: Record = sssom.Record(
        **{name: cell for name, cell in cells.items() if cell is not None}
    )
    return record


def _predicate(one: Link | LinkDecision) -> str:
    if one.kind is not Kind.TERM:
        return "schema:sameAs"
    return "skos:closeMatch" if one.relation is Relation.CLOSE else "skos:exactMatch"


def _curie(by: str, named: dict[str, str], iris: Iris) -> str:
    for prefix, space in {**prefixes(iris), **named}.items():
        if by.startswith(space):
            return f"{prefix}:{by.removeprefix(space)}"
    return by
