"""Put in force what waits in the log of reviewers' decisions: a process of its own.

It recomputes what follows from the whole corpus, which takes seconds and memory that the
serving process is not to take; and it may be killed at any time.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import KGError
from kg.linked import LinkDecision
from kg.model import Correction
from kg.settings import Settings
from kg.vocab import Iris
from kg.web.site.review.decisions import (
    CORRECTION,
    CORRECTION_COLUMNS,
    LINK,
    Decided,
    links_file,
    of_correction,
    of_link,
)
from kg.web.site.review.log import Entry, Log
from kg.web.worker import end_with_parent

if TYPE_CHECKING:
    from kg.pipeline.deciding import Change, Outcome

#: Decisions of one batch: each is checked against all in force, which takes some 20 ms.
MOST: Final = 50
LOCK: Final = "applying"


def run(folder: Path, settings: Settings) -> None:
    """Put in force what waits in the log in *folder*, and note there how that ended.

    Nothing happens where another process does so already.
    """
    end_with_parent()
    with _alone(folder) as alone:
        if alone:
            apply_waiting(Log(folder), settings)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Tell whether no other process is at work on the same log, and keep it so."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def apply_waiting(log: Log, settings: Settings) -> None:
    """Make the changes that wait, the first ones if they are many."""
    from kg.pipeline.deciding import put_in_force

    waiting = dict(list(log.state().waiting.items())[:MOST])
    try:
        changes = list(_changes(waiting, log, Iris(settings.base_iri)))
        if not changes:
            return
        back = {one.id for one in changes if one.back}
        iris = Iris(settings.base_iri)
        outcomes = put_in_force(
            changes,
            settings,
            publishing=lambda made: log.add("publishing", **_facts(made, back, iris)),
        )
        for one in outcomes:
            if one.problem is not None:
                log.add("refused", id=one.id, why=one.problem)
        log.add("done", **_facts(outcomes, back, iris))
    except KGError as error:
        log.add("failed", why=_told(error, settings))


def _told(error: KGError, settings: Settings) -> str:
    """Say what went wrong without the folders of this machine."""
    return str(error).replace(str(settings.store), settings.store.name)


def _facts(made: Sequence[Outcome], back: set[str], iris: Iris) -> dict[str, object]:
    """Say what was done, as the log has it; what was refused is left out."""
    done = [one for one in made if one.problem is None]
    replaced = {
        one.id: [[was.kind, dict(was.row)] for was in _rows(one.replaced, iris)]
        for one in done
        if one.replaced and one.id not in back
    }
    return {
        "of": [one.id for one in done if one.id not in back],
        "back": [one.id for one in done if one.id in back],
        "replaced": replaced,
    }


def _rows(decisions: Sequence[Correction | LinkDecision], iris: Iris) -> Iterator[Decided]:
    for one in decisions:
        row = of_correction(one) if isinstance(one, Correction) else of_link(one, iris)
        if row is not None:
            yield row


def _changes(waiting: Mapping[str, Entry], log: Log, iris: Iris) -> Iterator[Change]:
    """Read what waits as the command line reads its files; what it would refuse is refused."""
    from kg.pipeline.deciding import Change

    for id_, entry in waiting.items():
        try:
            one = _decision(entry.decided, iris)
            was = tuple(_decision(before, iris) for before in entry.replaced)
        except (ValueError, KeyError) as error:
            log.add("refused", id=id_, why=str(error))
        else:
            yield Change(id_, one, not entry.wanted, was)


def _decision(decided: Decided, iris: Iris) -> Correction | LinkDecision:
    """Make a decision of its row.

    Raises:
        ValueError, KeyError: a cell does not fit, or is not there.
    """
    from kg.link.mappings.reading import read_sssom
    from kg.pipeline.corrections_csv import make_correction

    if decided.kind == CORRECTION:
        return make_correction(*(decided.row[name] for name in CORRECTION_COLUMNS))
    if decided.kind != LINK:
        raise ValueError(f"{decided.kind!r}; expected {CORRECTION} or {LINK}")
    file = read_sssom(links_file([decided], iris).encode(), "review", iris)
    for problem in file.problems:
        raise ValueError(f"{problem.found}; {problem.expected}")
    if not file.decisions:
        raise ValueError("a row that names nobody; expected who decided")
    return replace(file.decisions[0], line=0)
