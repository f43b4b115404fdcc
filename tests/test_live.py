"""What Wikidata is asked, how, and what is made of it; what was answered is not asked again."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.errors import KGError
from kg.link.items import NameKind
from kg.link.wikidata.authors import Author
from kg.link.wikidata.http_client import BudgetSpent, WikidataError
from kg.link.wikidata.live import Counts, Live
from tests.conftest import ROOT
from tests.wikidata_server import (
    MADE_UP,
    FakeWikidata,
    Reply,
    item,
    person,
    recorded,
    serve,
    text,
)

ADA, BO, GONE, MOVED = "Q900000101", "Q900000102", "Q900000103", "Q900000104"
NOW = 1_700_000_000.0


@pytest.fixture
def wikidata() -> Iterator[FakeWikidata]:
    with serve() as fake:
        for name in ("items-Q494290.json", "items-Q16231742.json"):
            fake.items.update(json.loads(recorded(name))["entities"])
        yield fake


def client(folder: Path, fake: FakeWikidata, **options: Any) -> Live:
    options = {"contact": "someone@example.org", "clock": lambda: NOW, **options}
    return Live(folder / "cache" / "answers.sqlite", endpoints=fake.endpoints, **options)


def test_search_finds_items_in_wikidatas_order(wikidata: FakeWikidata, tmp_path: Path) -> None:
    with client(tmp_path, wikidata) as live:
        found = live.search(" ABC ", "en")
        assert found == (169889, 286874, 781365, 287076, 304330, 1057802, 26298)
        assert live.search("nothing like it", "ko") == ()
        assert live.search("", "en") == live.search("x" * 251, "en") == live.search("a\x00", "en")
        assert live.search("\ud800", "en") == ()
    first, second = wikidata.seen
    assert first.params == {
        "action": "wbsearchentities",
        "search": "ABC",
        "language": "en",
        "uselang": "en",
        "type": "item",
        "limit": "20",
        "format": "json",
        "maxlag": "5",
    }
    assert second.params["language"] == "ko"
    agent = first.headers["User-Agent"]
    assert agent.startswith("paperkg/0.1.0 (someone@example.org) requests/2.")
    assert "gzip" in first.headers["Accept-Encoding"]


def test_items_have_what_linking_reads(wikidata: FakeWikidata, tmp_path: Path) -> None:
    with client(tmp_path, wikidata) as live:
        found = live.items([494290])[494290]
    assert (found.qid, found.label) == (494290, "Shin Jung-hyeon")
    assert [name.text for name in found.names] == ["Shin Jung-hyeon", "신중현"]
    assert {name.kind for name in found.names} == {NameKind.LABEL}
    assert found.description == "South Korean rock guitarist and singer-songwriter"
    assert found.source == "Wikidata, 2023-11-14T22:13:20Z"
    assert wikidata.seen[0].params["languages"] == "en|ko|mul"


def test_a_redirect_is_its_target_and_the_missing_is_left_out(
    wikidata: FakeWikidata, tmp_path: Path
) -> None:
    wikidata.redirects["Q16231742"] = "Q3571994"
    with client(tmp_path, wikidata) as live:
        for _ in range(2):  # from the server, and from the cache
            found = live.items([16231742, 3571994, 899999999, 0, -1])
            assert {asked: one.qid for asked, one in found.items()} == {
                3571994: 3571994,
                16231742: 3571994,
            }
    assert len(wikidata.seen) == 1


def test_items_are_asked_for_by_fifty(wikidata: FakeWikidata, tmp_path: Path) -> None:
    with client(tmp_path, wikidata) as live:
        found = live.items(range(MADE_UP, MADE_UP + 120))
        assert list(found) == list(range(MADE_UP, MADE_UP + 120))
        assert live.counts == Counts(cached=0, learnt=120)
    assert [seen.params["ids"].count("|") + 1 for seen in wikidata.seen] == [50, 50, 20]


def test_papers_are_asked_for_at_the_scholarly_service(
    wikidata: FakeWikidata, tmp_path: Path
) -> None:
    def rows(asked: list[str]) -> list[dict[str, dict[str, str]]]:
        known = {"2408.00874": [ADA], "2401.00001": [BO, GONE], "math/0309136": [MOVED]}
        return [{"id": text(id_), "item": item(qid)} for id_ in asked for qid in known.get(id_, [])]

    wikidata.tables["/scholarly"] = rows
    bad = ["2408.00874v2", '1"} #', "", "2408.00874 ", "２４０８.00874", "a\nb/0601001"]
    with client(tmp_path, wikidata) as live:
        asked = ["2408.00874", "2401.00001", "math/0309136", "2499.99999", *bad]
        assert live.papers(asked) == {"2408.00874": 900000101, "math/0309136": 900000104}
        assert live.papers(asked[:4]) == live.papers(asked)
    (seen,) = wikidata.seen
    assert (seen.method, seen.path) == ("POST", "/scholarly")
    assert seen.headers["Accept"] == "application/sparql-results+json"
    values = 'VALUES ?id { "2401.00001" "2408.00874" "2499.99999" "math/0309136" }'
    assert values in seen.params["query"]
    assert "?item wdt:P818 ?id" in seen.params["query"]


def test_people_are_asked_for_at_the_main_service(wikidata: FakeWikidata, tmp_path: Path) -> None:
    wikidata.tables["/main"] = lambda asked: [{"id": text(asked[0]), "item": item(ADA)}]
    with client(tmp_path, wikidata) as live:
        assert live.by_orcid(["0000-0000-0000-000X", "0000"]) == {"0000-0000-0000-000X": 900000101}
    assert [seen.path for seen in wikidata.seen] == ["/main"]


def test_authors_of_a_paper(wikidata: FakeWikidata, tmp_path: Path) -> None:
    unknown = {"type": "bnode", "value": "t1"}
    somebody = {"type": "uri", "value": "http://www.wikidata.org/.well-known/genid/1"}
    paper = item("Q900000001")
    wikidata.tables["/scholarly"] = lambda _: [
        {"item": paper, "author": item(BO), "ordinal": text("2"), "stated": text("B. Sample")},
        {"item": paper, "author": item(ADA), "ordinal": text("1")},
        {"item": paper, "author": item(MOVED)},
        {"item": paper, "author": item(GONE), "ordinal": text("x")},
        {"item": paper, "name": text("Cy  Nobody"), "ordinal": text("3")},
        {"item": paper, "author": unknown},
        {"item": paper, "author": somebody},
    ]
    wikidata.items[ADA] = person(ADA, "Ada Example", "A. E.", orcid="0000-0000-0000-000X")
    wikidata.items[BO] = person(BO, "Bo Sample")
    wikidata.items[GONE] = {"id": GONE, "missing": ""}
    wikidata.redirects[MOVED] = "Q900000105"
    with client(tmp_path, wikidata) as live:
        found = live.authors_of([900000001, 900000002])
        assert found == {
            900000001: (
                Author(900000105, ("Made Up Q900000105",)),
                Author(900000101, ("Ada Example", "A. E."), "0000-0000-0000-000X", 1),
                Author(900000102, ("Bo Sample", "B. Sample"), None, 2),
                Author(None, ("Cy Nobody",), None, 3),
            ),
            900000002: (),
        }
        assert live.authors_of([900000001, 900000002]) == found
    assert [seen.path for seen in wikidata.seen] == ["/scholarly", "/w/api.php"]
    assert "VALUES ?item { wd:Q900000001 wd:Q900000002 }" in wikidata.seen[0].params["query"]


@pytest.mark.parametrize(
    "reply",
    [
        recorded("query-subclasses.json"),  # the answer to another question
        b'{"head": {"vars": ["id", "item"]}}',
        b'{"head": {"vars": ["id", "item"]}, "results": {"bindings": [[]]}}',
        b'{"head": {"vars": ["id", "item"]}, "results": {"bindings": [{"id": "1"}]}}',
        b'{"head": {"vars": ["id", "item"]}, "results": {"bindings": '
        b'[{"id": {"type": "literal", "value": "2499.99999"}}]}}',
        b'{"head": {"vars": [{}, []]}, "results": {"bindings": []}}',
        b'{"head": {"vars": ["id", "item"]}, "results": [',
    ],
)
def test_a_table_that_is_no_answer_makes_no_link(
    wikidata: FakeWikidata, tmp_path: Path, reply: bytes
) -> None:
    wikidata.always = Reply(reply)
    wikidata.tables["/scholarly"] = lambda asked: [{"id": text(asked[0]), "item": item(ADA)}]
    with client(tmp_path, wikidata, wait=lambda _: None) as live:
        with pytest.raises(WikidataError, match=r"wrong shape|no JSON"):
            live.papers(["2408.00874"])
        wikidata.always = None
        assert live.papers(["2408.00874"]) == {"2408.00874": 900000101}


# ------------------------------------------------------------------------- what is kept


def test_an_answer_is_good_for_its_age(wikidata: FakeWikidata, tmp_path: Path) -> None:
    for now, sent in ((NOW, 1), (NOW + 99, 0), (NOW + 101, 1), (NOW + 102, 0)):
        with client(tmp_path, wikidata, clock=lambda now=now: now, max_age_s=100) as live:
            assert live.items([494290])[494290].label == "Shin Jung-hyeon"
            assert live.sent == sent


def test_an_answer_is_for_its_question_only(wikidata: FakeWikidata, tmp_path: Path) -> None:
    with client(tmp_path, wikidata) as live:
        live.search("ABC", "en")
        live.search("ABC", "ko")
        live.search("abc", "en")
        live.items([494290])
    with client(tmp_path, wikidata, languages=("ko", "en")) as live:
        assert live.items([494290])[494290].label == "신중현"
    assert len(wikidata.seen) == 5


def test_a_spent_budget_is_told_and_the_next_run_goes_on(
    wikidata: FakeWikidata, tmp_path: Path
) -> None:
    qids = range(MADE_UP, MADE_UP + 200)
    with client(tmp_path, wikidata, budget=3) as live:
        with pytest.raises(BudgetSpent, match="all 3 requests of this run are spent"):
            live.items(qids)
        assert live.items(qids[:150])
    with client(tmp_path, wikidata, budget=1) as live:
        assert len(live.items(qids)) == 200
        assert live.counts == Counts(cached=150, learnt=50)


CHILD = """
import sys
from pathlib import Path
from kg.link.wikidata.live import Endpoints, Live
cache, url = sys.argv[1:]
endpoints = Endpoints(url + "/w/api.php", url, url)
with Live(Path(cache), contact="someone@example.org", endpoints=endpoints) as live:
    live.items(range(900000001, 900000301))
