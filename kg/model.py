"""The records that flow between the stages.

Everything here is plain and immutable. Offsets are code points of a section's text,
half open. Input is checked where it enters (``kg.digest``); after that the types are
trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class TermType(StrEnum):
    """What kind of thing a term is; the values are local names of the ontology."""

    MODEL = "Model"
    METHOD = "Method"
    BENCHMARK = "Benchmark"
    DATASET = "Dataset"
    METRIC = "Metric"
    TASK = "Task"


class Role(StrEnum):
    """What a paper does with a term; the values are local names of the ontology."""

    INTRODUCED = "introduced"
    EVALUATED_ON = "evaluatedOn"
    OTHER = "other"


class ResultKind(StrEnum):
    """What a number says; the values are local names of the ontology."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    COMPARISON = "comparison"


class Qualifier(StrEnum):
    """How a value is hedged; the values are local names of the ontology."""

    ABOUT = "about"
    UP_TO = "upTo"
    AT_LEAST = "atLeast"


class Direction(StrEnum):
    """Which way a relative result goes; the values are local names of the ontology."""

    INCREASE = "increase"
    DECREASE = "decrease"


class Decision(StrEnum):
    """What a person can decide; the values are the words of a file of corrections."""

    NOT_A_TERM = "not-a-term"
    TYPE = "type"
    SAME = "same"
    DIFFERENT = "different"
    KEY = "key"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Problem:
    """Content of a digest, or of a file of corrections, that could not be read.

    ``line`` counts from 1; 0 is the file as a whole.
    """

    path: str
    line: int
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.found}; {self.expected}"


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled part of an entry.

    ``key`` is the last part of its IRI (``title``, ``whats-new``, ``summary``,
    ``summary~2``), ``type`` the same without the ``~2``, ``label`` as printed.
    """

    key: str
    type: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as one digest lists it.

    ``paper`` is the paper's key: ``2408.00874``, ``cs/0601001``, ``doi/10.1000/x`` or
    ``url/`` and 16 hex digits. ``key`` is the same, with ``~2`` when the digest lists
    the paper again. ``arxiv_id`` has no version and is None for other sources.
    ``position`` counts from 1. The first section is the title. ``line`` is where the
    heading stands in the file.
    """

    key: str
    paper: str
    position: int
    line: int
    page: str
    arxiv_id: str | None
    arxiv_version: int | None
    doi: str | None
    votes: int | None
    authors: tuple[str, ...]
    authors_truncated: bool
    thumbnail: str | None
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return self.sections[0].text


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest file.

    ``key`` is the last part of its IRI, ``issued`` an ISO date or None where neither
    heading nor file name has one, ``source`` the file's base name, ``sha256`` of its
    bytes as read.
    """

    key: str
    issued: str | None
    source: str
    sha256: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A surface form, with type and place, in one section of an entry.

    ``section`` is the section's key; ``exact`` is the section's text from ``start`` to
    ``end``. ``confidence`` lies in [0, 1], at most four decimal places. ``component``
    names what found it. ``gloss_of`` is section, start and end of another
    mention of the same entry that this one restates: the ``CoT`` of ``Chain-of-Thought(CoT)``
    points at the long form. What it points at points at none.
    """

    section: str
    start: int
    end: int
    exact: str
    type: TermType
    role: Role
    confidence: Decimal
    component: str
    gloss_of: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A numeric claim of a paper.

    ``start`` and ``end`` delimit the value in the section's text, ``evidence`` the
    sentence around it. The texts are the longest Latin form of the thing in this entry,
    else its surface form; None where the text names none. ``value_text`` is the value as
    printed without its unit; ``value`` is set for a single number, ``value_min`` and
    ``value_max`` for a range (``1M`` is 1000000).
    """

    section: str
    start: int
    end: int
    evidence: tuple[int, int]
    value_text: str
    kind: ResultKind
    confidence: Decimal
    subject: str | None = None
    benchmark: str | None = None
    metric: str | None = None
    baseline: str | None = None
    value: Decimal | None = None
    value_min: Decimal | None = None
    value_max: Decimal | None = None
    qualifier: Qualifier | None = None
    unit: str | None = None
    direction: Direction | None = None
    setting: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class ExtractedEntry:
    """An entry with what extraction found in it.

    ``mentions`` are sorted by section (in the entry's order), start and falling end; no
    two have the same span. ``results`` are sorted by section and start.
    """

    entry: Entry
    mentions: tuple[Mention, ...]
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class ExtractedDigest:
    """A digest with what extraction found in each entry, in the digest's order.

    ``build`` names versions and settings that made it (16 hex digits).
    """

    digest: Digest
    entries: tuple[ExtractedEntry, ...]
    build: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's decision about a name, which wins over the machine's.

    ``label`` is a name as it stands in digests, ``value`` what was decided of it: a type,
    another name or a key, empty where the decision needs none. ``papers`` are the keys of
    the papers that it is limited to. ``date`` is an ISO date. ``line`` is where it stands
    in its file, 0 where it came from none; it is no part of what was decided.
    """

    decision: Decision
    label: str
    value: str
    papers: tuple[str, ...]
    by: str
    date: str
    comment: str = ""
    line: int = field(default=0, compare=False)

    @property
    def id(self) -> str:
        """16 hex digits that its content alone decides."""
        content = [self.decision, self.label, self.value, self.papers]
        text = json.dumps([*content, self.by, self.date, self.comment], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class MentionRef:
    """Where a mention stands in the corpus: the parts of its IRI."""

    digest: str
    entry: str
    section: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Label:
    """A name of a term; ``lang`` is ``ko`` if it has Hangul, else ``en``."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Term:
    """One node for one thing that papers mention.

    ``preferred`` has at most one label a language and at least one in all; the first is
    the one to show. ``alternative`` are other names, ``hidden`` variants that differ
    from a shown one in case, hyphen, space or plural only; the three are disjoint and
    sorted. ``mentions`` are in corpus order (digest date and key, position, section,
    offset). ``corrections`` are the ids of those that name one of its forms, sorted.
    """

    key: str
    type: TermType
    preferred: tuple[Label, ...]
    alternative: tuple[Label, ...]
    hidden: tuple[Label, ...]
    mentions: tuple[MentionRef, ...]
    higher_is_better: bool | None = None
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """The keys of the terms that a result's texts name; None where none is found."""

    subject: str | None
    benchmark: str | None
    metric: str | None
    baseline: str | None


class MergeReason(StrEnum):
    """Why a form is a name of a term."""

    SPELLING = "spelling"
    GLOSS = "gloss"
    TABLE = "table of equivalents"
    WORDS = "word by word"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Merge:
    """How a name joined a term: *form* was joined to *parent*, another of its names.

    ``support`` is how many entries' glosses, or papers of the table, say so. ``first`` is
    the digest and the key of the first entry whose gloss does, ``correction`` the id of
    the person's decision; None where there is none.
    """

    form: str
    parent: str
    reason: MergeReason
    support: int = 0
    first: tuple[str, str] | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An author that someone knows to be one person: the one of a name, or of some papers.

    ``key`` is the last part of the author's IRI, ``name`` the key of the printed name;
    ``papers`` is empty where all papers of that name are meant. ``correction`` is its id.
    """

    key: str
    name: str
    papers: tuple[str, ...]
    correction: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the corpus and people decide about mentions, results and authors.

    ``terms`` are sorted by key. ``claims`` maps digest key, entry key and place among the
    entry's results to terms, only where any is found.
    """

    terms: tuple[Term, ...]
    claims: Mapping[tuple[str, str, int], ClaimTerms]
    people: tuple[Person, ...] = ()
