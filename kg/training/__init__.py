"""Trains the weights of extraction on annotated papers.

Needs the extra ``train``. Kept apart from extraction, which only reads the weights.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kg.errors import KGError
from kg.extract.naming import Named, name_things
from kg.extract.spans import Found
from kg.extract.tables import Tables
from kg.extract.weights import Calibration, Weights
from kg.model import Entry
from kg.training.annotations import Annotated, annotated, marks_of, plain_digests, plain_entries
from kg.training.confidence import bands, calibrated, judged
from kg.training.coreference import lexicon_of, mentions_in, train_coreference
from kg.training.evaluation import Score, score
from kg.training.extra import need_extra, one_thread
from kg.training.reading import SKIPPED, Example, Plain, Reader
from kg.training.results import seen_results, train_results
from kg.training.terms import FOLDS, Trained, train_terms

__all__ = [
    "Annotated",
    "Prepared",
    "Training",
    "annotated",
    "need_extra",
    "plain_digests",
    "plain_entries",
    "prepare",
    "train",
]

log = logging.getLogger(__name__)

#: Log odds that a candidate must pass, and how likely forms must be one thing; set where F1
#: by cross-validation is highest. The pipeline's config names the same.
THRESHOLD: Final = 0.2
JOIN: Final = 0.3


@dataclass(frozen=True, slots=True)
class Prepared:
    """Papers and digests as the training sees them; ``examples`` are those of ``papers``."""

    papers: tuple[Annotated, ...]
    examples: tuple[Example, ...]
    plain: Plain
    tables: Tables

    def but(self, digests: Iterable[str]) -> Prepared:
        """Leave out the papers of some digests."""
        left = set(digests)
        kept = [place for place, paper in enumerate(self.papers) if paper.digest not in left]
        return replace(
            self,
            papers=tuple(self.papers[place] for place in kept),
            examples=tuple(self.examples[place] for place in kept),
        )


@dataclass(frozen=True, slots=True)
class Training:
    """What training gives: weights, those of results, and how good they are.

    ``scores`` by kind and ``bands`` (upper end of the confidence, mentions, right ones) are
    of papers whose fold was left out.
    """

    weights: Weights
    results: dict[str, float]
    scores: dict[str, Score]
    bands: tuple[tuple[float, int, int], ...]


def prepare(papers: Sequence[Annotated], plain: Iterable[Entry], tables: Tables) -> Prepared:
    """Find the candidates and features of all entries.

    Raises:
        KGError: too few digests are annotated.
    """
    digests = len({paper.digest for paper in papers})
    if digests < FOLDS:
        raise KGError(
            f"annotations: papers of {digests} digests; expected {FOLDS} digests at least"
        )
    reader = Reader(tables)
    kept = [(paper, example) for paper in papers for example in reader.examples([paper])]
    taught = len({example.digest for _, example in kept if (example.roles != SKIPPED).any()})
    if taught < FOLDS:
        raise KGError(
            f"annotations: terms in the text of papers of {taught} digests; expected {FOLDS} "
            "digests at least, with forms as they stand in the text"
        )
    log.info("read %d annotated papers of %d digests", len(kept), digests)
    seen = reader.plain(plain)
    log.info("read %d entries without annotation", len(seen.words))
    return Prepared(
        tuple(paper for paper, _ in kept), tuple(example for _, example in kept), seen, tables
    )


def train(prepared: Prepared) -> Training:
    """Train all weights: the same input gives the same weights.

    That holds on one machine; on another, sums may round differently in the last place.

    Raises:
        KGError: the extra ``train`` is not installed, or the papers are too few.
    """
    with one_thread():
        return _train(prepared)


def _train(prepared: Prepared) -> Training:
    papers, examples, tables = prepared.papers, prepared.examples, prepared.tables
    trained = train_terms(examples, prepared.plain)
    log.info("forms of one thing")
    lexicon = lexicon_of(prepared.plain, trained.taken, tables.translations)
    marks = [marks_of(paper.gold) for paper in papers]
    coreference = train_coreference(examples, marks, trained.terms, lexicon, THRESHOLD)
    unit = np.array([0, 1], np.float32)
    weights = Weights(trained.scorer, coreference, Calibration(unit, unit))
    held_out = list(_held_out(examples, trained, weights))
    verdicts = judged(
        (marked, mentions, things)
        for marked, (mentions, things) in zip(marks, held_out, strict=True)
    )
    weights = replace(weights, calibration=calibrated(verdicts))
    log.info("results")
    seen = seen_results(papers, examples, trained, weights, tables, (THRESHOLD, JOIN))
    return Training(
        weights,
        train_results(list(seen), tables.measures),
        score([(marked, things) for marked, (_, things) in zip(marks, held_out, strict=True)]),
        bands(weights.calibration, verdicts),
    )


def _held_out(
    examples: Sequence[Example], trained: Trained, weights: Weights
) -> Iterator[tuple[list[Found], list[Named]]]:
    """Yield mentions and things of each example, as found where its fold is left out."""
    begin = 0
    for example in examples:
        end = begin + len(example.found)
        mentions = mentions_in(example, trained.terms[begin:end], THRESHOLD)
        begin = end
        yield mentions, name_things(example.view.text, mentions, weights.coreference, JOIN)
