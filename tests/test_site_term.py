"""The page of a term: its names, links, numbers, neighbours, papers, and every sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import OWL, RDFS, SKOS, XSD

from kg.settings import Settings
from kg.vocab import KG, PAV, SSSOM, WD
from kg.web import create_app
from kg.web.state import parts_of
from tests.browser import expect, faults, in_browser, watched_page
from tests.scored_graph import (
    BASE,
    HOSTILE,
    Score,
    digest,
    fact,
    mention,
    paper,
    section,
    term,
    text,
    typed,
    write,
)
from tests.server_process import LiveServer, live_server, write_store
from tests.site_client import HTML, client_of, page_of, table_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

JAN, FEB, MAR = "2031-01-05", "2031-02-07", "2031-03-09"
MANY = 60


def quads() -> Iterator[ox.Quad]:
    for day in (JAN, FEB, MAR):
        yield from digest(day)
    yield from term("quibblenet", "Model", "Quibblenet", "쿼블넷", "Quibble")
    yield from term("marfoid", "Method", None, "마포이드")
    yield from term("common", "Method", "Common Thing")
    yield from term("zupmark", "Benchmark", "ZupMark")
    yield from term("accuracy", "Metric", "accuracy")
    yield from term("lone", "Task", "Lone Task")
    yield from term("hostile", "Model", HOSTILE)
    yield fact("term/quibblenet", SKOS.hiddenLabel, text("QuibbleNet"))
    yield fact("term/quibblenet", SKOS.broader, "term/common")
    yield fact("term/quibblenet", KG.firstSeen, typed(JAN, XSD.date))
    for key, count in (("quibblenet", 6), ("marfoid", 6), ("common", 40), ("zupmark", 5)):
        yield fact(f"term/{key}", KG.paperCount, typed(count, XSD.integer))
    yield from links()
    # All papers have the common thing; those of the net have the foid too.
    for number in range(40):
        arxiv, day = f"31{number // 20 + 1:02}.{number:05}", JAN if number < 20 else FEB
        said = ["common", "quibblenet", "marfoid"] if number % 7 == 0 else ["common"]
        roles = {"introduces": ["quibblenet"]} if number == 7 else {}
        yield from paper(arxiv, f"Paper {number}", day, mentions=said, **roles)
    for arxiv, day in (("3101.00007", JAN), ("3102.00021", FEB)):
        words = " ".join(f"쿼블넷{n}은 Quibblenet{n}입니다." for n in range(MANY // 2))
        yield from section(arxiv, day, "summary", words)
        for n in range(MANY // 2):
            where = f"digest/{day}/{arxiv}/summary"
            role = "introduced" if n == 0 and day == JAN else "other"
            type_ = "Method" if n < 6 else "Model"
            form = f"Quibblenet{n}입"
            for quad in mention(where, words, form, "quibblenet", role=role, type_=type_):
                exact = quad.predicate.value.endswith("exact")
                yield (
                    ox.Quad(quad.subject, quad.predicate, text("Quibblenet"), quad.graph_name)
                    if exact
                    else quad
                )
    yield from paper("3103.00001", HOSTILE, MAR, mentions=["lone", "hostile"])
    words = f"앞 문장입니다. Lone Task는 {HOSTILE}와 다릅니다. 뒤 문장입니다."
    yield from section("3103.00001", MAR, "summary", words)
    yield from mention(f"digest/{MAR}/3103.00001/summary", words, "Lone Task", "lone", type_="Task")
    yield from mention(f"digest/{MAR}/3103.00001/summary", words, HOSTILE, "hostile")
    yield from Score("3101.00000", JAN, "quibblenet", "71.5").quads()
    yield from Score("3101.00007", JAN, "marfoid", "72.5").quads()
    yield from Score(
        "3101.00007", JAN, "quibblenet", "3", kind="relative", direction="increase"
    ).quads()


def links() -> Iterator[ox.Quad]:
    """Say that one term is an item and another is none, and that a person said no to a third."""
    for key, target, label, evidence in (
        (
            "quibblenet",
            "Q900000001",
            "Quibblenet: quibble net (Q900000001)",
            "the name is its label",
        ),
        ("marfoid", "NIL", "마포이드: no item", "Q900000005 is a railway station"),
        ("hostile", "Q900000007", f"{HOSTILE}: not <b>it</b> (Q900000007)", HOSTILE),
    ):
        iri = f"link/term/{key}/{target}"
        item = str(SSSOM.NoTermFound if target == "NIL" else WD[target])
        yield fact(iri, RDFS.label, text(label))
        yield fact(iri, OWL.annotatedSource, f"term/{key}")
        yield fact(iri, OWL.annotatedProperty, str(SKOS.closeMatch))
        yield fact(iri, OWL.annotatedTarget, item)
        yield fact(iri, SSSOM.confidence, typed("0.93", XSD.decimal))
        yield fact(iri, RDFS.comment, text(evidence))
    yield fact(
        "link/term/hostile/Q900000007", SSSOM.predicate_modifier, str(SSSOM.NegatedPredicate)
    )
    yield fact("link/term/hostile/Q900000007", PAV.authoredBy, "agent/person/mina-seo")
    yield fact("agent/person/mina-seo", RDFS.label, text("Mina Seo"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("terms") / "kg", quads())


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    yield from client_of(store)


def words_of(page: str) -> str:
    """Return the text of a page's content, in one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


