"""Files of saved queries: how they are read, shapes of their answers, and what is told."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode

from kg.errors import KGError
from kg.queries import load_queries, read_query
from kg.queries.shape import read_shape
from tests.test_queries import HEADER, save

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("prototype", "rows", "filled"),
    [
        ({"id": "?a"}, [{"a": NamedNode("urn:a")}, {}], [{"id": "urn:a"}, {}]),
        ({"id": "?a", "$anchor": "id"}, [{}, {}], [{}, {}]),
        ({"n": "?a"}, [{"a": Literal(5)}], [{"n": 5}]),
        ({"n": "?a"}, [{"a": Literal("0.5", datatype=NamedNode(XSD + "decimal"))}], [{"n": 0.5}]),
        ({"n": "?a"}, [{"a": Literal("INF", datatype=NamedNode(XSD + "double"))}], [{"n": "INF"}]),
        ({"n": "?a"}, [{"a": Literal("x", datatype=NamedNode(XSD + "integer"))}], [{"n": "x"}]),
        ({"n": "?a"}, [{"a": Literal(True)}], [{"n": True}]),
        (
            {"n": "?a"},
            [{"a": Literal("가", language="ko")}],
            [{"n": {"language": "ko", "value": "가"}}],
        ),
        ({"n": "?a$langTag:hide"}, [{"a": Literal("가", language="ko")}], [{"n": "가"}]),
        ({"n": "?a$list"}, [{"a": Literal("x")}], [{"n": ["x"]}]),
        ({"n": "?a$accept:string"}, [{"a": Literal(1)}, {"a": Literal("x")}], [{}, {"n": "x"}]),
        ({"n": "?a$accept:number"}, [{"a": Literal(True)}, {"a": Literal(1)}], [{}, {"n": 1}]),
        ({"in": {"n": "?b"}}, [{"a": Literal("x")}], [{}]),
        ({"in": {"n": "?a", "$list": "true"}}, [{"a": Literal("x")}], [{"in": [{"n": "x"}]}]),
        ({"both": ["?a", "?b"]}, [{"a": Literal("x")}, {}], [{"both": ["x", None]}, {}]),
        (
            {"id": "?a", "in": {"id": "?b", "n": "?c", "$anchor": "id"}, "$anchor": "id"},
            [
                {"a": Literal("x"), "b": Literal("y"), "c": Literal(1)},
                {"a": Literal("x"), "b": Literal("y"), "c": Literal(2)},
                {"a": Literal("x"), "b": Literal("z"), "c": Literal(2)},
                {"a": Literal("x"), "b": Literal("z"), "c": Literal(2)},
            ],
            [{"id": "x", "in": [{"id": "y", "n": [1, 2]}, {"id": "z", "n": 2}]}],
        ),
        (
            {"id": "?a", "n": "?b", "$anchor": "id"},
            [
                {"a": Literal("x"), "b": Literal(1)},
                {"a": Literal("y"), "b": Literal(1)},
                {"a": Literal("x"), "b": Literal(True)},
                {"a": Literal("x"), "b": Literal(1)},
            ],
            [{"id": "x", "n": [1, True]}, {"id": "y", "n": 1}],
        ),
    ],
)
def test_rows_fill_a_prototype(
    prototype: object, rows: list[dict[str, object]], filled: list[object]
) -> None:
    found = read_shape(prototype).fill(rows)
    assert found == filled
    assert repr(found) == repr(filled)  # True is not 1


# --- files -------------------------------------------------------------------

GRLC = """#+ summary: Bands of a genre
#+ description: >-
#+   Bands and their albums,
#+   of one genre.
#+ endpoint: https://dbpedia.org/sparql
#+ endpoint_in_url: False
#+ method: GET
#+ pagination: 100
#+ tags:
#+   - music
#+ enumerate:
#+   - genre:
#+     - http://dbpedia.org/resource/Rock_music
#+     - http://dbpedia.org/resource/Jazz
#+   - label
#+ defaults:
#+   - genre: http://dbpedia.org/resource/Rock_music
#+   - day: 2024-06-03

PREFIX dbo: <http://dbpedia.org/ontology/>
PREFIX t: <http://example.org/types#>

