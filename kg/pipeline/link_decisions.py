"""People's decisions on links: read, checked against each other, put in force, and taken back.

As with corrections, a decision answers questions: which item a thing is, and whether it is a
certain one. A newer answer takes the place of an older one; of two of one day, the one
loaded last. So what is in force, and with it the graph, depends on the decisions alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import pyoxigraph as ox

from kg.link.mappings.reading import MAX_BYTES, LinkFile, read_sssom
from kg.linked import NIL, Kind, LinkDecision
from kg.model import Problem
from kg.pipeline.derived import NO_COUNTS, Counts, check_base, write_derived
from kg.settings import Settings
from kg.store import Writer, open_writer
from kg.vocab import TERMS_GRAPH, Iris

_WHICH: Final = "which"
#: What a decision is about, and an item or "which".
Question = tuple[Kind, str, str]


@dataclass(frozen=True, slots=True)
class LinksDecided:
    """What loading decisions on links did; with ``problems`` it changed nothing.

    ``new`` are in force now and were not, ``older`` gave way to a newer decision that is in
    force, ``withdrawn`` are no longer in force. ``waiting`` are new ones about what is not in
    the graph: they hold as soon as it is. ``skipped`` counts the rows that a machine made.
    """

    problems: tuple[Problem, ...] = ()
    new: tuple[LinkDecision, ...] = ()
    older: tuple[LinkDecision, ...] = ()
    withdrawn: tuple[LinkDecision, ...] = ()
    waiting: tuple[LinkDecision, ...] = ()
    in_force: tuple[LinkDecision, ...] = ()
    skipped: int = 0
    counts: Counts = NO_COUNTS


def read_link_decisions(source: Path | BinaryIO, where: str, settings: Settings) -> LinkFile:
    """Read a file of decisions; its problems are bad rows, or rows that contradict others."""
    try:
        if isinstance(source, Path):
            with source.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
        else:
            data = source.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        return LinkFile(where, problems=(Problem(where, 0, what, "expected an SSSOM file"),))
    file = read_sssom(data, where, Iris(settings.base_iri))
    if file.problems:
        return file
    return replace(file, problems=_conflicts(file.decisions, where))


def apply_link_decisions(
    file: LinkFile, settings: Settings, *, replace: bool = False
) -> LinksDecided:
    """Put the decisions of a file in force and recompute what follows, in one step.

    All of them or none.

    Args:
        replace: take back all others that are in force.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the settings do not fit the store.
    """
    problems = file.problems or _conflicts(file.decisions, file.path)
    if problems:
        return LinksDecided(problems)
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        before = writer.records.link_decisions()
        after, older = newest(() if replace else before, file.decisions)
        new = tuple(one for one in after if one not in before)
        withdrawn = tuple(one for one in before if one not in after)
        if not new and not withdrawn:
            writer.publish = False
            return LinksDecided((), (), older, (), (), after, file.skipped)
        writer.records.set_link_decisions(after)
        counts = write_derived(writer, settings)
        waiting = _waiting(new, writer, Iris(settings.base_iri))
    return LinksDecided((), new, older, withdrawn, waiting, after, file.skipped, counts)


def questions(one: LinkDecision) -> tuple[Question, ...]:
    """List what a decision answers; two decisions of one question exclude each other.

    Which item it is, by an item or by none; and of an item, whether it is that one.
    """
    which = (one.kind, one.key, _WHICH)
    if one.qid is None:
        return (which,)
    is_it = (one.kind, one.key, one.qid)
    return (is_it,) if one.negated else (which, is_it)


def newest(
    before: Iterable[LinkDecision], coming: Iterable[LinkDecision]
) -> tuple[tuple[LinkDecision, ...], tuple[LinkDecision, ...]]:
    """Return what is in force when *coming* is loaded, and what of it is too old for that."""
    answers = {question: one for one in before for question in questions(one)}
    older = []
    for one in sorted(coming, key=lambda one: (one.date, _order(one))):
        asked = questions(one)
        known = {answers[question] for question in asked if question in answers}
        if any(other.date > one.date for other in known):
            if not any(_same_answer(one, other) for other in known):
                older.append(one)
            continue
        for other in known:
            for question in questions(other):
                answers.pop(question, None)
        answers.update(dict.fromkeys(asked, one))
    return tuple(sorted(set(answers.values()), key=_order)), tuple(older)


def _order(one: LinkDecision) -> tuple[str, ...]:
    return (one.kind, one.key, one.target, str(one.negated), one.by, one.comment, one.label)


def _same_answer(one: LinkDecision, other: LinkDecision) -> bool:
    return (one.qid, one.negated, one.relation) == (other.qid, other.negated, other.relation)


def _conflicts(decisions: Iterable[LinkDecision], source: str) -> tuple[Problem, ...]:
    """Find decisions of one list that exclude each other; each is told at the later row."""
    first: dict[Question, LinkDecision] = {}
    problems = []
    for one in sorted(decisions, key=lambda one: one.line):
        for question in questions(one):
            other = first.setdefault(question, one)
            if not _same_answer(one, other):
                told = f"{_said(one)}, but {_said(other)} (line {other.line})"
                problems.append(Problem(source, one.line, told, "keep one of them"))
                break
    return tuple(problems)


def _said(one: LinkDecision) -> str:
    word = "not " if one.negated else f"{one.relation} " if one.relation else ""
    return f"{one.kind} {one.key!r} is {word}{'nothing' if one.target == NIL else one.target}"


def _waiting(
    decisions: tuple[LinkDecision, ...], writer: Writer, iris: Iris
) -> tuple[LinkDecision, ...]:
    graph = ox.NamedNode(iris.graph(TERMS_GRAPH))

    def is_there(one: LinkDecision) -> bool:
        node = ox.NamedNode(iris.thing(one.kind, one.key))
        return next(writer.graph.quads_for_pattern(node, None, None, graph), None) is not None

    return tuple(one for one in decisions if not is_there(one))
