"""Decides which folded forms are one thing.

Evidence is what entries join (``확산 모델(diffusion model)``: ``Mention.gloss_of``), counted by
entries, and a table of equivalents. Each form has at most one parent, so that a form that
stands for many things never joins them to each other:

- a Korean form's parent is the Latin form that most entries (and the table) pair it with;
- an abbreviation's parent is its most frequent long form;
- a Korean form that no gloss explains takes the Latin form that its words, one by one, are
  known to mean (``비디오 이해``, once ``비디오 생성(video generation)`` and ``이미지 이해(image
  understanding)`` were read): see ``translations``.

A parent needs support: the table, or one entry in ``RARE`` of those that have the form. A
Korean form that one entry alone pairs with an established name, or that ends with another name
of its parent (a kind of it: ``_is_kind``), has that parent in the entry only.
What an entry itself joins wins for that entry: an abbreviation with two meanings stays two,
and a wording of one text (``the base LLM`` for ``LLM``) is joined there alone.

People's decisions win over all of it (``kg.resolve.decisions``): a form takes no parent that
would join two that someone told apart, and what someone called the same is joined at the
end, in every entry. Each join is kept with its reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kg.folding import abbreviates, fold
from kg.model import ExtractedEntry, Mention, MergeReason
from kg.resolve.decisions import NOTHING, Components, Decided, shown
from kg.vocab import language_of

#: A gloss counts for the whole corpus from one in this many of the form's entries.
RARE: Final = 25
#: A form of so many entries is established: what a single entry glosses with it is a wording.
ESTABLISHED: Final = 5


@dataclass(frozen=True, slots=True)
class Join:
    """Why a form has its parent; ``place`` is the first entry that says so.

    ``support`` counts the entries whose gloss does, or the papers of the table.
    """

    reason: MergeReason
    support: int = 0
    place: int | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """The parent of each form in the corpus, and where an entry says otherwise.

    ``joins`` gives the reasons by child and parent, ``surfaces`` a surface form of each
    form. Of ``fixed`` forms a person said what they are, so no entry says otherwise.
    """

    parents: Mapping[str, str]
    local: Mapping[int, Mapping[str, str]]
    fixed: frozenset[str] = frozenset()
    joins: Mapping[tuple[str, str], Join] = field(default_factory=dict)
    surfaces: Mapping[str, str] = field(default_factory=dict)

    def root(self, entry: int, form: str) -> str:
        """Return the form that stands for the thing named *form* in an entry."""
        own = None if form in self.fixed else self.local.get(entry)
        for _ in range(8):
            parent = (own.get(form) if own else None) or self.parents.get(form)
            if parent is None:
                break
            form = parent
        return form

    def steps(self, entry: int, form: str) -> Iterator[tuple[str, str]]:
        """Yield each form and its parent on the way that :meth:`root` takes.

        Args:
            entry: its place in the corpus; -1 for what holds where no entry says otherwise.
        """
        own = None if form in self.fixed else self.local.get(entry)
        for _ in range(8):
            parent = (own.get(form) if own else None) or self.parents.get(form)
            if parent is None:
                break
            yield form, parent
            form = parent


def group_forms(
    corpus: Iterable[ExtractedEntry],
    known: Mapping[str, tuple[str, int]],
    of: Decided = NOTHING,
) -> Groups:
    """Group the forms of a corpus, given in corpus order.

    Args:
        known: the table of equivalents.
        of: people's decisions.
    """
    support: dict[str, Counter[str]] = defaultdict(Counter)
    entries: Counter[str] = Counter()
    surfaces: dict[str, str] = {}
    said: dict[int, dict[str, str]] = {}
    first: dict[tuple[str, str], int] = {}
    said_by: Counter[tuple[str, str]] = Counter()
    for place, entry in enumerate(corpus):
        form_of = of.forms_in(entry.entry.paper)
        forms = {form_of(mention.exact): mention.exact for mention in entry.mentions}
        entries.update(forms.keys())
        if of.moved:  # a name that only a person gives to the form is no surface of it
            exact = (mention.exact for mention in entry.mentions)
            forms = {
                form_of(one): one for one in exact if shown(form_of(one)) == shown(of.base(one))
            }
        for form, surface in forms.items():
            surfaces.setdefault(form, surface)
        pairs = _pairs(entry.mentions, form_of)
        if pairs:
            said[place] = pairs
            for child, parent in pairs.items():
                first.setdefault((child, parent), place)
                said_by[child, parent] += 1
                if _holds_elsewhere(surfaces.get(child, child), surfaces.get(parent, parent)):
                    support[child][parent] += 1
    for child, (parent, count) in known.items():
        if child in entries and parent in entries:
            support[child][parent] += count * RARE
    components = Components(of)
    parents: dict[str, str] = {}
    joins = {pair: Join(MergeReason.GLOSS, count, first[pair]) for pair, count in said_by.items()}

    def join(child: str, parent: str) -> bool:
        if _leads_to(parents, parent, child) or not components.may_join(child, parent):
            return False
        parents[child] = parent
        components.join(child, parent)
        return True

    for child in sorted(support, key=lambda form: (-entries[form], len(form), form)):
        found: Mapping[str, int] = support[child]
        if of.apart:
            found = {p: n for p, n in found.items() if components.may_join(child, p)}
        if not found:
            continue
        parent, count = min(found.items(), key=lambda item: (-item[1], item[0]))
        if count * RARE < entries[child]:
            continue
        is_told = child in known and known[child][0] == parent
        is_single = count == 1 and entries[parent] >= ESTABLISHED
        if (
            not is_told
            and language_of(child) == "ko"
            and (is_single or _is_kind(child, parent, surfaces, support, parents))
        ):
            del support[child][parent]  # nor does it tell what its words mean
            continue
        if join(child, parent) and (child, parent) not in joins:
            joins[child, parent] = Join(MergeReason.TABLE, count // RARE)
    plain = {form: surface for form, surface in surfaces.items() if shown(form) == form}
    for child, parent in translations(support, plain).items():
        if child not in parents and join(child, parent):
            joins.setdefault((child, parent), Join(MergeReason.WORDS))
    _join_the_same(parents, joins, of)
    local = {
        place: {child: parent for child, parent in pairs.items() if parents.get(child) != parent}
        for place, pairs in said.items()
    }
    fixed = frozenset(form for one, other, _ in of.same for form in (one, other))
    groups = Groups(
        parents, {place: pairs for place, pairs in local.items() if pairs}, fixed, joins, surfaces
    )
    return _kept_apart(groups, of) if of.apart else groups


def _join_the_same(
    parents: dict[str, str], joins: dict[tuple[str, str], Join], of: Decided
) -> None:
    """Join what people called the same: what stands for the second form stands for both."""
    whole = Groups(parents, {})
    above: dict[str, tuple[str, str]] = {}

    def root(form: str) -> str:
        form = whole.root(-1, form)
        while form in above:
            form = above[form][0]
        return form

    for one, other, by in of.same:
        here, there = root(one), root(other)
        if here != there:
            above[here] = (there, by.id)
    tops = {form: root(form) for form in above}
    for form, top in tops.items():
        parents[form] = top  # one step: a chain of decisions would be a long way
        joins[form, top] = Join(MergeReason.DECISION, correction=above[form][1])


def _kept_apart(groups: Groups, of: Decided) -> Groups:
    """Leave out what entries say for themselves where that joins what a person told apart."""
    foes: dict[str, set[str]] = defaultdict(set)
    for one, other, _ in of.apart:
        foes[one].add(other)
        foes[other].add(one)
    roots = {form: {groups.root(-1, form)} for form in foes}
    #: By form, the ones told apart whose way to their root leads over it.
    through: dict[str, set[str]] = defaultdict(set)
    for form in foes.keys() - groups.fixed:
        through[form].add(form)
        for _, parent in groups.steps(-1, form):
            through[parent].add(form)
    local = {}
    for place, pairs in sorted(groups.local.items()):
        kept = dict(pairs)
        touched = sorted({form for child in pairs for form in through.get(child, ())})
        while True:
            here = replace(groups, local={place: kept})
            found = {form: here.root(place, form) for form in touched}
            wrong = next(
                (
                    child
                    for form in touched
                    for child, _ in here.steps(place, form)
                    if child in kept
                    and any(found[form] in {*roots[foe], found.get(foe)} for foe in foes[form])
                ),
                None,
            )
            if wrong is None:
                break
            del kept[wrong]
        for form, root in found.items():
            roots[form].add(root)
        if kept:
            local[place] = kept
    return replace(groups, local=local)


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


def _pairs(mentions: Iterable[Mention], form_of: Callable[[str], str]) -> dict[str, str]:
    """Return child and parent forms, as an entry joins them; a form's first join wins."""
    if not any(mention.gloss_of for mention in mentions):
        return {}
    at = {(mention.section, mention.start, mention.end): mention for mention in mentions}
    pairs: dict[str, str] = {}
    for mention in mentions:
        other = at.get(mention.gloss_of) if mention.gloss_of else None
        if other is None:
            continue
        child, parent = form_of(mention.exact), form_of(other.exact)
        if child != parent and not _leads_to(pairs, parent, child):
            pairs.setdefault(child, parent)
    return pairs


