"""What goes wrong between us and Wikidata: told in a line, tried again within bounds, not kept."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from kg.errors import KGError
from kg.link.wikidata.http_client import (
    BudgetSpent,
    Limits,
    ReplyTooLarge,
    WikidataError,
    user_agent,
)
from kg.link.wikidata.live import Endpoints, Live
from tests.wikidata_server import FakeWikidata, Reply, recorded, serve

LIMITS = Limits(max_bytes=200_000, tries=3)
#: For servers that are slow: others may be held up by whatever else runs here.
IMPATIENT = replace(LIMITS, silence_s=0.2, whole_s=0.4)
HTML = (("Content-Type", "text/html"),)
PLAIN = (("Content-Type", "text/plain"),)
FOUND = (169889, 286874, 781365, 287076, 304330, 1057802, 26298)


@pytest.fixture
def wikidata() -> Iterator[FakeWikidata]:
    with serve() as fake:
        yield fake


def limits_for(reply: Reply) -> Limits:
    return IMPATIENT if reply.hangs or reply.drip_s else LIMITS


class Run:
    """A client with the waits that it was asked for."""

    def __init__(
        self, folder: Path, fake: FakeWikidata, limits: Limits = LIMITS, **options: Any
    ) -> None:
        self.waits: list[float] = []
        self.live = Live(
            folder / "answers.sqlite",
            contact="someone@example.org",
            endpoints=fake.endpoints,
            limits=limits,
            wait=self.waits.append,
            **options,
        )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.live.close()


def retry(after: str, *, status: int = 503, body: bytes = b"busy") -> Reply:
    return Reply(body, status, (*PLAIN, ("Retry-After", after)))


MAXLAG = retry("5", status=200, body=recorded("error-maxlag.json"))


@pytest.mark.parametrize(
    ("reply", "waits"),
    [
        (retry("7", status=429), [7.0]),
        (Reply(b"", 429), [60.0]),
        (Reply(b"", 500), [1.0]),
        (Reply(b"<html>Bad Gateway</html>", 502, HTML), [1.0]),
        (retry("0"), [0.0]),
        (retry("soon"), [1.0]),
        (Reply(b"", 504), [1.0]),
        (MAXLAG, [5.0]),
        (Reply(recorded("error-maxlag.json")), [1.0]),
        (Reply(b'{"error": {"code": "ratelimited", "info": "too many"}}'), [1.0]),
        (Reply(b"<html>Our servers are experiencing a problem</html>", headers=HTML), [1.0]),
        (Reply(recorded("search-abc.json"), cut=700), [1.0]),
        (Reply(recorded("search-abc.json")[:700]), [1.0]),
        (Reply(closes=True), [1.0]),
        (Reply(hangs=True), [1.0]),
        (Reply(recorded("search-abc.json"), drip_s=0.05), [1.0]),
        (Reply(b'{"search": "\xff"}'), [1.0]),
        (Reply(b"not gzip", headers=(("Content-Encoding", "gzip"),)), [1.0]),
    ],
)
def test_what_may_pass_is_tried_again(
    wikidata: FakeWikidata, tmp_path: Path, reply: Reply, waits: list[float]
) -> None:
    wikidata.next.append(reply)
    with Run(tmp_path, wikidata, limits_for(reply)) as run:
        assert run.live.search("ABC", "en") == FOUND
        assert run.live.sent == len(wikidata.seen) == 2
        assert run.waits == waits


@pytest.mark.parametrize(
    ("reply", "told", "tries"),
    [
        (retry("7", status=429), "HTTP 429 Some Reason; gave up after 3 tries", 3),
        (Reply(b"", 500), "HTTP 500 Some Reason; gave up after 3 tries", 3),
        (MAXLAG, "error 'maxlag': Waiting for all: 3.45 seconds lagged.; gave up", 3),
        (Reply(b"<html>", headers=HTML), "no JSON but 'text/html' of 6 bytes; gave up", 3),
        (Reply(b"[" * 5000), "no JSON but 'application/json; charset=utf-8' of 5000 bytes", 3),
        (Reply(b'"\\ud800"'), "no JSON", 3),
        (Reply(recorded("search-abc.json"), cut=700), "only a part of an answer; gave up", 3),
        (Reply(closes=True), "no connection (", 3),
        (Reply(hangs=True), "no answer in time; gave up after 3 tries", 3),
        (Reply(b"{}" + b" " * 99, drip_s=0.05), "no whole answer in 0.4 s; gave up", 3),
        (retry("86400", status=429), "asks to wait 86400 s: run again after that", 1),
        (Reply(b"Please set a\nuser-agent", 403, PLAIN), "Please set a user-agent'; check the", 1),
        (Reply(b"<html>blocked</html>", 403, HTML), "refused (HTTP 403); check the contact", 1),
        (Reply(b"", 404), "HTTP 404 Some Reason; expected an answer", 1),
        (Reply(b"", 302, (("Location", "https://example.org/"),)), "'https://example.org/'", 1),
        (Reply(recorded("error-no-such-entity.json")), "error 'no-such-entity': Could not", 1),
        (Reply(b'{"error": "sort of"}'), "error 'None'", 1),
        (Reply(b"[]"), "JSON of a wrong shape: no list 'search'", 1),
        (Reply(b"null"), "JSON of a wrong shape", 1),
        (Reply(b'{"search": {"id": "Q42"}}'), "JSON of a wrong shape", 1),
        (Reply(b'{"search": ["Q42"]}'), "JSON of a wrong shape", 1),
    ],
)
def test_what_stays_wrong_is_told_and_not_kept(
    wikidata: FakeWikidata, tmp_path: Path, reply: Reply, told: str, tries: int
) -> None:
    wikidata.always = reply
    with Run(tmp_path, wikidata, limits_for(reply)) as run:
        with pytest.raises(WikidataError) as caught:
            run.live.search("ABC", "en")
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)
        assert caught.value.url == wikidata.endpoints.action
        assert len(wikidata.seen) == tries
        wikidata.always = None
        assert run.live.search("ABC", "en") == FOUND
        assert len(wikidata.seen) == tries + 1


@pytest.mark.parametrize("sized", [True, False])
def test_a_body_that_drips_is_left_in_time(
    wikidata: FakeWikidata, tmp_path: Path, sized: bool
) -> None:
    body = b'{"search": []}' + b" " * 500  # for ten seconds, never silent
    wikidata.always = Reply(body, drip_s=0.02, drips_head=False, sized=sized)
    start = time.monotonic()
    told = pytest.raises(WikidataError, match=r"no whole answer in 0\.4 s")
    with Run(tmp_path, wikidata, IMPATIENT) as run, told:
        run.live.search("ABC", "en")
    assert time.monotonic() - start < 5


def test_a_time_to_come_back_may_be_a_date(wikidata: FakeWikidata, tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    wikidata.next.append(retry(format_datetime(soon, usegmt=True)))
    with Run(tmp_path, wikidata) as run:
        run.live.search("ABC", "en")
        assert 50 < run.waits[0] <= 60


@pytest.mark.parametrize("headers", [(), (("Content-Encoding", "gzip"),)])
def test_a_large_reply_is_not_read(
    wikidata: FakeWikidata, tmp_path: Path, headers: tuple[tuple[str, str], ...]
) -> None:
    body = b" " * 10_000_000
    wikidata.always = Reply(gzip.compress(body) if headers else body, headers=headers)
    with Run(tmp_path, wikidata) as run, pytest.raises(ReplyTooLarge, match="200000"):
        run.live.search("ABC", "en")
    assert len(wikidata.seen) == 1


def test_a_batch_that_is_too_large_is_halved(wikidata: FakeWikidata, tmp_path: Path) -> None:
    wikidata.next.append(Reply(b" " * 300_000))
    with Run(tmp_path, wikidata) as run:
        assert len(run.live.items(range(900000001, 900000041))) == 40
    assert [seen.params["ids"].count("Q") for seen in wikidata.seen] == [40, 20, 20]


@pytest.mark.parametrize(
    "entities",
    [
        {},
        {"Q900000002": {"id": "Q900000002"}},
        {"Q900000001": {"id": "Q900000002"}},
        {"Q900000001": []},
        {"Q900000001": {"id": "Q900000001"}, "Q900000009": {"id": "Q900000009"}},
        {"Q900000003": {"id": "Q900000003", "redirects": {"from": "Q900000004", "to": "x"}}},
        [],
    ],
)
def test_items_that_were_not_asked_for_are_refused(
    wikidata: FakeWikidata, tmp_path: Path, entities: Any
) -> None:
    wikidata.next.append(Reply(json.dumps({"entities": entities}).encode()))
    with Run(tmp_path, wikidata) as run:
        with pytest.raises(WikidataError, match="wrong shape"):
            run.live.items([900000001])
        assert run.live.items([900000001])[900000001].label == "Made Up Q900000001"


def test_nobody_there(tmp_path: Path) -> None:
    gone = FakeWikidata(url="http://127.0.0.1:1")
    with Run(tmp_path, gone) as run:
        with pytest.raises(WikidataError, match=r"no connection .*refused.* after 3 tries"):
            run.live.search("ABC", "en")
        assert run.waits == [1.0, 2.0]


@pytest.mark.parametrize("url", ["", "ftp://example.org", "http://[", "https://"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    options: dict[str, Any] = {"contact": "a@b.org", "endpoints": Endpoints(url, url, url)}
    with Live(tmp_path / "a", **options) as live, pytest.raises(WikidataError, match="the address"):
        live.search("ABC", "en")


@pytest.mark.parametrize(
    "contact",
    ["", " ", "me", "me@", "@example.org", "ftp://example.org", "https://", "a@b.org\r\nX: y"],
)
def test_no_request_without_a_contact(tmp_path: Path, contact: str) -> None:
    with pytest.raises(KGError, match=r"set it with --contact or KG_WIKIDATA_CONTACT") as caught:
        Live(tmp_path / "answers.sqlite", contact=contact)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "contact",
    ["a.b+c@example.org", "https://example.org", "http://example.org:8080/~me?x=1#y"],
)
def test_contacts(contact: str) -> None:
    assert f" ({contact}) requests/" in user_agent(contact)


def test_tries_count_against_the_budget(wikidata: FakeWikidata, tmp_path: Path) -> None:
    wikidata.always = Reply(b"", 500)
    with Run(tmp_path, wikidata, budget=2) as run:
        with pytest.raises(BudgetSpent, match="all 2 requests of this run are spent; run again"):
            run.live.search("ABC", "en")
        assert len(wikidata.seen) == 2
