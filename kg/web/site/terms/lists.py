"""The parts of a term's page that are paged: its papers, and the sentences that mention it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDFS

from kg.vocab import KG, language_of
from kg.web.site.papers.marked_text import anchor, cut, place_of
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.terms.sentences import sentence_at

#: Mentions, and papers, on a page.
MENTIONS: Final = 25
PAPERS: Final = 20
_MENTIONS: Final = f"PREFIX kg: <{KG._NS}> SELECT ?mention {{ ?mention kg:mentionOf %s }}"
_DATED: Final = f"""PREFIX kg: <{KG._NS}> SELECT ?paper ?day {{
  ?paper kg:mentions %s OPTIONAL {{ ?paper kg:firstSeen ?day }}
}}"""
#: What a paper has to do with a term, the most telling first.
_ROLES: Final = (
    ("introduces", KG.introduces),
    ("evaluatesOn", KG.evaluatesOn),
)
_SECTIONS: Final = ("title", "whats-new", "summary", "technical-details", "performance-highlights")


@dataclass(frozen=True, slots=True)
class TermPapersJob(SiteJob):
    """Tell some of the papers that mention a term, those seen last first.

    Answers ``papers``, each ``{paper, role}``; ``role`` is introduces, evaluatesOn or None.

    Args:
        start: how many come before.
        count: how many are told; None for all.
    """

    iri: str
    start: int = 0
    count: int | None = None

    def shown(self, graph: Graph) -> Shown:
        node = Node(self.iri)
        end = None if self.count is None else self.start + self.count
        return {"papers": papers_shown(graph, node, dated_papers(graph, node)[self.start : end])}


def dated_papers(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return the papers that mention a term, with the day each was first seen.

    Days (empty where none is known) and IRIs of papers, the newest day first.
    """
    rows = graph.select(_DATED % node)
    found = [("" if day is None else day.value, paper.value) for paper, day in rows]
    return sorted(sorted(found, key=lambda one: one[1]), key=lambda one: one[0], reverse=True)


def papers_shown(graph: Graph, node: Node, papers: Iterable[tuple[str, str]]) -> list[Shown]:
    """Return what is shown of papers, with what each has to do with a term."""
    return [_with_role(graph, Node(paper), node) for _, paper in papers]


def _with_role(graph: Graph, paper: Node, node: Node) -> Shown:
    role = next((name for name, property_ in _ROLES if graph.has(paper, property_, node)), None)
    return {"paper": graph.paper(paper), "role": role}


@dataclass(frozen=True, slots=True)
class TermSentencesJob(SiteJob):
    """Tell the sentences that mention a term, a page of its mentions, the newest digest first.

    Answers ``count``, of all mentions, and ``sentences``, in which mentions of one sentence are
    together: each ``{pieces, text, cut_before, cut_after, lang, section, paper, day, mentions}``;
    a mention is ``{iri, anchor, start, end, exact, type, role, confidence}``.

    Args:
        page: which part, from 1; 0 is all of them.
    """

    iri: str
    page: int = 1

    def shown(self, graph: Graph) -> Shown:
        rows = graph.select(_MENTIONS % Node(self.iri))
        found = [mention.value for (mention,) in rows if isinstance(mention, Node)]
        start = (self.page - 1) * MENTIONS
        some = newest(
            found, graph.base, slice(start, start + MENTIONS) if self.page else slice(None)
        )
        return {"count": len(found), "sentences": _sentences(graph, some)}


