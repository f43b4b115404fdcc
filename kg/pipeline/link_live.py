"""What linking asks of Wikidata itself: items by label, papers by arXiv id, authors of papers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from kg.link.index import Index, encode
from kg.link.items import Item
from kg.link.wikidata.authors import Author
from kg.link.wikidata.http_client import BudgetSpent, WikidataError
from kg.link.wikidata.live import Live
from kg.linked import Candidate
from kg.pipeline.link_terms import TermQuery, allowed

#: Classes of the found items are read this many steps up the subclass chain.
_CLASS_STEPS: Final = 2
#: Best answers to a search by label that are looked at.
_MAX_FOUND: Final = 10


class Asked:
    """Asks, and remembers what could not be asked: that is then kept as it was.

    ``items`` are all that was read; ``problem`` is why no more is asked, where something failed.
    """

    def __init__(self, live: Live, index: Index) -> None:
        self._live, self._index = live, index
        self.items: dict[int, Item] = {}
        self.problem: str | None = None

    @property
    def open(self) -> int:
        """How many things were not asked because there is no network to be used."""
        return self._live.counts.open

    def index_of(
        self, queries: Sequence[TermQuery], progress: Callable[[int, int, str], None] | None
    ) -> tuple[Index, set[str]]:
        """Search terms by their labels; make an index of what was found, and of its classes.

        Returns:
            The index, and the keys of the terms that it answers for.
        """
        found: set[int] = set()
        answered: set[str] = set()
        with self._told():
            for number, one in enumerate(queries, 1):
                before = self.open
                for label in one.term.preferred:
                    found.update(self._live.search(label.text, label.lang)[:_MAX_FOUND])
                if self.open == before:
                    answered.add(one.term.key)
                if progress:
                    progress(number, len(queries), one.term.preferred[0].text)
        before = self.open
        with self._told():
            read = self._read(found)
            if self.open == before:
                return Index.of(read), answered
        return Index.of([]), set()

    def _read(self, qids: Iterable[int]) -> list[Item]:
        """Read items, and their classes from our index or, where it lacks them, likewise."""
        every: dict[int, Item] = {}
        wanted = set(qids)
        for step in range(_CLASS_STEPS + 1):
            local = [self._index.item(qid) for qid in wanted] if step else []
            new = {item.qid: item for item in local if item is not None}
            # By the id of the item: that of a redirect is another than was asked for.
            read = self._live.items(wanted - new.keys()).values()
            new.update((item.qid, item) for item in read)
            self.items.update((item.qid, item) for item in read)
            every.update(new)
            above = {one for item in new.values() for one in (*item.classes, *item.parents)}
            wanted = above - every.keys()
        return [every[qid] for qid in sorted(every)]

    def papers(self, arxiv_ids: Iterable[str]) -> tuple[dict[str, int], bool]:
        """Return the items of papers, and whether all could be asked."""
        before = self.open
        with self._told():
            found = self._live.papers(arxiv_ids)
            return found, self.open == before
        return {}, False

    def authors_of(self, papers: Iterable[int]) -> Mapping[int, tuple[Author, ...]] | None:
        """Return the authors of papers; None where some could not be asked."""
        before = self.open
        with self._told():
            found = self._live.authors_of(papers)
            return found if self.open == before else None
        return None

    def labels_of(self, qids: Iterable[int]) -> dict[int, str]:
        """Return the labels of items, as far as they could be asked."""
        with self._told():
            read = self._live.items(qids)
            self.items.update(read)
            return {qid: item.label for qid, item in read.items()}
        return {}

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Keep what stops us for the end of the run; what was answered stays in the cache."""
        try:
            yield
        except (WikidataError, BudgetSpent) as error:
            self.problem = str(error)

    def fingerprint(self) -> str:
        """Return the content of all that was read, without when."""
        items = (self.items[qid] for qid in sorted(self.items))
        return "\n".join(encode(_undated(item)) for item in items)


def joined(
    ours: Sequence[Candidate], found: Sequence[Candidate], one: TermQuery
) -> tuple[Candidate, ...]:
    """Join the candidates of two indexes; an item in both keeps the score of the first."""
    known = {candidate.qid for candidate in ours}
    new = [candidate for candidate in found if candidate.qid not in known]
    every = sorted((*ours, *new), key=lambda one: (-one.score, int(one.qid[1:])))
    return allowed(every, one)


def _undated(item: Item) -> Item:
    return Item(item.qid, item.label, item.description, item.names, item.classes, item.parents)
