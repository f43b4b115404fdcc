"""The page of a paper: text with its mentions, results, similar papers, and what is odd."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from tests.command_line import kg
from tests.server_process import BASE, write_store
from tests.site_client import HTML, client_of, page_of, plain, table_of
from tests.small_digests import CLIP, COT, HEADING, LORA, LORA_AGAIN

LORA_PAGE = "/paper/2106.09685"

_HEADED = "\n### [{title}]({link})\n\nVote: 7\n\nAuthors: {authors}\n\n{text}\n"


def _entry(link: str, title: str, text: str, authors: str = "Ada Kim, 이도윤") -> str:
    return _HEADED.format(link=link, title=title, text=text, authors=authors)


OLD = _entry(
    "https://arxiv.org/abs/cs/0601001",
    "Learning Kernels",
    "- **What's New**: 커널을 학습합니다.",
    authors="Ada Kim, 이도윤, +",
)
DOI = _entry("https://doi.org/10.1000/a<b>", "Trees of Text", "- **What's New**: BERT를 씁니다.")
SILENT = _entry("https://arxiv.org/abs/2406.00009", "A Paper without Any Text", "")
KITE = _entry(
    "https://arxiv.org/abs/2406.00010",
    "Kite-7B: Small Models That Fly",
    "- **What's New**: 우리는 언어 모델 Kite-7B를 제안합니다.\n"
    "- **Performance Highlights**: Kite-7B는 MMLU에서 71.5%의 정확도를 달성하여"
    " GPT-3보다 3.2% 향상되었습니다.",
)
LONG = _entry(
    "https://arxiv.org/abs/2406.00011",
    "대규모 언어 모델의 추론 능력을 향상시키기 위한 강화 학습과 검색 증강 생성의 결합에 관한 "
    "연구와 다양한 벤치마크에서의 실험적 검증 그리고 한계에 대한 논의: "
    + "가나다라마바사아자차카타파하"
    * 8,
    "- **What's New**: 강화 학습을 씁니다.",
)
DIGESTS = {
    "2024-06-03": LORA + COT + OLD + KITE,
    "2024-06-04": CLIP + LORA_AGAIN + DOI + SILENT + LONG,
    "2024-07-01": LORA_AGAIN.replace("45.6%", "47.1%"),
}


def write_digests(folder: Path) -> Path:
    """Write the digests of these tests."""
    folder.mkdir(exist_ok=True)
    for date, text in DIGESTS.items():
        path = folder / f"{date}.md"
        path.write_text(HEADING.format(date=date) + text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("papers")
    built = kg("build", str(write_digests(folder / "digests")), "--store", str(folder / "kg"))
    assert built.code == 0, built.err
    yield from client_of(folder / "kg")


# ------------------------------------------------------------------ what a reader sees


def test_heading_says_who_when_and_where(client: FlaskClient) -> None:
    page = page_of(client, LORA_PAGE)
    head = page.partition("<h1>")[2].partition('<div class="sheet">')[0]
    assert plain(head.partition("</h1>")[0]).startswith("LoRA")
    assert f'href="/term/{"lora"}"' in head
    assert "Also titled: LoRA: Low-Rank Adaptation of Large Language Models" in head
    for author in ("edward-j.-hu", "weizhu-chen", "yelong-shen"):
        assert f'href="/author/{author.replace(".-", "-")}"' in head
    assert 'href="https://arxiv.org/abs/2106.09685"' in head
    assert f'href="/explore?iri={"https%3A%2F%2Fw3id.org%2Fpaperkg%2Fpaper%2F2106.09685"}"' in head
    assert 'href="/compare?paper=2106.09685"' in head
    crumbs = page.partition('<nav class="crumbs"')[2].partition("</nav>")[0]
    assert 'href="/digests"' in crumbs
    assert 'href="/digest/2024-07-01"' in crumbs


def test_mentions_are_marked_with_type_role_and_confidence(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00010")
    found = re.search(
        r'<span class="mention type-model introduced" id="(2024-06-03/2406.00010/whats-new/'
        r'char=\d+,\d+)"><a href="(/term/[^"]+)" aria-describedby="([^"]+)">Kite-7B</a>'
        r'<span class="tip" role="tooltip" id="([^"]+)">(.*?)</span></span></span>',
        page,
    )
    assert found
    assert found[3] == found[4] == f"{found[1]}!"
    assert client.get(found[2]).status_code == 200
    told = plain(found[5])
    assert told.startswith("Kite-7B")
    assert "Model" in told
    assert "introduced here" in told
    assert re.search(r"confidence 0\.\d+|confidence 1", told)
    assert '<div class="marked" lang="ko">' in page
    assert re.search(r'<fieldset class="marks">.*value="Benchmark" checked>', page, re.DOTALL)


def test_result_has_its_sentence_and_reads_well(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00010")
    table = page.partition('<table class="results"')[2].partition("</table>")[0]
    assert "<b>71.5%</b>" in table
    assert "<mark>71.5</mark>" in table
    assert ">MMLU</a>" in table
    assert re.search(r"3\.2% over GPT-3", plain(table))
    row = re.search(
        r'<tr id="(2024-06-03/2406.00010/performance-highlights/result=\d+,\d+)"', table
    )
    assert row
    assert f'href="#{row[1].replace("=", "%3D").replace(",", "%2C")}">71.5</a>' in page


def test_newest_entry_is_first_and_older_ones_are_folded(client: FlaskClient) -> None:
    page = page_of(client, LORA_PAGE)
    text = page.partition(">Summary</h2>")[2].partition('id="results"')[0]
    days = re.findall(r'<p class="about"><a href="/digest/(2024-\d\d-\d\d)/', text)
    assert days == ["2024-07-01", "2024-06-04", "2024-06-03"]
    assert text.index("2024-07-01/") < text.index('<details class="older">')
    assert text.count('<details class="older">') == 2
    votes = page.partition('<table class="votes">')[2].partition("</table>")[0]
    assert votes.count("<rect") == 3
    values = re.findall(r"<b>(4[57]\.\d%)</b>", page)
    assert values == ["47.1%", "45.6%"]


def test_terms_stand_by_what_the_paper_does_with_them(client: FlaskClient) -> None:
    kinds = page_of(client, "/paper/2406.00010").partition('<dl class="kinds">')[2]
    parts = kinds.partition("</dl>")[0].split("<dt>")[1:]
    by_name = {part.partition("</dt>")[0]: plain(part.partition("</dt>")[2]) for part in parts}
    assert "Kite-7B" in by_name["Introduces"]
    assert "×" in by_name["Introduces"]
    assert "MMLU" in by_name["Evaluates on"]
    assert "GPT-3" in by_name["Uses"]
    assert "Kite-7B" not in by_name["Uses"]


def test_similar_papers_say_what_is_shared(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00010")
    similar = page.partition('<ol class="plain similar">')[2].partition("</ol>")[0]
    first = similar.partition("</li>")[0]
    assert f'href="{LORA_PAGE}"' in first
    assert ">MMLU</a>" in first
    assert 'href="/paper/2406.00010"' not in similar


def test_how_it_was_found_is_told(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00010")
    told = page.partition("How was this found?")[2]
    mentions = len(table_of(client, "/paper/2406.00010.csv"))
    assert re.search(rf"kg_terms \d+ found {mentions} mentions", plain(told))
    assert "kg explain 2406.00010" in told
    assert 'href="/queries/about-paper?arxiv=2406.00010"' in told
    assert told.count("<td lang=") == mentions
    assert len(re.findall(r"<td>kg_terms \d+</td>", told)) == mentions
    assert client.get("/queries/about-paper?arxiv=2406.00010").status_code == 200


def test_names_follow_the_language(client: FlaskClient) -> None:
    english = page_of(client, LORA_PAGE)
    korean = page_of(client, LORA_PAGE, **{"Accept-Language": "ko"})
    chips = [
        one.partition('<dl class="kinds">')[2].partition("</dl>")[0] for one in (english, korean)
    ]
    assert ">Transformer</a>" in chips[0]
    assert ">트랜스포머</a>" in chips[1]
    assert '<h1><span lang="en">' in korean


# ------------------------------------------------------------------ for machines


def test_mentions_as_csv_have_exact_offsets(client: FlaskClient) -> None:
    rows = table_of(client, f"{LORA_PAGE}.csv")
    assert len(rows) > 10
    for row in rows:
        text = client.get(row["section"].removeprefix(BASE[:-1]) + ".txt").get_data(as_text=True)
        assert text[int(row["start"]) : int(row["end"])] == row["exact"]
    assert {row["role"] for row in rows} <= {"introduced", "evaluatedOn", "other"}
    accepted = client.get(LORA_PAGE, headers={"Accept": "text/csv"})
    assert accepted.get_data() == client.get(f"{LORA_PAGE}.csv").get_data()


def test_results_as_csv(client: FlaskClient) -> None:
    rows = table_of(client, "/paper/2406.00010.csv?table=results")
    score, change = rows
    assert (score["subject"], score["benchmark"]) == ("Kite-7B", "MMLU")
    assert (score["value"], score["unit"], score["kind"]) == ("71.5", "%", "absolute")
    assert (change["value"], change["kind"], change["baseline"]) == ("3.2", "relative", "GPT-3")
    assert "71.5%" in score["evidence"]
    wrong = client.get("/paper/2406.00010.csv?table=papers")
    assert wrong.status_code == 400
    assert "expected mentions or results" in wrong.get_json()["detail"]


def test_head_describes_the_paper(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00010")
    block = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    told = json.loads(block)
    assert told["@type"] == "ScholarlyArticle"
    assert told["name"] == "Kite-7B: Small Models That Fly"
    assert {one["name"] for one in told["author"]} == {"Ada Kim", "이도윤"}
    assert told["sameAs"] == ["https://arxiv.org/abs/2406.00010"]
    assert told["datePublished"] == "2024-06"
    assert told["isPartOf"][0]["@id"] == f"{BASE}digest/2024-06-03"
    assert 'name="description" content="우리는 언어 모델 Kite-7B를 제안합니다."' in page
    assert 'type="text/csv" href="/paper/2406.00010.csv"' in page


# ------------------------------------------------------------------ what is odd


def test_old_id_and_cut_authors(client: FlaskClient) -> None:
    page = page_of(client, "/paper/cs/0601001")
    assert "and others" in page
    assert "No numbers were found in the text." in page
    assert "kg explain cs/0601001" in page
    assert "and others" not in page_of(client, "/paper/2406.00010")


def test_paper_by_doi(client: FlaskClient) -> None:
    page = page_of(client, "/paper/doi/10.1000/a%253Cb%253E")
    assert "DOI 10.1000/a&lt;b&gt;</a>" in page
    assert "kg explain &#39;10.1000/a&lt;b&gt;&#39;" in page
    assert "about-paper" not in page
    assert len(table_of(client, "/paper/doi/10.1000/a%253Cb%253E.csv")) > 0


def test_paper_without_text_and_with_a_long_title(client: FlaskClient) -> None:
    page = page_of(client, "/paper/2406.00009")
    assert "This digest has no text about the paper." in page
    assert "All mentions" not in page
    assert "<h2>Similar papers</h2>" not in page
    assert 'content="A paper in the digests: A Paper without Any Text"' in page
    long = page_of(client, "/paper/2406.00011")
    assert '<h1><span lang="ko">' in long
    assert "가나다라" in long.partition("<h1>")[2].partition("</h1>")[0]


# ------------------------------------------------------------------ what strangers write

SCRIPT = "<script>alert('x')</script>"
SECTION = f"{BASE}digest/2024-08-09/2408.00009/whats-new"
HOSTILE = f"""
@prefix kg: <https://w3id.org/paperkg/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@base <{BASE}> .
<paper/2408.00009> a kg:Paper ; rdfs:label "{SCRIPT}"@en ; dcterms:alternative "{SCRIPT}" ;
  dcterms:creator <author/eve> ; foaf:page <javascript:alert(1)> ; kg:mentions <term/evil> ;
  <https://schema.org/sameAs> <http://www.wikidata.org/entity/Q999999999> ;
  kg:introduces <term/evil> ; kg:hasResult <{SECTION}#result=0,1> .
