"""Parameters as the names of variables tell them, the way grlc does.

See the wiki of CLARIAH/grlc, "Parameter mapping", which took it from BASIL: ``?_name`` must
be given, ``?__name`` may be; after the name may stand ``iri``, ``number``, ``literal``, a
datatype of XML Schema, a language, or the prefix and the name of a datatype.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rdflib.namespace import XSD

from kg.vocab import PREFIXES

#: ``?_name``, ``?__name`` (optional), ``?_name_type``, ``?_name_prefix_datatype``.
_PARAMETER = re.compile(r"(?P<marks>__?)(?P<name>[^_]+)(?:_(?P<type>[^_]+)(?:_(?P<rest>[^_]+))?)?")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}")
_XSD_TYPES: Final = frozenset(
    """
    anyURI boolean byte date dateTime dateTimeStamp dayTimeDuration decimal double duration
    float gDay gMonth gMonthDay gYear gYearMonth int integer long negativeInteger
    nonNegativeInteger nonPositiveInteger positiveInteger short time unsignedByte unsignedInt
    unsignedLong unsignedShort yearMonthDuration
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a variable's name says of its parameter; see ``Parameter`` for the fields."""

    name: str
    required: bool
    type: str = "literal"
    lang: str | None = None
    datatype: str | None = None


def parse_variable(variable: str, prefixes: Mapping[str, str]) -> Named | None:
    """Read a parameter out of a variable's name; None for a variable that is none.

    Args:
        variable: its name, without ``?``.
        prefixes: those that the query declares.

    Raises:
        ValueError: the datatype's prefix is not declared.

    >>> parse_variable("_model_iri", {})
    Named(name='model', required=True, type='iri', lang=None, datatype=None)
    >>> parse_variable("__name_ko", {}).lang
    'ko'
    >>> parse_variable("_day_xsd_date", {}).datatype
    'http://www.w3.org/2001/XMLSchema#date'
    """
    match = _PARAMETER.fullmatch(variable)
    if match is None:
        return None
    name, required = match["name"], match["marks"] == "_"
    kind, rest = match["type"], match["rest"]
    if kind is None or kind in ("literal", "string"):
        return Named(name, required)
    if kind in ("iri", "number"):
        return Named(name, required, kind)
    if rest is not None:
        start = prefixes.get(kind) or PREFIXES.get(kind)
        if start is None:
            raise ValueError(f"?{variable}: the prefix {kind!r} of its datatype is not declared")
        return Named(
            name, required, rest if start == str(XSD) else "literal", datatype=start + rest
        )
    if kind in _XSD_TYPES:
        return Named(name, required, kind, datatype=str(XSD) + kind)
    return Named(name, required, lang=kind.lower() if _LANGUAGE.fullmatch(kind) else None)
