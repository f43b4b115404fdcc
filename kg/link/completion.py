"""What Wikidata says of linked items and a graph can take over; and which links are in force."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from kg.link.entity import STATEMENTS
from kg.link.items import Item, NameKind
from kg.linked import Kind, Link, LinkDecision, Relation, is_qid, standing
from kg.vocab import language_of

SUBCLASS_OF: Final = "P279"
#: Languages whose labels can be told apart by their script.
_OURS: Final = frozenset(("en", "ko"))
#: Official dumps have their day in their name: ``wikidata-20240101-all.json.bz2``.
_DAY: Final = re.compile(r"(?<![0-9])([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A link that is in force: ``score`` is None where a person decided it."""

    kind: Kind
    key: str
    qid: int
    relation: Relation | None
    score: Decimal | None

    @property
    def exact(self) -> bool:
        """Whether the item is the thing itself; papers and authors have no other links."""
        return self.relation is not Relation.CLOSE


def accepted(links: Iterable[Link], decisions: Iterable[LinkDecision]) -> list[Accepted]:
    """List the links in force, the machine's and people's, sorted by kind and key."""
    said: dict[tuple[Kind, str], list[LinkDecision]] = defaultdict(list)
    found = []
    for one in decisions:
        said[one.kind, one.key].append(one)
        if one.accepts and one.qid:
            found.append(Accepted(one.kind, one.key, int(one.qid[1:]), one.relation, None))
    found += (
        Accepted(link.kind, link.key, int(link.qid[1:]), link.relation, link.score)
        for link in links
        if link.qid and standing(link, said.get((link.kind, link.key), ()))
    )
    return sorted(found, key=lambda one: (one.kind, one.key, one.qid))


def statements_of(item: Item) -> tuple[tuple[str, str], ...]:
    """Return what a graph can take over of an item: properties with values, as Wikidata has them.

    >>> statements_of(Item(1, "a", parents=(3, 2), statements=(("P571", "+2001-00-00T00:00:00Z"),)))
    (('P279', 'Q2'), ('P279', 'Q3'), ('P571', '+2001-00-00T00:00:00Z'))
    """
    parents = ((SUBCLASS_OF, f"Q{qid}") for qid in sorted(set(item.parents)))
    others = (pair for pair in item.statements if pair[0] in STATEMENTS)
    return (*parents, *sorted(set(others)))


def named_in(statements: Iterable[tuple[str, str]]) -> set[int]:
    """Return the numbers of the items that are values of statements."""
    return {int(value[1:]) for _, value in statements if is_qid(value)}


def labels_of(item: Item, languages: Collection[str] = _OURS) -> tuple[tuple[str, str], ...]:
    """Return an item's labels with their languages, one of each at most.

    An item keeps its labels without language: that of one in Hangul is Korean, that of another
    English if it can be no third one's; else it is empty.

    Args:
        languages: those that labels were read in.

    >>> from kg.link.items import Name
    >>> item = Item(1, "a", names=(Name("a", NameKind.LABEL), Name("가", NameKind.LABEL)))
    >>> labels_of(item), labels_of(item, ("de", "ko"))
    ((('a', 'en'), ('가', 'ko')), (('a', ''), ('가', 'ko')))
    """
    known = _OURS.issuperset(languages)
    found: dict[str, str] = {}
    for name in item.names:
        if name.kind is NameKind.LABEL:
            language = language_of(name.text)
            found.setdefault(language if known or language == "ko" else "", name.text)
    return tuple((text, language) for language, text in sorted(found.items()))


def languages_of(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the languages of an index made from a dump; none where its facts do not tell."""
    try:
        config = json.loads(facts.get("config", "{}"))
        return tuple(str(one) for one in config.get("languages", ()))
    except (ValueError, AttributeError, TypeError):
        return ()


def day_of(text: str) -> str:
    """Return the day that a dump's name or an answer's source tells, as ISO date; else nothing.

    >>> day_of("wikidata-20240101-all.json.bz2"), day_of("Wikidata, 2031-02-03T10:00:00Z")
    ('2024-01-01', '2031-02-03')
    >>> day_of("latest-all.json.bz2"), day_of("wikidata-20241301-all.json.gz")
    ('', '')
    """
    for year, month, day in _DAY.findall(text):
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            continue
    return ""


def broader_terms(
    terms: Mapping[str, int], parents: Mapping[int, Collection[int]]
) -> list[tuple[str, str]]:
    """Return pairs of terms of which the first is narrower: a class and one right above it.

    No cycle ever: where classes stand above each other in a circle, none of the steps of that
    circle says which is broader, and none is taken.

    Args:
        terms: the item of each term.
        parents: the items right above an item.

    >>> broader_terms({"a": 1, "b": 2, "c": 3}, {1: [2], 2: [3], 3: [2, 3]})
    [('a', 'b')]
    """
    keys: dict[int, list[str]] = defaultdict(list)
    for key, qid in sorted(terms.items()):
        keys[qid].append(key)
    above = {
        qid: sorted({one for one in parents.get(qid, ()) if one in keys and one != qid})
        for qid in keys
    }
    return sorted(
        (narrow, broad)
        for qid, over in above.items()
        for one in over
        if qid not in _reached(one, above)
        for narrow in keys[qid]
        for broad in keys[one]
    )


def _reached(start: int, above: Mapping[int, Iterable[int]]) -> set[int]:
    seen, left = {start}, [start]
    while left:
        new = set(above[left.pop()]) - seen
        seen |= new
        left += new
    return seen


def chunks(qids: Collection[int], size: int) -> Iterator[list[int]]:
    """Cut numbers into lists of a size, in rising order."""
    ordered = sorted(qids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