"""


def test_a_run_that_was_killed_asks_only_for_what_is_left(
    wikidata: FakeWikidata, tmp_path: Path
) -> None:
    wikidata.next.extend(
        Reply(json.dumps({"entities": {one: person(one, one) for one in ids}}).encode())
        for ids in ([f"Q{MADE_UP + at + more}" for more in range(50)] for at in (0, 50, 100))
    )
    wikidata.next.append(Reply(hangs=True))
    cache = tmp_path / "cache" / "answers.sqlite"
    with subprocess.Popen([sys.executable, "-c", CHILD, cache, wikidata.url], cwd=ROOT) as child:
        while len(wikidata.seen) < 4 and child.poll() is None:
            time.sleep(0.01)
        child.kill()
    with client(tmp_path, wikidata, clock=time.time) as live:
        assert len(live.items(range(MADE_UP, MADE_UP + 300))) == 300
        assert live.counts == Counts(cached=150, learnt=150)
        assert live.sent == 3


class NoSocket(socket.socket):
    def __init__(self, *_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")


def test_offline_opens_no_socket(
    wikidata: FakeWikidata, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(tmp_path, wikidata) as live:
        live.search("ABC", "en")
        live.items([494290])
    monkeypatch.setattr(socket, "socket", NoSocket)
    with client(tmp_path, wikidata) as live, pytest.raises(AssertionError, match="socket"):
        live.search("anything", "en")
    with client(tmp_path, wikidata, offline=True, contact="") as live:
        assert len(live.search("ABC", "en")) == 7
        assert list(live.items([494290, 3571994])) == [494290]
        assert live.search("anything", "en") == ()
        assert live.papers(["2408.00874"]) == live.by_orcid(["0000-0000-0000-000X"]) == {}
        assert live.authors_of([900000001]) == {}
        assert live.counts == Counts(cached=2, open=5)
        assert live.sent == 0


def test_a_damaged_answer_is_asked_for_again(wikidata: FakeWikidata, tmp_path: Path) -> None:
    with client(tmp_path, wikidata) as live:
        live.items([494290])
    with sqlite3.connect(tmp_path / "cache" / "answers.sqlite") as file:
        file.execute("UPDATE answer SET body = substr(body, 1, length(body) - 9)")
    file.close()
    with client(tmp_path, wikidata) as live:
        assert live.items([494290])
        assert live.sent == 1


def other_database(path: Path) -> None:
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE mine (x)")
    file.commit()
    file.close()


def cut_cache(path: Path) -> None:
    with Live(path, contact="someone@example.org"):
        pass
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_text("# My notes\n" * 500), "broken (file is not a database)"),
        (cut_cache, "broken (database disk image is malformed)"),
        (other_database, "no cache of Wikidata's answers, or of another version; name another"),
        (Path.mkdir, "cannot be used as a cache (unable to open database file)"),
    ],
)
def test_a_file_that_is_no_cache_is_told_and_left(tmp_path: Path, spoil: Any, told: str) -> None:
    path = tmp_path / "answers.sqlite"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(KGError) as caught, Live(path, contact="someone@example.org") as live:
        live.search("ABC", "en")
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not path.is_file() or path.read_bytes() == before


def test_a_cache_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KGError, match="no folder for it"):
        Live(tmp_path / "file" / "cache", contact="someone@example.org")
