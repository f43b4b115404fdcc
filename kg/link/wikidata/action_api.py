"""What is asked of Wikidata's action API, and how its replies are read.

https://www.wikidata.org/w/api.php
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kg.linked import is_qid

#: The most ids that a request may name without a bot's account.
BATCH: Final = 50
SEARCH_LIMIT: Final = 20
#: Labels have at most so many characters.
MAX_NAME: Final = 250

_PARTS: Final = "labels|aliases|descriptions|claims|sitelinks"


def search(name: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a search for items by label and alias, from their start."""
    return (
        ("action", "wbsearchentities"),
        ("search", name),
        ("language", language),
        ("uselang", language),
        ("type", "item"),
        ("limit", str(SEARCH_LIMIT)),
    )


def items(ids: Sequence[str], languages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the parameters that ask for items; redirects are followed."""
    return (
        ("action", "wbgetentities"),
        ("ids", "|".join(ids)),
        ("props", _PARTS),
        ("languages", "|".join([*languages, "mul"])),
        ("redirects", "yes"),
    )


def read_search(reply: Any) -> list[str]:
    """Return the ids of found items, in the order of the search.

    Raises:
        ValueError: the reply is none of a search.

    >>> read_search({"search": [{"id": "Q42"}, {"id": "P31"}, {"id": "Q42"}]})
    ['Q42']
    """
    found = reply.get("search") if isinstance(reply, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("no list 'search' of what was found")
    ids = [one.get("id") for one in found]
    return list(dict.fromkeys(id_ for id_ in ids if isinstance(id_, str) and is_qid(id_)))


def read_items(reply: Any, asked: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the entity of each id that was asked for, as it came.

    That of a redirect is its target; a missing one has the key ``missing``.

    Raises:
        ValueError: the reply is none, is not about what was asked, or leaves something out.

    >>> moved = {"id": "Q900000002", "redirects": {"from": "Q900000001", "to": "Q900000002"}}
    >>> read_items({"entities": {"Q900000001": moved}}, ["Q900000001"]) == {"Q900000001": moved}
    True
    """
    entities = reply.get("entities") if isinstance(reply, dict) else None
    if not isinstance(entities, dict):
        raise ValueError("no 'entities'")
    found: dict[str, dict[str, Any]] = {}
    for key, entity in entities.items():
        if not isinstance(entity, dict):
            raise ValueError(f"{key!r} is no entity")
        redirects = entity.get("redirects")
        redirects = redirects if isinstance(redirects, dict) else {"from": key, "to": key}
        source = str(redirects.get("from"))
        if source not in asked:
            raise ValueError(f"{source[:20]!r}, which was not asked for")
        if entity.get("id") != redirects.get("to") and "missing" not in entity:
            raise ValueError(f"{str(entity.get('id'))[:20]!r} for {source!r}")
        found[source] = entity
    left = [id_ for id_ in asked if id_ not in found]
    if left:
        raise ValueError(f"nothing about {left[0]!r}")
    return found
