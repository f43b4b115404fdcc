"""How scripts get the rows that a page shows: an address, curl, and Python."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

_TIMEOUT_S: Final = 60
#: What reads an answer in Python, by its suffix: modules to import, and the last lines.
_READ: Final = {
    "csv": (
        ("csv", "io"),
        "rows = list(csv.DictReader(io.StringIO(answer.text, newline='')))\n"
        "for row in rows:\n    print(row)",
    ),
    "json": ((), 'found = answer.json()["boolean"]\nprint(found)'),
}
_READ_GRAPH: Final = ((), "print(answer.text)")


@dataclass(frozen=True, slots=True)
class Snippets:
    """The address of an answer, a line for a terminal, and a script in Python."""

    url: str
    curl: str
    python: str


def snippets(url: str, method: str, suffix: str) -> Snippets:
    """Write what fetches an answer.

    Args:
        url: the whole address, with the parameters in its query.
        method: ``GET``, or ``POST`` to send the parameters as a form.
        suffix: the format of the answer, which the address names as well.
    """
    address, _, fields = url.partition("?")
    if method == "GET":
        curl = f"curl {shlex.quote(url)}"
    else:
        curl = f"curl -d {shlex.quote(fields)} {shlex.quote(address)}"
    return Snippets(url, curl, _python(address, fields, method, suffix))


def _python(address: str, fields: str, method: str, suffix: str) -> str:
    modules, read = _READ.get(suffix, _READ_GRAPH)
    lines = [f"import {name}" for name in modules]
    if modules:
        lines.append("")
    lines += ["import requests", "", f"answer = requests.{method.lower()}(", f"    {address!r},"]
    given = dict(parse_qsl(fields, keep_blank_values=True))
    if given:
        lines.append(f"    {'params' if method == 'GET' else 'data'}={given!r},")
    lines += [f"    timeout={_TIMEOUT_S},", ")", "answer.raise_for_status()", read]
    return "\n".join(lines) + "\n"
