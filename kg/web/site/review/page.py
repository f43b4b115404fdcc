"""Where people who may write look at what was found with doubt, and decide.

Decisions are kept in a log beside the store at once, and put in force in batches: what follows
from one takes as long to compute as what follows from many.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request
from werkzeug.exceptions import NotFound, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from kg.errors import BadRequest, Forbidden
from kg.linked import is_qid
from kg.settings import Settings
from kg.vocab import Iris
from kg.web.replies import page
from kg.web.site.reading import Shown, SiteJob
from kg.web.site.review import login, session
from kg.web.site.review.act import MAX_COMMENT, Act, Person, decide_link, decide_mention
from kg.web.site.review.applying import Applying
from kg.web.site.review.decisions import (
    CORRECTION,
    LINK,
    Decided,
    corrections_file,
    links_file,
    one_line,
)
from kg.web.site.review.left import Left
from kg.web.site.review.links_job import CandidatesJob, LinkJob
from kg.web.site.review.log import CannotKeep, Entry, Log, State
from kg.web.site.review.mentions_job import MentionJob
from kg.web.site.review.shown import known_about, last_of, status_of, today_of
from kg.web.site.review.where import LINKS, LISTS, Where, item_id
from kg.web.state import ask, local_path, server

if TYPE_CHECKING:
    from collections.abc import Callable

blueprint = Blueprint("review", __name__)
blueprint.after_request(session.private)

_EXTENSION: Final = "paperkg.review"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the reviews of one server share."""

    log: Log
    applying: Applying
    left: Left


def register(app: Flask, settings: Settings) -> None:
    """Let people review in *app*, if a token is set."""
    session.register(app, settings)
    login.register(app)
    if settings.write_token:
        log = Log(settings.store.with_name(f"{settings.store.name}-review"))
        app.extensions[_EXTENSION] = Desk(log, Applying(log, settings), Left(settings))


def resume(app: Flask) -> None:
    """Go on with decisions that were waiting when the server ended."""
    if _EXTENSION in app.extensions:
        desk_of(app).applying.resume()


def stop(app: Flask) -> None:
    """End what runs beside the server."""
    if _EXTENSION in app.extensions:
        desk_of(app).applying.stop()


def desk_of(app: Flask) -> Desk:
    """Return what the reviews of an application share."""
    found: Desk = app.extensions[_EXTENSION]
    return found


def _desk() -> Desk:
    login.require_reviews(server().settings)
    return desk_of(current_app)


def reviewers_only(route: Callable[[str], AnyResponse]) -> Callable[[], AnyResponse]:
    """Let a route be for who is logged in, whose name it gets; send others to log in."""

    @wraps(route)
    def checked() -> AnyResponse:
        login.require_reviews(server().settings)
        by = session.reviewer()
        if by is None:
            back = request.full_path if request.method == "GET" else "/review"
            return redirect(login.address_of(f"{request.script_root}{back}"), HTTPStatus.SEE_OTHER)
        if request.method == "POST":
            session.check_form()
        try:
            return route(by)
        except CannotKeep as error:
            raise ServiceUnavailable(str(error)) from error

    return checked


@blueprint.get("/review")
@reviewers_only
def show(by: str) -> AnyResponse:
    """Show one doubtful thing, and what can be decided of it."""
    where, desk = Where.read(request.args), _desk()
    state = desk.log.state()
    given = item_id(request.args)
    if given:
        item, place, left = _item(where.list, given), None, None
    else:
        skip = frozenset(one.decided.about for one in state.waiting.values() if one.wanted)
        told = _told(where.job(server().settings.base_iri, skip))
        item, place, left = told["item"], told["place"], told.get("left")
    if where.list != LINKS and not where.type and not where.term:
        left = desk.left.of(where.list)
    if left is not None:
        left = max(left - _waiting(state, LINK if where.list == LINKS else CORRECTION), 0)
    return page(
        "review.html",
        by=by,
        where=where,
        lists=LISTS,
        item=item,
        place=place,
        alone=bool(given),
        behind=where.behind(place).address(),
        left=left,
        candidates=_candidates(item) if item and request.args.get("candidates") else None,
        known=known_about(state, item) if item else [],
        tried=request.args.get("tried", "")[:50],
        last=last_of(state, by),
        today=today_of(state, by),
        status=status_of(state, desk.applying.progress()),
        max_comment=MAX_COMMENT,
        form_token=session.form_token(),
    )


@blueprint.post("/review/decide")
@reviewers_only
def decide(by: str) -> AnyResponse:
    """Keep a decision, unless another one was made meanwhile."""
    where, desk, given = Where.read(request.form), _desk(), item_id(request.form)
    act = request.form.get("act", "")
    item = _item(where.list, given)
    decided = _decided(where, item, act, by)
    seen = set(request.form.get("over", "").split(","))
    with desk.log.locked() as state:
        known = known_about(state, item)
        others = [one for one in known if one.id not in seen and one.answer != decided.answer]
        if others:
            return redirect(where.address(item=given, tried=act), HTTPStatus.SEE_OTHER)
        if not any((one.about, one.answer) == (decided.about, decided.answer) for one in known):
            facts = {"kind": decided.kind, "row": dict(decided.row), "name": item["label"]}
            desk.log.add("decide", **facts, list=where.list, item=given)
    desk.applying.wake()
    return redirect(where.address(), HTTPStatus.SEE_OTHER)


