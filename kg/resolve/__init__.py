"""Merges the mentions of a corpus into terms, one node a thing.

Rules, all of them functions of the set of digests and of people's corrections alone:

- Forms that fold alike (case, hyphens, spaces, plural) are one thing: ``kg.folding.fold``.
- A gloss joins two forms (``확산 모델(diffusion model)``, ``Chain-of-Thought (CoT)``): see
  ``kg.resolve.groups``.
- A term's type is that of most of its mentions; ties go to the higher sum of confidence,
  then to the order of ``TermType``.
- A term's key is that of its first surface form in the corpus; where that is taken, ``~``
  and the key of its long form or of its type are added.
- A term's names are what it is called wherever that stands. A wording that one entry alone
  joins to it (``the base LLM`` for ``LLM``) is a mention of it and may be no name: ``_names``.
- Preferred in each language is the most frequent spelling of the full form: in English the
  form that stands for the group (the long form of an abbreviation, the form that people
  call the same name), in Korean the most frequent form; see ``kg.resolve.labels``.
- What people decided wins over each of these: see ``kg.resolve.decisions``.
- Every join of two forms is kept with its reason: :func:`explain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from kg.folding import abbreviates, fold
from kg.model import (
    ClaimTerms,
    Correction,
    ExtractedDigest,
    ExtractedEntry,
    MentionRef,
    Merge,
    Resolution,
    Result,
    Term,
    TermType,
)
from kg.resolve.decisions import Decided, decided, shown
from kg.resolve.groups import Groups, group_forms
from kg.resolve.labels import Labels, label_term
from kg.resolve.reasons import merges_of
from kg.resolve.tables import equivalents, higher_is_better
from kg.vocab import key_of

__all__ = ["ClaimTerms", "Explanation", "Resolution", "explain", "resolve"]

_ZERO: Final = Decimal(0)
_TYPE_ORDER: Final = {type_: -place for place, type_ in enumerate(TermType)}


@dataclass(slots=True)
class _Gathered:
    """What is known of a term while its mentions are gathered.

    ``forms`` are its forms with the first entry of the corpus that has each, ``form_of`` gives
    the form of each of its surface forms.
    """

    first: str
    forms: dict[str, int] = field(default_factory=dict)
    types: dict[TermType, int] = field(default_factory=dict)
    confidence: dict[TermType, Decimal] = field(default_factory=dict)
    surfaces: dict[str, int] = field(default_factory=dict)
    form_of: dict[str, str] = field(default_factory=dict)
    mentions: list[MentionRef] = field(default_factory=list)

    @property
    def type(self) -> TermType:
        return max(self.types, key=lambda t: (self.types[t], self.confidence[t], _TYPE_ORDER[t]))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A resolution, and by a term's key how each of its names joined it.

    ``votes`` says how many of a term's mentions are of each type, most first.
    """

    resolution: Resolution
    merges: Mapping[str, tuple[Merge, ...]]
    votes: Mapping[str, tuple[tuple[TermType, int], ...]]


@dataclass(frozen=True, slots=True)
class _Merged:
    """The corpus with its mentions gathered by the form that stands for them."""

    corpus: list[tuple[str, ExtractedEntry]]
    of: Decided
    groups: Groups
    gathered: dict[str, _Gathered]
    types: dict[str, TermType]
    keys: dict[str, str]


def resolve(
    digests: Iterable[ExtractedDigest],
    known: Mapping[str, tuple[str, int]] | None = None,
    corrections: Iterable[Correction] = (),
) -> Resolution:
    """Merge the mentions of *digests*, given in any order, into terms.

    Args:
        known: equivalent forms as ``kg.resolve.tables`` reads them, None for the packaged ones.
        corrections: people's decisions in force, in any order.
    """
    return _resolution(_merge(digests, known, corrections))


def explain(
    digests: Iterable[ExtractedDigest],
    known: Mapping[str, tuple[str, int]] | None = None,
    corrections: Iterable[Correction] = (),
) -> Explanation:
    """Resolve as :func:`resolve` does, and tell why: for each term, how its names joined.

    A name that is first of its form and was joined to nothing has no reason and is not told.
    """
    merged = _merge(digests, known, corrections)
    return Explanation(
        _resolution(merged),
        {
            merged.keys[root]: merges_of(
                merged.groups, merged.of, merged.corpus, found.forms, found.surfaces
            )
            for root, found in merged.gathered.items()
        },
        {
            merged.keys[root]: tuple(sorted(found.types.items(), key=lambda one: -one[1]))
            for root, found in merged.gathered.items()
        },
    )


