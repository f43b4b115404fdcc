"""A digest's bytes -> the digest and the problems found."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from kg.digest.body import Body, Part, read_body
from kg.digest.characters import NotText, decode, shown
from kg.digest.headings import (
    ENTRY_LEVEL,
    Heading,
    HeadingLink,
    date_in_name,
    find_headings,
    is_date,
    issue_date,
    read_link,
)
from kg.digest.links import PaperLink, identify
from kg.model import Digest, Entry, Problem, Section
from kg.vocab import key_of

STDIN: Final = "-"
_EXPECTED: Final = "expected '### [title](https://arxiv.org/abs/ID)'"
_APOSTROPHES: Final = re.compile("['’‘ʼ＇`´]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a digest file gave.

    ``digest`` is None when nothing could be read. ``headings`` counts every heading of
    an entry in the file, readable or not.
    """

    digest: Digest | None
    headings: int
    problems: tuple[Problem, ...]


def parse_digest(data: bytes, path: str, *, max_bytes: int) -> Parsed:
    """Read a digest; never raises for what it holds.

    Args:
        data: the file's bytes.
        path: the file's name, for messages and for the digest's key; "-" is standard
            input, whose key is the date in its heading.
        max_bytes: larger data are not read.
    """
    reader = _Reader("stdin" if path == STDIN else path)
    if len(data) > max_bytes:
        return reader.nothing(*too_large(len(data), max_bytes))
    try:
        text = decode(data)
    except NotText as error:
        return reader.nothing(error.found, "expected UTF-8 text; nothing of it is read", error.line)
    if not text.strip():
        return reader.nothing("an empty file", f"{_EXPECTED} for each paper")
    reader.read(text.split("\n"), *find_headings(text))
    if not reader.entries:
        if not reader.problems:
            reader.problem(0, "no entry", f"{_EXPECTED} for each paper")
        return reader.parsed(None)
    source = _base_name(path)
    issued = reader.issued or (None if path == STDIN else date_in_name(source))
    if path == STDIN and issued is None:
        reader.problem(
            0,
            "no date that names the digest",
            "expected a heading '## Daily Papers (YYYY-MM-DD)'; or give the digest as a file",
        )
        return reader.parsed(None)
    key = key_of(PurePath(source).stem) if path != STDIN else str(issued)
    digest = Digest(
        key=key,
        issued=issued,
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        entries=tuple(reader.entries),
    )
    return reader.parsed(digest)


def too_large(size: int, max_bytes: int) -> tuple[str, str]:
    """Say what is wrong with a file of *size* bytes: found, expected."""
    return (
        f"{size} bytes",
        f"expected at most {max_bytes}; divide the file or raise KG_MAX_DIGEST_MB",
    )


