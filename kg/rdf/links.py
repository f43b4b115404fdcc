"""The graph of links: which Wikidata item a term, paper or author is, and who says so.

A record of a decision is an axiom with the names that SSSOM gives its slots in RDF. Sources:
https://mapping-commons.github.io/sssom/ (LinkML context and the RDF serialisation).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from rdflib.namespace import OWL

from kg.linked import NIL, Kind, Link, LinkDecision, Relation, standing
from kg.rdf.lines import (
    LABEL,
    Written,
    date,
    decimal,
    foaf,
    kg,
    labelled,
    literal,
    prov,
    rdfs,
    schema,
    skos,
    types,
)
from kg.vocab import ORCID, PAV, SEMAPV, SSSOM, WD, Iris

owl, pav, semapv, sssom, wd = (Written(one) for one in (OWL, PAV, SEMAPV, SSSOM, WD))

#: A term, paper or author: what it is, and its key.
Thing = tuple[Kind, str]

_TYPES = (kg.Link, sssom.Mapping, owl.Axiom)
_AGENT_TYPES = (prov.Agent, prov.Person)
_PERSON_TYPES = (kg.Person, foaf.Person, schema.Person)
_ORCID = "orcid:"


def link_blocks(
    labels: Mapping[Thing, str],
    links: Iterable[Link],
    decisions: Iterable[LinkDecision],
    curators: Collection[str],
    iris: Iris,
) -> Iterator[tuple[str, list[str]]]:
    """Make the lines of ``graph/links`` in named blocks: no line twice.

    Args:
        labels: what each thing of the graph is called; what is decided of others is left out.
        links: what the machine decided, at most one a thing.
        curators: names of people whom another graph describes.
    """
    made = {(one.kind, one.key): one for one in links}
    said: dict[Thing, list[LinkDecision]] = defaultdict(list)
    for one in decisions:
        said[one.kind, one.key].append(one)
    authors: set[str] = set()
    for thing in sorted(made.keys() | said.keys()):
        label = labels.get(thing)
        if label is None:
            continue
        lines: list[str] = []
        link = standing(made.get(thing), said.get(thing, ()))
        if link is not None:
            lines += _link_lines(link, label, iris)
        for decision in said.get(thing, ()):
            lines += _decision_lines(decision, label, iris)
            authors.update(decision.by.split("|"))
        if lines:
            yield f"link/{thing[0]}/{thing[1]}", lines
    yield from _author_blocks(authors, set(curators), iris)


def person_blocks(authors: Iterable[str], iris: Iris) -> Iterator[tuple[str, list[str]]]:
    """Make the lines of ``graph/terms`` that say that linked authors are people."""
    for key in authors:
        yield f"person/{key}", list(types(f"<{iris.author(key)}>", _PERSON_TYPES))


def linked_authors(links: Iterable[Link], decisions: Iterable[LinkDecision]) -> set[str]:
    """Name the authors for whom the machine or a person found an item."""
    said: dict[str, list[LinkDecision]] = defaultdict(list)
    for one in decisions:
        if one.kind is Kind.AUTHOR:
            said[one.key].append(one)
    found = {key for key, about in said.items() if any(one.accepts for one in about)}
    for link in links:
        if link.kind is Kind.AUTHOR and link.qid and standing(link, said.get(link.key, ())):
            found.add(link.key)
    return found


def person_iri(by: str, iris: Iris) -> str:
    """Name a person by the address that a decision gives, else by the name.

    >>> person_iri("orcid:0000-0002-1825-0097", Iris())
    'https://orcid.org/0000-0002-1825-0097'
    """
    if by.startswith(_ORCID):
        return str(ORCID[by.removeprefix(_ORCID)])
    return by if by.startswith(("http://", "https://")) else iris.curator(by)


def _link_lines(link: Link, label: str, iris: Iris) -> Iterator[str]:
    yield from _record_lines(link, link.relation, label, link.label, iris)
    node = f"<{iris.link(link.kind, link.key, link.target)}>"
    way = semapv.LexicalMatching if link.kind is Kind.PAPER else semapv.CompositeMatching
    yield f"{node} {sssom.mapping_justification} {way}"
    yield from _confidence(node, link.score)
    yield f"{node} {sssom.mapping_tool} {literal(link.tool)}"
    yield f"{node} {rdfs.comment} {labelled(link.evidence)}"
    if link.qid:
        yield _assertion(link.kind, link.key, link.relation, link.qid, iris)


def _decision_lines(one: LinkDecision, label: str, iris: Iris) -> Iterator[str]:
    yield from _record_lines(one, one.relation, label, one.label, iris)
    node = f"<{iris.link(one.kind, one.key, one.target)}>"
    yield f"{node} {sssom.mapping_justification} {semapv.ManualMappingCuration}"
    yield from _confidence(node, one.confidence)
    if one.negated:
        yield f"{node} {sssom.predicate_modifier} {sssom.NegatedPredicate}"
    for by in dict.fromkeys(one.by.split("|")):
        yield f"{node} {pav.authoredBy} <{person_iri(by, iris)}>"
    yield f"{node} {pav.authoredOn} {date(one.date)}"
    yield f"{node} {rdfs.comment} {labelled(one.comment or 'decided by a person')}"
    if one.accepts and one.qid:
        yield _assertion(one.kind, one.key, one.relation, one.qid, iris)


def _record_lines(
    one: Link | LinkDecision, relation: Relation | None, label: str, item: str, iris: Iris
) -> Iterator[str]:
    """Say what a record is about: its subject, predicate and object."""
    node = f"<{iris.link(one.kind, one.key, one.target)}>"
    yield from types(node, _TYPES)
    found = f"{item} ({one.qid})" if item and one.qid else one.qid or "no item"
    is_not = "not " if isinstance(one, LinkDecision) and one.negated else ""
    yield f"{node} {LABEL} {labelled(f'{label}: {is_not}{found}')}"
    yield f"{node} {owl.annotatedSource} <{iris.thing(one.kind, one.key)}>"
    yield f"{node} {owl.annotatedProperty} {_property(one.kind, relation)}"
    target = sssom.NoTermFound if one.target == NIL else wd[one.target]
    yield f"{node} {owl.annotatedTarget} {target}"


def _confidence(node: str, score: Decimal) -> Iterator[str]:
    yield f"{node} {sssom.confidence} {decimal(score)}"


def _assertion(kind: Kind, key: str, relation: Relation | None, qid: str, iris: Iris) -> str:
    return f"<{iris.thing(kind, key)}> {_property(kind, relation)} {wd[qid]}"


def _property(kind: Kind, relation: Relation | None) -> str:
    if kind is not Kind.TERM:
        return schema.sameAs
    return skos.closeMatch if relation is Relation.CLOSE else skos.exactMatch


def _author_blocks(
    authors: Iterable[str], described: set[str], iris: Iris
) -> Iterator[tuple[str, list[str]]]:
    """Describe who decided, each once in the whole of the graphs."""
    known: dict[str, set[str]] = defaultdict(set)
    for name in described:
        known[iris.curator(name)].add(name)
    named: dict[str, list[str]] = defaultdict(list)
    for by in sorted(authors):
        named[person_iri(by, iris)].append(by)
    for iri, names in named.items():
        node = f"<{iri}>"
        lines: list[str] = []
        if iri not in known:
            lines += types(node, _AGENT_TYPES)
            lines.append(f"{node} {LABEL} {labelled(names[0])}")
        if iri.startswith(iris.base):
            lines += [
                f"{node} {foaf.name} {labelled(name)}" for name in names if name not in known[iri]
            ]
        if lines:
            yield f"curator of links/{iri}", lines
