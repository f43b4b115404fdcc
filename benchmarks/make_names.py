"""Makes the data tables of extraction and resolution from named files.

usage: python -m benchmarks.make_names FACTS GOLD.jsonl DIGESTS [--out kg]

FACTS    folder with names.tsv and ko_terms.tsv (public names, each with its source)
GOLD     annotated papers whose forms are paired; never the ones that quality is judged by
DIGESTS  folder with the digests that GOLD annotates

Writes extract/data/names.tsv, ko_terms.tsv and resolve/data/equivalents.tsv under --out.
Names, types, word pairs and counts only: no text goes in. Run `make train` after it.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kg.extract.tables import DATA
from kg.folding import abbreviates, fold
from kg.training.annotations import Annotated, annotated
from kg.vocab import language_of

#: Papers that must pair two forms for the table of equivalents.
MIN_PAPERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("facts", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("digests", type=Path)
    parser.add_argument("--out", type=Path, default=DATA.parent.parent)
    options = parser.parse_args()
    data, equivalents = options.out / "extract/data", options.out / "resolve/data"
    copy_facts(options.facts, data)
    papers = list(annotated(options.gold, options.digests))
    write_equivalents(papers, data, equivalents / "equivalents.tsv")
    for path in [*sorted(data.iterdir()), *sorted(equivalents.iterdir())]:
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def copy_facts(facts: Path, data: Path) -> None:
    """Write the names, one row a name or alias and type, and the Korean terms."""
    names = set()
    for name, type_, aliases, source in _rows(facts / "names.tsv"):
        names |= {(form, type_, source) for form in [name, *aliases.split("|")] if form}
    _write(data / "names.tsv", "name\ttype\tsource", sorted(names))
    _write(
        data / "ko_terms.tsv",
        "ko\ten\ttype\tsource",
        sorted(map(tuple, _rows(facts / "ko_terms.tsv"))),
    )


def write_equivalents(papers: Iterable[Annotated], data: Path, out: Path) -> None:
    """Write pairs of a Korean and a Latin form, or of an abbreviation and its long form,
    with how many papers pair them; a form keeps the partner that most papers give it."""
    pairs: Counter[tuple[str, str]] = Counter()
    for korean, english, _, _ in _rows(data / "ko_terms.tsv"):
        pairs[korean, english] += MIN_PAPERS
    for paper in papers:
        for entity in paper.gold["entities"]:
            forms = sorted({entity["name"], *entity["forms"]})
            for form in forms:
                partners = [other for other in forms if _stands_for(form, other)]
                pairs.update((form, other) for other in partners)
    best: dict[str, tuple[int, str, str]] = {}
    for (form, other), count in sorted(pairs.items()):
        best[fold(form)] = max(best.get(fold(form), (0, "", "")), (count, form, other))
    rows = [(form, other, count) for count, form, other in best.values() if count >= MIN_PAPERS]
    _write(out, "form\tstandard\tpapers", sorted(rows))


def _stands_for(form: str, other: str) -> bool:
    if not other.isascii() or form == other:
        return False
    if language_of(form) == "ko":
        return not _has_latin(form)
    return abbreviates(form, other)


def _has_latin(form: str) -> bool:
    return any(char.isascii() and char.isalpha() for char in form)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def _write(path: Path, head: str, rows: Iterable[Iterable[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
