"""What three readers come for, from the front page to the answer, in a real browser.

On the graph of the examples, and on that of the real digests where they are beside the checkout.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, watched_page
from tests.command_line import kg
from tests.conftest import SHARED
from tests.server_process import LiveServer, live_server, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER
PREFIXES = """\
PREFIX kg: <https://w3id.org/paperkg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


@pytest.fixture(
    scope="module", params=["examples", pytest.param("seeds", marks=pytest.mark.shared)]
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    if request.param == "examples":
        yield request.getfixturevalue("examples_server")
        return
    if not (SHARED / "seeds").is_dir():
        pytest.skip("needs the folder of real digests beside the checkout (../shared)")
    store: Path = tmp_path_factory.mktemp("journeys") / "kg"
    for command in (["build", str(SHARED / "seeds")], ["link"]):
        assert kg(*command, "--store", str(store)).code == 0
    with live_server(store, workers=2) as running:
        yield running


@pytest.fixture
def reader(browser: Browser, server: LiveServer) -> Iterator[Watched]:
    assert wait_until(lambda: server.get("/search/suggest?q=a").json()["ready"], timeout_s=60)
    with watched_page(browser, server.url) as found:
        yield found


def _rows(server: LiveServer, query: str) -> list[dict[str, str]]:
    reply = server.ask(PREFIXES + query, headers={"Accept": "text/csv"})
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.content.decode())))


def test_paper_is_found_by_a_korean_term(reader: Watched, server: LiveServer) -> None:
    term = _rows(
        server,
        """SELECT ?iri ?name WHERE {
          ?iri kg:paperCount ?papers ; skos:prefLabel ?name .
          FILTER(LANG(?name) = "ko" && ?papers > 1)
        } ORDER BY DESC(?papers) ?name LIMIT 1""",
    )[0]
    page = reader.page
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(term["name"])
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/term/*")
    expect(page.locator("main")).to_contain_text(term["name"])
    page.locator("main a[href*='/paper/']").first.click()
    page.wait_for_url("**/paper/*")
    path = _path(term["iri"])
    page.locator(f"main a[href='{path}']").first.click()
    page.wait_for_url(f"**{path}")


def test_who_evaluates_and_what_they_scored_as_csv(reader: Watched, server: LiveServer) -> None:
    best = _rows(
        server,
        """SELECT ?iri (SAMPLE(?label) AS ?name) (COUNT(*) AS ?n) WHERE {
          ?result kg:benchmark ?iri ; kg:resultKind kg:absolute .
          ?iri rdfs:label ?label
        } GROUP BY ?iri ORDER BY DESC(?n) ?iri LIMIT 1""",
    )[0]
    page = reader.page
    page.goto("/")
    page.fill("#site-search", best["name"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator(f"main a[href='{_path(best['iri'])}']").first.click()
    page.locator("main a[href*='/benchmarks/']").first.click()
    page.wait_for_url("**/benchmarks/*")
    with page.expect_download() as download:
        page.locator("a[href*='.csv'], a[href*='format=csv']").first.click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    told = _rows(
        server,
        f"""SELECT DISTINCT ?arxiv ?value WHERE {{
          ?result kg:benchmark <{best["iri"]}> ; kg:resultKind ?kind ; kg:valueText ?value .
          ?paper kg:hasResult ?result ; kg:arxivId ?arxiv
          FILTER(?kind IN (kg:absolute, kg:comparison))
        }}""",
    )
    assert told
    assert {(row["arxiv"], row["value"]) for row in told} <= {
        (row["arxiv"], row["value"]) for row in rows
    }


def test_from_a_term_to_wikidata_and_back(reader: Watched, server: LiveServer) -> None:
    linked = _rows(
        server,
        """SELECT ?iri ?item WHERE {
          ?iri skos:exactMatch ?item ; kg:paperCount ?papers
        } ORDER BY DESC(?papers) ?iri LIMIT 1""",
    )[0]
    item = linked["item"].rpartition("/")[2]
    page = reader.page
    page.goto(_path(linked["iri"]))
    link = page.locator(f"main a[href*='wikidata.org'][href$='{item}']").first
    address = link.get_attribute("href") or ""
    assert address.startswith(("https://www.wikidata.org/", "http://www.wikidata.org/entity/"))
    page.fill("#site-search", address)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if "/search" in page.url:
        page.locator(f"main a[href='{_path(linked['iri'])}']").first.click()
    page.wait_for_url(f"**{_path(linked['iri'])}")


def _path(iri: str) -> str:
    """Return the path of a thing's page as a browser writes it."""
    return "/" + quote(iri.partition("/paperkg/")[2], safe="/~+*:@!$&'(),;=")


def test_every_step_is_there_in_korean(browser: Browser, server: LiveServer) -> None:
    options: dict[str, Any] = {"locale": "ko-KR"}
    with watched_page(browser, server.url, **options) as found:
        page = found.page
        page.goto("/")
        for name in ("다이제스트", "벤치마크", "추세", "그래프", "쿼리", "소개"):
            step = page.locator("header.site nav").get_by_text(name, exact=True)
            path = step.get_attribute("href")
            step.click()
            page.wait_for_url(f"{server.url}{path}")
            expect(page.locator("h1")).to_have_count(1)
            expect(page.locator("html")).to_have_attribute("lang", "ko")
