"""Who is logged in: a signed cookie of this server, and what proves that a form is its own.

The cookie gives no right but to review: writing over SPARQL and the graph store asks for the
token itself. Its key is derived from the token (HMAC-SHA256, as the first step of HKDF, RFC
5869), so a restart ends no session, and another token ends all.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface

from kg.errors import Forbidden
from kg.settings import Settings

LIFETIME_S: Final = 8 * 3600
COOKIE: Final = "paperkg-review"
#: Another number here ends all sessions.
_LABEL: Final = b"paperkg review session 1"
_EXTENSION: Final = "paperkg.session"
#: Sessions that were ended and could still be shown, at most.
_MOST_ENDED: Final = 10_000
MAX_NAME: Final = 80
_ORCID: Final = re.compile(r"(?:https?://orcid\.org/|orcid:)?((?:\d{4}-){3}\d{3}[\dXx])")
#: They would make a name read otherwise than it is.
_BIDI: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Interface(SecureCookieSessionInterface):
    """Sessions whose cookie holds for this application and the protocol that was used."""

    salt = COOKIE
    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_path(self, app: Flask) -> str:
        return request.script_root or "/"

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


@dataclass(slots=True)
class _Ended:
    """Sessions that were ended before their cookie loses its force, with that time."""

    until: OrderedDict[str, float] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, id_: str) -> None:
        with self.lock:
            self.until[id_] = time.time() + LIFETIME_S
            while len(self.until) > _MOST_ENDED or next(iter(self.until.values())) < time.time():
                self.until.popitem(last=False)

    def __contains__(self, id_: object) -> bool:
        with self.lock:
            return id_ in self.until


def register(app: Flask, settings: Settings) -> None:
    """Let people log in to *app*, if a token is set."""
    app.session_interface = _Interface()
    app.extensions[_EXTENSION] = _Ended()
    app.config.update(
        SECRET_KEY=_key(settings.write_token) if settings.write_token else None,
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=LIFETIME_S),
    )


def _key(token: str) -> bytes:
    return hmac.digest(_LABEL, token.encode(), hashlib.sha256)


def begin(name: str) -> None:
    """Log someone in; what the session was before is gone, and so is its proof for forms."""
    session.clear()
    session.update(by=name, id=secrets.token_urlsafe(16), since=int(time.time()))
    session.permanent = True
    form_token()


def end() -> None:
    """Log out: the cookie is taken back, and a copy of it is no longer good."""
    if "id" in session:
        _ended().add(session["id"])
    session.clear()


def reviewer() -> str | None:
    """Return who is logged in: a name, or ``orcid:`` with an ORCID iD; None for nobody."""
    name, id_, since = (session.get(key) for key in ("by", "id", "since"))
    if not isinstance(name, str) or not isinstance(since, int) or id_ in _ended():
        return None
    # An extended cookie does not extend the session.
    return name if 0 <= time.time() - since < LIFETIME_S else None


def form_token() -> str:
    """Return what a form of this session holds to prove that it is one of ours."""
    if "form" not in session:
        session["form"] = secrets.token_urlsafe(24)
        session.permanent = True
    return str(session["form"])


def check_form() -> None:
    """Refuse a form that another site or session sent.

    Raises:
        Forbidden: the browser says that another site did, or the form's token is not ours.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    # A browser that names no origin for privacy still says that it is the same.
    hidden = origin is None or (origin == "null" and site is not None)
    if site not in (None, "same-origin", "none") or not (hidden or _is_own(origin or "")):
        raise Forbidden("form: sent by another site; open the page here and send it again")
    given, known = request.form.get("form", ""), session.get("form")
    if not isinstance(known, str) or not hmac.compare_digest(given.encode(), known.encode()):
        raise Forbidden("form: not of this session; load the page again and send it from there")


def _is_own(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def private(response: Response) -> Response:
    """Let nobody keep an answer or read it from elsewhere."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Access-Control-Allow-Origin"] = request.host_url.rstrip("/")
    return response


def own_path(address: str) -> str | None:
    """Return an address if it is a path of this application, else None."""
    if not re.fullmatch(r"/[!#-\[\]-~]*", address) or address.startswith("//"):
        return None
    root = request.script_root
    return address if address.startswith(f"{root}/") else None


def name_of_person(text: str) -> str:
    """Read how a reviewer is to be named: a name, or an ORCID iD in any of its forms.

    Raises:
        ValueError: neither; says what was expected.

    >>> name_of_person(" Mina  Seo "), name_of_person("https://orcid.org/0000-0002-1825-0097")
    ('Mina Seo', 'orcid:0000-0002-1825-0097')
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    found = _ORCID.fullmatch(name)
    if found:
        return f"orcid:{_checked(found[1].upper())}"
    if not name or len(name) > MAX_NAME:
        raise ValueError(f"expected a name of 1 to {MAX_NAME} characters, or an ORCID iD")
    bad = [one for one in name if unicodedata.category(one)[0] == "C" or one in _BIDI | {"|"}]
    if bad or ":" in name or "/" in name:
        raise ValueError("expected a name, without signs such as ':' and '/', or an ORCID iD")
    return name


def _checked(orcid: str) -> str:
    """Refuse an ORCID iD whose last digit does not check (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if orcid[-1] != ("X" if check == 10 else str(check)):
        raise ValueError(f"{orcid} is no ORCID iD: a digit is wrong")
    return orcid


def _ended() -> _Ended:
    found: _Ended = current_app.extensions[_EXTENSION]
    return found
