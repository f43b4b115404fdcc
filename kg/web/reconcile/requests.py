"""Reads what clients send, in either version of the protocol, into one form.

Everything is checked here: types, sizes, numbers, and that types and properties are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from kg.errors import BadRequest, TooLarge
from kg.web.reconcile.schema import (
    LANGUAGES,
    Property,
    Type,
    property_named,
    shortened,
    type_named,
)

#: Queries of one batch; the manifest says so.
BATCH: Final = 100
#: Candidates of a query, where it does not say, and at most.
CANDIDATES: Final = 10
MOST_CANDIDATES: Final = 50
#: Letters of a name or a value that is looked for.
LONGEST_TEXT: Final = 4_096
#: Conditions of a query, and values of a condition.
CONDITIONS: Final = 16
VALUES: Final = 16
TYPES: Final = 20
#: Things and properties of one request for values, and values of a property.
EXTENDED: Final = 200
EXTENDED_PROPERTIES: Final = 30
MOST_VALUES: Final = 100
_STRICT: Final = ("any", "all", "should")
_QUANTIFIERS: Final = ("any", "all", "none")
#: How values are compared; the only way there is.
QUALIFIER: Final = "ExactMatch"
_EXPECTED: Final = 'expected JSON, as in {"q0": {"query": "LoRA"}}'


@dataclass(frozen=True, slots=True)
class Value:
    """What a property is to be; ``is_id`` tells that it is an identifier, not a name."""

    text: str
    is_id: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What a thing's property is to be.

    ``quantifier`` is ``any``, ``all`` or ``none`` of the values; a thing that does not fit
    is no candidate where this is ``required``, and scores less elsewhere.
    """

    property: Property
    values: tuple[Value, ...]
    required: bool = False
    quantifier: str = "any"


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """A cell to find a thing for; ``texts`` are names of it, ``types`` empty for any."""

    texts: tuple[str, ...]
    types: tuple[Type, ...] = ()
    conditions: tuple[Condition, ...] = ()
    limit: int = CANDIDATES
    language: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """Properties that are asked of things, each with how many values it may have."""

    ids: tuple[str, ...]
    properties: tuple[tuple[Property, int], ...]


def read_json(text: str | bytes, where: str) -> Any:
    """Read JSON.

    Raises:
        BadRequest: it is none, is nested too deeply, or has a number that is none.
    """

    def no_number(name: str) -> NoReturn:
        raise ValueError(f"{name} is no number of JSON")

    try:
        return json.loads(text, parse_constant=no_number)
    except RecursionError as error:
        raise BadRequest(f"{where}: is nested too deeply; {_EXPECTED}") from error
    except ValueError as error:
        raise BadRequest(f"{where}: cannot be read ({error}); {_EXPECTED}") from error


def read_batch(given: Any) -> dict[str, MatchQuery]:
    """Read a batch of version 0.2: queries by the names that the client gave them.

    Raises:
        BadRequest: it is not as the protocol has it, or names what is not there.
        TooLarge: it has too many queries, or a text that is too long.
    """
    batch = _object(given, "queries")
    _few(batch, BATCH, "queries", "queries; 'batchSize' of the manifest says how many")
    return {
        _text(name, "queries"): _query(one, f"query {shortened(name)}")
        for name, one in batch.items()
    }


def _query(given: Any, where: str) -> MatchQuery:
    fields = _object(given, where)
    _known(fields, ("query", "type", "limit", "properties", "type_strict"), where)
    strict = fields.get("type_strict")
    if strict is not None and strict not in _STRICT:
        raise BadRequest(f"{where}: 'type_strict' is {shortened(str(strict))}; {_one_of(_STRICT)}")
    name = _text(fields.get("query", ""), f"{where}: 'query'").strip()
    properties = _list(_or(fields.get("properties"), []), CONDITIONS, f"{where}: 'properties'")
    conditions = tuple(_property(one, f"{where}: 'properties'") for one in properties)
    if not name and not conditions:
        raise BadRequest(f"{where}: has no name; expected 'query', or 'properties' to find it by")
    types = _or(fields.get("type"), [])
    named = [types] if isinstance(types, str) else _list(types, TYPES, f"{where}: 'type'")
    return MatchQuery(
        (name,) if name else (),
        tuple(_type(one, f"{where}: 'type'") for one in named),
        conditions,
        _limit(fields.get("limit"), where),
    )


