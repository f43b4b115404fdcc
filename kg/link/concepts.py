"""The packaged index: items of verified tables, with the names in use.

``data/concepts.tsv`` and ``data/found.tsv`` are made by ``benchmarks/make_concepts.py``;
``data/names.tsv`` is written by hand: what papers on AI mean by an item's label, as what types of
term it comes, and its names in English and Korean. ``data/README.md`` says more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from kg.errors import KGError
from kg.link.index import Index
from kg.link.items import Item, Name, NameKind, Sense
from kg.link.judged import Judged, Verdicts, packaged_judged, verdicts
from kg.linked import is_qid
from kg.model import TermType

DATA: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Known:
    """What is written by hand of an item; ``near`` are names for a close match."""

    sense: Sense
    types: tuple[TermType, ...]
    exact: tuple[str, ...]
    near: tuple[str, ...]


def open_index(path: Path | None) -> Index:
    """Open the index at *path*, or make the packaged one (15,000 items, half a second).

    Raises:
        KGError: there is no index at *path*, or it is of another version.
    """
    if path is not None:
        return Index.open(path)
    return Index.of(concepts(), [("source", "the packaged table of concepts")])


@lru_cache(maxsize=1)
def known_names() -> dict[str, Known]:
    """Return what is written by hand, by id."""
    return check_known(DATA / "names.tsv", None)


#: Items that were looked at and that no paper on AI is expected to mention.
_UNEXPECTED: Final = Known(Sense.UNEXPECTED, (), (), ())


@lru_cache(maxsize=1)
def packaged_verdicts() -> Verdicts:
    """Return what follows from the packaged judgements."""
    return verdicts_of(packaged_judged())


def verdicts_of(judged: Iterable[Judged]) -> Verdicts:
    """Return what follows from judgements of terms, given the names of the packaged items."""
    names = {one.qid: [name.text for name in one.names] for one in _items()}
    return verdicts(judged, names)


def concepts(said: Verdicts | None = None) -> Iterator[Item]:
    """Yield the packaged items, by number.

    Args:
        said: what follows from judged terms; the packaged ones by default.
    """
    said = packaged_verdicts() if said is None else said
    for item in _items():
        yield with_names(item, said)


@lru_cache(maxsize=1)
def _items() -> tuple[Item, ...]:
    """Return the packaged items without what was judged of terms, by number."""
    found: dict[str, list[str]] = defaultdict(list)
    for qid, name, _ in _rows(DATA / "found.tsv"):
        found[qid].append(name)
    known = known_names()
    items = []
    for qid, label, aliases, description, source in _rows(DATA / "concepts.tsv"):
        items.append(
            _with_known(
                Item(
                    qid=int(qid[1:]),
                    label=label,
                    description=description,
                    names=(
                        Name(label, NameKind.LABEL),
                        *(Name(alias, NameKind.ALIAS) for alias in aliases.split("|") if alias),
                        *(Name(name, NameKind.TABLE) for name in found.get(qid, ())),
                    ),
                    source=source,
                ),
                known.get(qid, _UNEXPECTED),
            )
        )
    return tuple(items)


def with_known(item: Item) -> Item:
    """Add to an item of any source what is written by hand and judged of it."""
    known = known_names().get(f"Q{item.qid}")
    if known is None and item.qid in packaged_ids():
        known = _UNEXPECTED
    return with_names(_with_known(item, known), packaged_verdicts())


def with_names(item: Item, said: Verdicts) -> Item:
    more = said.names.get(item.qid)
    return replace(item, names=(*item.names, *more)) if more else item


@lru_cache(maxsize=1)
def packaged_ids() -> frozenset[int]:
    return frozenset(int(row[0][1:]) for row in _rows(DATA / "concepts.tsv"))


def _with_known(item: Item, known: Known | None) -> Item:
    if known is None:
        return item
    names = (
        *item.names,
        *(Name(name, NameKind.KNOWN) for name in known.exact),
        *(Name(name, NameKind.NEAR) for name in known.near),
    )
    return replace(item, names=names, sense=known.sense, types=known.types)


def check_known(path: Path, ids: Collection[str] | None) -> dict[str, Known]:
    """Read a table of names written by hand.

    Args:
        ids: those that it may name; None for any.

    Raises:
        KGError: a row is not well-formed, repeats an item, or names an unknown one.
    """
    known: dict[str, Known] = {}
    for line, (qid, sense, types, exact, near) in enumerate(_rows(path), 2):
        if not is_qid(qid) or qid in known or (ids is not None and qid not in ids):
            raise KGError(f"{path}:{line}: {qid!r}; expected the id of an item, once")
        try:
            known[qid] = Known(
                Sense(sense),
                tuple(TermType(one) for one in types.split(",") if one),
                tuple(name for name in exact.split("|") if name),
                tuple(name for name in near.split("|") if name),
            )
        except ValueError as error:
            raise KGError(f"{path}:{line}: {error}; expected a sense and types") from error
    return known


def _rows(path: Path) -> Iterator[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return (line.split("\t") for line in lines[1:] if line)
