"""Makes the table by which results are judged (``kg/extract/data/results.tsv``).

usage: python -m benchmarks.make_results GOLD.jsonl DIGESTS [--out kg] [--folds 5]

GOLD     annotated papers to learn from; never the ones that quality is judged by
DIGESTS  folder with the digests that GOLD annotates

The mentions to learn from are found with tables of terms made from the other digests, so
that they are as good and as bad as on digests that no one annotated. Words, units, features
and weights only: no text goes in. Run it after ``benchmarks.make_names``.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.make_names import Annotated, annotated, write_counts
from kg.extract import CONFIG, make_doc, make_nlp
from kg.extract.tables import DATA, load_tables
from kg.extract.train_results import Example, example, train_results, write_weights


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", type=Path)
    parser.add_argument("digests", type=Path)
    parser.add_argument("--out", type=Path, default=DATA.parent.parent)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    papers = list(annotated(options.gold, options.digests))
    examples: list[Example] = []
    with tempfile.TemporaryDirectory() as scratch:
        for fold, held_out in enumerate(folds_of(papers, options.folds)):
            config = write_fold(papers, held_out, Path(scratch) / str(fold))
            examples += examples_of((p for p in papers if p.digest in held_out), config)
    weights = train_results(examples, load_tables().measures)
    out = options.out / "extract/data/results.tsv"
    write_weights(weights, out)
    print(f"{out}: {len(weights)} weights, {out.stat().st_size / 1000:.0f} kB")


def folds_of(papers: Iterable[Annotated], folds: int) -> list[set[str]]:
    """Return the digests held out in each fold."""
    names = sorted({paper.digest for paper in papers})
    return [set(names[fold::folds]) for fold in range(folds)]


def write_fold(papers: Sequence[Annotated], held_out: set[str], folder: Path) -> Path:
    """Write tables of terms made without the digests held out, and return their config.

    The table of results is without any weight until someone writes one.
    """
    data = folder / "data"
    shutil.copytree(DATA, data)
    write_counts((p for p in papers if p.digest not in held_out), data, data / "counts.tsv")
    write_weights({}, data / "results.tsv")
    text = CONFIG.read_text(encoding="utf-8")
    config = folder / "config.cfg"
    config.write_text(text.replace("data = null", f'data = "{data}"'), encoding="utf-8")
    return config


def examples_of(papers: Iterable[Annotated], config: Path) -> Iterator[Example]:
    """Yield papers as the pipeline of a config sees them, with their annotated results."""
    nlp = make_nlp(config)
    for paper in papers:
        doc = nlp(make_doc(nlp, paper.entry))
        yield example(paper.digest, doc, paper.gold["results"])


if __name__ == "__main__":
    main()
