"""The list of digests, the page of one, and the pages of its entries and sections."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.vocab import PREFIXES
from kg.web import create_app
from kg.web.state import parts_of
from tests.browser import expect, faults, in_browser, watched_page
from tests.server_process import BASE, LiveServer, write_store
from tests.site_client import HTML, client_of, page_of, schema_of, table_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DIGEST = "/digest/2024-08-05"

#: A day with hostile names, a paper without votes, and a digest without a day.
ODD = f"""
{"".join(f"@prefix {name}: <{start}> ." for name, start in PREFIXES.items())}
@prefix : <{BASE}> .
<{BASE}digest/2025-01-02> a kg:Digest ; rdfs:label "Digest 2025-01-02"@en ;
  dcterms:issued "2025-01-02"^^xsd:date .
<{BASE}digest/2025-01-02/1> a kg:Entry ; rdfs:label "no votes"@en ; kg:position 1 ;
  kg:digest <{BASE}digest/2025-01-02> ; kg:paper <{BASE}paper/1> .
<{BASE}digest/2025-01-02/2> a kg:Entry ; rdfs:label "<b>two</b>"@en ; kg:position 2 ; kg:votes 7 ;
  kg:digest <{BASE}digest/2025-01-02> ; kg:paper <{BASE}paper/2> ;
  kg:section <{BASE}digest/2025-01-02/2/summary> .
<{BASE}digest/2025-01-02/2/summary> a kg:Section ; rdfs:label "<i>Summary</i>"@en ;
  kg:sectionType "summary" ; kg:position 1 ; kg:text "A <b>bold</b> claim. And more."@en .
<{BASE}paper/1> a kg:Paper ; rdfs:label "Nobody voted"@en ; foaf:page <javascript:alert(1)> ;
  kg:firstSeen "2025-01-02"^^xsd:date .
<{BASE}paper/2> a kg:Paper ; rdfs:label "<script>alert('t')</script>"@en ;
  kg:firstSeen "2025-01-02"^^xsd:date ; dcterms:creator <{BASE}author/x> ;
  kg:introduces <{BASE}term/x> ; kg:mentions <{BASE}term/x> .
<{BASE}author/x> a kg:Author ; rdfs:label "<img src=x onerror=alert(1)>"@en .
<{BASE}term/x> a kg:Term ; rdfs:label "<svg onload=alert(2)>"@en ; kg:termType kg:Model ;
  skos:prefLabel "<svg onload=alert(2)>"@en ; kg:paperCount 1 ;
  kg:firstSeen "2025-01-02"^^xsd:date .
<{BASE}digest/loose> a kg:Digest ; rdfs:label "Digest loose"@en .
"""
#: What users may say of anything in graphs of their own.
STRANGE = f"""
_:x a kg:Digest ; dcterms:issued "2025-09-09"^^xsd:date .
_:y kg:digest <{BASE}digest/2025-01-02> ; kg:votes 99 ; kg:paper "a paper" .
<{BASE}digest/odd> a kg:Digest ; rdfs:label "Digest odd"@en ; dcterms:issued "some day" .
<{BASE}digest/old> a kg:Digest ; rdfs:label "Digest old"@en ;
  dcterms:issued "0099-01-01"^^xsd:date .
