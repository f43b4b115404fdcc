"""Tells why the names of a term are its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg.folding import unbroken
from kg.model import Correction, Decision, ExtractedEntry, Merge, MergeReason
from kg.resolve.decisions import Decided, shown
from kg.resolve.groups import Groups


def merges_of(
    groups: Groups,
    of: Decided,
    corpus: Sequence[tuple[str, ExtractedEntry]],
    forms: Mapping[str, int],
    surfaces: Mapping[str, int],
) -> tuple[Merge, ...]:
    """Tell how the names of a term joined it: joins of forms first, then spellings of one form.

    Args:
        corpus: digest key and entry by place.
        forms: the term's forms, with the first place of each.
        surfaces: its surface forms with their counts.
    """
    merges: dict[Merge, None] = {}
    for form, place in forms.items():
        for child, parent in groups.steps(place, form):
            merges[_join(groups, corpus, child, parent)] = None
    for form, by in of.about:
        if by.decision == Decision.SAME and by.papers and form in forms:
            merges[_for_one_paper(groups, form, by)] = None
    most: dict[str, str] = {}
    for surface in sorted(surfaces, key=lambda one: (-surfaces[one], one)):
        text = unbroken(surface)
        first = most.setdefault(of.base(text), text)
        if first != text:
            merges[Merge(text, first, MergeReason.SPELLING)] = None
    return tuple(merges)


def _join(
    groups: Groups, corpus: Sequence[tuple[str, ExtractedEntry]], child: str, parent: str
) -> Merge:
    join = groups.joins[child, parent]
    first = None
    if join.place is not None:
        digest, entry = corpus[join.place]
        first = digest, entry.entry.key
    return Merge(
        _surface(groups, child),
        _surface(groups, parent),
        join.reason,
        join.support,
        first,
        join.correction,
    )


def _for_one_paper(groups: Groups, form: str, by: Correction) -> Merge:
    return Merge(by.label, _surface(groups, form), MergeReason.DECISION, correction=by.id)


def _surface(groups: Groups, form: str) -> str:
    """Return a form as it stands in the corpus; a form that only people name is folded."""
    return groups.surfaces.get(form, shown(form))
