"""Tells why extraction says what it says of a mention, from the numbers that it decided by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kg.extract import make_doc
from kg.extract.candidates import Candidates, candidates
from kg.extract.choice import decide, kind_share
from kg.extract.components import SameThings, Terms, rounded
from kg.extract.coreference import NamedForm
from kg.extract.features import Context, Ids, context_of, keys_of
from kg.extract.naming import Named, name_things, named_forms
from kg.extract.pairs import features
from kg.extract.scorer import Scores
from kg.extract.spans import Found, found_in, mentions_of
from kg.extract.surroundings import NO_TERM
from kg.extract.tables import TYPES
from kg.extract.templates import PAIRS, TEMPLATES, described
from kg.extract.view import View, view_of
from kg.folding import fold, unbroken
from kg.model import Entry, Role, TermType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span

#: So many features and forms of a thing are told.
_FEATURES: Final = 6
_FORMS: Final = 3
#: Weights and probabilities below this are not told.
_SMALL: Final = 0.05
#: A pair's feature is told as a reason from here on: flags and counts are at least 1.
_ALIKE: Final = 0.5
#: The roles in the order of their probabilities, strongest reason first.
_ROLES: Final = ((Role.INTRODUCED, 2), (Role.EVALUATED_ON, 1))


@dataclass(frozen=True, slots=True)
class _Scored:
    """The candidates of an entry as a component scored them; ``rows`` by their offsets."""

    component: Terms
    view: View
    found: Candidates
    around: Context
    keys: Ids
    scores: Scores
    rows: dict[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a form was joined with: the form that stands for its thing, and the others."""

    named: Named
    forms: dict[str, NamedForm]
    component: SameThings


def reasons(nlp: Language, entry: Entry) -> dict[tuple[str, int, int], tuple[str, ...]]:
    """Tell of each mention of an entry what found it, a readable line a reason.

    Returns:
        The reasons by section key, start and end.
    """
    with nlp.memory_zone():
        doc = make_doc(nlp, entry)
        scored: dict[str, _Scored] = {}
        things: dict[str, _Thing] = {}
        for _, component in nlp.pipeline:
            if isinstance(component, SameThings):
                things = _things(component, doc)
            doc = component(doc)
            if isinstance(component, Terms) and (seen := _scored(component, view_of(doc))):
                scored[component.component] = seen
        told: dict[tuple[str, int, int], tuple[str, ...]] = {}
        surest: dict[tuple[str, int, int], float] = {}
        for span in mentions_of(doc):
            section = view_of(doc).section_of(span.start_char)
            place = section.key, span.start_char - section.start, span.end_char - section.start
            if place not in told or span._.kg_confidence > surest[place]:
                told[place] = tuple(_lines(doc, span, scored, things))
                surest[place] = span._.kg_confidence
    return told


def _scored(component: Terms, view: View) -> _Scored | None:
    found = candidates(view, component.tables, component.finder)
    if not len(found):
        return None
    around = context_of(view, found, component.tables)
    return _Scored(
        component,
        view,
        found,
        around,
        keys_of(view, found, around),
        component.weights.scorer.score(view, found, component.tables, component.threshold),
        {
            (int(start), int(end)): row
            for row, (start, end) in enumerate(zip(found.start, found.end, strict=True))
        },
    )


def _things(component: SameThings, doc: Doc) -> dict[str, _Thing]:
    mentions = found_in(mentions_of(doc))
    forms = {fold(form.exact): form for form in named_forms(mentions)}
    named = name_things(doc.text, mentions, component.weights.coreference, component.threshold)
    return {form: _Thing(thing, forms, component) for thing in named for form in thing.forms}


