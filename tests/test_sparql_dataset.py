"""Whether a query names the graphs that it sees, compared with what the store makes of it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import KGError
from kg.sparql import check, has_dataset

P = "PREFIX ex: <http://e/> PREFIX : <http://c/> PREFIX FROMex: <urn:> "

#: None of the graphs that these name has anything in it.
WITH = [
    "SELECT * FROM <urn:none> { ?s ?p ?o }",
    "select*from ex:none{ ?s ?p ?o }",
    "SELECT ?s FROM NAMED ex:none WHERE { ?s ?p ?o }",
    "SELECT (1 AS ?x)FROM<urn:none>{ ?s ?p ?o }",
    "ASK FROM :none { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } FROM ex:none WHERE { ?s ?p ?o }",
    "CONSTRUCT FROM ex:none WHERE { ?s ?p ?o }",
    "DESCRIBE <urn:s> FROM ex:none",
    "SELECT * # from\nFROM <urn:none> { ?s ?p ?o }",
    "SELECT * \\u0046ROM <urn:none> { ?s ?p ?o }",
    "SELECT * FROMex:none { ?s ?p ?o }",
    "SELECT * fromNAMEDex:none WHERE { ?s ?p ?o }",
    "SELECT (<urn:f> AS ?x)FROM:none{ ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } FROMex:none WHERE { ?s ?p ?o }",
    "CONSTRUCT FROMex:none WHERE { ?s ?p ?o }",
    "DESCRIBE <urn:s> FROM:none",
    "DESCRIBE FROMex:s FROM ex:none",
]
WITHOUT = [
    "SELECT * { ?s ?p ?o }",
    "SELECT ?s { ?s ?p ?o FILTER(?o != 'FROM <urn:none>') } # FROM <urn:none>",
    "ASK { ?s ?p ?o . OPTIONAL { ?from ?p <urn:from> } }",
    "DESCRIBE FROMex:s",
    "DESCRIBE FROMex:s FROMex:x { ?s ?p ?o }",
    "CONSTRUCT { FROMex:s ?p ?o } WHERE { ?s ?p ?o }",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s ORDER BY (FROMex:o = ?s)",
    "SELECT (FROMex:x AS ?x) { FROMex:s ?p ?o }",
    "SELECT ?from { ?from ?p ?o }",
    "SELECT * { ?s ?p ?o FILTER(?s = FROMex:s) }",
]


def _finds(text: str) -> bool:
    """Whether a query finds the only triple, which is in a graph of the union."""
    store = ox.Store()
    node = ox.NamedNode("urn:s")
    store.add(ox.Quad(node, ox.NamedNode("urn:p"), node, ox.NamedNode("urn:g")))
    if not has_dataset(text):
        found = store.query(text, use_default_graph_as_union=True)
    else:
        found = store.query(text)
    return bool(found) if isinstance(found, ox.QueryBoolean) else bool(list(found))


@pytest.mark.parametrize("text", WITH)
def test_a_dataset_clause_is_seen(text: str) -> None:
    assert has_dataset(P + text)
    assert not _finds(check(P + text).text)


@pytest.mark.parametrize("text", WITHOUT)
def test_no_dataset_clause_is_made_up(text: str) -> None:
    assert not has_dataset(P + text)
    assert _finds(check(P + text).text)


_FORMS = st.sampled_from(
    ["SELECT *", "ASK", "SELECT ?s", "SELECT (1 AS ?x)", "DESCRIBE <urn:s>", "DESCRIBE FROMex:s"]
    + ["DESCRIBE", "CONSTRUCT { ?s ?p ?o }", "CONSTRUCT", "CONSTRUCT { FROMex:s ?p ?o }", "SELECT"]
)
_CLAUSES = st.lists(
    st.sampled_from(
        ["FROM", "FROM ex:none", "FROM NAMED ex:none", "FROMex:none", "FROM:none", "FROM<urn:none>"]
        + ["fromNAMEDex:none", "FROMex:s", "ex:none", "# FROM", "NAMED", "?s", "WHERE", "ex:FROM"]
        + ["FROMNAMED:none", "FROMFROM:none", "trueFROM:none", "1FROM:none"]
    ),
    max_size=2,
)
_GAPS = st.sampled_from([" ", " ", "\n", "", "\t"])
_ENDS = st.sampled_from(["{ ?s ?p ?o }", "WHERE { ?s ?p ?o }", "{ FROMex:s ?p ?o } ORDER BY ?p"])


@st.composite
def _queries(draw: st.DrawFn) -> str:
    parts = [draw(_FORMS), *draw(_CLAUSES), draw(_ENDS)]
    return P + "".join(part + draw(_GAPS) for part in parts)


@given(_queries())
@settings(max_examples=1000, deadline=None)
def test_the_store_sees_no_clause_that_is_not_seen_here(text: str) -> None:
    """Else the union of all graphs would stand in for the graphs that a query names."""
    try:
        checked = check(text).text
        if has_dataset(checked):
            return
    except KGError:
        return
    store = ox.Store()
    store.add(ox.Quad(*[ox.NamedNode("urn:s")] * 3))
    try:
        found = store.query(checked)
    except (SyntaxError, RuntimeError):
        return
    # What a call names takes the place of what a query names.
    named = store.query(checked, default_graph=[ox.DefaultGraph()], named_graphs=[])
    assert _rows(found) == _rows(named)


def _rows(found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> list[str]:
    if isinstance(found, ox.QueryBoolean):
        return [str(bool(found))]
    return [str(one) for one in found]
