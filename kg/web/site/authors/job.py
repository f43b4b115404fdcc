"""What the page of an author shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, FOAF, RDF

from kg.vocab import KG, SCHEMA
from kg.web.site.digests.listing_job import day_of, whole_of
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: Papers on a page.
PAGE: Final = 50
_COAUTHORS: Final = 40
_TOPICS: Final = 24
_INTRODUCED: Final = 6
#: A topic is a term that so many papers mention: rarer ones are names of one paper.
_LEAST_PAPERS: Final = 3
#: An author of so many papers works on what more than one of them mentions.
_SEVERAL: Final = 5

_PREFIXES: Final = f"PREFIX dcterms: <{DCTERMS}> PREFIX kg: <{KG._NS}> "
# An entry may lack votes, and a paper a day.
_PAPERS: Final = (
    "SELECT ?author ?paper (MIN(?day) AS ?seen) (MAX(?of_entry) AS ?votes) { "
    "?paper dcterms:creator ?author . OPTIONAL { ?paper kg:firstSeen ?day } "
    "OPTIONAL { ?entry kg:paper ?paper ; kg:votes ?of_entry } } GROUP BY ?author ?paper"
)
_COAUTHORED: Final = (
    "SELECT ?author ?other (COUNT(*) AS ?papers) { ?paper dcterms:creator ?author, ?other "
    "FILTER(?other != ?author) } GROUP BY ?author ?other ORDER BY DESC(?papers) ?other"
)
_MENTIONED: Final = (
    "SELECT ?author ?term ?all (COUNT(*) AS ?papers) { ?paper dcterms:creator ?author ; "
    "kg:mentions ?term . ?term kg:paperCount ?all ; kg:termType ?type "
    f"FILTER(?all >= {_LEAST_PAPERS} && ?type != kg:Metric) }} GROUP BY ?author ?term ?all"
)
_ALL: Final = "SELECT (COUNT(*) AS ?n) { ?paper a kg:Paper }"


@dataclass(frozen=True, slots=True)
class AuthorJob(SiteJob):
    """Tell what the page of an author shows.

    Answers ``found``, whether the IRI names one; ``iri``, ``name``, ``names``, others that are
    printed, ``is_person`` and ``same``, a list of addresses elsewhere; ``papers``, those of a
    page, the newest first, of ``paper_count``: as all pages have them, with ``votes`` (None
    without any), ``introduces``, the first terms of ``introduce_count``, and ``results``;
    ``months``, papers by month; ``coauthors``, the first of ``coauthor_count``, those with most
    papers together first: ``{iri, name, papers}``; and ``topics``, terms with ``together``, how
    many papers of the author mention each.

    Args:
        page: from 1; papers of all pages where it is None.
    """

    iri: str
    page: int | None = 1

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        if not graph.has(node, RDF.type, Node(str(KG.Author))):
            return {"found": False}
        papers = sorted(_papers(graph, node), key=lambda one: (one[1] or "", one[0].value))[::-1]
        start = 0 if self.page is None else (self.page - 1) * PAGE
        stop = None if self.page is None else start + PAGE
        name = graph.label(node)
        names = {one.value for one in graph.objects(node, FOAF.name) if isinstance(one, ox.Literal)}
        coauthors = [
            (row["other"], int(row["papers"].value))
            for row in graph.select(_PREFIXES + _COAUTHORED, {"author": node})
            if isinstance(row["other"], Node)
        ]
        return {
            "found": True,
            "iri": self.iri,
            "name": name,
            "names": sorted(names - {name}),
            "is_person": graph.has(node, RDF.type, Node(str(KG.Person))),
            "same": [one.value for one in graph.nodes(node, SCHEMA.sameAs)],
            "paper_count": len(papers),
            "papers": [_paper(graph, paper, votes) for paper, _, votes in papers[start:stop]],
            "months": dict(sorted(Counter(day[:7] for _, day, _ in papers if day).items())),
            "coauthor_count": len(coauthors),
            "coauthors": [
                {"iri": one.value, "name": graph.label(one), "papers": count}
                for one, count in coauthors[:_COAUTHORS]
            ],
            "topics": _topics(graph, node, 2 if len(papers) >= _SEVERAL else 1),
        }


def _papers(graph: Graph, author: Node) -> list[tuple[Node, str | None, int | None]]:
    """List an author's papers with the day and the votes of each."""
    return [
        (row["paper"], day_of(row["seen"]), whole_of(row["votes"]))
        for row in graph.select(_PREFIXES + _PAPERS, {"author": author})
        if isinstance(row["paper"], Node)
    ]


def _paper(graph: Graph, paper: Node, votes: int | None) -> Shown:
    introduced = graph.nodes(paper, KG.introduces)
    return {
        **graph.paper(paper),
        "votes": votes,
        "introduces": [graph.term(one) for one in introduced[:_INTRODUCED]],
        "introduce_count": len(introduced),
        "results": len(graph.objects(paper, KG.hasResult)),
    }


def _topics(graph: Graph, author: Node, least: int) -> list[Shown]:
    """List what an author works on: terms that at least so many of the author's papers mention.

    They are weighed by how many do, and by how rare they are among all papers (inverse document
    frequency).
    """
    all_papers = next((int(row["n"].value) for row in graph.select(_PREFIXES + _ALL)), 0)
    weighed = []
    for row in graph.select(_PREFIXES + _MENTIONED, {"author": author}):
        if not isinstance(row["term"], Node):
            continue
        together, papers = int(row["papers"].value), whole_of(row["all"]) or 1
        weight = together * log(max(all_papers / papers, 1.0))
        weighed.append((-weight, row["term"].value, together))
    kept = sorted(one for one in weighed if one[0] < 0 and one[2] >= least)
    return [{**graph.term(Node(iri)), "together": together} for _, iri, together in kept[:_TOPICS]]
