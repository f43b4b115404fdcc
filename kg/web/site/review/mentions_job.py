"""Mentions that a person should look at: unlikely ones, and those whose type is disputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import pyoxigraph as ox
from rdflib.namespace import SKOS, XSD

from kg.folding import fold
from kg.linked import LinkDecision
from kg.model import Correction, TermType
from kg.vocab import KG, OA
from kg.web.reader import EMPTY, Reader
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.review.decisions import about_name, of_correction
from kg.web.site.terms.sentences import sentence_at

#: Lists: mentions of a confidence below a half, and those of another type than their term.
UNLIKELY: Final = "mentions"
DISPUTED: Final = "types"
_BELOW: Final = 0.5
#: A confidence has so many places.
_PLACES: Final = 10_000
#: Mentions that are looked at for one that fits, and those of a term that are all listed.
_MOST_LOOKED_AT: Final = 1_000
_MOST_OF_TERM: Final = 1_000
_DECIMAL: Final = Node(str(XSD.decimal))
_PREFIXES: Final = f"PREFIX kg: <{KG._NS}> PREFIX oa: <{OA}> "
_DISPUTED: Final = (
    "SELECT ?mention { ?mention kg:mentionOf ?term ; kg:mentionType ?one . "
    "?term kg:termType ?other FILTER(?one != ?other) }"
)

#: A confidence, and the path of a mention under the base.
Place = tuple[float, str]
FIRST: Final[Place] = (0.0, "")


def decisions(reader: Reader) -> tuple[tuple[Correction, ...], tuple[LinkDecision, ...]]:
    """Return what people decided, as it is in force in the newest snapshot."""
    if reader.snapshot.id == EMPTY:
        return (), ()
    with reader.snapshot.records() as records:
        return records.corrections(), records.link_decisions()


def decided_abouts(corrections: tuple[Correction, ...]) -> set[str]:
    """Name what reviewers need not be asked again."""
    return {of.about for one in corrections if (of := of_correction(one)) is not None}


@dataclass(frozen=True, slots=True)
class NextMentionJob(SiteJob):
    """Find the least certain mention behind a place that nobody decided on, and tell of it.

    ``which`` is :data:`UNLIKELY` or :data:`DISPUTED`; with ``term``, the path of one under the
    base, all its mentions are listed, unless they are very many. ``skip`` are names in papers (as
    :func:`kg.web.site.review.decisions.about_name`) that were decided and do not yet show.

    Answers ``item``, None at the end, and ``place``, up to which was looked.
    """

    which: str
    after: Place = FIRST
    type: str = ""
    term: str = ""
    skip: frozenset[str] = frozenset()

    def shown(self, graph: Graph) -> Shown:
        known = decided_abouts(decisions(graph.reader)[0]) | self.skip
        place = self.after
        for looked_at, place in enumerate(self._places(graph)):
            node = graph.node(place[1])
            if self._fits(graph, node):
                label = graph.text(node, OA.exact) or ""
                paper = paper_of(graph, section_of(node))
                if about_name(label, paper) not in known and about_name(label, "") not in known:
                    return {"item": item(graph, node), "place": place}
            if looked_at == _MOST_LOOKED_AT:
                return {"item": None, "place": place}
        return {"item": None, "place": None}

    def _fits(self, graph: Graph, node: Node) -> bool:
        # What leaves most out comes first.
        type_ = graph.one(node, KG.mentionType) if self.type or self.which == DISPUTED else None
        if self.type and type_ != Node(str(KG[self.type])):
            return False
        term = graph.one(node, KG.mentionOf)
        if term is None or (self.term and term != graph.node(self.term)):
            return False
        return self.which != DISPUTED or type_ != graph.one(term, KG.termType)

    def _places(self, graph: Graph) -> Iterator[Place]:
        """Yield the mentions behind the place, by confidence and name."""
        few = self._of_term(graph) if self.term else None
        end = _BELOW if self.which == UNLIKELY else 1.0
        places = by_confidence(graph, self.after[0], end) if few is None else few
        return (place for place in places if place > self.after)

    def _of_term(self, graph: Graph) -> list[Place] | None:
        """Return all mentions of the term; None where they are too many to be sorted."""
        nodes = graph.subjects(KG.mentionOf, graph.node(self.term))
        found = [*islice(nodes, _MOST_OF_TERM + 1)]
        if len(found) > _MOST_OF_TERM:
            return None
        places = ((graph.number(node, KG.confidence) or 0.0, node.value) for node in found)
        return sorted((number, iri.removeprefix(graph.base)) for number, iri in places)


@dataclass(frozen=True, slots=True)
class MentionJob(SiteJob):
    """Tell what a person needs to judge one mention, ``mention`` its path under the base.

    Answers ``item``: None where there is no such mention.
    """

    mention: str

    def shown(self, graph: Graph) -> Shown:
        try:
            node = graph.node(self.mention)
        except ValueError:
            return {"item": None}
        return {"item": item(graph, node) if graph.has(node, KG.mentionType) else None}


@dataclass(frozen=True, slots=True)
class LeftJob(SiteJob):
    """Count the names in papers that a list of mentions has, as ``left``; this takes seconds."""

    which: str

    def shown(self, graph: Graph) -> Shown:
        known = decided_abouts(decisions(graph.reader)[0])
        if self.which == DISPUTED:
            nodes: Iterator[Node] = (row["mention"] for row in graph.select(_PREFIXES + _DISPUTED))
        else:
            places = by_confidence(graph, 0.0, _BELOW)
            every = (graph.node(path) for _, path in places)
            nodes = (node for node in every if graph.has(node, KG.mentionOf))
        papers: dict[Node, str] = {}
        found: set[str] = set()
        for node in nodes:
            section, label = section_of(node), graph.text(node, OA.exact) or ""
            if section not in papers:
                papers[section] = paper_of(graph, section)
            if about_name(label, "") not in known:
                found.add(about_name(label, papers[section]))
        return {"left": len(found - known)}


def by_confidence(graph: Graph, begin: float, end: float) -> Iterator[Place]:
    """Yield what has a confidence, the lowest first, then by name.

    There is no index of numbers, but one of each value: a thousand values are asked for in less
    than it takes to look at a hundred mentions.
    """
    for number in range(round(begin * _PLACES), round(end * _PLACES) + 1):
        value = ox.Literal(str(number / _PLACES), datatype=_DECIMAL)
        nodes = graph.subjects(KG.confidence, value)
        paths = sorted(node.value.removeprefix(graph.base) for node in nodes)
        yield from ((number / _PLACES, path) for path in paths)


def section_of(mention: Node) -> Node:
    """Return the section in which a mention stands."""
    return Node(mention.value.partition("#")[0])


def paper_of(graph: Graph, section: Node) -> str:
    """Return the key of the paper that a section is about."""
    for entry in graph.subjects(KG.section, section):
        for paper in graph.nodes(entry, KG.paper):
            return paper.value.removeprefix(f"{graph.base}paper/")
    return ""


def item(graph: Graph, node: Node) -> Shown:
    """Return what a person needs to judge a mention.

    ``here`` counts the mentions spelled so in this entry, ``elsewhere`` the other papers that
    have some; ``alone`` is whether the term is gone without them. ``votes`` counts the term's
    mentions by type. ``decided`` are decisions in force about the name in this paper or in all.
    """
    label, section = graph.text(node, OA.exact) or "", section_of(node)
    paper, term = paper_of(graph, section), graph.one(node, KG.mentionOf)
    before, after, language = sentence(graph, node)
    here, elsewhere = counted(graph, node, label)
    abouts = (about_name(label, paper), about_name(label, ""))
    corrections, _ = decisions(graph.reader)
    decided = [of for one in corrections if (of := of_correction(one)) and of.about in abouts]
    return {
        "id": node.value.removeprefix(graph.base),
        "label": label,
        "about": abouts,
        "type": graph.local(node, KG.mentionType),
        "role": graph.local(node, KG.role),
        "confidence": graph.number(node, KG.confidence) or 0.0,
        "section": graph.label(section),
        "before": before,
        "after": after,
        "language": language,
        "paper": {"key": paper, **graph.paper(graph.node(f"paper/{paper}"))},
        "term": None if term is None else graph.term(term),
        "votes": [] if term is None else votes(graph, term),
        "alone": term is not None and not elsewhere and is_alone(graph, term, label),
        "here": here,
        "elsewhere": elsewhere,
        "decided": [dict(one.row) for one in decided],
    }


def counted(graph: Graph, node: Node, label: str) -> tuple[int, int]:
    """Count the mentions spelled so in the entry of one, and the other entries' papers.

    An entry is told by its name, which is its paper's key: to look a thousand papers up would
    take longer than all else.
    """
    entry = _entry(node)
    here, others = 0, set()
    for language in ("en", "ko"):
        for other in graph.subjects(OA.exact, ox.Literal(label, language=language)):
            if _entry(other) == entry:
                here += graph.has(other, KG.mentionOf)
            else:
                others.add(_key(graph, other))
    return here, len(others - {_key(graph, node)})


def _entry(mention: Node) -> str:
    return mention.value.partition("#")[0].rpartition("/")[0]


def _key(graph: Graph, mention: Node) -> str:
    """Return the paper of a mention by the name of its entry: ``digest/DAY/KEY`` or ``…~2``."""
    return _entry(mention).removeprefix(f"{graph.base}digest/").partition("/")[2].partition("~")[0]


def is_alone(graph: Graph, term: Node, label: str) -> bool:
    """Tell whether a term has no name but this one."""
    names = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
    return {fold(one.value) for name in names for one in graph.objects(term, name)} == {fold(label)}


def votes(graph: Graph, term: Node) -> list[tuple[str, int]]:
    """Count a term's mentions by type, the most first."""
    query = (
        "SELECT ?type (COUNT(*) AS ?n) ?term { ?mention kg:mentionOf ?term ; "
        "kg:mentionType ?type } GROUP BY ?type ?term"
    )
    found = [
        (row["type"].value.rpartition("#")[2], int(row["n"].value))
        for row in graph.select(_PREFIXES + query, {"term": term})
    ]
    order = [str(one) for one in TermType]
    return sorted(found, key=lambda one: (-one[1], order.index(one[0])))


def sentence(graph: Graph, mention: Node) -> tuple[str, str, str]:
    """Return what stands before and after a mention in its sentence, and the language."""
    text: Any = graph.one(section_of(mention), KG.text)
    if text is None:
        return "", "", "en"
    start, end = graph.count(mention, OA.start), graph.count(mention, OA.end)
    first, last = sentence_at(text.value, start, end)
    return text.value[first:start], text.value[end:last], text.language or "en"
