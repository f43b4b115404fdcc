"""Files as users of grlc write them, run unchanged: each header key and form of a parameter.

Source: the README of CLARIAH/grlc 1.3, "Decorator syntax", and its parameter mapping.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.errors import KGError
from kg.queries import load_queries
from kg.settings import Settings
from kg.store import open_writer
from kg.web import create_app
from kg.web.state import parts_of
from tests.server_process import live_server

BANDS = """
@prefix dbo: <http://dbpedia.org/ontology/> .
@prefix dbr: <http://dbpedia.org/resource/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix unit: <http://example.org/unit#> .

dbr:Queen a dbo:Band ; dbo:genre dbr:Rock_music ; dbo:alias "Smile" ; rdfs:label "Queen"@en .
dbr:Can a dbo:Band ; dbo:genre dbr:Rock_music ; rdfs:label "Can"@de , "캔"@ko .
dbr:Weather_Report a dbo:Band ; dbo:genre dbr:Jazz ; rdfs:label "Weather Report"@en .
dbr:Jazz_album dbo:artist dbr:Queen ; dbo:released "1978-11-10"^^xsd:date ; dbo:tracks 13 ;
  dbo:rating 4.5 ; dbo:length "44.5"^^unit:minute .
dbr:Tago_Mago dbo:artist dbr:Can ; dbo:released "1971-02-01"^^xsd:date ; dbo:tracks 7 ;
  dbo:rating 5 ; dbo:length "73"^^unit:minute .
"""
DBR = "http://dbpedia.org/resource/"
PREFIXES = """\
PREFIX dbo: <http://dbpedia.org/ontology/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
BY_GENRE = (
    PREFIXES
    + """
SELECT ?band WHERE {
  ?band a dbo:Band ;
        dbo:genre ?_genre_iri .
} ORDER BY ?band LIMIT 100
"""
)
ALL = PREFIXES + "\nSELECT ?band WHERE { ?band a dbo:Band } ORDER BY ?band\n"

