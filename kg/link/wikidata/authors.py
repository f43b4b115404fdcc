"""Chooses which person of Wikidata an author of ours is, by the papers that both have.

A name alone is no evidence: many people share one. What counts is that the item of a paper that we
have names a person as its author, and that of all its authors only this one can be whom our
digests print. The order of authors is not used, since digests change it.

The scores are set, not measured: there is no table of true links of authors to fit them to.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

#: Letters that Unicode does not take apart.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
)
_SPLIT: Final = re.compile(r"[\s.\-‐-―]+")
#: How sure a match of one paper is, by how well the names agree.
_BY_NAME: Final = 0.97
_BY_INITIALS: Final = 0.9
_MOST: Final = 0.99
_SHOWN_PAPERS: Final = 5


@dataclass(frozen=True, slots=True)
class Author:
    """An author of a paper, as Wikidata has it.

    ``qid`` is the number of the person's item, None for one whom the paper's item has by name
    only. ``names`` are what the person is called, the label first. ``ordinal`` is the place among
    the authors, from 1, None where it is not told.
    """

    qid: int | None
    names: tuple[str, ...]
    orcid: str | None = None
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class SignedPaper:
    """A paper of ours with an item: our authors, as key and printed name, and Wikidata's."""

    qid: int
    printed: tuple[tuple[str, str], ...]
    authors: tuple[Author, ...]


@dataclass(frozen=True, slots=True)
class AuthorMatch:
    """A printed name and the one author of the paper that it can mean; score in [0, 1]."""

    printed: str
    author: Author
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class AuthorLink:
    """What the papers say of an author of ours; ``qid`` is None where they do not agree."""

    key: str
    qid: int | None
    label: str
    score: float
    evidence: str


class _Likeness(IntEnum):
    """How well two names agree."""

    NO = 0
    #: Enough for doubt, not for a match.
    PERHAPS = 1
    INITIALS = 2
    SAME = 3


def match_authors(printed: Sequence[str], authors: Sequence[Author]) -> tuple[AuthorMatch, ...]:
    """Match the printed names of a paper to the people whom its item names.

    A name is matched only to a person whom no other printed name can mean, and if it can mean no
    other author. Initials and a missing middle name are no difference, but score less.

    Returns:
        The matches, in the order of the printed names.

    >>> ada, bo = Author(900000001, ("Ada Example",)), Author(900000002, ("Bo B. Sample",))
    >>> [match.author.qid for match in match_authors(["B. Sample", "A. Example"], [ada, bo])]
    [900000002, 900000001]
    >>> match_authors(["A. Example"], [ada, Author(None, ("Alan Example",))])
    ()
    """
    people = _people(authors)
    names = list(dict.fromkeys(printed))
    grid = [[_likeness(name, person) for person in people] for name in names]
    matches = []
    for row, name in zip(grid, names, strict=True):
        possible = [place for place, likeness in enumerate(row) if likeness]
        if len(possible) != 1:
            continue
        place = possible[0]
        person = people[place]
        alone = sum(bool(other[place]) for other in grid) == 1
        if person.qid is None or not alone or row[place] < _Likeness.INITIALS:
            continue
        if row[place] is _Likeness.SAME:
            matches.append(AuthorMatch(name, person, _BY_NAME, "by name"))
        else:
            matches.append(AuthorMatch(name, person, _BY_INITIALS, "by initials"))
    return tuple(matches)