<author/eve> rdfs:label "{SCRIPT}" .
<term/evil> rdfs:label "{SCRIPT}"@en ; skos:prefLabel "{SCRIPT}"@en ; kg:paperCount "many" .
<digest/2024-08-09/2408.00009> kg:paper <paper/2408.00009> ; kg:votes "lots" ;
  kg:section <{SECTION}> .
<{SECTION}> rdfs:label "{SCRIPT}" ; kg:text "a{SCRIPT}b"@en .
<{SECTION}#char=0,9> kg:inSection <{SECTION}> ; kg:mentionOf <term/evil> ; kg:confidence "x" .
<{SECTION}#char=2,4> kg:inSection <{SECTION}> ; kg:mentionOf <term/evil> .
<{SECTION}#char=5,9999> kg:inSection <{SECTION}> ; kg:mentionOf <term/evil> .
<{SECTION}#char=7,20> kg:inSection <{SECTION}> ; kg:mentionOf <term/evil> .
<{SECTION}#result=0,1> kg:valueText "{SCRIPT}" ; kg:unit "{SCRIPT}" ; kg:confidence "y" ;
  kg:evidence <{SECTION}#char=0,27> .
<{SECTION}#char=0,27> kg:inSection <{SECTION}> ; oa:exact "a{SCRIPT}"@en .
<paper/no-paper> rdfs:label "not a paper" .
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    graph = ox.NamedNode("https://example.org/strangers")
    parsed = ox.parse(HOSTILE, ox.RdfFormat.TURTLE)
    quads = [ox.Quad(one.subject, one.predicate, one.object, graph) for one in parsed]
    yield from client_of(write_store(tmp_path_factory.mktemp("hostile") / "kg", quads))


