"""Asks for the pages of a server without a browser: what they say, and their tables."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from kg.settings import Settings
from kg.web import create_app
from kg.web.state import parts_of

HTML = {"Accept": "text/html"}


def client_of(store: Path, **settings: Any) -> Iterator[FlaskClient]:
    """A client of a server of a store, with one query worker: for fixtures to yield from."""
    app = create_app(Settings(store=store, workers=1, **settings))
    yield app.test_client(use_cookies=False)
    parts_of(app).pool.close()


def page_of(client: FlaskClient, path: str, *, status: int = 200, **headers: str) -> str:
    """Return a page as HTML."""
    reply = client.get(path, headers=HTML | headers)
    assert reply.status_code == status, f"{path}: {reply.get_data(as_text=True)[:500]}"
    return reply.get_data(as_text=True)


def plain(html: str) -> str:
    """Return what a part of a page says, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def table_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    """Return the rows of a page as CSV."""
    reply = client.get(path)
    assert reply.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))


def schema_of(page: str) -> dict[str, Any]:
    """Return the first JSON-LD in the head of a page."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    assert told["@context"] == "https://schema.org"
    return told
