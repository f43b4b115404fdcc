"""Links and people's decisions on them, beside the graph: what ``graph/links`` is made from.

Those of things that no digest names now are kept: the graph shows them again when one does.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from kg.linked import Kind, Link, LinkDecision, Relation

#: What is taken over of an item: its number as linked and as it is now, labels with language,
#: statements, and the date for which it holds (see ``kg.rdf.ItemFacts``).
ItemRow = tuple[int, int, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], str]
#: What a packed link or decision may raise when it is damaged.
DAMAGE = (ValueError, TypeError, InvalidOperation)

SCHEMA = """
CREATE TABLE IF NOT EXISTS link (
    kind TEXT NOT NULL, key TEXT NOT NULL, qid TEXT, relation TEXT, score TEXT NOT NULL,
    label TEXT NOT NULL, evidence TEXT NOT NULL, tool TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
"""


def read_links(db: sqlite3.Connection) -> tuple[Link, ...]:
    """Return the machine's links, sorted by kind and key; none in a store of an older version."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'link'").fetchone():
        return ()
    rows = db.execute(
        "SELECT kind, key, qid, relation, score, label, evidence, tool FROM link ORDER BY kind, key"
    )
    return tuple(
        Link(
            *(Kind(kind), key, qid, relation and Relation(relation), Decimal(score)),
            *(label, evidence, tool),
        )
        for kind, key, qid, relation, score, label, evidence, tool in rows
    )


def write_links(db: sqlite3.Connection, links: Iterable[Link]) -> None:
    """Keep exactly *links*, one a thing; the order in which they come changes nothing."""
    db.execute("BEGIN")
    db.execute("DELETE FROM link")
    db.executemany(
        "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (one.kind, one.key, one.qid, one.relation, str(one.score))
            + (one.label, one.evidence, one.tool)
            for one in sorted(links, key=lambda one: (one.kind, one.key))
        ),
    )
    db.execute("COMMIT")


def pack_decisions(decisions: Iterable[LinkDecision]) -> str:
    """Pack decisions; the order in which they come changes nothing."""
    ordered = sorted(
        decisions, key=lambda one: (one.kind, one.key, one.target, one.negated, one.date, one.by)
    )
    rows = [
        [one.kind, one.key, one.qid, one.relation, one.negated, one.by, one.date]
        + [one.comment, one.label, str(one.confidence)]
        for one in ordered
    ]
    return json.dumps(rows, ensure_ascii=False)


def unpack_decisions(text: str) -> tuple[LinkDecision, ...]:
    """Read back what :func:`pack_decisions` packed."""
    return tuple(_decision(*row) for row in json.loads(text))


def _decision(
    kind: str, key: str, qid: str | None, relation: str | None, *rest: Any
) -> LinkDecision:
    negated, by, date, comment, label, confidence = rest
    return LinkDecision(
        *(Kind(kind), key, qid, Relation(relation) if relation else None, negated),
        *(by, date, comment, label, Decimal(confidence)),
    )


def pack_items(items: Iterable[ItemRow]) -> str:
    """Pack what is taken over of items; the order in which they come changes nothing."""
    return json.dumps(sorted(items), ensure_ascii=False, separators=(",", ":"))


def unpack_items(text: str) -> tuple[ItemRow, ...]:
    """Read back what :func:`pack_items` packed."""
    return tuple(
        (int(qid), int(now), _pairs(labels), _pairs(statements), str(read_on))
        for qid, now, labels, statements, read_on in json.loads(text)
    )


def _pairs(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one), str(other)) for one, other in rows)
