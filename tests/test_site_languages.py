"""The interface in English and Korean: nothing is left out, and readers get what they ask for."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from kg.settings import Settings
from kg.web import create_app
from kg.web.site.languages import LANGUAGES
from kg.web.state import parts_of
from tests.conftest import ROOT
from tests.server_process import write_store

FOLDER = ROOT / "kg" / "web" / "translations"
#: Places that a value is put into: by the server, and by scripts.
_PLACE = re.compile(r"%\([a-z_]{1,30}\)s|%%|\{[a-z]{1,30}\}")


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.fixture(scope="module")
def korean() -> Catalog:
    return _catalogue(FOLDER / "ko" / "LC_MESSAGES" / "messages.po")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    app = create_app(
        Settings(store=write_store(tmp_path_factory.mktemp("languages") / "kg"), workers=1)
    )
    yield app.test_client()
    parts_of(app).pool.close()


def test_template_has_every_string_of_the_interface(tmp_path: Path) -> None:
    made = tmp_path / "messages.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
        + ["-F", FOLDER / "babel.toml", "--no-location", "-o", made]
        + [ROOT / "kg" / "web", ROOT / "queries"],
        check=True,
        cwd=ROOT,
    )
    found = {message.id for message in _catalogue(made)}
    assert found == {message.id for message in _catalogue(FOLDER / "messages.pot")}, "make messages"


def test_every_string_is_translated(korean: Catalog) -> None:
    known = {message.id for message in korean}
    assert known == {message.id for message in _catalogue(FOLDER / "messages.pot")}
    assert [message.id for message in korean if message.id and not all(_texts(message))] == []
    assert [message.id for message in korean if message.fuzzy and message.id] == []


def test_translations_have_the_places_of_their_strings(korean: Catalog) -> None:
    for message in korean:
        asked = [message.id] if isinstance(message.id, str) else list(message.id)
        places = [Counter(_PLACE.findall(text)) for text in asked]
        for text in _texts(message) if message.id else ():
            assert Counter(_PLACE.findall(text)) in places, f"{asked}: {text}"


def test_compiled_catalogue_is_that_of_its_source(korean: Catalog) -> None:
    with (FOLDER / "ko" / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    assert _by_id(compiled) == _by_id(korean), "make messages"


def _by_id(catalogue: Catalog) -> dict[str, list[str]]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: _texts(message)
        for message in catalogue
        if message.id
    }


@pytest.mark.parametrize(
    ("accepts", "chosen"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("ko-KR,en;q=0.5", "ko"),
        ("en-GB,ko;q=0.5", "en"),
        ("fr,de;q=0.9", "en"),
        ("ko;q=0,en;q=0.1", "en"),
        (";;;,q=", "en"),
    ],
)
def test_browser_says_the_language(client: FlaskClient, accepts: str, chosen: str) -> None:
    reply = client.get("/", headers={"Accept": "text/html", "Accept-Language": accepts})
    assert f'<html lang="{chosen}">' in reply.get_data(as_text=True)
    assert {"accept-language", "cookie"} <= {name.lower() for name in reply.vary}
    assert "Set-Cookie" not in reply.headers


def test_address_says_the_language_and_it_is_kept(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    first = client.get("/?lang=ko", headers=headers)
    assert '<html lang="ko">' in first.get_data(as_text=True)
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="ko">' in client.get("/", headers=headers).get_data(as_text=True)
    client.delete_cookie("lang")
    assert '<html lang="en">' in client.get("/", headers=headers).get_data(as_text=True)


@pytest.mark.parametrize("asked", ["xx", "", "ko%00", "../ko", "<script>"])
def test_other_languages_are_not_there(client: FlaskClient, asked: str) -> None:
    reply = client.get("/", query_string={"lang": asked}, headers={"Accept": "text/html"})
    assert '<html lang="en">' in reply.get_data(as_text=True)
    assert "Set-Cookie" not in reply.headers


def test_page_names_its_other_languages(client: FlaskClient) -> None:
    page = client.get("/term/kite", headers={"Accept": "text/html"}).get_data(as_text=True)
    for name in LANGUAGES:
        assert f'hreflang="{name}" href="http://localhost/term/kite?lang={name}"' in page
