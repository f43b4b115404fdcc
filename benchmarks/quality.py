"""Scores extraction and resolution against annotated papers.

usage: python -m benchmarks.quality SHARED [--cross-validate] [--folds 5] [--misses] [--jobs N]

SHARED holds gold/ (dev.jsonl, train.jsonl, score.py), digests/ and seeds/. Without
--cross-validate the packaged tables are scored on both: on train they were made from the
very papers, so only the figure on the seeds is a measure. With it, tables are made from
four fifths of the annotated digests and tried on the rest, five times; the found mentions
of all five are resolved and scored together.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.make_names import MAX_BYTES, annotated, write_equivalents
from benchmarks.make_results import examples_of, folds_of, write_fold
from kg.digest import read_digest
from kg.extract import extract, make_nlp
from kg.extract.tables import DATA, load_tables
from kg.extract.train_results import train_results, write_weights
from kg.model import Digest, Entry, ExtractedDigest, Role
from kg.resolve import resolve
from kg.resolve.tables import read_equivalents

_STRENGTH = [Role.OTHER, Role.EVALUATED_ON, Role.INTRODUCED]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shared", type=Path)
    parser.add_argument("--cross-validate", action="store_true")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for the CSV files")
    options = parser.parse_args()
    gold = options.shared / "gold"
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        if options.cross_validate:
            found = list(_cross_validated(options.shared, options.folds, Path(scratch)))
            pairs = Path(scratch) / "equivalents.tsv"
            write_equivalents((), DATA, pairs)  # of the public lists alone
            known = read_equivalents(pairs)
            _score(gold / "train.jsonl", found, folder, "train, cross-validated", known)
            return
        for name, digests in (("train", "digests"), ("dev", "seeds")):
            path = gold / f"{name}.jsonl"
            found = list(_extracted(make_nlp(), _digests(path, options.shared / digests)))
            _score(path, found, folder, name)


def _digests(gold: Path, folder: Path) -> Iterator[Digest]:
    """Yield the digests that hold annotated papers, whole."""
    for name in dict.fromkeys(paper.digest for paper in annotated(gold, folder)):
        yield read_digest(folder / f"{name}.md", max_bytes=MAX_BYTES).digest


def _extracted(nlp: object, digests: Iterable[Digest]) -> Iterator[ExtractedDigest]:
    entries, seconds = 0, 0.0
    for digest in digests:
        start = time.perf_counter()
        yield ExtractedDigest(digest, tuple(extract(nlp, digest.entries)), "0" * 16)  # type: ignore[arg-type]
        seconds += time.perf_counter() - start
        entries += len(digest.entries)
    print(f"extracted {entries} entries, {entries / seconds:.0f} a second", flush=True)


def _cross_validated(shared: Path, folds: int, scratch: Path) -> Iterator[ExtractedDigest]:
    papers = list(annotated(shared / "gold/train.jsonl", shared / "digests"))
    parts = folds_of(papers, folds)
    configs = [
        write_fold(papers, held_out, scratch / str(fold)) for fold, held_out in enumerate(parts)
    ]
    seen = [
        list(examples_of((p for p in papers if p.digest in held_out), config))
        for held_out, config in zip(parts, configs, strict=True)
    ]
    for fold, (held_out, config) in enumerate(zip(parts, configs, strict=True)):
        others = [one for place, part in enumerate(seen) if place != fold for one in part]
        weights = train_results(others, load_tables().measures)
        write_weights(weights, config.parent / "data/results.tsv")
        load_tables.cache_clear()  # this fold's tables were read before they had weights
        digests = (
            read_digest(shared / f"digests/{name}.md", max_bytes=MAX_BYTES).digest
            for name in sorted(held_out)
        )
        yield from _extracted(make_nlp(config), digests)


def _score(
    gold: Path,
    found: list[ExtractedDigest],
    folder: Path,
    title: str,
    known: dict[str, tuple[str, int]] | None = None,
) -> None:
    start = time.perf_counter()
    resolution = resolve(found, known)
    seconds = time.perf_counter() - start
    mentions = sum(len(entry.mentions) for digest in found for entry in digest.entries)
    terms = len(resolution.terms)
    print(f"== {title}: {mentions} mentions, {terms} terms, resolved in {seconds:.2f} s")
    folder.mkdir(parents=True, exist_ok=True)
    entities, results = folder / f"entities-{gold.stem}.csv", folder / f"results-{gold.stem}.csv"
    by_place = {(d.digest.key, e.entry.key): e for d in found for e in d.entries}
    _write(entities, "arxiv,entity,type,label,role", _entity_rows(resolution.terms, by_place))
    _write(results, "arxiv,subject,benchmark,metric,value,unit,kind", _result_rows(found))
    scorer = [sys.executable, str(gold.parent / "score.py"), str(gold)]
    subprocess.run([*scorer, "--entities", str(entities), "--results", str(results)], check=True)


def _entity_rows(
    terms: Iterable[object], by_place: dict[tuple[str, str], object]
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the saved query paper-entities."""
    for term in terms:
        papers: dict[str, tuple[Role, set[str]]] = {}
        for ref in term.mentions:  # type: ignore[attr-defined]
            entry = by_place[ref.digest, ref.entry]
            mention = next(
                m
                for m in entry.mentions  # type: ignore[attr-defined]
                if (m.section, m.start, m.end) == (ref.section, ref.start, ref.end)
            )
            source: Entry = entry.entry  # type: ignore[attr-defined]
            role, forms = papers.get(source.paper, (Role.OTHER, set()))
            papers[source.paper] = (
                max(role, mention.role, key=_STRENGTH.index),
                forms | {mention.exact},
            )
        labels = {label.text for label in (*term.preferred, *term.alternative, *term.hidden)}  # type: ignore[attr-defined]
        for paper, (role, forms) in papers.items():
            for label in sorted(labels | forms):
                yield paper, term.key, term.type.value, label, role.value  # type: ignore[attr-defined]


def _result_rows(found: Iterable[ExtractedDigest]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the saved query paper-results."""
    for digest in found:
        for entry in digest.entries:
            for r in entry.results:
                texts = (r.subject, r.benchmark, r.metric, r.value_text, r.unit, r.kind.value)
                yield entry.entry.paper, *(text or "" for text in texts)


def _write(path: Path, head: str, rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(head.split(","))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
