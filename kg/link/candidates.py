"""Finds the items that a name may mean: every one that has the name, however it is written.

Choosing among them is another matter (``kg.link.rank``), and measured apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kg.folding import abbreviates
from kg.link.concepts import packaged_ids
from kg.link.index import Index
from kg.link.items import Item
from kg.link.keys import bare_key, in_english, key, parenthesis
from kg.linked import Query

#: More forms of one term than this say nothing new.
_MAX_NAMES: Final = 60
_MAX_LETTERS: Final = 200
#: Items that are compared, at most. Where more have a name, it tells nothing of one among them
#: that nobody judged.
_MAX_CANDIDATES: Final = 12
#: A name with a hyphen or a space within.
_PARTED: Final = re.compile(r"\w[\s-]\w")
#: Letters of an abbreviation, at most.
_SHORT: Final = 6
_ABBREVIATION: Final = re.compile(r"[A-Za-z0-9-]{2,8}")
_CAPITAL: Final = re.compile(r"[A-Z]")


class Match(NamedTuple):
    """A name of the query that an item has; of two, the smaller is better evidence.

    ``distance`` counts the letters in which the keys differ, ``stripped`` the sides on which only
    the bare key agrees (0 to 2); ``kind`` is the number of a NameKind, ``place`` that of
    the form among the query's, ``length`` the letters of its ``name``, ``text`` the item's name.
    """

    distance: int
    stripped: int
    kind: int
    place: int
    length: int
    name: str
    text: str


class Forms:
    """The names of a query to look up, each once, with their keys.

    ``Virtual Reality (VR)`` is three names:

    >>> Forms(Query(("Virtual Reality (VR)", "VR"))).names
    ['Virtual Reality (VR)', 'VR', 'Virtual Reality']
    """

    __slots__ = ("bares", "english", "keys", "long", "names")

    def __init__(self, query: Query) -> None:
        given = [name[:_MAX_LETTERS] for name in query.names[:_MAX_NAMES]]
        names = [name for name in given if name.strip()]
        for name in given:
            before, inside = parenthesis(name)
            if inside:
                names += before.strip(), inside
        self.names = names if len(names) == 1 else list(dict.fromkeys(names))
        #: What may write one of the names out: the others, and what texts say.
        self.long = [*self.names, *query.long_forms] if query.long_forms else self.names
        self.keys = [key(name) for name in self.names]
        self.bares = [bare_key(name) for name in self.names]
        self.english = ["" if name.isascii() else key(in_english(name)) for name in self.names]


class Hits(NamedTuple):
    """An item that has some of the names: the matches that speak for it, the best first.

    ``better`` and ``equal`` count the other items with better and with equal evidence.
    """

    qid: int
    matches: tuple[Match, ...]
    better: int
    equal: int


class Found(NamedTuple):
    """Hits with the item, which is that of a redirect's target."""

    item: Item
    hits: Hits


def look_up(forms: Forms, index: Index, *, near: bool = True) -> list[Hits]:
    """Return the numbers of items that have one of the names, the best evidence first.

    By the key of each name, and of its English where it mixes languages; by its bare key; and
    where none has the name, by keys with one letter's difference.

    Args:
        near: look for names with a letter's difference.
    """
    asked: dict[str, tuple[int, int]] = {}
    for stripped, keys in ((0, forms.keys), (0, forms.english), (1, forms.bares)):
        for place, made in enumerate(keys):
            if made and made not in asked:
                asked[made] = stripped, place
    rows = index.rows(list(asked))
    if len(rows) == 1:
        ((made, qid, kind, bare, text),) = rows
        stripped, place = asked[made]
        name = forms.names[place]
        match = Match(0, stripped + bare, kind, place, len(name), name, text)
        return [Hits(qid, (match,), 0, 0)]
    if rows:
        return _ranked(rows, asked, forms)
    return _near(forms, index) if near else []


def _near(forms: Forms, index: Index) -> list[Hits]:
    matches: dict[int, list[Match]] = {}
    for place, made in enumerate(forms.keys):
        name = forms.names[place]
        for hit in index.find_near(made):
            match = Match(1, 0, int(hit.kind), place, len(name), name, hit.text)
            matches.setdefault(hit.qid, []).append(match)
    return _compared(matches, Counter())


