"""Reads an item as Wikidata gives it: the JSON of its dumps and of its API.

Source: https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kg.link.items import Item, Name, NameKind
from kg.linked import is_qid

#: arXiv id, DOI, ORCID iD.
IDENTIFIERS: Final = ("P818", "P356", "P496")
#: Part of, based on, official site, licence, inception: what completion can bring in.
STATEMENTS: Final = ("P361", "P144", "P856", "P275", "P571")
LANGUAGES: Final = ("en", "ko")
MAX_LETTERS: Final = 250


def item_of(
    entity: Mapping[str, Any], languages: Sequence[str] = LANGUAGES, source: str = ""
) -> Item | None:
    """Read an item; None for what is none: a property, a redirect, a deleted or missing item.

    A part of a shape that Wikidata does not use counts as absent. The label is that of the
    first language that has one; an item without labels has no names.

    Args:
        languages: of labels, aliases and descriptions, the most wanted first. ``mul``, which
            holds for all languages, comes after them.
    """
    id_ = entity.get("id")
    if not isinstance(id_, str) or not is_qid(id_) or "missing" in entity or "redirect" in entity:
        return None
    wanted = [*languages, "mul"]
    labels = list(_texts(entity.get("labels"), wanted))
    aliases = list(_texts(entity.get("aliases"), wanted))
    descriptions = list(_texts(entity.get("descriptions"), wanted))
    kinds = dict.fromkeys(aliases, NameKind.ALIAS)
    kinds.update(dict.fromkeys(labels, NameKind.LABEL))
    claims = entity.get("claims")
    claims = claims if isinstance(claims, Mapping) else {}
    links = entity.get("sitelinks")
    return Item(
        qid=int(id_[1:]),
        label=labels[0] if labels else "",
        description=descriptions[0] if descriptions else "",
        names=tuple(Name(text, kinds[text]) for text in dict.fromkeys([*labels, *aliases])),
        classes=_items(claims, "P31"),
        parents=_items(claims, "P279"),
        sitelinks=len(links) if isinstance(links, Mapping) else 0,
        identifiers=_values(claims, IDENTIFIERS),
        statements=_values(claims, STATEMENTS),
        source=source,
    )


def redirect_of(entity: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return from which id to which an entity redirects; None where it does not."""
    id_, target = entity.get("id"), entity.get("redirect")
    if isinstance(id_, str) and isinstance(target, str) and is_qid(id_) and is_qid(target):
        return id_, target
    return None


def _texts(part: Any, languages: Sequence[str]) -> Iterator[str]:
    """Yield the texts of labels, descriptions or aliases, in the order of the languages."""
    if not isinstance(part, Mapping):  # an empty list where there are none
        return
    for language in languages:
        found = part.get(language)
        for one in found if isinstance(found, list) else [found]:
            text = one.get("value") if isinstance(one, Mapping) else None
            if isinstance(text, str) and text.strip():
                yield " ".join(text.split())[:MAX_LETTERS]


def _snaks(claims: Mapping[str, Any], property_: str) -> Iterator[Any]:
    """Yield the values of a property's best statements: the preferred ones, else the normal."""
    statements = claims.get(property_)
    if not isinstance(statements, list):
        return
    known = [one for one in statements if isinstance(one, Mapping)]
    preferred = [one for one in known if one.get("rank") == "preferred"]
    for statement in preferred or [one for one in known if one.get("rank") != "deprecated"]:
        snak = statement.get("mainsnak")
        value = snak.get("datavalue") if isinstance(snak, Mapping) else None
        if isinstance(value, Mapping):  # none for "no value" and "unknown value"
            yield value.get("value")


def _items(claims: Mapping[str, Any], property_: str) -> tuple[int, ...]:
    found = set()
    for value in _snaks(claims, property_):
        id_ = value.get("id") if isinstance(value, Mapping) else None
        if isinstance(id_, str) and is_qid(id_):
            found.add(int(id_[1:]))
    return tuple(sorted(found))


def _values(claims: Mapping[str, Any], properties: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = set()
    for property_ in properties:
        for value in _snaks(claims, property_):
            if isinstance(value, Mapping):
                value = value["id"] if "id" in value else _time(value)
            if isinstance(value, str) and value and len(value) <= MAX_LETTERS * 4:
                found.add((property_, value))
    return tuple(sorted(found))


def _time(value: Mapping[str, Any]) -> Any:
    """Return a time with its precision behind a slash, where both are told: 9 is a year."""
    time, precision = value.get("time"), value.get("precision")
    return f"{time}/{precision}" if isinstance(time, str) and type(precision) is int else time