def newest(mentions: Iterable[str], base: str, part: slice) -> list[str]:
    """Return a part of some mentions in the order of a page, told from their IRIs alone.

    The newest digest comes first; in it entries by their keys, then sections as a digest has
    them, then mentions as they stand in the text.

    >>> some = ["b/digest/2024-08-05/x/summary#char=9,12", "b/digest/2024-09-01/y/title#char=0,3",
    ...     "b/digest/2024-08-05/x/summary#char=10,12"]
    >>> newest(some, "b/", slice(0, 2))
    ['b/digest/2024-09-01/y/title#char=0,3', 'b/digest/2024-08-05/x/summary#char=9,12']
    """
    start = len(base) + len("digest/")
    by_digest: defaultdict[str, list[str]] = defaultdict(list)
    for mention in mentions:
        by_digest[mention[start : mention.find("/", start)]].append(mention)
    ordered: list[str] = []
    wanted = part.stop
    for digest in sorted(by_digest, reverse=True):
        ordered += sorted(by_digest[digest], key=_place)
        if wanted is not None and len(ordered) >= wanted:
            break
    return ordered[part]


def _place(mention: str) -> tuple[str, int, str, tuple[int, int]]:
    """Return where a mention stands: entry, section, and offsets."""
    section = mention.partition("#")[0]
    entry, _, name = section.rpartition("/")
    rank = _SECTIONS.index(name) if name in _SECTIONS else len(_SECTIONS)
    return entry, rank, name, place_of(mention) or (0, 0)


def _sentences(graph: Graph, mentions: Sequence[str]) -> list[Shown]:
    """Put the mentions of one sentence together, in the order of the first of each."""
    sections: dict[str, Shown] = {}
    found: dict[tuple[str, int], Shown] = {}
    for mention in mentions:
        name = mention.partition("#")[0]
        if name not in sections:
            sections[name] = _section(graph, Node(name))
        section, place = sections[name], place_of(mention)
        text = section["text"]
        if place is None or not place[0] < place[1] <= len(text):
            continue
        first, last = sentence_at(text, *place)
        shown = found.setdefault((name, first), {"section": section, "spans": [], "mentions": []})
        shown["first"], shown["last"] = first, max(last, shown.get("last", 0))
        shown["spans"].append(place)
        shown["mentions"].append(_mention(graph, mention, place, text))
    return [_sentence(one) for one in found.values()]


def _sentence(found: Shown) -> Shown:
    section, first = found["section"], found["first"]
    text = section["text"][first : found["last"]]
    spans = [(start - first, end - first) for start, end in found["spans"]]
    return {
        "pieces": cut(text, spans),
        "text": text,
        "cut_before": _goes_on(section["text"][:first]),
        "cut_after": _goes_on(text) and bool(section["text"][found["last"] :].strip()),
        "lang": section["lang"],
        "section": section["label"],
        "paper": section["paper"],
        "day": section["day"],
        "mentions": found["mentions"],
    }


def _goes_on(before: str) -> bool:
    """Tell whether a text ends within a sentence."""
    ended = before.rstrip()[-1:] in ("", ".", "!", "?", "。")
    return not ended and "\n" not in before[-2:]


def _mention(graph: Graph, mention: str, place: tuple[int, int], text: str) -> Shown:
    node = Node(mention)
    return {
        "iri": mention,
        "anchor": anchor(mention, f"{graph.base}digest"),
        "start": place[0],
        "end": place[1],
        "exact": text[place[0] : place[1]],
        "type": graph.local(node, KG.mentionType),
        "role": graph.local(node, KG.role),
        "confidence": graph.number(node, KG.confidence),
    }


def _section(graph: Graph, section: Node) -> Shown:
    """Read a section with the paper and the day that it is of: its entry is in its IRI."""
    literal = graph.one(section, KG.text)
    text = literal.value if isinstance(literal, ox.Literal) else ""
    entry = Node(section.value.rpartition("/")[0])
    papers = graph.nodes(entry, KG.paper)
    digest = Node(entry.value[: entry.value.find("/", len(graph.base) + len("digest/"))])
    return {
        "text": text,
        "lang": (literal.language if isinstance(literal, ox.Literal) else None)
        or language_of(text),
        "label": graph.text(section, RDFS.label) or section.value.rpartition("/")[2],
        "paper": graph.paper(papers[0]) if papers else None,
        "day": graph.text(digest, DCTERMS.issued),
    }