def _property(given: Any, where: str) -> Condition:
    fields = _object(given, where)
    for name in ("pid", "v"):
        if name not in fields:
            raise BadRequest(f"{where}: one has no {name!r}; expected 'pid' and 'v'")
    return Condition(_named(fields["pid"], where), _values(fields["v"], where))


def read_draft_batch(given: Any) -> list[MatchQuery]:
    """Read a batch of version 1.0; raises what :func:`read_batch` does."""
    fields = _object(given, "body")
    if "queries" not in fields:
        raise BadRequest("body: has no 'queries'; expected a list of queries")
    if not isinstance(fields["queries"], list):
        raise BadRequest(f"queries: is {_kind(fields['queries'])}; expected a list of queries")
    queries = fields["queries"]
    _few(queries, BATCH, "queries", "queries; 'batchSize' of the manifest says how many")
    return [_draft_query(one, f"query {place}") for place, one in enumerate(queries)]


def _draft_query(given: Any, where: str) -> MatchQuery:
    fields = _object(given, where)
    _known(fields, ("type", "limit", "lang", "dir", "conditions"), where)
    given_conditions = _list(fields.get("conditions"), CONDITIONS, f"{where}: 'conditions'")
    if not given_conditions:
        raise BadRequest(f"{where}: 'conditions' is empty; expected one at least")
    texts: list[str] = []
    conditions: list[Condition] = []
    for one in given_conditions:
        _add_condition(one, f"{where}: 'conditions'", texts, conditions)
    _few(texts, VALUES, f"{where}: names", "are looked for")
    type_ = fields.get("type")
    language = _text(fields.get("lang", ""), f"{where}: 'lang'").lower().partition("-")[0]
    return MatchQuery(
        tuple(texts),
        () if type_ is None else (_type(type_, f"{where}: 'type'"),),
        tuple(conditions),
        _limit(fields.get("limit"), where),
        language if language in LANGUAGES else "",
    )


def _add_condition(given: Any, where: str, texts: list[str], conditions: list[Condition]) -> None:
    fields = _object(given, where)
    kind = fields.get("matchType")
    if kind not in ("name", "property"):
        raise BadRequest(f"{where}: 'matchType' is {_told(kind)}; expected 'name' or 'property'")
    if "propertyValue" not in fields:
        raise BadRequest(f"{where}: one has no 'propertyValue'; expected a value, or a list")
    required, quantifier = fields.get("required", False), fields.get("matchQuantifier", "any")
    if not isinstance(required, bool):
        raise BadRequest(f"{where}: 'required' is {_told(required)}; expected true or false")
    if quantifier not in _QUANTIFIERS:
        raise BadRequest(
            f"{where}: 'matchQuantifier' is {_told(quantifier)}; {_one_of(_QUANTIFIERS)}"
        )
    if fields.get("matchQualifier", QUALIFIER) != QUALIFIER:
        told = _told(fields["matchQualifier"])
        raise BadRequest(f"{where}: 'matchQualifier' is {told}; expected {QUALIFIER!r} or none")
    values = _values(fields["propertyValue"], where)
    if kind == "name":
        texts.extend(one.text.strip() for one in values if one.text.strip())
        return
    named = _named(fields.get("propertyId"), where)
    conditions.append(Condition(named, values, required, str(quantifier)))


def read_extension(given: Any) -> Extension:
    """Read which properties are asked of which things; of both versions.

    Raises:
        BadRequest: it is not as the protocol has it, or names a property that is not there.
        TooLarge: it asks for too much at once.
    """
    fields = _object(given, "extend")
    ids = _list(fields.get("ids"), EXTENDED, "extend: 'ids'")
    asked = _list(fields.get("properties"), EXTENDED_PROPERTIES, "extend: 'properties'")
    properties = []
    for one in asked:
        wanted = _object(one, "extend: 'properties'")
        settings = _object(_or(wanted.get("settings"), {}), "extend: 'settings'")
        most = _setting(settings.get("limit"))
        properties.append((_named(wanted.get("id"), "extend: 'properties'"), most))
    return Extension(tuple(_text(one, "extend: 'ids'") for one in ids), tuple(properties))


