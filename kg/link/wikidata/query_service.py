"""What is asked of Wikidata's query services, and how their replies are read.

Since May 2025 there are two: scholarly articles, with P818 and P50, are in one of their own;
people, with P496, are in the main one.
https://www.wikidata.org/wiki/Wikidata:SPARQL_query_service/WDQS_graph_split

A query is text with ``VALUES`` of what is asked for. Values are checked by pattern before, and
written as SPARQL literals or as names of items; nothing else of a caller gets into a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from kg.linked import is_qid
from kg.vocab import WD

MEDIA_TYPE: Final = "application/sparql-results+json"
#: Ids in a query; one of hundreds still takes the service less than a second.
BATCH: Final = 100

#: Subject and number, or year, month and number; without a version.
#: https://info.arxiv.org/help/arxiv_identifier.html
_ARXIV: Final = re.compile(r"\A(?:[a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/[0-9]{7}|[0-9]{4}\.[0-9]{4,5})")
_ORCID: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_ORDINAL: Final = re.compile(r"[1-9][0-9]{0,4}")

PAPERS: Final = """SELECT ?id ?item WHERE {
  VALUES ?id { %s }
  ?item wdt:P818 ?id .
}"""
PEOPLE: Final = """SELECT ?id ?item WHERE {
  VALUES ?id { %s }
  ?item wdt:P496 ?id .
}"""
#: P50 author, P2093 author name string, P1545 series ordinal, P1932 object stated as.
AUTHORS: Final = """SELECT ?item ?author ?name ?stated ?ordinal WHERE {
  VALUES ?item { %s }
  {
    ?item p:P50 ?statement .
    ?statement ps:P50 ?author .
    OPTIONAL { ?statement pq:P1932 ?stated }
  } UNION {
    ?item p:P2093 ?statement .
    ?statement ps:P2093 ?name .
  }
  FILTER NOT EXISTS { ?statement wikibase:rank wikibase:DeprecatedRank }
  OPTIONAL { ?statement pq:P1545 ?ordinal }
}"""


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """An author as a paper's item names them: by an item, or only by name; 0 where unknown."""

    ordinal: int
    qid: int
    name: str


def is_arxiv_id(text: str) -> bool:
    """Tell whether a text is an arXiv id without a version.

    >>> is_arxiv_id("2408.00874"), is_arxiv_id("math/0309136"), is_arxiv_id('1"} #')
    (True, True, False)
    """
    return _ARXIV.fullmatch(text) is not None


def is_orcid(text: str) -> bool:
    return _ORCID.fullmatch(text) is not None


def literals(texts: Iterable[str]) -> str:
    r"""Write texts as SPARQL literals; the escapes of JSON are escapes of SPARQL too.

    >>> print(literals(["2408.00874", 'a"b\\']))
    "2408.00874" "a\"b\\"
    """
    return " ".join(orjson.dumps(text).decode() for text in texts)


def item_names(ids: Iterable[str]) -> str:
    """Write items as SPARQL names; the service knows the prefix.

    Raises:
        ValueError: an id is none.
    """
    ids = list(ids)
    for id_ in ids:
        if not is_qid(id_):
            raise ValueError(f"{id_!r} is no id of an item")
    return " ".join(f"wd:{id_}" for id_ in ids)


def read_matches(reply: Any, asked: Sequence[str]) -> dict[str, list[str]]:
    """Return the items that have each of the identifiers asked for, by number.

    Raises:
        ValueError: the reply is none of the query, or names an identifier not asked for.
    """
    found: dict[str, set[int]] = {id_: set() for id_ in asked}
    for row in _rows(reply, ("id", "item")):
        id_, qid = _text(row, "id"), _qid(row, "item")
        if id_ not in found:
            raise ValueError(f"{id_[:30]!r}, which was not asked for")
        if qid:
            found[id_].add(qid)
    return {id_: [f"Q{qid}" for qid in sorted(qids)] for id_, qids in found.items()}


def read_authors(reply: Any, asked: Sequence[str]) -> dict[str, list[tuple[int, int, str]]]:
    """Return the fields of each paper's signatures, sorted.

    An author whom the item does not know ("unknown value") is left out.

    Raises:
        ValueError: the reply is none of the query, or names a paper not asked for.
    """
    found: dict[str, set[Signature]] = {id_: set() for id_ in asked}
    for row in _rows(reply, ("item", "author", "name", "stated", "ordinal")):
        paper = f"Q{_qid(row, 'item')}"
        if paper not in found:
            raise ValueError(f"{paper!r}, which was not asked for")
        qid = _qid(row, "author")
        name = " ".join((_text(row, "name") or _text(row, "stated")).split())
        ordinal = _text(row, "ordinal")
        if qid or _text(row, "name"):
            number = int(ordinal) if _ORDINAL.fullmatch(ordinal) else 0
            found[paper].add(Signature(number, qid, name))
    return {
        paper: [(one.ordinal, one.qid, one.name) for one in sorted(signatures)]
        for paper, signatures in found.items()
    }


def _rows(reply: Any, variables: Sequence[str]) -> list[dict[str, Any]]:
    """Return the solutions of a SELECT, as https://www.w3.org/TR/sparql11-results-json/ has them.

    Raises:
        ValueError: it is none, or not of these variables.
    """
    head = reply.get("head") if isinstance(reply, dict) else None
    columns = head.get("vars") if isinstance(head, dict) else None
    if not isinstance(columns, list) or not all(name in columns for name in variables):
        raise ValueError(f"no table with the columns {', '.join(variables)}")
    results = reply.get("results")
    rows = results.get("bindings") if isinstance(results, dict) else None
    if not isinstance(rows, list):
        raise ValueError("no 'bindings'")
    for row in rows:
        if not isinstance(row, dict) or not all(
            isinstance(term, dict) and isinstance(term.get("value"), str) for term in row.values()
        ):
            raise ValueError("a row that is none")
    return rows


def _text(row: dict[str, Any], variable: str) -> str:
    term = row.get(variable)
    return term["value"] if term and term.get("type") in ("literal", "typed-literal") else ""


def _qid(row: dict[str, Any], variable: str) -> int:
    """Return the number of an item's id; 0 for what is no item, as an unknown value."""
    term = row.get(variable)
    if not term or term.get("type") != "uri":
        return 0
    id_ = term["value"].removeprefix(str(WD))
    return int(id_[1:]) if is_qid(id_) else 0
