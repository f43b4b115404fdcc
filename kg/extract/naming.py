"""Joins the mentions of an entry that name one thing, and gives each thing one type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.extract.choice import decide, pooled, pooled_alone
from kg.extract.coreference import Coreference, NamedForm, join, main_form
from kg.extract.spans import Found
from kg.folding import fold
from kg.model import TermType


@dataclass(frozen=True, slots=True)
class Named:
    """Forms of one thing, folded; ``main`` stands for the others, ``type`` is that of all.

    ``likely`` is, for each form, the probability that it and the main form are one thing.
    """

    forms: tuple[str, ...]
    main: str
    type: TermType
    likely: tuple[float, ...]


def named_forms(mentions: Sequence[Found]) -> list[NamedForm]:
    """Return the forms of an entry's mentions, by their first place."""
    by_form: dict[str, list[int]] = {}
    for number, mention in enumerate(mentions):
        by_form.setdefault(fold(mention.exact), []).append(number)
    types = np.array([mention.types for mention in mentions], np.float32)
    alone = pooled_alone(types).tolist() if len(types) else []
    sure = types.sum(axis=1).tolist() if len(types) else []
    forms = []
    for several in by_form.values():
        exacts = Counter([mentions[n].exact for n in several])
        forms.append(
            NamedForm(
                exact=max(exacts, key=lambda exact: (exacts[exact], exact)),
                places=tuple((mentions[n].start, mentions[n].end) for n in several),
                types=tuple(
                    alone[several[0]] if len(several) == 1 else pooled(types[several]).tolist()
                ),
                odds=max([sure[n] for n in several]),
            )
        )
    return forms


def name_things(
    text: str, mentions: Sequence[Found], coreference: Coreference, threshold: float
) -> list[Named]:
    """Join the forms of *mentions* (sorted by start) that name one thing.

    Args:
        threshold: how likely forms must be one, on average over their pairs.
    """
    forms = named_forms(mentions)
    if not forms:
        return []
    alike = coreference.alike(text, forms)
    types = np.array([form.types for form in forms], np.float32)
    weights = np.sqrt([len(form.places) for form in forms])
    alone = pooled_alone(types, weights).tolist()
    names = [fold(form.exact) for form in forms]
    things = []
    for group in join(alike, threshold):
        main = group[0]
        if len(group) > 1:
            main = group[main_form([forms[place].exact for place in group])]
        share = alone[main] if len(group) == 1 else pooled(types[group], weights[group])
        things.append(
            Named(
                forms=tuple([names[place] for place in group]),
                main=names[main],
                type=decide(share),
                likely=tuple(alike[group, main].tolist()),
            )
        )
    return things
