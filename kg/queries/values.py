"""Values from outside, as the terms that they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode
from rdflib.namespace import XSD

Term = NamedNode | Literal

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_DOUBLE = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_YEAR = re.compile(r"[0-9]{4}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_IRI_SCHEMES: Final = ("http", "https", "urn")


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a value is to become; the fields are those of ``Parameter``."""

    type: str
    lang: str | None
    datatype: str | None


def make_term(value: str, kind: ValueKind) -> Term:
    """Make the term of a value; text becomes NFC, as all text of the graph is.

    Raises:
        ValueError: the value does not fit; the message says what was expected.

    >>> str(make_term("LoRA", ValueKind("literal", "en", None)))
    '"LoRA"@en'
    """
    if _SURROGATE.search(value):
        raise ValueError(f"{value!r}; expected Unicode text")
    if kind.type == "iri":
        return _iri(value)
    if kind.type == "number":
        name = "integer" if _INTEGER.fullmatch(value) else "decimal"
        _check(value, "number", _is_decimal, "a number")
        return Literal(value, datatype=NamedNode(str(XSD) + name))
    if kind.type in _CHECKS:
        fits, expected = _CHECKS[kind.type]
        _check(value, kind.type, fits, expected)
    if kind.datatype:
        return Literal(value, datatype=NamedNode(kind.datatype))
    return Literal(unicodedata.normalize("NFC", value), language=kind.lang)


def _check(value: str, type_: str, fits: Callable[[str], bool], expected: str) -> None:
    try:
        good = fits(value)
    except ValueError:  # a date that no calendar has
        good = False
    if not good:
        raise ValueError(f"{value!r} is no {type_}; expected {expected}")


def _iri(value: str) -> NamedNode:
    expected = f"expected an IRI that starts with {', '.join(_IRI_SCHEMES)}"
    try:
        parts = urlsplit(value)
        node = NamedNode(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no IRI; {expected}") from error
    if parts.scheme not in _IRI_SCHEMES or (parts.scheme != "urn" and not parts.netloc):
        raise ValueError(f"{value!r}; {expected}")
    return node


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None


def _is_date(value: str) -> bool:
    return _DATE.fullmatch(value) is not None and date.fromisoformat(value).year > 0


def _is_date_time(value: str) -> bool:
    return "T" in value and datetime.fromisoformat(value).year > 0


_WHOLE = (lambda value: _INTEGER.fullmatch(value) is not None, "a whole number, such as 5")
_FLOATING = (lambda value: _DOUBLE.fullmatch(value) is not None, "a number, such as 0.5 or 1e3")
_CHECKS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "integer": _WHOLE,
    "int": _WHOLE,
    "long": _WHOLE,
    "decimal": (_is_decimal, "a number, such as 0.5"),
    "double": _FLOATING,
    "float": _FLOATING,
    "boolean": (lambda value: value in ("true", "false"), "true or false"),
    "date": (_is_date, "a date, such as 2024-06-30"),
    "dateTime": (_is_date_time, "a time, such as 2024-06-30T12:00:00Z"),
    "gYearMonth": (lambda value: _MONTH.fullmatch(value) is not None, "a month, such as 2024-06"),
    "gYear": (lambda value: _YEAR.fullmatch(value) is not None, "a year, such as 2024"),
}
