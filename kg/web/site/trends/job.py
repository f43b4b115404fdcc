"""Terms by the names that readers give them, and their papers by month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import SKOS

from kg.model import TermType
from kg.vocab import KG, OA, key_of, language_of
from kg.web.names.keys import key_of_name
from kg.web.names.lookup import opened
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.trends.rising import counts_by_month

_LABELS: Final = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
#: So many other terms of a name are told.
_OTHERS: Final = 4
#: So many mentions of a label show what it means.
_MENTIONS: Final = 500


@dataclass(frozen=True, slots=True)
class NamedTermsJob(SiteJob):
    """Find terms by their keys or labels: ``terms``, in that order, None for what is none, and
    ``others``, for each name the terms that it may mean as well.

    ``file`` is the one of all names, where there is one.
    """

    names: tuple[str, ...]
    file: Path | None = None

    def shown(self, graph: Graph) -> Shown:
        found = [find_terms(graph, name) or self._alike(graph, name) for name in self.names]
        return {
            "terms": [graph.term(some[0]) if some else None for some in found],
            "others": [[graph.term(one) for one in some[1 : _OTHERS + 1]] for some in found],
        }

    def _alike(self, graph: Graph, name: str) -> list[Node]:
        """Find terms by a label that differs in case, marks or spaces."""
        with opened(self.file) as names:
            if names is None:
                return []
            hits = names.find(key_of_name(name))
            things = {names.thing(hit.thing) for hit in hits if not hit.bare}
        nodes = {graph.node(thing.id) for thing in things if thing.type in set(TermType)}
        return sorted(nodes, key=lambda one: (-graph.count(one, KG.paperCount), one.value))


@dataclass(frozen=True, slots=True)
class CountsJob(SiteJob):
    """Count the papers of each month that mention some terms: ``counts``, by IRI and month."""

    iris: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        return {"counts": counts_by_month(graph, self.iris)}


def find_terms(graph: Graph, name: str) -> list[Node]:
    """Find the term that has a key, else those that have a label, else the one whose key the
    name makes.

    Of several that have one label, the one comes first that is meant most often by it.
    """
    if (node := _with_key(graph, name)) is not None:
        return [node]
    label = ox.Literal(name, language=language_of(name))
    labelled = {node for property_ in _LABELS for node in graph.subjects(property_, label)}
    if len(labelled) > 1:
        meant = _meant(graph, label)
        return sorted(labelled, key=lambda one: (-meant[one], one.value))
    node = next(iter(labelled), None) or _with_key(graph, key_of(name))
    return [] if node is None else [node]


def _with_key(graph: Graph, key: str) -> Node | None:
    try:
        node = graph.node(f"term/{key}")
    except ValueError:  # no IRI, so no key
        return None
    return node if graph.has(node, KG.termType) else None


def _meant(graph: Graph, label: ox.Literal) -> Counter[Node]:
    """Count how often mentions that are spelled so mean each term; of some, if there are many."""
    mentions = islice(graph.subjects(OA.exact, label), _MENTIONS)
    return Counter(term for mention in mentions for term in graph.nodes(mention, KG.mentionOf))
