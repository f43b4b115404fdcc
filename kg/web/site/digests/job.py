"""What the page of a digest shows: its papers, and what was new on its day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, XSD

from kg.vocab import KG, SCHEMA
from kg.web.site.digests.listing_job import day_of, days, whole_of
from kg.web.site.papers.marked_text import TITLE, first_sentence
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What is shown of the authors and the introduced terms of a paper, and of new terms.
_AUTHORS: Final = 5
_INTRODUCED: Final = 8
_NEW_TERMS: Final = 40
#: Sections that say what a paper is about, the best first, by the ends of their IRIs; any other
#: but the title will do.
_TELLING: Final = ("whats-new", "summary")
#: Only terms have a number of papers.
_FIRST_SEEN: Final = (
    f"PREFIX kg: <{KG._NS}> SELECT ?day ?term ?papers "
    "{ ?term kg:firstSeen ?day ; kg:paperCount ?papers } ORDER BY DESC(?papers) ?term"
)


@dataclass(frozen=True, slots=True)
class DigestJob(SiteJob):
    """Tell what the page of a digest shows.

    Answers ``found``, whether the IRI names one; ``iri``, ``label``, ``day``; ``files``, the names
    of its files; ``before`` and ``after``, the digests next to it as ``{iri, label, day}`` or
    None; ``entries``, the most voted first (see :func:`entry_shown`); and ``terms``, up to a
    number of those that no digest had before, of ``new_terms``, those that most papers mention
    first.

    Args:
        whole: name all authors and introduced terms of each paper, not the first ones.
    """

    iri: str
    whole: bool = False

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        if not graph.has(node, RDF.type, Node(str(KG.Digest))):
            return {"found": False}
        day = day_of(graph.one(node, DCTERMS.issued))
        found = graph.subjects(KG.digest, node)
        entries = [entry_shown(graph, entry, whole=self.whole) for entry in found]
        new_terms, terms = _first_seen(graph, day) if day else (0, [])
        before, after = _neighbours(graph, self.iri)
        return {
            "found": True,
            "iri": self.iri,
            "label": graph.label(node),
            "day": day,
            "files": [
                name
                for file in graph.nodes(node, PROV.wasDerivedFrom)
                if (name := graph.text(file, SCHEMA.name))
            ],
            "before": before,
            "after": after,
            "entries": sorted(
                entries,
                key=lambda one: (-1 if one["votes"] is None else one["votes"], -one["position"]),
                reverse=True,
            ),
            "new_terms": new_terms,
            "terms": terms,
        }


def entry_shown(graph: Graph, entry: Node, *, whole: bool = False) -> Shown:
    """Return what lists of entries show of one.

    That is ``iri``, ``position``, ``votes`` (None where the digest has none), ``paper``,
    ``page`` (its address on the web, or None), ``authors``, the first of ``author_count``
    (``truncated`` if the digest names not all), ``introduces``, the first of
    ``introduce_count``, ``results``, how many it has, and ``summary``, a sentence with its
    language, or None. With *whole*, all authors and terms are named.
    """
    most_authors, most_terms = (None, None) if whole else (_AUTHORS, _INTRODUCED)
    papers = graph.nodes(entry, KG.paper)
    paper = papers[0] if papers else entry
    authors = graph.nodes(paper, DCTERMS.creator)
    introduced = graph.nodes(paper, KG.introduces)
    return {
        "iri": entry.value,
        "position": graph.count(entry, KG.position),
        "votes": whole_of(graph.one(entry, KG.votes)),
        "paper": graph.paper(paper),
        "page": graph.text(paper, FOAF.page),
        "authors": [{"iri": one.value, "name": graph.label(one)} for one in authors[:most_authors]],
        "author_count": len(authors),
        "truncated": graph.has(entry, KG.authorsTruncated),
        "introduces": [graph.term(one) for one in introduced[:most_terms]],
        "introduce_count": len(introduced),
        "results": len(graph.objects(paper, KG.hasResult)),
        "summary": _summary(graph, entry),
    }


def _summary(graph: Graph, entry: Node) -> Shown | None:
    """Return the first sentence of the section that says best what a paper is about."""
    for name in _TELLING:
        if told := _told(graph, Node(f"{entry.value}/{name}")):
            return told
    for section in graph.nodes(entry, KG.section):
        if graph.text(section, KG.sectionType) != TITLE and (told := _told(graph, section)):
            return told
    return None


def _told(graph: Graph, section: Node) -> Shown | None:
    text = graph.one(section, KG.text)
    if not isinstance(text, ox.Literal) or not text.value.strip():
        return None
    return {"text": first_sentence(text.value), "lang": text.language}


def _first_seen(graph: Graph, day: str) -> tuple[int, list[Shown]]:
    """Count the terms that digests first had on a day, and show those most papers mention."""
    date = ox.Literal(day, datatype=Node(str(XSD.date)))
    rows = graph.select(_FIRST_SEEN, {"day": date})
    found = [row["term"] for row in rows if isinstance(row["term"], Node)]
    return len(found), [graph.term(one) for one in found[:_NEW_TERMS]]


def _neighbours(graph: Graph, iri: str) -> tuple[Shown | None, Shown | None]:
    """Return the digests before and after one, in the order of their days."""
    ordered = days(graph)
    place = next((number for number, (one, _) in enumerate(ordered) if one == iri), None)
    if place is None:
        return None, None
    before = ordered[place - 1] if place else None
    after = ordered[place + 1] if place + 1 < len(ordered) else None
    return _named(graph, before), _named(graph, after)


def _named(graph: Graph, digest: tuple[str, str | None] | None) -> Shown | None:
    if digest is None:
        return None
    return {"iri": digest[0], "label": graph.label(Node(digest[0])), "day": digest[1]}
