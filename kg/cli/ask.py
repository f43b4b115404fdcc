"""Run saved queries and own SPARQL on a store, from the command line."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from kg.cli import show
from kg.errors import BadRequest, Forbidden, KGError, UnknownQuery
from kg.pipeline import queries_folder
from kg.queries import SavedQuery, load_queries, read_query
from kg.settings import Settings
from kg.sparql import check
from kg.store import open_snapshot, write_result
from kg.store import query as run_query
from kg.vocab import PREFIXES

_ONTOLOGY = PREFIXES["kg"]


def parse_parameters(given: Sequence[str]) -> dict[str, str]:
    """Split ``name=value`` pairs.

    Raises:
        BadRequest: a pair has no ``=``, or a name comes twice.

    >>> parse_parameters(["term=LoRA", "month=2024-06"])
    {'term': 'LoRA', 'month': '2024-06'}
    """
    values: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadRequest(f"-p {pair!r}: no '='; expected -p NAME=VALUE")
        if name in values:
            raise BadRequest(f"-p {pair!r}: {name!r} is given twice; give it once")
        values[name] = value
    return values


def run(
    name: str, values: Mapping[str, str], format_: str | None, settings: Settings, out: BinaryIO
) -> None:
    """Run a saved query, a file, or standard input, and write all rows.

    Raises:
        UnknownQuery: there is no saved query and no file of that name.
        BadParameter: a parameter is missing, unknown or of the wrong type.
        BadRequest: the query does not parse, or the format does not suit it.
    """
    text = _text_of(name, values, settings)
    checked = check(text)
    if checked.form == "UPDATE":
        raise Forbidden(f"{name}: is an update; 'kg query' only reads")
    # A query runs outside Python: without this, Ctrl-C would wait for its end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open_snapshot(settings.store) as snapshot:
        result = run_query(snapshot, checked.text)
        if format_ is None:
            format_ = "ttl" if isinstance(result, ox.QueryTriples) else "table"
        if format_ == "table" and isinstance(result, ox.QuerySolutions):
            names = [variable.value for variable in result.variables]
            stream = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
            show.solutions(names, _rows(result, settings.base_iri), stream)
            stream.detach()
        elif format_ == "table" and isinstance(result, ox.QueryBoolean):
            out.write(b"true\n" if result else b"false\n")
        else:
            write_result(result, out, format_)
    out.flush()


def _rows(result: ox.QuerySolutions, base: str) -> Iterator[list[str]]:
    for solution in result:
        yield [_cell(term, base) for term in solution]


def _cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None, base: str) -> str:
    """Show a term to a person: IRIs short, literals without their datatype."""
    if isinstance(term, ox.NamedNode):
        for start, short in ((_ONTOLOGY, "kg:"), (base, "")):
            if term.value.startswith(start):
                return short + term.value.removeprefix(start)
    if term is None:
        return ""
    return str(term.value) if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _text_of(name: str, values: Mapping[str, str], settings: Settings) -> str:
    if name == "-":
        return _own(name, _stdin_text(), values)
    saved = load_queries(queries_folder(settings))
    if name in saved:
        return saved[name].bind(values)
    path = Path(name)
    if not path.is_file():
        raise UnknownQuery(
            f"{name}: no saved query and no file of that name; 'kg queries' lists the saved ones"
        )
    if path.suffix in (".rq", ".sparql") and values:
        return read_query(path).bind(values)
    try:
        return _own(name, path.read_text(encoding="utf-8-sig"), values)
    except (OSError, UnicodeDecodeError) as error:
        raise KGError(f"{name}: cannot be read ({error}); expected SPARQL in UTF-8") from error


def _stdin_text() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"-: cannot be read ({error}); expected SPARQL in UTF-8") from error


def _own(name: str, text: str, values: Mapping[str, str]) -> str:
    if values:
        raise BadRequest(f"{name}: -p is for saved queries; write the values into the query")
    return text


def list_queries(settings: Settings) -> Iterator[str]:
    """Describe every saved query in a line, and its parameters in one each."""
    for query in load_queries(queries_folder(settings)).values():
        yield f"{query.name}: {query.title}"
        yield from (f"    -p {line}" for line in _parameters(query))


def _parameters(query: SavedQuery) -> Iterator[str]:
    for one in query.parameters:
        example = one.default or one.example
        need = "" if one.required else ", optional"
        yield f"{one.name}={example or '…'} ({one.type}{need}) {one.description}".rstrip()
