"""The front page: what it counts, lists and answers, and what it says where there is little."""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from kg.errors import Overloaded
from kg.settings import Settings
from kg.web import create_app
from kg.web.site.front import page as front
from kg.web.state import parts_of
from tests.browser import expect, faults, in_browser, watched_page
from tests.server_process import LiveServer, write_store
from tests.site_client import HTML, client_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def client(examples_store: Path) -> Iterator[FlaskClient]:
    yield from client_of(examples_store)


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> str:
    return client.get("/", headers=HTML).get_data(as_text=True)


def section(page: str, heading: str) -> str:
    """The part of a page that a heading begins, up to the next one."""
    found = re.search(rf"<h2>[^<]*{heading}[^<]*</h2>(.*?)</section>", page, re.DOTALL)
    assert found, heading
    return found[1]


def rows_of(part: str) -> list[list[str]]:
    """The text of the cells of a table's body, row by row."""
    body = part.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            unescape(re.sub(r"<[^>]*>", "", cell)).strip()
            for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
        ]
        for row in body.split("<tr>")[1:]
    ]


def table_of(client: FlaskClient, part: str) -> list[dict[str, str]]:
    """The rows of the CSV that a part of the page leads to."""
    address = unescape(re.findall(r'<a href="([^"]*)">CSV</a>', part)[0])
    reply = client.get(address)
    assert reply.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))


def count(client: FlaskClient, pattern: str) -> int:
    query = f"PREFIX kg: <https://w3id.org/paperkg/ontology#> SELECT (COUNT(*) AS ?n) {pattern}"
    told = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    return int(told["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("papers", "{ ?s a kg:Paper }"),
        ("digests", "{ ?s a kg:Digest }"),
        ("results", "{ ?s a kg:Result }"),
        ("authors", "{ ?s a kg:Author }"),
        ("models", "{ ?s kg:termType kg:Model }"),
        ("tasks", "{ ?s kg:termType kg:Task }"),
    ],
)
def test_counts_are_those_of_the_graph_and_lead_on(
    client: FlaskClient, page: str, name: str, pattern: str
) -> None:
    found = re.search(rf'<a href="([^"]+)"><strong>([\d,]+)</strong> {name}</a>', page)
    assert found
    assert int(found[2].replace(",", "")) == count(client, pattern)
    assert client.get(unescape(found[1]), headers=HTML).status_code == 200


def test_newest_digests_come_first_with_their_most_voted_papers(page: str) -> None:
    part = section(page, "Newest digests")
    days = re.findall(r'datetime="([^"]+)"', part)
    assert len(days) == 4
    assert days == sorted(days, reverse=True)
    for digest in part.split("<article")[1:]:
        votes = [int(text) for text in re.findall(r"(\d+) votes?<", digest)]
        assert votes == sorted(votes, reverse=True)
        assert 1 <= len(votes) <= 3


def test_scores_are_what_the_saved_query_tells(client: FlaskClient, page: str) -> None:
    part = section(page, "what did they score")
    told = table_of(client, part)
    rows = rows_of(part)
    assert rows
    for title, _, _, value in rows:
        assert any(
            row["title"] == title and " ".join((row["value"], row["unit"])).strip() == value
            for row in told
        )


def test_scores_lead_to_their_sentences(client: FlaskClient, page: str) -> None:
    addresses = re.findall(r'<td class="number"><a href="([^"]+)"', section(page, "did they score"))
    assert addresses
    for address in addresses:
        path, _, anchor = unquote(unescape(address)).partition("#")
        assert f'id="{anchor}"' in client.get(path, headers=HTML).get_data(as_text=True)


def test_models_are_what_the_saved_query_tells(client: FlaskClient, page: str) -> None:
    part = section(page, "Which models did papers")
    told = {
        (row["label"], row["title"]) for row in table_of(client, part) if row["type"] == "Model"
    }
    rows = rows_of(part)
    assert {(term, title) for term, title, _ in rows} <= told
    votes = [int(votes) for _, _, votes in rows]
    assert votes == sorted(votes, reverse=True)


def test_methods_have_a_chart_and_numbers(client: FlaskClient, page: str) -> None:
    part = section(page, "Which methods are")
    assert "<svg" in part
    assert len(re.findall("<polyline", part)) <= 5
    address = unescape(re.findall(r'<a href="(/trends\?[^"]*)"', part)[0])
    assert client.get(address, headers=HTML).status_code == 200


