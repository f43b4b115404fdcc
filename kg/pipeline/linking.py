"""Links the terms, papers and authors of a store to Wikidata.

Linking reads a snapshot and takes minutes where Wikidata itself is asked, so nobody waits for
it; the write lock is held only to store what was found. What people decided wins (see
``kg.pipeline.link_decisions``).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg import __version__, rdf
from kg.errors import KGError
from kg.link.concepts import open_index
from kg.link.rank import Linker, Weights
from kg.linked import Candidate, Kind, Link, LinkDecision, Relation, standing
from kg.model import Resolution, TermType
from kg.pipeline.derived import LINK_BUILD, check_base, things, write_derived
from kg.pipeline.link_live import Asked, joined
from kg.pipeline.link_terms import TermQuery, term_link, term_queries, weigh_terms
from kg.pipeline.link_works import author_links, paper_link, papers_by_id, signed_papers
from kg.resolve import resolve
from kg.settings import Settings
from kg.store import open_snapshot, open_writer
from kg.vocab import Iris

if TYPE_CHECKING:
    from kg.link.wikidata.live import Live

Progress = Callable[[int, int, str], None]
_CODE: Final = (".py", ".tsv", ".json")


@dataclass(frozen=True, slots=True)
class LinkCount:
    """How many things of a kind there are, and how many were linked and by whom."""

    name: str
    things: int = 0
    exact: int = 0
    close: int = 0
    nil: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking did.

    ``problem`` is why it stopped to ask Wikidata, ``open`` how many questions had no answer
    kept while there was no network to be used. What could not be asked keeps its links.
    """

    counts: tuple[LinkCount, ...] = ()
    problem: str | None = None
    open: int = 0


def link_store(
    settings: Settings,
    *,
    live: Live | None = None,
    min_score: float | None = None,
    weights: Weights | None = None,
    progress: Progress | None = None,
) -> Linked:
    """Link a store, in place of what the machine linked before.

    Args:
        live: a client to ask Wikidata itself as well.
        min_score: the lowest score that may win, in [0, 1]; None for that of the weights.
        weights: of ranking; the packaged ones by default.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the index, the weights, the contact or the cache cannot be used.
    """
    with open_index(settings.index) as index:
        linker = Linker(index, weights)
        if min_score is not None:
            linker = Linker(index, replace(linker.weights, threshold=min_score))
        run = _Run(settings, linker)
        if live is not None:
            run.asked = Asked(live, index)
        links = [*run.terms(progress), *run.papers(), *run.authors()]
        build = _build(linker, run.asked)
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        before = (writer.records.links(), writer.records.get(LINK_BUILD))
        writer.records.set_links(links)
        writer.records.set(LINK_BUILD, build)
        write_derived(writer, settings)
        after = (writer.records.links(), build)
        writer.publish = writer.changed or before != after
        decisions = writer.records.link_decisions()
    counts = _counts(run, links, decisions)
    if run.asked is None:
        return Linked(counts)
    return Linked(counts, run.asked.problem, run.asked.open)


