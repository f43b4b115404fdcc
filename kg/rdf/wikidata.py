"""The graph of completion: what Wikidata says of the items that the graph is linked to.

Values stand right behind Wikidata's own direct properties, as in its RDF:
https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format#Truthy_statements
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import OWL

from kg.linked import is_qid
from kg.rdf.lines import LABEL, Written, date, dcterms, literal, prov, skos, xsd
from kg.vocab import CC0, PAV, WD, WDT, WIKI, WIKIDATA, WIKIDATA_GRAPH, Iris

owl, pav, wd, wdt, wiki = (Written(one) for one in (OWL, PAV, WD, WDT, WIKI))

_OFFICIAL_SITE: Final = "P856"
_INCEPTION: Final = "P571"
#: A time as Wikidata writes it, with or without its precision.
_TIME: Final = re.compile(r"\+([0-9]{4,16})-([0-9]{2})-([0-9]{2})T00:00:00Z(?:/([0-9]{1,2}))?\Z")
_YEAR, _MONTH, _DAY = 9, 10, 11
#: Days before may be of the Julian calendar, which xsd:date has not.
_FIRST_GREGORIAN: Final = 1583


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is taken over of an item.

    ``qid`` is the number by which it is linked or named, ``now`` the one that it has: another
    where the first is a redirect. ``labels`` have their language, which is empty where it is not
    known. ``statements`` are pairs of a property and a value as Wikidata writes it. ``read_on`` is
    the ISO date for which this holds, empty where it is not known.
    """

    qid: int
    now: int
    labels: tuple[tuple[str, str], ...] = ()
    statements: tuple[tuple[str, str], ...] = ()
    read_on: str = ""


def wikidata_blocks(
    items: Iterable[ItemFacts], broader: Iterable[tuple[str, str]], iris: Iris
) -> Iterator[tuple[str, list[str]]]:
    """Make the lines of ``graph/wikidata`` in named blocks: no line twice.

    Args:
        items: those to describe, each once.
        broader: distinct pairs of keys of terms; the first is the narrower one.
    """
    graph = f"<{iris.graph(WIKIDATA_GRAPH)}>"
    empty = True
    for one in items:
        empty = False
        yield f"wikidata/Q{one.qid}", list(dict.fromkeys(_item_lines(one)))
    if empty:
        return
    for narrow, broad in broader:
        below, above = f"<{iris.term(narrow)}>", f"<{iris.term(broad)}>"
        lines = [f"{below} {skos.broader} {above}", f"{above} {skos.narrower} {below}"]
        yield f"wikidata/broader/{narrow}/{broad}", lines
    yield (
        "wikidata/graph",
        [f"{graph} {dcterms.source} <{WIKIDATA}>", f"{graph} {dcterms.license} <{CC0}>"],
    )


def _item_lines(one: ItemFacts) -> Iterator[str]:
    node = wd[f"Q{one.qid}"]
    if one.now != one.qid:
        yield f"{node} {owl.sameAs} {wd[f'Q{one.now}']}"
    for text, language in one.labels:
        yield f"{node} {LABEL} {literal(text)}{f'@{language}' if language else ''}"
    for property_, value in one.statements:
        written = written_value(property_, value)
        if written is not None:
            yield f"{node} {wdt[property_]} {written}"
    page = wiki[f"Q{one.now}"]
    yield f"{node} {dcterms.source} {page}"
    yield f"{node} {prov.wasDerivedFrom} {page}"
    if one.read_on:
        yield f"{node} {pav.retrievedOn} {date(one.read_on)}"


def written_value(property_: str, value: str) -> str | None:
    """Write the value of a statement as a term; None where it is none that the graph can take.

    >>> written_value("P279", "Q900000001"), written_value("P856", "ftp://example.org/")
    ('<http://www.wikidata.org/entity/Q900000001>', None)
    """
    if property_ == _INCEPTION:
        return written_time(value)
    if property_ == _OFFICIAL_SITE:
        return f"<{value}>" if _is_web_address(value) else None
    return wd[value] if is_qid(value) else None


def _is_web_address(text: str) -> bool:
    if not re.match(r"https?://[^/?#]", text):
        return False
    try:
        ox.NamedNode(text)  # what the store takes for an IRI, and nothing else
    except ValueError:
        return False
    return True


def written_time(text: str) -> str | None:
    """Write a time as the day, month or year that it tells; None for another, or an impossible one.

    Times before our era are left out. Where the precision is not told, a first of January may
    be a year and a first of a month may be that month: then no more is said.

    >>> print(written_time("+2017-06-12T00:00:00Z"))
    "2017-06-12"^^<http://www.w3.org/2001/XMLSchema#date>
    >>> print(written_time("+2017-01-01T00:00:00Z"))
    "2017"^^<http://www.w3.org/2001/XMLSchema#gYear>
    >>> written_time("-0300-00-00T00:00:00Z"), written_time("+2017-02-30T00:00:00Z")
    (None, None)
    """
    found = _TIME.match(text)
    if found is None:
        return None
    year, month, day = (int(found[place]) for place in (1, 2, 3))
    precision = int(found[4]) if found[4] else _precision(month, day)
    if not 1 <= year <= 9999:
        return None
    if precision == _YEAR or (precision == _DAY and year < _FIRST_GREGORIAN):
        return f'"{year:04}"^^{xsd.gYear}'
    if precision == _MONTH:
        return f'"{year:04}-{month:02}"^^{xsd.gYearMonth}' if 1 <= month <= 12 else None
    if precision != _DAY:
        return None
    try:
        return date(datetime.date(year, month, day).isoformat())
    except ValueError:
        return None


def _precision(month: int, day: int) -> int:
    if (month, day) in ((0, 0), (1, 1)):
        return _YEAR
    return _MONTH if day in (0, 1) else _DAY
