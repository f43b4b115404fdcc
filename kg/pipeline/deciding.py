"""People's decisions one by one, as reviewers make them: put in force, or taken back.

All that follows from a batch is computed once. What a decision replaced is told, so that who
takes it back gets the earlier one again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kg.linked import LinkDecision
from kg.model import Correction, Problem
from kg.pipeline.corrections import take_in
from kg.pipeline.corrections_csv import CorrectionsFile
from kg.pipeline.derived import check_base, write_derived
from kg.pipeline.link_decisions import newest
from kg.settings import Settings
from kg.store import Records, open_writer

_OLDER = "a newer decision about it is in force"


@dataclass(frozen=True, slots=True)
class Change:
    """A decision to put in force or, with ``back``, to take back.

    ``replaced`` are decisions that then hold again, unless newer ones answer what they do.
    """

    id: str
    one: Correction | LinkDecision
    back: bool = False
    replaced: tuple[Correction | LinkDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change; with a ``problem``, nothing.

    ``replaced`` are the decisions that gave way to it.
    """

    id: str
    problem: str | None = None
    replaced: tuple[Correction | LinkDecision, ...] = ()


def put_in_force(
    changes: Sequence[Change],
    settings: Settings,
    *,
    publishing: Callable[[Sequence[Outcome]], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Make changes in their order, and recompute what follows from all of them, in one step.

    One that contradicts what is in force is left out; the others are made.

    Args:
        publishing: called with the outcomes when all is ready to be seen, and just before it is.

    Raises:
        StoreError: there is no store, or it cannot be written.
        KGError: the settings do not fit the store.
    """
    with open_writer(settings.store, wait_s=settings.lock_wait_s, must_exist=True) as writer:
        check_base(writer, settings)
        records = writer.records
        before = (records.corrections(), records.link_decisions())
        outcomes = tuple(_make(one, records) for one in changes)
        writer.publish = before != (records.corrections(), records.link_decisions())
        if writer.publish:
            write_derived(writer, settings)
        publishing(outcomes)
    return outcomes


def _make(change: Change, records: Records) -> Outcome:
    if isinstance(change.one, Correction):
        return _correct(change, change.one, records)
    return _link(change, change.one, records)


def _correct(change: Change, one: Correction, records: Records) -> Outcome:
    before = records.corrections()
    if not change.back:
        done = take_in(_file([one]), records)
        problem = _told(done.problems) or (_OLDER if done.older else None)
        return Outcome(change.id, problem, done.withdrawn)
    if one in before:
        rest = [other for other in before if other != one]
        again = [other for other in change.replaced if isinstance(other, Correction)]
        records.set_corrections(again)
        if take_in(_file(rest), records).problems:  # an earlier one contradicts what holds now
            records.set_corrections(rest)
    return Outcome(change.id)


def _file(corrections: Sequence[Correction]) -> CorrectionsFile:
    return CorrectionsFile("review", tuple(corrections), ())


def _told(problems: Sequence[Problem]) -> str | None:
    return problems[0].found if problems else None


def _link(change: Change, one: LinkDecision, records: Records) -> Outcome:
    before = records.link_decisions()
    if change.back:
        if one in before:
            rest = [other for other in before if other != one]
            again = [other for other in change.replaced if isinstance(other, LinkDecision)]
            records.set_link_decisions(newest(again, rest)[0])
        return Outcome(change.id)
    after, older = newest(before, (one,))
    if older:
        return Outcome(change.id, _OLDER)
    records.set_link_decisions(after)
    return Outcome(change.id, None, tuple(other for other in before if other not in after))
