"""What the pages of an entry of a digest and of a section of its text show."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib.namespace import DCTERMS, RDF, RDFS

from kg.vocab import KG
from kg.web.site.papers.marked_text import TITLE, entry_text, section_text, types_of
from kg.web.site.reading import Graph, Node, Shown, SiteJob


@dataclass(frozen=True, slots=True)
class EntryJob(SiteJob):
    """Tell what the page of an entry, or of a section, shows.

    Answers ``kind``, ``entry`` or ``section``, or None where the IRI names neither; for both
    ``iri``, ``label``, ``digest``, as ``{iri, day}`` or None, ``paper``, or None, ``entry``, the
    IRI of the entry, or None, ``results``, how many the paper has, and ``sections`` and
    ``types``: texts as :mod:`kg.web.site.papers.marked_text` reads them, and the types that
    are marked in them.
    An entry also has ``title``, a section or None, and ``votes``; a section ``others``, the
    ``{iri, label}`` of the sections of its entry.
    """

    iri: str

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        if graph.has(node, RDF.type, Node(str(KG.Entry))):
            return _entry(graph, node)
        if graph.has(node, RDF.type, Node(str(KG.Section))):
            return _section(graph, node)
        return {"kind": None}


def _entry(graph: Graph, node: Node) -> Shown:
    read = entry_text(graph, node)
    return {
        "kind": "entry",
        **_place(graph, node),
        "iri": node.value,
        "label": graph.label(node),
        **{name: read[name] for name in ("title", "sections", "votes", "types")},
    }


def _section(graph: Graph, node: Node) -> Shown:
    text = section_text(graph, node)
    entry = next(iter(sorted(graph.subjects(KG.section, node), key=lambda one: one.value)), None)
    others = graph.nodes(entry, KG.section) if entry else [node]
    placed = sorted(others, key=lambda one: (graph.count(one, KG.position), one.value))
    return {
        "kind": "section",
        **_place(graph, entry),
        "iri": node.value,
        "label": graph.label(node),
        "sections": [text],
        "types": types_of([text]),
        "others": [
            {"iri": one.value, "label": graph.text(one, RDFS.label) or one.value}
            for one in placed
            if graph.text(one, KG.sectionType) != TITLE or one == node
        ],
    }


def _place(graph: Graph, entry: Node | None) -> Shown:
    """Return the digest and the paper of an entry."""
    digests = graph.nodes(entry, KG.digest) if entry else []
    papers = graph.nodes(entry, KG.paper) if entry else []
    return {
        "entry": entry.value if entry else None,
        "digest": (
            {"iri": digests[0].value, "day": graph.text(digests[0], DCTERMS.issued)}
            if digests
            else None
        ),
        "paper": graph.paper(papers[0]) if papers else None,
        "results": len(graph.objects(papers[0], KG.hasResult)) if papers else 0,
    }
