"""Merges the mentions of a corpus into terms, one node a thing.

Rules, all of them functions of the set of digests alone:

- Forms that fold alike (case, hyphens, spaces, plural) are one thing: ``kg.folding.fold``.
- A gloss joins two forms (``확산 모델(diffusion model)``, ``Chain-of-Thought (CoT)``): see
  ``kg.resolve.groups``.
- A term's type is that of most of its mentions; ties go to the higher sum of confidence,
  then to the order of ``TermType``.
- A term's key is that of its first surface form in the corpus; where that is taken, ``~``
  and the key of its long form or of its type are added.
- Preferred in each language is the most frequent spelling of the full form; see
  ``kg.resolve.labels``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final

from kg.folding import fold
from kg.model import (
    ClaimTerms,
    ExtractedDigest,
    ExtractedEntry,
    MentionRef,
    Resolution,
    Result,
    Term,
    TermType,
)
from kg.resolve.groups import Groups, group_forms
from kg.resolve.labels import Labels, label_term
from kg.resolve.tables import equivalents, higher_is_better
from kg.vocab import key_of

__all__ = ["ClaimTerms", "Resolution", "resolve"]

_ZERO: Final = Decimal(0)
_TYPE_ORDER: Final = {type_: -place for place, type_ in enumerate(TermType)}


@dataclass(slots=True)
class _Gathered:
    """What is known of a term while its mentions are gathered."""

    first: str
    types: dict[TermType, int] = field(default_factory=dict)
    confidence: dict[TermType, Decimal] = field(default_factory=dict)
    surfaces: dict[str, int] = field(default_factory=dict)
    mentions: list[MentionRef] = field(default_factory=list)

    @property
    def type(self) -> TermType:
        return max(self.types, key=lambda t: (self.types[t], self.confidence[t], _TYPE_ORDER[t]))


def resolve(
    digests: Iterable[ExtractedDigest], known: Mapping[str, tuple[str, int]] | None = None
) -> Resolution:
    """Merge the mentions of *digests*, given in any order, into terms.

    Args:
        known: equivalent forms as ``kg.resolve.tables`` reads them, None for the packaged ones.
    """
    corpus = [
        (digest.digest.key, entry)
        for digest in sorted(digests, key=lambda d: (d.digest.issued or "", d.digest.key))
        for entry in sorted(digest.entries, key=lambda e: e.entry.position)
    ]
    groups = group_forms((entry for _, entry in corpus), equivalents() if known is None else known)
    gathered: dict[str, _Gathered] = {}
    for place, (digest, entry) in enumerate(corpus):
        _gather(gathered, groups, place, digest, entry)
    keys = _keys(gathered)
    terms = sorted(
        (_term(root, keys[root], found) for root, found in gathered.items()),
        key=lambda term: term.key,
    )
    return Resolution(tuple(terms), _claims(corpus, groups, keys))


def _gather(
    gathered: dict[str, _Gathered],
    groups: Groups,
    place: int,
    digest: str,
    entry: ExtractedEntry,
) -> None:
    key = entry.entry.key
    for mention in entry.mentions:
        root = groups.root(place, fold(mention.exact))
        found = gathered.get(root)
        if found is None:
            found = gathered[root] = _Gathered(mention.exact)
        type_, exact = mention.type, mention.exact
        found.types[type_] = found.types.get(type_, 0) + 1
        found.confidence[type_] = found.confidence.get(type_, _ZERO) + mention.confidence
        found.surfaces[exact] = found.surfaces.get(exact, 0) + 1
        found.mentions.append(MentionRef(digest, key, mention.section, mention.start, mention.end))


def _keys(gathered: Mapping[str, _Gathered]) -> dict[str, str]:
    """Give each term its key; terms come in the order of their first mention."""
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for root, found in gathered.items():
        key = base = _key_of(found.first)
        if key in taken:
            long = max(found.surfaces, key=lambda surface: (len(surface), surface))
            suffix = _key_of(long) if _key_of(long) != base else _key_of(found.type)
            key = f"{base}~{suffix}"
            number = 2
            while key in taken:
                key, number = f"{base}~{suffix}~{number}", number + 1
        taken.add(key)
        keys[root] = key
    return keys


_key_of = lru_cache(maxsize=1 << 17)(key_of)


def _term(root: str, key: str, found: _Gathered) -> Term:
    labels: Labels = label_term(root, found.surfaces)
    type_ = found.type
    return Term(
        key=key,
        type=type_,
        preferred=labels.preferred,
        alternative=labels.alternative,
        hidden=labels.hidden,
        mentions=tuple(found.mentions),
        higher_is_better=_better(found.surfaces) if type_ == TermType.METRIC else None,
    )


def _better(surfaces: Iterable[str]) -> bool | None:
    known = {higher_is_better().get(fold(surface)) for surface in surfaces} - {None}
    return known.pop() if len(known) == 1 else None


def _claims(
    corpus: list[tuple[str, ExtractedEntry]], groups: Groups, keys: Mapping[str, str]
) -> dict[tuple[str, str, int], ClaimTerms]:
    claims: dict[tuple[str, str, int], ClaimTerms] = {}
    for place, (digest, entry) in enumerate(corpus):
        if not entry.results:
            continue
        own = {
            form: keys[groups.root(place, form)]
            for form in {fold(mention.exact) for mention in entry.mentions}
        }
        for number, result in enumerate(entry.results):
            claim = _claim(result, own)
            if claim != _NONE:
                claims[digest, entry.entry.key, number] = claim
    return claims


_NONE: Final = ClaimTerms(None, None, None, None)


def _claim(result: Result, own: Mapping[str, str]) -> ClaimTerms:
    texts = (result.subject, result.benchmark, result.metric, result.baseline)
    return ClaimTerms(*(own.get(fold(text)) if text else None for text in texts))
