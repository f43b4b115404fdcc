"""People's decisions: read, checked against each other, put in force, and taken back.

A decision answers a question, such as what a name is or whether two names are one thing. A
newer answer takes the place of an older one; of two of one day, the one loaded last. So
what is in force, and with it the graph, depends on the decisions and not on how they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from kg.model import Correction, Decision, ExtractedDigest, Problem
from kg.pipeline.corrections_csv import CorrectionsFile, read_rows, write_rows
from kg.pipeline.derived import NO_COUNTS, Counts, check_base, write_derived
from kg.resolve.decisions import (
    Decided,
    contradictions,
    decided,
    questions,
    same_answer,
    spellings_apart,
)
from kg.settings import Settings
from kg.store import Records, open_snapshot, open_writer
from kg.vocab import key_of


@dataclass(frozen=True, slots=True)
class Corrected:
    """What loading corrections did; with ``problems`` it changed nothing.

    ``new`` are in force now and were not, ``older`` gave way to a newer decision that is in
    force, ``withdrawn`` are no longer in force. ``waiting`` are new ones that name what
    stands in no digest: they hold as soon as one brings it.
    """

    problems: tuple[Problem, ...] = ()
    new: tuple[Correction, ...] = ()
    older: tuple[Correction, ...] = ()
    withdrawn: tuple[Correction, ...] = ()
    waiting: tuple[Correction, ...] = ()
    in_force: tuple[Correction, ...] = ()
    counts: Counts = NO_COUNTS


def read_corrections(path: Path) -> CorrectionsFile:
    """Read a file of decisions; its problems are bad rows, or rows that contradict others."""
    file = read_rows(path)
    if file.problems:
        return file
    return replace(file, problems=_conflicts(file.corrections, file.path))


def write_corrections(corrections: Iterable[Correction], out: TextIO) -> None:
    """Write decisions as CSV, sorted, so that they can be edited and loaded again."""
    ordered = sorted(
        corrections, key=lambda one: (one.label, one.decision, one.value, one.papers, one.id)
    )
    write_rows(ordered, out)


def corrections_in_force(settings: Settings) -> tuple[Correction, ...]:
    """Return the decisions that hold in the store.

    Raises:
        StoreError: there is no store.
    """
    with open_snapshot(settings.store) as snapshot, snapshot.records() as records:
        return records.corrections()


def apply_corrections(
    corrections: Sequence[Correction],
    settings: Settings,
    *,
    replace: bool = False,
    source: str = "corrections",
) -> Corrected:
    """Put decisions in force and recompute what follows, in one step.

    All of them or none: half of a list of decisions would say what nobody decided.

    Args:
        replace: take back all others that are in force.
        source: what to call the list in problems, such as the path of its file.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the settings do not fit the store.
    """
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        file = CorrectionsFile(source, tuple(corrections), ())
        done = take_in(file, writer.records, replace=replace)
        if done.problems:
            writer.publish = False
            return done
        counts = write_derived(writer, settings)
        writer.publish = bool(writer.changed or done.new or done.withdrawn)
        waiting = _waiting(done.new, writer.records.read())
    return Corrected((), done.new, done.older, done.withdrawn, waiting, done.in_force, counts)


def take_in(file: CorrectionsFile, records: Records, *, replace: bool = False) -> Corrected:
    """Put the decisions of a file among those in force, unless some contradict each other."""
    problems = file.problems or _conflicts(file.corrections, file.path)
    if problems:
        return Corrected(problems)
    before = records.corrections()
    after, older = _newest([] if replace else before, file.corrections)
    problems = _conflicts(after, file.path)
    if problems:
        return Corrected(problems)
    records.set_corrections(after)
    return Corrected(
        new=tuple(one for one in after if one not in before),
        older=older,
        withdrawn=tuple(one for one in before if one not in after),
        in_force=after,
    )


def _newest(
    before: Iterable[Correction], coming: Iterable[Correction]
) -> tuple[tuple[Correction, ...], tuple[Correction, ...]]:
    """Return what is in force when *coming* is loaded, and what of it is too old for that."""
    before, coming = list(before), sorted(coming, key=lambda one: (one.date, one.id))
    names = Decided(spellings_apart([*before, *coming]))
    answers = {question: one for one in before for question in questions(one, names)}
    older = []
    for one in coming:
        asked = questions(one, names)
        known = {answers[question] for question in asked if question in answers}
        if any(other.date > one.date for other in known):
            if not any(same_answer(one, other, names) for other in known):
                older.append(one)
            continue
        for other in known:
            for question in questions(other, names):
                answers.pop(question, None)
        answers.update(dict.fromkeys(asked, one))
    after = sorted(dict.fromkeys(answers.values()), key=lambda one: one.id)
    return tuple(after), tuple(older)


def _conflicts(corrections: Iterable[Correction], source: str) -> tuple[Problem, ...]:
    problems = []
    for clash, what in contradictions(corrections):
        # Told at the row that comes last; the others are named with their lines.
        last, *others = sorted(clash, key=lambda one: -one.line)
        told = ", ".join(f"{_said(one)} ({_where(one)})" for one in reversed(others))
        problems.append(
            Problem(source, last.line, f"{_said(last)}, but {told}: {what}", "keep one of them")
        )
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.found)))


def _said(one: Correction) -> str:
    value = f" {one.value!r}" if one.value else ""
    papers = f" in {' '.join(one.papers)}" if one.papers else ""
    return f"{one.decision} {one.label!r}{value}{papers}"


def _where(one: Correction) -> str:
    return f"line {one.line}" if one.line else f"in force, {one.by} on {one.date}"


def _waiting(
    corrections: Iterable[Correction], digests: Iterable[ExtractedDigest]
) -> tuple[Correction, ...]:
    corrections = tuple(corrections)
    if not corrections:
        return ()
    of = decided(corrections)
    forms: set[str] = set()
    people: set[str] = set()
    papers: set[str] = set()
    for digest in digests:
        for one in digest.entries:
            papers.add(one.entry.paper)
            people.update(key_of(name) for name in one.entry.authors)
            forms.update(of.base(mention.exact) for mention in one.mentions)
    return tuple(
        one
        for one in corrections
        if not papers.issuperset(one.papers)
        or (
            key_of(one.label) not in people
            if one.decision == Decision.PERSON
            else of.base(one.label) not in forms
        )
    )