# ------------------------------------------------------------------ what the page tells


def test_names_types_and_counts(client: FlaskClient) -> None:
    words = words_of(page_of(client, "/term/quibblenet"))
    assert words.startswith("Quibblenet Model 쿼블넷 Model 80% · Method 20% of 60 mentions")
    assert "6 Papers" in words.replace("Papers 6", "6 Papers")
    assert "Quibblenet 60" in words  # spelled so often
    assert "Quibble" in words
    assert "1 more name or spelling" in words
    assert "QuibbleNet" in words


def test_names_are_in_the_readers_language(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet?lang=ko")
    assert "<h1>쿼블넷</h1>" in page
    assert '<span class="other" lang="en">Quibblenet</span>' in page
    page = page_of(client, "/term/marfoid?lang=en")
    assert "<h1>마포이드</h1>" in page  # it has no English name


def test_breadcrumbs_and_ways_on(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet")
    for link in (
        "/trends?type=Model",
        "/trends?term=quibblenet",
        "/compare?term=quibblenet",
        "/explore?iri=https%3A%2F%2Fw3id.org%2Fpaperkg%2Fterm%2Fquibblenet",
        "/queries/papers-mentioning?name=Quibblenet",
        "/resource?iri=https%3A%2F%2Fw3id.org%2Fpaperkg%2Fterm%2Fquibblenet",
        "/term/quibblenet.csv?table=mentions",
        "/term/common",
    ):
        assert f'href="{link}"' in page


def test_wikidata_link_with_score_and_evidence(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet")
    assert (
        '<a href="https://www.wikidata.org/wiki/Q900000001" rel="external">quibble net</a>' in page
    )
    words = words_of(page)
    assert "Close to this · score 0.93" in words
    assert "the name is its label" in words
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert data is not None
    assert "sameAs" not in json.loads(data[1])  # close is not the same


def test_no_item_is_an_answer(client: FlaskClient) -> None:
    words = words_of(page_of(client, "/term/marfoid"))
    assert "No item of Wikidata fits." in words
    assert "Q900000005 is a railway station" in words
    words = words_of(page_of(client, "/term/zupmark"))
    assert "No link, and no item was found that has the name." in words


def test_structured_data(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    data = json.loads(found[1])
    assert data["@type"] == "DefinedTerm"
    assert data["inDefinedTermSet"] == f"{BASE}terms"
    assert {"쿼블넷", "Quibble"} <= set(data["alternateName"])
    assert data["url"] == "http://localhost/term/quibblenet"


def test_introduced_and_results(client: FlaskClient) -> None:
    words = words_of(page_of(client, "/term/quibblenet"))
    assert "Introduced by Paper 7 Jan 5, 2031" in words
    assert "Its own results" in words
    assert re.search(r"ZupMark accuracy 71\.5% Paper 0", words)
    assert re.search(r"Improvements .* ZupMark accuracy \+3% Paper 7", words)
    words = words_of(page_of(client, "/term/zupmark"))
    assert re.search(r"Leaderboards accuracy % .* 1 .{,9}마포이드 .{,9}marfoid 72\.5%", words)
    words = words_of(page_of(client, "/term/accuracy"))
    assert "What is measured by it ZupMark 2" in words


def test_neighbours_are_not_just_the_commonest(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet")
    near = page[page.index('class="plain near"') : page.index("Go on in the graph")]
    assert words_in(near) == "마포이드 in 6 of its 6 papers"


def words_in(part: str) -> str:
    return " ".join(re.sub(r"<[^>]*>|^[^>]*>", " ", part).split())


def test_chart_has_all_months_of_the_digests(client: FlaskClient) -> None:
    page = page_of(client, "/term/quibblenet")
    assert re.search(r"January 2031</td><td class=\"number\">3<", page)
    assert re.search(r"March 2031</td><td class=\"number\">0<", page)
    assert 'class="chart"' not in page_of(client, "/term/lone")


# ------------------------------------------------------------------ papers and sentences


def test_each_mention_stands_on_one_page_the_newest_digest_first(client: FlaskClient) -> None:
    found: list[str] = []
    for number in (1, 2, 3):
        page = page_of(client, f"/term/quibblenet?page={number}")
        listed = page[page.index('<ol class="plain sentences"') :]
        found += re.findall(r"<mark>(Quibblenet\d+)입</mark>", listed)
        if number == 1:
            assert found[:3] == ["Quibblenet0", "Quibblenet1", "Quibblenet2"]
            assert JAN not in listed
            assert listed.count("<li>") == 25
    assert len(found) == MANY
    assert sorted(found) == sorted(2 * [f"Quibblenet{n}" for n in range(MANY // 2)])
    assert client.get("/term/quibblenet?page=4", headers=HTML).status_code == 404


def test_a_sentence_has_its_paper_section_role_and_certainty(client: FlaskClient) -> None:
    words = words_of(page_of(client, "/term/quibblenet?page=2"))
    told = (
        "쿼블넷0은 Quibblenet0입 니다. Paper 7 summary · Jan 5, 2031 · introduces it · 91% certain"
    )
    assert f"{told} · read as: Method" in words
    page = page_of(client, "/term/lone")
    assert "<mark>Lone Task</mark>는" in page
    assert "앞 문장" not in page
    assert f'href="/paper/3103.00001#{MAR}/3103.00001/summary/char=9,18"' in page


def test_papers_with_what_they_do_the_newest_first(client: FlaskClient) -> None:
    words = words_of(page_of(client, "/term/quibblenet"))
    listed = words[words.index("6 papers · All as CSV") : words.index("Every sentence")]
    assert re.findall(r"Paper (\d+)", listed) == ["21", "28", "35", "0", "7", "14"]
    assert "Paper 7 Jan 5, 2031 · introduces it" in listed
    first = words_of(page_of(client, "/term/common"))
    assert "Papers 1 to 20 of 40" in first
    second = words_of(page_of(client, "/term/common?papers=2"))
    numbers = [
        re.findall(r"Paper (\d+) [JF]", one[one.index("of 40") :]) for one in (first, second)
    ]
    assert sorted(map(int, numbers[0] + numbers[1])) == list(range(40))


def test_tables(client: FlaskClient) -> None:
    papers = table_of(client, "/term/quibblenet.csv")
    assert [(row["arxiv"], row["role"]) for row in papers][3:5] == [
        ("3101.00000", ""),
        ("3101.00007", "introduces"),
    ]
    mentions = table_of(client, "/term/quibblenet.csv?table=mentions")
    assert len(mentions) == MANY
    assert mentions[0]["sentence"] == "쿼블넷0은 Quibblenet0입니다."
    assert mentions[0]["sentence"].find(mentions[0]["exact"]) > 0
    results = table_of(client, "/term/zupmark.csv?table=results")
    assert {row["value"] for row in results} == {"71.5", "72.5", "3"}
    assert client.get("/term/quibblenet.csv?table=x").status_code == 400


def test_hostile_labels_texts_and_evidence_are_text(client: FlaskClient) -> None:
    for path in ("/term/hostile", "/term/lone"):
        page = page_of(client, path)
        assert "<script>" not in page
        assert "style=" not in page
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;quoted&#34;" in page
    words = words_of(page_of(client, "/term/hostile"))
    assert "Somebody decided that it is not this item: &lt;b&gt;it&lt;/b&gt; Q900000007" in words
    assert "Decided by Mina Seo" in words


def test_a_term_of_which_little_is_said(tmp_path: Path) -> None:
    app = create_app(Settings(store=write_store(tmp_path / "kg"), workers=1))
    try:
        client = app.test_client()
        page = page_of(client, "/term/kite")
        assert "카이트(<mark>Kite</mark>)는 작은" in page
        assert 'href="/paper/2408.00001"' in page
        assert client.get("/term/kitenet", headers=HTML).headers["Location"] == "/term/kite"
    finally:
        parts_of(app).pool.close()


@pytest.mark.parametrize("query", ["page=0", "papers=x", "page=1&page=1"])
def test_wrong_pages_are_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/term/lone?{query}", headers=HTML).status_code == 400


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=1) as running:
        yield running


@in_browser
def test_pages_fit_and_are_accessible(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        for path in ("/term/quibblenet", "/term/zupmark?lang=ko", "/term/hostile"):
            watched.page.goto(path)
            assert faults(watched.page) == [], path


@in_browser
def test_page_is_read_and_paged_without_a_script(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/term/quibblenet")
        page.click("nav.pager >> nth=0 >> a[rel=next]")
        page.wait_for_url("**page=2#sentences")
        expect(page.locator("main")).to_contain_text("From mention 26 of 60")
        page.click("summary:has-text('Why')")
        expect(page.locator("text=the name is its label")).to_be_visible()
