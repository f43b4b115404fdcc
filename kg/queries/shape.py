"""Rows as the JSON that ``#+ transform`` of a file draws: a prototype, filled row by row.

See the README of CLARIAH/grlc, ``transform``, and that of D2KLab/sparql-transformer, which
made the form: a text that starts with ``?`` is a variable, an object may hold objects, and
rows that agree on ``$anchor`` become one, with lists where they differ. What builds a query
there (a text that starts with ``$``) and JSON-LD (``@graph``) have no place here: the query
stands in the file. The other modifiers of a variable are ``$list`` (or ``$asList``),
``$accept:string|number|boolean`` and ``$langTag:hide``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib.namespace import XSD

from kg.queries.values import NUMBERS, WHOLE_NUMBERS

_ANCHOR: Final = "$anchor"
_LIST: Final = ("$list", "$asList")
_ACCEPTED: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "str": (str,),
    "number": (int, float),
    "int": (int,),
    "float": (float,),
    "boolean": (bool,),
    "bool": (bool,),
}
#: In place of a value that the row does not have.
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Shape:
    """A prototype of JSON; made by ``read_shape``, which checks it."""

    prototype: Mapping[str, Any]

    def variables(self) -> Iterator[str]:
        """Give the names of the variables in it."""
        yield from (leaf.name for leaf in _leaves(self.prototype))

    def fill(self, rows: Iterable[Mapping[str, object]]) -> list[dict[str, Any]]:
        """Fill the prototype with each row, and join what agrees on the anchor.

        Args:
            rows: terms by variable; what a row does not bind is not there.

        >>> shape = read_shape({"id": "?p", "value": "?o", "$anchor": "id"})
        >>> rows = [{"p": Literal("a"), "o": Literal(n)} for n in (1, 2)]
        >>> shape.fill(rows)
        [{'id': 'a', 'value': [1, 2]}]
        """
        filled = [_filled_object(self.prototype, row) for row in rows]
        anchor = self.prototype.get(_ANCHOR)
        joined: list[dict[str, Any]] = []
        places: dict[str, int] = {}
        for one in filled:
            key = repr(one[anchor]) if anchor in one else None
            if key in places:
                _join(joined[places[key]], one, self.prototype)
                continue
            if key is not None:
                places[key] = len(joined)
            joined.append(one)
        return joined


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A variable in a prototype, and what is wanted of its value."""

    name: str
    as_list: bool = False
    accept: str | None = None
    lang_tag: bool = True

    def value(self, row: Mapping[str, object]) -> Any:
        term = row.get(self.name)
        if term is None:
            return _NOTHING
        value = _plain(term)
        if self.accept and (
            not isinstance(value, _ACCEPTED[self.accept])
            or isinstance(value, bool) != self.accept.startswith("bool")
        ):
            return _NOTHING
        told: Any = value
        if isinstance(term, Literal) and term.language and self.lang_tag:
            told = {"language": term.language, "value": value}
        return [told] if self.as_list else told


def read_shape(given: object) -> Shape:
    """Check a prototype.

    Raises:
        ValueError: it is no object, or has something that has no meaning here.
    """
    if not isinstance(given, dict):
        raise ValueError(f'{given!r}; expected a JSON object, such as {{"id": "?p"}}')
    if "@graph" in given or "proto" in given:
        raise ValueError("JSON-LD and queries in JSON are not read; expected the object of one row")
    for _ in _leaves(given):
        pass
    return Shape(given)


def _leaves(part: object) -> Iterator[_Leaf]:
    if isinstance(part, str):
        leaf = _leaf(part)
        if leaf is not None:
            yield leaf
    elif isinstance(part, list):
        for item in part:
            yield from _leaves(item)
    elif isinstance(part, dict):
        anchor = part.get(_ANCHOR)
        if anchor is not None and (anchor not in part or anchor.startswith("$")):
            raise ValueError(f"'$anchor' is {anchor!r}; expected a key of the same object")
        for key, value in part.items():
            if key.startswith("$") and key not in (_ANCHOR, *_LIST):
                raise ValueError(f"{key!r}; expected $anchor, $list or a name")
            if not key.startswith("$"):
                yield from _leaves(value)


