"""Values from outside, as the terms that they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode
from rdflib.namespace import XSD

Term = NamedNode | Literal

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_GREATEST: Final = 10**18 - 1
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_DOUBLE = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_YEAR = re.compile(r"[0-9]{4}")
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_TIME = re.compile(_CLOCK + _ZONE)
_DATE_TIME = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})T{_CLOCK}{_ZONE}")
_DURATION = re.compile(
    r"-?P(?=[0-9T])(?:[0-9]{1,9}Y)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?S)?)?"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_IRI_SCHEMES: Final = ("http", "https", "urn")
#: Characters that a value may have; the longest label of a term has a few hundred.
MAX_LENGTH: Final = 4096
_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What a value is to become; the fields are those of ``Parameter``."""

    type: str
    lang: str | None
    datatype: str | None


def shown(value: str) -> str:
    """Quote a value for a message, cut where it is long.

    >>> shown("x" * 90).endswith("xxx' …")
    True
    """
    return repr(value) if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]!r} …"


def make_term(value: str, kind: ValueKind) -> Term:
    """Make the term of a value; text becomes NFC, as all text of the graph is.

    Raises:
        ValueError: the value does not fit; the message says what was expected.

    >>> str(make_term("LoRA", ValueKind("literal", "en", None)))
    '"LoRA"@en'
    """
    if len(value) > MAX_LENGTH:
        raise ValueError(f"{len(value)} characters; expected at most {MAX_LENGTH}")
    if _SURROGATE.search(value):
        raise ValueError(f"{shown(value)}; expected Unicode text")
    if kind.type == "iri":
        return _iri(value)
    if kind.type == "number":
        _check(value, "number", _is_number, "a number, such as 5, 0.5 or 1e3")
        return Literal(value, datatype=NamedNode(str(XSD) + _name_of_number(value)))
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
        raise ValueError(f"{shown(value)} is no {type_}; expected {expected}")


def _iri(value: str) -> NamedNode:
    expected = f"expected an IRI that starts with {', '.join(_IRI_SCHEMES)}"
    try:
        parts = urlsplit(value)
        node = NamedNode(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is no IRI; {expected}") from error
    if parts.scheme not in _IRI_SCHEMES or (parts.scheme != "urn" and not parts.netloc):
        raise ValueError(f"{shown(value)}; {expected}")
    return node


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None


def _is_date(value: str) -> bool:
    return _DATE.fullmatch(value) is not None and date.fromisoformat(value).year > 0


def _is_double(value: str) -> bool:
    return _DOUBLE.fullmatch(value) is not None


def _is_number(value: str) -> bool:
    return _is_decimal(value) or ("e" in value.lower() and _is_double(value))


def _name_of_number(value: str) -> str:
    """Return the datatype that SPARQL gives a number written so."""
    if _INTEGER.fullmatch(value):
        return "integer"
    return "decimal" if _DECIMAL.fullmatch(value) else "double"


def _is_date_time(value: str) -> bool:
    match = _DATE_TIME.fullmatch(value)
    return match is not None and _is_date(match[1])


def _whole(least: int | None, most: int | None) -> tuple[Callable[[str], bool], str]:
    """Make the check of a type of whole numbers."""

    def fits(value: str) -> bool:
        if not _INTEGER.fullmatch(value):
            return False
        return (least is None or least <= int(value)) and (most is None or int(value) <= most)

    bounds = [] if least is None else [f"from {least}"]
    bounds += [] if most is None else [f"up to {most}"]
    example = next(number for number in (5, 0, -5) if fits(str(number)))
    return fits, " ".join(("a whole number", *bounds)) + f", such as {example}"


#: Those of whole numbers, each with its least and greatest; None is no bound.
_WHOLE: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "long": (None, None),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, None),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
}
_FLOATING = (_is_double, "a number, such as 0.5 or 1e3")
_CHECKS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    **{name: _whole(least, most) for name, (least, most) in _WHOLE.items()},
    "decimal": (_is_decimal, "a number, such as 0.5"),
    "double": _FLOATING,
    "float": _FLOATING,
    "boolean": (lambda value: value in ("true", "false"), "true or false"),
    "date": (_is_date, "a date, such as 2024-06-30"),
    "dateTime": (_is_date_time, "a time, such as 2024-06-30T12:00:00Z"),
    "gYearMonth": (lambda value: _MONTH.fullmatch(value) is not None, "a month, such as 2024-06"),
    "gYear": (lambda value: _YEAR.fullmatch(value) is not None, "a year, such as 2024"),
    "time": (lambda value: _TIME.fullmatch(value) is not None, "a time, such as 12:00:00"),
    "duration": (
        lambda value: _DURATION.fullmatch(value) is not None,
        "a duration, such as P1DT12H",
    ),
}
#: Types of whole numbers, and of any other.
WHOLE_NUMBERS: Final = frozenset(_WHOLE)
NUMBERS: Final = frozenset(("number", "decimal", "double", "float"))


def bounds_of(type_: str) -> tuple[int, int]:
    """Return the least and the greatest number of a type of whole numbers.

    >>> bounds_of("byte"), bounds_of("positiveInteger")
    ((-128, 127), (1, 999999999999999999))
    """
    least, most = _WHOLE[type_]
    return -_GREATEST if least is None else least, _GREATEST if most is None else most