def _merge(
    digests: Iterable[ExtractedDigest],
    known: Mapping[str, tuple[str, int]] | None,
    corrections: Iterable[Correction],
) -> _Merged:
    of = decided(corrections)
    corpus = [
        (digest.digest.key, _accepted(entry, of))
        for digest in sorted(digests, key=lambda d: (d.digest.issued or "", d.digest.key))
        for entry in sorted(digest.entries, key=lambda e: e.entry.position)
    ]
    known = equivalents() if known is None else known
    groups = group_forms((entry for _, entry in corpus), known, of)
    gathered: dict[str, _Gathered] = {}
    for place, (digest, entry) in enumerate(corpus):
        _gather(gathered, groups, of, place, digest, entry)
    types = _types(gathered, groups, of)
    return _Merged(corpus, of, groups, gathered, types, _keys(gathered, types, groups, of))


def _accepted(entry: ExtractedEntry, of: Decided) -> ExtractedEntry:
    """Leave out the mentions that someone said are of no term."""
    if not of.rejected:
        return entry
    paper = entry.entry.paper
    mentions = tuple(m for m in entry.mentions if not of.rejects(m.exact, paper))
    return entry if len(mentions) == len(entry.mentions) else replace(entry, mentions=mentions)


def _resolution(merged: _Merged) -> Resolution:
    of, groups, keys = merged.of, merged.groups, merged.keys
    about: dict[str, set[str]] = {}
    for form, one in of.about:
        about.setdefault(groups.root(-1, form), set()).add(one.id)
    terms = [
        _term(
            *(root, keys[root], merged.types[root], found),
            names=_names(root, found, merged),
            corrections=tuple(sorted(about.get(root, ()))),
        )
        for root, found in merged.gathered.items()
    ]
    terms.sort(key=lambda term: term.key)
    return Resolution(tuple(terms), _claims(merged), of.people)


def _types(gathered: Mapping[str, _Gathered], groups: Groups, of: Decided) -> dict[str, TermType]:
    said = _newest(
        (groups.root(-1, form), one) for (form, paper), one in of.types.items() if not paper
    )
    return {
        root: TermType(said[root].value) if root in said else found.type
        for root, found in gathered.items()
    }


def _newest(said: Iterable[tuple[str, Correction]]) -> dict[str, Correction]:
    """Of corrections about one term, which several of its forms can have, take the newest."""
    found: dict[str, Correction] = {}
    for root, one in said:
        before = found.get(root)
        if before is None or (before.date, before.id) < (one.date, one.id):
            found[root] = one
    return found


def _gather(
    gathered: dict[str, _Gathered],
    groups: Groups,
    of: Decided,
    place: int,
    digest: str,
    entry: ExtractedEntry,
) -> None:
    key, paper = entry.entry.key, entry.entry.paper
    form_of = of.forms_in(paper)
    for mention in entry.mentions:
        form = form_of(mention.exact)
        root = groups.root(place, form)
        found = gathered.get(root)
        if found is None:
            found = gathered[root] = _Gathered(mention.exact)
        type_, exact = mention.type, mention.exact
        if of.types:
            type_ = of.type(exact, paper) or type_
        found.forms.setdefault(form, place)
        found.types[type_] = found.types.get(type_, 0) + 1
        found.confidence[type_] = found.confidence.get(type_, _ZERO) + mention.confidence
        found.surfaces[exact] = found.surfaces.get(exact, 0) + 1
        found.form_of[exact] = form
        found.mentions.append(MentionRef(digest, key, mention.section, mention.start, mention.end))


