"""Make the tables of the packaged index from tables of verified facts.

usage: python -m benchmarks.make_concepts SHARED

Reads ``facts/wikidata_concepts.tsv``, ``facts/names.tsv`` and ``facts/ko_terms.tsv`` of the folder
SHARED, and ``names.tsv`` of ``kg/link/data``, which is written by hand. Writes into
``kg/link/data``:

- ``concepts.tsv``: the items, a row each, with the public file that the row is from;
- ``found.tsv``: more names of them, where a name table or a glossary says that two names are
  one thing and one of the two is the name of a single item.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kg.link.concepts import DATA, check_known
from kg.link.keys import key

_SHORT = re.compile(r"[\w-]{1,6}", re.ASCII)
#: Lists of systems; where these have another name, it is often the kind that they are of.
_KINDS = {"agents-tmgthb"}
_COLUMNS = ("qid", "label", "aliases", "description", "source")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    facts = Path(sys.argv[1]) / "facts"
    concepts = sorted(
        (
            row
            for row in _rows(facts / "wikidata_concepts.tsv")
            # A label that is the id is none: the source had no name for the item.
            if row["label"] != row["qid"]
        ),
        key=lambda row: int(row["qid"][1:]),
    )
    _write(DATA / "concepts.tsv", _COLUMNS, ([row[c] for c in _COLUMNS] for row in concepts))
    known = check_known(DATA / "names.tsv", {row["qid"] for row in concepts})

    owners: dict[str, set[str]] = defaultdict(set)
    for row in concepts:
        for name in [row["label"], *row["aliases"].split("|")]:
            owners[key(name)].add(row["qid"])
    trap = {qid for qid, entry in known.items() if entry.sense == "other"}
    for qid, entry in known.items():
        for name in entry.exact:
            owners[key(name)].add(qid)
    found = {
        (qid, name, source)
        for one, name, source in _pairs(facts)
        # An abbreviation stands for many things: what it also stands for is no name of the item.
        if not _SHORT.fullmatch(one)
        for qid in _single(owners, key(one), trap)
        # A name that is another item's already is not made ambiguous.
        if key(name) and not owners.get(key(name))
    }
    by_name: dict[str, set[str]] = defaultdict(set)
    for qid, name, _ in found:
        by_name[key(name)].add(qid)
    rows = sorted(
        (row for row in found if len(by_name[key(row[1])]) == 1),
        key=lambda row: (int(row[0][1:]), row[1], row[2]),
    )
    _write(DATA / "found.tsv", ("qid", "name", "source"), rows)
    print(f"{len(concepts)} items, {len(known)} of them judged, {len(rows)} names found")


def _single(owners: dict[str, set[str]], made: str, trap: set[str]) -> set[str]:
    own = owners.get(made, set()) - trap
    return own if len(own) == 1 else set()


def _pairs(facts: Path) -> Iterator[tuple[str, str, str]]:
    """Yield names that a table says are one thing: one, the other, and the source."""
    for row in _rows(facts / "ko_terms.tsv"):
        yield row["en"], row["ko"], row["source"]
    for row in _rows(facts / "names.tsv"):
        if row["type"] == "Model" or row["source"] in _KINDS:
            continue
        for alias in filter(None, row["aliases"].split("|")):
            yield row["name"], alias, row["source"]
            yield alias, row["name"], row["source"]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def _write(
    path: Path, head: tuple[str, ...], rows: Iterator[list[str]] | list[tuple[str, ...]]
) -> None:
    lines = ["\t".join(head), *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
