"""Logging in to review: who may, for how long, and from where."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.settings import Settings
from kg.web import create_app
from kg.web.site.review import login, session
from kg.web.site.review.login import Attempts
from kg.web.state import parts_of
from tests.reviewers import TOKEN, Reviews, field
from tests.server_process import write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("login") / "kg")


@pytest.fixture
def reviews(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reviews]:
    monkeypatch.setattr(login, "_DELAY_S", 0.0)
    made = Reviews(store)
    yield made
    made.close()


def test_no_login_where_writing_is_off(store: Path) -> None:
    app = create_app(Settings(store=store, workers=1))
    client = app.test_client()
    try:
        for path in ("/login", "/review", "/review/status", "/review/waiting.csv"):
            reply = client.get(path)
            assert reply.status_code == 403
            assert "KG_WRITE_TOKEN" in reply.get_json()["detail"]
        for path in ("/login", "/logout", "/review/decide", "/review/undo", "/review/apply"):
            assert client.post(path, data={"token": ""}).status_code == 403
    finally:
        parts_of(app).pool.close()


@pytest.mark.parametrize("token", ["", "sesame", TOKEN + "x", TOKEN.upper(), "x" * 10_000])
def test_wrong_token(reviews: Reviews, token: str) -> None:
    client = reviews.app.test_client()
    form = field(client.get("/login").text, "form")
    reply = client.post("/login", data={"form": form, "name": "Mina Seo", "token": token})
    assert reply.status_code == 403
    assert 'role="alert"' in reply.text
    assert 'value="Mina Seo"' in reply.text
    assert token[:20] not in reply.text or not token
    assert client.get("/review").headers["Location"].startswith("/login?next=")


def test_a_wrong_token_takes_a_while() -> None:
    attempts, begin = Attempts(), time.monotonic()
    assert attempts.failed("192.0.2.1")
    assert time.monotonic() - begin >= 0.4


def test_too_many_wrong_tokens(reviews: Reviews) -> None:
    client = reviews.app.test_client()
    form = field(client.get("/login").text, "form")
    wrong = {"form": form, "name": "Mina Seo", "token": "wrong"}
    for _ in range(login.TRIES):
        assert client.post("/login", data=wrong).status_code == 403
    reply = client.post("/login", data={**wrong, "token": TOKEN})
    assert reply.status_code == 429
    assert reply.headers["Retry-After"] == "60"
    assert client.get("/review").status_code == 303
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    reply = client.post("/login", data={**wrong, "token": TOKEN}, environ_base=elsewhere)
    assert reply.status_code == 303


def test_attempts_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_DELAY_S", 0.0)
    attempts = Attempts()
    for number in range(login.TRIES):
        assert attempts.may_try(f"2001:db8:0:1::{number}")
        attempts.failed(f"2001:db8:0:1::{number}")
    assert not attempts.may_try("2001:db8:0:1:ffff::1"), "one network, one client"
    assert attempts.may_try("2001:db8:0:2::1")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + login.WINDOW_S + 1)
    assert attempts.may_try("2001:db8:0:1:ffff::1")
    for number in range(5_000):
        attempts.failed(f"198.51.{number // 250}.{number % 250}")
    assert len(attempts._failed) <= 1_000


def test_cookie(reviews: Reviews) -> None:
    client = reviews.app.test_client()
    for base_url, secure in (("http://localhost", False), ("https://localhost", True)):
        form = field(client.get("/login", base_url=base_url).text, "form")
        sent = {"form": form, "name": "Mina Seo", "token": TOKEN}
        reply = client.post("/login", data=sent, base_url=base_url)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/review")
        cookie = reply.headers["Set-Cookie"]
        parts = {part.strip() for part in cookie.split(";")}
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} < parts
        assert ("Secure" in parts) is secure
        assert TOKEN not in cookie
        assert reply.headers["Cache-Control"] == "no-store"
        client.delete_cookie(session.COOKIE)


@pytest.mark.parametrize(
    ("given", "leads"),
    [("/graph/review?list=links", "/graph/review?list=links"), ("/elsewhere", "/graph/review")],
)
def test_cookie_is_for_the_prefix(reviews: Reviews, given: str, leads: str) -> None:
    client = reviews.app.test_client()
    prefix = {"SCRIPT_NAME": "/graph"}
    page = client.get("/login", environ_overrides=prefix)
    assert "Path=/graph;" in page.headers["Set-Cookie"] + ";"
    sent = {"form": field(page.text, "form"), "name": "Mina Seo", "token": TOKEN, "next": given}
    reply = client.post("/login", data=sent, environ_overrides=prefix)
    assert reply.headers["Location"] == leads


@pytest.mark.parametrize(
    "given",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "review"]
    + ["/a\r\nSet-Cookie: x=y", "\t//evil.example", "/\t/evil.example", "http:evil.example"],
)
def test_login_leads_nowhere_else(reviews: Reviews, given: str) -> None:
    client = reviews.app.test_client()
    page = client.get("/login", query_string={"next": given}).text
    assert field(page, "next") == "/review"
    sent = {"form": field(page, "form"), "name": "Mina Seo", "token": TOKEN, "next": given}
    assert client.post("/login", data=sent).headers["Location"] == "/review"


def test_login_leads_back(reviews: Reviews) -> None:
    client = reviews.app.test_client()
    asked = client.get("/review?list=links&type=Task").headers["Location"]
    page = client.get(asked).text
    sent = {"form": field(page, "form"), "name": "Mina Seo", "token": TOKEN}
    reply = client.post("/login", data={**sent, "next": field(page, "next")})
    assert reply.headers["Location"] == "/review?list=links&type=Task"


def test_forms_of_others_are_refused(reviews: Reviews) -> None:
    one, other = reviews.reviewer("Mina Seo"), reviews.reviewer("Jo Park")
    one.look()
    other.look()
    token = field(one.page, "form")
    for form in ({}, {"form": ""}, {"form": "wrong"}, {"form": field(other.page, "form")},
                 {"form": "뭐"}):  # fmt: skip
        for path in ("/logout", "/review/decide", "/review/undo", "/review/apply", "/login"):
            assert one.client.post(path, data=form).status_code == 403, (path, form)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ):
        reply = one.client.post("/logout", data={"form": token}, headers=headers)
        assert reply.status_code == 403, headers
    assert reviews.desk.log.state().entries == {}
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "http://localhost"},
    ):
        reply = one.client.post("/review/apply", data={"form": token}, headers=headers)
        assert reply.status_code == 303, headers


def test_reading_changes_nothing(reviews: Reviews) -> None:
    reviewer = reviews.reviewer()
    for path in ("/logout", "/review/decide", "/review/undo", "/review/apply"):
        assert reviewer.client.get(path).status_code == 405
    reviewer.look()
    assert not reviews.desk.log.path.exists()
    assert reviewer.client.get("/review").status_code == 200


def test_logging_out_ends_copies_of_the_cookie(reviews: Reviews) -> None:
    reviewer = reviews.reviewer()
    cookie = reviewer.client.get_cookie(session.COOKIE)
    assert cookie is not None
    reviewer.look()
    copy = reviews.app.test_client()
    copy.set_cookie(session.COOKIE, cookie.value)
    assert copy.get("/review").status_code == 200
    reply = reviewer.client.post("/logout", data={"form": field(reviewer.page, "form")})
    assert reply.headers["Location"] == "/login"
    assert reviewer.client.get("/review").status_code == 303
    assert copy.get("/review").status_code == 303


def test_sessions_end_with_the_token_not_with_the_server(
    reviews: Reviews, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = reviews.reviewer().client.get_cookie(session.COOKIE)
    assert cookie is not None
    for token, status in ((TOKEN, 200), (TOKEN + "2", 303)):
        app = create_app(Settings(store=store, workers=1, write_token=token))
        client = app.test_client()
        try:
            client.set_cookie(session.COOKIE, cookie.value)
            assert client.get("/review").status_code == status
            client.set_cookie(session.COOKIE, cookie.value[:-3] + "AAA")
            assert client.get("/review").status_code == 303
        finally:
            parts_of(app).pool.close()
    client = reviews.app.test_client()
    client.set_cookie(session.COOKIE, cookie.value)
    now = time.time()
    monkeypatch.setattr(session.time, "time", lambda: now + session.LIFETIME_S + 1)
    assert client.get("/review").status_code == 303


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("  Mina   Seo ", "Mina Seo"),
        ("서미나", "서미나"),
        ("0000-0002-1825-0097", "orcid:0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233x", "orcid:0000-0002-1694-233X"),
    ],
)
def test_names(given: str, name: str) -> None:
    assert session.name_of_person(given) == name


@pytest.mark.parametrize(
    "given",
    ["", " ", "x" * 81, "Mina|Jo", "Mina\u202eoeS", "https://example.org/me", "Mina\x00"]
    + ["0000-0002-1825-0098"],
)
def test_names_that_are_none(reviews: Reviews, given: str) -> None:
    client = reviews.app.test_client()
    form = field(client.get("/login").text, "form")
    reply = client.post("/login", data={"form": form, "name": given, "token": TOKEN})
    assert reply.status_code == 400
    assert 'role="alert"' in reply.text
    assert client.get("/review").status_code == 303


def test_pages_are_private(reviews: Reviews) -> None:
    reviewer = reviews.reviewer()
    for path in ("/login", "/review", "/review/status", "/review/waiting.csv"):
        headers = reviewer.client.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Access-Control-Allow-Origin"] == "http://localhost"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert reviewer.client.get("/terms").headers["Access-Control-Allow-Origin"] == "*"
    stranger = reviews.app.test_client()
    for path in ("/review/status", "/review/waiting.csv", "/review/candidates?item=term/x"):
        assert stranger.get(path).status_code == 403
