"""What we know of items and Wikidata lacks, as commands of QuickStatements, version 1.

A command is a line of fields between tabs: an item, what to add (``Lko`` a Korean label, ``Aen``
an English alias, ``P818`` an arXiv id) and a text in double quotes, which is taken as it stands,
from the first quote to the last. Sources: https://www.wikidata.org/wiki/Help:QuickStatements and
``importDataFromV1`` of magnusmanske/quickstatements, ``public_html/quickstatements.php``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.link.entity import MAX_LETTERS
from kg.link.items import Item, NameKind
from kg.link.keys import key
from kg.link.wikidata.query_service import is_arxiv_id
from kg.vocab import language_of

ARXIV_ID: Final = "P818"
_SHORTEST: Final = 2
#: What could end a field or a line, or is a sign of QuickStatements: marks of a comment, of lines
#: in an address (``||``), of a language in front of a text (``:``).
_UNSAFE: Final = re.compile(r'["\\:\t\r\n]|\|\||/\*|\*/')
#: Scripts that English names are written in, as names of characters begin.
_ENGLISH: Final = ("LATIN ", "GREEK ")


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know of an item: names of a term with the preferred ones first, and a paper's id."""

    names: tuple[str, ...] = ()
    arxiv_id: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Command:
    """One thing to add to an item; the order is that of the file."""

    qid: int
    what: str
    text: str

    def __str__(self) -> str:
        return f'Q{self.qid}\t{self.what}\t"{self.text}"'


def commands(item: Item, ours: Iterable[Ours], *, korean_label: bool) -> tuple[list[Command], int]:
    """List what an item lacks of what we know, sorted, and count names that cannot be written.

    A name that differs from one of the item's in case, hyphens, spaces or spelling only is not
    lacking.

    Args:
        ours: of all things that are this item, the most certain first.
        korean_label: whether the item has a Korean label, which QuickStatements would replace.

    >>> made, _ = commands(Item(1, "a"), [Ours(("Wug Net", "워그넷"))], korean_label=False)
    >>> [(one.what, one.text) for one in made]
    [('Aen', 'Wug Net'), ('Lko', '워그넷')]
    """
    known = {key(name.text) for name in item.names if name.kind <= NameKind.ALIAS}
    known.add(key(item.label))
    found: list[Command] = []
    unsafe = 0
    everything = list(ours)
    names = dict.fromkeys(name for one in everything for name in one.names)
    for name in names:
        korean = language_of(name) == "ko"
        is_label = korean and not korean_label
        if key(name) in known and not is_label:
            continue
        if not is_safe(name) or not (korean or _is_english(name)):
            unsafe += 1
            continue
        korean_label = korean_label or is_label
        known.add(key(name))
        found.append(Command(item.qid, "Lko" if is_label else "Ako" if korean else "Aen", name))
    if not any(property_ == ARXIV_ID for property_, _ in item.identifiers):
        ids = {one.arxiv_id for one in everything if is_arxiv_id(one.arxiv_id)}
        if len(ids) == 1:  # two papers of one item: one of the links is wrong
            found.append(Command(item.qid, ARXIV_ID, ids.pop()))
    return sorted(found), unsafe


def is_safe(name: str) -> bool:
    r"""Tell whether a name can stand in a field, and is one that Wikidata takes.

    >>> is_safe("GPT-4"), is_safe('the "best"'), is_safe("a\tb"), is_safe("x: y")
    (True, False, False, False)
    """
    return (
        _SHORTEST <= len(name) <= MAX_LETTERS
        and name == " ".join(name.split())
        and name.isprintable()
        and not _UNSAFE.search(name)
        and any(char.isalpha() for char in name)
    )


def _is_english(name: str) -> bool:
    """Tell whether a name is in the letters of English names: others we only call English."""
    return all(unicodedata.name(char, "").startswith(_ENGLISH) for char in name if char.isalpha())
