"""The ``#+`` header of a query file, as grlc reads it, and the types in parameter names.

See the README of CLARIAH/grlc, "Decorator syntax", and its wiki, "Parameter mapping". Read
here: ``summary``, ``description``, ``tags``, ``defaults``, ``enumerate``, ``pagination``; of
our own ``parameters`` (a description of each) and ``examples`` (a value of each that finds
something). Others, such as ``endpoint`` and ``method``, say how grlc reaches a server and
are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml
from rdflib.namespace import XSD

from kg.vocab import PREFIXES

#: ``?_name``, ``?__name`` (optional), ``?_name_type``, ``?_name_prefix_datatype``.
_PARAMETER = re.compile(r"(?P<marks>__?)(?P<name>[^_]+)(?:_(?P<type>[^_]+)(?:_(?P<rest>[^_]+))?)?")
_LANGUAGE = re.compile(r"[a-z]{2}")
_XSD_TYPES: Final = frozenset(
    """
    anyURI boolean byte date dateTime dateTimeStamp dayTimeDuration decimal double duration
    float gDay gMonth gMonthDay gYear gYearMonth int integer long negativeInteger
    nonNegativeInteger nonPositiveInteger positiveInteger short string time unsignedInt
    yearMonthDuration
    """.split()  # noqa: SIM905
)


class HeaderError(ValueError):
    """A header that cannot be read; ``line`` counts from 1 in the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_header(text: str) -> tuple[dict[str, Any], int]:
    """Read the header lines at the top of a file.

    Returns:
        The header, all its scalars text, and the number of lines it takes.

    Raises:
        HeaderError: it is not YAML, or no mapping.

    >>> read_header("#+ summary: Top methods\\n#+ tags:\\n#+   - terms\\n\\nASK {}")
    ({'summary': 'Top methods', 'tags': ['terms']}, 3)
    """
    # Lines of other kinds stay as empty ones, so that YAML counts lines as the file does.
    lines: list[str] = []
    length = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#+"):
            lines.append(line[2:].removeprefix(" "))
            length = number
        elif line.startswith("#") or not line.strip():
            lines.append("")
        else:
            break
    try:
        # BaseLoader: every scalar stays text, so that 2024-06-03 is no date object.
        header = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or error).replace("\n", " ")
        raise HeaderError(mark.line + 1 if mark else 1, f"not valid YAML ({what})") from error
    if header is None or header == "":
        return {}, length
    if not isinstance(header, dict):
        raise HeaderError(1, "the header is no mapping; expected '#+ summary: …'")
    return header, length


def text_of(header: Mapping[str, Any], key: str) -> str:
    """Return a text of the header, on one line; empty where it is absent."""
    value = header.get(key, "")
    if not isinstance(value, str):
        raise HeaderError(1, f"{key!r} is no text")
    return " ".join(value.split())


def list_of(header: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of texts of the header; one text counts as a list of one."""
    value = header.get(key, [])
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise HeaderError(1, f"{key!r} is no list of texts")
    return tuple(items)


def table_of(header: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what the header says of each parameter: ``- name: value``, as grlc writes it.

    A bare ``- name`` (grlc: fetch the values from the server) has the value "".
    """
    value = header.get(key, [])
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise HeaderError(1, f"{key!r} is no list; expected '#+   - name: value'")
    table: dict[str, Any] = {}
    for item in value:
        if isinstance(item, str):
            table[item] = ""
        elif isinstance(item, dict):
            table.update(item)
        else:
            raise HeaderError(1, f"{key!r}: {item!r} is no 'name: value'")
    return table


def parse_variable(
    variable: str, prefixes: Mapping[str, str]
) -> tuple[str, bool, str, str | None, str | None] | None:
    """Read a parameter out of a variable's name.

    Returns:
        Name, whether it is required, type, language and datatype; None for a variable
        that is no parameter.

    Raises:
        ValueError: the datatype's prefix is not declared.

    >>> parse_variable("_model_iri", {})
    ('model', True, 'iri', None, None)
    >>> parse_variable("__name_ko", {})
    ('name', False, 'literal', 'ko', None)
    >>> parse_variable("_day_xsd_date", {"xsd": "http://www.w3.org/2001/XMLSchema#"})
    ('day', True, 'date', None, 'http://www.w3.org/2001/XMLSchema#date')
    """
    match = _PARAMETER.fullmatch(variable)
    if match is None:
        return None
    name, required = match["name"], match["marks"] == "_"
    kind, rest = match["type"], match["rest"]
    if kind is None or kind in ("literal", "string"):
        return name, required, "literal", None, None
    if kind in ("iri", "number"):
        return name, required, kind, None, None
    if rest is not None:
        start = prefixes.get(kind) or PREFIXES.get(kind)
        if start is None:
            raise ValueError(f"?{variable}: the prefix {kind!r} of its datatype is not declared")
        local = rest if start == str(XSD) else "literal"
        return name, required, local, None, start + rest
    if kind in _XSD_TYPES:
        return name, required, kind, None, str(XSD) + kind
    return name, required, "literal", kind if _LANGUAGE.fullmatch(kind) else None, None
