"""Trends: the rule of what rises, the page, its numbers, and how it is used."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDF, RDFS, SKOS, XSD

from kg.settings import Settings
from kg.store import open_writer
from kg.vocab import KG
from kg.web import create_app
from kg.web.site.trends.rising import Change, change, fallers, risers, stretches
from kg.web.state import parts_of
from tests.browser import expect, faults, in_browser, watched_page
from tests.server_process import BASE, LiveServer, live_server
from tests.site_client import HTML, client_of, page_of, plain

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MONTHS = [f"2024-{month:02}" for month in range(1, 13)]
HOSTILE = "<script>alert('x')</script> \"quoted\""
#: Papers of each month, of 20, that mention a term.
COUNTS = {
    "steady": [5] * 12,
    "rocket": [0] * 9 + [10] * 3,
    "fading": [10] * 9 + [1] * 3,
    "twin": [2] * 12,
    "twin~model": [1] * 12,
    "hostile": [0] * 11 + [1],
}
LABELS = {
    "steady": [("Steady", "en"), ("꾸준함", "ko")],
    "rocket": [("Rocket", "en")],
    "fading": [("Fading", "en")],
    "twin": [("Twin", "en")],
    "twin~model": [("Twin", "en")],
    "hostile": [(HOSTILE, "en")],
}


def quads(months: list[str], counts: dict[str, list[int]]) -> Iterator[ox.Quad]:
    """A graph of 20 papers in each month, some of which mention terms."""
    graph = ox.NamedNode(f"{BASE}graph/terms")

    def quad(subject: str, predicate: Any, object_: Any) -> ox.Quad:
        return ox.Quad(ox.NamedNode(BASE + subject), ox.NamedNode(str(predicate)), object_, graph)

    day, number = ox.NamedNode(str(XSD.date)), ox.NamedNode(str(XSD.integer))
    for place, month in enumerate(months):
        for paper in range(20):
            name = f"paper/{month}.{paper}"
            yield quad(name, RDF.type, ox.NamedNode(str(KG.Paper)))
            yield quad(name, KG.firstSeen, ox.Literal(f"{month}-05", datatype=day))
            for term, by_month in counts.items():
                if paper < by_month[place]:
                    yield quad(name, KG.mentions, ox.NamedNode(f"{BASE}term/{term}"))
    for term, by_month in counts.items():
        name = f"term/{term}"
        type_ = KG.Model if term.endswith("~model") else KG.Method
        yield quad(name, KG.termType, ox.NamedNode(str(type_)))
        yield quad(name, KG.paperCount, ox.Literal(str(sum(by_month)), datatype=number))
        for label, language in LABELS[term]:
            yield quad(name, SKOS.prefLabel, ox.Literal(label, language=language))
        yield quad(name, RDFS.label, ox.Literal(LABELS[term][0][0], language="en"))


def store_of(path: Path, some: Iterator[ox.Quad]) -> Path:
    with open_writer(path, wait_s=5) as writer:
        writer.graph.bulk_extend(some)
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of(tmp_path_factory.mktemp("trends") / "kg", quads(MONTHS, COUNTS))


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    yield from client_of(store)


def rows(page: str, heading: str) -> list[str]:
    """The rows of the first table after a heading, as text."""
    after = page.partition(f">{heading}<")[2]
    body = after.partition("<tbody>")[2].partition("</tbody>")[0]
    return [plain(row) for row in body.split("</tr>") if row.strip()]


# ------------------------------------------------------------------ the rule


@pytest.mark.parametrize(
    ("before", "after", "of_before", "of_after", "counts"),
    [
        (0, 30, 600, 300, True),
        (30, 30, 600, 300, True),  # the share doubles
        (30, 15, 600, 300, False),  # fewer papers, the same share
        (2, 4, 600, 300, False),  # too few papers
        (0, 8, 600, 300, True),
        (10, 8, 600, 300, False),  # this may be chance
        (200, 60, 600, 300, True),
        (0, 0, 600, 300, False),
        (5, 20, 0, 300, False),  # nothing to compare with
        (600, 300, 600, 300, False),  # all papers, always
    ],
)
def test_a_change_counts_if_it_is_more_than_chance(
    before: int, after: int, of_before: int, of_after: int, counts: bool
) -> None:
    assert Change(before, after, of_before, of_after).counts is counts


def test_a_rise_is_as_sure_as_the_fall_the_other_way() -> None:
    rise, fall = Change(5, 40, 500, 500), Change(40, 5, 500, 500)
    assert rise.sureness == pytest.approx(-fall.sureness)
    assert rise.sureness > 0


def test_more_papers_make_the_same_ratio_surer() -> None:
    assert Change(20, 40, 500, 500).sureness > Change(10, 20, 500, 500).sureness > 0


def test_lists_are_ordered_by_how_sure_a_change_is() -> None:
    pairs = [
        ("up", Change(10, 40, 500, 500)),
        ("flat", Change(40, 40, 500, 500)),
        ("new", Change(0, 60, 500, 500)),
        ("down", Change(60, 5, 500, 500)),
    ]
    assert [name for name, _ in risers(pairs)] == ["new", "up"]
    assert [name for name, _ in fallers(pairs)] == ["down"]


@pytest.mark.parametrize(
    ("months", "earlier", "later"),
    [(0, 0, 0), (1, 0, 0), (2, 1, 1), (5, 4, 1), (6, 4, 2), (40, 6, 3)],
)
def test_stretches_are_the_newest_months_and_those_before(
    months: int, earlier: int, later: int
) -> None:
    names = [f"{2000 + place // 12}-{place % 12 + 1:02}" for place in range(months)]
    before, after = stretches(names)
    assert (len(before), len(after)) == (earlier, later)
    assert before + after == names[months - earlier - later :]


def test_change_counts_papers_of_the_stretches_alone() -> None:
    papers = dict.fromkeys(MONTHS, 20)
    counts = {"2024-01": 9, "2024-04": 2, "2024-11": 3, "2025-01": 7}
    assert change(counts, papers, MONTHS) == Change(2, 3, 120, 60)


# ------------------------------------------------------------------ the page


def test_page_tells_what_rises_and_falls_and_what_is_commonest(client: FlaskClient) -> None:
    page = page_of(client, "/trends")
    assert rows(page, "Rising") == ["Rocket Method 0% → to 50% 0 → to 30 Add"]
    assert rows(page, "Falling") == ["Fading Method 50% → to 5% 60 → to 3 Add"]
    assert [row.split(" Method")[0] for row in rows(page, "The commonest")[:3]] == [
        "Fading",
        "Steady",
        "Rocket",
    ]
    told = plain(page)
    assert "papers of October 2024 to December 2024" in told
    assert "those of April 2024 to September 2024" in told
    assert "at least 8 papers" in told
    assert "2.5 standard deviations" in told


def test_period_decides_what_rises(client: FlaskClient) -> None:
    page = page_of(client, "/trends?to=2024-09")
    assert "Rocket" not in page
    assert "None in this period" in page
    assert rows(page, "The commonest")[0].startswith("Fading Method 90 ")
    assert "One month alone cannot show" in page_of(client, "/trends?from=2024-12")
    assert "No papers in this period" in page_of(client, "/trends?from=2031-01")


def test_type_narrows_the_lists(client: FlaskClient) -> None:
    page = page_of(client, "/trends?type=Model")
    assert [row.split()[0] for row in rows(page, "The commonest")] == ["Twin"]
    assert "No term of this type" in page_of(client, "/trends?type=Task")


def test_chosen_terms_are_drawn_with_their_numbers(client: FlaskClient) -> None:
    page = page_of(client, "/trends?term=rocket&term=Steady")
    assert rows(page, "Papers by month")[0] == "January 2024 0 5"
    assert rows(page, "Papers by month")[-1] == "December 2024 10 5"
    share = page_of(client, "/trends?term=rocket&share=1")
    assert rows(share, "Papers by month")[-1] == "December 2024 50"
    assert page.count('<polyline class="line') == 2


def test_links_add_and_remove_a_term(client: FlaskClient) -> None:
    page = page_of(client, "/trends?term=rocket&term=steady&from=2024-03")
    links = [unquote(unescape(link)) for link in re.findall(r'href="(/trends\?[^"]*)"', page)]
    assert "/trends?term=steady&from=2024-03" in links
    assert "/trends?term=rocket&term=steady&term=fading&from=2024-03" in links
    assert "/compare?term=rocket&term=steady" in unescape(page)


@pytest.mark.parametrize("name", ["steady", "Steady", "꾸준함", "STEADY", " Steady "])
def test_a_term_is_found_by_key_and_label(client: FlaskClient, name: str) -> None:
    reply = client.get("/trends.json", query_string={"term": name})
    assert [term["iri"] for term in reply.get_json()["terms"]] == [f"{BASE}term/steady"]


def test_a_name_of_several_terms_offers_the_others(client: FlaskClient) -> None:
    page = page_of(client, "/trends?term=Twin")
    assert "Several terms are called “Twin”" in page
    both = page_of(client, "/trends?term=twin&term=twin~model")
    assert "Several terms" not in both
    legend = plain(both.partition('<ul class="legend">')[2].partition("</ul>")[0])
    assert legend == "Twin (Method, twin) Twin (Model, twin~model)"


def test_terms_have_their_name_in_the_readers_language(client: FlaskClient) -> None:
    assert ">꾸준함</a>" in page_of(client, "/trends?lang=ko")
    assert ">Steady</a>" in page_of(client, "/trends?lang=en")


def test_unknown_name_is_told_and_the_rest_is_shown(client: FlaskClient) -> None:
    page = page_of(client, "/trends?term=nothing&term=rocket", status=404)
    assert "Nothing is called “nothing”" in page
    assert 'href="/search?q=nothing"' in page
    assert rows(page, "Papers by month")
    for suffix in ("json", "csv"):
        assert client.get(f"/trends.{suffix}?term=nothing").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2024-13", "'from'"),
        ("from=2024", "'from'"),
        ("from=2024-05&to=2024-04", "'from'"),
        ("from=2024-05&from=2024-06", "given 2 times"),
        ("type=Paper", "one of Model, Method"),
        ("share=yes", "0 or 1"),
        ("&".join(f"term=t{number}" for number in range(7)), "at most 6"),
        (f"term={'x' * 201}", "at most 200"),
    ],
)
def test_parameters_have_limits(client: FlaskClient, query: str, said: str) -> None:
    reply = client.get(f"/trends?{query}")
    assert reply.status_code == 400
    assert said in reply.get_json()["detail"]


def test_a_form_that_is_not_filled_in_leads_to_a_short_address(client: FlaskClient) -> None:
    reply = client.get("/trends?term=rocket&term=&from=&to=2024-09&type=", headers=HTML)
    assert (reply.status_code, reply.headers["Location"]) == (302, "/trends?term=rocket&to=2024-09")


def test_csv_and_json(client: FlaskClient) -> None:
    table = list(csv.DictReader(io.StringIO(client.get("/trends.csv?term=rocket").text)))
    assert len(table) == 12
    assert table[-1] == {
        "term": f"{BASE}term/rocket",
        "label": "Rocket",
        "type": "Method",
        "month": "2024-12",
        "papers": "10",
        "all_papers": "20",
        "share": "0.5",
    }
    told = client.get("/trends", headers={"Accept": "application/json"}).get_json()
    assert told["months"] == MONTHS
    assert told["papers"] == [20] * 12
    assert [one["label"] for one in told["rising"]] == ["Rocket"]
    lists = list(csv.DictReader(io.StringIO(client.get("/trends.csv").text)))
    assert [(row["list"], row["label"]) for row in lists[:2]] == [
        ("rising", "Rocket"),
        ("falling", "Fading"),
    ]
    assert client.get("/trends.xml").status_code == 406


def test_page_links_its_data_as_it_is_shown(client: FlaskClient) -> None:
    page = unescape(page_of(client, "/trends?term=rocket&from=2024-06"))
    assert 'href="/trends.csv?term=rocket&from=2024-06"' in page


def test_script_in_a_label_is_text(client: FlaskClient) -> None:
    page = page_of(client, "/trends?term=hostile")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    assert "<script>" not in page
    path = "/trends?term=%3Cscript%3Ealert(1)%3C/script%3E"
    assert "<script>" not in page_of(client, path, status=404)


def test_empty_graph_and_one_month(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        assert "no papers to count" in page_of(app.test_client(), "/trends")
        assert json.loads(app.test_client().get("/trends.json").data)["months"] == []
    finally:
        parts_of(app).pool.close()
    one = store_of(tmp_path / "one", quads(["2024-05"], {"steady": [9]}))
    app = create_app(Settings(store=one, workers=1))
    try:
        page = page_of(app.test_client(), "/trends?term=steady")
        assert rows(page, "Papers by month") == ["May 2024 9"]
        assert "One month alone cannot show" in page
        store_of(one, quads(["2024-07"], {"steady": [4]}))  # and nothing in June
        page = page_of(app.test_client(), "/trends?term=steady")
        assert rows(page, "Papers by month") == ["May 2024 9", "July 2024 4"]
    finally:
        parts_of(app).pool.close()


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=1) as running:
        yield running


@in_browser
def test_page_fits_and_is_accessible(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        for path in ("/trends", "/trends?term=rocket&term=steady&share=1", "/trends?type=Model"):
            page.goto(path)
            assert faults(page) == [], path


@in_browser
def test_pointer_reads_a_month_and_the_form_works_by_keyboard(
    browser: Browser, server: LiveServer
) -> None:
    with watched_page(browser, server.url) as watched:
        page = watched.page
        page.goto("/trends?term=rocket")
        box = page.locator("figure.chart svg").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
        told = page.locator("figure.chart output span")
        expect(told).to_have_text(["December 2024", "Rocket: 10"])
        page.focus("#term")
        page.keyboard.type("꾸준함")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.locator("ul.legend li")).to_have_text(["Rocket", "Steady"])


@in_browser
def test_page_is_read_and_asked_without_scripts(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/trends")
        page.fill("#term", "Steady")
        page.select_option("#from", "2024-06")
        page.click("form.trends button")
        page.wait_for_url("**from=2024-06*")
        page.click("details summary")
        expect(page.locator("details tbody tr")).to_have_count(7)
        page.click("text=Remove")
        expect(page.locator("table.chosen")).to_have_count(0)
