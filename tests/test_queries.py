"""Saved queries: headers, parameters, and values that stay values."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from kg.errors import BadParameter
from kg.queries import Parameter, SavedQuery, load_queries
from kg.queries.bind import bind_terms
from kg.queries.examples import bind_values
from kg.queries.paging import page, rows_of, values_of

HEADER = "#+ summary: Title\n"


def save(folder: Path, text: str, name: str = "q") -> SavedQuery:
    (folder / f"{name}.rq").write_text(text, encoding="utf-8")
    return load_queries(folder)[name]


def _query(text: str, *parameters: Parameter, form: str = "SELECT") -> SavedQuery:
    return SavedQuery("q", "Title", "", (), parameters, text, form)


NAME = Parameter("name", "_name")
ECHO = _query("SELECT (?_name AS ?x) { }", NAME)


def _value(text: str) -> str:
    (row,) = pyoxigraph.Store().query(text)
    value: str = row["x"].value
    return value


# --- values that stay values -------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        '"} DROP ALL #',
        '" . ?s ?p ?o . "',
        "\\",
        '\\" } #',
        "\\u0022 } #",
        "\\\\u0022",
        "a\nb\r\n} # c",
        "'''",
        '"""',
        "\x00\x7f\u2028",
        "?_name",
        "<http://a>",
        '"@en',
        '"^^<http://a>',
        "가나다 😀",
    ],
)
def test_a_value_stays_one_literal(value: str) -> None:
    assert _value(ECHO.bind({"name": value})) == value


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_value_stays_one_literal(value: str) -> None:
    assert _value(ECHO.bind({"name": value})) == unicodedata.normalize("NFC", value)
    served = bind_values("SELECT ?x { BIND(?_name AS ?x) }", {"_name": Literal(value)})
    assert _value(served) == value


def test_text_is_composed_as_the_graph_is() -> None:
    assert _value(ECHO.bind({"name": unicodedata.normalize("NFD", "모델")})) == "모델"


@given(st.text(max_size=20))
def test_any_iri_is_one_iri_or_refused(value: str) -> None:
    query = _query("SELECT (STR(?_x_iri) AS ?x) { }", Parameter("x", "_x_iri", "iri"))
    try:
        text = query.bind({"x": "http://example.org/" + value})
    except BadParameter:
        return
    assert _value(text).startswith("http://example.org/")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadParameter, match="expected Unicode text"):
        ECHO.bind({"name": "\ud800"})


# --- types -------------------------------------------------------------------

TYPES = [
    ("literal", None, None, "5", '"5"'),
    ("literal", "ko", None, "모델", '"모델"@ko'),
    ("iri", None, None, "http://a.org/x", "<http://a.org/x>"),
    ("iri", None, None, "urn:sha256:00", "<urn:sha256:00>"),
    ("number", None, None, "5", '"5"^^xsd:integer'),
    ("number", None, None, "-5.5", '"-5.5"^^xsd:decimal'),
    ("number", None, None, "1e3", '"1e3"^^xsd:double'),
    ("byte", None, "byte", "-128", '"-128"^^xsd:byte'),
    ("time", None, "time", "23:59:59Z", '"23:59:59Z"^^xsd:time'),
    ("duration", None, "duration", "P1Y2M3DT4H5M6.7S", '"P1Y2M3DT4H5M6.7S"^^xsd:duration'),
    ("integer", None, "integer", "-12", '"-12"^^xsd:integer'),
    ("decimal", None, "decimal", "0.75", '"0.75"^^xsd:decimal'),
    ("double", None, "double", "1e3", '"1e3"^^xsd:double'),
    ("boolean", None, "boolean", "true", '"true"^^xsd:boolean'),
    ("date", None, "date", "2024-02-29", '"2024-02-29"^^xsd:date'),
    ("dateTime", None, "dateTime", "2024-02-29T10:00:00Z", '"2024-02-29T10:00:00Z"^^xsd:dateTime'),
    ("gYearMonth", None, "gYearMonth", "2024-06", '"2024-06"^^xsd:gYearMonth'),
    ("gYear", None, "gYear", "2024", '"2024"^^xsd:gYear'),
]