def _leaf(text: str) -> _Leaf | None:
    if text.startswith("$"):
        raise ValueError(
            f"{text!r} would build a query, and the file has one; expected a variable of it"
        )
    if not text.startswith("?"):
        return None
    name, *modifiers = text[1:].split("$")
    as_list, accept, lang_tag = False, None, True
    for modifier in modifiers:
        key, _, value = modifier.partition(":")
        if f"${key}" in _LIST and not value:
            as_list = True
        elif key == "accept" and value in _ACCEPTED:
            accept = value
        elif key == "langTag" and value in ("hide", "show"):
            lang_tag = value == "show"
        else:
            raise ValueError(
                f"{text!r}: ${modifier}; expected $list, $accept:string, $accept:number, "
                "$accept:boolean or $langTag:hide"
            )
    return _Leaf(name, as_list, accept, lang_tag)


def _filled(part: object, row: Mapping[str, object]) -> Any:
    if isinstance(part, str):
        leaf = _leaf(part)
        return part if leaf is None else leaf.value(row)
    if isinstance(part, list):
        items = [_filled(item, row) for item in part]
        if all(item is _NOTHING for item in items):
            return _NOTHING
        return [None if item is _NOTHING else item for item in items]
    if isinstance(part, dict):
        one = _filled_object(part, row)
        if not set(one) - {"@type"}:
            return _NOTHING
        return [one] if any(part.get(key) in ("true", "True") for key in _LIST) else one
    return part


def _filled_object(prototype: Mapping[str, Any], row: Mapping[str, object]) -> dict[str, Any]:
    filled = {key: _filled(part, row) for key, part in prototype.items() if not key.startswith("$")}
    return {key: value for key, value in filled.items() if value is not _NOTHING}


def _join(base: dict[str, Any], other: dict[str, Any], prototype: Mapping[str, Any]) -> None:
    """Add to *base* what *other* has and it has not."""
    for key, value in other.items():
        if key not in base:
            base[key] = value
            continue
        part = prototype[key]
        inner = part if isinstance(part, dict) else {}
        held = base[key]
        held_items: list[Any] = held if isinstance(held, list) else [held]
        for item in value if isinstance(value, list) else [value]:
            _add(held_items, item, inner)
        if isinstance(held, list) or len(held_items) > 1:
            base[key] = held_items


def _add(items: list[Any], item: Any, prototype: Mapping[str, Any]) -> None:
    anchor = prototype.get(_ANCHOR)
    if anchor is not None and isinstance(item, dict) and anchor in item:
        for held in items:
            if isinstance(held, dict) and _same(held.get(anchor), item[anchor]):
                _join(held, item, prototype)
                return
    if not any(_same(held, item) for held in items):
        items.append(item)


def _same(one: object, other: object) -> bool:
    """Whether two values are written alike: 1 is not true."""
    return one == other and repr(one) == repr(other)


def _plain(term: object) -> str | int | float | bool:
    """Return a term as JSON has it; a literal that its datatype does not fit is text."""
    if isinstance(term, NamedNode | BlankNode):
        return term.value
    if not isinstance(term, Literal):
        return str(term)
    datatype = term.datatype.value
    local = datatype.removeprefix(str(XSD)) if datatype.startswith(str(XSD)) else ""
    try:
        if local in WHOLE_NUMBERS:
            return int(term.value)
        if local in NUMBERS:
            number = float(term.value)
            return number if math.isfinite(number) else term.value
    except ValueError:
        return term.value
    if local == "boolean" and term.value in ("true", "false", "1", "0"):
        return term.value in ("true", "1")
    return term.value
