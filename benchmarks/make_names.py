"""Makes the data tables of extraction and resolution from named files.

usage: python -m benchmarks.make_names FACTS GOLD.jsonl DIGESTS [--out kg]

FACTS    folder with names.tsv and ko_terms.tsv (public names, each with its source)
GOLD     annotated papers to count on; never the ones that quality is judged by
DIGESTS  folder with the digests that GOLD annotates

Writes extract/data/names.tsv, ko_terms.tsv, counts.tsv and resolve/data/equivalents.tsv
under --out. Names, types, word pairs and counts only: no text goes in.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.digest import read_digest
from kg.extract.tables import DATA, TYPES, read_tables
from kg.folding import abbreviates, fold
from kg.model import Entry
from kg.vocab import language_of

#: Features seen less often than this say nothing; phrases never annotated need more.
MAX_BYTES = 20_000_000
MIN_COUNT = 2
MIN_REJECTED_FORM = 4
#: Papers that must pair two forms for the table of equivalents.
MIN_PAPERS = 2
KINDS_OF_PHRASES = ("form=", "two=")
COUNTS_HEAD = "feature\tno\ttypes\tintroduced"


@dataclass(frozen=True, slots=True)
class Annotated:
    """A paper with its annotation."""

    digest: str
    entry: Entry
    gold: dict[str, Any]


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
    write_counts(papers, data, data / "counts.tsv")
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


def annotated(gold: Path, digests: Path) -> Iterator[Annotated]:
    """Yield the papers of GOLD with their entries, by digest."""
    by_digest: dict[str, dict[str, Any]] = defaultdict(dict)
    for line in gold.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_digest[row["digest"]][row["arxiv"]] = row
    for digest, rows in sorted(by_digest.items()):
        for entry in read_digest(digests / f"{digest}.md", max_bytes=MAX_BYTES).digest.entries:
            if entry.arxiv_id in rows:
                yield Annotated(digest, entry, rows.pop(entry.arxiv_id))


def write_counts(papers: Iterable[Annotated], data: Path, out: Path) -> None:
    """Count, for each feature of the candidates, how often and as what it was annotated.

    Candidates that were annotated as optional count neither way.
    """
    _write(out, COUNTS_HEAD, ())  # what is counted must not depend on earlier counts
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (2 + len(TYPES)))
    for paper, found in candidates_of(papers, data):
        annotations = by_form(paper.gold)
        for candidate in found:
            if candidate.form not in annotations:
                places = [0]
            elif annotations[candidate.form] is None:
                continue
            else:
                type_, introduced = annotations[candidate.form]
                places = [1 + TYPES.index(type_)] + [1 + len(TYPES)] * introduced
            for feature in candidate.features:
                for place in places:
                    counts[feature][place] += 1
    rows = [
        (feature, no, ",".join(map(str, types)), introduced)
        for feature, (no, *types, introduced) in sorted(counts.items())
        if any(types) or not feature.startswith(KINDS_OF_PHRASES) or no >= MIN_REJECTED_FORM
        if sum(types) + no >= MIN_COUNT
    ]
    _write(out, COUNTS_HEAD, rows)


def candidates_of(papers: Iterable[Annotated], data: Path) -> Iterator[tuple[Annotated, list[Any]]]:
    """Yield each paper's candidates, as extraction with the tables in *data* sees them."""
    import spacy

    from kg.extract import make_doc
    from kg.extract.candidates import candidates
    from kg.extract.names import NameFinder
    from kg.extract.tokenizer import KiwiTokenizer
    from kg.extract.view import view_of

    tables = read_tables(data)
    nlp = spacy.blank("xx")
    nlp.tokenizer = KiwiTokenizer(nlp.vocab, tables.korean_words)
    finder = NameFinder(tables.surfaces)
    for paper in papers:
        yield paper, candidates(view_of(make_doc(nlp, paper.entry)), tables, finder)


def by_form(gold: dict[str, Any]) -> dict[str, tuple[str, bool] | None]:
    """Return type and whether introduced of a paper's annotated forms, None where optional."""
    forms: dict[str, tuple[str, bool] | None] = {}
    for entity in sorted(gold["entities"], key=lambda entity: not entity.get("optional")):
        found = None if entity.get("optional") else (entity["type"], entity["role"] == "introduced")
        forms |= {fold(form): found for form in [*entity["forms"], entity["name"]]}
    return forms


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
