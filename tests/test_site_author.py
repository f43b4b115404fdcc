"""The page of an author: papers, co-authors, and what the author works on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kg.vocab import PREFIXES
from tests.browser import expect, faults, in_browser, watched_page
from tests.server_process import BASE, LiveServer, write_store
from tests.site_client import HTML, client_of, page_of, schema_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAPERS = 53


def made() -> str:
    """An author of many papers, each with another one, of whom one is on all.

    Every paper mentions one term, every fifth another one, which only they do.
    """
    lines = [f"@prefix {name}: <{start}> ." for name, start in PREFIXES.items()]
    for key, name in (("many", "Many Papers"), ("with", "<b>With</b>")):
        lines.append(f'<{BASE}author/{key}> a kg:Author ; rdfs:label "{name}"@en .')
    for key, papers in (("rare", 11), ("usual", PAPERS + 900), ("once", 1)):
        lines.append(
            f'<{BASE}term/{key}> a kg:Term ; rdfs:label "{key}"@en ; kg:termType kg:Task ; '
            f"kg:paperCount {papers} ."
        )
    for number in range(PAPERS):
        paper, day = f"<{BASE}paper/{number}>", f"20{24 + number // 12}-{number % 12 + 1:02}-01"
        lines.append(
            f'{paper} a kg:Paper ; rdfs:label "Paper {number:02}"@en ; '
            f'kg:firstSeen "{day}"^^xsd:date ; kg:mentions <{BASE}term/usual> ; '
            f"dcterms:creator <{BASE}author/many>, <{BASE}author/with>, <{BASE}author/{number}> . "
            f'<{BASE}author/{number}> a kg:Author ; rdfs:label "Other {number}"@en .'
        )
        if number % 5 == 0:
            lines.append(f"{paper} kg:mentions <{BASE}term/rare> .")
    for number, votes in ((0, 3), (1, 8)):  # one paper in two digests
        lines.append(
            f"<{BASE}digest/d{number}/0> a kg:Entry ; kg:paper <{BASE}paper/0> ; kg:votes {votes} ."
        )
    lines.append(
        f'<{BASE}author/known> a kg:Author, kg:Person ; rdfs:label "Known One"@en ; '
        f'foaf:name "Known One"@en, "K. One"@en ; schema:sameAs wd:Q1 .'
    )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def client(examples_store: Path) -> Iterator[FlaskClient]:
    yield from client_of(examples_store)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    quads = [
        ox.Quad(*quad.triple, ox.NamedNode(f"{BASE}graph/terms"))
        for quad in ox.parse(made(), ox.RdfFormat.TURTLE)
    ]
    store = write_store(tmp_path_factory.mktemp("many") / "kg", quads)
    yield from client_of(store)


def test_author_has_papers_and_co_authors(client: FlaskClient) -> None:
    page = page_of(client, "/author/jacob-devlin")
    assert "<h1>Jacob Devlin</h1>" in page
    papers = page.partition('id="papers"')[2].partition("</section>")[0]
    assert "BERT: Pre-training of Deep Bidirectional Transformers" in papers
    assert 'href="/term/bert"' in papers.partition("Introduces")[2]
    others = page.partition("Co-authors</h2>")[2].partition("</section>")[0]
    told = client.get("/queries/co-authors.csv?author=jacob devlin").get_data(as_text=True)
    names = [row["name"] for row in csv.DictReader(io.StringIO(told))]
    assert names
    assert sorted(re.findall(r">([^<]+)</a>", others)) == sorted(names)


def test_name_may_be_several_people(client: FlaskClient) -> None:
    page = page_of(client, "/author/jacob-devlin")
    assert "Several people may share it" in page
    assert schema_of(page)["@type"] == "Thing"


def test_known_person_is_one(many: FlaskClient) -> None:
    page = page_of(many, "/author/known")
    assert "Several people may share it" not in page
    assert schema_of(page)["@type"] == "Person"
    assert '<a href="https://www.wikidata.org/wiki/Q1">Wikidata Q1</a>' in page
    assert "Also printed as: K. One" in page
    assert "0 papers" in page


def test_papers_are_paged_the_newest_first(many: FlaskClient) -> None:
    first = page_of(many, "/author/many")
    numbers = [int(text) for text in re.findall(r">Paper (\d+)</a>", first)]
    assert numbers == list(range(PAPERS - 1, PAPERS - 51, -1))
    assert "Papers 1 to 50 of 53" in first
    assert 'rel="next" href="/author/many?page=2"' in first
    second = page_of(many, "/author/many?page=2")
    assert re.findall(r">Paper (\d+)</a>", second) == ["02", "01", "00"]
    assert ">8</strong>" in second  # the most votes of those of two digests


@pytest.mark.parametrize(
    ("page", "status"),
    [("0", 400), ("-1", 400), ("x", 400), ("1" * 50, 400), ("²", 400), ("3", 404)],
)
def test_other_pages_are_refused(many: FlaskClient, page: str, status: int) -> None:
    assert many.get("/author/many", query_string={"page": page}, headers=HTML).status_code == status


def test_co_authors_are_those_with_most_papers_together(many: FlaskClient) -> None:
    others = (
        page_of(many, "/author/many").partition("Co-authors</h2>")[2].partition("</section>")[0]
    )
    names = re.findall(r">([^<]+)</a> <span class=\"about\">(\d+) papers?<", others)
    assert names[0] == ("&lt;b&gt;With&lt;/b&gt;", "53")
    assert len(names) == 40
    assert "and 14 more" in others
    assert 'href="/queries/co-authors?author=Many%20Papers"' in others


def test_topics_are_many_here_and_few_elsewhere(many: FlaskClient) -> None:
    works = page_of(many, "/author/many").partition("Works on</h2>")[2].partition("</section>")[0]
    assert re.findall(r'href="/term/(\w+)"', works) == ["rare"]
    assert ">11</span>" in works


def test_chart_has_every_month(many: FlaskClient) -> None:
    page = page_of(many, "/author/many")
    assert len(re.findall('<rect class="bar"', page)) == PAPERS


def test_table_has_all_papers(many: FlaskClient) -> None:
    reply = many.get("/author/many.csv")
    rows = list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))
    assert len(rows) == PAPERS
    assert rows[-1] == {
        "arxiv": "",
        "title": "Paper 00",
        "seen": "2024-01-01",
        "votes": "8",
        "results": "0",
        "paper": f"{BASE}paper/0",
    }


def test_what_is_no_author_is_shown_as_facts(many: FlaskClient) -> None:
    """A user's own triples may name anything."""
    page = page_of(many, "/author/이-도윤")
    assert '<h1 lang="ko">이 도윤</h1>' in page or "<h1>이 도윤</h1>" in page
    assert many.get("/author/nobody", headers=HTML).status_code == 404


def test_language_is_the_readers(client: FlaskClient) -> None:
    page = page_of(client, "/author/jacob-devlin?lang=ko")
    assert '<html lang="ko">' in page
    assert "2024. 6. 3.</time>" in page


@in_browser
def test_author_is_accessible_and_fits(browser: Browser, examples_server: LiveServer) -> None:
    with watched_page(browser, examples_server.url) as watched:
        page = watched.page
        page.goto("/author/jacob-devlin")
        assert faults(page) == []


@in_browser
def test_from_author_to_co_author_without_a_script(
    browser: Browser, examples_server: LiveServer
) -> None:
    with watched_page(browser, examples_server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/author/jacob-devlin")
        page.focus("ol.people a >> nth=0")
        name = page.inner_text("ol.people a >> nth=0")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/author/(?!jacob-devlin)"))
        expect(page.locator("h1")).to_have_text(name)
