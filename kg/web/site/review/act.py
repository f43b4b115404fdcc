"""What a reviewer's key or button decides: one row of a file of decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kg.errors import BadRequest
from kg.folding import unbroken
from kg.linked import Kind, LinkDecision, Relation, is_qid
from kg.model import Correction, Decision, TermType
from kg.vocab import Iris
from kg.web.site.reading import Shown
from kg.web.site.review.decisions import Decided, of_correction, of_link, one_line

MAX_COMMENT: Final = 300
_MAX_LABEL: Final = 1_000
_ACT: Final = re.compile(r"([a-z]{1,20})(?::([A-Za-z0-9]{1,20}))?(?::(exact|close))?")


@dataclass(frozen=True, slots=True)
class Act:
    """A button: what it does, and of which type, item or relation.

    ``accept``, ``reject``, ``type:Model`` and ``other`` (another thing than elsewhere) of a
    mention; ``accept``, ``reject``, ``none`` (no item is right), ``relation:close`` and
    ``pick:Q42:exact`` of a link.
    """

    name: str
    value: str = ""
    relation: Relation | None = None

    @classmethod
    def read(cls, text: str) -> Act:
        """Read the value of a button.

        Raises:
            BadRequest: there is no such button.
        """
        found = _ACT.fullmatch(text)
        if not found:
            raise BadRequest(f"parameter 'act': {text[:50]!r}; expected that of a button")
        return cls(found[1], found[2] or "", Relation(found[3]) if found[3] else None)


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, and why, if something is said."""

    by: str
    comment: str = ""


def decide_mention(act: Act, item: Shown, person: Person, *, everywhere: bool) -> Decided:
    """Make a decision on a mention.

    Args:
        everywhere: it is to hold for the name in all papers, not in this one alone.

    Raises:
        BadRequest: there is no such button, or the name cannot stand in a file of decisions.
    """
    label = one_line("the name", unbroken(item["label"]), _MAX_LABEL)
    if act.name == "reject":
        decision, value = Decision.NOT_A_TERM, ""
    elif act.name == "other":  # it says so of this paper
        decision, value, everywhere = Decision.DIFFERENT, "", False
    elif act.name in ("accept", "type"):
        value = item["type"] if act.name == "accept" else act.value
        if value not in list(TermType):
            raise BadRequest(f"parameter 'act': the type {value!r}; expected one of terms")
        decision = Decision.TYPE
    else:
        raise BadRequest(f"parameter 'act': {act.name!r}; expected that of a button")
    papers = () if everywhere else (item["paper"]["key"],)
    made = Correction(decision, label, value, papers, person.by, _today(), person.comment)
    found = of_correction(made)
    if found is None:
        raise BadRequest(f"parameter 'act': {act.name!r}; expected that of a button")
    return found


def decide_link(
    act: Act, item: Shown, person: Person, iris: Iris, label_of: Callable[[str], str]
) -> Decided:
    """Make a decision on a link.

    Args:
        label_of: tells the label of an item that someone picked.

    Raises:
        BadRequest: there is no such button for this link.
    """
    qid, label = item["qid"], item["item"]
    relation = Relation(item["relation"]) if item["relation"] else None
    negated = False
    if act.name == "reject" and qid:
        negated, relation = True, None
    elif act.name == "none":
        qid, relation = None, None
    elif act.name == "relation" and qid and act.value in list(Relation):
        relation = Relation(act.value)
    elif act.name == "pick" and is_qid(act.value):
        qid, relation = act.value, act.relation or Relation.EXACT
        label = label_of(qid)
    elif act.name != "accept":
        raise BadRequest(f"parameter 'act': {act.name!r}; expected that of a button")
    kind = Kind(item["kind"])
    made = LinkDecision(
        kind=kind,
        key=item["key"],
        qid=qid,
        relation=relation if kind is Kind.TERM and qid else None,
        negated=negated,
        by=person.by,
        date=_today(),
        comment=person.comment,
        label=one_line("the item's label", label, _MAX_LABEL) if qid else "",
    )
    return of_link(made, iris)


def _today() -> str:
    return date.today().isoformat()
