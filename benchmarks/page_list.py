"""Which pages are measured and looked at: all that stand alone, and some of each kind of thing.

Of things there are the largest, which are the slowest, and others taken evenly from all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import requests

#: Of the largest things of a kind, and of the others.
_LARGEST: Final = 3
_OTHERS: Final = 12
_PREFIXES: Final = """\
PREFIX kg: <https://w3id.org/paperkg/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
#: Things of a kind with their size.
_SIZES: Final = {
    "paper": "?thing a kg:Paper ; kg:mentions ?part",
    "term": "?thing a kg:Term ; kg:paperCount ?size",
    "author": "?part dcterms:creator ?thing",
    "digest": "?part kg:digest ?thing",
    "benchmark": "?part kg:benchmark ?thing",
}
#: Kinds of pages that stand alone, with their paths; ``{…}`` is the key of the largest of a kind.
_ALONE: Final = {
    "front": ("/",),
    "search": (
        "/search?q=transformer",
        "/search?q=MMLU",
        "/search?q=%ED%8A%B8%EB%9E%9C%EC%8A%A4%ED%8F%AC%EB%A8%B8",
        "/search?q=transfomer",
        "/search?q=large+language+model&type=Paper",
        "/search?q=qwxyzzy",
        "/search",
    ),
    "suggest": (
        "/search/suggest?q=trans",
        "/search/suggest?q=m",
        "/search/suggest?q=%EC%96%B8%EC%96%B4",
    ),
    "digests": ("/digests",),
    "benchmarks": ("/benchmarks", "/benchmarks?q=mm"),
    "trends": ("/trends", "/trends?term={term}&term={term2}", "/trends?type=Task"),
    "compare": ("/compare?term={term}&term={term2}", "/compare"),
    "explore": ("/explore", "/explore?term={term}", "/explore.json?term={term2}"),
    "queries": ("/queries", "/queries/top-methods", "/queries/papers-on-benchmark?benchmark=MMLU"),
    "query": ("/sparql",),
    "ontology": ("/ontology",),
    "about": ("/about", "/downloads"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a server: its kind, and its path with what follows it."""

    kind: str
    path: str


def pages_of(url: str) -> list[Page]:
    """List the pages of a server's graph that are looked at, the same for the same graph."""
    found: list[Page] = []
    keys: dict[str, str] = {}
    for kind, pattern in _SIZES.items():
        things = _some(_ordered(url, pattern))
        own = [_path(iri) for iri in things]
        if kind == "benchmark":
            found += [
                Page("leaderboard", f"/benchmarks/{one.removeprefix('/term/')}") for one in own
            ]
        else:
            found += [Page(kind, one) for one in own]
        for number, one in enumerate(own[:2]):
            keys[kind if number == 0 else f"{kind}{number + 1}"] = one.partition("/")[2].partition(
                "/"
            )[2]
    for kind, paths in _ALONE.items():
        for path in paths:
            try:
                found.append(Page(kind, path.format(**keys)))
            except KeyError:  # the graph has no such thing
                continue
    return found


def _ordered(url: str, pattern: str) -> list[str]:
    """List the things that fit a pattern, largest first."""
    counts = "?size" in pattern
    query = (
        f"{_PREFIXES} SELECT ?thing {'?size' if counts else '(COUNT(?part) AS ?size)'} "
        f"WHERE {{ {pattern} }} {'' if counts else 'GROUP BY ?thing'} ORDER BY DESC(?size) ?thing"
    )
    reply = requests.post(
        f"{url}/sparql",
        data={"query": query},
        headers={"Accept": "application/sparql-results+json"},
        timeout=60,
    )
    reply.raise_for_status()
    rows: list[dict[str, Any]] = reply.json()["results"]["bindings"]
    return [row["thing"]["value"] for row in rows]


def _some(things: Sequence[str]) -> list[str]:
    rest = things[_LARGEST:]
    step = max(len(rest) // _OTHERS, 1)
    return [*things[:_LARGEST], *rest[::step][:_OTHERS]]


def _path(iri: str) -> str:
    """Return the path of a thing's page: its IRI below the base."""
    parts = iri.split("/")
    start = next(n for n, part in enumerate(parts) if part in ("paper", "term", "author", "digest"))
    return "/" + "/".join(quote(part, safe="~+*:@!$&'(),;=%") for part in parts[start:])


def first_of_each(pages: Sequence[Page], accepts: Callable[[Page], bool]) -> list[Page]:
    """Return the first page of each kind, which is that of the largest thing."""
    kinds: dict[str, Page] = {}
    for page in pages:
        if accepts(page):
            kinds.setdefault(page.kind, page)
    return list(kinds.values())
