"""What the address of a page says: checked once, where it enters."""

from __future__ import annotations

import re
from typing import Final

from flask import request
from werkzeug.exceptions import NotFound

from kg.errors import BadRequest

_PAGE: Final = re.compile(r"[1-9][0-9]{0,5}\Z")
_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])\Z")


def text(name: str, longest: int = 200) -> str | None:
    """Return a parameter without white space around it; None where it is empty or not there.

    Raises:
        BadRequest: it is given twice, or is too long.
    """
    given = request.args.getlist(name)
    if len(given) > 1:
        raise BadRequest(f"parameter {name!r}: given {len(given)} times; expected it once")
    found = given[0].strip() if given else ""
    if len(found) > longest:
        raise BadRequest(f"parameter {name!r}: {len(found)} characters; expected up to {longest}")
    return found or None


def page_number(name: str) -> int:
    """Return which part of a list is asked for; the first is 1.

    Raises:
        BadRequest: it is no such number.
    """
    found = text(name) or "1"
    if not _PAGE.match(found):
        raise BadRequest(f"parameter {name!r}: {found!r}; expected the number of a page, from 1")
    return int(found)


def month(name: str = "month") -> str | None:
    """Return a month, such as ``2024-06``.

    Raises:
        BadRequest: it is something else.
    """
    found = text(name)
    if found is not None and not _MONTH.match(found):
        raise BadRequest(f"parameter {name!r}: {found!r}; expected a month such as 2024-06")
    return found


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return one of some words, the first where there is none.

    Raises:
        BadRequest: it is another one.
    """
    found = text(name) or choices[0]
    if found not in choices:
        raise BadRequest(f"parameter {name!r}: {found!r}; expected {' or '.join(choices)}")
    return found


def pages_of(count: int, size: int, number: int, name: str) -> int:
    """Return how many pages a list has.

    Raises:
        NotFound: the asked one is behind the last.
    """
    pages = max(-(-count // size), 1)
    if number > pages:
        raise NotFound(f"parameter {name!r}: page {number}; there are {pages}")
    return pages
