"""Links that a person should look at: the machine's answers, the least certain first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rdflib.namespace import RDFS, SKOS

from kg.linked import Candidate, Kind, Link, LinkDecision, Query, standing
from kg.model import TermType
from kg.vocab import KG, Iris
from kg.web.reader import EMPTY, Reader
from kg.web.site.reading import Graph, Node, Shown, SiteJob
from kg.web.site.review.decisions import of_link, subject_of
from kg.web.site.review.mentions_job import sentence

if TYPE_CHECKING:
    from kg.link.rank import Linker

#: Sentences that are shown of a term, and terms beside it that its candidates are judged by.
_SENTENCES: Final = 3
_BESIDE: Final = 30
_PAPERS: Final = 20
#: Candidates that are offered.
MOST: Final = 6
#: Whether there is no item, the score, kind and key: links by rising score, then NILs likewise.
Place = tuple[bool, str, str]
FIRST: Final[Place] = (False, "", "")

Thing = tuple[Kind, str]


#: What :func:`read` read last, by the snapshot: a worker runs one job at a time.
_read: dict[str, tuple[dict[Thing, Link], dict[Thing, list[LinkDecision]]]] = {}


def read(reader: Reader) -> tuple[dict[Thing, Link], dict[Thing, list[LinkDecision]]]:
    """Return the machine's links, and people's decisions, by what they are about."""
    snapshot = reader.snapshot
    if snapshot.id == EMPTY:
        return {}, {}
    if snapshot.id not in _read:
        said: dict[Thing, list[LinkDecision]] = {}
        with snapshot.records() as records:
            links = {(one.kind, one.key): one for one in records.links()}
            for one in records.link_decisions():
                said.setdefault((one.kind, one.key), []).append(one)
        _read.clear()
        _read[snapshot.id] = links, said
    return _read[snapshot.id]


def place_of(link: Link) -> Place:
    """Return where a link stands in the list."""
    return (link.qid is None, f"{link.score:.4f}", f"{link.kind}/{link.key}")


def _path(thing: Thing, graph: Graph) -> str:
    return Iris(graph.base).thing(*thing).removeprefix(graph.base)


def _thing_at(path: str, graph: Graph, things: Collection[Thing]) -> Thing | None:
    """Return which thing has a path under the base."""
    kind, _, key = path.partition("/")
    same = (thing for thing in things if thing[0] == kind)
    # Most keys stand in paths as they are.
    ordered = [(Kind(kind), key)] if (kind, key) in things else same
    return next((thing for thing in ordered if _path(thing, graph) == path), None)


@dataclass(frozen=True, slots=True)
class NextLinkJob(SiteJob):
    """Find the least certain link behind a place that nobody decided on, and tell of it.

    ``type`` is that of a term, or ``paper`` or ``author``; ``term`` the path of a thing, whose
    link alone is listed. ``skip`` are things, as SSSOM files name them, that were decided on and
    do not yet show.

    Answers ``item``, None at the end, ``place``, at which it stands, and ``left``, how many there
    are in all, with those to skip, where there is no filter.
    """

    after: Place = FIRST
    type: str = ""
    term: str = ""
    skip: frozenset[str] = frozenset()

    def shown(self, graph: Graph) -> Shown:
        links, said = read(graph.reader)
        open_ = [one for thing, one in links.items() if standing(one, said.get(thing, ()))]
        left = None if self.type or self.term else len(open_)
        of = _thing_at(self.term, graph, links.keys()) if self.term else None
        behind = {
            place: one
            for one in open_
            if self._is_of(one, of) and (place := place_of(one)) > self.after
        }
        for place in sorted(behind):
            thing = (behind[place].kind, behind[place].key)
            if self._fits(graph, thing):
                told = item(graph, thing, behind[place], said.get(thing, ()))
                return {"item": told, "place": place, "left": left}
        return {"item": None, "place": None, "left": left}

    def _is_of(self, link: Link, thing: Thing | None) -> bool:
        """Tell whether the filters let a link pass, as far as that is known without the graph."""
        if self.term:
            return (link.kind, link.key) == thing
        return not self.type or link.kind == (self.type if self.type in list(Kind) else Kind.TERM)

    def _fits(self, graph: Graph, thing: Thing) -> bool:
        node = graph.node(_path(thing, graph))
        if self.type and self.type != thing[0] and graph.local(node, KG.termType) != self.type:
            return False
        is_there = graph.has(node, RDFS.label)
        return is_there and subject_of(*thing, Iris(graph.base)) not in self.skip


@dataclass(frozen=True, slots=True)
class LinkJob(SiteJob):
    """Tell what a person needs to judge the link of a thing, ``thing`` its path under the base.

    Answers ``item``: None where there is no such thing, or no answer of a machine.
    """

    thing: str

    def shown(self, graph: Graph) -> Shown:
        links, said = read(graph.reader)
        thing = _thing_at(self.thing, graph, links.keys())
        if thing is None or not graph.has(graph.node(self.thing), RDFS.label):
            return {"item": None}
        return {"item": item(graph, thing, links[thing], said.get(thing, ()))}


def item(graph: Graph, thing: Thing, link: Link, said: Collection[LinkDecision]) -> Shown:
    """Return what a person needs to judge a link; ``decided`` are decisions in force."""
    kind, key = thing
    path = _path(thing, graph)
    node, iris = graph.node(path), Iris(graph.base)
    term = graph.term(node) if kind is Kind.TERM else None
    return {
        "id": path,
        "kind": str(kind),
        "key": key,
        "about": [subject_of(kind, key, iris)],
        "label": graph.label(node),
        "term": term,
        "type": term["type"] if term else str(kind),
        "names": names_of(graph, node),
        "sentences": _sentences(graph, node) if term else [],
        "qid": link.qid,
        "relation": link.relation and str(link.relation),
        "item": link.label,
        "score": float(link.score),
        "evidence": [part for part in link.evidence.split("; ") if part],
        "decided": [dict(of_link(one, iris).row) for one in said],
    }


def names_of(graph: Graph, node: Node, *, hidden: bool = False) -> list[str]:
    """List the names of a thing, the preferred ones first."""
    kinds = (SKOS.prefLabel, SKOS.altLabel, *((SKOS.hiddenLabel,) if hidden else ()))
    names = [name for kind in kinds for name in sorted(n.value for n in graph.objects(node, kind))]
    return list(dict.fromkeys(names))


def _sentences(graph: Graph, term: Node) -> list[Shown]:
    found: list[Shown] = []
    papers: set[str] = set()
    for mention in graph.subjects(KG.mentionOf, term):
        entry = mention.value.partition("#")[0].rpartition("/")[0]
        if entry not in papers:
            papers.add(entry)
            before, after, language = sentence(graph, mention)
            mark = graph.label(mention)
            found.append({"before": before, "mark": mark, "after": after, "language": language})
        if len(found) == _SENTENCES:
            break
    return found


@dataclass(frozen=True, slots=True)
class CandidatesJob(SiteJob):
    """Look up the items that a thing may be, and what its linked item is.

    ``index`` is the path of the index of names, empty for the packaged one, which a worker makes
    once, in a second. ``asked`` is an item that someone named, or empty.

    Answers ``description`` of the linked item, ``candidates``, the likeliest first, without those
    that people excluded (``qid``, ``label``, ``description``, ``score``, ``relation``), and
    ``label`` of the item asked for, empty where the index does not have it.
    """

    thing: str
    index: str
    asked: str = ""

    def shown(self, graph: Graph) -> Shown:
        linker, node = _linker(self.index), graph.node(self.thing)
        links, said = read(graph.reader)
        thing = _thing_at(self.thing, graph, links.keys())
        linked = links[thing].qid if thing else None
        excluded = {one.qid for one in said.get(thing, ()) if one.negated} if thing else set()
        return {
            "description": self._of_item(linker, linked, "description"),
            "label": self._of_item(linker, self.asked, "label"),
            "candidates": [
                {
                    "qid": one.qid,
                    "label": one.label,
                    "description": one.description,
                    "score": round(one.score, 4),
                    "relation": str(one.relation),
                }
                for one in self._candidates(graph, node, linker)
                if one.qid not in excluded and one.qid != linked
            ][:MOST],
        }

    def _of_item(self, linker: Linker, qid: str | None, name: str) -> str:
        found = linker.index.item(int(qid[1:])) if qid else None
        return str(getattr(found, name)) if found else ""

    def _candidates(self, graph: Graph, node: Node, linker: Linker) -> tuple[Candidate, ...]:
        type_ = graph.local(node, KG.termType)
        if type_ is None:  # papers and authors are not found by their names
            return ()
        names = tuple(names_of(graph, node, hidden=True))
        return linker.candidates(Query(names, (TermType(type_),), tuple(_beside(graph, node))))


def _beside(graph: Graph, term: Node) -> list[str]:
    """List what terms of the same papers are called, those of most papers first."""
    count: dict[Node, int] = {}
    for number, paper in enumerate(graph.subjects(KG.mentions, term)):
        if number == _PAPERS:
            break
        for other in graph.nodes(paper, KG.mentions):
            count[other] = count.get(other, 0) + 1
    count.pop(term, None)
    ordered = sorted(count, key=lambda other: (-count[other], other.value))
    return [graph.label(other) for other in ordered[:_BESIDE]]


@lru_cache(maxsize=1)
def _linker(index: str) -> Linker:
    from kg.link.concepts import open_index
    from kg.link.rank import Linker

    return Linker(open_index(Path(index) if index else None))