FILES = {
    "summary.rq": "#+ summary: Lists the bands\n\n" + ALL,
    "description.rq": "#+ description: All bands,\n#+    as far as they are known.\n\n" + ALL,
    "endpoint.rq": "#+ endpoint: https://dbpedia.org/sparql\n\n" + ALL,
    "endpoint_url.rq": "#+ endpoint_in_url: False\n\n" + ALL,
    "endpoint-method.rq": "#+ endpoint-method: GET\n#+ mime: text/turtle\n\n" + ALL,
    "pagination.rq": "#+ endpoint: https://dbpedia.org/sparql\n#+ pagination: 2\n\n" + ALL,
    "method.rq": "#+ method: POST\n\n" + BY_GENRE,
    "tags.rq": "#+ tags:\n#+   - group1\n#+   - group2\n\n" + ALL,
    "defaults.rq": f"#+ defaults:\n#+   - genre: {DBR}Rock_music\n\n" + BY_GENRE,
    "enumerate.rq": (
        f"#+ enumerate:\n#+   - genre:\n#+     - {DBR}Rock_music\n#+     - {DBR}Jazz\n\n" + BY_GENRE
    ),
    "enumerate-server.rq": "#+ enumerate:\n#+   - genre\n\n" + BY_GENRE,
    "transform.rq": (
        '#+ transform: {\n#+     "band": "?band",\n#+     "name": "?name$langTag:hide",\n'
        '#+     "album": { "id": "?album", "tracks": "?tracks", "$anchor": "id" },\n'
        '#+     "kind": "band",\n#+     "$anchor": "band"\n#+   }\n\n'
        + PREFIXES
        + """
SELECT ?band ?name ?album ?tracks WHERE {
  ?band a dbo:Band ; rdfs:label ?name .
  OPTIONAL { ?album dbo:artist ?band ; dbo:tracks ?tracks }
} ORDER BY ?band ?name
"""
    ),
    "json-header.sparql": (
        '#+ {\n#+  "summary": "A header in JSON",\n#+  "tags": [\n#+    "firstTag"\n#+  ],\n'
        '#+  "method": "GET",\n#+  "pagination": 100,\n#+  "enumerate": [\n#+    "var1"\n#+  ]\n'
        "#+ }\n" + ALL
    ),
    "late-header.rq": PREFIXES + "#+ summary: Below the prefixes\n\n" + ALL.removeprefix(PREFIXES),
    "plain.rq": PREFIXES + "SELECT ?band { ?band dbo:alias ?_alias }",
    "optional.rq": PREFIXES + "SELECT ?band { ?band dbo:genre ?__genre_iri } ORDER BY ?band",
    "iri.rq": BY_GENRE,
    "literal.rq": PREFIXES + "SELECT ?band { ?band dbo:alias ?_alias_literal }",
    "string.rq": PREFIXES + "SELECT ?band { ?band dbo:alias ?_alias_string }",
    "number.rq": PREFIXES + "SELECT ?a { ?a dbo:rating ?r FILTER(?r < ?_most_number) }",
    "integer.rq": PREFIXES + "SELECT ?a { ?a dbo:tracks ?_tracks_integer }",
    "xsd-date.rq": PREFIXES + "SELECT ?a { ?a dbo:released ?_day_xsd_date }",
    "language.rq": PREFIXES + "SELECT ?band { ?band rdfs:label ?_name_en }",
    "language-ko.rq": PREFIXES + "SELECT ?band { ?band rdfs:label ?_name_ko }",
    "datatype.rq": (
        PREFIXES
        + "PREFIX unit: <http://example.org/unit#>\n"
        + "SELECT ?a { ?a dbo:length ?_length_unit_minute }"
    ),
    "several.rq": (
        "#+ summary: Parameters of different types, in one\n"
        "#+    query of which a pattern is made.\n"
        "#+ endpoint: http://localhost:1/sparql\n\n"
        "SELECT * WHERE {\n ?s ?p ?_o1 .\n ?s ?p ?_o2_iri .\n ?s ?p ?_o3_number .\n"
        " ?s ?p ?_o4_literal .\n ?s ?p ?_o5_en .\n ?s ?p ?_o6_integer .\n"
        " ?s ?p ?_o7_xsd_date .\n}\n"
    ),
    "construct.rq": (
        "#+ summary: A graph\n\n"
        + PREFIXES
        + "CONSTRUCT { ?band dbo:genre ?_genre_iri } WHERE { ?band dbo:genre ?_genre_iri }"
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of bands, and the files beside it."""
    folder = tmp_path_factory.mktemp("grlc")
    with open_writer(folder / "kg", wait_s=5) as writer:
        writer.graph.extend(ox.parse(BANDS, ox.RdfFormat.TURTLE))
    (folder / "queries").mkdir()
    for name, text in FILES.items():
        (folder / "queries" / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=folder / "kg", queries=folder / "queries", workers=1))
    yield app.test_client()
    parts_of(app).pool.close()


def _rows(client: FlaskClient, name: str, /, **values: str) -> list[str]:
    """The first column of an answer, each term without the start of its IRI."""
    reply = client.get(f"/queries/{name}.csv", query_string=values)
    assert reply.status_code == 200, reply.get_data(as_text=True)
    rows = reply.get_data(as_text=True).splitlines()[1:]
    return [row.removeprefix(DBR) for row in rows]


def _operation(client: FlaskClient, name: str, method: str = "get") -> dict[str, Any]:
    operation: dict[str, Any] = client.get("/openapi.json").get_json()["paths"][f"/queries/{name}"]
    return operation[method]  # type: ignore[no-any-return]


# --- keys of the header --------------------------------------------------------


def test_summary(client: FlaskClient) -> None:
    assert _operation(client, "summary")["summary"] == "Lists the bands"
    assert _rows(client, "summary") == ["Can", "Queen", "Weather_Report"]


def test_description(client: FlaskClient) -> None:
    told = _operation(client, "description")["description"]
    assert told.startswith("All bands, as far as they are known.")


def test_endpoint_is_this_server(client: FlaskClient) -> None:
    assert _rows(client, "endpoint") == ["Can", "Queen", "Weather_Report"]
    reply = client.get("/queries/endpoint?endpoint=http://localhost:1/sparql")
    assert reply.status_code == 400
    assert "the graph of this server is asked" in reply.get_json()["detail"]


@pytest.mark.parametrize("name", ["endpoint_url", "endpoint-method"])
def test_how_grlc_reaches_a_server_is_passed_over(client: FlaskClient, name: str) -> None:
    assert len(_rows(client, name)) == 3
    names = [parameter["name"] for parameter in _operation(client, name)["parameters"]]
    assert names == ["format"]


def test_pagination(client: FlaskClient) -> None:
    address = "/queries/pagination.csv"
    first, second = client.get(address), client.get(f"{address}?page=2")
    assert _rows(client, "pagination") == ["Can", "Queen"]
    assert _rows(client, "pagination", page="2") == ["Weather_Report"]
    assert first.headers["Link"] == (
        f'<{address}?page=1>; rel="first", <{address}?page=2>; rel="next"'
    )
    assert second.headers["Link"] == (
        f'<{address}?page=1>; rel="first", <{address}?page=1>; rel="prev"'
    )


def test_method(client: FlaskClient) -> None:
    operation = _operation(client, "method", "post")
    assert list(operation["requestBody"]["content"]) == [
        "application/x-www-form-urlencoded", "application/json",
    ]  # fmt: skip
    jazz = {"genre": f"{DBR}Jazz"}
    row = f"band\r\n{DBR}Weather_Report\r\n".encode()
    assert client.post("/queries/method.csv", data=jazz).data == row
    assert client.post("/queries/method.csv", json=jazz).data == row
    assert client.post("/queries/method.csv", query_string=jazz).data == row  # as grlc takes it
    assert client.get("/queries/method.csv", query_string=jazz).data == row


def test_tags(client: FlaskClient) -> None:
    assert _operation(client, "tags")["tags"] == ["group1", "group2"]
    tags = [tag["name"] for tag in client.get("/openapi.json").get_json()["tags"]]
    assert {"group1", "group2"} <= set(tags)
    assert len(tags) == len(set(tags))


def test_defaults(client: FlaskClient) -> None:
    (genre, _) = _operation(client, "defaults")["parameters"]
    assert genre["schema"]["default"] == f"{DBR}Rock_music"
    assert genre["required"] is False
    assert _rows(client, "defaults") == ["Can", "Queen"]
    assert _rows(client, "defaults", genre=f"{DBR}Jazz") == ["Weather_Report"]


def test_enumerate_a_list(client: FlaskClient) -> None:
    (genre, _) = _operation(client, "enumerate")["parameters"]
    assert genre["schema"]["enum"] == [f"{DBR}Rock_music", f"{DBR}Jazz"]
    assert _rows(client, "enumerate", genre=f"{DBR}Jazz") == ["Weather_Report"]
    refused = client.get("/queries/enumerate", query_string={"genre": f"{DBR}Pop"})
    assert refused.status_code == 400
    assert "expected one of" in refused.get_json()["detail"]


def test_enumerate_from_the_server(client: FlaskClient) -> None:
    (genre, _) = _operation(client, "enumerate-server")["parameters"]
    assert genre["schema"]["enum"] == [f"{DBR}Jazz", f"{DBR}Rock_music"]
    page = client.get("/queries/enumerate-server.html").get_data(as_text=True)
    assert f'<option value="{DBR}Jazz">' in page
    assert _rows(client, "enumerate-server", genre=f"{DBR}Pop") == []


def test_transform(client: FlaskClient) -> None:
    plain = client.get("/queries/transform", headers={"Accept": "application/json"})
    assert plain.content_type == "application/json"
    assert plain.get_json() == [
        {
            "band": f"{DBR}Can",
            "name": ["Can", "캔"],
            "album": {"id": f"{DBR}Tago_Mago", "tracks": 7},
            "kind": "band",
        },
        {
            "band": f"{DBR}Queen",
            "name": "Queen",
            "album": {"id": f"{DBR}Jazz_album", "tracks": 13},
            "kind": "band",
        },
        {"band": f"{DBR}Weather_Report", "name": "Weather Report", "kind": "band"},
    ]
    assert client.get("/queries/transform.json").data == plain.data
    for reply in (
        client.get("/queries/transform"),
        client.get("/queries/transform.srj"),
        client.get("/queries/transform", headers={"Accept": "application/sparql-results+json"}),
    ):
        assert len(reply.get_json()["results"]["bindings"]) == 4
    answers = _operation(client, "transform")["responses"]["200"]["content"]
    assert answers["application/json"]["schema"]["type"] == "array"


def test_header_in_json_and_the_other_suffix(client: FlaskClient) -> None:
    assert _operation(client, "json-header")["summary"] == "A header in JSON"
    assert _operation(client, "json-header")["tags"] == ["firstTag"]
    assert len(_rows(client, "json-header")) == 3


def test_header_below_other_lines(client: FlaskClient) -> None:
    assert _operation(client, "late-header")["summary"] == "Below the prefixes"
    assert len(_rows(client, "late-header")) == 3


# --- forms of parameters -------------------------------------------------------

FORMS = [
    ("plain", "alias", "Smile", ["Queen"], "string"),
    ("literal", "alias", "Smile", ["Queen"], "string"),
    ("string", "alias", "Smile", ["Queen"], "string"),
    ("iri", "genre", f"{DBR}Jazz", ["Weather_Report"], "string"),
    ("number", "most", "4.75", ["Jazz_album"], "number"),
    ("integer", "tracks", "7", ["Tago_Mago"], "integer"),
    ("xsd-date", "day", "1971-02-01", ["Tago_Mago"], "string"),
    ("language", "name", "Queen", ["Queen"], "string"),
    ("language-ko", "name", "캔", ["Can"], "string"),
    ("datatype", "length", "73", ["Tago_Mago"], "string"),
]


@pytest.mark.parametrize(("name", "parameter", "value", "rows", "type_"), FORMS)
def test_form_of_a_parameter(
    client: FlaskClient, name: str, parameter: str, value: str, rows: list[str], type_: str
) -> None:
    told = _operation(client, name)["parameters"][0]
    assert (told["name"], told["required"], told["schema"]["type"]) == (parameter, True, type_)
    assert _rows(client, name, **{parameter: value}) == rows
    assert client.get(f"/queries/{name}").status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("iri", "Jazz"), ("number", "few"), ("integer", "7.5"), ("xsd-date", "1971-02-30")],
)
def test_value_of_another_type_is_refused(client: FlaskClient, name: str, value: str) -> None:
    parameter = _operation(client, name)["parameters"][0]["name"]
    reply = client.get(f"/queries/{name}", query_string={parameter: value})
    assert reply.status_code == 400
    detail = reply.get_json()["detail"]
    assert detail.startswith(f"saved query {name!r}: parameter {parameter!r}: {value!r}")
    assert "expected" in detail


def test_optional_parameter(client: FlaskClient) -> None:
    assert _rows(client, "optional") == ["Can", "Queen", "Weather_Report"]
    assert _rows(client, "optional", genre="") == ["Can", "Queen", "Weather_Report"]
    assert _rows(client, "optional", genre=f"{DBR}Jazz") == ["Weather_Report"]


def test_several_parameters(client: FlaskClient) -> None:
    told = _operation(client, "several")["parameters"]
    assert [parameter["name"] for parameter in told] == [
        "o1", "o2", "o3", "o4", "o5", "o6", "o7", "format",
    ]  # fmt: skip
    values = {"o1": "a", "o2": DBR, "o3": "1", "o4": "b", "o5": "c", "o6": "2", "o7": "2024-01-01"}
    assert _rows(client, "several", **values) == []


def test_construct(client: FlaskClient) -> None:
    reply = client.get("/queries/construct.nt", query_string={"genre": f"{DBR}Jazz"})
    assert reply.data.count(b"\n") == 1


def test_over_http(folder: Path) -> None:
    with live_server(folder / "kg", workers=1, queries=folder / "queries") as server:
        reply = server.get("/queries/pagination.csv?page=2")
        assert reply.text == f"band\r\n{DBR}Weather_Report\r\n"
        assert reply.links["prev"]["url"] == "/queries/pagination.csv?page=1"
        assert "next" not in reply.links
        assert server.get("/queries/transform.json").json()[0]["name"] == ["Can", "캔"]
        shaped = server.get("/queries/transform", headers={"Accept": "application/json"})
        assert len(shaped.json()) == 3


# --- what is refused -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "#+ method: POST\n\nINSERT DATA { GRAPH ?_g_iri { <s> <p> <o> } }",
            "q.rq:3: an update; expected a query, which only reads (updates: POST /sparql)",
        ),
        ("#+ summary: x\n#+ method: PUT\n" + ALL, "q.rq:2: 'method' is 'PUT'; expected GET"),
        ('#+ transform: { "@graph": [{ "@id": "?band" }] }\n' + ALL, "q.rq:1: 'transform' has JSO"),
        ('#+ transform: { "id": "$rdfs:label" }\n' + ALL, "q.rq:1: 'transform' has '$rdfs:label'"),
        (
            '#+ transform: { "id": "?bend" }\n' + ALL,
            "q.rq:1: 'transform' has ?bend; expected a",
        ),
        ('#+ transform: { "a": "?band$best" }\n' + ALL, "$best; expected $list"),
        (
            '#+ transform: { "a": "?band", "$anchor": "b" }\n' + ALL,
            "'$anchor' is 'b'; expected",
        ),
        ("#+ transform: ?band\n" + ALL, "q.rq:1: 'transform' has '?band'; expected a JSON object"),
        ('#+ transform: { "a": "?x" }\nASK { ?x ?y ?z }', "'transform' shapes rows and this is a"),
        ("#+ pagination: 5\nSELECT * { ?s ?p ?_page }", "q.rq:1: 'pagination' needs the name"),
        (
            "SELECT * {\n  SERVICE <http://localhost:1/> { ?s ?p ?o }\n}",
            "q.rq:2:3: SERVICE would fetch from another server",
        ),
    ],
)
def test_what_makes_no_sense_here_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_text(text, encoding="utf-8")
    with pytest.raises(KGError) as caught:
        load_queries(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert told in str(caught.value)


def test_queries_in_other_languages_are_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "one.tpf").write_text("subject=a\npredicate=b\nobject=c\n", encoding="utf-8")
    (tmp_path / "two.json").write_text(json.dumps({"proto": {"id": "?x"}}), encoding="utf-8")
    (tmp_path / "endpoint.txt").write_text("http://localhost:1/sparql", encoding="utf-8")
    (tmp_path / "three.rq").write_text("ASK { }", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert list(load_queries(tmp_path)) == ["three"]
    assert [record.message.partition(": ")[0] for record in caplog.records] == [
        str(tmp_path / "one.tpf"),
        str(tmp_path / "two.json"),
    ]


def test_one_name_is_one_file(tmp_path: Path) -> None:
    for name in ("q.rq", "q.sparql"):
        (tmp_path / name).write_text("ASK { }", encoding="utf-8")
    with pytest.raises(KGError, match=r"q\.sparql: there is a q\.rq as well"):
        load_queries(tmp_path)
