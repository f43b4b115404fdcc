"""Decodes the lines of a dump: only what an index keeps, which takes half of the time.

What does not fit the shape that Wikidata uses is decoded whole and read by ``kg.link.entity``,
which says the same of what does fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import orjson
from msgspec.structs import astuple

from kg.link.entity import IDENTIFIERS, MAX_LETTERS, STATEMENTS, item_of, redirect_of
from kg.link.items import Item, Name, NameKind
from kg.linked import is_qid

_ITEMS: Final = ("P31", "P279", "P361", "P144", "P275")
_TIMES: Final = ("P571",)
_CLASSES: Final = frozenset(("P31", "P279"))
_PROPERTIES: Final = tuple(sorted({*_CLASSES, *IDENTIFIERS, *STATEMENTS}))
_Pairs = tuple[tuple[str, str], ...]
_LABEL, _ALIAS, _UNSET = NameKind.LABEL, NameKind.ALIAS, msgspec.UNSET


class Redirect(msgspec.Struct, frozen=True, gc=False):
    """An item that is another now: numbers of ids."""

    qid: int
    target: int


class Read(msgspec.Struct, gc=False):
    """What an index keeps of an item; the fields are those of :class:`kg.link.items.Item`.

    One is made for each line of a dump, and a Struct is made much faster than a dataclass.
    ``names`` have their kind.
    """

    qid: int
    label: str
    description: str
    names: dict[str, NameKind]
    classes: tuple[int, ...]
    parents: tuple[int, ...]
    sitelinks: int
    identifiers: _Pairs
    statements: _Pairs

    def item(self) -> Item:
        return Item(
            qid=self.qid,
            label=self.label,
            description=self.description,
            names=tuple(Name(text, kind) for text, kind in self.names.items()),
            classes=self.classes,
            parents=self.parents,
            sitelinks=self.sitelinks,
            identifiers=self.identifiers,
            statements=self.statements,
        )


class NoItem(Exception):
    """A line with an entity that is no item: a property, a lexeme, a deleted item."""


class NoJSON(Exception):
    """A line that is no JSON object; the text says what was found."""


class _Text(msgspec.Struct, gc=False):
    value: str = ""


class _Ref(msgspec.Struct, gc=False):
    id: str

    @property
    def text(self) -> str:
        return self.id


class _Time(msgspec.Struct, gc=False):
    time: str
    precision: int | None = None

    @property
    def text(self) -> str:
        return self.time if self.precision is None else f"{self.time}/{self.precision}"


class _Link(msgspec.Struct, gc=False):
    """A sitelink: they are counted."""


class Decoder:
    """Reads items from lines of JSON."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages)
        self._wanted = tuple(dict.fromkeys([*languages, "mul"]))
        self._fields = tuple(f"l{number}" for number in range(len(self._wanted)))
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self._entity_type())
        self._decode = decoder.decode

    def read(self, line: bytes) -> Read | Redirect:
        """Read an item or a redirect.

        Raises:
            NoItem, NoJSON: it is neither.
        """
        try:
            entity = self._decode(line)
        except (msgspec.MsgspecError, UnicodeError):
            return self._read_any(line)
        if entity.redirect is not _UNSET or entity.missing is not _UNSET:
            return self._read_any(line)
        id_ = entity.id
        if not is_qid(id_):
            raise NoItem
        labels = _texts(entity.labels) if entity.labels else ()
        names = dict.fromkeys(labels, _LABEL)
        if entity.aliases:
            for texts in astuple(entity.aliases):
                for one in texts or ():
                    if text := " ".join(one.value.split())[:MAX_LETTERS]:
                        names.setdefault(text, _ALIAS)
        descriptions = _texts(entity.descriptions) if entity.descriptions else ()
        claims = entity.claims
        classes: tuple[int, ...] = ()
        parents: tuple[int, ...] = ()
        identifiers: _Pairs = ()
        statements: _Pairs = ()
        if claims:
            classes = _ids(claims.P31) if claims.P31 else ()
            parents = _ids(claims.P279) if claims.P279 else ()
            identifiers, statements = _pairs(claims)
        return Read(
            int(id_[1:]),
            labels[0] if labels else "",
            descriptions[0] if descriptions else "",
            names,
            classes,
            parents,
            len(entity.sitelinks) if entity.sitelinks else 0,
            identifiers,
            statements,
        )

    def _read_any(self, line: bytes) -> Read | Redirect:
        try:
            entity = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise NoJSON(str(error)) from error
        if not isinstance(entity, dict):
            raise NoJSON(f"a JSON {type(entity).__name__}")
        moved = redirect_of(entity)
        if moved is not None:
            return Redirect(int(moved[0][1:]), int(moved[1][1:]))
        item = item_of(entity, self._languages)
        if item is None:
            raise NoItem
        return Read(
            item.qid,
            item.label,
            item.description,
            {name.text: name.kind for name in item.names},
            item.classes,
            item.parents,
            item.sitelinks,
            item.identifiers,
            item.statements,
        )

    def _entity_type(self) -> Any:
        """Make the types to decode into: what they do not name is passed over."""
        names = dict(zip(self._fields, self._wanted, strict=True))
        text, texts = (
            msgspec.defstruct(
                kind, [(name, type_ | None, None) for name in names], rename=names, gc=False
            )
            | list[_Text]
            | None
            for kind, type_ in (("_Text", _Text), ("_Texts", list[_Text]))
        )
        lists = [
            (one, _statements(_Ref if one in _ITEMS else _Time if one in _TIMES else str), None)
            for one in _PROPERTIES
        ]
        claims = msgspec.defstruct("_Claims", lists, gc=False)
        return msgspec.defstruct(
            "_Entity",
            [
                ("id", str),
                ("labels", text, None),
                ("descriptions", text, None),
                ("aliases", texts, None),
                ("claims", claims | list[_Text] | None, None),
                ("sitelinks", dict[str, _Link] | list[_Link] | None, None),
                *((one, Any, _UNSET) for one in ("redirect", "missing")),
            ],
            gc=False,
        )


