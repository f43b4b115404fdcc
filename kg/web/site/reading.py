"""How the job behind a page reads the graph, in a query worker.

What a page shows of a thing is a plain dict, the same on every page:

- a term: ``iri``, ``label`` (its one label), ``en`` and ``ko`` (preferred labels, or None),
  ``type`` (local name of its class, such as ``Model``) and ``papers`` (how many mention it);
- a paper: ``iri``, ``title``, ``arxiv`` (or None), ``seen`` (first day in a digest, or None).

Look-ups by pattern take microseconds each; where a page needs numbers over many things, one
query that aggregates comes first, and labels are looked up for what is shown only.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import RDFS, SKOS

from kg.vocab import KG, OA
from kg.web.jobs import told_errors
from kg.web.reader import Reader

Shown = dict[str, Any]
Node = ox.NamedNode
_ENGLISH: Final = "en"


class Graph:
    """The newest snapshot, all graphs as one, by subject, predicate and object."""

    def __init__(self, reader: Reader, base: str) -> None:
        self.reader = reader
        self.base = base
        self._store = reader.snapshot.graph
        self._terms: dict[str, Shown] = {}
        self._papers: dict[str, Shown] = {}

    def node(self, path: str) -> Node:
        """Return the node at a path under the base, such as ``term/mmlu``."""
        return Node(self.base + path)

    def objects(self, subject: Node, predicate: URIRef) -> list[Any]:
        """Return what a property of a thing holds: nodes and literals, in no order."""
        quads = self._store.quads_for_pattern(subject, Node(str(predicate)), None, None)
        return [quad.object for quad in quads]

    def nodes(self, subject: Node, predicate: URIRef) -> list[Node]:
        """Return the things a property of a thing names, in the order of their IRIs."""
        found = (one for one in self.objects(subject, predicate) if isinstance(one, Node))
        return sorted(found, key=lambda node: node.value)

    def one(self, subject: Node, predicate: URIRef) -> Any | None:
        """Return the value of a property; of several the first as text; None without one."""
        return min(self.objects(subject, predicate), key=str, default=None)

    def text(self, subject: Node, predicate: URIRef) -> str | None:
        """Return the text of a literal or the IRI of a node; None without a value."""
        found = self.one(subject, predicate)
        return None if found is None else str(found.value)

    def number(self, subject: Node, predicate: URIRef) -> float | None:
        """Return a number; None where there is no value, or one that is no number."""
        found = self.text(subject, predicate)
        try:
            return None if found is None else float(found)
        except ValueError:
            return None

    def count(self, subject: Node, predicate: URIRef) -> int:
        """Return a whole number, 0 where there is none."""
        return int(self.number(subject, predicate) or 0)

    def local(self, subject: Node, predicate: URIRef) -> str | None:
        """Return the local name of a node: ``Model`` of ``kg:Model``."""
        found = self.text(subject, predicate)
        return None if found is None else found.rpartition("#")[2]

    def subjects(self, predicate: URIRef, object_: Any) -> Iterator[Node]:
        """Yield what points at a thing by a property, in no order."""
        for quad in self._store.quads_for_pattern(None, Node(str(predicate)), object_, None):
            if isinstance(quad.subject, Node):
                yield quad.subject

    def has(self, subject: Node, predicate: URIRef, object_: Any | None = None) -> bool:
        """Tell whether a thing has a property, or a value of it."""
        pattern = self._store.quads_for_pattern(subject, Node(str(predicate)), object_, None)
        return any(True for _ in pattern)

    def select(
        self, query: str, values: Mapping[str, Any] | None = None
    ) -> Iterator[ox.QuerySolution]:
        """Run a SELECT over all graphs; *values* are bound to its variables as terms.

        A bound variable must be among those that are selected.
        """
        bound = {ox.Variable(name): value for name, value in (values or {}).items()}
        rows = self._store.query(query, use_default_graph_as_union=True, substitutions=bound)
        if not isinstance(rows, ox.QuerySolutions):
            raise TypeError("a page asked something else than SELECT")
        return iter(rows)

    def label(self, node: Node) -> str:
        """Return what to call a thing: its label, or the end of its IRI."""
        found = [one for one in self.objects(node, RDFS.label) if isinstance(one, ox.Literal)]
        if found:
            return min((one.language != _ENGLISH, one.value) for one in found)[1]
        return self.text(node, OA.exact) or node.value.removeprefix(self.base)

    def term(self, node: Node) -> Shown:
        """Return what pages show of a term."""
        if node.value not in self._terms:
            preferred = {
                one.language: one.value
                for one in self.objects(node, SKOS.prefLabel)
                if isinstance(one, ox.Literal)
            }
            self._terms[node.value] = {
                "iri": node.value,
                "label": self.label(node),
                "en": preferred.get(_ENGLISH),
                "ko": preferred.get("ko"),
                "type": self.local(node, KG.termType),
                "papers": self.count(node, KG.paperCount),
            }
        return self._terms[node.value]

    def paper(self, node: Node) -> Shown:
        """Return what pages show of a paper."""
        if node.value not in self._papers:
            self._papers[node.value] = {
                "iri": node.value,
                "title": self.label(node),
                "arxiv": self.text(node, KG.arxivId),
                "seen": self.text(node, KG.firstSeen),
            }
        return self._papers[node.value]


@dataclass(frozen=True, slots=True)
class SiteJob(ABC):
    """A job whose answer is a JSON object; ``base`` is the start of the IRIs of our things."""

    base: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            shown = self.shown(Graph(reader, self.base))
        out.write(json.dumps(shown, ensure_ascii=False).encode())

    @abstractmethod
    def shown(self, graph: Graph) -> Shown:
        """Return what the page shows; it may hold what JSON can hold."""


@dataclass(frozen=True, slots=True)
class TermsJob(SiteJob):
    """What pages show of some terms, given by their IRIs, in the same order: ``terms``."""

    iris: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        return {"terms": [graph.term(Node(iri)) for iri in self.iris]}
