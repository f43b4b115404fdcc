"""The description of the API is valid, complete and true, and the page that shows it works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from kg.settings import Settings
from kg.web import create_app
from kg.web.state import parts_of
from tests.browser import expect, in_browser, watched_page
from tests.conftest import ROOT
from tests.server_process import LiveServer, live_server, write_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOKEN = "secret"
#: Routes that answer with pages for people, or with what the pages load.
PAGES = re.compile(r"/(?:docs|static/.*|about|downloads|log(?:in|out)|review(?:/.*)?)?$")
#: Routes for each IRI under the base; the description of ``/resource`` tells of them.
IRIS = re.compile(r"/<any")
#: Paths that are answered ahead of the application.
FRONT = {"/sparql", "/store", "/metrics"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("openapi") / "kg")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=store, workers=1))
    yield app.test_client()
    parts_of(app).pool.close()


@pytest.fixture(scope="module")
def spec(client: FlaskClient) -> dict[str, Any]:
    reply = client.get("/openapi.json")
    assert reply.content_type == "application/json"
    found: dict[str, Any] = reply.get_json()
    return found


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=1, write_token=TOKEN) as running:
        yield running


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _resolved(spec: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = spec
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _check(spec: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    """Check a value against a schema of the description."""
    OAS31Validator({**schema, "components": spec["components"]}).validate(value)


# --- the document -------------------------------------------------------------


def test_document_is_valid(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()] == []


def test_document_is_the_same_each_time(client: FlaskClient, store: Path) -> None:
    first, second = client.get("/openapi.json"), client.get("/openapi.json")
    assert first.data == second.data
    app = create_app(Settings(store=store, workers=1))
    assert app.test_client().get("/openapi.json").data == first.data
    kept = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert kept.status_code == 304


def test_operations_have_ids_of_their_own(spec: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in _operations(spec)]
    assert len(ids) == len(set(ids))
    tags = [tag["name"] for tag in spec["tags"]]
    assert len(tags) == len(set(tags))
    used = {tag for _, _, operation in _operations(spec) for tag in operation["tags"]}
    assert used == set(tags)


def test_everything_is_described(spec: dict[str, Any]) -> None:
    for path, method, operation in _operations(spec):
        assert operation["summary"], (path, method)
        for parameter in operation.get("parameters", []):
            assert _resolved(spec, parameter)["description"], (path, parameter)
        for status, response in operation["responses"].items():
            assert _resolved(spec, response)["description"], (path, status)


def test_every_route_is_described(client: FlaskClient, spec: dict[str, Any]) -> None:
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    kept = {rule for rule in rules if not PAGES.match(rule) and not IRIS.match(rule)}
    told = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in kept}
    # Each query is told by its name, and what is to be had with suffixes once.
    told = {rule.removesuffix(".{suffix}") for rule in told - {"/queries/{name}"}}
    assert told - spec["paths"].keys() == set(), "describe a new route in kg/web/openapi*.py"
    queries = client.get("/queries").get_json()["queries"]
    assert {f"/queries/{query['name']}" for query in queries} <= spec["paths"].keys()


def test_servers_follow_the_prefix(client: FlaskClient) -> None:
    assert client.get("/openapi.json").get_json()["servers"] == [{"url": "/"}]
    below = client.get("/openapi.json", environ_overrides={"SCRIPT_NAME": "/kg"})
    assert below.get_json()["servers"] == [{"url": "/kg"}]
    page = client.get("/docs", environ_overrides={"SCRIPT_NAME": "/kg"}).get_data(as_text=True)
    assert 'href="/kg/openapi.json"' in page
    assert 'src="/kg/static/docs.js?v=' in page


def test_writing_needs_the_token(spec: dict[str, Any]) -> None:
    assert spec["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    secured = {
        operation["operationId"]: operation["security"]
        for _, _, operation in _operations(spec)
        if "security" in operation
    }
    always = [{"bearer": []}]
    assert secured == {
        "queryOrUpdateByPost": [{}, *always],
        "putGraph": always,
        "postGraph": always,
        "deleteGraph": always,
    }


# --- whether it is true ----------------------------------------------------------


def _example(operation: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    values = {}
    for given in operation.get("parameters", []):
        parameter = _resolved(spec, given)
        if "example" in parameter:
            _check(spec, parameter["schema"], parameter["example"])
            values[parameter["name"]] = str(parameter["example"])
    return values


#: Keys of things in the graph, by the first part of the paths that show them.
KEYS = {
    "author": "ada-kim",
    "benchmarks": "skybench-2.1",
    "digest": "2024-08-05",
    "paper": "2408.00001",
    "term": "kite",
}


def _filled(path: str, operation: dict[str, Any]) -> str:
    """Return an address with a value for each parameter of the path."""
    for parameter in operation.get("parameters", []):
        if parameter.get("in") == "path":
            choices = parameter["schema"].get("enum") or [KEYS[path.split("/")[1]]]
            path = path.replace(f"{{{parameter['name']}}}", choices[0])
    return path


def test_saved_queries_answer_as_described(client: FlaskClient, spec: dict[str, Any]) -> None:
    for path, method, operation in _operations(spec):
        if not path.startswith("/queries/"):
            continue
        assert method == "get"
        values = _example(operation, spec)
        answer = operation["responses"]["200"]
        (format_,) = [one for one in operation["parameters"] if one["name"] == "format"]
        for name in format_["schema"]["enum"]:
            reply = client.get(path, query_string=values | {"format": name})
            assert reply.status_code == 200, (path, name)
            assert reply.mimetype in answer["content"], (path, name)
            assert client.get(f"{path}.{name}", query_string=values).mimetype == reply.mimetype
            if reply.mimetype == "application/sparql-results+json":
                _check(spec, answer["content"][reply.mimetype]["schema"], reply.get_json())
        for media_type in answer["content"]:
            accepted = client.get(path, query_string=values, headers={"Accept": media_type})
            assert accepted.mimetype == media_type, path
            if media_type != "text/html":
                for header in answer["headers"]:
                    assert header in accepted.headers, (path, header)


def test_refusals_are_as_described(client: FlaskClient, spec: dict[str, Any]) -> None:
    for path, _, operation in _operations(spec):
        if not path.startswith("/queries/"):
            continue
        names = [one["name"] for one in operation["parameters"]]
        refused = client.get(path, query_string={"nonsense": "1"})
        assert refused.status_code == 400
        response = _resolved(spec, operation["responses"]["400"])
        _check(spec, response["content"][refused.mimetype]["schema"], refused.get_json())
        other = client.get(path, query_string=_example(operation, spec) | {"format": "png"})
        assert other.status_code == 406
        assert _resolved(spec, operation["responses"]["406"])
        for one in operation["parameters"]:
            if one["required"]:
                missing = client.get(path)
                assert missing.status_code == 400
                assert missing.get_json()["detail"].count("'") >= 2
        assert ("page" in names) == ("Link" in operation["responses"]["200"]["headers"])


@pytest.mark.parametrize("path", ["/queries", "/health", "/health/live"])
def test_json_fits_its_schema(client: FlaskClient, spec: dict[str, Any], path: str) -> None:
    answer = spec["paths"][path]["get"]["responses"]["200"]
    _check(spec, answer["content"]["application/json"]["schema"], client.get(path).get_json())


def test_parameters_are_typed(spec: dict[str, Any]) -> None:
    def schema(query: str, name: str) -> dict[str, Any]:
        parameters = spec["paths"][f"/queries/{query}"]["get"]["parameters"]
        (found,) = [one for one in parameters if one["name"] == name]
        return found["schema"]  # type: ignore[no-any-return]

    assert schema("methods-together", "minimum")["type"] == "integer"
    assert schema("methods-together", "minimum")["default"] == 2
    assert "Model" in schema("terms-first-seen", "type")["enum"]
    assert schema("terms-first-seen", "month")["pattern"] == "^[0-9]{4}-(0[1-9]|1[0-2])$"
    assert schema("top-methods", "page") == {
        "type": "integer", "minimum": 1, "maximum": 999_999_999, "default": 1,
    }  # fmt: skip


def test_all_else_answers_as_described(server: LiveServer) -> None:
    """Over HTTP, as part of it is answered ahead of the application."""
    spec = server.get("/openapi.json").json()
    things = {
        "/sparql": "?query=ASK%7B%7D",
        "/store": "?default",
        "/resource": "?iri=https://w3id.org/paperkg/term/kite",
    }
    for path, method, operation in _operations(spec):
        if path.startswith("/queries/") or method != "get":
            continue
        reply = server.get(_filled(path, operation) + things.get(path, ""))
        assert str(reply.status_code) in operation["responses"], (path, reply.status_code)
        response = _resolved(spec, operation["responses"][str(reply.status_code)])
        media_type = reply.headers["Content-Type"].partition(";")[0]
        assert media_type in response["content"], path
        for header in response.get("headers", {}):
            assert header in reply.headers, (path, header)


def test_writes_answer_as_described(server: LiveServer) -> None:
    spec = server.get("/openapi.json").json()
    graph = f"{server.url}/store?graph=https://example.org/described"
    turtle = {"Content-Type": "text/turtle"}
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    operations = spec["paths"]["/store"]
    for method, headers, status in (
        ("put", turtle, 401),
        ("put", turtle | bearer, 201),
        ("put", turtle | bearer, 204),
        ("put", bearer | {"Content-Type": "image/png"}, 415),
        ("post", turtle | bearer, 204),
        ("head", {}, 200),
        ("delete", bearer, 204),
        ("delete", bearer, 404),
        ("get", {}, 404),
    ):
        body = "<urn:a> <urn:b> 1 ." if method in ("put", "post") else None
        reply = requests.request(method, graph, data=body, headers=headers, timeout=60)
        assert reply.status_code == status, (method, reply.text)
        response = _resolved(spec, operations[method]["responses"][str(status)])
        if status >= 400:
            media_type = reply.headers["Content-Type"]
            _check(spec, response["content"][media_type]["schema"], reply.json())
    update = spec["paths"]["/sparql"]["post"]["responses"]
    for headers, status in ((bearer, 204), ({}, 401)):
        reply = requests.post(
            f"{server.url}/sparql",
            data={"update": "CLEAR SILENT GRAPH <https://example.org/described>"},
            headers=headers,
            timeout=60,
        )
        assert reply.status_code == status
        assert str(status) in update


# --- the page ---------------------------------------------------------------------


def test_page_runs_the_scripts_of_this_server_alone(client: FlaskClient) -> None:
    reply = client.get("/docs")
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in reply.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not any("unsafe" in sources for sources in policy.values())
    page = reply.get_data(as_text=True)
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"<style| style=| on\w+=", page)
    assert "<noscript>" in page
    assert 'href="/openapi.json"' in page
    for address in re.findall(r'(?:src|href)="(/static/[^"]*)"', page):
        with client.get(address, buffered=True) as found:
            assert found.status_code == 200, address
    assert client.get("/").headers["Content-Security-Policy"] == ";".join(
        reply.headers.getlist("Content-Security-Policy")
    )


def test_vendored_files_are_those_of_the_lock_file() -> None:
    lock = json.loads((ROOT / "vendor" / "package-lock.json").read_text(encoding="utf-8"))
    package = lock["packages"]["node_modules/swagger-ui-dist"]
    assert package["integrity"].startswith("sha512-")
    assert not any("resolved" in package for package in lock["packages"].values())
    asked = json.loads((ROOT / "vendor" / "package.json").read_text(encoding="utf-8"))
    assert asked["dependencies"]["swagger-ui-dist"] == package["version"]
    folder = ROOT / "kg" / "web" / "static" / "vendor" / "swagger-ui"
    assert package["version"] in (folder / "swagger-ui-bundle.js").read_text(encoding="utf-8")
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")


@in_browser
def test_page_shows_and_tries_the_api(browser: Browser, server: LiveServer) -> None:
    narrow = {"width": 320, "height": 900}
    with watched_page(browser, server.url, viewport=narrow) as watched:
        page = watched.page
        page.goto("/docs#/papers/run-papers-mentioning")
        operation = page.locator("#operations-papers-run-papers-mentioning")
        operation.locator(".try-out__btn").click()
        operation.locator("input").first.fill("카이트")
        operation.locator(".execute").click()
        operation.locator(".live-responses-table").wait_for()
        expect(operation).to_contain_text("Kite: Small Models That Fly")
        assert page.locator(".opblock").count() >= 30
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow["width"]
        page.click(".authorize")
        page.fill(".modal-ux input", TOKEN)
        page.click(".modal-ux .authorize")
        page.click(".modal-ux .btn-done")
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        watched.page.goto("/docs")
        expect(watched.page.locator("header")).to_contain_text("openapi.json")
