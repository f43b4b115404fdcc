"""Why the graph says what it says of a paper: mentions, types, roles, merges and decisions.

Everything is read from the records of the newest snapshot and resolved anew, in a second or
two; extraction is asked again only where the reasons of single mentions are wanted.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from rapidfuzz import process

from kg.errors import KGError
from kg.extract import make_nlp, reasons
from kg.folding import fold
from kg.model import (
    ClaimTerms,
    Correction,
    Entry,
    ExtractedDigest,
    ExtractedEntry,
    Mention,
    Merge,
    Result,
    Role,
    Section,
    Term,
    TermType,
)
from kg.pipeline.papers import EXPECTED, paper_key
from kg.resolve import explain
from kg.resolve.decisions import Decided, decided
from kg.settings import Settings
from kg.store import open_snapshot
from kg.vocab import Iris, key_of

_SENTENCE_END: Final = re.compile(r"[.!?。](?=\s)\s*|\n+")
#: A sentence is shown up to so many characters either side of the mention.
_AROUND: Final = 200
_NEAR: Final = 3
_ROLES: Final = (Role.INTRODUCED, Role.EVALUATED_ON, Role.OTHER)


@dataclass(frozen=True, slots=True)
class MentionWhy:
    """A mention in its sentence; ``rejected`` is the id of the correction that says it is none.

    ``before`` and ``after`` are the sentence around it, ``counts_as`` its type where a
    correction says another than extraction, ``reasons`` what extraction has to say.
    """

    digest: str
    entry: str
    mention: Mention
    before: str
    after: str
    counts_as: TermType | None = None
    rejected: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermWhy:
    """A term of a paper. ``term`` is None for a name that a person says is no term.

    ``role`` is the strongest of its mentions, ``confidence`` the highest; ``votes`` counts
    all mentions of the corpus by type. ``merges`` says how its names joined,
    ``corrections`` are those that name one of them.
    """

    label: str
    iri: str | None
    term: Term | None
    role: Role
    confidence: Decimal
    mentions: tuple[MentionWhy, ...]
    votes: tuple[tuple[TermType, int], ...] = ()
    merges: tuple[Merge, ...] = ()
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultWhy:
    """A result in its evidence, with the keys of the terms that it names."""

    digest: str
    entry: str
    result: Result
    before: str
    value: str
    after: str
    terms: ClaimTerms | None


@dataclass(frozen=True, slots=True)
class PaperWhy:
    """What the graph says of a paper. ``terms`` come in the order of the text."""

    key: str
    iri: str
    title: str
    digests: tuple[str, ...]
    terms: tuple[TermWhy, ...]
    results: tuple[ResultWhy, ...]


def explain_paper(paper: str, settings: Settings) -> PaperWhy:
    """Tell what the graph says of a paper.

    Args:
        paper: as ``kg.pipeline.papers.paper_key`` reads it.

    Raises:
        KGError: there is no store, or no such paper in it.
    """
    return _explain(paper, settings)[0]


def explain_term(paper: str, name: str, settings: Settings) -> tuple[TermWhy, ...]:
    """Tell why a paper's terms that have a name are what they are: one, or several of a name.

    Args:
        name: any label of the term, or a form that a person says is none.

    Raises:
        KGError: there is no store, or no such paper or term in it.
    """
    whole, entries = _explain(paper, settings)
    chosen = [one for one in whole.terms if _has_name(one, name)]
    if not chosen:
        labels = [label for one in whole.terms for label in _labels(one)]
        raise KGError(f"{whole.key}: no term {name!r} in this paper; {_nearest(name, labels)}")
    nlp = make_nlp(settings.extract_config)
    said = {place: reasons(nlp, entry) for place, entry in entries.items()}
    return tuple(_with_reasons(one, said) for one in chosen)


def _explain(paper: str, settings: Settings) -> tuple[PaperWhy, dict[tuple[str, str], Entry]]:
    key = paper_key(paper)
    if key is None:
        raise KGError(f"{paper!r}: no paper's id; expected {EXPECTED}")
    with open_snapshot(settings.store) as snapshot, snapshot.records() as records:
        digests = list(records.read())
        corrections = records.corrections()
    here = [
        (digest.digest.key, one)
        for digest in digests
        for one in digest.entries
        if one.entry.paper == key
    ]
    if not here:
        papers = sorted({one.entry.paper for digest in digests for one in digest.entries})
        raise KGError(f"{settings.store}: no paper {key!r}; {_nearest(key, papers)}")
    iris = Iris(settings.base_iri)
    return (
        PaperWhy(
            key,
            iris.paper(key),
            here[-1][1].entry.title,
            tuple(dict.fromkeys(digest for digest, _ in here)),
            *_terms_and_results(here, digests, corrections, iris),
        ),
        {(digest, one.entry.key): one.entry for digest, one in here},
    )


def _terms_and_results(
    here: list[tuple[str, ExtractedEntry]],
    digests: list[ExtractedDigest],
    corrections: tuple[Correction, ...],
    iris: Iris,
) -> tuple[tuple[TermWhy, ...], tuple[ResultWhy, ...]]:
    whole = explain(digests, corrections=corrections)
    of = decided(corrections)
    places = {(digest, one.entry.key) for digest, one in here}
    term_at = {
        (ref.digest, ref.entry, ref.section, ref.start, ref.end): term
        for term in whole.resolution.terms
        for ref in term.mentions
        if (ref.digest, ref.entry) in places
    }
    found: dict[str, list[MentionWhy]] = defaultdict(list)
    terms: dict[str, Term | None] = {}
    results = []
    for digest, one in here:
        texts = {section.key: section for section in one.entry.sections}
        for mention in one.mentions:
            place = (digest, one.entry.key, mention.section, mention.start, mention.end)
            term = term_at.get(place)
            name = term.key if term else f"\n{of.base(mention.exact)}"
            terms[name] = term
            found[name].append(_mention(digest, one.entry, mention, texts, of))
        for number, result in enumerate(one.results):
            before, after = _around(texts[result.section].text, result.start, result.end)
            value = texts[result.section].text[result.start : result.end]
            claim = whole.resolution.claims.get((digest, one.entry.key, number))
            results.append(ResultWhy(digest, one.entry.key, result, before, value, after, claim))
    by_id = {one.id: one for one in corrections}
    return (
        tuple(
            _term(term, found[name], whole.votes, whole.merges, by_id, iris)
            for name, term in terms.items()
        ),
        tuple(results),
    )


def _mention(
    digest: str, entry: Entry, mention: Mention, texts: Mapping[str, Section], of: Decided
) -> MentionWhy:
    before, after = _around(texts[mention.section].text, mention.start, mention.end)
    rejected = of.rejects(mention.exact, entry.paper)
    return MentionWhy(
        digest,
        entry.key,
        mention,
        before,
        after,
        of.type(mention.exact, entry.paper),
        rejected.id if rejected else None,
    )


def _term(
    term: Term | None,
    mentions: list[MentionWhy],
    votes: Mapping[str, tuple[tuple[TermType, int], ...]],
    merges: Mapping[str, tuple[Merge, ...]],
    corrections: Mapping[str, Correction],
    iris: Iris,
) -> TermWhy:
    roles = {one.mention.role for one in mentions}
    role = next(role for role in _ROLES if role in roles)
    confidence = max(one.mention.confidence for one in mentions)
    if term is None:
        by = dict.fromkeys(one.rejected for one in mentions if one.rejected)
        return TermWhy(
            mentions[0].mention.exact, None, None, role, confidence, tuple(mentions),
            tuple(Counter(one.mention.type for one in mentions).most_common()),
            (), tuple(corrections[id_] for id_ in by),
        )  # fmt: skip
    return TermWhy(
        term.preferred[0].text, iris.term(term.key), term, role, confidence, tuple(mentions),
        votes[term.key], merges[term.key], tuple(corrections[id_] for id_ in term.corrections),
    )  # fmt: skip


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the sentence before and after a span, cut where it is long.

    >>> _around("A b. LoRA is small. It is.", 5, 9)
    ('', ' is small.')
    """
    first, last = 0, len(text)
    for found in _SENTENCE_END.finditer(text):
        if found.end() <= start:
            first = found.end()
        elif found.start() >= end:
            last = found.start() + (found[0][0] != "\n")
            break
    before, after = text[first:start], text[end:last]
    if len(before) > _AROUND:
        before = "…" + before[-_AROUND:]
    if len(after) > _AROUND:
        after = after[:_AROUND] + "…"
    return before, after


def _labels(one: TermWhy) -> Iterator[str]:
    yield from dict.fromkeys(mention.mention.exact for mention in one.mentions)
    if one.term:
        for label in (*one.term.preferred, *one.term.alternative, *one.term.hidden):
            yield label.text


def _has_name(one: TermWhy, name: str) -> bool:
    keys = {one.term.key} if one.term else set()
    return name in keys or any(
        fold(label) == fold(name) or key_of(label) == key_of(name) for label in _labels(one)
    )


def _nearest(name: str, names: Iterable[str]) -> str:
    found = process.extract(name, list(dict.fromkeys(names)), limit=_NEAR, score_cutoff=50)
    if not found:
        return "there is none like it"
    return "the nearest: " + ", ".join(repr(match) for match, *_ in found)


def _with_reasons(
    one: TermWhy, said: Mapping[tuple[str, str], Mapping[tuple[str, int, int], tuple[str, ...]]]
) -> TermWhy:
    return replace(
        one,
        mentions=tuple(
            replace(why, reasons=said[why.digest, why.entry].get(_place(why.mention), ()))
            for why in one.mentions
        ),
    )


def _place(mention: Mention) -> tuple[str, int, int]:
    return mention.section, mention.start, mention.end