def _setting(given: Any) -> int:
    """Read how many values a property may have; 0 is as many as there are."""
    if given is None or given == "":
        return MOST_VALUES
    number = whole_number(str(given) if isinstance(given, int | float) else given)
    if number is None:
        raise BadRequest(f"extend: 'limit' is {_told(given)}; expected a number, 0 for no limit")
    return min(number or MOST_VALUES, MOST_VALUES)


def whole_number(given: Any) -> int | None:
    """Read a number of at most nine digits from text; None if it is none.

    >>> whole_number("5"), whole_number("5.0"), whole_number("-5")
    (5, 5, None)
    """
    if not isinstance(given, str) or len(given) > 12:
        return None
    digits = given.strip().removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def checked_text(given: str, where: str) -> str:
    """Return a text that can be looked for.

    Raises:
        BadRequest: it has a character that no name has.
        TooLarge: it is too long.
    """
    if len(given) > LONGEST_TEXT:
        raise TooLarge(f"{where}: {len(given)} characters; at most {LONGEST_TEXT} are looked for")
    if "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise BadRequest(f"{where}: has a character that no text may have (NUL or a surrogate)")
    return given


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str):
        raise BadRequest(f"{where}: is {_kind(given)}; expected text")
    return checked_text(given, where)


def _values(given: Any, where: str) -> tuple[Value, ...]:
    several = given if isinstance(given, list) else [given]
    return tuple(_value(one, where) for one in _list(several, VALUES, f"{where}: values"))


def _value(given: Any, where: str) -> Value:
    if isinstance(given, bool):
        return Value("true" if given else "false")
    if isinstance(given, int | float):
        return Value(str(given))
    if isinstance(given, dict):
        return Value(_text(given.get("id"), f"{where}: 'id' of a value"), is_id=True)
    return Value(_text(given, f"{where}: a value"))


def _limit(given: Any, where: str) -> int:
    if given is None:
        return CANDIDATES
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 1 or given % 1:
        raise BadRequest(f"{where}: 'limit' is {_told(given)}; expected a whole number from 1")
    return int(min(given, MOST_CANDIDATES))


def _type(given: Any, where: str) -> Type:
    # Version 0.2 says in one place that a type is its identifier, in another that it is an object.
    return type_named(_text(given.get("id") if isinstance(given, dict) else given, where))


def _named(given: Any, where: str) -> Property:
    return property_named(_text(given, f"{where}: a property's identifier"))


def _object(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise BadRequest(f"{where}: is {_kind(given)}; expected an object")
    return given


def _list(given: Any, most: int, where: str) -> list[Any]:
    if not isinstance(given, list):
        raise BadRequest(f"{where}: is {_kind(given)}; expected a list")
    _few(given, most, where, "are read")
    return given


def _few(given: Mapping[str, Any] | list[Any], most: int, where: str, what: str) -> None:
    if len(given) > most:
        raise TooLarge(f"{where}: {len(given)} at once; at most {most} {what}")


def _known(fields: Iterable[str], known: tuple[str, ...], where: str) -> None:
    for name in fields:
        if name not in known:
            raise BadRequest(f"{where}: {shortened(name)} has no meaning here; {_one_of(known)}")


def _or(given: Any, default: Any) -> Any:
    return default if given is None else given


def _one_of(known: tuple[str, ...]) -> str:
    return f"expected one of: {', '.join(known)}"


def _told(given: Any) -> str:
    return shortened(given) if isinstance(given, str) else _kind(given, value=True)


def _kind(given: Any, *, value: bool = False) -> str:
    """Say what a value of JSON is."""
    if given is None:
        return "missing"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return shortened(str(given)).strip("'") if value else "a number"
    return {"dict": "an object", "list": "a list"}.get(type(given).__name__, "text")
