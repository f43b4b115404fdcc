"""The text of an entry with its mentions and values marked.

A job reads an entry or a section by :func:`entry_text` or :func:`section_text`; templates show it
by the macros of ``marked.html``, with ``marked.css`` and ``marked.js``. What they pass on is plain:

- an entry: ``iri``, ``digest``, ``day``, ``votes`` and ``version`` (or None), ``title`` (a section,
  or None), ``sections`` in their order, and ``types``, pairs of a type and how many mentions of it
  there are;
- a section: ``iri``, ``label``, ``label_lang``, ``type``, ``lang``, ``length``, ``marks`` and
  ``pieces``;
- a mark: ``kind`` (``mention`` or ``value``), ``iri``, ``id`` (of its element), ``start``, ``end``,
  ``exact``; a mention also ``type``, ``term``, ``role``, ``confidence`` and ``agent``;
- a piece: a text, or ``{"mark": place in marks, "again": bool, "pieces": [piece, …]}``.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDFS

from kg.vocab import KG, language_of
from kg.web.site.reading import Graph, Node, Shown

Piece = str | dict[str, Any]

TITLE: Final = "title"
#: Types in the order in which legends have them.
TYPES: Final = ("Model", "Method", "Task", "Benchmark", "Dataset", "Metric")
#: Marks of a section are shown up to so many, and so deep in each other: builds make fewer.
_MOST_MARKS: Final = 1000
_DEEPEST: Final = 6

_PLACE = re.compile(r"#(?:char|result)=([0-9]{1,9}),([0-9]{1,9})(?:~[0-9]{1,4})?\Z")
_SENTENCE_END = re.compile(r"[.!?。](?=\s|\Z)|\n")

#: What is bound in a query, and how sections are found from it.
_Where = tuple[str, str]
_OF_ENTRY: Final[_Where] = ("entry", f"?entry <{KG.section}> ?section .")
_OF_SECTION: Final[_Where] = ("section", "")


def entry_text(graph: Graph, entry: Node, within: str | None = None) -> Shown:
    """Read an entry of a digest: its sections with what is marked in them.

    Args:
        within: what :func:`anchor` takes for the page that shows it; None is the entry's own.
    """
    within = within or entry.value
    marks = _marks(graph, entry, _OF_ENTRY)
    sections = [
        (graph.count(node, KG.position), _section(graph, node, marks.get(node.value, []), within))
        for node in graph.nodes(entry, KG.section)
    ]
    sections.sort(key=lambda pair: (pair[0], pair[1]["iri"]))
    read = [section for _, section in sections]
    digest = next(iter(graph.nodes(entry, KG.digest)), None)
    votes, version = graph.number(entry, KG.votes), graph.number(entry, KG.arxivVersion)
    return {
        "iri": entry.value,
        "digest": None if digest is None else digest.value,
        "day": _day(graph, entry, digest),
        "votes": None if votes is None else int(votes),
        "version": None if version is None else int(version),
        "title": next((one for one in read if one["type"] == TITLE), None),
        "sections": [one for one in read if one["type"] != TITLE],
        "types": types_of(read),
    }


def section_text(graph: Graph, section: Node) -> Shown:
    """Read a section: its text in pieces, and what is marked in it."""
    marks = _marks(graph, section, _OF_SECTION)
    return _section(graph, section, marks.get(section.value, []), section.value)


def types_of(sections: Iterable[Shown]) -> list[tuple[str, int]]:
    """Count the mentions of each type, in the order of legends; types without any are left out."""
    counts = Counter(
        mark["type"] for one in sections for mark in one["marks"] if mark["kind"] == "mention"
    )
    return [(type_, counts[type_]) for type_ in TYPES if counts[type_]]


def place_of(iri: str) -> tuple[int, int] | None:
    """Return the offsets that the IRI of a mention, span or result names; None without any.

    >>> place_of("https://w3id.org/paperkg/digest/d/p/summary#result=120,124~2")
    (120, 124)
    """
    found = _PLACE.search(iri)
    return (int(found[1]), int(found[2])) if found else None


def anchor(iri: str, within: str) -> str:
    """Return the id that an element for a mention or result has on the page of a thing.

    On a section's own page it is the fragment of the IRI; on the page of an entry, and of a
    paper, the path below comes first, with a slash for the hash sign.

    Args:
        within: the start of the IRI that the page stands for: the section, or the entry; a
            paper has several entries, so there it is the base and ``digest``.

    >>> section = "https://w3id.org/paperkg/digest/2024-08-05/2408.00874/summary"
    >>> anchor(section + "#char=12,20", section)
    'char=12,20'
    >>> anchor(section + "#char=12,20", "https://w3id.org/paperkg/digest")
    '2024-08-05/2408.00874/summary/char=12,20'
    """
    return iri.removeprefix(within).lstrip("/#").replace("#", "/")


def cut(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Cut a text at the ends of spans, which may lie in each other.

    A span that begins in another and runs over its end goes on behind it: that piece is
    marked ``again``.

    >>> cut("a big cat", [(2, 9), (6, 9)])
    ['a ', {'mark': 0, 'again': False, 'pieces': ['big ', {'mark': 1, 'again': False, \
'pieces': ['cat']}]}]
    """
    ordered = [
        (start, -end, place, False)
        for place, (start, end) in enumerate(spans)
        if 0 <= start < end <= len(text)
    ]
    return _cut(text, sorted(ordered), 0, len(text), 0)


_Waiting = tuple[int, int, int, bool]


