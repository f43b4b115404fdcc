"""Terms of digests whose items someone judged: names that hold, and names that do not.

``data/judged.jsonl`` has a term a line: ``type`` (a class of terms; methods and models are one,
data sets and benchmarks too), ``name``, ``forms`` (its other names), ``qid`` or null for NIL,
``relation`` (exact or close), ``named``: those of its names that by themselves name the item, and
``digest``: where it stands.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kg.errors import KGError
from kg.link.items import Name, NameKind
from kg.link.keys import key
from kg.linked import Query, Relation, is_qid
from kg.model import TermType

JUDGED: Final = Path(__file__).parent / "data" / "judged.jsonl"
#: Types that annotations do not tell apart, by the name of the class that joins them.
COARSE: Final[dict[TermType, str]] = {
    TermType.MODEL: "MethodTerm",
    TermType.METHOD: "MethodTerm",
    TermType.BENCHMARK: "DataTerm",
    TermType.DATASET: "DataTerm",
    TermType.METRIC: "Metric",
    TermType.TASK: "Task",
}
_TYPES: Final = {
    **{str(one): tuple(two for two in COARSE if COARSE[two] == COARSE[one]) for one in COARSE},
    **{name: tuple(two for two in COARSE if COARSE[two] == name) for name in COARSE.values()},
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A term with the item that someone found right, None for NIL.

    ``named`` are the names that by themselves name the item; ``digest`` is empty where it
    stands in many.
    """

    query: Query
    qid: int | None
    relation: Relation | None
    named: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What follows from judged terms.

    ``names`` of items by number. ``accepted`` and ``rejected``: a key, a joint type and an item
    that someone judged to be meant by it, or not; ``items`` are all of those.
    """

    names: Mapping[int, tuple[Name, ...]]
    accepted: frozenset[tuple[str, str, int]]
    rejected: frozenset[tuple[str, str, int]]
    items: frozenset[int]


NOTHING_SAID: Final = Verdicts({}, frozenset(), frozenset(), frozenset())


@lru_cache(maxsize=1)
def packaged_judged() -> tuple[Judged, ...]:
    return read_judged(JUDGED)


def read_judged(path: Path) -> tuple[Judged, ...]:
    """Read judged terms.

    Raises:
        KGError: a line is not one.
    """
    judged = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            qid = row["qid"]
            if qid is not None and not is_qid(qid):
                raise ValueError(f"no id: {qid!r}")
            judged.append(
                Judged(
                    Query(tuple(dict.fromkeys([row["name"], *row["forms"]])), _TYPES[row["type"]]),
                    int(qid[1:]) if qid else None,
                    Relation(row["relation"]) if qid else None,
                    tuple(row.get("named", ())),
                    row.get("digest", ""),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise KGError(f"{path}:{number}: {error}; expected a judged term") from error
    return tuple(judged)


def verdicts(judged: Iterable[Judged], known: Mapping[int, Iterable[str]]) -> Verdicts:
    """Gather what judgements say of names; where they contradict each other, most of them count.

    Args:
        known: the names that items have already, for telling which of them are rejected.
    """
    owners: dict[str, set[int]] = defaultdict(set)
    for qid, names in known.items():
        for name in names:
            owners[key(name)].add(qid)
    judged = list(judged)
    votes: Counter[tuple[str, str, int]] = Counter()
    meant: dict[tuple[str, int], tuple[str, Relation]] = {}
    for one in judged:
        if one.qid is not None and one.relation is not None:
            for name in one.named:
                made = key(name)
                votes[made, _joint(one), one.qid] += 1
                owners[made].add(one.qid)
                kept = meant.get((made, one.qid))
                if kept is None or (one.relation, name) < (kept[1], kept[0]):
                    meant[made, one.qid] = (name, one.relation)
    for one in judged:
        made = key(one.query.names[0])
        for qid in owners.get(made, ()):
            if qid != one.qid:
                votes[made, _joint(one), qid] -= 1
    made_names: dict[int, list[Name]] = defaultdict(list)
    for (made, qid), (name, relation) in sorted(meant.items()):
        if any(votes[made, joint, qid] > 0 for joint in set(COARSE.values())):
            kind = NameKind.KNOWN if relation == Relation.EXACT else NameKind.NEAR
            made_names[qid].append(Name(name, kind))
    return Verdicts(
        {qid: tuple(own) for qid, own in made_names.items()},
        frozenset(what for what, count in votes.items() if count > 0),
        frozenset(what for what, count in votes.items() if count < 0),
        frozenset(qid for _, _, qid in votes),
    )


def _joint(one: Judged) -> str:
    return COARSE[one.query.types[0]]