def _lines(
    doc: Doc, span: Span, scored: dict[str, _Scored], things: dict[str, _Thing]
) -> Iterator[str]:
    (mention,) = found_in([span])
    yield f"{span._.kg_component}: confidence {rounded(span._.kg_confidence)}"
    found = scored.get(span._.kg_component)
    row = found.rows.get((mention.start, mention.end)) if found else None
    if found and row is not None:
        yield from _scores(found, row)
        first = decide(found.scores.terms[row, :NO_TERM])
        if first != mention.type:
            share = kind_share(mention.types, mention.type)
            yield f"type {mention.type}: that of all forms of the thing, here {share:.2f}"
    thing = things.get(fold(mention.exact))
    if thing:
        yield from _joined(doc.text, mention, thing)
    yield _role(mention, Role(span._.kg_role))


def _scores(found: _Scored, row: int) -> Iterator[str]:
    """Tell what the tables, both stages and digests without annotation say of a candidate."""
    scorer, folded = found.component.weights.scorer, found.found.forms[row].folded
    if types := found.component.tables.names.get(folded):
        yield f"name table: {', '.join(types)}"
    shares = found.scores.terms[row]
    best = sorted(range(NO_TERM), key=lambda n: -shares[n])
    told = [f"{TYPES[n]} {shares[n]:.2f}" for n in best[:3] if n == best[0] or shares[n] >= _SMALL]
    yield f"scores: {', '.join(told)}, no term {shares[NO_TERM]:.2f}"
    yield _first_stage(found, row, decide(shares[:NO_TERM]))
    entries, _, taken, *_ = scorer.statistics.of(np.array([found.found.forms[row].id], np.uint64))[
        0
    ].tolist()
    if entries:
        yield (
            f"digests without annotation: in {np.expm1(entries):.0f} entries, "
            f"taken as a term in {taken:.0%} of its places"
        )


def _first_stage(found: _Scored, row: int, type_: TermType) -> str:
    """Tell the features that weigh most for a type against no term."""
    keys, own = found.component.weights.scorer.keys, found.keys[row]
    place = np.minimum(np.searchsorted(keys.ids, own), len(keys.ids) - 1)
    known = (keys.ids[place] == own) & (own != 0)
    weights = keys.weights[place, TYPES.index(type_)] - keys.weights[place, NO_TERM]
    weights = np.where(known, weights, 0)
    words = described(found.view, found.found, found.around, row)
    strongest = sorted(range(len(weights)), key=lambda n: -abs(weights[n]))[:_FEATURES]
    told = [
        f"{weights[n]:+.1f} {TEMPLATES[n].format_map(words)}"
        for n in strongest
        if abs(weights[n]) >= _SMALL
    ]
    return f"first stage, {type_} against no term: {', '.join(told) or 'nothing known'}"


def _joined(text: str, mention: Found, thing: _Thing) -> Iterator[str]:
    """Tell what the mention is the same thing as, or what it stands for."""
    own, named = fold(mention.exact), thing.named
    others = [
        (form, likely)
        for form, likely in zip(named.forms, named.likely, strict=True)
        if form != named.main
    ]
    if own == named.main:
        for form, likely in sorted(others, key=lambda other: -other[1])[:_FORMS]:
            yield f'stands for "{unbroken(thing.forms[form].exact)}" too: {likely:.2f}'
        return
    main = thing.forms[named.main]
    likely = dict(others)[own]
    lexicon = thing.component.weights.coreference.lexicon
    values = features(text, [thing.forms[own], main], lexicon)[0]
    why = _why(values.tolist())
    yield f'same thing as "{unbroken(main.exact)}": {likely:.2f}{f" ({why})" if why else ""}'


def _why(values: Sequence[float]) -> str:
    named = zip(PAIRS, values, strict=True)
    return ", ".join(dict.fromkeys(name for name, value in named if name and value >= _ALIKE))


def _role(mention: Found, role: Role) -> str:
    if not mention.roles:
        return f"role {role}: by the words around the thing"
    told = ", ".join(f"{one} {mention.roles[n]:.2f}" for one, n in _ROLES)
    return f"role {role} for the thing; of this mention: {told}"
