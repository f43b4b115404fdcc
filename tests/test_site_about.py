"""About, downloads and the ontology's page: true numbers, true commands, everything defined."""

from __future__ import annotations

import gzip
import hashlib
import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import RDFS

from kg import __version__
from kg.settings import Settings
from kg.store import snapshot_id
from kg.vocab import KG
from kg.web import create_app
from kg.web.site.about.page import quality
from kg.web.site.ahead import JOBS, Ahead
from kg.web.site.ontology import page as ontology
from kg.web.site.ontology.diagram import LEADS, PLACES
from kg.web.state import parts_of
from tests.browser import faults, in_browser, watched_page
from tests.conftest import ROOT
from tests.server_process import (
    BASE,
    TRIPLES,
    LiveServer,
    live_server,
    many_quads,
    wait_until,
    write_store,
)
from tests.site_client import HTML, client_of, page_of, plain, schema_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = sorted(name for name in KG.__annotations__ if not name.startswith("_"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("about") / "kg")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[FlaskClient]:
    yield from client_of(store)


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[LiveServer]:
    with live_server(store, workers=1) as running:
        yield running


# ------------------------------------------------------------------ quality


def numbers(*values: float) -> str:
    """Cells of a row as the README has them; a bold one is the same number."""
    return " | ".join(rf"\**{value:.3f}\**" for value in values)


def test_quality_of_extraction_is_what_the_readme_says() -> None:
    told = quality()["extraction"]
    measured = (
        f"Measured on {told['date']} with `{told['command']}` against {told['papers']} papers"
    )
    assert measured in " ".join(README.split())
    assert f"of {told['digests']} digests annotated" in " ".join(README.split())
    for row in told["rows"]:
        figures = [row["precision"], row["recall"], row["f1"]]
        figures += [row["seeds"][name] for name in ("precision", "recall", "f1")]
        assert re.search(rf"^\| {re.escape(row['things'])} \| {numbers(*figures)} \|", README, re.M)
    names, right = re.findall(r"^\| (?:confidence|right) \|(.*)\|$", README, re.MULTILINE)
    cells = ([cell.strip() for cell in row.split("|")] for row in (names, right))
    shares = dict(zip(*cells, strict=True))
    assert {one["from"]: one["right"] for one in told["confidence"]}.items() <= {
        name: float(share) for name, share in shares.items()
    }.items()


def test_quality_of_links_is_what_the_readme_says() -> None:
    told = quality()["linking"]
    measured = f"Measured on {told['date']} with `{told['command']}` on {told['terms']} terms"
    assert f"{measured} of {told['papers']} papers" in " ".join(README.split())
    for row in told["rows"]:
        figures = numbers(row["precision"], row["recall"], row["f1"])
        name = row["things"]
        assert re.search(rf"^\| \**{re.escape(name)}\** \| {figures} \|$", README, re.MULTILINE)
    all_the_way = " ".join(README.split()).partition("From a digest all the way")[2]
    assert f"precision is {told['all_the_way']['precision']}" in all_the_way
    assert f"Recall, {told['all_the_way']['recall']}" in all_the_way


def test_about_tells_the_quality(client: FlaskClient) -> None:
    page = plain(page_of(client, "/about"))
    for part in quality().values():
        for row in part["rows"]:
            assert f"{row['precision']:.3f} {row['recall']:.3f} {row['f1']:.3f}" in page
        assert part["command"] in page
    assert "97.7% of the mentions with 0.9 and more were right" in page


# ------------------------------------------------------------------ about


def test_about_tells_how_to_cite_this_state(client: FlaskClient) -> None:
    page = plain(page_of(client, "/about"))
    snapshot = client.get("/health").get_json()["snapshot"]
    assert f"Version {__version__}. Snapshot {snapshot[:12]} of {date.today()}." in page
    assert f"@misc{{paperkg-{snapshot[:12]}, title = {{{{paperkg: a knowledge graph" in page
    assert f"note = {{Snapshot {snapshot} of {date.today()}}}" in page
    schema = schema_of(page_of(client, "/about"))
    assert (schema["@type"], schema["version"]) == ("Dataset", snapshot)
    assert len(schema["distribution"]) == 10


def test_about_tells_sources_and_rights(examples_store: Path) -> None:
    app = create_app(Settings(store=examples_store, workers=1))
    try:
        page = plain(page_of(app.test_client(), "/about"))
    finally:
        parts_of(app).pool.close()
    assert "made from 5 digests (Jun 3, 2024 – Aug 5, 2024)." in page
    assert "their authors' work and keep their licence; 'kg export --no-text'" in page


def test_reading_sets_no_cookie(client: FlaskClient) -> None:
    for path in ("/about", "/downloads", "/ontology", "/trends", "/compare"):
        assert "Set-Cookie" not in client.get(path, headers=HTML).headers, path
    assert "lang=ko" in client.get("/about?lang=ko", headers=HTML).headers["Set-Cookie"]


def test_empty_graph(tmp_path: Path) -> None:
    app = create_app(Settings(store=tmp_path / "none", workers=1))
    try:
        client = app.test_client()
        assert "This graph is empty" in page_of(client, "/about")
        assert "have nothing in them yet" in page_of(client, "/downloads")
        assert 'id="Model"' in page_of(client, "/ontology")
    finally:
        parts_of(app).pool.close()


# ------------------------------------------------------------------ downloads


def test_to_look_makes_no_file_and_what_is_made_is_told(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    app = create_app(Settings(store=store, workers=1))
    client = app.test_client()
    try:
        client.get("/health")  # which counts
        page = page_of(client, "/downloads")
        assert plain(page).count("when first asked for") == 10
        assert f"{TRIPLES} triples" in plain(page)
        assert "about 2.9 kB" in page
        assert list((tmp_path / "kg-exports").iterdir()) == []
        body = client.get("/export/kg.nq.gz", buffered=True).data
        sha256 = hashlib.sha256(body).hexdigest()
        page = page_of(client, "/downloads")
        assert plain(page).count("when first asked for") == 9
        assert sha256 in page
        assert 'href="/export/kg.nq.gz.sha256"' in page
        (file,) = [one for one in schema_of(page)["distribution"] if "sha256" in one]
        assert file["name"] == "kg.nq.gz"
        assert (file["sha256"], file["contentSize"]) == (sha256, f"{len(body)} B")
        assert file["contentUrl"] == "http://localhost/export/kg.nq.gz"
        write_store(store, [ox.Quad(*[ox.NamedNode("urn:x")] * 3)])
        assert sha256 not in page_of(client, "/downloads")
    finally:
        parts_of(app).pool.close()


@pytest.mark.parametrize("ending", ["ttl", "nt.gz"])
def test_hash_as_a_file(client: FlaskClient, ending: str) -> None:
    line = client.get(f"/export/kg.{ending}.sha256")
    assert line.content_type == "text/plain; charset=utf-8"
    body = client.get(f"/export/kg.{ending}", buffered=True).data
    assert line.get_data(as_text=True) == f"{hashlib.sha256(body).hexdigest()}  kg.{ending}\n"


@pytest.mark.parametrize(
    "name", ["kg.rar.sha256", "kg.sha256", "kg.ttl.sha256.sha256", "kg.ttl.md5"]
)
def test_there_are_no_other_hashes(client: FlaskClient, name: str) -> None:
    assert client.get(f"/export/{name}").status_code == 404


def test_links_of_the_page_lead_somewhere(client: FlaskClient) -> None:
    page = page_of(client, "/downloads").partition("<main")[2].partition("</main>")[0]
    links = set(re.findall(r'href="(/[^"#]*)', page)) - {"/"}
    assert {"/ontology/shapes.ttl", "/openapi.json", "/.well-known/void?format=ttl"} <= links
    for link in sorted(links):
        if not link.startswith("/export/"):
            reply = client.get(html.unescape(link), headers={"Accept": "text/turtle, */*;q=0.1"})
            assert reply.status_code == 200, link


def test_commands_of_the_page_are_true(server: LiveServer, tmp_path: Path) -> None:
    page = server.get("/downloads", headers=HTML).text
    blocks = [html.unescape(one) for one in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.S)]
    assert len(blocks) == 4
    check, _, python, put = blocks
    if shutil.which("curl") and shutil.which("sha256sum"):
        done = subprocess.run(check, shell=True, cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout == "kg.nq.gz: OK\n", done.stderr
    else:
        (tmp_path / "kg.nq.gz").write_bytes(server.get("/export/kg.nq.gz").content)
    assert f"{server.url}/export/kg.nq.gz" in check
    code = re.fullmatch(r'python -c "(.*)"', python)
    assert code
    subprocess.run([sys.executable, "-c", code[1]], cwd=tmp_path, check=True)
    assert len(ox.Store.read_only(str(tmp_path / "kg"))) == TRIPLES
    assert "--data" not in put
    assert "-T kg.ttl" in put
    quads = ox.parse(gzip.decompress((tmp_path / "kg.nq.gz").read_bytes()), ox.RdfFormat.N_QUADS)
    assert sum(1 for _ in quads) == TRIPLES


# ------------------------------------------------------------------ ontology


def test_every_name_has_its_place(client: FlaskClient) -> None:
    page = page_of(client, "/ontology")
    for name in NAMES:
        assert page.count(f'<section class="defined" id="{name}">') == 1, name
    graph = rdflib.Graph().parse(ROOT / "ontology" / "kg.ttl")
    text = html.unescape(page)
    for name in NAMES:
        for predicate in (RDFS.label, RDFS.comment):
            for literal in graph.objects(KG[name], predicate):
                assert str(literal) in text, literal


def test_the_readers_language_comes_first(client: FlaskClient) -> None:
    english, korean = (page_of(client, f"/ontology?lang={name}") for name in ("en", "ko"))
    for page, first, second in (
        (english, "Benchmark", "벤치마크"),
        (korean, "벤치마크", "Benchmark"),
    ):
        entry = page.partition('id="Benchmark"')[2].partition("</section>")[0]
        assert entry.index(f">{first}<") < entry.index(f">{second}<")
    assert "<h1>논문 다이제스트 온톨로지</h1>" in korean


def test_an_entry_tells_how_it_hangs_together(client: FlaskClient) -> None:
    page = page_of(client, "/ontology")
    entry = plain(page.partition('id="Benchmark"')[2].partition("</section>")[0])
    assert "Is a kind of kg:DataTerm" in entry
    method = plain(page.partition('id="MethodTerm"')[2].partition("</section>")[0])
    assert "Kinds of it kg:Model kg:Method" in method
    assert "Reached by kg:usesMethod" in method
    mentions = plain(page.partition('id="mentions"')[2].partition("</section>")[0])
    assert "Said of kg:Paper Value kg:Term" in mentions
    assert "Aligned with itsrdf:taIdentRef" in plain(page.partition('id="mentionOf"')[2])


def test_uses_are_those_of_the_graph(client: FlaskClient) -> None:
    page = page_of(client, "/ontology")
    for name, count, example in (("Paper", 2, "/paper/"), ("Model", 1, "/term/kite")):
        entry = page.partition(f'id="{name}"')[2].partition("</section>")[0]
        assert f"In the graph {count} · for example" in plain(entry)
        assert f'href="{example}' in entry


def test_diagram_is_what_the_ontology_says() -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology" / "kg.ttl")
    assert set(PLACES) <= set(NAMES)
    for source, target, names in LEADS:
        assert {source, target} <= set(PLACES)
        for name in names:
            if ":" not in name:
                for predicate, class_ in ((RDFS.domain, source), (RDFS.range, target)):
                    said = graph.value(KG[name], predicate)
                    assert KG[class_] in set(graph.transitive_objects(said, RDFS.subClassOf)), name


@pytest.mark.parametrize("name", ["shapes.ttl", "context.jsonld"])
def test_files_beside_the_ontology(client: FlaskClient, name: str) -> None:
    reply = client.get(f"/ontology/{name}", buffered=True)
    assert reply.data == (ROOT / "ontology" / name).read_bytes()
    assert reply.content_type in ("text/turtle; charset=utf-8", "application/ld+json")
    assert client.get(f"/ontology/other-{name}").status_code == 404
    assert client.get("/ontology/..%2fkg.ttl").status_code == 404


def test_terms_are_described_for_machines(client: FlaskClient) -> None:
    schema = schema_of(page_of(client, "/ontology"))
    assert schema["@type"] == "DefinedTermSet"
    assert sorted(one["termCode"] for one in schema["hasDefinedTerm"]) == NAMES


# ------------------------------------------------------------------ in a browser


@in_browser
def test_pages_fit_and_are_accessible(browser: Browser, server: LiveServer) -> None:
    server.get("/export/kg.ttl")
    with watched_page(browser, server.url) as watched:
        page = watched.page
        for path in ("/about", "/downloads", "/ontology#Model", "/ontology?lang=ko"):
            page.goto(path)
            assert faults(page) == [], path


# ------------------------------------------------------------------ what takes long


def test_ontology_is_there_before_its_uses_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ontology, "_PATIENCE_S", 0.0)
    app = create_app(Settings(store=write_store(tmp_path / "kg"), workers=1))
    client = app.test_client()
    try:
        page = page_of(client, "/ontology")
        assert "is being counted" in page
        assert "In the graph" not in page
        assert wait_until(lambda: "In the graph" in page_of(client, "/ontology"))
    finally:
        parts_of(app).pool.close()


def test_answers_are_there_ahead_of_each_snapshot(tmp_path: Path) -> None:
    store = write_store(tmp_path / "kg")
    app = create_app(Settings(store=store, workers=2))
    parts = parts_of(app)
    ahead = Ahead(app)

    def kept() -> bool:
        newest = snapshot_id(store) or ""
        return all(parts.kept.get(make(BASE), newest) is not None for make in JOBS)

    try:
        assert not kept()
        ahead.start()
        assert wait_until(kept, 60)
        write_store(store, many_quads(3))
        assert not kept()
        assert wait_until(kept, 60)
    finally:
        ahead.stop()
        parts.pool.close()
