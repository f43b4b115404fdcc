"""Where in the lists of doubtful things a reviewer is: the list, its filters, and the place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from kg.errors import BadRequest
from kg.linked import Kind
from kg.model import TermType
from kg.vocab import iri_safe, key_of
from kg.web.site.frame import address
from kg.web.site.review.links_job import NextLinkJob
from kg.web.site.review.mentions_job import DISPUTED, UNLIKELY, NextMentionJob
from kg.web.state import local_path

LINKS: Final = "links"
LISTS: Final = (UNLIKELY, DISPUTED, LINKS)
_TYPES: Final = tuple(str(one) for one in TermType)
_THINGS: Final = (str(Kind.PAPER), str(Kind.AUTHOR))
_MAX_TERM: Final = 300
_MAX_ID: Final = 2_000
_PLACE: Final = re.compile(r"([0-9]\.[0-9]{1,4})\|(.{1,2000})")
_LINK_PLACE: Final = re.compile(r"([01])\|([0-9]\.[0-9]{4})\|(.{0,2000})")


@dataclass(frozen=True, slots=True)
class Where:
    """A list with its filters, and the place behind which the next item is looked for.

    ``type`` is a type of terms, of links also ``paper`` or ``author``; ``term`` the key of one;
    ``after`` a place as it stands in addresses. An empty one is none.
    """

    list: str
    type: str = ""
    term: str = ""
    after: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """Read the parameters of an address or a form.

        Raises:
            BadRequest: one of them makes no sense.
        """
        list_ = given.get("list", "") or UNLIKELY
        if list_ not in LISTS:
            raise BadRequest(f"parameter 'list': {list_[:50]!r}; expected one of {_said(LISTS)}")
        type_ = given.get("type", "")
        if type_ and type_ not in cls(list_).types:
            expected = _said(cls(list_).types)
            raise BadRequest(f"parameter 'type': {type_[:50]!r}; expected one of {expected}")
        term = given.get("term", "").strip()
        if len(term) > _MAX_TERM:
            raise BadRequest(f"parameter 'term': longer than {_MAX_TERM} characters")
        key = "~".join(key_of(part) for part in term.split("~")) if term else ""
        found = cls(list_, type_, key, given.get("after", ""))
        found.place()  # raises where it is none
        return found

    @property
    def types(self) -> tuple[str, ...]:
        """The types by which the list can be filtered."""
        return _TYPES + _THINGS if self.list == LINKS else _TYPES

    def place(self) -> tuple[Any, ...] | None:
        """Return the place as the jobs have it; None for the start of the list.

        Raises:
            BadRequest: it is no place of this list.
        """
        if not self.after:
            return None
        if self.list == LINKS:
            if found := _LINK_PLACE.fullmatch(self.after):
                return (found[1] == "1", found[2], found[3])
        elif found := _PLACE.fullmatch(self.after):
            return (float(found[1]), found[2])
        raise BadRequest(f"parameter 'after': {self.after[:50]!r}; expected one of a link here")

    def behind(self, place: Sequence[Any] | None) -> Self:
        """Return where the next item is, behind the place of one, as a job answers it."""
        if place is None:
            return self
        if self.list == LINKS:
            return replace(self, after=f"{int(place[0])}|{place[1]}|{place[2]}")
        return replace(self, after=f"{place[0]:.4f}|{place[1]}")

    def job(self, base: str, skip: frozenset[str]) -> NextMentionJob | NextLinkJob:
        """Return the job that finds the next item.

        Args:
            skip: what was decided and does not yet show, as decisions name it.
        """
        term, place = f"term/{iri_safe(self.term)}" if self.term else "", self.place()
        if self.list == LINKS:
            of_links = NextLinkJob(base, type=self.type, term=term, skip=skip)
            return of_links if place is None else replace(of_links, after=place)
        of_mentions = NextMentionJob(base, self.list, type=self.type, term=term, skip=skip)
        return of_mentions if place is None else replace(of_mentions, after=place)

    def address(self, **more: str | None) -> str:
        """Return the address of the page there."""
        given = {"list": self.list, "type": self.type, "term": self.term, "after": self.after}
        return address(local_path("review"), **{**given, **more})


def item_id(given: Mapping[str, str]) -> str:
    """Read which item is meant: its path under the base, or empty.

    Raises:
        BadRequest: it is too long, or can be in no IRI.
    """
    found = given.get("item", "")
    if len(found) > _MAX_ID or re.search(r'[\x00-\x20<>"{}|\\^`]', found):
        raise BadRequest(f"parameter 'item': {found[:50]!r}; expected that of a link here")
    return found


def _said(names: tuple[str, ...]) -> str:
    return ", ".join(names)
