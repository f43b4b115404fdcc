"""Which page shows a thing, by the first part of its path under the base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Response

from kg.web.site.authors import page as author
from kg.web.site.digests import page as digest
from kg.web.site.papers import page as paper
from kg.web.site.tables import Table
from kg.web.site.terms import page as term


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things; each function takes an IRI that is in the graph.

    ``page`` gives None for what is shown as plain facts, ``table`` for what has no table.
    """

    page: Callable[[str], Response | None]
    table: Callable[[str], Table | None]


KINDS: Final = {
    "author": Kind(author.page, author.table),
    "digest": Kind(digest.page, digest.table),
    "paper": Kind(paper.page, paper.table),
    "term": Kind(term.page, term.table),
}


def kind_of(iri: str, base: str) -> Kind | None:
    """Return the kind of a thing; None for what is shown as plain facts."""
    name, slash, _ = iri.removeprefix(base).partition("/")
    return KINDS.get(name) if slash and iri.startswith(base) else None
