"""Chooses a term's labels from its surface forms.

Of spellings that fold alike the most frequent is shown, the others are hidden labels.
Preferred in English is the shown spelling of the form that stands for the group (the long
form of an abbreviation), in Korean the most frequent one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from kg.folding import fold, unbroken
from kg.model import Label
from kg.vocab import language_of


@dataclass(frozen=True, slots=True)
class Labels:
    """As in ``kg.model.Term``."""

    preferred: tuple[Label, ...]
    alternative: tuple[Label, ...]
    hidden: tuple[Label, ...]


def label_term(root: str, surfaces: Mapping[str, int]) -> Labels:
    """Make the labels of a term from its surface forms with their counts.

    Args:
        root: the folded form that stands for the term.
    """
    counts: dict[str, int] = defaultdict(int)
    for surface, count in surfaces.items():
        counts[unbroken(surface)] += count
    if len(counts) == 1:
        (text,) = counts
        return Labels((Label(text, language_of(text)),), (), ())
    spellings: dict[str, list[str]] = defaultdict(list)
    for text in sorted(counts, key=lambda text: (-counts[text], text)):
        spellings[fold(text)].append(text)
    shown = {form: texts[0] for form, texts in spellings.items()}
    by_language: dict[str, list[str]] = defaultdict(list)
    for form, text in shown.items():
        by_language[language_of(text)].insert(0 if form == root else len(shown), text)
    preferred = [texts[0] for _, texts in sorted(by_language.items())]
    rest = set(shown.values()) - set(preferred)
    return Labels(
        preferred=tuple(Label(text, language_of(text)) for text in preferred),
        alternative=tuple(Label(text, language_of(text)) for text in sorted(rest)),
        hidden=tuple(
            Label(text, language_of(text)) for text in sorted(set(counts) - set(shown.values()))
        ),
    )