SELECT ?band ?album WHERE {
  ?band dbo:genre ?_genre_iri ; dbo:name ?_label_en, ?__other, ?__size_t_size .
  ?album dbo:artist ?band ; dbo:year ?_year_integer ; dbo:day ?_day_xsd_date .
} LIMIT 100
"""


def test_a_grlc_file_is_read(tmp_path: Path) -> None:
    query = save(tmp_path, GRLC, "bands")
    assert query.name == "bands"
    assert query.title == "Bands of a genre"
    assert query.description == "Bands and their albums, of one genre."
    assert (query.tags, query.pagination, query.form) == (("music",), 100, "SELECT")
    assert query.text.startswith("PREFIX dbo:")
    genre, label, other, size, year, day = query.parameters
    assert (genre.name, genre.type, genre.required) == ("genre", "iri", False)
    assert genre.default == genre.example == "http://dbpedia.org/resource/Rock_music"
    assert len(genre.choices) == 2
    assert (label.type, label.lang, label.required, label.choices) == ("literal", "en", True, ())
    assert (other.type, other.required) == ("literal", False)
    assert size.datatype == "http://example.org/types#size"
    assert (year.type, day.type, day.default) == ("integer", "date", "2024-06-03")
    text = query.bind({"label": "x", "year": "1999"})
    assert "<http://dbpedia.org/resource/Rock_music>" in text
    assert '"x"@en' in text
    assert '"2024-06-03"^^<http://www.w3.org/2001/XMLSchema#date>' in text
    pyoxigraph.Store().query(text)


def test_a_file_without_a_header_is_named_by_its_file(tmp_path: Path) -> None:
    query = save(tmp_path, "\ufeffASK { }\r\n", "plain")
    assert (query.title, query.form, query.text) == ("plain", "ASK", "ASK { }\n")


def test_queries_are_sorted_by_name(tmp_path: Path) -> None:
    for name in ("b", "a", "c-d_1"):
        (tmp_path / f"{name}.rq").write_text("ASK { }")
    (tmp_path / "notes.txt").write_text("no query")
    assert list(load_queries(tmp_path)) == ["a", "b", "c-d_1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#+ summary: [a\n\nASK { }", "q.rq:1: not valid YAML"),
        ("# note\n#+ tags:\n#+   - a\n#+  b: c\n\nASK { }", "q.rq:4: not valid YAML"),
        ("#+ - a\n\nASK { }", "q.rq:1: the header is no mapping"),
        ("#+ pagination: many\n\nASK { }", "'pagination' is 'many'; expected a number"),
        ("#+ tags:\n#+   a: b\n\nASK { }", "'tags' is no list of texts"),
        ("#+ defaults: [[a]]\n\nASK { }", "'defaults'"),
        (HEADER + "\nASK {\n  ?s ?p 'x\n}", "q.rq:4:9: the string has no end"),
        (HEADER + "\nASK {\n  ?s ?p ?o\n", "q.rq:3:5: '{' is never closed"),
        (HEADER + "\nCLEAR ALL", "an update; expected a query"),
        (HEADER + "\nASK { SERVICE <http://a> { } }", "federated queries are off"),
        (HEADER, "no query; expected SELECT"),
        ("ASK { ?s ?p ?_x, ?__x_iri }", "parameter 'x' stands as ?_x and ?__x_iri"),
        ("ASK { BIND(1 AS ?_x) }", "the query assigns ?_x"),
        ("ASK { VALUES ?_x { 1 } }", "the query assigns ?_x"),
        ("ASK { VALUES (?a ?_x) { (1 2) } }", "the query assigns ?_x"),
        ("ASK { ?s ?p ?_x_foo_bar }", "the prefix 'foo' of its datatype is not declared"),
        ("#+ defaults:\n#+   - y: 1\n\nASK { ?s ?p ?_x }", "'defaults' names 'y'"),
        (
            "#+ summary: a\n#+ examples:\n#+   - x: one\n\nASK { ?s ?p ?_x_integer }",
            "q.rq:2: 'examples' has for 'x' 'one' is no integer; expected a whole number",
        ),
        ("#+ defaults:\n#+   - x: [1]\n\nASK { ?s ?p ?_x }", "expected one text"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(KGError) as caught:
        save(tmp_path, text)
    assert str(tmp_path / "q.rq") in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.rq").write_bytes(b"#+ summary: caf\xe9\nASK { }")
    with pytest.raises(KGError, match=r"latin\.rq: cannot be read .* expected a UTF-8 file"):
        load_queries(tmp_path)
    with pytest.raises(KGError, match="no such folder"):
        load_queries(tmp_path / "none")
    with pytest.raises(KGError, match="cannot be read"):
        read_query(tmp_path / "none.rq")
    (tmp_path / "a b.rq").write_text("ASK { }")
    with pytest.raises(KGError, match="its name stands in addresses"):
        read_query(tmp_path / "a b.rq")
