"""Decides which folded forms are one thing.

Evidence is glosses, counted by entries, and a table of equivalents. Each form has at most
one parent, so that a form that glosses many things never joins them to each other:

- a Korean form's parent is the Latin form that most entries (and the table) pair it with;
- an abbreviation's parent is its most frequent long form;
- a Korean form that no gloss explains takes the Latin form that its words, one by one, are
  known to mean (``비디오 이해``, once ``비디오 생성(video generation)`` and ``이미지 이해(image
  understanding)`` were read): see ``translations``.

A parent needs support: the table, or one entry in ``RARE`` of those that have the form.
In an entry whose own gloss says otherwise, the entry's gloss wins for that entry: an
abbreviation with two meanings stays two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kg.folding import abbreviates, fold
from kg.model import ExtractedEntry, Mention, TermType
from kg.vocab import language_of

#: A gloss counts for the whole corpus from one in this many of the form's entries.
RARE: Final = 25
#: What ends the Korean name of a class of models.
_CLASSES: Final = ("모델", "시스템", "프레임워크", "도구", "에이전트", "아키텍처")


@dataclass(frozen=True, slots=True)
class Groups:
    """The parent of each form in the corpus, and where an entry says otherwise."""

    parents: Mapping[str, str]
    local: Mapping[int, Mapping[str, str]]

    def root(self, entry: int, form: str) -> str:
        """Return the form that stands for the thing named *form* in an entry."""
        own = self.local.get(entry)
        for _ in range(8):
            parent = (own.get(form) if own else None) or self.parents.get(form)
            if parent is None:
                break
            form = parent
        return form


def group_forms(corpus: Iterable[ExtractedEntry], known: Mapping[str, tuple[str, int]]) -> Groups:
    """Group the forms of a corpus, given in corpus order; *known* is the table of equivalents."""
    support: dict[str, Counter[str]] = defaultdict(Counter)
    entries: Counter[str] = Counter()
    surfaces: dict[str, str] = {}
    said: dict[int, dict[str, str]] = {}
    for place, entry in enumerate(corpus):
        forms = {fold(mention.exact): mention.exact for mention in entry.mentions}
        entries.update(forms.keys())
        for form, surface in forms.items():
            surfaces.setdefault(form, surface)
        pairs = _pairs(entry.mentions)
        if pairs:
            said[place] = pairs
            for child, parent in pairs.items():
                support[child][parent] += 1
    for child, (parent, count) in known.items():
        if child in entries and parent in entries:
            support[child][parent] += count * RARE
    parents: dict[str, str] = {}
    for child in sorted(support, key=lambda form: (-entries[form], form)):
        parent, count = min(support[child].items(), key=lambda item: (-item[1], item[0]))
        if count * RARE >= entries[child] and not _leads_to(parents, parent, child):
            parents[child] = parent
    for child, parent in translations(support, surfaces).items():
        if child not in parents and not _leads_to(parents, parent, child):
            parents[child] = parent
    local = {
        place: {child: parent for child, parent in pairs.items() if parents.get(child) != parent}
        for place, pairs in said.items()
    }
    return Groups(parents, {place: pairs for place, pairs in local.items() if pairs})


def translations(
    support: Mapping[str, Mapping[str, int]], surfaces: Mapping[str, str]
) -> dict[str, str]:
    """Pair Korean forms with the Latin forms of the corpus that say the same word by word.

    Args:
        support: how often a form was paired with another.
        surfaces: a surface form of each folded form of the corpus.
    """
    meanings: dict[str, Counter[str]] = defaultdict(Counter)
    for form, partners in support.items():
        for partner, count in partners.items():
            one, other = _words(surfaces.get(form, "")), _words(surfaces.get(partner, ""))
            if len(one) == len(other) and language_of(form) == "ko":
                for word, meaning in zip(one, other, strict=True):
                    meanings[word][fold(meaning)] += count
    best = {
        word: min(found, key=lambda meaning: (-found[meaning], meaning))
        for word, found in meanings.items()
    }
    pairs: dict[str, str] = {}
    for form, surface in surfaces.items():
        words = _words(surface)
        if all(word in best for word in words) and language_of(surface) == "ko":
            said = fold("".join(best[word] for word in words))
            if said in surfaces:
                pairs[form] = said
    return pairs


def _words(surface: str) -> list[str]:
    return surface.lower().replace("-", " ").split()


def _pairs(mentions: Iterable[Mention]) -> dict[str, str]:
    """Return child and parent forms of an entry's glosses; the first gloss of a form wins."""
    glosses = [(mention, mention.gloss_of) for mention in mentions if mention.gloss_of]
    if not glosses:
        return {}
    at = {(mention.section, mention.start, mention.end): mention for mention in mentions}
    pairs: dict[str, str] = {}
    for gloss, target in glosses:
        other = at.get((gloss.section, *target))
        if other is None:
            continue
        if _is_apposition(gloss, other) or _is_apposition(other, gloss):
            continue
        child, parent = _ordered(gloss.exact, other.exact)
        if child and child != parent and not _leads_to(pairs, parent, child):
            pairs.setdefault(child, parent)
    return pairs


def _is_apposition(korean: Mention, name: Mention) -> bool:
    """Tell whether a parenthesis gives an example, not a translation: ``언어 모델(GPT-4)``."""
    return (
        name.type == TermType.MODEL
        and korean.exact.endswith(_CLASSES)
        and language_of(name.exact) == "en"
    )


def _ordered(gloss: str, other: str) -> tuple[str, str]:
    """Return the folded child and parent, empty where the two do not fit."""
    languages = language_of(gloss), language_of(other)
    if languages == ("ko", "en"):
        return fold(gloss), fold(other)
    if languages == ("en", "ko"):
        return fold(other), fold(gloss)
    if abbreviates(gloss, other):
        return fold(gloss), fold(other)
    if abbreviates(other, gloss):
        return fold(other), fold(gloss)
    return "", ""


def _leads_to(parents: Mapping[str, str], form: str, target: str) -> bool:
    while form != target and form in parents:
        form = parents[form]
    return form == target