def _ranked(
    rows: Sequence[tuple[str, int, int, bool, str]],
    asked: Mapping[str, tuple[int, int]],
    forms: Forms,
) -> list[Hits]:
    """Make hits of rows; of a name that very many items share, of the judged ones only."""
    many: set[tuple[str, int, bool]] = set()
    if len(rows) > _MAX_CANDIDATES:
        shares = Counter([(made, kind, bare) for made, _, kind, bare, _ in rows])
        many = {share for share, count in shares.items() if count > _MAX_CANDIDATES}
    judged = packaged_ids() if many else frozenset()
    left_out: Counter[tuple[int, int, int]] = Counter()
    matches: dict[int, list[Match]] = {}
    for made, qid, kind, bare, text in rows:
        stripped, place = asked[made]
        if many and qid not in judged and (made, kind, bare) in many:
            left_out[0, stripped + bare, kind] += 1
            continue
        name = forms.names[place]
        match = Match(0, stripped + bare, kind, place, len(name), name, text)
        if qid in matches:
            matches[qid].append(match)
        else:
            matches[qid] = [match]
    return _compared(matches, left_out)


def _compared(
    matches: dict[int, list[Match]], left_out: Counter[tuple[int, int, int]]
) -> list[Hits]:
    """Sort the matches of each item, and the items; count those that have as good ones."""
    if len(matches) == 1 and not left_out:
        ((qid, found),) = matches.items()
        return [Hits(qid, tuple(sorted(found)), 0, 0)]
    own = {qid: tuple(sorted(found)) for qid, found in matches.items()}
    ordered = sorted([(found[0][:3], qid) for qid, found in own.items()])
    groups = dict(left_out)
    for rank, _ in ordered:
        groups[rank] = groups.get(rank, 0) + 1
    better, before = {}, 0
    for rank in sorted(groups):
        better[rank] = before
        before += groups[rank]
    if len(ordered) > _MAX_CANDIDATES:
        judged = packaged_ids()
        ordered.sort(key=lambda one: (one[0], one[1] not in judged))
    return [
        Hits(qid, own[qid], better[rank], groups[rank] - 1)
        for rank, qid in ordered[:_MAX_CANDIDATES]
    ]


def item_of(hits: Hits, forms: Forms, index: Index) -> Found | None:
    """Read the item of some hits; None where it is gone, or none of the hits speaks for it."""
    item = index.item(hits.qid)
    if item is None:
        return None
    own = tuple(match for match in hits.matches if _speaks_for(match, item, forms))
    if len(own) == len(hits.matches):
        return Found(item, hits)
    return Found(item, Hits(hits.qid, own, hits.better, hits.equal)) if own else None


def _speaks_for(match: Match, item: Item, forms: Forms) -> bool:
    """Tell whether a match counts: not that of an abbreviation whose long form is another thing's.

    ``CFG`` of a term that is also called classifier-free guidance is no grammar.
    """
    text = match.text
    if len(text) <= _SHORT and text.isupper() and _PARTED.search(match.name):
        return bool(_PARTED.search(text))  # M-CMC is not MCMC
    if len(forms.long) == 1 or not _is_abbreviation(match.name):
        return True
    long = [one for one in forms.long if abbreviates(match.name, one)]
    return not long or not {key(one) for one in long}.isdisjoint(
        key(name.text) for name in item.names
    )


def _is_abbreviation(name: str) -> bool:
    """Tell whether a name looks like an abbreviation.

    >>> _is_abbreviation("CFG"), _is_abbreviation("IoU"), _is_abbreviation("Graph")
    (True, True, False)
    """
    return _ABBREVIATION.fullmatch(name) is not None and len(_CAPITAL.findall(name)) > 1


def retrieve(query: Query, index: Index) -> list[Found]:
    """Return the items that a query may mean, sorted by number."""
    forms = Forms(query)
    return with_items(look_up(forms, index), forms, index)


def with_items(hits: Sequence[Hits], forms: Forms, index: Index) -> list[Found]:
    """Read the items of hits, each once, sorted by number."""
    best: dict[int, Found] = {}
    for one in hits:
        found = item_of(one, forms, index)
        if found is not None:
            best.setdefault(found.item.qid, found)
    return [best[qid] for qid in sorted(best)]
