"""Scores extraction and resolution against annotated papers.

usage: python -m benchmarks.quality SHARED [--cross-validate] [--alone] [--keep DIR]

SHARED holds gold/ (dev.jsonl, train.jsonl, score.py), digests/ and seeds/. Without
--cross-validate the packaged weights are scored on the seeds, which they were not trained on.
With it, weights are trained on four fifths of the annotated digests and tried on the rest,
five times (about two minutes each); the found mentions of all five are resolved and scored
together. --alone tries rules alone, names alone and the trained part without names as well.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import baselines
from benchmarks.make_names import write_equivalents
from kg.digest import read_digest
from kg.extract import CONFIG, extract, make_nlp
from kg.extract.choice import kind_of
from kg.extract.tables import DATA, Tables, load_tables
from kg.folding import fold
from kg.model import Digest, Entry, ExtractedDigest, Role, Term
from kg.resolve import resolve
from kg.resolve.tables import read_equivalents
from kg.training import Annotated, Prepared, annotated, plain_entries, prepare, train
from kg.training.annotations import MAX_BYTES, marks_of
from kg.training.data import write_data

if TYPE_CHECKING:
    from spacy.language import Language

_STRENGTH: Final = [Role.OTHER, Role.EVALUATED_ON, Role.INTRODUCED]
FOLDS: Final = 5
_BANDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Gold:
    """Annotated papers, the digests they stand in, and the scorer."""

    path: Path
    digests: Path

    @property
    def papers(self) -> list[Annotated]:
        return list(annotated(self.path, self.digests))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shared", type=Path)
    parser.add_argument("--cross-validate", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for the CSV files and weights")
    options = parser.parse_args()
    shared = options.shared
    train_gold = Gold(shared / "gold/train.jsonl", shared / "digests")
    seeds = Gold(shared / "gold/dev.jsonl", shared / "seeds")
    keep = options.keep
    with tempfile.TemporaryDirectory() if keep is None else nullcontext(keep) as name:
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if options.cross_validate:
            _cross_validate(train_gold, folder, alone=options.alone)
        else:
            _score_seeds(seeds, folder, alone=options.alone)


def _score_seeds(gold: Gold, folder: Path, *, alone: bool) -> None:
    names = sorted({paper.digest for paper in gold.papers})
    configs = {"together": CONFIG}
    if alone:
        configs |= baselines.configs(folder)
    for name, config in configs.items():
        found = list(_extracted(make_nlp(config), gold, names))
        _score(gold, found, folder, f"seeds, {name}")


def _cross_validate(gold: Gold, folder: Path, *, alone: bool) -> None:
    papers = gold.papers
    names = sorted({paper.digest for paper in papers})
    parts = [names[fold_::FOLDS] for fold_ in range(FOLDS)]
    known = folder / "equivalents.tsv"
    write_equivalents((), DATA, known)  # of the public lists alone
    variants = {"together": load_tables()}
    if alone:
        variants["trained alone"] = replace(
            load_tables(), names={}, surfaces=(), korean_words=(), translations=()
        )
        for name, config in baselines.configs(folder).items():
            nlp = make_nlp(config)
            found = [d for part in parts for d in _extracted(nlp, gold, part)]
            _score(gold, found, folder, f"cross-validated, {name}", known)
    for name, tables in variants.items():
        start = time.perf_counter()
        prepared = prepare(papers, plain_entries(gold.digests, papers), tables)
        print(f"read in {time.perf_counter() - start:.0f} s", flush=True)
        found = []
        for place, part in enumerate(parts):
            config = _trained(prepared, part, folder / f"{name} {place}", tables)
            found += _extracted(make_nlp(config), gold, part)
        _score(gold, found, folder, f"cross-validated, {name}", known)


def _trained(prepared: Prepared, held_out: Sequence[str], folder: Path, tables: Tables) -> Path:
    """Train without some digests, and return the config of what came of it."""
    start = time.perf_counter()
    config = write_data(train(prepared.but(held_out)), folder, tables)
    print(f"trained in {time.perf_counter() - start:.0f} s", flush=True)
    return config


def _extracted(nlp: Language, gold: Gold, names: Iterable[str]) -> Iterator[ExtractedDigest]:
    entries, seconds = 0, 0.0
    for name in names:
        digest: Digest = read_digest(gold.digests / f"{name}.md", max_bytes=MAX_BYTES).digest
        start = time.process_time()
        yield ExtractedDigest(digest, tuple(extract(nlp, digest.entries)), "0" * 16)
        seconds += time.process_time() - start
        entries += len(digest.entries)
    print(f"extracted {entries} entries, {entries / seconds:.0f} a CPU second", flush=True)


def _score(
    gold: Gold, found: list[ExtractedDigest], folder: Path, title: str, known: Path | None = None
) -> None:
    start = time.perf_counter()
    resolution = resolve(found, read_equivalents(known) if known else None)
    seconds = time.perf_counter() - start
    mentions = sum(len(entry.mentions) for digest in found for entry in digest.entries)
    terms = len(resolution.terms)
    print(f"== {title}: {mentions} mentions, {terms} terms, resolved in {seconds:.2f} s")
    entities, results = folder / f"entities {title}.csv", folder / f"results {title}.csv"
    _write(entities, "arxiv,entity,type,label,role", _entity_rows(resolution.terms, found))
    _write(results, "arxiv,subject,benchmark,metric,value,unit,kind", _result_rows(found))
    scorer = [sys.executable, str(gold.path.parent / "score.py"), str(gold.path)]
    subprocess.run([*scorer, "--entities", str(entities), "--results", str(results)], check=True)
    _print_reliability(gold, found)
    sys.stdout.flush()


def _print_reliability(gold: Gold, found: Iterable[ExtractedDigest]) -> None:
    """Tell, by confidence, how many mentions are annotated with a type of the same kind."""
    marks = {paper.entry.paper: marks_of(paper.gold) for paper in gold.papers}
    counts: Counter[tuple[float, bool]] = Counter()
    for digest in found:
        for entry in digest.entries:
            if entry.entry.paper not in marks:
                continue
            for mention in entry.mentions:
                mark = marks[entry.entry.paper].get(fold(mention.exact))
                if mark is None or not mark.optional:
                    band = next(end for end in _BANDS if mention.confidence < end)
                    counts[band, mark is not None and mark.type in kind_of(mention.type)] += 1
    for low, band in zip((0.0, *_BANDS), _BANDS, strict=False):
        right, wrong = counts[band, True], counts[band, False]
        if right + wrong:
            share = right / (right + wrong)
            count = right + wrong
            print(f"confidence {low:.1f} to {min(band, 1):.1f}: {share:.3f} of {count} right")


def _entity_rows(
    terms: Iterable[Term], found: Iterable[ExtractedDigest]
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the saved query paper-entities."""
    mentions: dict[tuple[Any, ...], tuple[Entry, Any]] = {
        (digest.digest.key, entry.entry.key, m.section, m.start, m.end): (entry.entry, m)
        for digest in found
        for entry in digest.entries
        for m in entry.mentions
    }
    for term in terms:
        papers: dict[str, tuple[Role, set[str]]] = {}
        for ref in term.mentions:
            entry, mention = mentions[ref.digest, ref.entry, ref.section, ref.start, ref.end]
            role, forms = papers.get(entry.paper, (Role.OTHER, set()))
            papers[entry.paper] = (
                max(role, mention.role, key=_STRENGTH.index),
                forms | {mention.exact},
            )
        labels = {label.text for label in (*term.preferred, *term.alternative, *term.hidden)}
        for paper, (role, forms) in papers.items():
            for label in sorted(labels | forms):
                yield paper, term.key, term.type.value, label, role.value


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
