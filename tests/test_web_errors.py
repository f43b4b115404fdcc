"""The shape of errors: every route answers them as problem details or as a page."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kg import errors
from kg.settings import Settings
from kg.web import create_app, pages
from kg.web.problems import STATUSES
from kg.web.state import parts_of
from tests.server_process import write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("errors") / "kg")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(store=store, workers=1))
    app.testing = False
    yield app.test_client()
    parts_of(app).pool.close()


CASES = [
    ("GET", "/nowhere", 404),
    ("GET", "/paper/", 404),
    ("GET", "/paper/0000.00000", 404),
    ("GET", "/author/nobody", 404),
    ("GET", "/term/nothing", 404),
    ("GET", "/digest/1999-01-01", 404),
    ("GET", "/link/term/kite/Q1", 404),
    ("GET", "/graph/none", 404),
    ("GET", "/build/0000000000000000", 404),
    ("GET", "/agent/none", 404),
    ("GET", "/resource", 400),
    ("GET", "/resource?iri=relative", 400),
    ("GET", "/resource?iri=urn:none", 404),
    ("GET", "/resource?iri=urn:a&iri=urn:b", 400),
    ("GET", "/sparql", 400),
    ("GET", "/sparql?query=ASK", 400),
    ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", 400),
    ("GET", "/sparql?query=ASK%7B%7D&format=nonsense", 406),
    ("GET", "/sparql?update=CLEAR+ALL", 400),
    ("GET", "/queries/none", 404),
    ("GET", "/queries?format=csv", 406),
    ("GET", "/queries/paper-entities?nonsense=1", 400),
    ("GET", "/export/kg.rar", 404),
    ("GET", "/ontology.csv", 406),
    ("GET", "/terms.csv", 404),
    ("POST", "/sparql", 415),
    ("PUT", "/sparql", 405),
    ("DELETE", "/", 405),
    ("POST", "/health", 405),
    ("POST", "/queries", 405),
    ("PATCH", "/paper/2408.00001", 405),
    ("POST", "/export/kg.ttl", 405),
    ("GET", "/static/none.css", 404),
    ("GET", "/static/../application.py", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), CASES)
def test_error_shape(client: FlaskClient, method: str, path: str, status: int) -> None:
    reply = client.open(path, method=method)
    assert reply.status_code == status
    assert reply.content_type == "application/problem+json"
    problem = json.loads(reply.data)
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["status"] == status
    assert problem["detail"]
    assert "\n" not in problem["detail"]
    assert not problem["detail"].endswith(".")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("method", "path", "status"), CASES)
def test_error_page(client: FlaskClient, method: str, path: str, status: int) -> None:
    reply = client.open(path, method=method, headers={"Accept": "text/html"})
    if reply.status_code == 200:  # a page instead of an error: the editor, a form
        assert path in ("/sparql", "/sparql?query=ASK")
        return
    assert reply.status_code == status
    assert reply.content_type == "text/html; charset=utf-8"
    shown = reply.get_data(as_text=True)
    # What is wrong with the values of a form stands beside it.
    assert f"Status {status} ·" in shown or 'role="alert">no parameter' in shown


def test_method_not_allowed_says_what_is(client: FlaskClient) -> None:
    assert "POST" in client.put("/sparql").headers["Allow"]


def test_accept_that_nothing_fits(client: FlaskClient) -> None:
    reply = client.get("/sparql?query=ASK%7B%7D", headers={"Accept": "image/png"})
    assert reply.status_code == 406
    assert reply.content_type == "application/problem+json"
    assert "application/sparql-results+json" in reply.get_json()["detail"]


def test_our_fault_is_logged_and_not_told(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(pages, "server", broken)
    with caplog.at_level(logging.ERROR):
        reply = client.get("/health")
    assert reply.status_code == 500
    assert reply.get_json()["detail"] == "the server failed to answer; the reason is in its log"
    assert "a secret" in caplog.text


def test_broken_store_is_503_without_its_path(client: FlaskClient, store: Path) -> None:
    pointer = store / "store.json"
    good = pointer.read_bytes()
    pointer.write_bytes(b"{")
    try:
        reply = client.get("/sparql?query=ASK%7B%7D")
    finally:
        pointer.write_bytes(good)
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert str(store) not in reply.get_data(as_text=True)
    assert client.get("/sparql?query=ASK%7B%7D").status_code == 200


def test_every_request_error_has_a_status() -> None:
    def below(class_: type) -> Iterator[type]:
        children: list[type] = class_.__subclasses__()
        for child in children:
            yield child
            yield from below(child)

    listed = tuple(class_ for class_, _ in STATUSES)
    for class_ in below(errors.RequestError):
        assert issubclass(class_, listed), class_