def _base_name(path: str) -> str:
    if path == STDIN:
        return "stdin"
    name = PurePath(path).name or path
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(slots=True)
class _Reader:
    """Collects the entries and the problems of one file."""

    path: str
    headings: int = 0
    issued: str | None = None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def problem(self, line: int, found: str, expected: str) -> None:
        self.problems.append(Problem(self.path, line, found, expected))

    def parsed(self, digest: Digest | None) -> Parsed:
        ordered = sorted(self.problems, key=lambda problem: problem.line)
        return Parsed(digest, self.headings, tuple(ordered))

    def nothing(self, found: str, expected: str, line: int = 0) -> Parsed:
        self.problem(line, found, expected)
        return self.parsed(None)

    def read(
        self, lines: list[str], found: list[Heading], hidden: list[tuple[Heading, str]]
    ) -> None:
        """Read every entry; a heading's text goes on to the next one that divides."""
        for heading, place in hidden:
            text = shown(f"### {heading.text}")
            expected = f"{_EXPECTED} at the start of a line, outside of it"
            self.problem(heading.line + 1, f"heading {text} in {place}", expected)
        dividing = [heading for heading in found if self._divides(heading)]
        ends = [*(heading.line for heading in dividing), len(lines)][1:]
        for heading, end in zip(dividing, ends, strict=True):
            if heading.begins_digest:
                self._issue(heading)
            elif heading.level == ENTRY_LEVEL:
                self._entry(heading, lines[heading.line + 1 : end])
            else:
                self.problem(
                    heading.line + 1,
                    f"a paper in heading {shown('#' * heading.level + ' ' + heading.text)}",
                    _EXPECTED,
                )

    def _divides(self, heading: Heading) -> bool:
        """Whether an entry ends there: also at one of a wrong level that names a paper."""
        if heading.level == ENTRY_LEVEL or heading.begins_digest:
            return True
        link = read_link(heading.text, []) if heading.text.startswith("[") else None
        paper = identify(link.url) if link else None
        return paper is not None and paper.arxiv_id is not None

    def _issue(self, heading: Heading) -> None:
        date = issue_date(heading.text)
        if date is None or is_date(date):
            self.issued = self.issued or date
            return
        self.problem(heading.line + 1, f"date {date!r}", "expected a day of the calendar")

    def _entry(self, heading: Heading, lines: Sequence[str]) -> None:
        link = read_link(heading.text, lines)
        if heading.text.startswith("[") or link is not None:
            self.headings += 1
        paper = self._paper(heading, link)
        if link is None or paper is None:
            return
        body = read_body(lines[link.lines :])
        for line, found, expected in body.problems:
            self.problem(heading.line + 2 + link.lines + line, found, expected)
        sections = _sections(link.title, body)
        self.entries.append(
            Entry(
                key=self._key(paper.paper, sections),
                paper=paper.paper,
                position=len(self.entries) + 1,
                line=heading.line + 1,
                page=paper.page,
                arxiv_id=paper.arxiv_id,
                arxiv_version=paper.arxiv_version,
                doi=paper.doi,
                votes=body.votes,
                authors=body.authors,
                authors_truncated=body.authors_truncated,
                thumbnail=body.thumbnail,
                sections=sections,
            )
        )

    def _key(self, paper: str, sections: Sequence[Section]) -> str:
        """Number a paper that the digest lists again.

        Also one whose IRI, or a section's, would be that of another entry or section: the
        DOI ``10.1000/x/summary`` beside ``10.1000/x``, or one that looks like a number.
        """
        count = 1
        while True:
            key = _numbered(paper, count)
            taken = {key, *(f"{key}/{section.key}" for section in sections)}
            if not taken & self.keys:
                self.keys |= taken
                return key
            count += 1

    def _paper(self, heading: Heading, link: HeadingLink | None) -> PaperLink | None:
        """Tell which paper an entry is about; None, and a problem, where it cannot."""
        where, text = heading.line + 1, shown(f"### {heading.text}")
        if link is None:
            self.problem(where, f"no link in heading {text}", _EXPECTED)
        elif not link.title:
            self.problem(where, f"no title in heading {text}", _EXPECTED)
        elif not link.url.strip():
            self.problem(where, f"an empty link in heading {text}", _EXPECTED)
        else:
            paper = identify(link.url)
            if paper is None:
                found = f"link {shown(link.url)} in heading {text}"
                self.problem(where, found, "expected an http(s) address, as in " + _EXPECTED[9:])
            return paper
        return None


def _sections(title: str, body: Body) -> tuple[Section, ...]:
    """Name the sections; one without text is left out."""
    sections = [Section("title", "title", "Title", title)]
    seen = Counter({"title": 1})
    for part in _joined(body.parts):
        label = part.label if part.label is not None else "Summary"
        type_ = "summary" if part.label is None else key_of(_APOSTROPHES.sub("", label))
        seen[type_] += 1
        key = _numbered(type_, seen[type_])
        sections.append(Section(key, type_, label, "\n".join(part.lines)))
    return tuple(sections)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Drop parts without text; what may be no label is a line of text where it has none."""
    kept: list[Part] = []
    for part in parts:
        if not part.lines and part.fallback:
            part = Part(None, [part.fallback])
        if not part.lines:
            continue
        if part.label is None and kept and kept[-1].label is None:
            kept[-1].lines.extend(part.lines)
        else:
            kept.append(part)
    return kept


def _numbered(key: str, count: int) -> str:
    return key if count == 1 else f"{key}~{count}"
