"""Run a query on a snapshot, in this process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

import pyoxigraph as ox

from kg.errors import BadRequest, KGError, QuerySyntaxError
from kg.store.snapshot import Snapshot

Result = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

RESULT_FORMATS: dict[str, ox.QueryResultsFormat] = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS: dict[str, ox.RdfFormat] = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "xml": ox.RdfFormat.RDF_XML,
}
_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)


def query(snapshot: Snapshot, text: str) -> Result:
    """Run a read-only query over the union of all graphs.

    Raises:
        QuerySyntaxError: the text does not parse.
        KGError: evaluation failed.
    """
    try:
        return snapshot.graph.query(text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise syntax_error(error) from error
    except (RuntimeError, OSError, ValueError) as error:
        raise KGError(f"query: {error}") from error


def syntax_error(error: SyntaxError) -> QuerySyntaxError:
    """Turn the store's complaint about a query into ours, with its line and column."""
    found = _PLACE.search(str(error))
    if not found:
        return QuerySyntaxError(f"query: does not parse ({error})")
    line, column, what = int(found[1]), int(found[2]), " ".join(found[3].split())
    return QuerySyntaxError(f"query:{line}:{column}: does not parse; {what}", line, column)


def write_result(result: Result, out: BinaryIO, format_: str) -> None:
    """Write a result in one of the formats that suit it.

    Raises:
        BadRequest: the format does not suit the query's form.
    """
    if isinstance(result, ox.QueryTriples):
        if format_ not in GRAPH_FORMATS:
            raise BadRequest(_unsuited(format_, "a CONSTRUCT or DESCRIBE", GRAPH_FORMATS))
        result.serialize(out, GRAPH_FORMATS[format_])
        return
    if format_ not in RESULT_FORMATS:
        raise BadRequest(_unsuited(format_, "a SELECT or ASK", ["table", *RESULT_FORMATS]))
    result.serialize(out, RESULT_FORMATS[format_])


def _unsuited(format_: str, form: str, formats: Iterable[str]) -> str:
    names = ", ".join(formats)
    return f"format {format_!r}: not for {form}; expected one of: {names}"
