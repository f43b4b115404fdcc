"""Papers side by side: who wrote them, what they share, and their results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS

from kg.vocab import KG, SCHEMA, language_of
from kg.web.names.identifiers import identifiers_in
from kg.web.site.benchmarks.claims import claims_of
from kg.web.site.compare.results import side_by_side
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What a paper does with a term, the strongest first.
_RELATIONS: Final = (
    KG.introduces,
    KG.evaluatesOn,
    KG.usesMethod,
    KG.addressesTask,
    KG.reportsMetric,
    KG.mentions,
)
_STRENGTH: Final = {
    str(relation).rpartition("#")[2]: place for place, relation in enumerate(_RELATIONS)
}
#: What is shown of each list.
_AUTHORS: Final = 12
_TERMS: Final = 50
_OWN: Final = 25
_RESULTS: Final = 300
_PAPER: Final = Node(str(KG.Paper))


@dataclass(frozen=True, slots=True)
class NamedPapersJob(SiteJob):
    """Find papers by keys, arXiv ids or addresses, DOIs or whole titles: ``papers``, in that
    order, None for what is none."""

    names: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        found = [_find(graph, name) for name in self.names]
        return {"papers": [None if node is None else graph.paper(node) for node in found]}


def _find(graph: Graph, name: str) -> Node | None:
    keys = [name]
    for identifier in identifiers_in(name):
        kind, _, value = identifier.partition(":")
        keys.append(f"doi/{value}" if kind == "doi" else value)
    for key in keys:
        try:
            node = graph.node(f"paper/{key}")
        except ValueError:  # no IRI, so no key
            continue
        if graph.has(node, RDF.type, _PAPER):
            return node
    title = ox.Literal(name, language=language_of(name))
    titled = [
        node for node in graph.subjects(RDFS.label, title) if graph.has(node, RDF.type, _PAPER)
    ]
    return min(titled, key=lambda node: node.value, default=None)


@dataclass(frozen=True, slots=True)
class ComparePapersJob(SiteJob):
    """Compare some papers, given by their IRIs.

    Answers ``papers``, each with ``created`` (a month), ``last``, ``votes`` (the most of its
    entries, or None), ``entries`` (their number), ``authors`` (``iri``, ``label``) and
    ``author_count``, ``pages`` and ``same`` (addresses), ``term_count`` and ``result_count``;
    ``authors``, those that several have, with their ``papers`` (places); ``terms``, those that
    several mention, with what each paper does in ``relations``, and ``shared_count``; ``own``,
    for each the terms that it alone has, with ``own_count``; ``results`` as
    :func:`~kg.web.site.compare.results.side_by_side` tells them.
    """

    iris: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        nodes = [Node(iri) for iri in self.iris]
        relations = [_relations(graph, node) for node in nodes]
        authors = [graph.nodes(node, DCTERMS.creator) for node in nodes]
        claims = [claims_of(graph, graph.nodes(node, KG.hasResult)[:_RESULTS]) for node in nodes]
        about = [_about(graph, node) for node in nodes]
        for paper, names, terms, results in zip(about, authors, relations, claims, strict=True):
            paper |= {
                "authors": [_named(graph, one) for one in names[:_AUTHORS]],
                "author_count": len(names),
                "term_count": len(terms),
                "result_count": len(results),
            }
        return {
            "papers": about,
            "authors": _shared_authors(graph, authors),
            **_terms(graph, relations),
            "results": side_by_side(graph, claims, None),
        }


def _about(graph: Graph, node: Node) -> Shown:
    entries = list(graph.subjects(KG.paper, node))
    votes = [found for one in entries if (found := graph.number(one, KG.votes)) is not None]
    return {
        **graph.paper(node),
        "created": graph.text(node, DCTERMS.created),
        "last": graph.text(node, KG.lastSeen),
        "votes": int(max(votes)) if votes else None,
        "entries": len(entries),
        "pages": _web(graph, node, FOAF.page),
        "same": _web(graph, node, SCHEMA.sameAs),
    }


def _web(graph: Graph, node: Node, predicate: URIRef) -> list[str]:
    found = (one.value for one in graph.nodes(node, predicate))
    return [iri for iri in found if iri.startswith(("http://", "https://"))]


def _named(graph: Graph, node: Node) -> Shown:
    return {"iri": node.value, "label": graph.label(node)}


def _relations(graph: Graph, node: Node) -> dict[Node, str]:
    """Return what a paper does with each of its terms: the strongest of what it says."""
    found: dict[Node, str] = {}
    for relation in _RELATIONS:
        for term in graph.nodes(node, relation):
            found.setdefault(term, str(relation).rpartition("#")[2])
    return found


def _shared_authors(graph: Graph, authors: Sequence[Sequence[Node]]) -> list[Shown]:
    """Return the authors of more than one paper, by name, with the places of their papers."""
    places: dict[Node, list[int]] = {}
    for place, some in enumerate(authors):
        for one in some:
            places.setdefault(one, []).append(place)
    shared = [_named(graph, one) | {"papers": of} for one, of in places.items() if len(of) > 1]
    return sorted(shared, key=lambda one: (-len(one["papers"]), one["label"], one["iri"]))


def _terms(graph: Graph, relations: Sequence[dict[Node, str]]) -> Shown:
    """Part terms that several papers have, the rarer first, which say more, from those of one,
    what the paper introduces first."""
    counted = Counter(term for one in relations for term in one)
    shown = {term: graph.term(term) for term in counted}

    shared = sorted(
        (term for term, count in counted.items() if count > 1),
        key=lambda term: (-counted[term], shown[term]["papers"], term.value),
    )
    own = [
        sorted(
            (term for term in one if counted[term] == 1),
            key=lambda term: (_STRENGTH[one[term]], -shown[term]["papers"], term.value),
        )
        for one in relations
    ]
    return {
        "terms": [
            {"term": shown[term], "relations": [one.get(term) for one in relations]}
            for term in shared[:_TERMS]
        ],
        "shared_count": len(shared),
        "own": [
            [{"term": shown[term], "relation": one[term]} for term in some[:_OWN]]
            for one, some in zip(relations, own, strict=True)
        ],
        "own_count": [len(some) for some in own],
    }
