"""Makes a graph of any size in the shape of ours, of made-up words: nobody's text is in it.

Records are drawn with a seed and written by ``kg.rdf``, so names, types and graphs are those
of a build. The proportions are those of 5,089 entries of 329 real digests: 15.5 entries a
digest; an entry has 20 mentions, one result, 8.4 authors, and 5.3 terms that no paper had
before.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from kg import rdf
from kg.model import (
    ClaimTerms,
    Digest,
    Direction,
    Entry,
    ExtractedDigest,
    ExtractedEntry,
    Label,
    Mention,
    MentionRef,
    Resolution,
    Result,
    ResultKind,
    Role,
    Section,
    Term,
    TermType,
)
from kg.vocab import DEFAULT_BASE, TERMS_GRAPH, Iris, key_of, language_of

#: What comes out of these proportions; the real digests have 6,910.
_QUADS_A_DIGEST = 6_750
_ENTRIES_A_DIGEST = 15.5
_TERMS_A_PAPER = (7, 14)
_NEW_TERMS = 0.5
_SECTIONS = ("whats-new", "technical-details", "performance-highlights")
_TYPES = dict(zip(TermType, (18, 52, 6, 3, 3, 18), strict=True))
_ROLES = {Role.INTRODUCED: 10, Role.EVALUATED_ON: 8, Role.OTHER: 82}
_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxyz", "aeiou"
_HANGUL = "가나도루미보사아자차카타파하는을에의고며한로다인"
_UNITS = ("%", "points", "x", "fps")


@dataclass(frozen=True, slots=True)
class Made:
    """What a made graph has to ask for: ``words`` stand in titles, each in a few."""

    quads: int
    papers: tuple[str, ...]
    terms: tuple[str, ...]
    words: tuple[str, ...]


def write_quads(path: Path, quads: int, seed: int = 1) -> Made:
    """Write a graph of about *quads* quads as TriG; equal arguments give equal bytes."""
    maker = _Maker(Random(seed))
    digests = [maker.digest(number) for number in range(max(1, round(quads / _QUADS_A_DIGEST)))]
    iris = Iris(DEFAULT_BASE)
    corpus = rdf.Corpus(digests, maker.resolution(), iris)
    written = 0
    with path.open("wb") as out:
        for digest in digests:
            lines = list(rdf.digest_lines(digest, iris))
            written += len(lines)
            out.write(rdf.to_graph(lines, iris.digest(digest.digest.key)))
        for _, lines in corpus.blocks():
            written += len(lines)
            out.write(rdf.to_graph(lines, iris.graph(TERMS_GRAPH)))
    return Made(
        written,
        tuple(iris.paper(paper) for paper in corpus.papers),
        tuple(iris.term(key) for key in maker.types),
        tuple(maker.words[::7]),
    )


class _Maker:
    """Draws digests one after the other; later ones repeat terms of earlier ones."""

    def __init__(self, random: Random) -> None:
        self._random = random
        #: Words of texts: no more than a language has.
        self.words = [_word(random) for _ in range(3_000)]
        self._korean = ["".join(random.choices(_HANGUL, k=3)) for _ in range(3_000)]
        self._authors: list[str] = []
        #: name -> what it is; in the order of being made
        self.types: dict[str, TermType] = {}
        self._names: dict[str, str] = {}
        self._used: list[str] = []
        self._mentions: defaultdict[str, list[MentionRef]] = defaultdict(list)
        self._claims: dict[tuple[str, str, int], ClaimTerms] = {}

    def digest(self, number: int) -> ExtractedDigest:
        issued = (date(2020, 1, 6) + timedelta(days=number)).isoformat()
        first, last = (round(_ENTRIES_A_DIGEST * part) for part in (number, number + 1))
        entries = [self._entry(issued, at, at - first + 1) for at in range(first, last)]
        digest = Digest(
            issued,
            issued,
            f"{issued}.md",
            hashlib.sha256(issued.encode()).hexdigest(),
            tuple(one.entry for one in entries),
        )
        return ExtractedDigest(digest, tuple(entries), "0" * 16)

    def resolution(self) -> Resolution:
        terms = tuple(self._term(key) for key in sorted(self.types))
        return Resolution(terms, self._claims)

    def _term(self, key: str) -> Term:
        name, korean = self._names[key], f"{self._names[key]} {self._korean[len(key)]}"
        preferred = [Label(name, language_of(name))]
        if len(self._mentions[key]) > 3:
            preferred.append(Label(korean, "ko"))
        alternative = (Label(name + "s2", "en"),) if self._random.random() < 0.2 else ()
        return Term(
            key, self.types[key], tuple(preferred), alternative, (), tuple(self._mentions[key])
        )

    def _entry(self, digest: str, number: int, position: int) -> ExtractedEntry:
        year, month = divmod(number // 100, 12)
        paper = f"{year % 100:02}{month + 1:02}.{number:05}"
        terms = self._paper_terms()
        writer = _Text(self._random, self.words, self._korean)
        sections = [Section("title", "title", "Title", " ".join(self._title()))]
        mentions: list[Mention] = []
        results: list[Result] = []
        for name in _SECTIONS[: self._random.choice((2, 2, 3, 3, 3))]:
            text, found = writer.section(name, [self._named(one) for one in terms])
            sections.append(Section(name, name, name.replace("-", " ").title(), text))
            mentions += found
        for mention in mentions:
            place = MentionRef(digest, paper, mention.section, mention.start, mention.end)
            self._mentions[key_of(mention.exact)].append(place)
        if mentions:
            results.append(self._result(mentions[-1]))
            claim = ClaimTerms(terms[0], terms[1], terms[2], None)
            self._claims[digest, paper, 0] = claim
        entry = Entry(
            key=paper,
            paper=paper,
            position=position,
            line=position,
            page=f"https://arxiv.org/abs/{paper}",
            arxiv_id=paper,
            arxiv_version=None,
            doi=None,
            votes=self._random.randrange(200),
            authors=tuple(dict.fromkeys(self._paper_authors())),
            authors_truncated=False,
            thumbnail=f"https://example.org/thumbnails/{paper}.png",
            sections=tuple(sections),
        )
        return ExtractedEntry(entry, tuple(mentions), tuple(results))

    def _title(self) -> Iterator[str]:
        yield from (word.title() for word in self._random.choices(self.words, k=9))

    def _paper_authors(self) -> Iterator[str]:
        for _ in range(self._random.randint(3, 14)):
            if not self._authors or self._random.random() < 0.53:
                self._authors.append(f"{_word(self._random)} {_word(self._random)}".title())
                yield self._authors[-1]
            else:
                yield self._random.choice(self._authors)

    def _paper_terms(self) -> list[str]:
        """Draw the keys of a paper's terms; those often used are used again more often."""
        found: Counter[str] = Counter()
        for _ in range(self._random.randint(*_TERMS_A_PAPER)):
            if len(self._used) < 10 or self._random.random() < _NEW_TERMS:
                found[self._new_term()] += 1
            else:
                found[self._random.choice(self._used)] += 1
        self._used += found
        return list(found)

    def _new_term(self) -> str:
        while True:
            name = f"{_word(self._random).title()}-{self._random.randrange(1, 90)}"
            key = key_of(name)
            if key not in self.types:
                self.types[key] = self._random.choices(tuple(_TYPES), tuple(_TYPES.values()))[0]
                self._names[key] = name
                return key

    def _named(self, key: str) -> tuple[str, TermType]:
        return self._names[key], self.types[key]

    def _result(self, mention: Mention) -> Result:
        value = Decimal(self._random.randrange(1, 1000)) / 10
        return Result(
            section=mention.section,
            start=mention.start,
            end=mention.end,
            evidence=(0, mention.end),
            value_text=str(value),
            kind=self._random.choice(tuple(ResultKind)),
            confidence=Decimal(self._random.randrange(50, 100)) / 100,
            subject=mention.exact,
            benchmark=mention.exact,
            metric=mention.exact,
            value=value,
            unit=self._random.choice(_UNITS),
            direction=self._random.choice((None, *Direction)),
        )


