"""The graph view in a real browser: it grows, is filtered, saved and shared, by keyboard too."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlparse

import pyoxigraph as ox
import pytest

from tests.browser import NEEDS_BROWSER, Watched, expect, faults, watched_page
from tests.server_process import BASE, LiveServer, live_server, write_store
from tests.test_site_explore import HOSTILE, LABEL, made, triples_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_BROWSER
READY = "#explore[data-ready]"
#: More than a picture holds.
MANY = 600
MOST = 500


#: The size of an image, how many colours it has, and that of its corner.
PIXELS = """async data => {
  const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const { width, height } = image, canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const { data: shades } = pen.getImageData(0, 0, width, height);
  return [width, height, new Set(new Uint32Array(shades.buffer)).size, [...shades.slice(0, 4)]];
}"""
#: Counts the milliseconds of each frame.
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const frame = now => { frames_.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    graph = ox.NamedNode(f"{BASE}graph/terms")
    triples = ox.parse(made().encode(), format=ox.RdfFormat.TURTLE)
    quads = [ox.Quad(one.subject, one.predicate, one.object, graph) for one in triples]
    store = write_store(tmp_path_factory.mktemp("explore") / "kg", quads)
    with live_server(store, workers=1) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    with watched_page(browser, server.url, viewport={"width": 1280, "height": 900}) as found:
        yield found.page


def opened(page: Page, address: str = "/explore?term=hub") -> Page:
    page.goto(address)
    page.wait_for_selector(READY)
    return page


def drawn(page: Page) -> Any:
    """What the picture shows: the IRIs of its things, and its relations."""
    return page.evaluate(
        """() => {
          const seen = document.getElementById('picture')._cyreg.cy.elements().not('.out');
          const told = edge => ['source', 'relation', 'target'].map(name => edge.data(name));
          return { things: seen.nodes().map(one => one.id()), edges: seen.edges().map(told) };
        }"""
    )


def places(page: Page) -> dict[str, tuple[float, float]]:
    """Where things stand in the picture."""
    found = page.evaluate(
        """() => document.getElementById('picture')._cyreg.cy.nodes()
          .map(one => [one.id(), one.position().x, one.position().y])"""
    )
    return {iri: (x, y) for iri, x, y in found}


def place_of(page: Page, iri: str) -> tuple[float, float]:
    """Where a thing stands in the window."""
    page.locator("#picture").scroll_into_view_if_needed()
    x, y = page.evaluate(
        """iri => {
          const picture = document.getElementById('picture'), box = picture.getBoundingClientRect();
          const at = picture._cyreg.cy.getElementById(iri).renderedPosition();
          return [box.x + at.x, box.y + at.y];
        }""",
        iri,
    )
    return x, y


def wait_for_status(page: Page, text: str) -> None:
    page.wait_for_selector(f"#explore-status:text-matches({json.dumps(text)})")


def expand(page: Page, name: str) -> None:
    page.locator("#explore-table button", has_text=name).first.click()
    page.click("[data-act=expand]")
    wait_for_status(page, f"added around {name}")


def test_click_on_a_thing_shows_and_expands_it(page: Page) -> None:
    opened(page)
    before = drawn(page)
    assert f"{BASE}author/ada" not in before["things"]
    page.mouse.click(*place_of(page, f"{BASE}paper/119"))
    wait_for_status(page, "added around Paper 119")
    after = drawn(page)
    assert set(before["things"]) < set(after["things"])
    # All papers of hers that are drawn are joined to her, not the one alone that was clicked on.
    written = [edge for edge in after["edges"] if edge[1] == "writtenBy"]
    assert len(written) == sum("/paper/" in iri for iri in after["things"])
    expect(page.locator("#explore-chosen")).to_have_text("Paper 119")
    expect(page.locator("#explore-details h3:has-text('written by')")).to_have_text("written by 1")


def test_things_that_stood_keep_their_places(page: Page) -> None:
    opened(page)
    before = places(page)
    expand(page, "Paper 118")
    after = places(page)
    assert len(after) > len(before)
    moved = sorted(math.dist(at, after[iri]) for iri, at in before.items())
    assert moved[len(moved) // 2] < 2
    assert moved[-1] < 60


def test_address_brings_the_same_picture_again(page: Page) -> None:
    opened(page)
    expand(page, "Paper 119")
    page.uncheck("input[value=Digest]")
    page.locator("#explore-table button", has_text="far").click()
    page.click("[data-act=remove]")
    wait_for_status(page, "far removed")
    before = drawn(page)
    assert not any(iri.endswith(("term/far", "digest/2024-08-05")) for iri in before["things"])
    assert "open=paper/119&without=term/far&hide=Digest" in page.url
    opened(page, page.url)
    after = drawn(page)
    assert set(after["things"]) == set(before["things"])
    assert sorted(after["edges"]) == sorted(before["edges"])
    with page.expect_navigation():
        page.click("text=Start again")
    page.wait_for_selector(READY)
    assert f"{BASE}term/far" in drawn(page)["things"]


def test_collapse_takes_away_what_came_along(page: Page) -> None:
    opened(page)
    before = drawn(page)
    expand(page, "Paper 119")
    page.click("[data-act=collapse]")
    wait_for_status(page, "taken away")
    assert drawn(page) == before
    assert page.url.endswith("/explore?term=hub")


def test_query_follows_what_is_drawn(page: Page, server: LiveServer) -> None:
    opened(page)
    expand(page, "Paper 119")
    page.uncheck("input[value=usesMethod]")
    page.uncheck("input[value=Method]")
    relations = server.get("/explore.json").json()["relations"]
    edges = {
        (f"<{one}>", f"<{relations[relation]}>", f"<{other}>")
        for one, relation, other in drawn(page)["edges"]
    }
    assert len(edges) > 10
    query = page.text_content("#explore-query") or ""
    reply = server.ask(query, headers={"Accept": "application/n-triples"})
    assert {one for one in triples_of(reply.content) if one[1] != LABEL} == edges
    assert page.input_value("#explore-query-form input") == query
    page.click("summary:has-text('query behind')")
    with page.expect_request("**/sparql?query=*") as asked:
        page.click("#explore-query-link")
    assert parse_qs(urlparse(asked.value.url).query)["query"] == [query]


def test_filters_count_and_leave_the_middle_alone(page: Page) -> None:
    opened(page)
    things = drawn(page)["things"]
    papers = sum("/paper/" in iri for iri in things)
    label = page.locator("label", has=page.locator("input[value=Paper]"))
    assert label.inner_text().split() == ["Paper", str(papers)]
    label.click()
    expect(page.locator("#explore-table button", has_text="Paper ")).to_have_count(0)
    assert not any("/paper/" in iri for iri in drawn(page)["things"])
    page.uncheck("input[value=Method]")
    wait_for_status(page, "1 things? and 0 relations")
    assert drawn(page)["things"] == [f"{BASE}term/hub"]


def test_all_by_keyboard(page: Page) -> None:
    opened(page)

    def tab_to(selector: str, most: int = 80) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    page.focus("#explore-table")
    page.locator("#explore-table").evaluate("one => one.parentElement.focus()")
    tab_to("[aria-label='Show Paper 119']")
    page.keyboard.press("Enter")
    expect(page.locator("#explore-chosen")).to_be_focused()
    tab_to("[data-act=expand]", 3)
    page.keyboard.press("Enter")
    wait_for_status(page, "added around Paper 119")
    expect(page.locator("#explore-details :focus")).to_have_count(1)
    tab_to("#explore-details ul.others button")
    page.keyboard.press("Enter")
    expect(page.locator("#explore-chosen")).not_to_have_text("Paper 119")


def test_picture_is_saved_with_its_ground(page: Page) -> None:
    opened(page)
    with page.expect_download() as download:
        page.click("[data-tool=png]")
    assert download.value.suggested_filename == "term-hub.png"
    data = base64.b64encode(download.value.path().read_bytes()).decode()
    width, height, colours, corner = page.evaluate(PIXELS, data)
    assert width > 400
    assert height > 300
    assert colours > 50
    assert corner == [255, 255, 255, 255]
    with page.expect_download() as download:
        page.click("[data-tool=json]")
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert {node["iri"] for node in saved["nodes"]} == set(drawn(page)["things"])


def test_colours_follow_the_theme(page: Page) -> None:
    opened(page)
    colour = "document.getElementById('picture')._cyreg.cy.nodes()[0].style('color')"
    before = page.evaluate(colour)
    page.click("button.theme")
    page.wait_for_function(f"before => {colour} != before", arg=before)


def many_things(count: int) -> dict[str, Any]:
    """An answer that brings so many things at once."""
    nodes = [
        {
            "iri": f"{BASE}term/t{number}",
            "label": f"Thing {number} of many, {HOSTILE}",
            "type": ("Model", "Task", "Metric")[number % 3],
            "papers": number,
            "page": f"/term/t{number}",
            "in_query": f"term:t{number}",
        }
        for number in range(count)
    ]
    edges = [
        {"from": nodes[number]["iri"], "relation": "close", "to": nodes[to]["iri"], "papers": 2}
        for number in range(1, count)
        for to in {number // 2, number // 7}
        if to != number
    ]
    hub = f"{BASE}term/hub"
    edges.append({"from": hub, "relation": "close", "to": nodes[0]["iri"], "papers": 3})
    return {"centre": hub, "part": 2, "more": True, "nodes": nodes, "edges": edges}


def test_five_hundred_things_are_drawn_and_move(page: Page) -> None:
    opened(page)
    answer = json.dumps(many_things(MANY))
    page.route(
        "**/explore.json", lambda route: route.fulfill(body=answer, content_type="application/json")
    )
    page.click("[data-act=expand]")
    page.wait_for_selector("#explore-status:text-matches('added around hub')", timeout=30_000)
    assert len(drawn(page)["things"]) == MOST
    expect(page.locator("#explore-table tbody tr")).to_have_count(MOST)
    page.click("[data-tool=fit]")
    x, y = place_of(page, f"{BASE}term/hub")
    page.evaluate(FRAMES)
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(box["x"] + 5 + 4 * step, box["y"] + 5 + 3 * step)
    page.mouse.up()
    frames = sorted(page.evaluate("frames_"))
    assert place_of(page, f"{BASE}term/hub") != (x, y)
    assert frames[len(frames) // 2] < 100  # 17 ms where nothing else keeps the machine busy
    page.click("[data-act=expand]")
    wait_for_status(page, "The picture is full: 500 things")


def test_nothing_is_lost_where_the_server_fails(browser: Browser, server: LiveServer) -> None:
    watched = Watched(browser, server.url)
    page = opened(watched.page)
    before = drawn(page)
    page.route("**/explore.json", lambda route: route.fulfill(status=503, body="{}"))
    page.click("[data-act=expand]")
    wait_for_status(page, "could not be fetched")
    assert drawn(page) == before
    page.unroute("**/explore.json")
    page.click("[data-act=expand]")
    wait_for_status(page, "added around hub")
    watched.context.close()
    assert all("503" in one for one in watched.complaints)


def test_hostile_names_are_text(page: Page) -> None:
    opened(page, "/explore?term=hostile")
    expect(page.locator("#explore-chosen")).to_have_text(HOSTILE)
    expand(page, "Paper 7")
    assert page.locator("main img").count() == 0


def test_accessible_and_not_too_wide(browser: Browser, server: LiveServer) -> None:
    size = {"width": 320, "height": 720}
    with watched_page(browser, server.url, viewport=size) as watched:
        for address in ("/explore", "/explore?term=hub"):
            page = opened(watched.page, address)
            assert faults(page) == []
        expand(page, "Paper 119")
        page.click("summary")
        assert faults(page) == []


def test_table_is_read_without_a_script(browser: Browser, server: LiveServer) -> None:
    with watched_page(browser, server.url, java_script_enabled=False) as watched:
        page = watched.page
        page.goto("/explore?term=hub")
        assert page.is_hidden("#explore")
        assert page.is_visible("noscript p")
        assert page.is_visible("text=Terms that share its papers more than by chance")
        page.click("text=The neighbours after these")
        assert page.is_visible("a:has-text('Paper 105')")
        page.fill("#explore-find", "near")
        page.click("text=Draw")
        expect(page.locator("h1")).to_have_text(re.compile("^Graph around Near"))
