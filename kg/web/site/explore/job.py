"""The neighbourhood of a thing: what stands around it, and what joins it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rdflib.namespace import DCTERMS, RDF, SKOS

from kg.vocab import KG, WD, WIKI, iri_safe, key_of
from kg.web.protocol import is_absolute_iri
from kg.web.site.explore.around import AROUND, FIRST, Groups, Part, newest_methods, paper_count
from kg.web.site.explore.query import Edge, construct, joined_papers, stated_edges, written
from kg.web.site.explore.ranking import Pair, pairs_within, votes
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.trends.job import find_terms

_MATCHES: Final = {"exact": SKOS.exactMatch, "close": SKOS.closeMatch}


def kind_of(iri: str, base: str) -> str | None:
    """Return ``author``, ``digest``, ``paper`` or ``term``; None for what has no neighbourhood.

    >>> kind_of("https://example.org/kg/term/lora", "https://example.org/kg/")
    'term'
    """
    kind, slash, key = iri.removeprefix(base).partition("/")
    if not iri.startswith(base) or kind not in AROUND or not slash or not key or "#" in key:
        return None
    is_entry = kind == "digest" and "/" in key
    return None if is_entry else kind


@dataclass(frozen=True, slots=True)
class FindJob(SiteJob):
    """Find the thing that a reader means: ``iri``, None where nothing has that name.

    ``text`` is an IRI, a path under the base, an arXiv id, a key, or a label.
    """

    text: str

    def shown(self, graph: Graph) -> Shown:
        keys = [f"{kind}/{iri_safe(self.text)}" for kind in ("paper", "digest")]
        iris = [self.text, *(graph.base + path for path in (self.text, *keys))]
        things = [Node(iri) for iri in iris if is_absolute_iri(iri) and kind_of(iri, graph.base)]
        authors = [graph.node(f"author/{key_of(self.text)}")]
        for node in (*things, *find_terms(graph, self.text), *authors):
            if graph.has(node, RDF.type):
                return {"iri": node.value}
        return {"iri": None}


@dataclass(frozen=True, slots=True)
class ExploreJob(SiteJob):
    """Find what stands around a thing; without one, the commonest methods of the newest digests.

    Edges are told among the things of the answer, and between them and ``known``. Nothing is
    told of what is not in the graph.
    """

    iri: str | None = None
    part: Part = FIRST
    known: tuple[str, ...] = ()

    def shown(self, graph: Graph) -> Shown:
        if self.iri is None:
            return _start(graph)
        this = Node(self.iri)
        kind = kind_of(self.iri, graph.base)
        if kind is None or not graph.has(this, RDF.type):
            return {}
        groups = AROUND[kind](graph, this, self.part)
        around = (node for one in groups.values() for node in one.nodes)
        nodes = list(dict.fromkeys((this, *around)))
        pairs: list[Pair] = []
        if kind == "term":
            pairs += [(this.value, iri, count) for iri, count in groups["close"].together.items()]
        others = [node for node in nodes if node != this]
        pairs += pairs_within(graph, _of_kind(graph, others, "term"))
        edges = _without_doubles([*self._stated(graph, nodes), *map(_close, pairs)])
        # Of the terms that stand out in many papers, some are in none of those that are drawn.
        reached = _reached((this.value, *self.known), edges)
        nodes = [node for node in nodes if node.value in reached]
        edges = [edge for edge in edges if edge["from"] in reached and edge["to"] in reached]
        return {
            "centre": this.value,
            "part": self.part.number,
            "more": not self.part.is_last(groups),
            **_drawn(graph, groups, nodes, edges),
        }

    def _stated(self, graph: Graph, nodes: Sequence[Node]) -> list[Edge]:
        known = [Node(iri) for iri in self.known]
        papers = joined_papers(graph, _of_kind(graph, known, "paper"), nodes)
        return [*stated_edges(graph, nodes, [*nodes, *known]), *stated_edges(graph, papers, nodes)]


def _of_kind(graph: Graph, nodes: Iterable[Node], kind: str) -> list[Node]:
    return [node for node in nodes if kind_of(node.value, graph.base) == kind]


def _close(pair: Pair) -> Edge:
    one, other, papers = pair
    return {"from": one, "relation": "close", "to": other, "papers": papers}


def _start(graph: Graph) -> Shown:
    days, methods, pairs = newest_methods(graph)
    edges = [_close(pair) for pair in pairs]
    joined = {iri for pair in pairs for iri in pair[:2]}
    nodes = [node for node in methods.nodes if node.value in joined or not joined]
    drawn = _drawn(graph, {"methods": methods}, nodes, edges)
    return {"centre": None, "part": 1, "more": False, "days": days, **drawn}


def _without_doubles(edges: Iterable[Edge]) -> list[Edge]:
    """Leave out what is told twice; that two things are close, if more is told of them."""
    found: dict[object, Edge] = {}
    joined: set[frozenset[str]] = set()
    for edge in edges:
        ends = frozenset((edge["from"], edge["to"]))
        if edge["relation"] != "close" or ends not in joined:
            found[edge["from"], edge["relation"], edge["to"]] = edge
            joined.add(ends)
    return list(found.values())


def _reached(starts: Iterable[str], edges: Iterable[Edge]) -> set[str]:
    """Return what relations lead to from some things, and these."""
    beside: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        beside[edge["from"]].append(edge["to"])
        beside[edge["to"]].append(edge["from"])
    reached = set(starts)
    waiting = list(reached)
    while waiting:
        new = [iri for iri in beside[waiting.pop()] if iri not in reached]
        reached.update(new)
        waiting += new
    return reached


def _drawn(graph: Graph, groups: Groups, nodes: Sequence[Node], edges: Sequence[Edge]) -> Shown:
    kept = {node.value for node in nodes}
    shown = {
        name: [node.value for node in one.nodes if node.value in kept]
        for name, one in groups.items()
    }
    return {
        "groups": [
            {"name": name, "shown": some, "total": groups[name].total}
            for name, some in shown.items()
            if some
        ],
        "nodes": [_node(graph, node) for node in nodes],
        "edges": edges,
        "query": construct(graph.base, edges),
    }


def _node(graph: Graph, node: Node) -> Shown:
    """Return what the picture shows of a thing; ``papers`` is None for a paper."""
    kind = kind_of(node.value, graph.base)
    if kind == "term":
        shown = graph.term(node) | {"wikidata": _items(graph, node)}
    elif kind == "paper":
        paper = graph.paper(node)
        shown = {
            "iri": node.value,
            "label": paper["title"],
            "type": "Paper",
            "papers": None,
            "arxiv": paper["arxiv"],
            "votes": votes(graph, node),
        }
    else:
        shown = {
            "iri": node.value,
            "label": graph.label(node),
            "type": "Author" if kind == "author" else "Digest",
            "papers": paper_count(graph, node, str(kind)),
        }
    seen = DCTERMS.issued if kind == "digest" else KG.firstSeen
    return shown | {"seen": graph.text(node, seen), "in_query": written(graph.base, node.value)}


def _items(graph: Graph, term: Node) -> list[Shown]:
    """List the items of Wikidata that a term is linked to."""
    found = (
        (relation, item.value.removeprefix(str(WD)), item.value)
        for relation, property_ in _MATCHES.items()
        for item in graph.nodes(term, property_)
    )
    return [
        {"id": name, "relation": relation, "address": str(WIKI) + name}
        for relation, name, iri in found
        if iri.startswith(str(WD))
    ]
