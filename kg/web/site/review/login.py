"""Logging in with the token that lets its bearer write, and out again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Final

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import Forbidden
from kg.settings import Settings
from kg.web.replies import page
from kg.web.site.frame import address
from kg.web.site.languages import gettext
from kg.web.site.review import session
from kg.web.state import local_path, server
from kg.web.tokens import has_token

blueprint = Blueprint("login", __name__)
blueprint.after_request(session.private)

#: Wrong tokens that a client may send in a minute.
TRIES: Final = 10
WINDOW_S: Final = 60.0
#: A wrong token is answered so late, and so many at once: to guess takes long, whoever does.
_DELAY_S: Final = 0.5
_AT_ONCE: Final = 4
_CLIENTS: Final = 1_000
_EXTENSION: Final = "paperkg.login"


class Attempts:
    """Wrong tokens of late, by client; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def may_try(self, client: str) -> bool:
        """Tell whether a client may send another token."""
        with self._lock:
            times = self._failed.get(_network(client))
            while times and times[0] < time.monotonic() - WINDOW_S:
                times.popleft()
            return times is None or len(times) < TRIES

    def failed(self, client: str) -> bool:
        """Note a wrong token, and wait; False where too many others wait already."""
        with self._lock:
            times = self._failed.setdefault(_network(client), deque(maxlen=TRIES))
            times.append(time.monotonic())
            self._failed.move_to_end(_network(client))
            while len(self._failed) > _CLIENTS:
                self._failed.popitem(last=False)
        if not self._slots.acquire(blocking=False):
            return False
        try:
            time.sleep(_DELAY_S)
        finally:
            self._slots.release()
        return True


def _network(client: str) -> str:
    """Name who a client is: of IPv6, where one has many addresses, the network."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network(f"{client}/64", strict=False)) if address.version == 6 else client


def register(app: Flask) -> None:
    """Let *app* know who sent wrong tokens."""
    app.extensions[_EXTENSION] = Attempts()


def _attempts() -> Attempts:
    found: Attempts = current_app.extensions[_EXTENSION]
    return found


def require_reviews(settings: Settings) -> None:
    """Refuse where nobody can log in.

    Raises:
        Forbidden: no token is set.
    """
    if not settings.write_token:
        raise Forbidden("writing is off on this server; its owner can set KG_WRITE_TOKEN")


def address_of(back: str) -> str:
    """Return the address of the form that leads back to a path after logging in."""
    return address(local_path("login"), next=back.rstrip("?"))


@blueprint.get("/login")
def form() -> AnyResponse:
    """Ask for the token."""
    require_reviews(server().settings)
    if session.reviewer() is not None:
        return redirect(_next(), HTTPStatus.SEE_OTHER)
    return _form()


@blueprint.post("/login")
def log_in() -> AnyResponse:
    """Check the token, and begin a session."""
    require_reviews(server().settings)
    session.check_form()
    client = request.remote_addr or ""
    name = request.form.get("name", "")[:1_000]
    if not _attempts().may_try(client):
        return _too_many(name)
    try:
        by = session.name_of_person(name)
    except ValueError as error:
        return _form(name, str(error), HTTPStatus.BAD_REQUEST)
    if not has_token(f"Bearer {request.form.get('token', '')}", server().settings):
        if not _attempts().failed(client):
            return _too_many(name)
        return _form(name, gettext("This is not the token of this server."), HTTPStatus.FORBIDDEN)
    session.begin(by)
    return redirect(_next(), HTTPStatus.SEE_OTHER)


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    """End the session."""
    require_reviews(server().settings)
    session.check_form()
    session.end()
    return redirect(local_path("login"), HTTPStatus.SEE_OTHER)


def _next() -> str:
    """Return where to go after logging in: a path of ours that was asked for, or the reviews."""
    return session.own_path(request.values.get("next", "")[:2_000]) or local_path("review")


def _too_many(name: str) -> Response:
    problem = gettext("Too many wrong tokens; try again in a minute.")
    response = _form(name, problem, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(int(WINDOW_S))
    return response


def _form(name: str = "", problem: str = "", status: int = HTTPStatus.OK) -> Response:
    response = page(
        "login.html",
        name=name,
        problem=problem,
        next=_next(),
        form_token=session.form_token(),
        hours=session.LIFETIME_S // 3600,
    )
    response.status_code = status
    return response
