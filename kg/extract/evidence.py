"""Weighs whether a stretch of text is a term, and of which type.

Each candidate has a handful of features (its form, its last word, its neighbours, the
types that the name table gives it, …). ``counts.tsv`` says how often candidates with a
feature were annotated as terms, as which types, and as introduced by their paper. The
evidence of the features is added up as log odds, shrunk because features overlap; what was
never seen weighs nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from kg.extract.tables import TYPES, Count, Tables
from kg.extract.view import View
from kg.folding import fold

#: The feature that every candidate has: its count is the prior.
PRIOR: Final = "any"

#: How much of a feature's evidence counts, by the feature's kind: for being a term, for the
#: type, and for being introduced. Fitted by logistic regression on the training annotations,
#: each digest's evidence counted on the other digests.
WEIGHTS: Final = {
    "form": 0.73, "last": 0.29, "first": 0.34, "piece": 0.23, "shape": 0.17, "next": 0.5,
    "after": 0.19, "before": 0.54, "edge": 0.5, "table": 0.11,
}  # fmt: skip
TYPE_WEIGHTS: Final = {
    "form": 0.62, "last": 0.42, "two": 0.33, "first": 0.49, "piece": 0.3, "shape": 0.37,
    "next": 0.51, "after": 0.31, "before": 0.35, "table": 0.51,
}  # fmt: skip
INTRODUCED_WEIGHTS: Final = {
    "form": 1.43, "two": 0.21, "first": 0.23, "piece": 0.29, "shape": 0.26, "next": 0.54,
    "after": 0.46, "before": 0.51, "edge": 0.31, "table": 0.61, "often": 0.86,
}  # fmt: skip
#: Candidates that a feature is assumed to have had at the prior's rate before any count.
SMOOTHING: Final = 2.0
TYPE_SMOOTHING: Final = 1.0
PRIOR_SHARE: Final = 0.7

_CASE: Final = (
    ("number", re.compile(r"[\d. ]+\Z")),
    ("caps-digit", re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9.+-]*\Z")),
    ("caps", re.compile(r"[A-Z]{2,}s?\Z")),
    ("camel", re.compile(r"(?=.*[a-z][A-Z]|.*[A-Z]{2}[a-z]|.*[A-Za-z]-?\d)[^ ]*\Z")),
    ("title", re.compile(r"[A-Z][a-z]+\Z")),
    ("titles", re.compile(r"[A-Z]\S*(?: [A-Z0-9]\S*)+\Z")),
    ("lower", re.compile(r"[a-z -]+\Z")),
)


def features(
    view: View, tables: Tables, start: int, end: int, edge: str, often: int
) -> Iterator[str]:
    """Yield the features of a candidate as ``kind=value``.

    Args:
        edge: how it lies in its run (``lr`` the whole, ``l``, ``r``, empty inside,
            ``name`` for a name of the table that no run holds).
        often: how many times its form stands in the entry.
    """
    first, last = view.at[start], view.until[end]
    text = view.text
    exact = text[start:end]
    section = view.section_of(start)
    form = fold(exact)
    words = exact.replace("-", " ").split()
    korean = "k" if not exact.isascii() else "e"
    place = ("k" if section.korean else "e") if section.key != "title" else "t"
    yield PRIOR
    yield f"form={form}"
    yield f"last={fold(words[-1]) if words else ''}"
    if len(words) > 1:
        yield f"two={fold(''.join(words[-2:]))}"
        yield f"first={fold(words[0])}"
    if last > first:
        yield f"piece={_near(view, last)}"
    yield f"shape={place}{korean}{min(len(words), 5)}{case_of(exact)}"
    yield f"edge={edge}{place}{korean}{min(len(words), 3)}"
    glued = view.starts[last + 1] == end if last + 1 < len(view.starts) else False
    yield f"next={place}{'' if glued else '_'}{_near(view, last + 1)}"
    yield f"after={place}{_near(view, last + 2)}"
    yield f"before={place}{_near(view, first - 1)}"
    types = tables.names.get(form, ())
    known = "/".join(sorted(types)) if types else "-"
    yield f"table={known}{case_of(exact) if types else ''}"
    yield f"often={min(often, 4)}{korean}{title_name(view, start, end)}"


def _near(view: View, token: int) -> str:
    return view.word(token).strip().lower()


def case_of(exact: str) -> str:
    """Name the way a form is written: ``caps``, ``camel``, ``lower``, …"""
    return next((name for name, pattern in _CASE if pattern.match(exact)), "")


def title_name(view: View, start: int, end: int) -> str:
    """Return ``name`` for what stands before the colon of the title, else nothing."""
    title = view.sections[0]
    return "name" if start == title.start and view.text[end : end + 1] == ":" else ""


class Evidence:
    """The tables' counts as weighted log odds, by feature."""

    def __init__(self, counts: Mapping[str, Count]) -> None:
        prior = counts.get(PRIOR, Count(1, (1,) * len(TYPES), 1))
        rate = prior.yes / (prior.yes + prior.no)
        own = prior.introduced / prior.yes
        shares = [(count or 0.5) / prior.yes for count in prior.types]
        self._base = _logit(rate)
        self._base_introduced = _logit(own)
        #: The prior log odds of the types; less than all of it, or rare types are never said.
        self.type_priors = [PRIOR_SHARE * math.log(share) for share in shares]
        self._term: dict[str, float] = {}
        self._types: dict[str, list[float]] = {}
        self._introduced: dict[str, float] = {}
        for feature, count in counts.items():
            kind, yes = feature.partition("=")[0], count.yes
            if weight := WEIGHTS.get(kind):
                odds = (yes + SMOOTHING * rate) / (count.no + SMOOTHING * (1 - rate))
                self._term[feature] = weight * (math.log(odds) - self._base)
            if yes and (weight := TYPE_WEIGHTS.get(kind)):
                self._types[feature] = [
                    weight * math.log((of_type / share + TYPE_SMOOTHING) / (yes + TYPE_SMOOTHING))
                    for of_type, share in zip(count.types, shares, strict=True)
                ]
            if yes and (weight := INTRODUCED_WEIGHTS.get(kind)):
                odds = (count.introduced + SMOOTHING * own) / (
                    yes - count.introduced + SMOOTHING * (1 - own)
                )
                self._introduced[feature] = weight * (math.log(odds) - self._base_introduced)

    def term(self, found: list[str]) -> float:
        """Return the log odds that a candidate with these features is a term."""
        return self._base + sum(self._term.get(feature, 0.0) for feature in found)

    def types(self, found: list[str]) -> list[float]:
        """Return the log evidence for each type, in the order of ``tables.TYPES``.

        The prior is not in it: several mentions of a form share one.
        """
        totals = [0.0] * len(TYPES)
        for feature in found:
            for place, value in enumerate(self._types.get(feature, ())):
                totals[place] += value
        return totals

    def introduced(self, found: list[str]) -> float:
        """Return the log odds that the paper introduces the term."""
        return self._base_introduced + sum(self._introduced.get(f, 0.0) for f in found)


def _logit(rate: float) -> float:
    return math.log(rate / (1 - rate))


def probability(log_odds_: float) -> float:
    """Turn log odds into a probability."""
    return 1 / (1 + math.exp(-max(min(log_odds_, 30.0), -30.0)))
