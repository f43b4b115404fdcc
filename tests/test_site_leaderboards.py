"""Benchmarks and their leaderboards: what is compared with what, in which order, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import XSD

from kg.settings import Settings
from kg.vocab import KG
from kg.web import create_app
from kg.web.site.benchmarks.claims import Claim
from kg.web.site.benchmarks.leaderboard import apart, boards_of, changes_of
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
    typed,
    write,
)
from tests.server_process import LiveServer, live_server
from tests.site_client import HTML, client_of, page_of, table_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

JAN, FEB = "2031-01-05", "2031-02-07"


def quads() -> Iterator[ox.Quad]:
    yield from digest(JAN)
    yield from digest(FEB)
    yield from term("zupmark", "Benchmark", "ZupMark", "줍마크", "Zup Bench-2")
    yield from term("blicketqa", "Dataset", "BlicketQA")
    yield from term("hostile", "Benchmark", HOSTILE, None, "Hostile Bench")
    yield from term("quibblenet", "Model", "Quibblenet")
    yield from term("marfoid", "Model", "Marfoid", "마포이드")
    yield from term("accuracy", "Metric", "accuracy", "정확도")
    yield from term("latency", "Metric", "latency")
    yield fact("term/accuracy", KG.higherIsBetter, typed("true", XSD.boolean))
    yield fact("term/latency", KG.higherIsBetter, typed("false", XSD.boolean))
    yield from paper("3101.00001", "One of January", JAN, evaluatesOn=["zupmark", "hostile"])
    yield from paper("3101.00002", "Two of January", JAN, evaluatesOn=["zupmark"])
    yield from paper("3102.00003", HOSTILE, FEB, evaluatesOn=["zupmark", "blicketqa"])
    yield from paper("3102.00004", "No score", FEB, evaluatesOn=["zupmark"])
    for score in SCORES:
        yield from score.quads()
    words = "쿼블넷(Quibblenet)은 ZupMark에서 좋았습니다."
    where = f"digest/{FEB}/3102.00003/summary"
    yield from section("3102.00003", FEB, "summary", words)
    yield from mention(where, words, "Quibblenet", "quibblenet")


SCORES = (
    Score("3101.00001", JAN, "quibblenet", "71.5"),
    Score("3101.00002", JAN, "marfoid", "80"),
    Score("3102.00003", FEB, "quibblenet", "80.0", kind="comparison"),
    # The same again, in a later digest.
    Score("3101.00001", FEB, "quibblenet", "71.5", sentence="다시 71.5%였습니다."),
    Score("3102.00003", FEB, "marfoid", "99.9", confidence="0.31"),
    Score("3102.00003", FEB, "marfoid", "60-70", low="60", high="70"),
    # Not to be compared with these.
    Score("3101.00001", JAN, "quibblenet", "0.7", unit=None),
    Score("3101.00001", JAN, "quibblenet", "91", setting="5-shot"),
    Score(
        "3101.00001", JAN, "quibblenet", "12", unit="points", kind="relative", direction="increase"
    ),
    Score("3101.00001", JAN, "quibblenet", "40", metric="latency", unit="ms", qualifier="atLeast"),
    Score("3101.00002", JAN, "marfoid", "35", metric="latency", unit="ms"),
    Score("3101.00002", JAN, "marfoid", "3", metric=None, name="odd <b>thing</b>", unit=None),
    Score("3101.00001", JAN, "quibblenet", "5", metric=None, name="Odd <b>Thing</b>", unit=None),
    Score("3101.00001", JAN, "quibblenet", "50", benchmark="hostile", sentence=f"{HOSTILE} 50%"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("scored") / "kg", quads())


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    yield from client_of(store)


def board(client: FlaskClient, **told: str | None) -> dict[str, Any]:
    """Return the only leaderboard of ZupMark that has these."""
    boards = client.get("/benchmarks/zupmark.json").get_json()["boards"]
    (found,) = (one for one in boards if all(one[name] == told[name] for name in told))
    return dict(found)


def values(shown: dict[str, Any]) -> list[tuple[int | None, str]]:
    return [(row["rank"], row["value"]) for row in shown["rows"]]


# ------------------------------------------------------------------ what is in which order


def test_higher_is_first_and_equal_values_share_a_rank(client: FlaskClient) -> None:
    shown = board(client, metric_key="accuracy", unit="%", setting=None)
    assert shown["higher"] is True
    ranked = [(rank, value) for rank, value in values(shown) if rank]
    assert sorted(ranked[:2]) == [(1, "80"), (1, "80.0")]
    assert ranked[2:] == [(3, "71.5")]


def test_lower_is_first_where_that_is_better(client: FlaskClient) -> None:
    shown = board(client, metric_key="latency")
    assert shown["higher"] is False
    assert values(shown) == [(1, "35"), (2, "40")]
    assert shown["rows"][1]["qualifier"] == "atLeast"


def test_where_the_direction_is_not_known_the_page_says_so(client: FlaskClient) -> None:
    shown = board(client, metric=None)
    assert (shown["higher"], values(shown)) == (None, [(1, "5"), (2, "3")])
    page = page_of(client, "/benchmarks/zupmark")
    assert page.count("Nothing says which direction is better") == 1
    assert page.count("Lower is better.") == 1


def test_unsure_claims_and_ranges_have_no_rank(client: FlaskClient) -> None:
    shown = board(client, metric_key="accuracy", unit="%", setting=None)
    assert {value for rank, value in values(shown) if rank is None} == {"99.9", "60-70"}
    assert values(shown)[-1][0] is values(shown)[-2][0] is None


def test_units_settings_and_changes_are_kept_apart(client: FlaskClient) -> None:
    shown = client.get("/benchmarks/zupmark.json").get_json()
    accuracy = [one for one in shown["boards"] if one["metric_key"] == "accuracy"]
    assert [(one["unit"], one["setting"], one["size"]) for one in accuracy] == [("%", None, 5)]
    assert {(row["value"], row["unit"], row["setting"]) for row in shown["singles"]} == {
        ("91", "%", "5-shot"),
        ("0.7", None, None),
    }
    assert [(row["value"], row["direction"]) for row in shown["changes"]] == [("12", "increase")]
    assert re.search(r"\+12&nbsp;points", page_of(client, "/benchmarks/zupmark"))


def test_a_claim_made_twice_is_one_row_with_both_sentences(client: FlaskClient) -> None:
    shown = board(client, metric_key="accuracy", unit="%", setting=None)
    (row,) = (row for row in shown["rows"] if row["value"] == "71.5")
    days = sorted(place["iri"].split("/digest/")[1][:10] for place in row["evidence"])
    assert days == [JAN, FEB]
    page = page_of(client, "/benchmarks/zupmark")
    assert "<summary>2 sentences</summary>" in page
    assert "다시 71.5%였습니다." in re.sub("</?mark>", "", page)


def test_the_value_is_marked_in_its_sentence_and_leads_to_the_paper(client: FlaskClient) -> None:
    page = page_of(client, "/benchmarks/zupmark")
    assert re.search(r'<blockquote lang="ko">값은 \.\.\.\. <mark>80</mark> %', page)
    assert f'href="/paper/3101.00002#{JAN}/3101.00002/summary/result=' in page


def test_a_metric_is_one_whether_it_is_a_term_or_only_printed() -> None:
    shared = {"kind": "absolute", "benchmark": "b", "confidence": 1.0}
    claims = [
        Claim(iri="d/1/s#a", text="1", value=1, metric="m", metric_name="Top-1 accuracy", **shared),
        Claim(iri="d/2/s#b", text="2", value=2, metric_name="top-1 Accuracy", **shared),
        Claim(iri="d/3/s#c", text="9", value=9, metric_name="top-5 accuracy", **shared),
        Claim(iri="d/4/s#d", text="9", value=9, kind="relative", benchmark="b"),
    ]
    boards, singles = apart(boards_of(claims))
    assert [(one.metric, one.metric_name, len(one.rows)) for one in boards] == [
        ("m", "Top-1 accuracy", 2)
    ]
    assert [row.claim.text for row in singles] == ["9"]
    assert [row.claim.iri for row in changes_of(claims)] == ["d/4/s#d"]


# ------------------------------------------------------------------ pages, filters, data


def test_month_answers_who_evaluates_and_what_they_scored(client: FlaskClient) -> None:
    page = page_of(client, "/benchmarks/zupmark")
    assert 'href="/benchmarks/zupmark?month=2031-02"' in page  # one click
    page = page_of(client, "/benchmarks/zupmark?month=2031-02")
    assert "Papers of February 2031 that evaluate on it" in page
    assert page.index("Papers of February 2031") < page.index(">Leaderboards<")
    assert "No score" in page
    assert "One of January" not in page
    rows = table_of(client, "/benchmarks/zupmark.csv?month=2031-02")
    assert {(row["arxiv"], row["value"]) for row in rows} == {
        ("3102.00003", "80.0"),
        ("3102.00003", "99.9"),
        ("3102.00003", "60-70"),
        ("3102.00004", ""),
    }


def test_filters_by_metric_and_unit(client: FlaskClient) -> None:
    shown = client.get("/benchmarks/zupmark.json?metric=latency&unit=ms").get_json()
    assert [one["metric_key"] for one in shown["boards"]] == ["latency"]
    assert shown["singles"] == shown["changes"] == []
    assert {one["paper"]["arxiv"] for one in shown["papers"]} == {"3101.00001", "3101.00002"}
    without = client.get("/benchmarks/zupmark.json?metric=accuracy&unit=-").get_json()
    assert [row["value"] for row in without["singles"]] == ["0.7"]
    assert {one["key"] for one in shown["units"]} == {"%", "ms", "points", "-"}


def test_csv_has_all_claims_with_their_sentences(client: FlaskClient) -> None:
    rows = table_of(client, "/benchmarks/zupmark.csv")
    assert len(rows) == 13  # 13 claims, of which two are one, and a paper without
    assert rows[0]["kind"] == "absolute"
    (row,) = (row for row in rows if row["value"] == "35")
    assert (row["rank"], row["subject"], row["unit"], row["seen"]) == ("1", "marfoid", "ms", JAN)
    assert "35" in row["sentence"]
    assert row["result"].startswith(f"{BASE}digest/{JAN}/3101.00002/summary#result=")


def test_list_has_counts_and_the_best_of_the_fullest(client: FlaskClient) -> None:
    shown = client.get("/benchmarks.json").get_json()
    assert [one["term"]["label"] for one in shown["benchmarks"]] == [
        "ZupMark",
        HOSTILE,
        "BlicketQA",
    ]
    first, last = shown["benchmarks"][0], shown["benchmarks"][-1]
    assert (first["papers"], first["results"], first["size"]) == (4, 13, 4)
    assert float(first["best"]["value"]) == 80
    assert (last["papers"], last["results"], last["best"]) == (1, 0, None)
    assert table_of(client, "/benchmarks.csv?sort=papers")[0]["label"] == "ZupMark"
    assert "no score read" in page_of(client, "/benchmarks")


@pytest.mark.parametrize("query", ["zupm", "줍마크", "zup bench 2", "ZUP-BENCH"])
def test_list_is_searched_by_any_name(client: FlaskClient, query: str) -> None:
    found = client.get("/benchmarks.json", query_string={"q": query}).get_json()
    assert [one["term"]["label"] for one in found["benchmarks"]] == ["ZupMark"]


def test_nothing_found_leads_on(client: FlaskClient) -> None:
    page = page_of(client, "/benchmarks?q=" + "%3Cb%3Enone")
    assert "No benchmark has a name like “&lt;b&gt;none”." in page
    assert 'href="/search?q=%3Cb%3Enone"' in page


def test_names_lead_to_the_leaderboards(client: FlaskClient) -> None:
    for path, location in (
        ("/benchmarks/ZupMark", "/benchmarks/zupmark"),
        ("/benchmarks/%EC%A4%8D%EB%A7%88%ED%81%AC", "/benchmarks/zupmark"),
        ("/benchmarks/Zup%20Bench-2.csv", "/benchmarks/zupmark.csv"),
    ):
        reply = client.get(path)
        assert (reply.status_code, reply.headers["Location"]) == (301, location)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/benchmarks/nonesuch", "look for it at /benchmarks?q=nonesuch"),
        ("/benchmarks/quibblenet", "no paper evaluates on it; what is known of it: /term/quib"),
        ("/benchmarks/zupmark?page=2", "page 2; there are 1"),
        ("/benchmarks?page=9", "page 9; there are 1"),
        ("/benchmarks.ttl", "there are json and csv"),
    ],
)
def test_what_is_not_there_is_told(client: FlaskClient, path: str, told: str) -> None:
    reply = client.get(path, headers=HTML)
    assert reply.status_code == 404
    assert told in reply.get_data(as_text=True)


@pytest.mark.parametrize(
    "query", ["month=6", "month=2031-13", "page=0", "page=x", "papers=-1", "page=1&page=2",
              "metric=" + "x" * 201],
)  # fmt: skip
def test_wrong_parameters_are_refused(client: FlaskClient, query: str) -> None:
    reply = client.get(f"/benchmarks/zupmark?{query}", headers={"Accept": "application/json"})
    assert reply.status_code == 400
    assert re.match(r"parameter '\w+': .*; expected ", reply.get_json()["detail"])


def test_hostile_names_and_sentences_are_text(client: FlaskClient) -> None:
    for path in ("/benchmarks", "/benchmarks/hostile", "/benchmarks/zupmark"):
        page = page_of(client, path)
        assert "<script>" not in page
        assert "<b>" not in re.sub(r'<b class="value">', "", page)
        assert "&lt;script&gt;alert(&#39;x&#39;)" in page
        assert "style=" not in page


def test_structured_data_describes_the_leaderboards(client: FlaskClient) -> None:
    page = page_of(client, "/benchmarks/zupmark")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    data = json.loads(found[1])
    assert (data["@type"], data["about"]["@id"]) == ("Dataset", f"{BASE}term/zupmark")
    assert data["distribution"][1]["contentUrl"] == "http://localhost/benchmarks/zupmark.csv"


def test_names_are_in_the_readers_language(client: FlaskClient) -> None:
    page = page_of(client, "/benchmarks/zupmark?lang=ko")
    assert "<h1>줍마크</h1>" in page
    assert ">마포이드</a>" in page


def test_links_stay_below_a_prefix(client: FlaskClient) -> None:
    path, base = "/benchmarks/zupmark", "http://localhost/mounted"
    page = client.get(path, headers=HTML, base_url=base).get_data(as_text=True)
    assert 'href="/mounted/benchmarks/zupmark?month=2031-02"' in page
    assert not re.search(r'(?:href|action)="/(?!mounted/|mounted")', page)


def test_an_empty_graph_has_no_benchmarks(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        client = app.test_client()
        assert "No paper evaluates on anything yet." in page_of(client, "/benchmarks")
        assert client.get("/benchmarks/mmlu").status_code == 404
    finally:
        parts_of(app).pool.close()


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=1) as running:
        yield running


@in_browser
def test_from_the_list_to_the_scores_of_a_month(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/benchmarks")
        page.fill("#benchmark-q", "zup")
        page.keyboard.press("Enter")
        page.click("table.benchmarks a:has-text('ZupMark')")
        page.click("nav.months a:has-text('2031-02')")
        expect(page.locator("table.evaluations")).to_contain_text("No score")
        page.select_option("#metric", "accuracy")
        page.click("button:has-text('Show')")
        expect(page.locator("table.claims tbody tr")).to_have_count(3)
        with page.expect_download() as download:
            page.click("a.button:has-text('CSV')")
        assert b"3102.00003" in Path(download.value.path()).read_bytes()


@in_browser
def test_sentences_open_by_keyboard(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        watched.page.goto("/benchmarks/zupmark")
        watched.page.focus("details.evidence summary >> nth=0")
        watched.page.keyboard.press("Enter")
        expect(watched.page.locator("details.evidence[open] blockquote")).to_have_count(1)
        marked = watched.page.locator("details.evidence[open] mark")
        expect(marked).to_have_text(re.compile("^80"))


@in_browser
def test_pages_fit_and_are_accessible(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url) as watched:
        for path in ("/benchmarks", "/benchmarks/zupmark", "/benchmarks/hostile"):
            watched.page.goto(path)
            assert faults(watched.page) == [], path