def _keys(
    gathered: Mapping[str, _Gathered], types: Mapping[str, TermType], groups: Groups, of: Decided
) -> dict[str, str]:
    """Give each term its key; terms come in the order of their first mention."""
    said = _newest((groups.root(-1, form), one) for form, one in of.keys.items())
    keys = {root: one.value for root, one in said.items() if root in gathered}
    taken = set(keys.values())
    for root, found in gathered.items():
        if root in keys:
            continue
        key = base = _key_of(found.first)
        if key in taken:
            long = max(found.surfaces, key=lambda surface: (len(surface), surface))
            suffix = _key_of(long) if _key_of(long) != base else _key_of(types[root])
            key = f"{base}~{suffix}"
            number = 2
            while key in taken:
                key, number = f"{base}~{suffix}~{number}", number + 1
        taken.add(key)
        keys[root] = key
    return keys


_key_of = lru_cache(maxsize=1 << 17)(key_of)


def _names(root: str, found: _Gathered, merged: _Merged) -> dict[str, int]:
    """Count the names of a term: what it is called, without the wordings of single entries.

    What one entry alone joins to the term is a name of it where no other term has that, and
    where the term is in no other entry or has it as a short name.
    """
    roots = {form: merged.groups.root(-1, form) for form in found.forms}
    if all(own == root for own in roots.values()):
        return found.surfaces
    own = {exact: roots[form] for exact, form in found.form_of.items()}
    names = {exact: count for exact, count in found.surfaces.items() if own[exact] == root}
    is_local = len({(ref.digest, ref.entry) for ref in found.mentions}) == 1
    more = {
        exact: count
        for exact, count in found.surfaces.items()
        if own[exact] not in merged.gathered and (is_local or _is_short_for(exact, names))
    }
    return names | more or found.surfaces


def _is_short_for(exact: str, names: Iterable[str]) -> bool:
    """Tell whether a form abbreviates a name, or leaves out its last words.

    >>> _is_short_for("Image-to-video", ["image-to-video generation"])
    True
    """
    start = f"{exact} ".lower()
    return any(abbreviates(exact, one) or one.lower().startswith(start) for one in names)


def _term(
    root: str,
    key: str,
    type_: TermType,
    found: _Gathered,
    *,
    names: Mapping[str, int],
    corrections: tuple[str, ...],
) -> Term:
    labels: Labels = label_term(shown(root), names)
    return Term(
        key=key,
        type=type_,
        preferred=labels.preferred,
        alternative=labels.alternative,
        hidden=labels.hidden,
        mentions=tuple(found.mentions),
        higher_is_better=_better(found.surfaces) if type_ == TermType.METRIC else None,
        corrections=corrections,
    )


def _better(surfaces: Iterable[str]) -> bool | None:
    known = {higher_is_better().get(fold(surface)) for surface in surfaces} - {None}
    return known.pop() if len(known) == 1 else None


def _claims(merged: _Merged) -> dict[tuple[str, str, int], ClaimTerms]:
    """Find the terms that results name: by a mention's own form, else by any label of a term
    that the entry mentions (``accuracy`` where the text has ``정확도`` only)."""
    of, groups, keys = merged.of, merged.groups, merged.keys
    labels: dict[str, set[str]] = {}
    for root, found in merged.gathered.items():
        for surface in found.surfaces:
            labels.setdefault(of.base(surface), set()).add(keys[root])
    claims: dict[tuple[str, str, int], ClaimTerms] = {}
    for place, (digest, entry) in enumerate(merged.corpus):
        if not entry.results:
            continue
        form_of = of.forms_in(entry.entry.paper)
        own = {
            of.base(exact): keys[groups.root(place, form_of(exact))]
            for exact in {mention.exact for mention in entry.mentions}
        }
        here = set(own.values())
        for number, result in enumerate(entry.results):
            for text in (result.subject, result.benchmark, result.metric, result.baseline):
                form = of.base(text) if text else ""
                if form and form not in own:
                    meant = labels.get(form, set()) & here
                    if len(meant) == 1:
                        (own[form],) = meant
            claim = _claim(result, own, of)
            if claim != _NONE:
                claims[digest, entry.entry.key, number] = claim
    return claims


_NONE: Final = ClaimTerms(None, None, None, None)


def _claim(result: Result, own: Mapping[str, str], of: Decided) -> ClaimTerms:
    texts = (result.subject, result.benchmark, result.metric, result.baseline)
    return ClaimTerms(*(own.get(of.base(text)) if text else None for text in texts))
