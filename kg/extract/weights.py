"""Keeps what ``kg train`` learns in one file: arrays of numbers and hashes, no text."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from kg.errors import KGError
from kg.extract.coreference import Coreference
from kg.extract.lexicon import Lexicon
from kg.extract.network import Floats, Network
from kg.extract.scorer import Keys, Scaling, TermScorer
from kg.extract.surroundings import FormStatistics, WordVectors
from kg.extract.tables import WEIGHTS

FILE: Final = WEIGHTS
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores mean: of candidates with the score ``given`` the share ``right`` are terms
    of the type they were given. Both rise; between them the line is straight."""

    given: Floats
    right: Floats

    def confidence(self, score: float) -> float:
        """Return how many of the candidates with this score are right."""
        return self.confidences([score])[0]

    def confidences(self, scores: Sequence[float]) -> list[float]:
        """Return :meth:`confidence` of each of several scores."""
        found: list[float] = np.interp(scores, self.given, self.right).tolist()
        return found


@dataclass(frozen=True, slots=True)
class Weights:
    """All that is trained on annotated papers."""

    scorer: TermScorer
    coreference: Coreference
    calibration: Calibration


@lru_cache(maxsize=4)
def load_weights(path: Path) -> Weights:
    """Read weights, once a process.

    Raises:
        KGError: the file is missing or holds no weights.
    """
    try:
        # From memory: of a file that is no archive, numpy leaves the handle open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            return _unpack({name: stored[name] for name in stored.files})
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise KGError(f"{path}: {error}; expected weights, as kg train writes them") from error


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights: the same weights give the same bytes."""
    arrays: Arrays = dict(sorted(_pack(weights).items()))
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _pack(weights: Weights) -> Arrays:
    scorer, coreference = weights.scorer, weights.coreference
    lexicon = coreference.lexicon
    arrays: Arrays = {
        "keys": scorer.keys.ids,
        "keys_weights": scorer.keys.weights.astype(np.float16),
        "keys_bias": scorer.keys.bias,
        "forms": scorer.statistics.ids,
        "forms_values": scorer.statistics.values.astype(np.float16),
        "words": scorer.vectors.ids,
        "words_values": scorer.vectors.values.astype(np.float16),
        "mean": scorer.scaling.mean,
        "deviation": scorer.scaling.deviation,
        "pairs_mean": coreference.mean,
        "pairs_deviation": coreference.deviation,
        "lexicon": np.array(list(lexicon.words), np.uint64),
        "lexicon_values": np.array(list(lexicon.words.values()), np.float16),
        "glosses": np.array(list(lexicon.glosses), np.uint64),
        "glosses_values": np.array(list(lexicon.glosses.values()), np.int8),
        "given": weights.calibration.given,
        "right": weights.calibration.right,
    }
    networks = {"terms": scorer.terms, "roles": scorer.roles, "pairs": coreference.network}
    for name, network in networks.items():
        arrays[f"{name}_hidden"] = network.hidden.astype(np.float16)
        arrays[f"{name}_hidden_bias"] = network.hidden_bias
        arrays[f"{name}_out"] = network.out
        arrays[f"{name}_out_bias"] = network.out_bias
    return arrays


def _unpack(arrays: Arrays) -> Weights:
    def floats(name: str) -> Floats:
        return arrays[name].astype(np.float32)

    def network(name: str) -> Network:
        return Network(
            floats(f"{name}_hidden"),
            floats(f"{name}_hidden_bias"),
            floats(f"{name}_out"),
            floats(f"{name}_out_bias"),
        )

    def pairs(name: str) -> dict[int, Any]:
        return dict(zip(arrays[name].tolist(), arrays[f"{name}_values"].tolist(), strict=True))

    scorer = TermScorer(
        Keys(arrays["keys"], floats("keys_weights"), floats("keys_bias")),
        FormStatistics(arrays["forms"], floats("forms_values")),
        WordVectors(arrays["words"], floats("words_values")),
        Scaling(floats("mean"), floats("deviation")),
        network("terms"),
        network("roles"),
    )
    return Weights(
        scorer,
        Coreference(
            Lexicon(pairs("lexicon"), pairs("glosses")),
            floats("pairs_mean"),
            floats("pairs_deviation"),
            network("pairs"),
        ),
        Calibration(floats("given"), floats("right")),
    )
