"""The neighbourhood of a thing: who is in it, what joins it, and the query that gives the same."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDFS

from kg.vocab import PREFIXES
from kg.web.site.explore.ranking import closest_pairs
from tests.server_process import BASE, write_store
from tests.site_client import HTML, client_of

LABEL = f"<{RDFS.label}>"
HOSTILE = "<img src=x onerror=alert(1)> </script>"
#: Papers of the made graph that mention "hub"; each of these terms is in every so many of them.
HUB = 120
EVERY = {"near": 2, "far": 3, "rare": 60}


def made() -> str:
    """A term of many papers with votes, others in some of them, and of these one close to it.

    "near" stands in no other papers, "far" in many others, "rare" in too few of them.
    """
    lines = [f"@prefix {name}: <{start}> ." for name, start in PREFIXES.items()]
    counts = {name: len(range(0, HUB, step)) for name, step in EVERY.items()}
    terms = {"hub": HUB, **counts, "far": counts["far"] + 500, "hostile": 1}
    labels = {"hostile": HOSTILE, "near": "Near 〈가까움〉"}
    for name, papers in terms.items():
        label = labels.get(name, name).replace('"', "")
        lines.append(
            f'<{BASE}term/{name}> a kg:Term ; rdfs:label "{label}"@en ; '
            f"kg:termType kg:Method ; kg:paperCount {papers} ."
        )
    lines.append(f'<{BASE}term/near> skos:prefLabel "가까운 말"@ko ; skos:exactMatch wd:Q42 .')
    lines.append(f"<{BASE}term/near> skos:broader <{BASE}term/hub> .")
    lines.append(
        f'<{BASE}digest/2024-08-05> a kg:Digest ; dcterms:issued "2024-08-05"^^xsd:date ; '
        'rdfs:label "Digest 2024-08-05"@en .'
    )
    lines.append(f'<{BASE}author/ada> a kg:Author ; rdfs:label "Ada"@en .')
    for number in range(HUB):
        paper, entry = f"<{BASE}paper/{number}>", f"<{BASE}digest/2024-08-05/{number}>"
        mentioned = [f"<{BASE}term/{one}>" for one, step in EVERY.items() if number % step == 0]
        lines.append(
            f'{paper} a kg:Paper ; rdfs:label "Paper {number}"@en ; kg:arxivId "{number}" ; '
            f'kg:firstSeen "2024-08-05"^^xsd:date ; dcterms:creator <{BASE}author/ada> ; '
            f"kg:usesMethod <{BASE}term/hub> ; "
            f"kg:mentions {', '.join([f'<{BASE}term/hub>', *mentioned])} . "
            f"{entry} a kg:Entry ; kg:paper {paper} ; kg:votes {number} ; "
            f"kg:digest <{BASE}digest/2024-08-05> ."
        )
    lines.append(f"<{BASE}paper/7> kg:introduces <{BASE}term/hub>, <{BASE}term/hostile> ;")
    lines.append(f"  kg:mentions <{BASE}term/hostile> .")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    graph = ox.NamedNode(f"{BASE}graph/terms")
    triples = ox.parse(made().encode(), format=ox.RdfFormat.TURTLE)
    quads = [ox.Quad(one.subject, one.predicate, one.object, graph) for one in triples]
    yield from client_of(write_store(tmp_path_factory.mktemp("explore") / "kg", quads))


@pytest.fixture(scope="module")
def examples(examples_store: Path) -> Iterator[FlaskClient]:
    yield from client_of(examples_store)


def told(client: FlaskClient, **parameters: Any) -> Any:
    reply = client.get("/explore.json", query_string=parameters)
    assert reply.status_code == 200, reply.get_data(as_text=True)
    return reply.get_json()


def edges_of(shown: Any) -> set[tuple[str, str, str]]:
    return {(edge["from"], edge["relation"], edge["to"]) for edge in shown["edges"]}


def group(shown: Any, name: str) -> Any:
    found = next(one for one in shown["groups"] if one["name"] == name)
    return [iri.removeprefix(BASE) for iri in found["shown"]], found["total"]


def constructed(client: FlaskClient, query: str) -> set[tuple[str, str, str]]:
    reply = client.get(
        "/sparql", query_string={"query": query}, headers={"Accept": "application/n-triples"}
    )
    assert reply.status_code == 200, reply.get_data(as_text=True)
    return triples_of(reply.get_data())


def triples_of(body: bytes) -> set[tuple[str, str, str]]:
    triples = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
    return {(str(one.subject), str(one.predicate), str(one.object)) for one in triples}


# ---------------------------------------------------------------- who is in it


def test_close_terms_share_more_papers_than_by_chance(client: FlaskClient) -> None:
    shown = told(client, term="hub")
    # Of 120 papers, what two mention is chance; "far" is in as many others.
    assert group(shown, "close") == (["term/near", "term/far"], 2)
    close = {(one["from"], one["to"]): one["papers"] for one in shown["edges"] if "papers" in one}
    assert close[f"{BASE}term/hub", f"{BASE}term/far"] == 40


def test_papers_come_by_their_votes_and_go_on_in_the_next_part(client: FlaskClient) -> None:
    first, second = (told(client, term="hub", part=part) for part in (1, 2))
    assert group(first, "introducing") == (["paper/7"], 1)
    papers, total = group(first, "papers")
    assert papers == [f"paper/{number}" for number in range(119, 119 - len(papers), -1)]
    assert total == HUB - 1
    after, _ = group(second, "papers")
    assert after[0] == f"paper/{119 - len(papers)}"
    assert not set(papers) & set(after)
    assert first["more"]
    assert len(first["nodes"]) <= 60


def test_fewer_are_told_of_what_is_opened_beside(client: FlaskClient) -> None:
    whole, few = told(client, term="hub"), told(client, term="hub", few=1)
    assert group(few, "papers")[0] == group(whole, "papers")[0][: len(group(few, "papers")[0])]
    assert 3 < len(few["nodes"]) < len(whole["nodes"]) / 1.5


@pytest.mark.parametrize(
    ("thing", "joined"),
    [
        ({"paper": "7"}, {"introduces", "writtenBy", "listedIn", "usesMethod"}),
        ({"author": "ada"}, {"writtenBy", "usesMethod"}),
        ({"digest": "2024-08-05"}, {"listedIn", "usesMethod"}),
        ({"iri": f"{BASE}term/near"}, {"mentions", "usesMethod", "broader"}),
    ],
)
def test_every_kind_of_thing_has_a_neighbourhood(
    client: FlaskClient, thing: dict[str, str], joined: set[str]
) -> None:
    shown = told(client, **thing)
    relations = {edge["relation"] for edge in shown["edges"]}
    assert joined <= relations
    iris = {node["iri"] for node in shown["nodes"]}
    assert shown["centre"] in iris
    assert {end for edge in shown["edges"] for end in (edge["from"], edge["to"])} == iris


def test_things_tell_what_a_reader_wants_to_know(client: FlaskClient) -> None:
    nodes = {node["iri"].removeprefix(BASE): node for node in told(client, term="hub")["nodes"]}
    near = nodes["term/near"]
    assert (near["type"], near["papers"], near["ko"], near["page"]) == (
        "Method",
        60,
        "가까운 말",
        "/term/near",
    )
    assert near["wikidata"] == [
        {"id": "Q42", "relation": "exact", "address": "https://www.wikidata.org/wiki/Q42"}
    ]
    assert (nodes["paper/119"]["votes"], nodes["paper/119"]["arxiv"]) == (119, "119")


def test_edges_to_what_is_drawn_already_are_told(client: FlaskClient) -> None:
    known = [f"{BASE}paper/0", f"{BASE}author/ada", "not an IRI", f"{BASE}paper/1"]
    form = {"term": "hostile", "known": known}
    shown = client.post("/explore.json", data=form).get_json()
    assert f"{BASE}paper/0" not in {node["iri"] for node in shown["nodes"]}
    assert (f"{BASE}paper/7", "writtenBy", f"{BASE}author/ada") in edges_of(shown)
    alone = edges_of(told(client, term="hostile"))
    assert not any(to == f"{BASE}author/ada" for _, _, to in alone)
    # Of a known paper and a new term as well.
    near = client.post("/explore.json", data={"term": "near", "few": 1, "known": known}).get_json()
    assert (f"{BASE}paper/0", "mentions", f"{BASE}term/near") in edges_of(near)
    assert (f"{BASE}paper/1", "usesMethod", f"{BASE}term/hub") in edges_of(near)


def test_start_is_the_methods_of_the_newest_digests(client: FlaskClient) -> None:
    shown = told(client)
    assert shown["centre"] is None
    assert shown["days"] == ["2024-08-05", "2024-08-05"]
    terms, _ = group(shown, "methods")
    assert terms[:3] == ["term/hub", "term/near", "term/far"]
    counts = {node["iri"]: node["papers"] for node in shown["nodes"]}
    assert counts[f"{BASE}term/hub"] == HUB


def test_pairs_are_the_closest_of_each() -> None:
    papers = {str(number): set(map(str, range(number, number + 4))) for number in range(12)}
    pairs = closest_pairs(papers, 40, 1)
    assert [pair[2] for pair in pairs] == [3] * len(pairs)
    joined = {one for pair in pairs for one in pair[:2]}
    assert joined == set(papers)
    assert len(pairs) < 12
    counts = [papers[one] & papers[other] for one, other, _ in pairs]
    assert all(len(one) >= len(other) for one, other in pairwise(counts))


# ---------------------------------------------------------------- the query behind it


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"term": "lora"},
        {"paper": "2106.09685"},
        {"author": "edward-j-hu"},
        {"digest": "2024-08-05"},
    ],
)
def test_query_gives_what_is_drawn_and_nothing_else(
    examples: FlaskClient, thing: dict[str, str]
) -> None:
    shown = told(examples, **thing)
    labels = {node["iri"]: node["label"] for node in shown["nodes"]}
    edges = {
        (f"<{one}>", f"<{shown['relations'][relation]}>", f"<{other}>")
        for one, relation, other in edges_of(shown)
    }
    found = constructed(examples, shown["query"])
    assert {triple for triple in found if triple[1] != LABEL} == edges
    assert len(edges) > 5
    named = {one: name for one, predicate, name in found if predicate == LABEL}
    for iri in {end for one, _, other in edges_of(shown) for end in (one, other)}:
        assert ox.Literal(labels[iri]).value in named[f"<{iri}>"]


def test_page_links_to_the_query(examples: FlaskClient) -> None:
    page = examples.get("/explore?term=lora", headers=HTML).get_data(as_text=True)
    (link,) = re.findall(r'id="explore-query-link" href="([^"]+)"', page)
    address = urlparse(html.unescape(link))
    assert address.path == "/sparql"
    (query,) = parse_qs(address.query)["query"]
    assert query == told(examples, term="lora")["query"]
    assert html.escape("?from ?relation ?to") in page


def test_query_names_odd_things_too(client: FlaskClient) -> None:
    shown = told(client, paper="doi/10.1000/a<b>")
    assert [node["label"] for node in shown["nodes"]] == ["<script>alert('x')</script> \"quoted\""]
    assert constructed(client, shown["query"]) == set()


# ---------------------------------------------------------------- pages and what they are asked


def test_table_says_it_all_without_a_script(client: FlaskClient) -> None:
    page = client.get("/explore?term=hub", headers=HTML).get_data(as_text=True)
    assert "<title>Graph around hub – paperkg</title>" in page
    table = re.sub(r"\s+", " ", page[page.index("<tbody>") : page.rindex("</tbody>")])
    assert '<a href="/paper/119">Paper 119</a>' in table
    assert re.search(r"14 of 119", table)
    assert re.search(r'<span class="about">in the same papers as</span> hub \(40\)', table)
    assert 'href="/explore?term=hub&amp;part=2"' in page


def test_names_are_in_the_language_of_the_reader(client: FlaskClient) -> None:
    page = client.get("/explore?term=near&lang=ko", headers=HTML).get_data(as_text=True)
    assert re.search(r"<h1>[^<]*가까운 말", page)


def test_hostile_names_are_text(client: FlaskClient) -> None:
    page = client.get("/explore?term=hostile", headers=HTML).get_data(as_text=True)
    assert html.escape(HOSTILE) in page
    assert "<img" not in page
    assert "</script> " not in page


def test_csv_has_a_row_for_each_relation(client: FlaskClient) -> None:
    reply = client.get("/explore.csv?term=hub")
    assert reply.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))
    assert len(rows) == len(told(client, term="hub")["edges"])
    assert ("hub", "close", "far", "40") in {
        (row["from_label"], row["relation"], row["to_label"], row["papers"]) for row in rows
    }
    accepted = client.get("/explore?term=hub", headers={"Accept": "text/csv"})
    assert accepted.get_data() == reply.get_data()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hub", "/explore?term=hub"),
        ("가까운 말", "/explore?term=near"),
        ("7", "/explore?paper=7"),
        ("Ada", "/explore?author=ada"),
        ("2024-08-05", "/explore?digest=2024-08-05"),
        (f"{BASE}term/far", "/explore?term=far"),
        ("no such thing", "/search?q=no+such+thing"),
    ],
)
def test_what_is_typed_leads_to_the_thing(client: FlaskClient, text: str, address: str) -> None:
    reply = client.get("/explore", query_string={"q": text}, headers=HTML)
    assert (reply.status_code, reply.headers["Location"]) == (302, address)


@pytest.mark.parametrize(
    ("parameters", "status", "told"),
    [
        ({"iri": "x"}, 400, "expected the IRI of"),
        ({"iri": f"{BASE}digest/2024-08-05/1"}, 400, "expected the IRI of"),
        ({"iri": "https://example.org/thing"}, 400, "expected the IRI of"),
        ({"term": ["a", "b"]}, 400, "expected it once"),
        ({"term": "a", "paper": "b"}, 400, "expected one of them"),
        ({"term": "a" * 501}, 400, "at most 500"),
        ({"term": "hub", "part": "0"}, 400, "a number from 1"),
        ({"term": "hub", "part": "9" * 30}, 400, "a number from 1"),
        ({"term": "hub", "few": "x"}, 400, "a number from 0"),
        ({"term": "hub", "open": ["a"] * 81}, 400, "at most 80"),
        ({"term": "hub", "hide": ["a"] * 40}, 400, "expected at most"),
        ({"term": "hub", "known": ["a"] * 501}, 400, "at most 500"),
        ({"term": "nothing"}, 404, "nothing of that name"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    client: FlaskClient, parameters: dict[str, Any], status: int, told: str
) -> None:
    reply = client.get("/explore.json", query_string=parameters)
    assert reply.status_code == status
    assert told in reply.get_json()["detail"]


def test_an_empty_graph_is_told(tmp_path: Path) -> None:
    for client in client_of(tmp_path / "none"):
        page = client.get("/explore", headers=HTML)
        assert page.status_code == 200
        assert "The graph is empty" in page.get_data(as_text=True)
        assert told(client)["nodes"] == []