def _cut(text: str, waiting: list[_Waiting], start: int, end: int, depth: int) -> list[Piece]:
    """Cut ``text[start:end]``; *waiting* is a heap of the spans that begin there."""
    made: list[Piece] = []
    done = start
    while waiting and depth < _DEEPEST:
        begin, minus_stop, mark, again = heapq.heappop(waiting)
        stop, inside, behind = -minus_stop, [], []
        while waiting and waiting[0][0] < stop:
            child = heapq.heappop(waiting)
            if -child[1] > stop:
                behind.append((stop, child[1], child[2], True))
            inside.append((child[0], max(child[1], -stop), *child[2:]))
        for rest in behind:
            heapq.heappush(waiting, rest)
        if begin > done:
            made.append(text[done:begin])
        pieces = _cut(text, inside, begin, stop, depth + 1)
        made.append({"mark": mark, "again": again, "pieces": pieces})
        done = stop
    if done < end:
        made.append(text[done:end])
    return made


def first_sentence(text: str, longest: int = 240) -> str:
    """Return the first sentence of a text, cut at a space where it is too long.

    >>> first_sentence("LoRA 2.0을 제안합니다. 다음 문장."), first_sentence("one two three", 9)
    ('LoRA 2.0을 제안합니다.', 'one two…')
    """
    text = text[: longest * 4].strip()
    found = _SENTENCE_END.search(text)
    sentence = text[: found.end()].rstrip() if found else text
    if len(sentence) <= longest:
        return sentence
    whole, space, _ = sentence[:longest].rpartition(" ")
    return f"{whole if space else sentence[: longest - 1]}…"


def _selected(where: _Where) -> str:
    # A variable may be selected once, and what is bound must be.
    return " ".join(f"?{name}" for name in dict.fromkeys((where[0], "section")))


def _mentions_query(where: _Where) -> str:
    return f"""SELECT {_selected(where)} ?mark ?type ?term ?role ?confidence ?agent WHERE {{
      {where[1]}
      ?mark <{KG.inSection}> ?section ; <{KG.mentionOf}> ?term .
      OPTIONAL {{ ?mark <{KG.mentionType}> ?type }}
      OPTIONAL {{ ?mark <{KG.role}> ?role }}
      OPTIONAL {{ ?mark <{KG.confidence}> ?confidence }}
      OPTIONAL {{ ?mark <{KG.extractedBy}> ?agent }}
    }}"""


def _values_query(where: _Where) -> str:
    return f"""SELECT {_selected(where)} ?mark WHERE {{
      {where[1]}
      ?evidence <{KG.inSection}> ?section .
      ?mark <{KG.evidence}> ?evidence .
    }}"""


def _marks(graph: Graph, node: Node, where: _Where) -> dict[str, list[Shown]]:
    """Read the mentions and the values of results, by the IRI of their section."""
    found: dict[str, Shown] = {}
    bound = {where[0]: node}
    for row in graph.select(_mentions_query(where), bound):
        mark, term = row["mark"], row["term"]
        if isinstance(term, Node) and mark.value not in found:
            shown = graph.term(term)
            found[mark.value] = {
                "kind": "mention",
                "iri": mark.value,
                "section": row["section"].value,
                "type": _local(row["type"]) or shown["type"],
                "term": shown,
                "role": _local(row["role"]),
                "confidence": number_of(row["confidence"]),
                "agent": row["agent"].value if isinstance(row["agent"], Node) else None,
            }
    for row in graph.select(_values_query(where), bound):
        mark, section = row["mark"].value, row["section"].value
        found.setdefault(mark, {"kind": "value", "iri": mark, "section": section})
    by_section: dict[str, list[Shown]] = {}
    for shown in found.values():
        by_section.setdefault(shown.pop("section"), []).append(shown)
    return by_section


def _local(node: Any) -> str | None:
    return node.value.rpartition("#")[2] if isinstance(node, Node) else None


def number_of(found: Any) -> float | None:
    """Return the number that a literal holds; None where it holds none."""
    try:
        return None if found is None else float(found.value)
    except (AttributeError, ValueError):  # somebody's own graph says so
        return None


def _section(graph: Graph, section: Node, marks: Iterable[Shown], within: str) -> Shown:
    literal = graph.one(section, KG.text)
    text = literal.value if isinstance(literal, ox.Literal) else ""
    lang = literal.language if isinstance(literal, ox.Literal) else None
    placed = sorted(
        (place, mark["kind"], mark["iri"], mark)
        for mark in marks
        # One that stands elsewhere says nothing of this text.
        if mark["iri"].startswith(f"{section.value}#") and (place := place_of(mark["iri"]))
    )[:_MOST_MARKS]
    shown: dict[tuple[tuple[int, int], str], Shown] = {}
    for (start, end), kind, _, mark in placed:
        mark |= {"id": anchor(mark["iri"], within), "start": start, "end": end}
        mark["exact"] = text[start:end]
        shown.setdefault(((start, end), kind), mark)  # a value may be that of several results
    label = graph.text(section, RDFS.label) or section.value.rpartition("/")[2]
    return {
        "iri": section.value,
        "label": label,
        "label_lang": language_of(label),
        "type": graph.text(section, KG.sectionType) or section.value.rpartition("/")[2],
        "lang": lang or language_of(text),
        "length": len(text),
        "marks": list(shown.values()),
        "pieces": cut(text, [place for place, _ in shown]),
    }


def _day(graph: Graph, entry: Node, digest: Node | None) -> str | None:
    """Return the day of an entry's digest; that in its IRI where the digest does not say it."""
    told = None if digest is None else graph.text(digest, DCTERMS.issued)
    return told or entry.value.removeprefix(f"{graph.base}digest/").partition("/")[0]