@pytest.mark.parametrize(("kind", "lang", "datatype", "value", "term"), TYPES)
def test_values_become_terms(
    kind: str, lang: str | None, datatype: str | None, value: str, term: str
) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    parameter = Parameter("x", "_x", kind, lang, datatype and xsd + datatype)
    name, colon, local = term.rpartition("xsd:")
    assert str(parameter.term(value)) == (f"{name}<{xsd}{local}>" if colon else term)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", "5.0", "'5.0' is no integer; expected a whole number, such as 5"),
        ("integer", "１", "expected a whole number"),
        ("integer", "1_000", "expected a whole number"),
        ("integer", "9" * 19, "expected a whole number"),
        ("number", "five", "expected a number, such as 5, 0.5 or 1e3"),
        ("byte", "128", "'128' is no byte; expected a whole number from -128 up to 127"),
        ("positiveInteger", "0", "expected a whole number from 1, such as 5"),
        ("negativeInteger", "0", "expected a whole number up to -1, such as -5"),
        ("dateTime", "2024-06-30", "expected a time, such as 2024-06-30T12:00:00Z"),
        ("dateTime", "2024-06-30T12:00", "expected a time, such as 2024-06-30T12:00:00Z"),
        ("dateTime", "2024-06-31T12:00:00", "expected a time"),
        ("time", "24:00:01", "expected a time, such as 12:00:00"),
        ("duration", "P", "expected a duration, such as P1DT12H"),
        ("duration", "P1DT", "expected a duration"),
        ("literal", "x" * 4097, "4097 characters; expected at most 4096"),
        ("integer", "x" * 100, f"'{'x' * 80}' … is no integer"),
        ("decimal", "1e3", "expected a number"),
        ("boolean", "yes", "expected true or false"),
        ("date", "2023-02-29", "expected a date, such as 2024-06-30"),
        ("date", "20240630", "expected a date"),
        ("date", "2024-06-30\n", "expected a date"),
        ("gYearMonth", "2024-13", "expected a month, such as 2024-06"),
        ("gYearMonth", "June", "expected a month"),
        ("iri", "x", "'x' is no IRI; expected an IRI that starts with http, https, urn"),
        ("iri", "http://a b", "is no IRI"),
        ("iri", "http://a/> ?p ?o . <http://b", "is no IRI"),
        ("iri", "javascript:alert(1)", "expected an IRI that starts with"),
        ("iri", "file:///etc/passwd", "expected an IRI that starts with"),
        ("iri", "http:///x", "expected an IRI that starts with"),
    ],
)
def test_values_of_the_wrong_type_are_refused(kind: str, value: str, expected: str) -> None:
    query = _query("SELECT (?_x AS ?y) { }", Parameter("x", "_x", kind))
    with pytest.raises(BadParameter) as caught:
        query.bind({"x": value})
    assert str(caught.value).startswith("saved query 'q': parameter 'x': ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_and_missing_parameters_are_named() -> None:
    model, year = Parameter("model", "_model", example="BERT"), Parameter("year", "_year")
    query = _query("SELECT (?_model AS ?x) (?_year AS ?y) { }", model, year)
    with pytest.raises(BadParameter, match=r"^saved query 'q': no parameter 'modle'; it has: mod"):
        query.bind({"modle": "BERT"})
    with pytest.raises(BadParameter, match=r"'model' is missing; expected .* such as 'BERT'"):
        query.bind({"year": "2024"})
    with pytest.raises(BadParameter, match="'year' is missing"):
        query.bind({"model": "BERT", "year": ""})
    with pytest.raises(BadParameter, match="no parameter 'x'; it has none"):
        _query("SELECT * { }").bind({"x": "1"})


def test_all_faults_are_told_by_name() -> None:
    count, day = Parameter("count", "_count", "integer"), Parameter("day", "_day", "date")
    query = _query("SELECT (?_count AS ?x) (?_day AS ?y) { }", count, day)
    faults = query.faults({"count": "few", "other": "1"})
    assert faults.keys() == {"other", "count", "day"}
    assert "no parameter 'other'" in faults["other"]
    assert "'few' is no integer" in faults["count"]
    assert "'day' is missing" in faults["day"]
    assert query.faults({"count": "1", "day": "2024-01-01"}) == {}


def test_choices_are_the_only_values() -> None:
    query = _query("SELECT (?_t AS ?x) { }", Parameter("t", "_t", choices=("Model", "Task")))
    assert _value(query.bind({"t": "Task"})) == "Task"
    with pytest.raises(BadParameter, match="'task'; expected one of: Model, Task"):
        query.bind({"t": "task"})


# --- places ------------------------------------------------------------------

X = {"_x": Literal("a"), "_p_iri": NamedNode("http://p"), "_n": Literal("k", language="en")}


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("SELECT ?_x { ?s ?p ?_x }", 'SELECT ("a" AS ?_x) { ?s ?p "a" }'),
        ("SELECT DISTINCT ?_x ?s { }", 'SELECT DISTINCT ("a" AS ?_x) ?s { }'),
        ("SELECT ?s{?s ?_p_iri?o}", "SELECT ?s{?s <http://p> ?o}"),
        ("SELECT $_x { ?s ?p $_x }", 'SELECT ("a" AS ?_x) { ?s ?p "a" }'),
        ("SELECT (COUNT(?_x) AS ?c) {}", 'SELECT (COUNT("a") AS ?c) {}'),
        ("SELECT ?s { ?s ?p ?o FILTER(?o=?_n-1) }", 'SELECT ?s { ?s ?p ?o FILTER(?o= "k"@en -1) }'),
        ("ASK { ?s ?p ?o FILTER(?o<?_p_iri) }", "ASK { ?s ?p ?o FILTER(?o< <http://p>) }"),
        ("SELECT ?_x { } GROUP BY ?_x", 'SELECT ("a" AS ?_x) { } GROUP BY ("a")'),
        ("SELECT ?s { } ORDER BY ?_x DESC(?_x)", 'SELECT ?s { } ORDER BY ("a") DESC("a")'),
        ("SELECT ?s { FILTER(!BOUND(?_x) || 1=2) }", "SELECT ?s { FILTER(! true || 1=2) }"),
        ("ASK { GRAPH ?_p_iri { ?s ?p ?o } }", "ASK { GRAPH <http://p> { ?s ?p ?o } }"),
        ("DESCRIBE ?_p_iri", "DESCRIBE <http://p>"),
        ("CONSTRUCT { ?s ?p ?_x } { ?s ?p ?o }", 'CONSTRUCT { ?s ?p "a" } { ?s ?p ?o }'),
        ("SELECT ?s { { SELECT ?_x { } } }", 'SELECT ?s { { SELECT ("a" AS ?_x_inner) { } } }'),
        ("SELECT ?_x {{SELECT ?_x {}}}", 'SELECT ("a" AS ?_x) {{SELECT ("a" AS ?_x_inner) {}}}'),
        ("ASK { ?s ?p '?_x' } # ?_x", "ASK { ?s ?p '?_x' } # ?_x"),
        ("ASK { ?s <http://a/?_x> ?_xy }", "ASK { ?s <http://a/?_x> ?_xy }"),
        ("SELECT ?s { ?s ?p ?o } HAVING(?_x = 'a')", "SELECT ?s { ?s ?p ?o } HAVING(\"a\" = 'a')"),
    ],
)  # fmt: skip
def test_terms_take_the_place_of_variables(text: str, bound: str) -> None:
    assert bind_terms(text, X) == bound
    if "HAVING" not in text:
        pyoxigraph.Store().query(bound)


