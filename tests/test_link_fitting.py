"""The weights of linking: the packaged ones are those that fitting the packaged tables gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fit_links import FOLDS, MARGIN, THRESHOLD
from kg.errors import KGError
from kg.link.concepts import DATA, concepts, known_names
from kg.link.judged import packaged_judged
from kg.link.rank import packaged_weights, read_weights
from kg.training.links import (
    crossed_examples,
    field_weights,
    fit,
    unjudged_examples,
    with_unjudged,
    write_weights,
)


def test_the_packaged_weights_are_what_fitting_gives(tmp_path: Path) -> None:
    judged = packaged_judged()
    made = crossed_examples(judged, FOLDS)
    fitted = with_unjudged(fit(made, threshold=THRESHOLD, margin=MARGIN), unjudged_examples(judged))
    write_weights(fitted, tmp_path / "weights.json")
    own, packaged = read_weights(tmp_path / "weights.json"), packaged_weights()
    assert (own.threshold, own.margin) == (packaged.threshold, packaged.margin)
    assert dict(own.weights) == pytest.approx(dict(packaged.weights), abs=0.02)
    assert dict(own.close_weights) == pytest.approx(dict(packaged.close_weights), abs=0.02)


def test_the_packaged_words_are_what_fitting_gives() -> None:
    words = field_weights(concepts(), known_names())
    lines = (DATA / "field.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [f"{word}\t{weight}" for word, weight in words.items()] == lines


def test_judgements_of_one_kind_are_refused() -> None:
    made = crossed_examples(packaged_judged()[:400], FOLDS)
    with pytest.raises(KGError, match="right and wrong"):
        fit([one for one in made if one.right], threshold=THRESHOLD, margin=MARGIN)