<{BASE}digest/odd/1> kg:digest <{BASE}digest/odd> ; kg:votes "many" ; kg:paper _:y .
<{BASE}digest/odd/2> kg:digest <{BASE}digest/odd> ; kg:votes 1e400 .
<{BASE}author/x> dcterms:creator "no author" ; foaf:name <{BASE}author/y> .
<{BASE}paper/2> dcterms:creator "a name", _:z ; kg:introduces "a term" ; kg:firstSeen "soon" .
[] kg:benchmark "a benchmark" ; kg:resultKind kg:absolute .
"""


@pytest.fixture(scope="module")
def client(examples_store: Path) -> Iterator[FlaskClient]:
    yield from client_of(examples_store)


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    own = ox.NamedNode("https://example.org/own")
    quads = [ox.Quad(*quad.triple, own) for quad in ox.parse(ODD + STRANGE, ox.RdfFormat.TURTLE)]
    store = write_store(tmp_path_factory.mktemp("strange") / "kg", quads)
    yield from client_of(store)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    quads = [
        ox.Quad(*quad.triple, ox.NamedNode(f"{BASE}graph/terms"))
        for quad in ox.parse(ODD, ox.RdfFormat.TURTLE)
    ]
    store = write_store(tmp_path_factory.mktemp("odd") / "kg", quads)
    yield from client_of(store)


# ------------------------------------------------------------------ the list


def test_list_has_days_by_month_the_newest_first(client: FlaskClient) -> None:
    page = page_of(client, "/digests")
    assert re.findall(r'<h2 id="([^"]+)"', page) == ["2024-08", "2024-07", "2024-06"]
    days = re.findall(r'class="day" href="/digest/([^"]+)"', page)
    assert days == ["2024-08-05", "2024-07-15", "2024-07-01", "2024-06-17", "2024-06-03"]
    assert "<svg" in page
    assert schema_of(page)["hasPart"][0]["datePublished"] == "2024-08-05"


def test_list_names_the_most_voted_paper_of_each_day(client: FlaskClient) -> None:
    for row in table_of(client, "/digests.csv"):
        entries = table_of(client, f"/digest/{row['day']}.csv")
        assert len(entries) == int(row["papers"])
        most = max(int(entry["votes"] or 0) for entry in entries)
        assert int(row["votes"]) == most
        assert (row["most_voted"], str(most)) in {(one["title"], one["votes"]) for one in entries}


def test_list_is_the_same_as_data(client: FlaskClient) -> None:
    told = client.get("/digests", headers={"Accept": "application/json"}).get_json()
    assert told == client.get("/digests.json").get_json()
    assert [one["day"] for one in told] == [row["day"] for row in table_of(client, "/digests.csv")]
    assert client.get("/digests.xml").status_code == 404
    assert client.get("/digests", headers={"Accept": "image/png"}).status_code == 406


def test_list_has_a_page_for_each_year_and_for_what_has_no_day(odd: FlaskClient) -> None:
    newest = page_of(odd, "/digests")
    assert 'href="/digest/2025-01-02"' in newest
    assert 'href="/digest/2024-08-05"' not in newest
    assert 'href="/digest/2024-08-05"' in page_of(odd, "/digests?year=2024")
    undated = page_of(odd, "/digests?year=undated")
    assert '<a class="day" href="/digest/loose">Digest loose</a>' in undated
    assert len(odd.get("/digests.json").get_json()) == 3
    assert [one["day"] for one in odd.get("/digests.json?year=2024").get_json()] == ["2024-08-05"]


@pytest.mark.parametrize(
    ("year", "status"), [("24", 400), ("2024x", 400), ("2" * 500, 400), ("1999", 404)]
)
def test_list_refuses_other_years(client: FlaskClient, year: str, status: int) -> None:
    for path in ("/digests", "/digests.csv"):
        reply = client.get(path, query_string={"year": year}, headers={"Accept": "*/*"})
        assert reply.status_code == status
        assert len(reply.data) < 5_000


def test_list_of_an_empty_graph_says_so(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        client = app.test_client()
        assert "There are no digests in the graph yet" in page_of(client, "/digests")
        assert client.get("/digests.json").get_json() == []
    finally:
        parts_of(app).pool.close()


# ------------------------------------------------------------------ one digest


def test_digest_lists_papers_by_votes(client: FlaskClient) -> None:
    page = page_of(client, DIGEST)
    votes = [int(text) for text in re.findall(r"<strong>(\d+)</strong>", page)]
    assert votes == sorted(votes, reverse=True)
    told = [row["votes"] for row in table_of(client, f"{DIGEST}.csv")]
    assert told == [*map(str, votes), "", ""]  # two without votes come last
    assert "Papers of Aug 5, 2024" in page
    assert schema_of(page)["@type"] == "PublicationIssue"
    assert schema_of(page)["datePublished"] == "2024-08-05"


def test_digest_shows_of_a_paper_what_is_new(client: FlaskClient) -> None:
    page = page_of(client, "/digest/2024-06-03")
    entry = page.partition("Attention Is All You Need")[2].partition("</article>")[0]
    assert ">Aidan N. Gomez</a>" in entry
    assert "and 3 more" in entry
    assert '<p lang="ko">순환 신경망과 합성곱을' in entry
    assert ">위치별 피드포워드 층</a>" in entry.partition("Introduces")[2]
    assert 'href="/digest/2024-06-03/1706.03762"' in entry
    assert 'href="https://arxiv.org/abs/1706.03762"' in entry
    assert re.search(r'#results">\d+ results?<', entry)


def test_digest_leads_to_its_neighbours(client: FlaskClient) -> None:
    page = page_of(client, "/digest/2024-06-17")
    assert '<a rel="prev" href="/digest/2024-06-03">' in page
    assert '<a rel="next" href="/digest/2024-07-01">' in page
    assert 'rel="prev"' not in page_of(client, "/digest/2024-06-03")
    assert 'rel="next"' not in page_of(client, DIGEST)


def test_digest_tells_what_was_seen_first(client: FlaskClient) -> None:
    told = client.get("/queries/terms-first-seen.csv?month=2024-08").get_data(as_text=True)
    part = page_of(client, DIGEST).partition("First seen on this day")[2].partition("</aside>")[0]
    links = re.findall(r'<a class="term[^"]*" href="(/term/[^"]+)"', part)
    assert 0 < len(links) <= 40
    known = {row["term"].removeprefix(BASE) for row in csv.DictReader(io.StringIO(told))}
    assert {unescape(link)[1:] for link in links} <= {_quoted(path) for path in known}


def _quoted(path: str) -> str:
    return quote(path, safe="/~+*:@!$&'(),;=")


def test_digest_as_table_has_all_authors(client: FlaskClient) -> None:
    rows = {row["arxiv"]: row for row in table_of(client, "/digest/2024-06-03.csv")}
    row = rows["1706.03762"]
    assert len(row["authors"].split("; ")) == 8
    assert row["introduces"] == "위치별 피드포워드 층"
    assert row["paper"] == f"{BASE}paper/1706.03762"


def test_digest_without_votes_or_day(odd: FlaskClient) -> None:
    page = page_of(odd, "/digest/2025-01-02")
    assert page.index("alert(&#39;t&#39;)") < page.index("Nobody voted")
    assert "1 vote<" not in page
    assert "javascript:" not in page
    loose = page_of(odd, "/digest/loose")
    assert "<h1>Digest loose</h1>" in loose
    assert "This digest has no papers." in loose


def test_markup_in_names_is_text(odd: FlaskClient) -> None:
    for path in ("/digests", "/digest/2025-01-02", "/digest/2025-01-02/2"):
        page = page_of(odd, path)
        assert "&lt;script&gt;alert" in page
        for markup in ("<script>alert", "<img src=x", "<svg onload", "<b>two", "<b>bold", "<i>Sum"):
            assert markup not in page


@pytest.mark.parametrize(
    "path",
    ["/", "/digests", "/digests?year=0099", "/digest/2025-01-02", "/digest/odd", "/author/x"],
)
def test_what_users_say_breaks_no_page(strange: FlaskClient, path: str) -> None:
    page = page_of(strange, path)
    assert len(page) < 60_000
    assert strange.get(f"{path.partition('?')[0]}.csv").status_code in (200, 308, 404)


# ------------------------------------------------------------------ entries and sections


def test_entry_has_its_sections_with_mentions(client: FlaskClient) -> None:
    page = page_of(client, "/digest/2024-06-03/1706.03762")
    text = page.partition("<main")[2]
    for label in ("What&#39;s New", "Technical Details", "Performance Highlights"):
        assert f">{label}</a></h2>" in text
    assert 'id="whats-new/char=' in text
    assert 'href="/paper/1706.03762"' in text
    rows = table_of(client, "/digest/2024-06-03/1706.03762.csv")
    assert any(row["exact"] == "BLEU" and row["type"] == "Metric" for row in rows)
    for row in rows:
        assert f'href="/{_quoted(row["term"].removeprefix(BASE))}"' in text


def test_section_has_the_anchors_of_its_mentions(client: FlaskClient) -> None:
    path = "/digest/2024-06-03/1706.03762/performance-highlights"
    page = page_of(client, path)
    rows = table_of(client, f"{path}.csv")
    assert rows
    text = client.get(f"{path}.txt").get_data(as_text=True)
    for row in rows:
        assert f'id="char={row["start"]},{row["end"]}"' in page
        assert text[int(row["start"]) : int(row["end"])] == row["exact"]
    assert 'id="result=' in page
    assert '<div class="marked" lang="ko">' in page
    assert 'aria-current="page">Performance Highlights</a>' in page


def test_entry_and_section_of_a_graph_that_says_little(odd: FlaskClient) -> None:
    assert "This digest has no text about the paper." in page_of(odd, "/digest/2025-01-02/1")
    section = page_of(odd, "/digest/2025-01-02/2/summary")
    assert "A &lt;b&gt;bold&lt;/b&gt; claim. And more." in section
    assert odd.get("/digest/2025-01-02/2/nothing", headers=HTML).status_code == 404


# ------------------------------------------------------------------ in a browser


@in_browser
def test_pages_are_accessible_and_fit(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url) as watched:
        page = watched.page
        for path in ("/digests", DIGEST, f"{DIGEST}/1512.03385", f"{DIGEST}/1512.03385/whats-new"):
            reply = page.goto(path)
            assert reply is not None
            assert reply.status == 200, path
            assert faults(page) == [], path


@in_browser
def test_days_are_turned_by_keyboard_and_without_a_script(
    browser: Browser, examples_server: LiveServer
) -> None:
    with watched_page(browser, examples_server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/digests")
        page.focus("a.day >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_url("**/digest/2024-08-05")
        page.focus("a[rel=prev] >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_url("**/digest/2024-07-15")
        expect(page.locator("h1")).to_have_text("Papers of Jul 15, 2024")
        page.click("text=Summary >> nth=0")
        expect(page.locator(".marked .mention a").first).to_be_visible()
