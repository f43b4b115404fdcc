"""What the description of the API says of pages is true: schemas, columns, limits, formats."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS31Validator

from kg.settings import Settings
from kg.web import create_app
from kg.web.openapi_pages import TAG
from kg.web.state import parts_of
from tests.server_process import BASE

#: Addresses of JSON, each with the path that describes it. A name in braces is that of a key
#: (see ``keys``).
JSON = (
    ("/search", "/search.json?q=mmlu"),
    ("/search", "/search.json?q=어텐션"),
    ("/search", "/search.json?type=Paper,Author&from=2024"),
    ("/search", "/search.json"),
    ("/search/suggest", "/search/suggest?q=lo"),
    ("/search/suggest", "/search/suggest?q=&types=Term"),
    ("/digests", "/digests.json"),
    ("/benchmarks", "/benchmarks.json"),
    ("/benchmarks", "/benchmarks.json?sort=papers&page=1"),
    ("/benchmarks/{key}", "/benchmarks/{benchmark}.json"),
    ("/trends", "/trends.json"),
    ("/trends", "/trends.json?term={benchmark}&term={method}"),
    ("/compare", "/compare.json?term={benchmark}&term={other}"),
    ("/compare", "/compare.json?term={benchmark}&term={method}"),
    ("/compare", "/compare.json?paper={paper}&paper={another}"),
    ("/explore", "/explore.json"),
    ("/explore", "/explore.json?term={benchmark}"),
    ("/explore", "/explore.json?paper={paper}&few=1"),
    ("/explore", "/explore.json?author={author}"),
    ("/explore", "/explore.json?digest={digest}"),
)
CSV = (
    *(("/search", "/search.csv?q=mmlu"), ("/digests", "/digests.csv")),
    *(("/benchmarks", "/benchmarks.csv"), ("/benchmarks/{key}", "/benchmarks/{benchmark}.csv")),
    *(("/trends", "/trends.csv"), ("/trends", "/trends.csv?term={method}")),
    *(("/compare", "/compare.csv?term={benchmark}&term={other}"),),
    *(("/explore", "/explore.csv?term={benchmark}"), ("/author/{key}", "/author/{author}.csv")),
    *((("/paper/{key}"), f"/paper/{{paper}}.csv?table={one}") for one in ("mentions", "results")),
    *(("/term/{key}", f"/term/{{benchmark}}.csv?table={one}") for one in ("papers", "mentions")),
    *(("/term/{key}", "/term/{benchmark}.csv?table=results"),),
    *(("/digest/{key}", "/digest/{digest}.csv"), ("/digest/{key}", "/digest/{entry}.csv")),
)
_KEYS = """PREFIX kg: <https://w3id.org/paperkg/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT * { %s } ORDER BY DESC(?n) ?x LIMIT 2"""


@pytest.fixture(scope="module")
def client(examples_store: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=examples_store, workers=1))
    yield app.test_client()
    parts_of(app).pool.close()


