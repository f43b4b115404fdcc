"""Words of the graph view in the reader's language, for its template and its script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from kg.web.site.explore.query import Edge
from kg.web.site.frame import name_of, type_name
from kg.web.site.languages import gettext, number
from kg.web.site.reading import Shown

#: Types of the things that are drawn, in the order of the legend.
TYPES: Final = (
    "Model",
    "Method",
    "Benchmark",
    "Dataset",
    "Metric",
    "Task",
    "Paper",
    "Author",
    "Digest",
)
#: A row of the table names so many things that stand in one relation.
NAMED: Final = 3
#: They are told in so many characters.
_LONGEST: Final = 44


def type_words() -> dict[str, str]:
    """Return what to call each of :data:`TYPES`."""
    names = {
        "Paper": gettext("Paper"),
        "Author": gettext("Author"),
        "Digest": gettext("Digest"),
    }
    return {type_: names.get(type_) or type_name(type_) for type_ in TYPES}


def relation_words() -> dict[str, tuple[str, str]]:
    """Return what to call each relation, as its first thing sees it and as its second does."""
    close = gettext("in the same papers as")
    return {
        "introduces": (gettext("introduces"), gettext("introduced in")),
        "evaluatesOn": (gettext("evaluates on"), gettext("benchmark in")),
        "usesMethod": (gettext("uses"), gettext("used in")),
        "addressesTask": (gettext("addresses"), gettext("addressed in")),
        "reportsMetric": (gettext("reports"), gettext("reported in")),
        "mentions": (gettext("mentions"), gettext("mentioned in")),
        "writtenBy": (gettext("written by"), gettext("wrote")),
        "broader": (gettext("narrower than"), gettext("broader than")),
        "listedIn": (gettext("listed in"), gettext("lists")),
        "close": (close, close),
    }


def group_title(kind: str | None, name: str) -> str:
    """Return what a list of neighbours of a kind of thing is, and how it is ordered."""
    of_term = {
        "introducing": gettext("Papers that introduce it, the oldest first"),
        "papers": gettext("Papers that mention it, the most voted first"),
        "close": gettext("Terms that share its papers more than by chance, the closest first"),
        "terms": gettext("Other terms of these papers, the commonest first"),
        "broader": gettext("Broader terms"),
        "narrower": gettext("Narrower terms"),
    }
    of_paper = {
        "terms": gettext("Terms: what it introduces, what it evaluates on, then the commonest"),
        "similar": gettext("Papers like it: they share its rarer terms"),
        "authors": gettext("Authors, those with most papers first"),
        "digests": gettext("Digests that list it"),
    }
    of_others = {
        "papers": gettext("Papers, the most voted first"),
        "close": gettext("Terms that stand out in these papers"),
        "terms": of_term["terms"],
        "authors": gettext("Co-authors, those with most shared papers first"),
        "methods": gettext("Models and methods, those in most papers first"),
    }
    return {"term": of_term, "paper": of_paper}.get(kind or "", of_others)[name]


def script_words() -> dict[str, Any]:
    """Return what the script of the page says; names in braces are replaced there."""
    return {
        "types": type_words(),
        "relations": relation_words(),
        "papers": gettext("{n} papers"),
        "one_paper": gettext("1 paper"),
        "votes": gettext("{n} votes"),
        "one_vote": gettext("1 vote"),
        "first_seen": gettext("first seen {day}"),
        "more": gettext("and {n} more"),
        "drawn": gettext("{n} things and {m} relations are drawn."),
        "added": gettext("{n} things added around {name}."),
        "nothing": gettext("Nothing more around {name}."),
        "removed": gettext("{name} removed."),
        "collapsed": gettext("{n} things around {name} taken away."),
        "full": gettext("The picture is full: {n} things. Remove some to add others."),
        "failed": gettext("The neighbours could not be fetched. Try again."),
        "copied": gettext("Copied"),
        "select": gettext("Show {name}"),
        "expand": gettext("Expand"),
        "expand_more": gettext("Show more"),
        "collapse": gettext("Collapse"),
        "remove": gettext("Remove"),
        "start_here": gettext("Start from here"),
        "strongest": gettext("Most often together"),
        "exact": gettext("exact match"),
        "close_match": gettext("close match"),
        "picture": gettext("Picture of {n} things and {m} relations around {name}"),
        "picture_start": gettext("Picture of {n} methods and {m} relations"),
    }


def joined_words(shown: Shown) -> dict[str, list[Shown]]:
    """Tell for each thing what it is joined to: ``word``, the first ``names``, and how many
    ``more`` there are.
    """
    names = {node["iri"]: name_of(node) for node in shown["nodes"]}
    words = relation_words()
    order = list(words)
    found: dict[str, dict[tuple[int, int], list[str]]] = {}
    for iri, other, side, edge in _sides(shown["edges"]):
        if iri in names and other in names:
            key = (order.index(edge["relation"]), 0 if edge["relation"] == "close" else side)
            told = names[other]
            if len(told) > _LONGEST:
                told = told[: _LONGEST - 1].rstrip() + "…"
            if "papers" in edge:
                told = f"{told} ({number(edge['papers'])})"
            found.setdefault(iri, {}).setdefault(key, []).append(told)
    return {
        iri: [
            {
                "word": words[order[relation]][side],
                "names": some[:NAMED],
                "more": max(len(some) - NAMED, 0),
            }
            for (relation, side), some in sorted(relations.items())
        ]
        for iri, relations in found.items()
    }


def _sides(edges: Iterable[Edge]) -> Iterator[tuple[str, str, int, Edge]]:
    """Yield each edge as both of its things see it."""
    for edge in edges:
        yield edge["from"], edge["to"], 0, edge
        yield edge["to"], edge["from"], 1, edge
