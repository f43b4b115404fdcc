"""The data tables of extraction, read once a process.

``names.tsv``    name, type, source: names and aliases from public lists.
``ko_terms.tsv`` Korean term, English term, type, source.
``cues.tsv``     kind, cue: words that tell a role or something about a result.
``measures.tsv`` Korean word of a measure, English, part (see ``kg.extract.measures``).
``results.tsv``  feature, weight: how results are judged (see ``kg.extract.result_weights``).
``common.txt``   words and phrases that are names in no paper.

``benchmarks/make_names.py`` makes the first two, ``kg train`` the weights; the others are kept
by hand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.extract.measures import Word
from kg.folding import fold
from kg.model import TermType
from kg.vocab import language_of

DATA: Final = Path(__file__).parent / "data"
FILES: Final = (
    "common.txt", "cues.tsv", "ko_terms.tsv", "measures.tsv", "names.tsv",
    "results.tsv",
)  # fmt: skip
#: What ``kg train`` learns, beside the tables: see ``kg.extract.weights``.
WEIGHTS: Final = "model.npz"

#: The order of the types in weights and probabilities.
TYPES: Final = tuple(TermType)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables as lookups; ``names`` is by folded form, ``surfaces`` as written."""

    names: dict[str, tuple[TermType, ...]]
    surfaces: tuple[str, ...]
    korean_words: tuple[str, ...]
    translations: tuple[tuple[str, str], ...]
    cues: dict[str, tuple[str, ...]]
    common: frozenset[str]
    measures: dict[str, Word]
    result_weights: dict[str, float]


def rows(path: Path) -> Iterator[list[str]]:
    """Read a table: tab separated, the first line names the columns, ``#`` comments."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(reader, None)
        for row in reader:
            if row and not row[0].startswith("#"):
                yield row


def folder(data: str | None) -> Path:
    """Return the folder that a config names, the packaged one by default."""
    return Path(data) if data else DATA


@lru_cache(maxsize=4)
def load_tables(data: str | None = None) -> Tables:
    """Read the tables of a folder, the packaged ones by default, once a process."""
    return read_tables(folder(data))


def read_tables(data: Path) -> Tables:
    """Read the tables of a folder.

    Raises:
        OSError: a table is missing.
        ValueError: a row is not as described above.
    """
    names: dict[str, list[TermType]] = {}
    surfaces: dict[str, None] = {}
    korean: dict[str, None] = {}
    for name, type_, _ in rows(data / "names.tsv"):
        names.setdefault(fold(name), []).append(TermType(type_))
        surfaces[name] = None
    translations: list[tuple[str, str]] = []
    for form, english, type_, _ in rows(data / "ko_terms.tsv"):
        translations.append((form, english))
        surfaces[form] = None
        if " " not in form and language_of(form) == "ko":
            korean[form] = None
        if type_ != "Term":
            for name in (form, english):
                names.setdefault(fold(name), []).append(TermType(type_))
    cues: dict[str, list[str]] = {}
    for kind, cue in rows(data / "cues.tsv"):
        cues.setdefault(kind, []).append(cue)
    common = (data / "common.txt").read_text(encoding="utf-8").splitlines()
    return Tables(
        names={form: tuple(dict.fromkeys(types)) for form, types in names.items()},
        surfaces=tuple(surfaces),
        korean_words=tuple(korean),
        translations=tuple(translations),
        cues={kind: tuple(words) for kind, words in cues.items()},
        common=frozenset(fold(word) for word in common if word and not word.startswith("#")),
        measures={
            form: Word.of(english, part) for form, english, part in rows(data / "measures.tsv")
        },
        result_weights={feature: float(weight) for feature, weight in rows(data / "results.tsv")},
    )