def _holds_elsewhere(child: str, parent: str) -> bool:
    """Tell whether a join is one of names, not of one text's wording: a translation, or an
    abbreviation and its long form. ``the base LLM`` may be ``LLM`` here and not elsewhere."""
    if language_of(child) != language_of(parent):
        return language_of(child) == "ko"
    return abbreviates(child, parent)


def _is_kind(
    child: str,
    parent: str,
    surfaces: Mapping[str, str],
    support: Mapping[str, Mapping[str, int]],
    parents: Mapping[str, str],
) -> bool:
    """Tell whether a form names a kind of its parent: more words before a name of that.

    ``다중 모드 대형 언어 모델(LLM)`` says which LLM is meant, where as many entries have ``대형
    언어 모델(LLM)``.

    Args:
        parents: those found so far; frequent forms come first, then short ones.
    """
    words = surfaces.get(child, "").split()
    whole = Groups(parents, {})
    top = whole.root(-1, parent)
    if len(words) <= len(_words(surfaces.get(top, ""))):
        return False
    for start in range(1, len(words)):
        end = fold(" ".join(words[start:]))
        if parents.get(end) and whole.root(-1, end) == top:
            own = sum(count for name, count in support[end].items() if whole.root(-1, name) == top)
            return own >= support[child][parent]
    return False


def _leads_to(parents: Mapping[str, str], form: str, target: str) -> bool:
    while form != target and form in parents:
        form = parents[form]
    return form == target
