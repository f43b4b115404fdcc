"""What reviewers decide: kept at once, put in force as the command line does, never lost."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import pipeline
from kg.store import open_snapshot, open_writer
from kg.vocab import DEFAULT_BASE, KG, OA
from tests.command_line import ROOT, dump, kg
from tests.reviewers import HEADER, Reviews, corrections, mentions_of


@pytest.fixture
def reviews(examples_store: Path, tmp_path: Path) -> Iterator[Reviews]:
    made = Reviews(Path(shutil.copytree(examples_store, tmp_path / "kg")), lock_wait_s=0.2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def readonly(examples_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviews]:
    folder = tmp_path_factory.mktemp("readonly")
    made = Reviews(Path(shutil.copytree(examples_store, folder / "kg")))
    yield made
    made.close()


def decided_links(store: Path) -> list[tuple[str, ...]]:
    """The decisions on links as ``kg link export`` writes them."""
    lines = kg("link", "--store", store, "export", "-").out.splitlines()
    rows = csv.DictReader([line for line in lines if line[0] != "#"], delimiter="\t")
    names = ("subject_id", "predicate_id", "predicate_modifier", "object_id", "author_label")
    return [tuple(row[name] for name in names) for row in rows if row["author_label"]]


def term_of(store: Path, mention: str) -> str | None:
    """The term that a mention names."""
    with open_snapshot(store) as snapshot:
        node, of = ox.NamedNode(mention), ox.NamedNode(str(KG.mentionOf))
        return next(
            (quad.object.value for quad in snapshot.graph.quads_for_pattern(node, of, None, None)),
            None,
        )


# ------------------------------------------------------------------ what is shown


def test_mentions_come_least_certain_first(readonly: Reviews) -> None:
    reviewer = readonly.reviewer()
    seen, path = [], "/review"
    while reviewer.look(path):
        found = re.search(r"</meter> ([0-9.]+)<", reviewer.page)
        assert found is not None
        seen.append((float(found[1]), reviewer.name))
        path = re.search(r'href="([^"]*)" data-key="s"', reviewer.page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert len(seen) > 3
    assert [score for score, _ in seen] == sorted(score for score, _ in seen)
    assert seen[-1][0] <= 0.5
    with open_snapshot(readonly.settings.store) as snapshot:
        lowest = snapshot.graph.query(
            f"SELECT ?exact {{ ?m <{KG.mentionOf}> ?t ; <{KG.confidence}> ?c ; "
            f"<{OA.exact}> ?exact }} ORDER BY ?c LIMIT 1",
            use_default_graph_as_union=True,
        )
        assert next(iter(lowest))["exact"].value == seen[0][1]  # type: ignore[arg-type,index]
    assert "what you skipped is still there" in reviewer.text


def test_sentence_and_term_are_shown(readonly: Reviews) -> None:
    reviewer = readonly.reviewer()
    name = reviewer.look()
    assert f">{name}</mark>" in reviewer.page
    for said in ("names the term", "What will follow", "this paper (", "everywhere ("):
        assert said in reviewer.text
    korean = reviewer.client.get("/review", headers={"Accept-Language": "ko"}).text
    assert '<html lang="ko">' in korean
    assert re.search(r">20\d\d\. \d+\. \d+\.</time>", korean)


def test_links_come_as_the_command_line_has_them(readonly: Reviews) -> None:
    done = kg("link", "--store", readonly.settings.store, "review", "--format", "csv")
    expected = [row["iri"] for row in csv.DictReader(io.StringIO(done.out))][:8]
    reviewer = readonly.reviewer()
    path, seen = "/review?list=links", []
    for _ in expected:
        reviewer.look(path)
        seen.append(DEFAULT_BASE + reviewer.fields()["item"])
        path = re.search(r'href="([^"]*)" data-key="s"', reviewer.page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert seen == expected
    items = [{"item": iri.removeprefix(DEFAULT_BASE)} for iri in expected]
    told = [
        reviewer.client.get("/review/candidates", query_string=item).get_json() for item in items
    ]
    assert any(one["description"] for one in told)  # some items have none


def test_disputed_types_and_filters(readonly: Reviews) -> None:
    reviewer = readonly.reviewer()
    name = reviewer.look("/review?list=types")
    assert name
    assert "mentions of the term by type" in reviewer.text
    types = re.findall(r'<h2 id="item">.*?badge type-([a-z]+)', reviewer.page, re.DOTALL)
    other = "Task" if types[0] != "task" else "Model"
    assert reviewer.look(f"/review?list=types&type={types[0].capitalize()}") == name
    assert reviewer.look(f"/review?list=types&type={other}") != name
    assert reviewer.look("/review?list=links&term=nlp") == "NLP"
    assert reviewer.look("/review?list=links&term=Nlp&type=Model") == ""
    assert reviewer.look("/review?term=no-such-term") == ""
    assert "no-such-term" in reviewer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("list=papers", 400),
        ("type=Paper", 400),
        ("list=mentions&type=author", 400),
        ("after=here", 400),
        ("list=links&after=0.1000|term/x", 400),
        ("term=" + "x" * 301, 400),
        ("item=" + "x" * 2_001, 400),
        ("item=a%20b", 400),
        ("item=term/none", 404),
        ("list=links&item=term/none", 404),
        ("list=links&item=nothing", 404),
    ],
)
def test_limits(readonly: Reviews, query: str, status: int) -> None:
    assert readonly.reviewer().client.get(f"/review?{query}").status_code == status


@pytest.mark.parametrize("act", ["", "x", "type:Paper", "type:", "none", "pick:Q1:exact", "ACCEPT"])
def test_no_such_button(readonly: Reviews, act: str) -> None:
    reviewer = readonly.reviewer()
    reviewer.look()
    assert reviewer.decide(act).status_code == 400
    assert readonly.desk.log.state().entries == {}


def test_hostile_texts_are_text(reviews: Reviews) -> None:
    evil = "<img src=x onerror=alert(1)>'\"&"
    section = ox.NamedNode(f"{DEFAULT_BASE}digest/2031-01-01/x/evil")
    mention, term = (
        ox.NamedNode(f"{section.value}#char=0,30"),
        ox.NamedNode(f"{DEFAULT_BASE}term/evil"),
    )
    number = ox.Literal("0.0001", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))
    facts = (
        (mention, OA.exact, ox.Literal(evil, language="en")),
        (mention, KG.confidence, number),
        (mention, KG.mentionType, ox.NamedNode(str(KG.Model))),
        (mention, KG.mentionOf, term),
        (term, KG.termType, ox.NamedNode(str(KG.Model))),
        (section, KG.text, ox.Literal(f"{evil}. </mark><script>alert(2)</script>", language="en")),
    )
    with open_writer(reviews.settings.store, wait_s=5) as writer:
        for subject, predicate, object_ in facts:
            graph = ox.NamedNode("urn:evil")
            writer.graph.add(ox.Quad(subject, ox.NamedNode(str(predicate)), object_, graph))
    reviewer = reviews.reviewer()
    assert reviewer.look() == evil
    assert "<img src=x" not in reviewer.page
    assert reviewer.decide("reject", comment="<b>bold</b>", scope="all").status_code == 303
    assert "<b>bold" not in reviewer.page
    assert corrections_waiting(reviews)[0]["label"] == evil
    assert reviewer.decide("reject", comment="a\u202eb").status_code == 400
    assert reviewer.decide("reject", comment="x" * 301).status_code == 400


# ------------------------------------------------------------------ what is decided


def corrections_waiting(reviews: Reviews) -> list[dict[str, str]]:
    text = reviews.reviewer().client.get("/review/waiting.csv").text
    return list(csv.DictReader(io.StringIO(text)))


def test_decisions_are_those_of_the_command_line(reviews: Reviews, tmp_path: Path) -> None:
    reviewer, store = reviews.reviewer(), reviews.settings.store
    first = reviewer.look()
    paper = mentions_of(store, first)[0][0].split("/")[-2]
    reviewer.decide("reject", comment="not here")
    second = reviewer.name
    assert second not in ("", first)
    reviewer.decide("type:Metric", scope="all")
    assert f"{first} no term in {paper}" in reviewer.text
    assert "2 decisions wait" in reviewer.text
    assert corrections(store) == [], "nothing is in force yet"
    file = tmp_path / "waiting.csv"
    file.write_text(reviewer.client.get("/review/waiting.csv").text, encoding="utf-8")
    copy = Path(shutil.copytree(store, tmp_path / "copy"))
    assert kg("corrections", file, "--store", copy).code == 0
    reviews.apply()
    assert dump(store) == dump(copy)
    assert [(one["decision"], one["label"], one["by"]) for one in corrections(store)] in (
        [("not-a-term", first, "Mina Seo"), ("type", second, "Mina Seo")],
        [("type", second, "Mina Seo"), ("not-a-term", first, "Mina Seo")],
    )
    assert not any(names for iri, names in mentions_of(store, first) if paper in iri)
    reviewer.look()
    assert "All decisions are in force" in reviewer.text
    assert first not in (reviewer.name, reviewer.look())
    kg("build", ROOT / "examples" / "digests", "--jobs", 1, "--store", store)
    assert dump(store) == dump(copy), "a build changes nothing of it"


def test_another_term_in_one_paper(reviews: Reviews) -> None:
    reviewer, store = reviews.reviewer(), reviews.settings.store
    name = reviewer.look()
    mention = DEFAULT_BASE + reviewer.fields()["item"]
    before = term_of(store, mention)
    reviewer.decide("other", scope="all")
    assert "another thing in" in reviewer.text
    reviews.apply()
    made = [(one["decision"], one["label"], bool(one["paper"])) for one in corrections(store)]
    assert made == [("different", name, True)]
    assert term_of(store, mention) not in (None, before)
    assert reviewer.look() != name


def test_decisions_on_links(reviews: Reviews, tmp_path: Path) -> None:
    reviewer, store = reviews.reviewer("Jo Park"), reviews.settings.store
    for act in ("accept", "reject", "none", "relation:exact", "pick:Q42:close"):
        reviewer.look("/review?list=links")
        kept = reviewer.decide(act)
        if kept.status_code == 400:  # of this one the other relation is offered
            reviewer.decide("relation:close")
    reviewer.look("/review?list=links")
    assert reviewer.decide("pick:other:exact", pick="no item").status_code == 400
    assert reviewer.decide("pick:other:exact", pick=" q7 ").status_code == 303
    file = tmp_path / "waiting.sssom.tsv"
    file.write_text(reviewer.client.get("/review/waiting.sssom.tsv").text, encoding="utf-8")
    copy = Path(shutil.copytree(store, tmp_path / "copy"))
    assert kg("link", "--store", copy, "import", file).code == 0
    reviews.apply()
    assert dump(store) == dump(copy)
    made = decided_links(store)
    assert len(made) == 6
    assert {by for *_, by in made} == {"Jo Park"}
    assert sum(modifier == "Not" for _, _, modifier, _, _ in made) == 1
    assert {"sssom:NoTermFound", "wd:Q42", "wd:Q7"} < {item for _, _, _, item, _ in made}


def test_undo(reviews: Reviews) -> None:
    reviewer, store = reviews.reviewer(), reviews.settings.store
    before = dump(store)
    first = reviewer.look()
    reviewer.decide("reject")
    assert reviewer.undo().status_code == 303
    assert reviewer.name == first, "it is shown again"
    assert "undone" in reviewer.text
    reviews.apply()
    assert dump(store) == before
    reviewer.decide("type:Task")
    reviewer.look("/review?list=links")
    reviewer.decide("reject")
    reviews.apply()
    assert dump(store) != before
    reviewer.look()
    reviewer.undo(0)
    reviewer.undo(0)
    assert corrections_waiting(reviews) == []
    reviews.apply()
    assert dump(store) == before
    stranger = reviews.reviewer("Jo Park")
    stranger.look()
    id_ = next(iter(reviews.desk.log.state().entries))
    data = {**stranger.fields(), "id": id_}
    assert stranger.send("/review/undo", data).status_code == 404


def test_undo_brings_back_what_was_replaced(reviews: Reviews, tmp_path: Path) -> None:
    reviewer, store = reviews.reviewer(), reviews.settings.store
    name = reviewer.look()
    item, list_ = reviewer.fields()["item"], "/review?list=mentions&item="
    file = tmp_path / "d.csv"
    file.write_text(f"{HEADER}type,{name},Task,,Jo Park,2026-01-01,\n", encoding="utf-8")
    assert kg("corrections", file, "--store", store).code == 0
    assert reviewer.look() != name, "it is decided"
    reviewer.look(list_ + item.replace("#", "%23"))
    assert "Jo Park" in reviewer.text
    reviewer.decide("reject", scope="all")
    reviews.apply()
    assert [one["decision"] for one in corrections(store)] == ["not-a-term"]
    reviewer.undo()
    reviews.apply()
    assert [(one["decision"], one["by"]) for one in corrections(store)] == [("type", "Jo Park")]


def test_two_reviewers(reviews: Reviews) -> None:
    mina, jo = reviews.reviewer("Mina Seo"), reviews.reviewer("Jo Park")
    name = mina.look()
    assert jo.look() == name
    mina.decide("reject", comment="seen twice")
    reply = jo.decide("accept")
    assert "tried=accept" in reply.headers["Location"]
    assert "Mina Seo" in jo.text
    assert "seen twice" in jo.text
    assert 'role="alert"' in jo.page
    assert len(reviews.desk.log.state().entries) == 1
    assert jo.decide("accept").status_code == 303
    entries = [*reviews.desk.log.state().entries.values()]
    assert [one.decided.by for one in entries] == ["Mina Seo", "Jo Park"]
    reviews.apply()
    assert [one["by"] for one in corrections(reviews.settings.store)] == ["Jo Park"]
    assert [one.state for one in entries] == ["replaced", "done"]
    mina.look()
    assert "replaced by a newer one" in mina.text
    jo.look()
    jo.undo()
    reviews.apply()
    assert [one["by"] for one in corrections(reviews.settings.store)] == ["Mina Seo"]
    # Who decides the same as another does not disagree.
    jo.look("/review?list=links")
    mina.look("/review?list=links")
    jo.decide("accept")
    assert "tried" not in mina.decide("accept").headers["Location"]
    assert len(reviews.desk.log.state().waiting) == 1


def test_nothing_to_review(tmp_path: Path) -> None:
    empty = Reviews(tmp_path / "none")
    try:
        reviewer = empty.reviewer()
        for list_ in ("mentions", "types", "links"):
            assert reviewer.look(f"/review?list={list_}") == ""
            assert "Nothing here is left to decide" in reviewer.text
        assert not (tmp_path / "none").exists()
        pipeline.build([str(ROOT / "examples" / "digests")], empty.settings)
        assert reviewer.look()
        assert reviewer.look("/review?list=links") == ""
    finally:
        empty.close()
