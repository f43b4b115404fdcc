"""Things, types and properties as the protocol writes them."""

from __future__ import annotations

from typing import Any, Final

from kg.web.names.lookup import Thing
from kg.web.names.schema import AUTHOR, PAPER
from kg.web.reconcile.matching import Candidate
from kg.web.reconcile.requests import QUALIFIER
from kg.web.reconcile.schema import KOREAN, TYPES, Property, Type
from kg.web.reconcile.values import Written

#: Names of the features of a candidate, in English and Korean.
_FEATURES: Final = {
    "name_score": ("Likeness of the name, 0 to 100", "이름이 비슷한 정도, 0에서 100"),
    "same_name": ("Whether the name is the same when folded", "이름이 같은지"),
    "conditions": ("Share of the conditions that hold", "맞는 조건의 비율"),
    "papers": ("Number of papers", "논문 수"),
}


def described(thing: Thing, language: str) -> str:
    """Say in a line what a thing is."""
    korean = language == KOREAN
    parts = [TYPES[thing.type].label(language)]
    if thing.type != PAPER and thing.papers:
        one = "1 paper" if thing.papers == 1 else f"{thing.papers:,} papers"
        parts.append(f"논문 {thing.papers:,}편" if korean else one)
    if thing.first:
        parts.append(f"{thing.first}부터" if korean else f"since {thing.first}")
    if thing.others:
        also = "" if thing.type in (AUTHOR, PAPER) or korean else "also "
        parts.append(also + thing.others)
    return " · ".join(parts)


def type_shape(type_: Type, language: str, *, above: bool = False) -> dict[str, Any]:
    """Write a type; with those directly above it if they are asked for."""
    shape: dict[str, Any] = {"id": type_.id, "name": type_.label(language)}
    if above and type_.above:
        shape["broader"] = [type_shape(TYPES[type_.above[0]], language, above=True)]
    return shape


def types_of(thing: Thing, language: str) -> list[dict[str, Any]]:
    """Write the types of a thing, the most specific first."""
    type_ = TYPES[thing.type]
    return [type_shape(TYPES[name], language) for name in (type_.name, *type_.above)]


def candidate_shape(one: Candidate, language: str, *, draft: bool) -> dict[str, Any]:
    """Write a candidate."""
    shape = {
        "id": one.thing.id,
        "name": one.thing.name(language),
        "description": described(one.thing, language),
        "type": types_of(one.thing, language),
        "score": round(one.score, 1),
        "match": one.match,
    }
    values: dict[str, float | int | bool] = {
        "name_score": round(one.name_score, 1),
        "same_name": one.same,
        "conditions": round(one.fits, 2),
        "papers": one.thing.papers,
    }
    named = {name: texts[language == KOREAN] for name, texts in _FEATURES.items()}
    shape["features"] = [
        {"id": name, "name": named[name], "value": value} if draft else {"id": name, "value": value}
        for name, value in values.items()
    ]
    return shape


def suggestion_shape(thing: Thing, language: str) -> dict[str, Any]:
    """Write a thing that is suggested."""
    return {
        "id": thing.id,
        "name": thing.name(language),
        "description": described(thing, language),
        "notable": types_of(thing, language)[:1],
    }


def property_shape(
    property_: Property, language: str, *, suggested: bool = False
) -> dict[str, Any]:
    """Write a property; when it is suggested, with what it is a property of."""
    shape: dict[str, Any] = {"id": property_.id, "name": property_.label(language)}
    if suggested:
        shape["description"] = ", ".join(TYPES[name].label(language) for name in property_.of)
        shape["matchQualifiers"] = [{"id": QUALIFIER, "name": "equal when folded"}]
    return shape


def value_shape(value: Written, *, draft: bool) -> Written:
    """Write a value; version 0.2 has no place for its language."""
    return value if draft else {name: one for name, one in value.items() if name != "lang"}