@pytest.fixture(scope="module")
def spec(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


@pytest.fixture(scope="module")
def keys(client: FlaskClient) -> dict[str, str]:
    """Keys of things of which much is known."""

    def most(where: str) -> list[str]:
        reply = client.get("/sparql", query_string={"query": _KEYS % where, "format": "csv"})
        rows = list(csv.DictReader(io.StringIO(reply.text)))
        return [row["x"].removeprefix(BASE).partition("/")[2] for row in rows]

    counted = "{ SELECT ?x (COUNT(*) AS ?n) { %s } GROUP BY ?x }"
    benchmark, other = most(counted % "?r kg:benchmark ?x")
    paper, another = most(counted % "?x kg:hasResult ?r")
    return {
        "benchmark": benchmark,
        "other": other,
        "paper": paper,
        "another": another,
        "method": most(counted % "?p kg:usesMethod ?x")[0],
        "author": most(counted % "?p dcterms:creator ?x")[0],
        "digest": most(counted % "?e kg:digest ?x")[0],
        "entry": most("?x kg:digest ?d ; kg:votes ?n")[0],
    }


def _closed(schema: Any) -> Any:
    """Return a schema that has no room for a property that it does not describe."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _closed(part) for name, part in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def _check(spec: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    closed = _closed({**schema, "components": {"schemas": spec["components"]["schemas"]}})
    OAS31Validator(closed).validate(value)


def _content(spec: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][path]["get"]["responses"]["200"]["content"]
    return found


@pytest.mark.parametrize(("path", "address"), JSON)
def test_json_fits_its_schema(
    client: FlaskClient, spec: dict[str, Any], keys: dict[str, str], path: str, address: str
) -> None:
    """And all that it has is described."""
    reply = client.get(address.format_map(keys))
    assert reply.status_code == 200, reply.text
    assert reply.mimetype == "application/json"
    _check(spec, _content(spec, path)["application/json"]["schema"], reply.get_json())


def test_json_is_of_something(client: FlaskClient, keys: dict[str, str]) -> None:
    """So that the schemas of lists were looked at."""
    boards = client.get(f"/benchmarks/{keys['benchmark']}.json").get_json()
    assert boards["boards"][0]["rows"][0]["evidence"][0]["pieces"]
    assert client.get("/search.json?q=mmlu").get_json()["results"]
    assert client.get("/explore.json").get_json()["edges"]
    compared = client.get(f"/compare.json?term={keys['benchmark']}&term={keys['other']}").get_json()
    assert any(compared["results"]["alone"])


def test_closed_schemas_find_what_is_not_described(spec: dict[str, Any]) -> None:
    paper = {"iri": "https://example.org/a", "title": "A", "arxiv": None, "seen": None}
    schema = {"$ref": "#/components/schemas/Paper"}
    _check(spec, schema, paper)
    for wrong in (paper | {"other": 1}, paper | {"title": None}, {"title": "A"}):
        with pytest.raises(ValidationError):
            _check(spec, schema, wrong)


@pytest.mark.parametrize(("path", "address"), CSV)
def test_columns_are_described(
    client: FlaskClient, spec: dict[str, Any], keys: dict[str, str], path: str, address: str
) -> None:
    reply = client.get(address.format_map(keys))
    assert (reply.status_code, reply.mimetype) == (200, "text/csv"), reply.text
    header, *rows = reply.text.splitlines()
    assert f"`{header}`" in _content(spec, path)["text/csv"]["schema"]["description"]
    assert rows


@pytest.mark.parametrize(("path", "address"), JSON)
def test_formats_are_had_by_accept(
    client: FlaskClient, spec: dict[str, Any], keys: dict[str, str], path: str, address: str
) -> None:
    address = address.replace(".json", "").format_map(keys)
    for media_type in _content(spec, path):
        reply = client.get(address, headers={"Accept": media_type})
        assert (reply.status_code, reply.mimetype) == (200, media_type), address
    if path != "/search/suggest":
        assert client.get(address, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("kind", ["paper", "term", "author", "digest"])
def test_things_are_had_by_suffix_and_accept(
    client: FlaskClient, spec: dict[str, Any], keys: dict[str, str], kind: str
) -> None:
    address = f"/{kind}/{keys.get(kind) or keys['benchmark']}"
    told = spec["paths"][f"/{kind}/{{key}}"]["get"]
    for media_type in set(_content(spec, f"/{kind}/{{key}}")) - {"text/plain"}:
        assert client.get(address, headers={"Accept": media_type}).mimetype == media_type
    for suffix in re.findall(r"`(\.\w+)`", told["description"]):
        assert client.get(address + suffix).status_code == 200, suffix


def test_examples_find_something(client: FlaskClient, spec: dict[str, Any]) -> None:
    """In the graph of the project's example digests."""
    tried = 0
    for path, item in spec["paths"].items():
        if "get" in item and TAG in item["get"]["tags"]:
            given = [one for one in item["get"].get("parameters", []) if one.get("example")]
            address = path
            for one in given:
                address = address.replace(f"{{{one['name']}}}", str(one["example"]))
            asked = {one["name"]: one["example"] for one in given if one["in"] == "query"}
            for media_type in ("application/json", "text/turtle", "text/csv"):
                if media_type in _content(spec, path):
                    headers = {"Accept": media_type}
                    reply = client.get(address, query_string=asked, headers=headers)
                    assert (reply.status_code, reply.mimetype) == (200, media_type), address
                    assert len(reply.data.splitlines()) > 1 or len(reply.data) > 200, address
                    tried += 1
    assert tried > 20


def _parameters(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if TAG in item["get"]["tags"] and parameter["in"] == "query":
                yield path, parameter


def _beyond(schema: dict[str, Any]) -> Iterator[list[str]]:
    """Yield values of a parameter that are beyond its limits, each alone."""
    if schema["type"] == "array":
        yield from _beyond(schema["items"])
        if "maxItems" in schema:
            yield [f"a{number}" for number in range(schema["maxItems"] + 1)]
    if "maxLength" in schema:
        yield ["x" * (schema["maxLength"] + 1)]
    if "maximum" in schema:
        yield [str(schema["maximum"] + 1)]
        yield [str(schema["minimum"] - 1)]
    if schema["type"] == "integer" or "enum" in schema or "pattern" in schema:
        yield ["nonsense"]


def _within(name: str, schema: dict[str, Any]) -> Iterator[list[str]]:
    """Yield values at the limits of a parameter."""
    if schema["type"] == "array":
        many = schema.get("maxItems", 1)
        for (value,) in _within(name, schema["items"]):
            yield [value]
        if "maxItems" in schema:
            yield [f"a{number}" for number in range(many)]
    start = f"{BASE}term/" if name == "iri" else ""
    if "maxLength" in schema:
        yield [start + "x" * (schema["maxLength"] - len(start))]
    for limit in ("minimum", "maximum"):
        if limit in schema:
            yield [str(schema[limit])]
    for value in schema.get("enum", []):
        yield [str(value)]


def test_limits_are_true(client: FlaskClient, spec: dict[str, Any], keys: dict[str, str]) -> None:
    """What is beyond a limit is refused by the name of the parameter, what is at it is not."""
    of_kind = {"/term/{key}": "benchmark", "/benchmarks/{key}": "benchmark"}
    tried = 0
    for path, parameter in _parameters(spec):
        name, schema = parameter["name"], parameter["schema"]
        kind = path.split("/")[1]
        address = path.replace("{key}", keys[of_kind.get(path, kind)] if "{key}" in path else "")

        def statuses(values: list[str], address: str = address, name: str = name) -> set[int]:
            replies = [
                client.get(address, query_string={name: values}, headers={"Accept": accept})
                for accept in ("text/html", "text/csv")
            ]
            for reply in replies:
                assert reply.status_code < 500, (address, name, values)
                assert reply.status_code != 400 or name in reply.text, (address, name, values)
            return {reply.status_code for reply in replies}

        for values in _beyond(schema):
            assert statuses(values) & {400, 406}, (path, name, values[0][:50])
            tried += 1
        for values in _within(name, schema):
            # A comparison of one thing is none for who does not ask for the form.
            allowed = {400} if path == "/compare" else set[int]()
            assert not statuses(values) & {400, 406} - allowed, (path, name, values[0][:50])
            tried += 1
    assert tried > 80
