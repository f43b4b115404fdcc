"""What a review page says of decisions: in words, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

from kg.linked import NIL
from kg.web.site.frame import type_name
from kg.web.site.languages import gettext, ngettext
from kg.web.site.reading import Shown
from kg.web.site.review.applying import Progress
from kg.web.site.review.decisions import CORRECTION, LINK, Decided
from kg.web.site.review.log import Entry, State

#: Decisions of one's own that are listed.
LAST: Final = 6


@dataclass(frozen=True, slots=True)
class Known:
    """A decision about the thing on the page: who decided what, and when."""

    id: str
    about: str
    answer: str
    said: str
    by: str
    date: str
    comment: str


@dataclass(frozen=True, slots=True)
class Last:
    """A decision of one's own and what became of it; ``may_undo`` is whether it can be undone."""

    id: str
    list: str
    item: str
    name: str
    said: str
    state: str
    problem: str
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What is with the decisions that wait; ``busy`` is whether that changes by itself."""

    text: str
    busy: bool
    waiting: int
    problem: str = ""


def known_about(state: State, item: Shown) -> list[Known]:
    """List the decisions about a thing, those in force and those that wait."""
    kind = LINK if "kind" in item else CORRECTION
    found = {(one := Decided(kind, row)).id: one for row in item["decided"]}
    for id_, entry in state.entries.items():
        if entry.decided.about in item["about"] and entry.decided.kind == kind:
            if entry.wanted and entry.refused is None and not entry.gave_way:
                found[id_] = entry.decided
            else:
                found.pop(id_, None)
    return [
        Known(id_, one.about, one.answer, say(one), person(one.by), one.date, one.row["comment"])
        for id_, one in found.items()
    ]


def say(one: Decided) -> str:
    """Say what was decided."""
    answer = one.answer
    if one.kind == CORRECTION:
        return _say_correction(answer, one.row["paper"])
    if answer == NIL:
        return gettext("no item is right")
    named = f"{one.row['object_label']} ({one.row['object_id'].removeprefix('wd:')})".strip()
    if answer.startswith("not "):
        return gettext("not %(item)s") % {"item": named}
    if answer.startswith("close "):
        return gettext("nearly %(item)s") % {"item": named}
    return gettext("exactly %(item)s") % {"item": named}


def _say_correction(answer: str, paper: str) -> str:
    if answer == "not-a-term":
        return gettext("no term in %(paper)s") % {"paper": paper} if paper else gettext("no term")
    if answer == "different":
        return gettext("another thing in %(paper)s") % {"paper": paper}
    values = {"type": type_name(answer), "paper": paper}
    if paper:
        return gettext("of the type %(type)s in %(paper)s") % values
    return gettext("of the type %(type)s") % values


def person(by: str) -> str:
    """Say who decided."""
    return by.replace("|", ", ").replace("orcid:", "ORCID ")


def last_of(state: State, by: str) -> list[Last]:
    """List the last decisions of a person, the newest first."""
    own = [(id_, one) for id_, one in state.entries.items() if one.decided.by == by]
    return [_last(id_, one) for id_, one in reversed(own[-LAST:])]


def _last(id_: str, entry: Entry) -> Last:
    states = {
        "waiting": gettext("waiting"),
        "done": gettext("in force"),
        "refused": gettext("refused"),
        "replaced": gettext("replaced by a newer one"),
        "undoing": gettext("being undone"),
        "undone": gettext("undone"),
    }
    may_undo = entry.wanted and not entry.gave_way
    problem = entry.refused or ""
    said, state = say(entry.decided), states[entry.state]
    return Last(id_, entry.list, entry.item, entry.name, said, state, problem, may_undo)


def today_of(state: State, by: str) -> tuple[int, int]:
    """Count the decisions of today: a person's own, and everybody's."""
    today = date.today().isoformat()
    held = [one for one in state.entries.values() if one.decided.date == today and one.wanted]
    return sum(one.decided.by == by for one in held), len(held)


def status_of(state: State, progress: Progress) -> Status:
    """Say what is with the decisions that wait."""
    waiting = len(state.waiting)
    if progress.running:
        return Status(gettext("Decisions are being put in force."), True, waiting)
    if not waiting:
        return Status(gettext("All decisions are in force."), False, 0)
    told = ngettext("%(n)s decision waits.", "%(n)s decisions wait.", waiting) % {"n": waiting}
    if progress.next_s is not None:
        soon = gettext("To be put in force in %(n)s seconds.") % {"n": ceil(progress.next_s)}
        told = f"{told} {soon}"
    return Status(told, progress.next_s is not None, waiting, state.failed or "")
