"""The ``#+`` header of a query file, as grlc reads it.

See the README of CLARIAH/grlc, "Decorator syntax". Read here: ``summary``, ``description``,
``tags``, ``defaults``, ``enumerate``, ``pagination``, ``method``, ``transform``; of our own
``parameters`` (a description of each) and ``examples`` (a value of each that finds
something). Others, such as ``endpoint`` and ``endpoint_in_url``, say how grlc reaches a
server and are passed over: the graph that is asked is always this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


class HeaderError(ValueError):
    """A header that cannot be read; ``line`` counts from 1 in the file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says; all scalars are text.

    ``lines`` are those of the keys, from 1; ``length`` is the number of lines at the top of
    the file that are header or comment.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    length: int = 0

    def error(self, key: str, message: str) -> HeaderError:
        """Make the error that says what is wrong with a key, as in 'is no text'."""
        return HeaderError(self.lines.get(key, 1), f"{key!r} {message}")

    def text(self, key: str) -> str:
        """Return a text, on one line; empty where it is absent."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.error(key, "is no text")
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text counts as a list of one."""
        value = self.values.get(key, [])
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.error(key, "is no list of texts")
        return tuple(items)

    def table(self, key: str) -> dict[str, Any]:
        """Return what is said of each parameter: ``- name: value``, as grlc writes it.

        A bare ``- name`` (grlc: fetch the values from the server) has the value "".
        """
        value = self.values.get(key, [])
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            raise self.error(key, "is no list; expected '#+   - name: value'")
        table: dict[str, Any] = {}
        for item in value:
            if isinstance(item, str):
                table[item] = ""
            elif isinstance(item, dict):
                table.update(item)
            else:
                raise self.error(key, f"has {item!r}, which is no 'name: value'")
        return table

    def text_of(self, key: str, name: str) -> str | None:
        """Return what a table says of a parameter, where that is one text."""
        value = self.table(key).get(name)
        if value is not None and not isinstance(value, str):
            raise self.error(key, f"has {value!r} for {name!r}; expected one text")
        return value or None

    def texts_of(self, key: str, name: str) -> tuple[str, ...]:
        """Return the list of texts that a table has for a parameter."""
        value = self.table(key).get(name) or []
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.error(key, f"has {value!r} for {name!r}; expected a list of texts")
        return tuple(items)


def read_header(text: str) -> Header:
    """Read the header lines of a file: those at its top, and any others that start ``#+``.

    Raises:
        HeaderError: it is not YAML, or no mapping.

    >>> header = read_header("#+ summary: Top methods\\n#+ tags:\\n#+   - terms\\n\\nASK {}")
    >>> header.text("summary"), header.texts("tags"), header.length
    ('Top methods', ('terms',), 3)
    """
    # Lines of other kinds stay as empty ones, so that YAML counts lines as the file does.
    lines: list[str] = []
    length = 0
    at_top = True
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#+"):
            lines.append(line.lstrip("#+").removeprefix(" "))
            length = number if at_top else length
        else:
            at_top = at_top and (line.startswith("#") or not line.strip())
            lines.append("")
    values, places = _read_yaml("\n".join(lines).rstrip("\n"))
    return Header(values, places, length)


def _read_yaml(text: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        # BaseLoader: every scalar stays text, so that 2024-06-03 is no date object.
        values = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or error).replace("\n", " ")
        raise HeaderError(mark.line + 1 if mark else 1, f"not valid YAML ({what})") from error
    if values is None or values == "":
        return {}, {}
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise HeaderError(1, "the header is no mapping; expected '#+ summary: …'")
    return values, {key.value: key.start_mark.line + 1 for key, _ in node.value}
