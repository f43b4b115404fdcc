"""People who review, for the tests: they log in, and send the forms of the pages."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kg.settings import Settings
from kg.store import open_snapshot
from kg.vocab import KG, OA
from kg.web import create_app
from kg.web.site.review import page as review
from kg.web.site.review.batch import apply_waiting
from kg.web.site.review.page import Desk
from kg.web.state import parts_of
from tests.command_line import kg

TOKEN = "sesame 열려라"
HEADER = "decision,label,value,paper,by,date,comment\n"
_FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')


class Reviews:
    """A server with reviews, in this process; nothing is put in force but by :meth:`apply`."""

    def __init__(self, store: Path, **options: Any) -> None:
        self.settings = Settings(store=store, workers=1, write_token=TOKEN, **options)
        self.app = create_app(self.settings)

    @property
    def desk(self) -> Desk:
        return review.desk_of(self.app)

    def apply(self) -> None:
        apply_waiting(self.desk.log, self.settings)

    def reviewer(self, name: str = "Mina Seo") -> Reviewer:
        """Someone who is logged in."""
        client = self.app.test_client()
        form = field(client.get("/login").text, "form")
        reply = client.post("/login", data={"form": form, "name": name, "token": TOKEN})
        assert reply.status_code == 303, reply.text
        return Reviewer(client)

    def close(self) -> None:
        review.stop(self.app)
        parts_of(self.app).pool.close()


class Reviewer:
    """Someone who looks at one page at a time."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = ""

    def look(self, path: str = "/review") -> str:
        """Open a page; returns the name of what is to be decided there, or nothing."""
        reply = self.client.get(path)
        assert reply.status_code == 200, reply.text
        self.page = reply.text
        return self.name

    @property
    def name(self) -> str:
        found = re.search(r'<h2 id="item"><bdi>(.*?)</bdi>', self.page)
        return html.unescape(found[1]) if found else ""

    @property
    def text(self) -> str:
        """The page without its tags."""
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.page)))

    def fields(self, action: str = "decide", number: int = 0) -> dict[str, str]:
        """Return the hidden fields of a form of the page."""
        forms = re.findall(rf'<form[^>]*action="[^"]*/{action}".*?</form>', self.page, re.DOTALL)
        return {name: html.unescape(value) for name, value in _FIELD.findall(forms[number])}

    def send(self, path: str, data: dict[str, str], **options: Any) -> TestResponse:
        reply = self.client.post(path, data=data, **options)
        if reply.status_code == 303:
            self.look(reply.headers["Location"])
        return reply

    def decide(self, act: str, **more: str) -> TestResponse:
        """Press a button of the page."""
        return self.send("/review/decide", {**self.fields(), "act": act, **more})

    def undo(self, number: int = 0) -> TestResponse:
        return self.send("/review/undo", self.fields("undo", number))


def field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    return html.unescape(dict(_FIELD.findall(page))[name])


def corrections(store: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(kg("corrections", "--store", store).out)))


def mentions_of(store: Path, label: str) -> list[tuple[str, bool]]:
    """The mentions spelled so, and whether they name a term."""
    with open_snapshot(store) as snapshot:
        quads = snapshot.graph.quads_for_pattern(None, ox.NamedNode(str(OA.exact)), None, None)
        nodes = [quad.subject for quad in quads if quad.object.value == label]
        of = ox.NamedNode(str(KG.mentionOf))
        return [
            (node.value, any(snapshot.graph.quads_for_pattern(node, of, None, None)))
            for node in nodes
        ]
