"""Wikidata items as an index keeps them."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from kg.model import TermType


class NameKind(IntEnum):
    """Where a name of an item is from; a smaller number says more."""

    LABEL = 0
    ALIAS = 1
    #: Names in use, written for this project (``data/names.tsv``).
    KNOWN = 2
    #: From tables of names and of Korean terms.
    TABLE = 3
    #: Names of what has no item and is nearly this one: for close matches.
    NEAR = 4


class Sense(StrEnum):
    """What papers on AI mean by the label of an item, as far as someone judged it."""

    UNKNOWN = ""
    THIS = "ai"
    OTHER = "other"
    GENERAL = "general"
    #: Looked at, and not expected in papers on AI.
    UNEXPECTED = "unexpected"


# Structs and not data classes, as linking reads some thousands of them a second from JSON.
class Name(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name of an item, and where it is from."""

    text: str
    kind: NameKind


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item with what linking reads of it.

    ``qid`` is the number of its id. ``names`` have the label first, where it has one.
    ``classes`` (P31) and ``parents`` (P279) are numbers of ids, sorted. ``identifiers`` are
    pairs of a property, such as ``P818``, and a value; ``statements`` such pairs for
    completing the graph.
    """

    qid: int
    label: str
    description: str = ""
    names: tuple[Name, ...] = ()
    classes: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()
    sitelinks: int = 0
    sense: Sense = Sense.UNKNOWN
    types: tuple[TermType, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    statements: tuple[tuple[str, str], ...] = ()
    source: str = ""