def link_authors(papers: Iterable[SignedPaper]) -> tuple[AuthorLink, ...]:
    """Link authors whom all their papers that name people agree on.

    A paper whose item names people, but none who can be the author, or another person, is
    against every link of the author. One that has the author only by name, or where two people may
    be meant, says nothing, but lowers the score.

    Returns:
        The links, by key; authors of whom no paper says anything are left out.
    """
    found: dict[str, list[tuple[int, AuthorMatch]]] = defaultdict(list)
    against: dict[str, list[int]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    for paper in papers:
        if all(author.qid is None for author in paper.authors):
            continue
        names = [name for _, name in paper.printed]
        matches = {match.printed: match for match in match_authors(names, paper.authors)}
        for key, name in dict.fromkeys(paper.printed):
            if name in matches:
                found[key].append((paper.qid, matches[name]))
            elif any(_likeness(name, author) for author in paper.authors):
                silent[key] += 1
            else:
                against[key].append(paper.qid)
    return tuple(
        _decide(key, found[key], against.get(key, []), silent.get(key, 0)) for key in sorted(found)
    )


def _decide(
    key: str, found: Sequence[tuple[int, AuthorMatch]], against: Sequence[int], silent: int
) -> AuthorLink:
    people = {match.author.qid: match.author for _, match in found}
    papers = ", ".join(f"Q{qid}" for qid, _ in found[:_SHOWN_PAPERS])
    if len(found) > _SHOWN_PAPERS:
        papers += " and others"
    best = max(match.score for _, match in found)
    if len(people) > 1:
        named = ", ".join(f"Q{qid}" for qid in sorted(qid for qid in people if qid))
        return AuthorLink(key, None, "", best, f"its papers name several people: {named}")
    if against:
        named = ", ".join(f"Q{qid}" for qid in against[:_SHOWN_PAPERS])
        person = f"Q{next(iter(people))}"
        evidence = f"{person} is an author of {papers}, and no author of {named} can be"
        return AuthorLink(key, None, "", best, evidence)
    author = found[0][1].author
    # Each further paper halves the doubt; one that says nothing counts as half right.
    score = min(_MOST, 1 - (1 - best) / 2 ** (len(found) - 1))
    score = round(score * (len(found) + silent / 2) / (len(found) + silent), 4)
    reasons = " and ".join(sorted({match.reason for _, match in found}, reverse=True))
    evidence = f"named {reasons} as author of {papers}"
    if silent:
        others = "one more paper does" if silent == 1 else f"{silent} more papers do"
        evidence += f"; {others} not say who it is"
    return AuthorLink(key, author.qid, author.names[0], score, evidence)


def _people(authors: Sequence[Author]) -> list[Author]:
    """Return each author once: those of one item joined, names that stand for one left out."""
    people: dict[int, Author] = {}
    for author in authors:
        if author.qid is None:
            continue
        known = people.get(author.qid, author)
        names = tuple(dict.fromkeys([*known.names, *author.names]))
        people[author.qid] = replace(known, names=names)
    taken = {author.ordinal for author in authors if author.qid is not None and author.ordinal}
    named = [one for one in authors if one.qid is None and one.ordinal not in taken]
    return [*people.values(), *named]


def _likeness(printed: str, author: Author) -> _Likeness:
    found = (_compare(_parts(printed), _parts(name)) for name in author.names)
    return max(found, default=_Likeness.NO)


def _parts(name: str) -> tuple[str, ...]:
    """Fold a name: case, accents, hyphens and dots.

    >>> _parts("Łukasz J.-P. O'Doe"), _parts("김 재현")
    (('lukasz', 'j', 'p', 'odoe'), ('김', '재현'))
    """
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", name) if unicodedata.category(c) != "Mn"
    )
    folded = unicodedata.normalize("NFC", bare).casefold().translate(_LETTERS)
    words = ("".join(c for c in word if c.isalnum()) for word in _SPLIT.split(folded))
    return tuple(word for word in words if word)


def _compare(a: tuple[str, ...], b: tuple[str, ...]) -> _Likeness:
    """Compare two names, the family name last.

    >>> names = ["Jae-Hyun Kim", "J. Kim", "Kim Jaehyun", "Jin Kim"]
    >>> [_compare(_parts("Jaehyun Kim"), _parts(name)).name for name in names]
    ['SAME', 'INITIALS', 'PERHAPS', 'NO']
    """
    if not a or not b:
        return _Likeness.NO
    if "".join(a) == "".join(b):
        return _Likeness.SAME if _is_full(a) and _is_full(b) else _Likeness.INITIALS
    if _fit(a, b):
        return _Likeness.INITIALS
    turned = (*b[1:], b[0])
    if "".join(a) == "".join(turned) or _fit(a, turned) or _fit((*a[1:], a[0]), b):
        return _Likeness.PERHAPS
    return _Likeness.NO


def _is_full(name: tuple[str, ...]) -> bool:
    """Tell whether a name has a given name that is more than an initial."""
    if len(name) == 1:
        return not name[0].isascii()
    return any(len(word) > 1 or not word.isascii() for word in name[:-1])


def _fit(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Tell whether given names may be the same, with initials or without middle names."""
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        return False
    return all(
        x == y or (len(x) == 1 and y.startswith(x)) or (len(y) == 1 and x.startswith(y))
        for x, y in zip(a[:-1], b[:-1], strict=False)
    )
