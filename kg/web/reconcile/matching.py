"""Finds the things that a name may mean, with a score, and says where one is meant for sure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from kg.link.keys import bare_key
from kg.web.names.identifiers import identifiers_in, own_id
from kg.web.names.keys import KEY_LETTERS, has_initial, initials_key, key_of_name
from kg.web.names.lookup import Hit, Thing
from kg.web.names.schema import NameKind
from kg.web.reconcile.conditions import Graph, Test, named_things
from kg.web.reconcile.requests import MatchQuery
from kg.web.reconcile.schema import TYPES

#: Scores of a name that is the same but for case and space, and of one that differs in
#: hyphens, accents or a plural s too; a thing's other names count a little less.
_SAME: Final = 100.0
_FOLDED: Final = 95.0
_LESS: Final = {NameKind.PREFERRED: 0.0, NameKind.OTHER: 2.0, NameKind.SPELLING: 3.0}
#: A name without its kind ("the LoRA method") and an author's name with an initial.
_BARE: Final = 90.0
_INITIALS: Final = 75.0
#: What likeness counts where names are not the same: never as much as a name that is.
_LIKENESS: Final = 0.89
#: Things with a name that starts so, of which so many of the types that are wanted are taken,
#: and names that are like one.
_STARTING: Final = 200
_ADDED: Final = 20
_NEAR: Final = 40
#: Shorter keys are the start of too many names, or like too many.
_SHORTEST: Final = 3
#: Share of the score that conditions decide.
_CONDITIONS: Final = 0.4
#: A match scores so much and is so far ahead of the second.
_SURE: Final = 90.0
_LEAD: Final = 3.0
#: Things whose conditions are looked at.
_LOOKED_AT: Final = 100


@dataclass(slots=True)
class Candidate:
    """A thing that may be meant: ``score`` is from 0 to 100, ``name_score`` that of the name
    alone; ``same`` tells that the name is equal when folded; ``fits`` is the share of the
    conditions that hold."""

    thing: Thing
    score: float
    same: bool
    name_score: float = 0.0
    fits: float = 1.0
    match: bool = False


@dataclass(slots=True)
class _Scores:
    """The best score so far of each thing that has one of the types ``wanted``, if there are."""

    graph: Graph
    wanted: frozenset[str]
    best: dict[int, tuple[float, bool]] = field(default_factory=dict)

    def add(self, number: int, score: float, *, same: bool = False) -> bool:
        """Keep a score, if the thing is wanted; tell whether it is."""
        if self.wanted and not _is_a(self.graph.names.thing(number), self.wanted):
            return False
        if number not in self.best or self.best[number][0] < score:
            self.best[number] = (score, same)
        return True


def match(query: MatchQuery, graph: Graph) -> list[Candidate]:
    """Return the candidates for a query, the best first.

    A single candidate is a match at most: one whose name is equal when folded, that is as
    the conditions say, and that is clearly ahead of the second.
    """
    tests = [Test(condition, graph) for condition in query.conditions]
    wanted = frozenset(type_.name for type_ in query.types)
    scores = _Scores(graph, wanted)
    for text in query.texts:
        _add_named(text, scores)
    if query.texts:
        candidates = [
            Candidate(graph.names.thing(number), score, same, score)
            for number, (score, same) in scores.best.items()
        ]
    else:
        candidates = [
            Candidate(thing, _SAME, False)
            for thing in _fitting(tests, graph)
            if not wanted or _is_a(thing, wanted)
        ]
    candidates = _weighed(sorted(candidates, key=_order)[:_LOOKED_AT], tests)
    candidates.sort(key=_order)
    if candidates:
        first = candidates[0]
        second = candidates[1].score if len(candidates) > 1 else 0.0
        sure = first.same and first.fits == 1.0 and first.score >= _SURE
        first.match = sure and first.score - second >= _LEAD
    return candidates[: query.limit]


def _order(one: Candidate) -> tuple[float, int, str]:
    return (-one.score, -one.thing.papers, one.thing.id)


def _is_a(thing: Thing, wanted: frozenset[str]) -> bool:
    type_ = TYPES.get(thing.type)
    return type_ is not None and not wanted.isdisjoint((type_.name, *type_.above))


def _weighed(candidates: list[Candidate], tests: list[Test]) -> list[Candidate]:
    """Lower the scores of those that are not as the conditions say; drop what must be."""
    kept = []
    for one in candidates:
        held = [test.holds(one.thing) for test in tests]
        asked = zip(tests, held, strict=True)
        if all(holds or not test.condition.required for test, holds in asked):
            one.fits = sum(held) / len(held) if held else 1.0
            one.score *= 1 - _CONDITIONS * (1 - one.fits)
            kept.append(one)
    return kept


def _fitting(tests: list[Test], graph: Graph) -> Iterator[Thing]:
    """Yield things that fit one of the conditions, each once."""
    ids = dict.fromkeys(islice((id_ for test in tests for id_ in test.things()), _LOOKED_AT * 2))
    for id_ in ids:
        thing = graph.names.by_id(id_)
        if thing is not None:
            yield thing


def _add_named(text: str, scores: _Scores) -> None:
    graph, names = scores.graph, scores.graph.names
    if own_id(text, graph.base) or identifiers_in(text):
        for thing in named_things(text, graph, by_name=False):
            scores.add(thing.number, _SAME, same=True)
    for form in _forms(text):
        whole = key_of_name(form)
        hits = names.find(whole)
        for hit in hits:
            _add_hit(hit, form, scores)
        bare = bare_key(form[: 2 * KEY_LETTERS])[:KEY_LETTERS]
        for hit in names.find(bare) if bare != whole else []:
            scores.add(hit.thing, _BARE - _LESS.get(hit.kind, 0.0))
        for hit in names.find(initials_key(form[:KEY_LETTERS])):
            if hit.kind is NameKind.INITIALS and (has_initial(form) or has_initial(hit.text)):
                scores.add(hit.thing, _INITIALS)
        if len(whole) >= _SHORTEST or not whole.isascii():
            _add_like(whole, scores, near=not scores.best)


def _add_hit(hit: Hit, form: str, scores: _Scores) -> None:
    less = _LESS.get(hit.kind, 0.0)
    if hit.bare:
        scores.add(hit.thing, _BARE - less)
    elif _plain(hit.text) == _plain(form):
        scores.add(hit.thing, _SAME - less, same=True)
    else:
        scores.add(hit.thing, _FOLDED - less, same=True)


def _add_like(whole: str, scores: _Scores, *, near: bool) -> None:
    """Add things whose names start so and, where none is the same, names that are like it."""
    names, added = scores.graph.names, 0
    for number in names.starting(whole, _STARTING):
        length = len(key_of_name(names.thing(number).label)) or 1
        share = min(len(whole) / length, 1.0)
        added += scores.add(number, _LIKENESS * (60 + 40 * share))
        if added == _ADDED:
            break
    if near:
        for hit in names.near(whole, _NEAR):
            scores.add(hit.thing, _LIKENESS * hit.likeness)


def _forms(text: str) -> list[str]:
    """Return a text, and a name that is turned around as it would be said.

    >>> _forms("Wu, Junde"), _forms("LoRA")
    (['Wu, Junde', 'Junde Wu'], ['LoRA'])
    """
    last, comma, first = text.partition(",")
    turned = f"{first.strip()} {last.strip()}"
    return [text, turned] if comma and first.strip() and "," not in first else [text]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