@blueprint.post("/review/undo")
@reviewers_only
def undo(by: str) -> AnyResponse:
    """Take a decision of one's own back, and show what it was about again."""
    where, desk = Where.read(request.form), _desk()
    with desk.log.locked() as state:
        entry = state.entries.get(request.form.get("id", ""))
        if entry is None or entry.decided.by != by:
            raise NotFound("decision: none of yours by that name; it may be too long ago")
        if entry.wanted and not entry.gave_way:
            desk.log.add("undo", id=entry.decided.id)
    desk.applying.wake()
    # Filters, and how far one was, are kept where the list is the same.
    back = where if where.list == entry.list else Where(entry.list)
    return redirect(back.address(item=entry.item), HTTPStatus.SEE_OTHER)


@blueprint.post("/review/apply")
@reviewers_only
def apply(by: str) -> AnyResponse:
    """Put what waits in force now."""
    _desk().applying.wake(now=True)
    return redirect(Where.read(request.form).address(), HTTPStatus.SEE_OTHER)


@blueprint.get("/review/status")
def status() -> AnyResponse:
    """Tell a page that is open what became of the decisions."""
    desk, by = _desk(), _logged_in()
    state = desk.log.state()
    told = status_of(state, desk.applying.progress())
    return jsonify(
        text=told.text,
        busy=told.busy,
        problem=told.problem,
        last=[{"id": one.id, "state": one.state} for one in last_of(state, by)],
    )


@blueprint.get("/review/candidates")
def candidates() -> AnyResponse:
    """Tell what else a thing may be; this may take a second."""
    _logged_in()
    return jsonify(_candidates(_item(LINKS, item_id(request.args))))


@blueprint.get("/review/waiting.csv")
def waiting_corrections() -> AnyResponse:
    """Give the corrections that wait as a file for ``kg corrections``."""
    _logged_in()
    text = corrections_file(_to_come(_desk().log.state()))
    return Response(text, content_type="text/csv; charset=utf-8")


@blueprint.get("/review/waiting.sssom.tsv")
def waiting_links() -> AnyResponse:
    """Give the decisions on links that wait as a file for ``kg link import``."""
    _logged_in()
    text = links_file(_to_come(_desk().log.state()), Iris(server().settings.base_iri))
    return Response(text, content_type="text/tab-separated-values; charset=utf-8")


def _waiting(state: State, kind: str) -> int:
    return sum(one.wanted and one.decided.kind == kind for one in state.waiting.values())


def _to_come(state: State) -> Iterable[Decided]:
    entries: Iterable[Entry] = state.waiting.values()
    return (one.decided for one in entries if one.wanted)


def _logged_in() -> str:
    login.require_reviews(server().settings)
    by = session.reviewer()
    if by is None:
        raise Forbidden(f"review: for who is logged in; see {local_path('login')}")
    return by


def _told(job: SiteJob) -> Shown:
    """Return the answer to a job that nobody asks for again."""
    shown: Shown = json.loads(ask(job).read())
    return shown


def _item(list_: str, given: str) -> Shown:
    base = server().settings.base_iri
    job = LinkJob(base, given) if list_ == LINKS else MentionJob(base, given)
    item: Shown | None = _told(job)["item"]
    if item is None:
        raise NotFound(f"{given}: nothing of that name to review")
    return item


def _candidates(item: Shown, asked: str = "") -> Shown | None:
    if "kind" not in item:
        return None
    settings = server().settings
    index = str(settings.index.absolute()) if settings.index else ""
    return _told(CandidatesJob(settings.base_iri, item["id"], index, asked))


def _decided(where: Where, item: Shown, act: str, by: str) -> Decided:
    comment = one_line("parameter 'comment'", request.form.get("comment", ""), MAX_COMMENT)
    person = Person(by, comment)
    if where.list != LINKS:
        everywhere = request.form.get("scope") == "all"
        return decide_mention(Act.read(act), item, person, everywhere=everywhere)

    def label_of(qid: str) -> str:
        told = _candidates(item, qid) or {}
        return str(told.get("label", ""))

    if act.startswith("pick:other"):
        given = request.form.get("pick", "").strip().upper()
        if not is_qid(given):
            raise BadRequest(f"parameter 'pick': {given[:50]!r}; expected an item such as Q42")
        act = act.replace("pick:other", f"pick:{given}", 1)
    iris = Iris(server().settings.base_iri)
    return decide_link(Act.read(act), item, person, iris, label_of)
