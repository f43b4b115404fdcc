"""What components hand on: the contract for whoever adds a component of their own.

A component adds spans to ``doc.spans["mentions"]``; a span's label is one of the six types
(``Model``, ``Method``, ``Benchmark``, ``Dataset``, ``Metric``, ``Task``). It may set, and
later components read and may overwrite:

- ``span._.kg_confidence``: in [0, 1], 0.5 unless set;
- ``span._.kg_component``: name and version of what found it, ``custom`` unless set;
- ``span._.kg_types``: probabilities of the six types in the order of ``kg.model.TermType``,
  None unless set: then the label is taken as sure;
- ``span._.kg_roles``: probabilities of other, evaluatedOn and introduced, None unless set;
- ``span._.kg_role``: ``introduced``, ``evaluatedOn`` or ``other`` (unless set);
- ``span._.kg_gloss_of``: offsets in the Doc of the mention that this one restates.

``doc._.kg_results`` is a tuple of :class:`kg.model.Result`. A Doc is one entry: its
sections' texts joined by line breaks, their places in ``doc.user_data["kg_sections"]`` as
``(key, start, end)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from spacy.tokens import Doc, Span

from kg.errors import KGError
from kg.extract.view import view_of
from kg.model import Role, TermType

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY: Final = "mentions"
_TYPES: Final = {type_.value: type_ for type_ in TermType}
#: The probabilities of the types where a label is taken as sure.
_SURE: Final = {name: tuple(float(one == name) for one in TermType) for name in _TYPES}
_DEFAULTS: Final[dict[str, Any]] = {
    "kg_confidence": 0.5,
    "kg_component": "custom",
    "kg_types": None,
    "kg_roles": None,
    "kg_role": Role.OTHER,
    "kg_gloss_of": None,
}
for _name, _default in _DEFAULTS.items():
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=_default)
if not Doc.has_extension("kg_results"):
    Doc.set_extension("kg_results", default=())


@dataclass(frozen=True, slots=True)
class Found:
    """A mention as the finding functions see it; offsets are those of the Doc.

    ``types`` are probabilities of the six types, ``roles`` of the three roles or empty.
    """

    start: int
    end: int
    exact: str
    type: TermType
    types: tuple[float, ...] = ()
    roles: tuple[float, ...] = ()


def value_of(span: Span, name: str) -> Any:
    """Return ``span._.name``, from where spaCy keeps it: it makes an object for each reading."""
    values: dict[Any, Any] = span.doc.user_data
    return values.get(("._.", name, span.start_char, span.end_char), _DEFAULTS[name])


def set_value(span: Span, name: str, value: object) -> None:
    """Set ``span._.name``."""
    values: dict[Any, Any] = span.doc.user_data
    values["._.", name, span.start_char, span.end_char] = value


def mentions_of(doc: Doc) -> list[Span]:
    """Return the Doc's mentions by start and falling end.

    Raises:
        KGError: a component gave a span a label that is no type.
    """
    spans = list(doc.spans.get(KEY, ()))
    for span in spans:
        if span.label_ not in _TYPES:
            raise KGError(
                f"extract: component {value_of(span, 'kg_component')!r} made a mention of type "
                f"{span.label_!r}; expected one of {', '.join(TermType)}"
            )
    return sorted(spans, key=_place)


def _place(span: Span) -> tuple[int, int]:
    return span.start_char, -span.end_char


def found_in(spans: Sequence[Span]) -> list[Found]:
    """Turn spans of one Doc into plain values."""
    if not spans:
        return []
    text = view_of(spans[0].doc).text
    values: dict[Any, Any] = spans[0].doc.user_data
    found = []
    for span in spans:
        start, end, label = span.start_char, span.end_char, span.label_
        types = values.get(("._.", "kg_types", start, end)) or _SURE[label]
        roles = values.get(("._.", "kg_roles", start, end)) or ()
        found.append(Found(start, end, text[start:end], _TYPES[label], types, roles))
    return found