def test_an_omitted_optional_parameter_is_an_unbound_variable() -> None:
    store = pyoxigraph.Store()
    for number in (1, 2):
        store.add(pyoxigraph.Quad(NamedNode("http://s"), NamedNode("http://p"), Literal(number)))
    optional = Parameter("n", "__n_integer", "integer", required=False,
                         datatype="http://www.w3.org/2001/XMLSchema#integer")  # fmt: skip
    guarded = _query(
        "SELECT ?o { ?s ?p ?o FILTER(!BOUND(?__n_integer) || ?o = ?__n_integer) }", optional
    )
    pattern = _query("SELECT ?s { ?s ?p ?__n_integer }", optional)
    for query in (guarded, pattern):
        assert len(list(store.query(query.bind({})))) == 2
        assert len(list(store.query(query.bind({"n": ""})))) == 2
        assert len(list(store.query(query.bind({"n": "2"})))) == 1


def test_a_default_is_taken_where_no_value_is_given() -> None:
    query = _query(ECHO.text, Parameter("name", "_name", required=False, default="BERT"))
    assert _value(query.bind({})) == "BERT"
    assert _value(query.bind({"name": "GLUE"})) == "GLUE"


@pytest.mark.parametrize(
    ("text", "limit", "offset", "paged"),
    [
        ("SELECT * { }", 5, 0, "SELECT * { } LIMIT 5"),
        ("SELECT * { }", 5, 10, "SELECT * { } LIMIT 5 OFFSET 10"),
        ("SELECT * { }", None, 10, "SELECT * { } OFFSET 10"),
        ("SELECT * { } # all", 5, 0, "SELECT * { } LIMIT 5  # all"),
        ("SELECT * { } LIMIT 8", 5, 0, "SELECT * { }  LIMIT 5"),
        ("SELECT * { } LIMIT 8", 5, 5, "SELECT * { }  LIMIT 3 OFFSET 5"),
        ("SELECT * { } LIMIT 8", 5, 9, "SELECT * { }  LIMIT 0 OFFSET 9"),
        ("SELECT * { } LIMIT 8", None, 2, "SELECT * { }  LIMIT 6 OFFSET 2"),
        ("SELECT * { } offset 2 limit 8", 5, 5, "SELECT * { }  LIMIT 3 OFFSET 7"),
        ("SELECT * { } OFFSET 2", 5, 5, "SELECT * { }  LIMIT 5 OFFSET 7"),
        ("SELECT * {{SELECT ?x {} LIMIT 3}}", 5, 0, "SELECT * {{SELECT ?x {} LIMIT 3}} LIMIT 5"),
        ("SELECT * { } VALUES ?x { 1 }", 5, 0, "SELECT * { }  LIMIT 5 VALUES ?x { 1 }"),
        ("SELECT * { } LIMIT 9 VALUES ?x { 1 }", 5, 0, "SELECT * { }  LIMIT 5  VALUES ?x { 1 }"),
    ],
)  # fmt: skip
def test_a_page_lies_within_the_querys_own_limits(
    text: str, limit: int | None, offset: int, paged: str
) -> None:
    assert page(text, limit, offset).rstrip() == paged
    pyoxigraph.Store().query(page(text, limit, offset))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "SELECT (1 AS ?row) WHERE { ?s ?p ?o }"),
        ("CONSTRUCT {?s ?p ?o} {?s ?p ?o}", "SELECT (1 AS ?row) {?s ?p ?o}"),
        ("CONSTRUCT WHERE { ?s ?p ?row }", "SELECT (1 AS ?row_) WHERE { ?s ?p ?row }"),
        (
            "CONSTRUCT { ?s ?p '}' } FROM <urn:g> WHERE { ?s ?p ?o } ORDER BY ?s LIMIT 9",
            "SELECT (1 AS ?row) FROM <urn:g> WHERE { ?s ?p ?o } ORDER BY ?s LIMIT 9",
        ),
        ("DESCRIBE ?s WHERE { ?s ?p ?o }", "SELECT (1 AS ?row) WHERE { ?s ?p ?o }"),
        ("DESCRIBE * { ?s ?p ?o }", "SELECT (1 AS ?row) { ?s ?p ?o }"),
        ("DESCRIBE <urn:a>", None),
        ("DESCRIBE <urn:a> FROM <urn:g>", None),
    ],
)
def test_solutions_of_a_graph_can_be_counted(text: str, rows: str | None) -> None:
    assert rows_of(text) == rows
    if rows is not None:
        pyoxigraph.Store().query(rows)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("SELECT ?s WHERE { ?s ?p ?_x } LIMIT 2", "SELECT DISTINCT ?_x WHERE { ?s ?p ?_x }"),
        (
            "SELECT (COUNT(?s) AS ?n) { ?s ?p ?_x { ?s ?q ?r } } GROUP BY ?p",
            "SELECT DISTINCT ?_x { ?s ?p ?_x { ?s ?q ?r } }",
        ),
        ("CONSTRUCT { ?s ?p 1 } { ?s ?p ?_x }", "SELECT DISTINCT ?_x { ?s ?p ?_x }"),
        ("CONSTRUCT WHERE { ?s ?p ?_x }", "SELECT DISTINCT ?_x WHERE { ?s ?p ?_x }"),
        ("DESCRIBE ?s { ?s ?p ?_x }", "SELECT DISTINCT ?_x { ?s ?p ?_x }"),
    ],
)
def test_values_of_a_parameter_are_asked_for(text: str, values: str) -> None:
    assert values_of(text, "_x", 7) == f"{values} ORDER BY ?_x LIMIT 7"
    pyoxigraph.Store().query(f"{values} ORDER BY ?_x LIMIT 7")