class _Run:
    """One run of linking, over a snapshot of the store."""

    def __init__(self, settings: Settings, linker: Linker) -> None:
        self.asked: Asked | None = None
        self._linker = linker
        with open_snapshot(settings.store) as snapshot, snapshot.records() as records:
            base = records.get("base_iri")
            if base not in (None, settings.base_iri):
                raise KGError(
                    f"{settings.store}: built with the base {base!r}, not {settings.base_iri!r}; "
                    "set KG_BASE_IRI to the first"
                )
            digests = list(records.read())
            self.resolution: Resolution = resolve(digests, corrections=records.corrections())
            decisions = records.link_decisions()
            self._before = {(one.kind, one.key): one for one in records.links()}
        self.corpus = rdf.Corpus(digests, self.resolution, Iris(settings.base_iri))
        self._excluded: dict[Kind, dict[str, set[str]]] = {kind: {} for kind in Kind}
        #: What people decided fully: no machine is asked.
        self._settled: dict[rdf.Thing, str | None] = {}
        for one in decisions:
            if one.negated and one.qid:
                self._excluded[one.kind].setdefault(one.key, set()).add(one.qid)
            else:
                self._settled[one.kind, one.key] = one.qid
        self._papers: dict[str, int] = {}

    def terms(self, progress: Progress | None) -> list[Link]:
        """Say which items the terms are; where the index has none, Wikidata is searched."""
        queries = term_queries(self.resolution, self.corpus, self._excluded[Kind.TERM])
        links: list[Link | None] = []
        open_: list[tuple[TermQuery, tuple[Candidate, ...]]] = []
        for one, candidates in weigh_terms(queries, self._linker, progress):
            link = term_link(one.term.key, candidates, self._linker)
            settled = (Kind.TERM, one.term.key) in self._settled
            if self.asked and not settled and not (link and link.qid):
                open_.append((one, candidates))
            else:
                links.append(link)
        if self.asked and open_:
            links += self._search(open_, self.asked, progress)
        return [link for link in links if link]

    def _search(
        self,
        open_: list[tuple[TermQuery, tuple[Candidate, ...]]],
        asked: Asked,
        progress: Progress | None,
    ) -> Iterator[Link | None]:
        """Choose among what the index and Wikidata have; a term not asked about keeps its link."""
        index, answered = asked.index_of([one for one, _ in open_], progress)
        with index:
            linker = Linker(index, self._linker.weights)
            for one, candidates in open_:
                key = one.term.key
                if key in answered:
                    every = joined(candidates, linker.candidates(one.query), one)
                    yield term_link(key, every, linker)
                else:
                    kept = self._kept(Kind.TERM, [key])
                    yield kept[0] if kept else term_link(key, candidates, linker)

    def papers(self) -> list[Link]:
        index, excluded = self._linker.index, self._excluded[Kind.PAPER]
        found = papers_by_id(self.corpus, index)
        links: list[Link] = []
        labels: dict[int, str] = {}
        if self.asked:
            rest = {
                facts.entries[-1].arxiv_id: paper
                for paper, facts in self.corpus.papers.items()
                if paper not in found and facts.entries[-1].arxiv_id
            }
            live, complete = self.asked.papers(one for one in rest if one)
            labels = self.asked.labels_of(live.values())
            for arxiv_id, qid in live.items():
                found[rest[arxiv_id]] = ([qid], f"arXiv id (P818) of the item is {arxiv_id}")
            if not complete:
                links += self._kept(Kind.PAPER, [one for one in rest.values() if one not in found])

        def label_of(qid: int) -> str:
            item = index.item(qid)
            return item.label if item else labels.get(qid, "")

        for paper, (qids, why) in found.items():
            link = paper_link(paper, qids, why, label_of, excluded.get(paper, ()))
            if link is not None:
                links.append(link)
        self._papers = self._linked_papers(links)
        return links

    def _linked_papers(self, links: Iterable[Link]) -> dict[str, int]:
        chosen = {one.key: one.qid for one in links}
        for (kind, key), qid in self._settled.items():
            if kind is Kind.PAPER:
                chosen[key] = qid
        return {
            key: int(qid[1:]) for key, qid in chosen.items() if qid and key in self.corpus.papers
        }

    def authors(self) -> list[Link]:
        """Say who the authors of linked papers are; only Wikidata itself knows."""
        if self.asked is None:
            return []
        authors = self.asked.authors_of(self._papers.values())
        if authors is None:
            return self._kept(Kind.AUTHOR, self.corpus.author_names)
        signed = signed_papers(self.corpus, self._papers, authors)
        return author_links(signed, self.corpus, self._excluded[Kind.AUTHOR])

    def _kept(self, kind: Kind, keys: Iterable[str]) -> list[Link]:
        """Return earlier links to items that nobody excluded."""
        excluded = self._excluded[kind]
        links = (self._before.get((kind, key)) for key in keys)
        return [one for one in links if one and one.qid not in excluded.get(one.key, ())]


def _counts(
    run: _Run, links: Iterable[Link], decisions: Iterable[LinkDecision]
) -> tuple[LinkCount, ...]:
    types = {term.key: term.type for term in run.resolution.terms}
    names = [*(str(one) for one in TermType), "papers", "authors"]

    def name_of(kind: Kind, key: str) -> str:
        return str(types[key]) if kind is Kind.TERM else f"{kind}s"

    there = things(run.corpus, run.resolution)
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, key in there:
        count[name_of(kind, key)]["things"] += 1
    said: Mapping[rdf.Thing, list[LinkDecision]] = defaultdict(list)
    for one in decisions:
        said[one.kind, one.key].append(one)
    for thing, about in said.items():
        if thing in there:
            count[name_of(*thing)]["people"] += 1
            for one in about:
                if not one.negated:
                    count[name_of(*thing)][_outcome(one)] += 1
    for link in links:
        if (link.kind, link.key) in there and standing(link, said[link.kind, link.key]):
            count[name_of(link.kind, link.key)][_outcome(link)] += 1
    return tuple(LinkCount(name, **count[name]) for name in names)


def _outcome(one: Link | LinkDecision) -> str:
    if one.qid is None:
        return "nil"
    return "close" if one.relation is Relation.CLOSE else "exact"


def _build(linker: Linker, asked: Asked | None) -> str:
    """Name what decided the links: versions, code, index, weights, and what was read: 16 digits."""
    parts = [
        __version__,
        _code_id(),
        *(f"{name}={value}" for name, value in sorted(linker.index.facts().items())),
        repr(linker.weights),
        asked.fingerprint() if asked else "",
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _code_id() -> str:
    """Hash the code and the tables of linking."""
    package = Path(__file__).resolve().parent.parent
    files = [path for path in (package / "link").rglob("*") if path.suffix in _CODE]
    files += [package / "folding.py", package / "linked.py"]
    files += (package / "pipeline").glob("link*.py")
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()
