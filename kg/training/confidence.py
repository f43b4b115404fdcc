"""Finds out what scores mean: how many mentions of a score are right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.errors import KGError
from kg.extract.choice import kind_of, kind_share
from kg.extract.naming import Named
from kg.extract.network import Floats
from kg.extract.spans import Found
from kg.extract.weights import Calibration
from kg.folding import fold
from kg.training.annotations import Marked

_KNOTS: Final = 40
#: Nothing is certain.
_HIGHEST: Final = 0.99
#: Upper ends of the bands in which the card tells how many mentions are right.
_BANDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of mentions found: the score that each was given, and whether it is right."""

    given: Floats
    right: NDArray[np.bool_]


def judged(
    papers: Iterable[tuple[Mapping[str, Marked], Sequence[Found], Sequence[Named]]],
) -> Verdicts:
    """Compare the mentions of papers with what is annotated; optional ones do not count.

    Args:
        papers: what is annotated of each one's forms, its mentions, and the things they name.

    Raises:
        KGError: nothing was found in them.
    """
    verdicts = [verdict for paper in papers for verdict in _verdicts(*paper)]
    if not verdicts:
        raise KGError("annotations: no term was found in any paper; expected more papers")
    return Verdicts(
        np.array([given for given, _ in verdicts], np.float32),
        np.array([right for _, right in verdicts]),
    )


def calibrated(verdicts: Verdicts) -> Calibration:
    """Fit a rising line through the verdicts (isotonic regression), at a few knots."""
    from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

    line = IsotonicRegression(y_min=0, y_max=_HIGHEST, out_of_bounds="clip")
    fitted = line.fit(verdicts.given, verdicts.right)
    knots = np.unique(np.quantile(verdicts.given, np.linspace(0, 1, _KNOTS)))
    return Calibration(knots.astype(np.float32), fitted.predict(knots).astype(np.float32))


def bands(calibration: Calibration, verdicts: Verdicts) -> tuple[tuple[float, int, int], ...]:
    """Count, by upper end of the confidence, the mentions and the right ones among them."""
    confidence = np.array([calibration.confidence(one) for one in verdicts.given.tolist()])
    place = np.searchsorted(_BANDS, confidence, side="right").clip(0, len(_BANDS) - 1)
    return tuple(
        (end, int((place == n).sum()), int(verdicts.right[place == n].sum()))
        for n, end in enumerate(_BANDS)
    )


def _verdicts(
    marks: Mapping[str, Marked], mentions: Sequence[Found], things: Sequence[Named]
) -> Iterator[tuple[float, bool]]:
    types = {form: thing.type for thing in things for form in thing.forms}
    for mention in mentions:
        mark, type_ = marks.get(fold(mention.exact)), types[fold(mention.exact)]
        if mark is None or not mark.optional:
            right = mark is not None and mark.type in kind_of(type_)
            yield kind_share(mention.types, type_), right
