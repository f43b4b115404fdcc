"""Writes the card of trained weights: what they are, of what, and how good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kg.extract.tables import WEIGHTS
from kg.training import Prepared, Training
from kg.training.data import RESULTS
from kg.training.terms import FOLDS

CARD: Final = "CARD.md"
_LIBRARIES: Final = ("kiwipiepy", "numpy", "scikit-learn", "scipy", "spacy")

_WHAT: Final = """\
They find terms of six types (model, method, benchmark, data set, metric, task) in entries of
research-paper digests, join the forms of one thing within an entry, tell what a paper does
with a term (introduces it, is evaluated on it, or else), and read numeric results.

| file | holds | size |
| --- | --- | --- |
"""
_CROSS: Final = f"""\
The annotated digests were cut into {FOLDS} folds. Each paper was read by a scorer trained on the
other folds, and a thing found counts as right if its kind and one of its forms are those of an
annotated entity; optional entities count neither way. The names of the tables were not held
out, nor was the joining of forms, so that new digests may fare a little worse.
"""
_RELIABLE: Final = """\
Confidence is the share of mentions with a score that were right (isotonic regression on the
papers above). How many of a band were right:
"""
_LIMITS: Final = """\
- For digests of machine-learning papers in Korean or English; other fields and languages were
  not seen.
- The entries of one paper are read one by one: what is unclear in one is not looked up in
  another.
- New names are found by their form and the words around them; one that looks like a plain
  word, or stands once without a cue, is missed.
- No text is stored in `model.npz`: words and forms are 64-bit hashes, the rest are numbers.
  `results.tsv` has features made of single words and units.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """What weights were trained on: the file of annotations, and how many digests have none.

    ``date`` is that of the training, as 2024-08-05.
    """

    name: str
    sha256: str
    plain_digests: int
    date: str

    @classmethod
    def of(cls, gold: Path, plain_digests: Sequence[Path], date: str) -> Source:
        """Describe a file of annotations."""
        whole = hashlib.sha256(gold.read_bytes()).hexdigest()
        return cls(gold.name, whole, len(plain_digests), date)


def write_card(training: Training, prepared: Prepared, source: Source, folder: Path) -> None:
    """Write the card of the weights in a folder, as ``CARD.md``."""
    parts = [
        "# Weights of extraction\n",
        _WHAT + "\n".join(_files(training, folder)) + "\n",
        "## Data\n",
        "\n".join(_data(prepared, source)) + "\n",
        "## How good\n",
        _CROSS,
        "\n".join(_scores(training)) + "\n",
        _RELIABLE,
        "\n".join(_bands(training)) + "\n",
        "## Limits\n",
        _LIMITS,
        "## Train again\n",
        "With the same annotations, digests and versions of libraries, on the same kind of "
        "machine,\nthis gives the same bytes:\n",
        f"```\npip install 'paperkg[train]'\nkg train {source.name} DIGESTS --out DIR\n```\n",
        f"Libraries: {', '.join(f'{name} {version(name)}' for name in _LIBRARIES)}.\n",
    ]
    (folder / CARD).write_text("\n".join(parts), encoding="utf-8")


def _files(training: Training, folder: Path) -> Iterator[str]:
    scorer, lexicon = training.weights.scorer, training.weights.coreference.lexicon
    counted = (
        f"{len(scorer.keys.ids):,} features of the first stage, {len(scorer.statistics.ids):,} "
        f"forms, {len(scorer.vectors.ids):,} word vectors, {len(lexicon.words):,} pairs of "
        f"words, {len(lexicon.glosses):,} glosses, and three small networks"
    )
    for name, holds in (
        (WEIGHTS, counted),
        (RESULTS, f"{len(training.results):,} features of results"),
    ):
        yield f"| `{name}` | {holds} | {(folder / name).stat().st_size / 1000:,.0f} kB |"


def _data(prepared: Prepared, source: Source) -> Iterator[str]:
    digests = len({paper.digest for paper in prepared.papers})
    yield f"- Annotations: `{source.name}`, SHA-256 `{source.sha256}`"
    yield f"- Annotated: {len(prepared.papers):,} papers of {digests:,} digests"
    yield (
        f"- Without annotation: {len(prepared.plain.words):,} entries of "
        f"{source.plain_digests:,} digests"
    )
    yield f"- Trained on {source.date}"


def _scores(training: Training) -> Iterator[str]:
    yield "| kind | precision | recall | F1 | annotated |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for kind, score in training.scores.items():
        shares = " | ".join(f"{share:.3f}" for share in (score.precision, score.recall, score.f1))
        yield f"| {kind} | {shares} | {score.found + score.missed:,} |"


def _bands(training: Training) -> Iterator[str]:
    yield "| confidence | mentions | right |"
    yield "| --- | ---: | ---: |"
    low = 0.0
    for high, mentions, right in training.bands:
        share = f"{right / mentions:.2f}" if mentions else "–"
        yield f"| {low:g} to {high:g} | {mentions:,} | {share} |"
        low = high