def test_examples_of_searches_exist(client: FlaskClient, page: str) -> None:
    names = re.findall(r'/search\?q=[^"]*">([^<]+)</a>', page)
    assert 2 <= len(names) <= 4
    for name in names:
        label = f'"{unescape(name)}"'
        assert count(client, f"{{ ?s ?p ?label FILTER(STR(?label) = {label}) }}") > 0


def test_every_link_leads_somewhere(client: FlaskClient, page: str) -> None:
    links = {unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    assert len(links) > 40
    dead = [
        one for one in links if client.get(one.partition("#")[0], headers=HTML).status_code != 200
    ]
    assert dead == []


def test_saved_queries_and_downloads_are_a_click_away(page: str) -> None:
    for address in ("/queries", "/queries/leaderboard", "/sparql", "/downloads", "/about", "/docs"):
        assert f'href="{address}"' in page


def test_page_is_described_for_machines(page: str) -> None:
    assert '"@type": "DataCatalog"' in page
    assert '"@context": "https://schema.org"' in page
    assert 'type="text/turtle" href="/.well-known/void?format=ttl"' in page


def test_words_are_of_the_readers_language(client: FlaskClient) -> None:
    korean = client.get("/?lang=ko", headers=HTML).get_data(as_text=True)
    assert '<html lang="ko">' in korean
    assert "2024. 8. 5.</time>" in korean
    assert "Aug 5, 2024</time>" in client.get("/?lang=en", headers=HTML).get_data(as_text=True)


def test_empty_graph_says_how_to_build_one(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        page = app.test_client().get("/", headers=HTML).get_data(as_text=True)
    finally:
        parts_of(app).pool.close()
    assert "The graph is empty" in page
    assert "kg build PATH" in page
    assert 'role="search"' in page
    assert "<table" not in page
    assert "Newest digests" not in page


def test_busy_server_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(job: object) -> Any:
        raise Overloaded("server: no place in time")

    monkeypatch.setattr(front, "told", busy)
    reply = client.get("/", headers=HTML)
    assert reply.status_code == 200
    page = reply.get_data(as_text=True)
    assert "The server is busy" in page
    assert "The graph is empty" not in page
    assert 'href="/queries/leaderboard"' in page


def test_graph_that_says_little_has_a_page(tmp_path: Path) -> None:
    app = create_app(Settings(store=write_store(tmp_path / "kg"), workers=1))
    try:
        page = app.test_client().get("/", headers=HTML).get_data(as_text=True)
    finally:
        parts_of(app).pool.close()
    assert "<strong>2</strong> papers" in page
    assert "Kite: Small Models That Fly" in page
    assert "what did they score" not in page


# ------------------------------------------------------------------ in a browser


@pytest.mark.parametrize("how", ["curl", "requests"])
def test_command_for_scripts_is_true(examples_server: LiveServer, how: str) -> None:
    page = examples_server.get("/", headers=HTML).text
    found = re.search(r"<code>(curl [^<]+)</code>", page)
    assert found
    words = shlex.split(unescape(found[1]))
    if how == "curl" and shutil.which("curl") is None:
        pytest.skip("needs curl")
    if how == "curl":
        text = subprocess.run(words, capture_output=True, check=True, timeout=30).stdout.decode()
    else:
        assert words[1].startswith(examples_server.url)
        text = examples_server.get(words[1].removeprefix(examples_server.url)).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert any(row["value"] for row in rows)


@in_browser
def test_front_page_is_accessible_and_fits(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url) as watched:
        watched.page.goto("/")
        assert faults(watched.page) == []


@in_browser
def test_search_is_the_first_thing_and_the_slash_finds_it(
    browser: Browser, examples_server: LiveServer
) -> None:
    with watched_page(browser, examples_server.url) as watched:
        page = watched.page
        page.goto("/")
        expect(page.locator("form.search")).to_have_count(1)
        page.keyboard.press("/")
        expect(page.locator("#site-search")).to_be_focused()
        page.keyboard.type("ImageNet")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("ImageNet|imagenet"))


@in_browser
def test_front_page_reads_without_a_script(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/")
        expect(page.locator("figure.chart svg polyline")).not_to_have_count(0)
        page.click("article.digest h3 a >> nth=0")
        expect(page.locator("h1")).to_have_text(re.compile("^Papers of"))
        page.goto("/")
        page.fill("#site-search", "ImageNet")
        page.press("#site-search", "Enter")
        page.wait_for_url("**q=ImageNet*")