def test_script_is_text_everywhere(hostile: FlaskClient) -> None:
    page = page_of(hostile, "/paper/2408.00009")
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") > 8
    assert "javascript:" not in page
    assert " style=" not in page


def test_spans_in_each_other_and_out_of_place(hostile: FlaskClient) -> None:
    page = page_of(hostile, "/paper/2408.00009")
    block = page.partition('<div class="marked" lang="en">')[2].partition("</div>")[0]
    without_tips = re.sub(r'<span class="tip".*?</span></span>', "", block)
    assert unescape(re.sub(r"<[^>]*>", "", without_tips)) == f"a{SCRIPT}b"
    assert "9999" not in block
    for anchor in ("char=0,9", "char=2,4", "char=7,20"):
        assert block.count(f'id="2024-08-09/2408.00009/whats-new/{anchor}"') == 1
    assert not re.search(r"<a [^>]*>[^<]*<a ", block)
    assert "confidence" not in plain(block)


def test_item_of_wikidata_is_linked(hostile: FlaskClient) -> None:
    page = page_of(hostile, "/paper/2408.00009")
    assert 'href="https://www.wikidata.org/wiki/Q999999999">Wikidata</a>' in page


def test_what_is_no_paper_is_shown_as_facts(hostile: FlaskClient) -> None:
    assert "not a paper" in page_of(hostile, "/paper/no-paper")
    assert 'class="sheet"' not in page_of(hostile, "/paper/no-paper")
    assert hostile.get("/paper/none", headers=HTML).status_code == 404
