"""Read one digest: parse, extract, and make its record and its quads.

This is what worker processes run: everything that depends on one file alone.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Self

from kg import __version__, rdf
from kg.digest import STDIN, Parsed, find_digests, parse_digest, read_digest
from kg.errors import DigestError
from kg.extract import extract, fingerprint, make_nlp
from kg.model import Digest, ExtractedDigest, ExtractedEntry, Problem
from kg.settings import Settings
from kg.store import DigestInfo, encode
from kg.vocab import Iris, key_of

_CODE = (".py", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Source:
    """A digest to read: a file, or bytes that came from standard input.

    ``known`` is the SHA-256 of what the store already has of it from the same build
    settings: such a digest is parsed for its problems and not extracted again.
    """

    path: str
    data: bytes | None = None
    known: str | None = None

    def with_known(self, shas: Mapping[str, str]) -> Self:
        """Tell what the store has under this file's key."""
        return replace(self, known=shas.get(key_of(Path(self.path).stem)))

    @classmethod
    def find(cls, paths: Sequence[str], settings: Settings) -> tuple[list[Self], list[Problem]]:
        """Find the digests that *paths* name, and what is wrong with the paths.

        Raises:
            DigestError: standard input is larger than a digest may be.
        """
        files, problems = find_digests([path for path in paths if path != STDIN])
        sources = [cls(str(path)) for path in files]
        if STDIN in paths:
            limit = _max_bytes(settings)
            data = sys.stdin.buffer.read(limit + 1)
            if len(data) > limit:
                raise DigestError(
                    "standard input",
                    0,
                    f"more than {settings.max_digest_mb:g} MB",
                    "split it, or raise KG_MAX_DIGEST_MB",
                )
            sources.append(cls(STDIN, data))
        return sources, list(problems)


@dataclass(frozen=True, slots=True)
class ReadDigest:
    """A digest as read. ``info`` is None where nothing could be read.

    ``record`` and ``quads`` are None and empty where the store has this digest already,
    or nothing was to be extracted.
    """

    path: str
    headings: int
    problems: tuple[Problem, ...]
    info: DigestInfo | None = None
    record: bytes | None = None
    quads: bytes = b""


@cache
def build_id(settings: Settings) -> str:
    """Name what decides the output beside the digests: 16 hex digits."""
    parts = [
        __version__,
        _code_id(),
        fingerprint(settings.extract_config),
        str(settings.min_confidence),
        settings.base_iri,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _code_id() -> str:
    """Hash the code and tables between a digest's bytes and its quads."""
    package = Path(__file__).resolve().parent.parent
    files = [package / "folding.py", package / "vocab.py"]
    for part in ("digest", "resolve", "rdf"):  # kg.extract has a fingerprint of its own
        files += (p for p in (package / part).rglob("*") if p.suffix in _CODE)
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def _max_bytes(settings: Settings) -> int:
    return int(settings.max_digest_mb * 1_000_000)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads digests; sent to worker processes with every source, so it is small."""

    settings: Settings
    extract: bool

    def __call__(self, source: Source) -> ReadDigest:
        parsed = self._parse(source)
        digest = parsed.digest
        if digest is None:
            return ReadDigest(source.path, parsed.headings, parsed.problems)
        build = build_id(self.settings) if self.extract else ""
        info = DigestInfo(digest.key, digest.issued, digest.sha256, digest.source, build, 0)
        if not self.extract or source.known == digest.sha256:
            return ReadDigest(source.path, parsed.headings, parsed.problems, info)
        extracted = self._extract(digest, build)
        iris = Iris(self.settings.base_iri)
        lines = dict.fromkeys(rdf.digest_lines(extracted, iris))
        return ReadDigest(
            source.path,
            parsed.headings,
            parsed.problems,
            replace(info, triples=len(lines)),
            encode(extracted),
            rdf.to_graph(lines, iris.digest(digest.key)),
        )

    def _parse(self, source: Source) -> Parsed:
        limit = _max_bytes(self.settings)
        if source.data is not None:
            return parse_digest(source.data, source.path, max_bytes=limit)
        return read_digest(Path(source.path), max_bytes=limit)

    def _extract(self, digest: Digest, build: str) -> ExtractedDigest:
        nlp = _nlp(self.settings.extract_config)
        entries = tuple(self._confident(one) for one in extract(nlp, digest.entries))
        return ExtractedDigest(digest, entries, build)

    def _confident(self, found: ExtractedEntry) -> ExtractedEntry:
        """Leave out what is below the wanted confidence."""
        least = Decimal(str(self.settings.min_confidence))
        if not least:
            return found
        mentions = [m for m in found.mentions if m.confidence >= least]
        kept = {(m.section, m.start, m.end) for m in mentions}
        return replace(
            found,
            mentions=tuple(
                m if m.gloss_of is None or m.gloss_of in kept else replace(m, gloss_of=None)
                for m in mentions
            ),
            results=tuple(r for r in found.results if r.confidence >= least),
        )


@cache
def _nlp(config: Path | None) -> Any:
    """Load the extraction pipeline once a process, and only where a digest needs it."""
    nlp = make_nlp(config)
    gc.freeze()  # its million objects stay: not to be looked at by every collection
    return nlp
