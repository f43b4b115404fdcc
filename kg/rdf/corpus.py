"""The graph of papers, authors and terms: what the corpus decides."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kg.model import (
    ClaimTerms,
    Entry,
    ExtractedDigest,
    Label,
    Person,
    Resolution,
    Role,
    Term,
    TermType,
)
from kg.rdf.lines import (
    LABEL,
    TYPE,
    bibo,
    date,
    dcterms,
    fabio,
    foaf,
    integer,
    kg,
    labelled,
    literal,
    mls,
    prov,
    result_iris,
    schema,
    skos,
    span_iri,
    types,
    xsd,
)
from kg.vocab import Iris, key_of

_PAPER_TYPES = (kg.Paper, schema.ScholarlyArticle, fabio.Preprint)
_AUTHOR_TYPES = (kg.Author, foaf.Agent)
_PERSON_TYPES = (kg.Person, foaf.Person, schema.Person)
_TERM_TYPES = {
    TermType.MODEL: (kg.Term, skos.Concept, kg.Model, kg.MethodTerm),
    TermType.METHOD: (kg.Term, skos.Concept, kg.Method, kg.MethodTerm),
    TermType.BENCHMARK: (kg.Term, skos.Concept, kg.Benchmark, kg.DataTerm),
    TermType.DATASET: (kg.Term, skos.Concept, kg.Dataset, kg.DataTerm, schema.Dataset),
    TermType.METRIC: (kg.Term, skos.Concept, kg.Metric, mls.EvaluationMeasure),
    TermType.TASK: (kg.Term, skos.Concept, kg.Task, mls.Task),
}
_BY_ROLE = {Role.INTRODUCED: kg.introduces, Role.EVALUATED_ON: kg.evaluatesOn}
_BY_TYPE = {TermType.TASK: kg.addressesTask, TermType.METRIC: kg.reportsMetric}
_METHODS = (TermType.MODEL, TermType.METHOD)


@dataclass(slots=True)
class _Paper:
    """What the digests say of one paper; ``entries`` in corpus order."""

    entries: list[Entry] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    authors: set[str] = field(default_factory=set)


class Corpus:
    """The digests by paper, by author, and by place of their mentions.

    What it gives depends on the set of digests alone, not on the order in which it comes.
    """

    def __init__(
        self, digests: Sequence[ExtractedDigest], resolution: Resolution, iris: Iris
    ) -> None:
        self.iris = iris
        self._resolution = resolution
        self.papers: dict[str, _Paper] = defaultdict(_Paper)
        self.sections: dict[tuple[str, str, str], str] = {}
        self.dates: dict[str, str | None] = {}
        #: (digest, entry, section, start, end) -> (paper, role)
        self.places: dict[tuple[str, str, str, int, int], tuple[str, Role]] = {}
        #: (digest, entry, place among its results) -> IRI
        self.results: dict[tuple[str, str, int], str] = {}
        #: author's key -> printed names, first seen first
        self.author_names: dict[str, dict[str, None]] = defaultdict(dict)
        #: author's key -> who someone says it is
        self.people: dict[str, Person] = {one.key: one for one in resolution.people}
        self._split = {
            (one.name, paper): one.key for one in resolution.people for paper in one.papers
        }
        self._name_keys: dict[str, str] = {}
        self.digests = sorted(digests, key=lambda d: (d.digest.issued or "", d.digest.key))
        for extracted in self.digests:
            self._add(extracted)

    @property
    def paper_count(self) -> int:
        return len(self.papers)

    @property
    def author_count(self) -> int:
        return len(self.author_names)

    def blocks(self) -> Iterator[tuple[str, list[str]]]:
        """Make the lines of ``graph/terms`` in named blocks: no line twice, in no order."""
        for paper, facts in self.papers.items():
            yield f"paper/{paper}", list(_paper_lines(paper, facts, self))
        for key, names in self.author_names.items():
            person = self.people.get(key)
            yield f"author/{key}", list(_author_lines(key, list(names), person, self.iris))
        for term in self._resolution.terms:
            yield f"term/{term.key}", list(_term_lines(term, self))
        for place, claim in self._resolution.claims.items():
            result = self.results[place]
            yield f"result/{result}", list(_claim_lines(f"<{result}>", claim, self.iris))
        if self._resolution.terms:
            yield "scheme", list(_scheme_lines(f"<{self.iris.scheme}>"))

    def _add(self, extracted: ExtractedDigest) -> None:
        digest = extracted.digest
        self.dates[digest.key] = digest.issued
        for one in extracted.entries:
            entry = one.entry
            base = self.iris.entry(digest.key, entry.key)
            sections = {section.key: f"{base}/{section.key}" for section in entry.sections}
            for key, iri in sections.items():
                self.sections[digest.key, entry.key, key] = iri
            for m in one.mentions:
                place = (digest.key, entry.key, m.section, m.start, m.end)
                self.places[place] = (entry.paper, m.role)
            paper = self.papers[entry.paper]
            paper.entries.append(entry)
            if digest.issued:
                paper.dates.append(digest.issued)
            for name in entry.authors:
                key = self._author_key(name, entry.paper)
                self.author_names[key][name] = None
                paper.authors.add(key)
            for number, iri in enumerate(result_iris(one.results, sections)):
                self.results[digest.key, entry.key, number] = iri
                paper.results.append(iri)

    def _author_key(self, name: str, paper: str) -> str:
        key = self._name_keys.get(name)
        if key is None:
            key = self._name_keys[name] = key_of(name)
        return self._split.get((key, paper), key)


def _paper_lines(paper: str, facts: _Paper, corpus: Corpus) -> Iterator[str]:
    node = f"<{corpus.iris.paper(paper)}>"
    newest = facts.entries[-1]
    yield from types(node, _PAPER_TYPES)
    yield f"{node} {LABEL} {labelled(newest.title)}"
    yield f"{node} {dcterms.title} {labelled(newest.title)}"
    for title in sorted({entry.title for entry in facts.entries} - {newest.title}):
        yield f"{node} {dcterms.alternative} {labelled(title)}"
    yield f"{node} {foaf.page} <{newest.page}>"
    if newest.doi:
        yield f"{node} {bibo.doi} {literal(newest.doi)}"
    if newest.arxiv_id:
        yield f"{node} {kg.arxivId} {literal(newest.arxiv_id)}"
        yield f"{node} {dcterms.identifier} {literal('arXiv:' + newest.arxiv_id)}"
        month = month_of(newest.arxiv_id)
        if month:
            yield f'{node} {dcterms.created} "{month}"^^{xsd.gYearMonth}'
    if facts.dates:
        yield f"{node} {kg.firstSeen} {date(min(facts.dates))}"
        yield f"{node} {kg.lastSeen} {date(max(facts.dates))}"
    for author in sorted(facts.authors):
        yield f"{node} {dcterms.creator} <{corpus.iris.author(author)}>"
    for result in facts.results:
        yield f"{node} {kg.hasResult} <{result}>"


_NEW_ID = re.compile(r"(\d\d)(0[1-9]|1[0-2])\.\d{4,5}")
_OLD_ID = re.compile(r"\A[a-z-]+/(\d\d)(0[1-9]|1[0-2])\d{3}")


def month_of(arxiv_id: str) -> str | None:
    """Tell the month in which arXiv gave out an id, or None for one of no known form.

    Source: https://info.arxiv.org/help/arxiv_identifier.html

    >>> month_of("2408.00874"), month_of("cs/0601001"), month_of("math/9905123")
    ('2024-08', '2006-01', '1999-05')
    """
    found = _NEW_ID.fullmatch(arxiv_id) or _OLD_ID.fullmatch(arxiv_id)
    if not found:
        return None
    year, month = int(found[1]), found[2]
    # The old form was given out from August 1991 to March 2007.
    century = 1900 if "/" in arxiv_id and year > 90 else 2000
    return f"{century + year}-{month}"


def _author_lines(key: str, names: list[str], person: Person | None, iris: Iris) -> Iterator[str]:
    """Make one node a key: several printed names may share it, the first seen is the label."""
    node = f"<{iris.author(key)}>"
    yield from types(node, _AUTHOR_TYPES)
    if person:
        yield from types(node, _PERSON_TYPES)
        yield f"{node} {prov.wasInfluencedBy} <{iris.correction(person.correction)}>"
    yield f"{node} {LABEL} {labelled(names[0])}"
    for name in names:
        yield f"{node} {foaf.name} {labelled(name)}"


def _scheme_lines(node: str) -> Iterator[str]:
    yield f"{node} {TYPE} {skos.ConceptScheme}"
    yield f"{node} {LABEL} {labelled('Terms of the paper digests')}"


def _term_lines(term: Term, corpus: Corpus) -> Iterator[str]:
    iri = corpus.iris.term(term.key)
    node = f"<{iri}>"
    yield from types(node, _TERM_TYPES[term.type])
    yield f"{node} {kg.termType} {kg[term.type]}"
    yield f"{node} {LABEL} {_label(term.preferred[0])}"
    for predicate, labels in (
        (skos.prefLabel, term.preferred),
        (skos.altLabel, term.alternative),
        (skos.hiddenLabel, term.hidden),
    ):
        for label in labels:
            yield f"{node} {predicate} {_label(label)}"
    yield f"{node} {skos.inScheme} <{corpus.iris.scheme}>"
    for correction in term.corrections:
        yield f"{node} {prov.wasInfluencedBy} <{corpus.iris.correction(correction)}>"
    if term.higher_is_better is not None:
        yield f'{node} {kg.higherIsBetter} "{str(term.higher_is_better).lower()}"' + (
            f"^^{xsd.boolean}"
        )
    roles: dict[str, set[Role]] = defaultdict(set)
    dates = set()
    for ref in term.mentions:
        section = corpus.sections[ref.digest, ref.entry, ref.section]
        yield f"<{span_iri(section, ref.start, ref.end)}> {kg.mentionOf} {node}"
        paper, role = corpus.places[ref.digest, ref.entry, ref.section, ref.start, ref.end]
        roles[paper].add(role)
        dates.add(corpus.dates[ref.digest])
    yield f"{node} {kg.paperCount} {integer(len(roles))}"
    known = sorted(one for one in dates if one)
    if known:
        yield f"{node} {kg.firstSeen} {date(known[0])}"
        yield f"{node} {kg.lastSeen} {date(known[-1])}"
    for paper, found in roles.items():
        yield from _mention_lines(f"<{corpus.iris.paper(paper)}>", node, term.type, found)


def _mention_lines(paper: str, term: str, type_: TermType, roles: set[Role]) -> Iterator[str]:
    yield f"{paper} {kg.mentions} {term}"
    for role, predicate in _BY_ROLE.items():
        if role in roles:
            yield f"{paper} {predicate} {term}"
    if type_ in _METHODS and Role.INTRODUCED not in roles:
        yield f"{paper} {kg.usesMethod} {term}"
    if type_ in _BY_TYPE:
        yield f"{paper} {_BY_TYPE[type_]} {term}"


def _label(label: Label) -> str:
    return f"{literal(label.text)}@{label.lang}"


def _claim_lines(node: str, claim: ClaimTerms, iris: Iris) -> Iterator[str]:
    for predicate, key in (
        (kg.subject, claim.subject),
        (kg.benchmark, claim.benchmark),
        (kg.metric, claim.metric),
        (kg.baseline, claim.baseline),
    ):
        if key is not None:
            yield f"{node} {predicate} <{iris.term(key)}>"
