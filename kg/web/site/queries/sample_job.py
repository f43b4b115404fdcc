"""Example values for saved queries that find something in the graph at hand.

The examples of the files find something in the project's own example digests; where the graph
has no such thing, another one of its kind takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, FOAF, RDF, SKOS

from kg.vocab import KG
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What has a month as its value, in place of types.
MONTH: Final = "month"
#: The later of two months.
_LATER: Final = ("to", "until")
_LABELS: Final = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
_LANGUAGES: Final = ("en", "ko")
#: Of a paper's terms, those of the first that it has.
_ROLES: Final = (KG.introduces, KG.evaluatesOn, KG.usesMethod, KG.mentions)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parameter that has an example: its name, the types it is of, and the example."""

    name: str
    types: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class SampleJob(SiteJob):
    """Tell, by query and parameter, the values that take the place of examples.

    ``queries`` are names of queries with what they want; those whose examples find something
    are not in the answer.
    """

    queries: tuple[tuple[str, tuple[Wanted, ...]], ...]

    def shown(self, graph: Graph) -> Shown:
        samples = _Samples(graph)
        found = {name: samples.of(wanted) for name, wanted in self.queries}
        return {name: values for name, values in found.items() if values}


class _Samples:
    """Looks for what the graph has of each kind, each once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[str, ...], str | None] = {}
        issued = (
            (graph.text(digest, DCTERMS.issued), digest.value)
            for digest in graph.subjects(RDF.type, ox.NamedNode(str(KG.Digest)))
        )
        self._digests = sorted((day, iri) for day, iri in issued if day)
        self._months = sorted({day[:7] for day, _ in self._digests})
        self._paper = self._best_paper()

    def of(self, wanted: tuple[Wanted, ...]) -> dict[str, str]:
        """Return the values that differ from the examples of one query."""
        of_paper = any(one.types == ("Paper",) and not self._has(one) for one in wanted)
        found = {}
        for one in wanted:
            if self._has(one) and not (of_paper and one.types != (MONTH,)):
                continue
            value = self._value(one, of_paper)
            if value is not None:
                found[one.name] = value
        return found

    def _has(self, wanted: Wanted) -> bool:
        """Tell whether the graph has what an example names."""
        text, graph = wanted.example, self._graph
        if wanted.types == (MONTH,):
            return text in self._months
        if wanted.types == ("Paper",):
            return any(True for _ in graph.subjects(KG.arxivId, ox.Literal(text)))
        properties = (FOAF.name,) if wanted.types == ("Author",) else _LABELS
        return any(
            True
            for property_ in properties
            for language in _LANGUAGES
            for _ in graph.subjects(property_, ox.Literal(text, language=language))
        )

    def _value(self, wanted: Wanted, of_paper: bool) -> str | None:
        if wanted.types == (MONTH,):
            place = -1 if wanted.name in _LATER or len(self._months) < 2 else -2
            return self._months[place] if self._months else None
        if wanted.types == ("Paper",):
            return self._once(("Paper",), self._arxiv)
        if wanted.types == ("Author",):
            return self._once(("Author",), self._author)
        if of_paper:
            return self._once(("Paper", *wanted.types), lambda: self._of_paper(wanted.types))
        return self._once(wanted.types, lambda: self._commonest(wanted.types[0]))

    def _once(self, key: tuple[str, ...], find: Callable[[], str | None]) -> str | None:
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]

    def _best_paper(self) -> Node | None:
        """Return the paper on arXiv that has most votes in the newest digest with any."""
        graph = self._graph
        for _, digest in reversed(self._digests):
            entries = graph.subjects(KG.digest, ox.NamedNode(digest))
            ordered = sorted((-graph.count(entry, KG.votes), entry.value) for entry in entries)
            for _, entry in ordered:
                for paper in graph.nodes(ox.NamedNode(entry), KG.paper):
                    if graph.has(paper, KG.arxivId):
                        return paper
        return None

    def _arxiv(self) -> str | None:
        return None if self._paper is None else self._graph.text(self._paper, KG.arxivId)

    def _author(self) -> str | None:
        """Return the name of an author of that paper, the one with most papers."""
        paper, graph = self._paper, self._graph
        authors = [] if paper is None else graph.nodes(paper, DCTERMS.creator)
        counted = ((-sum(1 for _ in graph.subjects(DCTERMS.creator, one)), one) for one in authors)
        first = min(counted, key=lambda pair: (pair[0], pair[1].value), default=None)
        return None if first is None else graph.text(first[1], FOAF.name)

    def _of_paper(self, types: tuple[str, ...]) -> str | None:
        """Return the name of a term of the paper: of those it introduces, before others."""
        graph = self._graph
        for role in _ROLES:
            terms = [] if self._paper is None else graph.nodes(self._paper, role)
            counted = [
                (-graph.count(term, KG.paperCount), term.value)
                for term in terms
                if graph.local(term, KG.termType) in types
            ]
            if counted:
                return graph.label(ox.NamedNode(min(counted)[1]))
        return None

    def _commonest(self, type_: str) -> str | None:
        """Return the name of the term of a type that most papers mention."""
        rows = self._graph.select(
            f"SELECT ?term WHERE {{ ?term <{KG.termType}> <{KG[type_]}> ; "
            f"<{KG.paperCount}> ?count }} ORDER BY DESC(?count) ?term LIMIT 1"
        )
        return next((self._graph.label(row["term"]) for row in rows), None)