def _statements(value: Any) -> Any:
    """Make the type of the statements of a property whose values are of a type."""
    content = msgspec.defstruct("_Value", [("value", value)], gc=False)
    snak = msgspec.defstruct("_Snak", [("datavalue", content | None, None)], gc=False)
    statement: Any = msgspec.defstruct(
        "_Statement", [("mainsnak", snak), ("rank", str, "normal")], gc=False
    )
    return list[statement] | None


def _best(statements: list[Any]) -> list[Any]:
    """Return the values of the preferred statements, else of the normal ones."""
    if len(statements) == 1:
        one = statements[0]
        value = one.mainsnak.datavalue
        return [] if value is None or one.rank == "deprecated" else [value.value]
    best = [one for one in statements if one.rank == "preferred"]
    return [
        one.mainsnak.datavalue.value
        for one in best or [one for one in statements if one.rank != "deprecated"]
        if one.mainsnak.datavalue is not None
    ]


@lru_cache(maxsize=1 << 16)
def _number(id_: str) -> int:
    """Return the number of an item's id; 0 for another id."""
    return int(id_[1:]) if is_qid(id_) else 0


def _ids(statements: list[Any]) -> tuple[int, ...]:
    values = _best(statements)
    if len(values) == 1:
        number = _number(values[0].id)
        return (number,) if number else ()
    return tuple(sorted({_number(one.id) for one in values} - {0}))


def _texts(part: Any) -> list[str]:
    """Return the texts of labels or descriptions in the order of the languages."""
    return [
        text
        for one in astuple(part)
        if one is not None and (text := " ".join(one.value.split())[:MAX_LETTERS])
    ]


def _pairs(claims: Any) -> tuple[_Pairs, _Pairs]:
    """Return identifiers and statements, sorted."""
    identifiers: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for property_, statements in zip(_PROPERTIES, astuple(claims), strict=True):
        if statements and property_ not in _CLASSES:
            for value in _best(statements):
                text = value if isinstance(value, str) else value.text
                if text and len(text) <= MAX_LETTERS * 4:
                    pair = (property_, text)
                    (identifiers if property_ in IDENTIFIERS else others).append(pair)
    return _sorted(identifiers), _sorted(others)


def _sorted(pairs: list[tuple[str, str]]) -> _Pairs:
    return tuple(sorted(set(pairs))) if len(pairs) > 1 else tuple(pairs)
