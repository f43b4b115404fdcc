"""What the page of a paper shows, read in a query worker."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS

from kg.vocab import BIBO, KG, SCHEMA, language_of
from kg.web.site.papers.marked_text import entry_text, first_sentence, types_of
from kg.web.site.papers.results import results_of
from kg.web.site.papers.similar import similar_papers
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What a paper does with its terms, the strongest first: each term stands at its first.
RELATIONS: Final = (
    KG.introduces,
    KG.evaluatesOn,
    KG.usesMethod,
    KG.addressesTask,
    KG.reportsMetric,
    KG.mentions,
)
_AUTHORS: Final = f"""
SELECT ?paper ?author ?label {{
  ?paper <{DCTERMS.creator}> ?author . OPTIONAL {{ ?author <{RDFS.label}> ?label }}
}}"""
#: A paper is in a digest once, as a rule.
_MOST_ENTRIES: Final = 30


@dataclass(frozen=True, slots=True)
class PaperJob(SiteJob):
    """Read a paper; the answer has ``found`` alone where the IRI is that of no paper.

    Else it has ``paper``; ``lang`` and ``title_section`` of its title; ``arxiv``, ``doi``,
    ``created``, ``pages``, ``same`` (items of Wikidata), ``other_titles``; ``authors`` (``iri``,
    ``label``) and ``truncated``, whether a digest cut their list; ``entries``, the newest first,
    as :func:`kg.web.site.papers.marked_text.entry_text` reads them; ``types``; ``first``, the first
    sentence; ``terms``, pairs of a relation and terms with a ``count`` of mentions; ``results``;
    ``similar``; ``agents``, what found how many mentions and how sure it was.
    """

    iri: str

    def shown(self, graph: Graph) -> Shown:
        paper = Node(self.iri)
        if not graph.has(paper, RDF.type, Node(str(KG.Paper))):
            return {"found": False}
        within = f"{self.base}digest"
        entries = _entries(graph, paper, within)
        sections = [one for entry in entries for one in _sections(entry)]
        title = graph.label(paper)
        return {
            "found": True,
            "paper": graph.paper(paper),
            "lang": language_of(title),
            "title_section": _title_section(entries, title),
            "arxiv": graph.text(paper, KG.arxivId),
            "doi": graph.text(paper, BIBO.doi),
            "created": graph.text(paper, DCTERMS.created),
            "pages": _web(graph, paper, FOAF.page),
            "same": _web(graph, paper, SCHEMA.sameAs),
            "other_titles": sorted(
                one.value
                for one in graph.objects(paper, DCTERMS.alternative)
                if isinstance(one, ox.Literal)
            ),
            "authors": _authors(graph, paper),
            "truncated": any(entry.pop("truncated") for entry in entries),
            "entries": entries,
            "types": types_of(sections),
            "first": _first_sentence(entries),
            "terms": _terms(graph, paper, sections),
            "results": results_of(graph, paper, within),
            "similar": similar_papers(graph, paper),
            "agents": _agents(graph, sections),
        }


def _sections(entry: Shown) -> list[Shown]:
    return [*([entry["title"]] if entry["title"] else []), *entry["sections"]]


def _entries(graph: Graph, paper: Node, within: str) -> list[Shown]:
    """Read the newest entries of a paper; what is added is whether authors are cut."""
    # The day of its digest stands first in the IRI of an entry.
    nodes = sorted(graph.subjects(KG.paper, paper), key=lambda node: node.value, reverse=True)
    found = []
    for node in nodes[:_MOST_ENTRIES]:
        entry = entry_text(graph, node, within)
        entry["truncated"] = graph.text(node, KG.authorsTruncated) == "true"
        found.append(entry)
    return sorted(found, key=lambda entry: entry["day"] or "", reverse=True)


def _web(graph: Graph, paper: Node, predicate: Any) -> list[str]:
    """Return the addresses on the web that a property gives."""
    found = (node.value for node in graph.nodes(paper, predicate))
    return [iri for iri in found if iri.startswith(("http://", "https://"))]


def _authors(graph: Graph, paper: Node) -> list[Shown]:
    """Return the authors by name: digests shuffle them, so the graph has no order."""
    names: dict[str, str] = {}
    for row in graph.select(_AUTHORS, {"paper": paper}):
        if isinstance(row["author"], Node):
            iri = row["author"].value
            label = iri.removeprefix(graph.base) if row["label"] is None else row["label"].value
            names[iri] = min(names.get(iri, label), label)
    ordered = sorted(names.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
    return [{"iri": iri, "label": label} for iri, label in ordered]


def _title_section(entries: list[Shown], title: str) -> Shown | None:
    """Return the title of the newest entry with its mentions, if the paper is called so."""
    section: Shown | None = entries[0]["title"] if entries else None
    return section if section and _text(section["pieces"]) == title else None


def _first_sentence(entries: Iterable[Shown]) -> str:
    """Return the first sentence of the newest text; empty where there is none."""
    for entry in entries:
        for section in entry["sections"]:
            if text := _text(section["pieces"]).strip():
                return first_sentence(text)
    return ""


def _text(pieces: Iterable[Any]) -> str:
    return "".join(one if isinstance(one, str) else _text(one["pieces"]) for one in pieces)


def _terms(graph: Graph, paper: Node, sections: Iterable[Shown]) -> list[tuple[str, list[Shown]]]:
    """Sort the terms of a paper by what it does with them, and each by how often it says so."""
    counts = Counter(
        mark["term"]["iri"]
        for section in sections
        for mark in section["marks"]
        if mark["kind"] == "mention"
    )
    seen: set[str] = set()
    found = []
    for relation in RELATIONS:
        terms = []
        for node in graph.nodes(paper, relation):
            if node.value not in seen:
                seen.add(node.value)
                terms.append({**graph.term(node), "count": counts[node.value]})
        if terms:
            terms.sort(key=lambda term: (-term["count"], term["label"].casefold(), term["iri"]))
            found.append((relation.rpartition("#")[2], terms))
    return found


def _agents(graph: Graph, sections: Iterable[Shown]) -> list[Shown]:
    """Count the mentions that each component found, with the least and the mean confidence."""
    sure: defaultdict[str | None, list[float | None]] = defaultdict(list)
    for section in sections:
        for mark in section["marks"]:
            if mark["kind"] == "mention":
                sure[mark["agent"]].append(mark["confidence"])
    found = []
    for agent, values in sorted(sure.items(), key=lambda pair: pair[0] or ""):
        known = [value for value in values if value is not None]
        found.append(
            {
                "iri": agent,
                "label": None if agent is None else graph.label(Node(agent)),
                "mentions": len(values),
                "lowest": min(known, default=None),
                "mean": sum(known) / len(known) if known else None,
            }
        )
    return found