class _Text:
    """Writes the sections of one entry."""

    def __init__(self, random: Random, words: list[str], korean: list[str]) -> None:
        self._random, self._words, self._korean = random, words, korean

    def section(self, key: str, terms: list[tuple[str, TermType]]) -> tuple[str, list[Mention]]:
        """Write a text that names terms, and tell where it does."""
        text, found = "", list[Mention]()
        for name, type_ in self._random.choices(terms, k=self._random.randint(5, 10)):
            text += f"{self._random.choice(self._korean)} {self._random.choice(self._words)} "
            start, before = len(text), found[-1] if found else None
            text += name
            gloss = before is not None and before.gloss_of is None and self._random.random() < 0.2
            mention = Mention(
                section=key,
                start=start,
                end=len(text),
                exact=name,
                type=type_,
                role=self._random.choices(tuple(_ROLES), tuple(_ROLES.values()))[0],
                confidence=Decimal(self._random.randrange(40, 100)) / 100,
                component="kg_terms 2",
                gloss_of=(key, before.start, before.end) if gloss and before else None,
            )
            found.append(mention)
            text += f"{self._random.choice(_HANGUL)} {self._random.choice(self._korean)}. "
        return text.strip(), found


def _word(random: Random) -> str:
    syllables = random.randint(2, 4)
    return "".join(random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(syllables))
