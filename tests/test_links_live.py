"""Linking that asks Wikidata as well: what it finds, what it keeps, and what stops it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.link.wikidata.live import Live
from kg.linked import Kind, Link
from kg.pipeline.linking import Linked, link_store
from kg.store import open_snapshot
from tests import small_links as small
from tests import wikidata_server
from tests.small_links import decide, decision, everything, rows
from tests.wikidata_server import FakeWikidata, Reply, Seen, item, person, serve, text

TOMA, PAPER_2, ADA, CLASS = (f"Q{n}" for n in (900000201, 900000202, 900000210, 900000220))


class Searchable(FakeWikidata):
    """Finds items by their labels, and knows the items and authors of the papers."""

    __slots__ = ()

    def answer(self, seen: Seen) -> Reply:
        if not self.always and seen.params.get("action") == "wbsearchentities":
            self.seen.append(seen)
            name = seen.params["search"]
            found = [
                {"id": id_}
                for id_, one in self.items.items()
                if one["labels"]["en"]["value"] == name
            ]
            return Reply(json.dumps({"search": found, "success": 1}).encode())
        return super().answer(seen)


def of_class(entity: dict[str, Any], class_: str) -> dict[str, Any]:
    snak = {"snaktype": "value", "datavalue": {"value": {"id": class_}, "type": "wikibase-item"}}
    entity["claims"]["P31"] = [{"mainsnak": snak, "rank": "normal"}]
    return entity


@pytest.fixture
def wikidata(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWikidata]:
    monkeypatch.setattr(wikidata_server, "FakeWikidata", Searchable)

    def scholarly(asked: list[str]) -> list[dict[str, dict[str, str]]]:
        if asked[0].startswith("Q"):
            return [{"item": item(id_), "author": item(ADA), "ordinal": text("1")} for id_ in asked]
        papers = {f"3101.{n:05}": f"Q{900000300 + n}" for n in range(2, 16)}
        return [{"id": text(id_), "item": item(papers[id_])} for id_ in asked if id_ in papers]

    with serve() as fake:
        fake.tables["/scholarly"] = scholarly
        fake.items[TOMA] = of_class(person(TOMA, "Toma10K"), CLASS)
        fake.items[ADA] = person(ADA, "Ada Zorn")
        yield fake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small.use_weights(monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "made"))


def link(folder: Path, fake: FakeWikidata, cache: str = "cache", **options: Any) -> Linked:
    options = {"contact": "someone@example.org", "wait": lambda _: None, **options}
    with Live(folder / cache, endpoints=fake.endpoints, **options) as live:
        return link_store(small.settings(folder), live=live)


def links(folder: Path) -> dict[tuple[Kind, str], Link]:
    with open_snapshot(folder / "kg") as snapshot, snapshot.records() as records:
        return {(one.kind, one.key): one for one in records.links()}


def test_terms_papers_and_authors_are_found(folder: Path, wikidata: FakeWikidata) -> None:
    done = link(folder, wikidata)
    assert (done.problem, done.open) == (None, 0)
    assert "Dataset,Toma10K,Q900000201,exact,0.9526" in rows(folder)
    assert "Model,Quibblenet,Q900000001,exact,0.9526" in rows(folder), "from the index"
    found = links(folder)
    assert found[Kind.PAPER, "3101.00002"].qid == "Q900000302"
    assert found[Kind.PAPER, "3101.00002"].label == "Made Up Q900000302"
    assert found[Kind.PAPER, "3101.00001"].qid == f"Q{small.PAPER}", "from the index"
    ada = found[Kind.AUTHOR, "ada-zorn"]
    assert (ada.qid, ada.label) == (ADA, "Ada Zorn")
    assert "Person> ." in small.graph(folder, small.TERMS)
    searched = {seen.params["search"] for seen in wikidata.seen if "search" in seen.params}
    assert "Quibblenet" not in searched, "the index has it"
    asked = [seen.params["ids"] for seen in wikidata.seen if "ids" in seen.params]
    assert any(CLASS in ids for ids in asked), "classes are read as well"


def test_a_run_offline_gives_the_same_bytes_from_what_was_kept(
    folder: Path, wikidata: FakeWikidata
) -> None:
    link(folder, wikidata)
    before, sent = everything(folder), len(wikidata.seen)
    assert link(folder, wikidata, offline=True).open == 0
    assert everything(folder) == before
    link(folder, wikidata)
    assert everything(folder) == before
    assert len(wikidata.seen) == sent, "nothing is asked twice"


def test_without_kept_answers_links_stay(folder: Path, wikidata: FakeWikidata) -> None:
    link(folder, wikidata)
    before = links(folder)
    done = link(folder, wikidata, cache="empty", offline=True)
    assert (done.problem, done.open > 0) == (None, True)
    assert links(folder) == before


@pytest.mark.parametrize("status", [500, 403, 200])
def test_a_failing_server_costs_no_link(folder: Path, wikidata: FakeWikidata, status: int) -> None:
    link(folder, wikidata)
    before = links(folder)
    wikidata.always = Reply(b"<html>no</html>", status, (("Content-Type", "text/html"),))
    done = link(folder, wikidata, cache="empty")
    assert done.problem is not None
    assert done.problem.startswith(wikidata.url)
    assert "\n" not in done.problem
    assert links(folder) == before


def test_a_spent_budget_is_told_and_the_next_run_goes_on(
    folder: Path, wikidata: FakeWikidata
) -> None:
    budgets = 0
    while (done := link(folder, wikidata, budget=6)).problem:
        assert "all 6 requests of this run are spent" in done.problem
        budgets += 1
        assert budgets < 20
    assert budgets > 1
    at_once = everything(folder)
    assert link(folder, wikidata).problem is None
    assert everything(folder) == at_once


def test_what_people_decided_is_not_asked_and_excluded_items_stay_away(
    folder: Path, wikidata: FakeWikidata
) -> None:
    decide(
        folder,
        decision("term:toma10k", 900000201, modifier="Not"),
        decision("term:fendle-1m", None),
        decision("paper:3101.00002", 900000302, predicate="schema:sameAs", modifier="Not"),
        decision("author:ada-zorn", 900000210, predicate="schema:sameAs", modifier="Not"),
    )
    link(folder, wikidata)
    found = links(folder)
    assert (Kind.TERM, "toma10k") not in found
    assert (Kind.PAPER, "3101.00002") not in found
    assert (Kind.AUTHOR, "ada-zorn") not in found
    searched = {seen.params["search"] for seen in wikidata.seen if "search" in seen.params}
    assert "Fendle-1M" not in searched
