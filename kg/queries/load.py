"""Read saved queries from their files, and refuse those that could not run."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Final

from kg.errors import KGError
from kg.queries.bind import is_bound_test, uses
from kg.queries.header import Header, HeaderError, read_header
from kg.queries.model import Parameter, SavedQuery
from kg.queries.naming import parse_variable
from kg.queries.shape import Shape, read_shape
from kg.sparql import Token, TokenKind, check, decode, tokenize

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_-]+")
#: A message of the guard that tells a place in the text.
_PLACED = re.compile(r"query:(?P<line>\d+):(?P<column>\d+): (?P<message>.*)", re.DOTALL)
#: Suffixes of the files that are read, and of queries of grlc that are not.
_SUFFIXES: Final = (".rq", ".sparql")
_NOT_READ: Final = (".tpf", ".json")
#: What a parameter must not be called where answers come in pages.
_PAGE: Final = "page"


def load_queries(folder: Path) -> dict[str, SavedQuery]:
    """Read all ``*.rq`` and ``*.sparql`` files of a folder, sorted by name.

    Raises:
        KGError: the folder or a file cannot be read, or is no saved query; with file and line.
    """
    if not folder.is_dir():
        raise KGError(f"{folder}: no such folder; expected one with *.rq files")
    for path in sorted(folder.glob("*")):
        if path.suffix in _NOT_READ:
            log.warning("%s: is not read; expected SPARQL, in a file that ends in .rq", path)
    queries: dict[str, SavedQuery] = {}
    for path in query_files(folder):
        query = read_query(path)
        if query.name in queries:
            raise KGError(f"{path}: there is a {path.stem}.rq as well; expected one of them")
        queries[query.name] = query
    return queries


def query_files(folder: Path) -> list[Path]:
    """Return the files of a folder that hold saved queries, sorted by name, ``.rq`` first."""
    paths = (path for suffix in _SUFFIXES for path in folder.glob(f"*{suffix}"))
    return sorted(paths, key=lambda path: (path.stem, path.suffix))


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
        header = read_header(content)
        text = "".join(content.splitlines(keepends=True)[header.length :])
        length = header.length + len(text) - len(text.lstrip("\r\n"))
        return parse_query(path.stem, header, text.strip("\r\n") + "\n")
    except HeaderError as error:
        raise KGError(f"{path}:{error.line}: {error}") from error
    except (KGError, ValueError) as error:
        placed = _PLACED.fullmatch(str(error))
        if placed:
            raise KGError(
                f"{path}:{length + int(placed['line'])}:{placed['column']}: {placed['message']}"
            ) from error
        raise KGError(f"{path}:{length + 1}: {error}") from error


def parse_query(name: str, header: Header, text: str) -> SavedQuery:
    """Make a saved query of its header and text, and try it with its example values.

    Raises:
        KGError: the text is no query, or may not run.
        ValueError: header and text do not fit; a HeaderError has the line.
    """
    form = check(text).form
    if form == "UPDATE":
        raise ValueError("an update; expected a query, which only reads (updates: POST /sparql)")
    tokens = tokenize(decode(text))
    query = SavedQuery(
        name=name,
        title=header.text("summary") or name,
        description=header.text("description"),
        tags=header.texts("tags"),
        parameters=_parameters(header, tokens),
        text=text,
        form=form,
        pagination=_pagination(header),
        method=_method(header),
        shape=_shape(header, form, tokens),
    )
    if query.pagination and any(parameter.name == _PAGE for parameter in query.parameters):
        raise header.error(
            "pagination", "needs the name 'page' for itself; expected another name of a parameter"
        )
    _try(header, query)
    return query


def _pagination(header: Header) -> int | None:
    given = header.text("pagination")
    if given and not (given.isascii() and given.isdigit() and int(given)):
        raise header.error("pagination", f"is {given!r}; expected a number of rows above 0")
    return int(given) if given else None


def _method(header: Header) -> str:
    given = header.text("method").upper() or "GET"
    if given not in ("GET", "POST"):
        raise header.error("method", f"is {given!r}; expected GET or POST")
    return given


def _shape(header: Header, form: str, tokens: list[Token]) -> Shape | None:
    if "transform" not in header.values:
        return None
    if form != "SELECT":
        raise header.error("transform", f"shapes rows and this is a {form}; expected a SELECT")
    try:
        shape = read_shape(header.values["transform"])
    except ValueError as error:
        raise header.error("transform", f"has {error}") from error
    used = {token.text[1:] for token in tokens if token.kind is TokenKind.VARIABLE}
    for variable in shape.variables():
        if variable not in used:
            raise header.error("transform", f"has ?{variable}; expected a variable of the query")
    return shape


def _try(header: Header, query: SavedQuery) -> None:
    for parameter in query.parameters:
        for key, value in (("defaults", parameter.default), ("examples", parameter.example)):
            if value:
                try:
                    parameter.term(value)
                except ValueError as error:
                    raise header.error(key, f"has for {parameter.name!r} {error}") from error
    values = query.example_values()
    if all(p.name in values or p.default or not p.required for p in query.parameters):
        check(query.bind(values, limit=1, offset=1))


def _parameters(header: Header, tokens: list[Token]) -> tuple[Parameter, ...]:
    prefixes = declared_prefixes(tokens)
    choices = header.table("enumerate")
    found: dict[str, Parameter] = {}
    for use in uses(tokens):
        named = parse_variable(use.name, prefixes)
        if named is None:
            continue
        _check_place(tokens, use.place)
        name = named.name
        if name in found:
            if found[name].variable != use.name:
                raise ValueError(
                    f"parameter {name!r} stands as ?{found[name].variable} and ?{use.name}; "
                    "expected one of them"
                )
            continue
        default = header.text_of("defaults", name)
        found[name] = Parameter(
            name=name,
            variable=use.name,
            type=named.type,
            lang=named.lang,
            datatype=named.datatype,
            required=named.required and default is None,
            default=default,
            example=header.text_of("examples", name) or default,
            choices=header.texts_of("enumerate", name),
            from_graph=choices.get(name) == "",
            description=header.text_of("parameters", name) or "",
        )
    # Not 'enumerate': files of grlc name variables there which are no parameters.
    for key in ("defaults", "examples", "parameters"):
        for name in header.table(key):
            if name not in found:
                raise header.error(key, f"names {name!r}, which is no parameter of the query")
    return tuple(found.values())


def _check_place(tokens: list[Token], place: int) -> None:
    """Refuse places where no value can stand: there the query itself gives one."""
    before = place - 1
    while before > 0 and (tokens[before].kind is TokenKind.VARIABLE or tokens[before].text == "("):
        before -= 1
    assigned = tokens[place - 1].word == "AS" or tokens[before].word == "VALUES"
    if assigned and not is_bound_test(tokens, place):
        raise ValueError(f"the query assigns {tokens[place].text}; a parameter gets its value")


def declared_prefixes(tokens: list[Token]) -> dict[str, str]:
    """Return the prefix map that a query declares."""
    prefixes: dict[str, str] = {}
    for keyword, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if keyword.word == "PREFIX" and iri.kind is TokenKind.IRI:
            prefixes[name.text.rstrip(":")] = iri.text[1:-1]
    return prefixes
