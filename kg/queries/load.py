"""Read saved queries from their files, and refuse those that could not run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.errors import KGError, QuerySyntaxError
from kg.queries.bind import is_bound_test, uses
from kg.queries.header import (
    HeaderError,
    list_of,
    parse_variable,
    read_header,
    table_of,
    text_of,
)
from kg.queries.model import Parameter, SavedQuery
from kg.sparql import Token, TokenKind, check, decode, tokenize

_NAME = re.compile(r"[A-Za-z0-9_-]+")


def load_queries(folder: Path) -> dict[str, SavedQuery]:
    """Read all ``*.rq`` files of a folder, sorted by name.

    Raises:
        KGError: the folder or a file cannot be read, or is no saved query; with file and line.
    """
    if not folder.is_dir():
        raise KGError(f"{folder}: no such folder; expected one with *.rq files")
    return {path.stem: read_query(path) for path in sorted(folder.glob("*.rq"))}


def read_query(path: Path) -> SavedQuery:
    """Read one saved query; its name is the file's, without the suffix.

    Raises:
        KGError: as ``load_queries`` does.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KGError(f"{path}: cannot be read ({error}); expected a UTF-8 file") from error
    if not _NAME.fullmatch(path.stem):
        raise KGError(f"{path}: its name stands in addresses; expected letters, digits, '-', '_'")
    length = 0
    try:
        header, length = read_header(content)
        text = "".join(content.splitlines(keepends=True)[length:])
        length += len(text) - len(text.lstrip("\r\n"))
        return parse_query(path.stem, header, text.strip("\r\n") + "\n")
    except HeaderError as error:
        raise KGError(f"{path}:{error.line}: {error}") from error
    except QuerySyntaxError as error:
        place = f":{length + error.line}:{error.column}" if error.line else ""
        message = str(error).partition(": ")[2]
        raise KGError(f"{path}{place}: {message}") from error
    except (KGError, ValueError) as error:
        raise KGError(f"{path}: {error}") from error


def parse_query(name: str, header: Mapping[str, Any], text: str) -> SavedQuery:
    """Make a saved query of its header and text, and try it with its example values.

    Raises:
        KGError: the text is no query, or may not run.
        ValueError: header and text do not fit; a HeaderError has the line.
    """
    form = check(text).form
    if form == "UPDATE":
        raise ValueError("an update; expected a query, which only reads")
    pagination = text_of(header, "pagination")
    if pagination and not (pagination.isascii() and pagination.isdigit() and int(pagination)):
        raise ValueError(f"'pagination' is {pagination!r}; expected a number of rows above 0")
    query = SavedQuery(
        name=name,
        title=text_of(header, "summary") or name,
        description=text_of(header, "description"),
        tags=list_of(header, "tags"),
        parameters=_parameters(header, tokenize(decode(text))),
        text=text,
        form=form,
        pagination=int(pagination) if pagination else None,
    )
    _try(query)
    return query


def _try(query: SavedQuery) -> None:
    for parameter in query.parameters:
        for value in (parameter.default, parameter.example):
            if value:
                parameter.term(value)
    values = query.example_values()
    if all(p.name in values or p.default or not p.required for p in query.parameters):
        check(query.bind(values, limit=1, offset=1))


def _parameters(header: Mapping[str, Any], tokens: list[Token]) -> tuple[Parameter, ...]:
    defaults, choices = table_of(header, "defaults"), table_of(header, "enumerate")
    examples, texts = table_of(header, "examples"), table_of(header, "parameters")
    prefixes = declared_prefixes(tokens)
    found: dict[str, Parameter] = {}
    for use in uses(tokens):
        parsed = parse_variable(use.name, prefixes)
        if parsed is None:
            continue
        name, required, kind, lang, datatype = parsed
        _check_place(tokens, use.place)
        if name in found:
            if found[name].variable != use.name:
                raise ValueError(
                    f"parameter {name!r} stands as ?{found[name].variable} and ?{use.name}; "
                    "expected one of them"
                )
            continue
        default = _text(defaults, name)
        found[name] = Parameter(
            name=name,
            variable=use.name,
            type=kind,
            lang=lang,
            datatype=datatype,
            required=required and default is None,
            default=default,
            example=_text(examples, name) or default,
            choices=_texts(choices, name),
            description=_text(texts, name) or "",
        )
    for key, table in (("defaults", defaults), ("examples", examples), ("parameters", texts)):
        for name in table:
            if name not in found:
                raise ValueError(f"{key!r} names {name!r}, which is no parameter of the query")
    return tuple(found.values())


def _check_place(tokens: list[Token], place: int) -> None:
    """Refuse places where no value can stand: there the query itself gives one."""
    before = place - 1
    while before > 0 and (tokens[before].kind is TokenKind.VARIABLE or tokens[before].text == "("):
        before -= 1
    assigned = tokens[place - 1].word == "AS" or tokens[before].word == "VALUES"
    if assigned and not is_bound_test(tokens, place):
        raise ValueError(f"the query assigns {tokens[place].text}; a parameter gets its value")


def _text(table: Mapping[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"parameter {name!r}: {value!r} in the header; expected one text")
    return value or None


def _texts(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name) or []
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"parameter {name!r}: {value!r} in 'enumerate'; expected a list of texts")
    return tuple(items)


def declared_prefixes(tokens: list[Token]) -> dict[str, str]:
    """Return the prefix map that a query declares."""
    prefixes: dict[str, str] = {}
    for keyword, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if keyword.word == "PREFIX" and iri.kind is TokenKind.IRI:
            prefixes[name.text.rstrip(":")] = iri.text[1:-1]
    return prefixes
