"""Rows of a result are counted as it is written, whatever its values hold."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest

from kg.web.jobs import RESULT_FORMATS
from kg.web.rows import RowCounter

ODD = ("}},{", '[{"a', "<result>", "</result>", "a\nb", 'a"\nb', "\\n", "\r\n", "")


def store_of(rows: int) -> ox.Store:
    store = ox.Store()
    for number in range(rows):
        text = ODD[number % len(ODD)]
        store.add(ox.Quad(ox.NamedNode(f"urn:s{number}"), ox.NamedNode("urn:p"), ox.Literal(text)))
    return store


@pytest.mark.parametrize("format_", RESULT_FORMATS)
@pytest.mark.parametrize("rows", [0, 1, 2, 1000])
@pytest.mark.parametrize("size", [1, 3, 4096])
def test_rows_are_counted(format_: str, rows: int, size: int) -> None:
    result = store_of(rows).query("SELECT ?o ?s { ?s ?p ?o }")
    whole = result.serialize(format=RESULT_FORMATS[format_])  # type: ignore[union-attr]
    assert whole is not None
    out = io.BytesIO()
    counter = RowCounter(out, format_)
    for start in range(0, len(whole), size):
        counter.write(whole[start : start + size])
    assert (counter.rows, out.getvalue()) == (rows, whole)


def test_a_graph_has_no_rows() -> None:
    counter = RowCounter(io.BytesIO(), "ttl")
    counter.write(b"<urn:a> <urn:b> <urn:c> .")
    assert counter.rows is None
