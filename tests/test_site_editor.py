"""The page of the query editor, as it is served."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kg.queries import read_query
from kg.resources import shared_folder
from kg.web.site.queries.completion import completions
from kg.web.site.queries.words import extract
from tests.server_process import write_store
from tests.site_client import client_of

#: Browsers ask for pages so.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    store = write_store(tmp_path_factory.mktemp("editor") / "kg")
    yield from client_of(store)


def test_a_link_is_a_page_for_browsers_and_data_for_programs(client: FlaskClient) -> None:
    url = f"/sparql?query={quote('SELECT (1 AS ?one) {}')}"
    for accept, kind in (
        (BROWSER, "text/html"),
        ("text/html;q=0.5, text/csv", "text/csv"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+xml, text/html;q=0.9", "application/sparql-results+xml"),
        ("text/html", "text/html"),
    ):
        reply = client.get(url, headers={"Accept": accept})
        assert reply.mimetype == kind
    page = client.get(url, headers={"Accept": BROWSER}).get_data(as_text=True)
    assert "SELECT (1 AS ?one) {}</textarea>" in page
    assert '"runs": true' in page
    # It is the editor that runs it: whoever has no script is led to a page made here.
    assert "<td>" not in page
    (address,) = re.findall(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]*)"', page)
    assert "format=html" in address


def test_an_example_is_opened_by_its_name(client: FlaskClient) -> None:
    reply = client.get("/sparql?example=leaderboard", headers={"Accept": BROWSER})
    page = reply.get_data(as_text=True)
    assert "VALUES ?_benchmark { &#34;MMLU&#34; }" in page
    assert '"runs": false' in page
    gone = client.get("/sparql?example=none", headers={"Accept": BROWSER})
    assert gone.status_code == 404


def test_below_a_prefix_everything_is_asked_of_this_server(client: FlaskClient) -> None:
    reply = client.get("/sparql", headers={"Accept": BROWSER}, base_url="http://localhost/below")
    page = reply.get_data(as_text=True)
    (block,) = re.findall(r'id="editor-settings">(.*?)</script>', page, re.DOTALL)
    settings = json.loads(block)
    assert settings["endpoint"] == "/below/sparql"
    addresses = [*settings["scripts"].values(), *settings["libraries"].values()]
    assert all(address.startswith("/below/static/") for address in addresses)


def test_what_is_completed_has_the_labels_of_the_ontology() -> None:
    names = {name: (kind, label) for name, kind, label, _ in completions("ko")["names"]}
    assert names["kg:Model"] == ("class", "모델")
    assert names["kg:introduces"][0] == "property"
    assert names["dcterms:title"] == ("property", "")
    assert names["kg:upTo"][0] == "individual"
    assert completions("en")["prefixes"]["kg"] == "https://w3id.org/paperkg/ontology#"
    english = {row[0]: row[2] for row in completions("en")["names"]}
    assert english["kg:Model"] == "Model"


def test_what_queries_say_is_collected_for_translators() -> None:
    path = shared_folder("queries") / "leaderboard.rq"
    query = read_query(path)
    with path.open("rb") as file:
        found = [message for _, _, message, _ in extract(file, (), (), {})]
    said = [parameter.description for parameter in query.parameters]
    assert found == [query.title, query.description, *said]
