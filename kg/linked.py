"""The records of linking: what a thing is called, and which Wikidata item it is.

Plain and immutable, as those of ``kg.model``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from kg.model import TermType

_QID: Final = re.compile(r"Q[1-9][0-9]{0,11}\Z")
#: How a decision or a record says that no item is right.
NIL: Final = "NIL"


class Kind(StrEnum):
    """What is linked; the values are parts of IRIs."""

    TERM = "term"
    PAPER = "paper"
    AUTHOR = "author"


class Relation(StrEnum):
    """How near an item is: the same thing, or what a librarian takes as a close match."""

    EXACT = "exact"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Query:
    """A thing to link.

    ``types`` are those it may have: one, or several where the caller knows only that it
    is a method term. ``names`` are its labels, the preferred first, no two equal.
    ``context`` are words of what it stands beside, for telling senses apart. ``long_forms``
    are what texts write its abbreviations out as: no names, but they rule other things out.
    """

    names: tuple[str, ...]
    types: tuple[TermType, ...] = ()
    context: tuple[str, ...] = ()
    long_forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be meant: ``score`` is the probability that it is, in [0, 1].

    ``relation`` is what a link to it would be; ``name`` the query's name by which it was
    found, ``matched`` the item's; ``reasons`` say in words why the score is what it is.
    """

    qid: str
    label: str
    description: str
    score: float
    relation: Relation
    name: str
    matched: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What the machine decided of a term, paper or author.

    ``qid`` is None for NIL: candidates were looked at and none is good enough. ``relation``
    is None for NIL, and for papers and authors, which are an item or are not. ``score`` has at
    most four places: of a link, the probability that it is right; of NIL, that no candidate
    is. ``label`` is the item's; ``evidence`` says why, in a sentence. ``tool`` names what
    decided, and its version.
    """

    kind: Kind
    key: str
    qid: str | None
    relation: Relation | None
    score: Decimal
    label: str
    evidence: str
    tool: str

    @property
    def target(self) -> str:
        return self.qid or NIL


@dataclass(frozen=True, slots=True)
class LinkDecision:
    """What a person decided of a term, paper or author.

    ``qid`` is None where no item at all is right. With ``negated``, the item is surely not
    meant. ``date`` is an ISO date. ``by`` is ``orcid:`` and an ORCID iD, another address of a
    person, or a name; several are separated by ``|``. ``relation`` is None for papers and
    authors, and where ``qid`` is None or ``negated``. ``confidence`` is how sure the person is,
    in [0, 1]. ``line`` is where it stands in its file, 0 where it came from none; it is no part
    of what was decided.
    """

    kind: Kind
    key: str
    qid: str | None
    relation: Relation | None
    negated: bool
    by: str
    date: str
    comment: str = ""
    label: str = ""
    confidence: Decimal = Decimal(1)
    line: int = field(default=0, compare=False)

    @property
    def target(self) -> str:
        return self.qid or NIL

    @property
    def accepts(self) -> bool:
        """Whether it says which item is right."""
        return self.qid is not None and not self.negated


def standing(link: Link | None, decisions: Iterable[LinkDecision]) -> Link | None:
    """Return what the machine decided of a thing, unless people decided otherwise.

    Args:
        decisions: those in force about the same thing.
    """
    for one in decisions:
        if link is None or not one.negated or one.qid == link.qid:
            return None
    return link


def is_qid(text: str) -> bool:
    """Tell whether a text is the id of an item.

    >>> is_qid("Q42"), is_qid("Q042"), is_qid("P31"), is_qid("q42")
    (True, False, False, False)
    """
    return _QID.match(text) is not None
