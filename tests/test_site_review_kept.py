"""What reviewers decided is not lost: not by a kill, a full disk, or a store that is busy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from kg.store import open_writer
from kg.web.site.review.applying import Applying
from kg.web.site.review.log import CannotKeep, Log
from tests.command_line import ROOT, dump, kg
from tests.reviewers import HEADER, TOKEN, Reviews, corrections, field, mentions_of
from tests.server_process import LiveServer, descendants, live_server, wait_until


@pytest.fixture
def reviews(examples_store: Path, tmp_path: Path) -> Iterator[Reviews]:
    made = Reviews(Path(shutil.copytree(examples_store, tmp_path / "kg")), lock_wait_s=0.2)
    yield made
    made.close()


def test_what_cannot_be_is_refused_alone(reviews: Reviews, tmp_path: Path) -> None:
    reviewer, store = reviews.reviewer(), reviews.settings.store
    first = reviewer.look()
    reviewer.decide("reject")
    second = reviewer.name
    paper = mentions_of(store, first)[0][0].split("/")[-2]
    reviewer.decide("type:Metric")
    file = tmp_path / "d.csv"
    row = f"type,{first},Task,{paper},Jo Park,2999-01-01,\n"
    file.write_text(HEADER + row, encoding="utf-8")
    assert kg("corrections", file, "--store", store).code == 0
    reviews.apply()
    labels = {one["label"]: one["by"] for one in corrections(store)}
    assert labels == {first: "Jo Park", second: "Mina Seo"}
    reviewer.look()
    assert "refused" in reviewer.text
    assert "a newer decision about it is in force" in reviewer.text


def test_a_store_that_is_being_written(reviews: Reviews) -> None:
    reviewer = reviews.reviewer()
    reviewer.look()
    reviewer.decide("reject")
    with open_writer(reviews.settings.store, wait_s=1) as writer:
        reviews.apply()
        writer.publish = False
    reviewer.look()
    assert "is writing this store" in reviewer.text
    assert str(reviews.settings.store.parent) not in reviewer.page
    assert "1 decision waits" in reviewer.text
    reviews.apply()
    reviewer.look()
    assert "is writing this store" not in reviewer.text
    assert len(corrections(reviews.settings.store)) == 1


@pytest.mark.parametrize("published", [False, True])
def test_killed_in_the_middle_of_a_batch(
    reviews: Reviews, published: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = reviews.reviewer()
    reviewer.look()
    reviewer.decide("reject")
    before, add = dump(reviews.settings.store), Log.add

    class Killed(BaseException):
        pass

    def add_until_killed(self: Log, op: str, **facts: object) -> None:
        if op == ("done" if published else "publishing"):
            raise Killed
        add(self, op, **facts)

    monkeypatch.setattr(Log, "add", add_until_killed)
    with pytest.raises(Killed):
        reviews.apply()
    monkeypatch.setattr(Log, "add", add)
    assert (dump(reviews.settings.store) != before) is published
    # It is undone before anyone knows whether it was in force.
    reviewer.look()
    assert "waiting" in reviewer.text
    reviewer.undo()
    reviews.apply()
    assert dump(reviews.settings.store) == before
    assert reviews.desk.log.state().waiting == {}


def test_a_line_that_was_cut_off(reviews: Reviews) -> None:
    reviewer = reviews.reviewer()
    reviewer.look()
    reviewer.decide("reject")
    path = reviews.desk.log.path
    with path.open("ab") as file:
        file.write(b'{"op": "decide", "at": "20')
    reviewer.look()
    reviewer.decide("accept")
    again = Log(path.parent).state()
    assert [one.state for one in again.entries.values()] == ["waiting", "waiting"]
    assert [*again.entries] == [*reviews.desk.log.state().entries]
    assert json.loads(path.read_bytes().split(b"\n")[0])["op"] == "decide"


def test_no_room_for_a_decision(reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    reviewer = reviews.reviewer()
    reviewer.look()
    reviewer.decide("reject")
    path = reviews.desk.log.path
    kept = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    reply = reviewer.decide("reject")
    assert reply.status_code == 503
    assert "No space left" in reply.get_json()["detail"]
    monkeypatch.undo()
    assert path.read_bytes() == kept
    with pytest.raises(CannotKeep):
        Log(Path("/proc/none")).add("undo", id="x")


class Caller:
    """A reviewer of a server in a process of its own."""

    def __init__(self, server: LiveServer) -> None:
        self.url, self.session = server.url, requests.Session()
        token = {"name": "Mina Seo", "token": TOKEN, "form": self.form("/login")}
        self.post("/login", token)

    def form(self, path: str = "/review") -> str:
        return field(self.get(path).text, "form")

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=60)

    def post(self, path: str, data: dict[str, str]) -> requests.Response:
        return self.session.post(self.url + path, data=data, timeout=60)

    def decide(self, act: str) -> None:
        page = self.get("/review").text
        names = ("form", "item", "list", "over")
        reply = self.post("/review/decide", {"act": act} | {n: field(page, n) for n in names})
        assert reply.status_code == 200, reply.text


def test_a_killed_server_goes_on_where_it_was(examples_store: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(examples_store, tmp_path / "kg"))
    with live_server(store, workers=1, write_token=TOKEN) as server:
        caller = Caller(server)
        caller.decide("reject")
        caller.decide("type:Task")
        assert caller.get("/review/status").json()["busy"]
        for pid in (server.process.pid, *descendants(server.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert corrections(store) == []
    with live_server(store, workers=1, write_token=TOKEN) as server:
        caller.url = server.url
        again = caller.get("/review")
        assert "2 decisions wait" in again.text, "the session is good as well"
        caller.post("/review/apply", {"form": field(again.text, "form")})
        assert wait_until(lambda: not caller.get("/review/status").json()["busy"], 60)
    assert len(corrections(store)) == 2
    digests = ROOT / "examples" / "digests"
    before = dump(store)
    assert kg("build", digests, "--jobs", 1, "--store", store).code == 0
    assert dump(store) == before


def test_the_session_gives_no_other_right(examples_store: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(examples_store, tmp_path / "kg"))
    with live_server(store, workers=1, write_token=TOKEN) as server:
        caller = Caller(server)
        update = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"
        assert caller.post("/sparql", {"update": update}).status_code == 401
        put = caller.session.put(f"{server.url}/store?default", data="", timeout=60)
        assert put.status_code == 401
        assert caller.session.delete(f"{server.url}/store?default", timeout=60).status_code == 401


@pytest.mark.parametrize(("quiet_s", "many"), [(0.5, 100), (60.0, 2)])
def test_when_decisions_are_put_in_force(reviews: Reviews, quiet_s: float, many: int) -> None:
    reviewer, log = reviews.reviewer(), reviews.desk.log
    applying = Applying(log, reviews.settings, quiet_s=quiet_s, many=many)
    try:
        reviewer.look()
        for act in ("reject", "accept"):
            reviewer.decide(act)
            applying.wake()
            time.sleep(0.1)
        assert wait_until(lambda: not log.state().waiting, 60)
        assert len(corrections(reviews.settings.store)) == 2
    finally:
        applying.stop()


def test_a_batch_that_fails_is_tried_again_later(reviews: Reviews) -> None:
    reviewer, log = reviews.reviewer(), reviews.desk.log
    reviewer.look()
    reviewer.decide("reject")
    applying = Applying(log, reviews.settings, quiet_s=0.0)
    try:
        with open_writer(reviews.settings.store, wait_s=1) as writer:
            applying.wake()
            assert wait_until(lambda: log.state().failed, 60)
            assert wait_until(lambda: applying.progress().next_s, 10), "it is tried again"
            writer.publish = False
        applying.wake()
        assert (applying.progress().next_s or 0) > 5, "not at each decision"
        applying.wake(now=True)
        assert wait_until(lambda: not log.state().waiting, 60)
        assert log.state().failed is None
    finally:
        applying.stop()
