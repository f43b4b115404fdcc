"""Writes what training gives as a folder that a config can name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kg.extract import CONFIG
from kg.extract.tables import DATA, FILES, WEIGHTS, Tables
from kg.extract.weights import save_weights
from kg.training import Training

RESULTS: Final = "results.tsv"
_RESULTS_HEAD: Final = "feature\tweight"
#: The tables that are empty for a training without names.
_NAMES: Final = ("names.tsv", "ko_terms.tsv")


def write_data(training: Training, folder: Path, tables: Tables) -> Path:
    """Write a folder of tables and weights, and return the config that uses it.

    The packaged tables are copied; without names in *tables* those of names are left empty.
    The packaged folder itself gets new weights only: the packaged config names it.
    """
    if folder.resolve() == DATA.resolve():
        config = CONFIG
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if name != RESULTS:
                _copy(DATA / name, folder / name, whole=bool(tables.names) or name not in _NAMES)
        config = folder / "config.cfg"
        config.write_text(_config(folder.resolve()), encoding="utf-8")
    save_weights(training.weights, folder / WEIGHTS)
    write_weights(training.results, folder / RESULTS)
    return config


def write_weights(weights: Mapping[str, float], out: Path) -> None:
    """Write the weights of results as a table, sorted."""
    lines = [f"{feature}\t{weight}" for feature, weight in sorted(weights.items())]
    out.write_text("\n".join([_RESULTS_HEAD, *lines, ""]), encoding="utf-8")


def _copy(table: Path, to: Path, *, whole: bool) -> None:
    """Copy a table, or only the line that names its columns."""
    if whole:
        shutil.copyfile(table, to)
    else:
        with table.open(encoding="utf-8") as lines:
            to.write_text(next(lines), encoding="utf-8")


def _config(folder: Path) -> str:
    """Return the packaged config with a folder of its own; a ``$`` is doubled, for configs
    put values in its place."""
    named = json.dumps(str(folder), ensure_ascii=False).replace("$", "$$")
    return CONFIG.read_text(encoding="utf-8").replace("data = null", f"data = {named}", 1)
