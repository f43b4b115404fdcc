"""The graph of people's decisions: who decided what, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kg.model import Correction
from kg.rdf.lines import LABEL, date, dcterms, foaf, kg, labelled, literal, prov, rdfs, types
from kg.vocab import Iris

_TYPES = (kg.Correction, prov.Entity)
_PERSON_TYPES = (prov.Agent, prov.Person)


def correction_blocks(
    corrections: Iterable[Correction], iris: Iris
) -> Iterator[tuple[str, list[str]]]:
    """Make the lines of ``graph/corrections`` in named blocks: no line twice."""
    names: dict[str, set[str]] = defaultdict(set)
    for one in corrections:
        names[iris.curator(one.by)].add(one.by)
        yield f"correction/{one.id}", list(_lines(one, iris))
    for node, printed in names.items():
        yield f"curator/{node}", list(_curator_lines(f"<{node}>", sorted(printed)))


def _lines(one: Correction, iris: Iris) -> Iterator[str]:
    node = f"<{iris.correction(one.id)}>"
    label = f"{one.decision}: {one.label}" + (f" → {one.value}" if one.value else "")
    yield from types(node, _TYPES)
    yield f"{node} {LABEL} {labelled(label)}"
    yield f"{node} {kg.decision} {literal(one.decision)}"
    yield f"{node} {kg.decidedLabel} {literal(one.label)}"
    if one.value:
        yield f"{node} {kg.decidedValue} {literal(one.value)}"
    for paper in one.papers:
        yield f"{node} {kg.decidedFor} <{iris.paper(paper)}>"
    yield f"{node} {prov.wasAttributedTo} <{iris.curator(one.by)}>"
    yield f"{node} {dcterms.date} {date(one.date)}"
    if one.comment:
        yield f"{node} {rdfs.comment} {literal(one.comment)}"


def _curator_lines(node: str, names: list[str]) -> Iterator[str]:
    yield from types(node, _PERSON_TYPES)
    yield f"{node} {LABEL} {labelled(names[0])}"
    for name in names:
        yield f"{node} {foaf.name} {labelled(name)}"
