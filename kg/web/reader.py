"""The newest snapshot of a store, kept open by a query worker."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from rdflib.namespace import SKOS

from kg.store import Snapshot, empty, open_snapshot, snapshot_id
from kg.vocab import key_of

#: The id of the state of a store that does not exist yet.
EMPTY = "empty"

#: Properties with the labels of a term.
LABELS = tuple(
    ox.NamedNode(str(name)) for name in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
)
_IN_SCHEME = ox.NamedNode(str(SKOS.inScheme))


class Reader:
    """Holds one snapshot open, and what was worked out from it; empty until refreshed."""

    def __init__(self, store: Path) -> None:
        self.store = store
        #: Whether there was a store before: if it is gone, that is an error, for an empty
        #: graph would be a wrong answer.
        self.must_exist = False
        self._open = ExitStack()
        self.snapshot = Snapshot(EMPTY, store, empty())

    def is_stale(self) -> bool:
        """Tell whether there is a newer snapshot than what is open; a look at one file.

        What is open is good as long as there is nothing newer, also if the store is gone.
        """
        newest = snapshot_id(self.store)
        if newest is None:
            return self.must_exist and self.snapshot.id == EMPTY
        return newest != self.snapshot.id

    def refresh(self) -> None:
        """Open the newest snapshot and close what was open.

        Raises:
            StoreError: there is or was a store, and it cannot be opened.
        """
        if snapshot_id(self.store) is None and not self.must_exist:
            return
        with ExitStack() as opened:
            self.snapshot = opened.enter_context(open_snapshot(self.store))
            before, self._open = self._open, opened.pop_all()
        before.close()
        self.must_exist = True
        self.__dict__.pop("terms_by_key", None)

    @cached_property
    def terms_by_key(self) -> dict[str, tuple[str, ...]]:
        """The IRIs of the terms that have a label of a key; made at the first question."""
        graph = self.snapshot.graph
        found: defaultdict[str, set[str]] = defaultdict(set)
        for in_scheme in graph.quads_for_pattern(None, _IN_SCHEME, None, None):
            term = in_scheme.subject
            if not isinstance(term, ox.NamedNode):
                continue
            for predicate in LABELS:
                for quad in graph.quads_for_pattern(term, predicate, None, None):
                    if isinstance(quad.object, ox.Literal):
                        found[key_of(quad.object.value)].add(term.value)
        return {key: tuple(sorted(terms)) for key, terms in found.items()}
