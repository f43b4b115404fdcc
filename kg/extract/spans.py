"""What components hand on: the contract for whoever adds a component of their own.

A component adds spans to ``doc.spans["mentions"]``; a span's label is one of the six types
(``Model``, ``Method``, ``Benchmark``, ``Dataset``, ``Metric``, ``Task``). It may set, and
later components read and may overwrite:

- ``span._.kg_confidence``: in [0, 1], 0.5 unless set;
- ``span._.kg_component``: name and version of what found it, ``custom`` unless set;
- ``span._.kg_introduced``: log odds that the paper introduces it, -1 unless set;
- ``span._.kg_role``: ``introduced``, ``evaluatedOn`` or ``other`` (unless set);
- ``span._.kg_gloss_of``: offsets in the Doc of the mention that this one restates.

``doc._.kg_results`` is a tuple of :class:`kg.model.Result`. A Doc is one entry: its
sections' texts joined by line breaks, their places in ``doc.user_data["kg_sections"]`` as
``(key, start, end)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from spacy.tokens import Doc, Span

from kg.errors import KGError
from kg.model import Role, TermType

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY: Final = "mentions"
_TYPES: Final = frozenset(type_.value for type_ in TermType)

for _name, _default in (
    ("kg_confidence", 0.5),
    ("kg_component", "custom"),
    ("kg_introduced", -1.0),
    ("kg_role", Role.OTHER),
    ("kg_gloss_of", None),
):
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=_default)
if not Doc.has_extension("kg_results"):
    Doc.set_extension("kg_results", default=())


@dataclass(frozen=True, slots=True)
class Found:
    """A mention as the finding functions see it; offsets are those of the Doc."""

    start: int
    end: int
    exact: str
    type: TermType


def mentions_of(doc: Doc) -> list[Span]:
    """Return the Doc's mentions by start and falling end.

    Raises:
        KGError: a component gave a span a label that is no type.
    """
    spans = list(doc.spans.get(KEY, ()))
    for span in spans:
        if span.label_ not in _TYPES:
            raise KGError(
                f"extract: component {span._.kg_component!r} made a mention of type "
                f"{span.label_!r}; expected one of {', '.join(TermType)}"
            )
    return sorted(spans, key=lambda span: (span.start_char, -span.end_char))


def found_in(spans: Iterable[Span]) -> list[Found]:
    """Turn spans into plain values."""
    return [
        Found(span.start_char, span.end_char, span.text, TermType(span.label_)) for span in spans
    ]
