"""The tables of resolution, read once a process.

``data/equivalents.tsv``: a Korean form and its Latin form, or an abbreviation and its long
form, and how many papers pair them; made by ``benchmarks/make_names.py``.
``data/metrics.tsv``: metrics and whether a higher value is better; kept by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.folding import fold

DATA: Final = Path(__file__).parent / "data"


@lru_cache(maxsize=1)
def equivalents() -> Mapping[str, tuple[str, int]]:
    """Return the packaged table of equivalent forms."""
    return read_equivalents(DATA / "equivalents.tsv")


def read_equivalents(path: Path) -> dict[str, tuple[str, int]]:
    """Return, by folded form, the folded form it stands for and the papers that say so."""
    return {fold(form): (fold(standard), int(papers)) for form, standard, papers in _rows(path)}


@lru_cache(maxsize=1)
def higher_is_better() -> dict[str, bool]:
    """Tell, by folded metric, whether a higher value is better."""
    return {fold(metric): better == "yes" for metric, better in _rows(DATA / "metrics.tsv")}


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]