def test_ask_has_no_pages() -> None:
    assert _query("ASK { }", form="ASK").bind({}, limit=5, offset=5) == "ASK { }"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x { BIND(?_x AS ?x) }",
        "SELECT ?x { { SELECT ?x { BIND(?_x AS ?x) } } }",
        "SELECT ?_x ?x { BIND(?_x AS ?x) }",
        "SELECT (?_x AS ?x) { }",
        "SELECT ?x { VALUES ?x { 'a' 'b' } FILTER(BOUND(?_x) && ?x = ?_x) }",
        "SELECT ?x { VALUES ?x { 'a' } OPTIONAL { BIND(?_x AS ?y) FILTER(?y = 'b') } }",
        "SELECT ?x { VALUES ?x {'a' 'b'} FILTER EXISTS { VALUES ?x {'a'} FILTER(?x = ?_x) } }",
        "SELECT ?x { VALUES ?x { 'a' 'b' } } GROUP BY ?x HAVING(?x = ?_x)",
        "SELECT ?x { VALUES ?x { 'a' 'b' } } ORDER BY (?x != ?_x) LIMIT 1",
        "SELECT ?x { { BIND(?_x AS ?x) } UNION { BIND('b' AS ?x) FILTER(?_x = 'z') } }",
        "SELECT ?x { { SELECT (MAX(?y) AS ?x) (?_x AS ?z) { VALUES ?y { 'a' } } GROUP BY ?_x } }",
    ],
)
def test_served_examples_give_what_bound_ones_give(text: str) -> None:
    terms = {"_x": Literal("a")}
    assert _value(bind_terms(text, terms)) == "a"
    served = bind_values(text, terms)
    assert _value(served) == "a"
    assert 'VALUES ?_x { "a" }' in served or "HAVING" in text
