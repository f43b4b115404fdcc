"""Brings in what Wikidata says of the items that a store is linked to, or takes it out again.

What was read is kept in the store's records, so that the graph of it follows the links, build
after build, without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.digest.characters import clean
from kg.link.completion import (
    Accepted,
    accepted,
    chunks,
    day_of,
    labels_of,
    languages_of,
    named_in,
    statements_of,
)
from kg.link.entity import LANGUAGES
from kg.link.index import Index
from kg.link.items import Item
from kg.link.wikidata.action_api import BATCH
from kg.link.wikidata.http_client import BudgetSpent, WikidataError
from kg.link.wikidata.live import Live
from kg.pipeline.derived import check_base, write_derived
from kg.rdf import ItemFacts, written_value
from kg.settings import Settings
from kg.store import Snapshot, open_snapshot, open_writer
from kg.vocab import TERMS_GRAPH, Iris

#: Opens a client of Wikidata for languages, where some requests of the run are sent already.
OpenLive = Callable[[tuple[str, ...], int], AbstractContextManager[Live]]
#: What to do where the index does not know enough.
ADVICE: Final = (
    "make one from a dump (kg link index build DUMP) and name it with --index, "
    "or ask Wikidata with --live"
)


@dataclass(frozen=True, slots=True)
class Completed:
    """What completion did.

    ``linked`` counts the items that the store is linked to, ``found`` those of them that were
    read now, ``statements`` what the graph can take over of all that is kept. ``dated`` is
    False where it is not known for which day that holds. ``problem`` is why it stopped to ask
    Wikidata, ``open`` how many questions had no answer kept while there was no network to be used.
    """

    linked: int = 0
    found: int = 0
    statements: int = 0
    dated: bool = True
    problem: str | None = None
    open: int = 0


class _Read:
    """Items that were read, by the numbers asked for, and the day for which each holds."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.days: dict[int, str] = {}
        self.languages: tuple[str, ...] = LANGUAGES
        self.problem: str | None = None
        self.open = 0

    def from_index(self, index: Index, qids: Iterable[int]) -> None:
        facts = index.facts()
        self.languages = languages_of(facts)
        day = day_of(facts.get("source", ""))
        for qid in qids:
            item = index.item(qid)
            if item is not None:
                self.items[qid], self.days[qid] = item, day

    def from_live(self, live: Live, qids: Collection[int]) -> None:
        """Ask batch by batch: what was answered before something failed counts."""
        if self.problem is not None:
            return
        try:
            for some in chunks(qids, BATCH):
                found = live.items(some)
                self.items.update(found)
                self.days.update((qid, day_of(item.source)) for qid, item in found.items())
        except (WikidataError, BudgetSpent) as error:
            self.problem = str(error)
        self.open = live.counts.open

    def facts(self, linked: Collection[int]) -> dict[int, ItemFacts]:
        """Return what is taken over: of items that are not *linked*, the labels only."""
        return {
            qid: ItemFacts(
                qid=qid,
                now=item.qid,
                labels=tuple((clean(text), lang) for text, lang in labels_of(item, self.languages)),
                statements=self._moved(statements_of(item)) if qid in linked else (),
                read_on=self.days[qid],
            )
            for qid, item in self.items.items()
        }

    def _moved(self, statements: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Name the items that are values as they are named now."""
        now = {f"Q{qid}": f"Q{item.qid}" for qid, item in self.items.items()}
        return tuple(dict.fromkeys((name, now.get(value, value)) for name, value in statements))


def complete_store(settings: Settings, open_live: OpenLive | None = None) -> Completed | None:
    """Bring in what Wikidata says of linked items, in place of what was brought in before.

    Returns:
        What was done; None where the packaged index would have to tell, which has no
        statements: then nothing was changed.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the index, the contact or the cache cannot be used.
    """
    if open_live is None and settings.index is None:
        return None
    with open_snapshot(settings.store) as snapshot:
        linked = {one.qid for one in links_in_force(snapshot, Iris(settings.base_iri))}
        with snapshot.records() as records:
            before = {row[0]: ItemFacts(*row) for row in records.items()}
    read = _Read()
    if open_live is not None:
        with open_live(LANGUAGES, 0) as live:
            read.from_live(live, linked)
            read.from_live(live, _named(read, linked) - read.items.keys())
    elif settings.index is not None:
        with Index.open(settings.index) as index:
            read.from_index(index, sorted(linked))
            read.from_index(index, sorted(_named(read, linked) - read.items.keys()))
    facts = _again(read.facts(linked), linked)
    if read.problem or read.open:
        facts = {**before, **facts}  # what could not be asked stays as it was
    _write(settings, facts.values())
    shown = [one for qid, one in facts.items() if qid in linked]
    return Completed(
        linked=len(linked),
        found=len(linked & read.items.keys()),
        statements=sum(
            written_value(*pair) is not None for one in shown for pair in one.statements
        ),
        dated=all(one.read_on for one in shown),
        problem=read.problem,
        open=read.open,
    )


def remove_completion(settings: Settings) -> int:
    """Take out all that completion brought in; returns of how many items.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the settings do not fit the store.
    """
    return _write(settings, ())


def _write(settings: Settings, facts: Iterable[ItemFacts]) -> int:
    """Keep exactly these facts, write what follows; returns how many items were kept before."""
    rows = sorted((one.qid, one.now, one.labels, one.statements, one.read_on) for one in facts)
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        before = writer.records.items()
        writer.records.set_items(rows)
        write_derived(writer, settings)
        writer.publish = writer.changed or before != tuple(rows)
    return len(before)


def _named(read: _Read, linked: Collection[int]) -> set[int]:
    """Return the items that are values of statements of linked ones."""
    items = (item for qid, item in read.items.items() if qid in linked)
    return set().union(*(named_in(statements_of(item)) for item in items))


def _again(facts: dict[int, ItemFacts], linked: Collection[int]) -> dict[int, ItemFacts]:
    """Describe what statements name by the number that it has now, also where that was not asked.

    An item that only a redirect led to is described by its own number.
    """
    found: dict[int, ItemFacts] = {}
    for qid, one in sorted(facts.items()):
        if qid in linked or qid == one.now:
            found[qid] = one
        if one.now not in facts:
            found[one.now] = ItemFacts(one.now, one.now, one.labels, (), one.read_on)
    return found


def links_in_force(snapshot: Snapshot, iris: Iris) -> list[Accepted]:
    """Return the links of what is in the graph, sorted by kind and key."""
    graph = ox.NamedNode(iris.graph(TERMS_GRAPH))
    with snapshot.records() as records:
        links = accepted(records.links(), records.link_decisions())

    def is_there(one: Accepted) -> bool:
        node = ox.NamedNode(iris.thing(one.kind, one.key))
        return next(snapshot.graph.quads_for_pattern(node, None, None, graph), None) is not None

    return [one for one in links if is_there(one)]
