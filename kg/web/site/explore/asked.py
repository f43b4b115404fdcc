"""What a request to the graph view asks for, and the address that asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import request

from kg.errors import BadRequest
from kg.vocab import Iris
from kg.web.protocol import is_absolute_iri
from kg.web.site.explore.around import Part
from kg.web.site.explore.job import ExploreJob, kind_of
from kg.web.site.explore.query import RELATIONS
from kg.web.site.explore.words import TYPES
from kg.web.site.frame import address
from kg.web.state import local_path, server

#: A picture has at most so many things, and an address so many that were opened or left out.
MOST_THINGS: Final = 500
MOST_OPENED: Final = 80
MOST_LEFT_OUT: Final = 60
#: Parameters that say what the picture starts from.
THING_PARAMETERS: Final = ("iri", "term", "paper", "author", "digest", "part", "few")
LONGEST: Final = 500
MOST_PARTS: Final = 50
_KINDS: Final = ("term", "paper", "author", "digest")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; ``text`` is what a reader typed to be found, or empty."""

    text: str
    job: ExploreJob


def asked() -> Asked:
    """Read the parameters of the request.

    Raises:
        BadRequest: one is too long, there too often, or not what it should be.
    """
    known = _several("known", MOST_THINGS)
    _several("open", MOST_OPENED)  # these three are for the script, which reads them itself
    _several("without", MOST_LEFT_OUT)
    _several("hide", len(RELATIONS) + len(TYPES))
    part = Part(_number("part", 1, MOST_PARTS), _number("few", 0, 1) == 1)
    things = tuple(dict.fromkeys(iri for iri in known if is_absolute_iri(iri)))
    job = ExploreJob(server().settings.base_iri, _thing(), part, things)
    return Asked(_one("q").strip(), job)


def explore_address(iri: str, **parameters: Any) -> str:
    """Return the address of the neighbourhood of a thing, as short as it can be told."""
    base = server().settings.base_iri
    kind, _, key = iri.removeprefix(base).partition("/")
    named = {kind: key} if kind_of(iri, base) and Iris(base).thing(kind, key) == iri else {}
    return address(local_path("explore"), **(named or {"iri": iri}), **parameters)


def _thing() -> str | None:
    base = server().settings.base_iri
    given = [(name, value) for name in ("iri", *_KINDS) if (value := _one(name))]
    if len(given) > 1:
        names = ", ".join(repr(name) for name, _ in given)
        raise BadRequest(f"parameters {names}: name several things; expected one of them")
    for name, value in given:
        iri = value if name == "iri" else Iris(base).thing(name, value)
        if is_absolute_iri(iri) and kind_of(iri, base):
            return iri
        expected = "the IRI of a term, paper, author or digest" if name == "iri" else "a key"
        raise BadRequest(f"parameter {name!r}: {value!r}; expected {expected}")
    return None


def _several(name: str, most: int) -> list[str]:
    values = request.values.getlist(name)
    if len(values) > most:
        raise BadRequest(f"parameter {name!r}: {len(values)} values; expected at most {most}")
    return [_checked(name, value) for value in values]


def _one(name: str) -> str:
    values = request.values.getlist(name)
    if len(values) > 1:
        raise BadRequest(f"parameter {name!r}: given {len(values)} times; expected it once")
    return _checked(name, values[0]) if values else ""


def _checked(name: str, value: str) -> str:
    if len(value) > LONGEST:
        raise BadRequest(f"parameter {name!r}: {len(value)} characters; expected at most {LONGEST}")
    return value


def _number(name: str, least: int, most: int) -> int:
    value = _one(name) or str(least)
    if not (value.isascii() and value.isdigit()) or not least <= int(value[:9]) <= most:
        raise BadRequest(f"parameter {name!r}: {value!r}; expected a number from {least} to {most}")
    return int(value)
