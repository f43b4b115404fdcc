"""Lists for Wikidata what a store knows of the items that it is linked to, and they lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import SKOS

from kg.errors import KGError
from kg.link.completion import Accepted, languages_of
from kg.link.entity import LANGUAGES
from kg.link.index import Index
from kg.link.items import Item, NameKind
from kg.link.quickstatements import Command, Ours, commands
from kg.linked import Kind
from kg.pipeline.completion import ADVICE, OpenLive, links_in_force
from kg.settings import Settings
from kg.store import Snapshot, open_snapshot
from kg.vocab import KG, TERMS_GRAPH, Iris, language_of

MIN_SCORE: Final = 0.95
_PREFERRED, _OTHERS = (ox.NamedNode(str(one)) for one in (SKOS.prefLabel, SKOS.altLabel))
_ARXIV_ID: Final = ox.NamedNode(str(KG.arxivId))
_KOREAN: Final = ("ko",)


@dataclass(frozen=True, slots=True)
class Lacking:
    """What items lack: ``items`` counts those looked at, ``missing`` those that nobody knows.

    ``unsafe`` counts our names that QuickStatements cannot take. ``open`` is how many questions
    had no answer kept while there was no network to be used.
    """

    commands: tuple[Command, ...] = ()
    items: int = 0
    missing: int = 0
    unsafe: int = 0
    open: int = 0


def lacking(
    settings: Settings, *, min_score: float = MIN_SCORE, open_live: OpenLive | None = None
) -> Lacking:
    """List what exactly linked items lack of what the store knows, sorted.

    Args:
        min_score: the lowest score of a link of the machine's, in [0, 1].

    Raises:
        StoreError: there is no store.
        KGError: the index does not know all names of its items, or Wikidata does not answer.
    """
    with open_snapshot(settings.store) as snapshot:
        known = _known(snapshot, Iris(settings.base_iri), Decimal(str(min_score)))
    if open_live is not None:
        items, korean, left = _from_wikidata(known, open_live)
    else:
        items, korean, left = *_from_index(settings, known), 0
    # Two ids may be those of one item: what we know of it is put together.
    ours: dict[int, list[Ours]] = defaultdict(list)
    for qid in sorted(items):
        ours[items[qid].qid] += known[qid]
    found: list[Command] = []
    unsafe = 0
    by_number = {item.qid: item for item in items.values()}
    for qid in sorted(by_number):
        made, bad = commands(by_number[qid], ours[qid], korean_label=qid in korean)
        found += made
        unsafe += bad
    return Lacking(tuple(found), len(known), len(known) - len(items), unsafe, left)


def _known(snapshot: Snapshot, iris: Iris, min_score: Decimal) -> dict[int, list[Ours]]:
    """Return what we know of exactly linked items, what people linked first."""
    links = [
        one
        for one in links_in_force(snapshot, iris)
        if one.exact
        and one.kind is not Kind.AUTHOR
        and (one.score is None or one.score >= min_score)
    ]
    known: dict[int, list[Ours]] = defaultdict(list)
    for one in sorted(
        links,
        key=lambda one: (one.qid, -(2 if one.score is None else one.score), one.kind, one.key),
    ):
        known[one.qid].append(_ours(snapshot, one, iris))
    return known


def _ours(snapshot: Snapshot, one: Accepted, iris: Iris) -> Ours:
    node = ox.NamedNode(iris.thing(one.kind, one.key))
    graph = ox.NamedNode(iris.graph(TERMS_GRAPH))

    def values(predicate: ox.NamedNode) -> Iterator[str]:
        for quad in snapshot.graph.quads_for_pattern(node, predicate, None, graph):
            if isinstance(quad.object, ox.Literal):
                yield quad.object.value

    if one.kind is Kind.PAPER:
        return Ours(arxiv_id=next(values(_ARXIV_ID), ""))
    return Ours((*sorted(values(_PREFERRED)), *sorted(values(_OTHERS))))


def _from_index(
    settings: Settings, known: dict[int, list[Ours]]
) -> tuple[dict[int, Item], set[int]]:
    """Return linked items, and which have a Korean label: one in Hangul, as far as is known.

    An index that does not have all English and Korean names of its items is refused.
    """
    if settings.index is None:
        raise KGError(f"the index that comes with the package: not all names of items; {ADVICE}")
    with Index.open(settings.index) as index:
        languages = languages_of(index.facts())
        if not {"en", "ko"} <= set(languages):
            have = ", ".join(languages) or "unknown languages"
            raise KGError(
                f"{settings.index}: names in {have}; expected all in English and Korean: {ADVICE}"
            )
        items = {qid: item for qid in sorted(known) if (item := index.item(qid)) is not None}
    return items, {item.qid for item in items.values() if _has_hangul_label(item)}


def _from_wikidata(
    known: dict[int, list[Ours]], open_live: OpenLive
) -> tuple[dict[int, Item], set[int], int]:
    """Return linked items, which have a Korean label in whatever script, and what stayed open.

    An item keeps its labels without language: those that may lack a Korean one are asked for
    it apart. One of whose Korean label nothing is known counts as having it.
    """
    with open_live(LANGUAGES, 0) as live:
        items = live.items(sorted(known))
        sent, left = live.sent, live.counts.open
    doubtful = [qid for qid, item in items.items() if not _has_hangul_label(item)]
    with open_live(_KOREAN, sent) as live:
        asked = live.items(doubtful)
        left += live.counts.open
    without = {
        item.qid
        for item in asked.values()
        if not any(name.kind is NameKind.LABEL for name in item.names)
    }
    return items, {item.qid for item in items.values()} - without, left


def _has_hangul_label(item: Item) -> bool:
    return any(
        name.kind is NameKind.LABEL and language_of(name.text) == "ko" for name in item.names
    )
