"""What of a dump goes into an index: languages, classes, papers and people."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from kg.errors import KGError
from kg.linked import is_qid

#: Identifiers that say that an item is a paper.
PAPER: Final = frozenset(("P818", "P356"))
_PERSON: Final = "P496"
_LANGUAGE_LETTERS: Final = 20


class Reason(StrEnum):
    """Why an entity of a dump is not in the index."""

    NO_ITEM = "no items (properties, lexemes, deleted items)"
    UNLABELLED = "without a label in the languages"
    PAPER = "papers"
    PERSON = "people"
    CLASS = "by class"
    SITELINKS = "by sitelinks"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexConfig:
    """What goes into an index.

    ``leave_out`` and ``keep`` are ids of classes, as an item's statements of instance of and
    subclass of name them: those of ``leave_out`` are left out, and where ``keep`` names any,
    all others. Papers (with an arXiv id or a DOI) and people (with an ORCID iD) are kept or
    left out whatever their class; so is what has names in use.

    ``leave_out`` is people by default: Q5 is the class of those in replies of Wikidata that
    dahlia/wikidata recorded (``tests/fixtures/entities``).
    """

    languages: tuple[str, ...] = ("en", "ko")
    leave_out: tuple[str, ...] = ("Q5",)
    keep: tuple[str, ...] = ()
    unlabelled: bool = False
    min_sitelinks: int = 0
    papers: bool = True
    people: bool = True

    def content(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Filter:
    """A config as numbers of ids, for asking fast."""

    config: IndexConfig
    leave_out: frozenset[int]
    keep: frozenset[int]

    @classmethod
    def of(cls, config: IndexConfig) -> Filter:
        leave_out, keep = (
            frozenset(int(one[1:]) for one in ids) for ids in (config.leave_out, config.keep)
        )
        return cls(config, leave_out, keep)

    def reason(
        self,
        labelled: bool,
        classes: Collection[int],
        sitelinks: int,
        identifiers: Collection[tuple[str, str]],
    ) -> Reason | None:
        """Tell why an item without names in use is left out; None where it is kept.

        Args:
            classes: numbers of what it is an instance or a subclass of.
        """
        config = self.config
        if not labelled and not config.unlabelled:
            return Reason.UNLABELLED
        if identifiers:
            properties = {property_ for property_, _ in identifiers}
            if not PAPER.isdisjoint(properties):
                return None if config.papers else Reason.PAPER
            if _PERSON in properties:
                return None if config.people else Reason.PERSON
        if not self.leave_out.isdisjoint(classes):
            return Reason.CLASS
        if self.keep and self.keep.isdisjoint(classes):
            return Reason.CLASS
        if sitelinks < config.min_sitelinks:
            return Reason.SITELINKS
        return None


def read_config(path: Path) -> IndexConfig:
    """Read the config of an index; what the file does not name has its default.

    Raises:
        KGError: the file cannot be read, is no TOML, or has an unknown name or a wrong value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KGError(f"{path}: {error}; expected TOML") from error
    known = {field.name: field for field in fields(IndexConfig)}
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known:
            raise KGError(f"{path}: no setting {name!r}; it has: {', '.join(known)}")
        values[name] = _value(f"{path}: {name}", name, value)
    return IndexConfig(**values)


def _value(where: str, name: str, value: Any) -> Any:
    if name in ("leave_out", "keep", "languages"):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise KGError(f"{where}: {value!r}; expected a list of texts")
        for one in value:
            if name == "languages":
                if not one or len(one) > _LANGUAGE_LETTERS or not one.replace("-", "").isalnum():
                    raise KGError(f"{where}: {one!r}; expected a code of a language, such as 'en'")
            elif not is_qid(one):
                raise KGError(f"{where}: {one!r}; expected ids of classes, such as 'Q5'")
        if name == "languages":
            if not value:
                raise KGError(f"{where}: no language; expected one at least, such as 'en'")
            return tuple(dict.fromkeys(value))
        return tuple(sorted(set(value)))
    if name == "min_sitelinks":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise KGError(f"{where}: {value!r}; expected 0 or more")
    elif not isinstance(value, bool):
        raise KGError(f"{where}: {value!r}; expected true or false")
    return value
