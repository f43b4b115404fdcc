"""Saved queries in groups, by the first of their tags."""

from __future__ import annotations

from collections.abc import Iterable

from kg.queries import SavedQuery
from kg.web.openapi_saved import UNTAGGED, group_of
from kg.web.site.languages import gettext


def grouped(queries: Iterable[SavedQuery]) -> list[tuple[str, list[SavedQuery]]]:
    """Return groups, the largest first, with what to call each and its queries by title."""
    groups: dict[str, list[SavedQuery]] = {}
    for query in sorted(queries, key=lambda query: (query.title.casefold(), query.name)):
        groups.setdefault(group_of(query), []).append(query)
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [(_name_of(tag), members) for tag, members in ordered]


def _name_of(tag: str) -> str:
    """Return what to call a tag in the reader's language; a tag of others is left as it is."""
    names = {
        "authors": gettext("Authors"),
        "digests": gettext("Digests"),
        "graph": gettext("The graph"),
        "links": gettext("Links"),
        "months": gettext("Months"),
        "papers": gettext("Papers"),
        "quality": gettext("Quality"),
        "results": gettext("Results"),
        "terms": gettext("Terms"),
        UNTAGGED: gettext("Other queries"),
    }
    return names.get(tag, tag)
