"""What a reader asks of the search page: read from the address, and written as one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import request

from kg.errors import BadRequest
from kg.web.names.schema import AUTHOR, PAPER, TERM, TERM_TYPES, month_number
from kg.web.site.frame import address
from kg.web.site.search.job import Narrowing
from kg.web.state import local_path

#: Letters of what is looked for, and of the key of a benchmark.
LONGEST: Final = 200
LONGEST_KEY: Final = 300
PAGES: Final = 1_000
#: What ``type`` may be; ``Term`` stands for all types of terms.
KINDS: Final = (PAPER, *TERM_TYPES, AUTHOR)
_NAMES: Final = {name.lower(): (name,) for name in KINDS} | {"term": (*TERM_TYPES, TERM)}
_PERIOD: Final = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, checked; empty where a parameter is not there.

    ``since`` and ``until`` are years or months, ``types`` names of types as they were given.
    """

    text: str
    types: tuple[str, ...]
    since: str
    until: str
    benchmark: str
    page: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.text and self.narrowing == Narrowing()

    @property
    def is_narrowed(self) -> bool:
        """Whether there is more than words."""
        return self.narrowing != Narrowing()

    @property
    def narrowing(self) -> Narrowing:
        """How the search is narrowed."""
        named = [name for given in self.types for name in _NAMES[given.lower()]]
        return Narrowing(
            tuple(dict.fromkeys(named)),
            month_number(f"{self.since}-01" if len(self.since) == 4 else self.since),
            month_number(f"{self.until}-12" if len(self.until) == 4 else self.until),
            self.benchmark,
        )

    def address(self, path: str = "search") -> str:
        """Return the address of this question."""
        return address(
            local_path(path),
            **{
                "q": self.text,
                "type": ",".join(self.types),
                "from": self.since,
                "to": self.until,
                "benchmark": self.benchmark,
                "page": self.page if self.page > 1 else None,
            },
        )

    def but(self, **changed: Any) -> str:
        """Return the address of another question, from its first page if none is named."""
        return replace(self, **{"page": 1, **changed}).address()


def read_asked() -> Asked:
    """Read the parameters of the current request.

    Raises:
        BadRequest: one is there twice, is too long, or makes no sense.
    """
    since, until = _period("from"), _period("to")
    asked = Asked(
        read_text(),
        read_types("type"),
        since,
        until,
        _one("benchmark", LONGEST_KEY).strip(),
        _page(),
    )
    narrowing = asked.narrowing
    if narrowing.since and narrowing.until and narrowing.since > narrowing.until:
        raise BadRequest(f"parameter 'from': {since!r}; expected it before 'to', {until!r}")
    return asked


def read_text() -> str:
    """Read what is looked for, with single spaces."""
    return " ".join(_one("q", LONGEST).split())


def read_types(name: str) -> tuple[str, ...]:
    """Read names of types with commas between them."""
    given = tuple(one for one in _one(name, LONGEST).replace(" ", "").split(",") if one)
    for one in given:
        if one.lower() not in _NAMES:
            known = ", ".join((*KINDS, TERM))
            raise BadRequest(f"parameter {name!r}: no type {one!r}; expected one of: {known}")
    return tuple(dict.fromkeys(one[:1].upper() + one[1:].lower() for one in given))


def types_named(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types that names of types stand for."""
    return Asked("", given, "", "", "", 1).narrowing.types


def _one(name: str, longest: int) -> str:
    values = request.args.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"parameter {name!r}: given {len(values)} times; expected it once")
    value = values[0] if values else ""
    if len(value) > longest:
        raise BadRequest(f"parameter {name!r}: {len(value)} characters; expected at most {longest}")
    return value


def _period(name: str) -> str:
    value = _one(name, LONGEST).strip()
    if value and not _PERIOD.fullmatch(value):
        raise BadRequest(f"parameter {name!r}: {value!r}; expected a month such as 2024-08")
    return value[:7]


def _page() -> int:
    value = _one("page", LONGEST).strip() or "1"
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= PAGES:
        raise BadRequest(f"parameter 'page': {value!r}; expected a number from 1 to {PAGES}")
    return int(value)
