"""No entry is lost, whatever layouts a digest mixes; and nothing raises."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.digest import parse_digest
from kg.model import Digest

DATA = Path(__file__).parent / "data" / "digests"

TITLES = st.sampled_from(
    [
        "Plain",
        "Colons: and 'quotes' and \"more\"",
        "[n]-th and [m]",
        "An open [ bracket",
        "A closed ] bracket",
        "Math $[0, 1)$ and $x_i^*$",
        "한국어 제목 (Korean)",
        "A <think> token & more",
        "*Slanted* and **bold** `code`",
        "Two\nlines",
        "back\\slash \\alpha",
        "$200k and $1",
        "1. # > - * ```",
    ]
)
URLS = st.sampled_from(
    [
        "https://arxiv.org/abs/2401.{:05}",
        "http://www.arxiv.org/pdf/2401.{:05}v2.pdf",
        "https://doi.org/10.1000/{}(x)",
        "https://example.org/p/{}?a=b c",
        "https://huggingface.co/papers/2401.{:05}",
    ]
)
METADATA = st.sampled_from(
    [
        "![](https://example.org/i.png)",
        "Vote: 12",
        "Vote: -",
        "Authors: Ann Lee, Bo Kim, +",
        "Authors: ['Ann Lee', \"B. O'Hara\"]",
        "Authors: Ann Lee,\nBo Kim",
        "[Watch Video](https://example.org/v.mp4)",
        "[Watch Video]https://example.org/v.mp4",
        "<div><video controls src='https://example.org/v.mp4' muted=\"false\"></video></div>",
    ]
)
BODIES = st.sampled_from(
    [
        "",
        "- MARK one\n- two",
        "- **What's New**: MARK\n- **Technical Details**: b",
        "- ***What’s New***: MARK",
        "- ***What's New*: MARK",
        "- **고찰**: MARK\n1) one\n2) two",
        "* MARK\n  * deep\n    * deeper",
        "MARK in a paragraph\nof two lines",
        "> MARK quoted",
        "- MARK\n\n  <div>\n\n  <!-- open",
        "- MARK\n```\nleft open",
        "- MARK\n\n```\n### [no](https://arxiv.org/abs/2401.99999)\n```",
        "- MARK [link](https://example.org) <br> $x$ **open",
        "| MARK | b |\n|---|---|",
        "MARK\n---",
        "#### Label\n\nMARK",
        "\t- MARK with a tab",
    ]
)


@dataclass(frozen=True)
class Piece:
    title: str
    url: str
    text: str


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    metadata = draw(st.lists(METADATA, max_size=4, unique_by=lambda line: line[:4]))
    glue = draw(st.sampled_from(["\n", "\n\n", "\n\n\n"]))
    body = draw(BODIES)
    text = glue.join(metadata) + (draw(st.sampled_from(["\n\n", "\n\n\n"])) if metadata else "")
    return Piece(draw(TITLES), draw(URLS), text + body)


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(pieces(), min_size=1, max_size=7),
    before=st.sampled_from(["", "Words before.\n\n", "## Daily Papers (2024-01-05)\n\n", "- a\n"]),
    between=st.sampled_from(["\n", "\n\n", "\n\n## Daily Papers (2024-01-06)\n\n"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    form=st.sampled_from(["NFC", "NFD"]),
    bom=st.booleans(),
    final=st.booleans(),
)
def test_every_entry_comes_back(
    pieces: list[Piece],
    before: str,
    between: str,
    line_end: str,
    form: str,
    bom: bool,
    final: bool,
) -> None:
    entries = [
        f"### [{piece.title}]({piece.url.format(number)})\n\n"
        + piece.text.replace("MARK", f"mark{number}end")
        for number, piece in enumerate(pieces, start=1)
    ]
    # A fence that stays open may pair with one of another entry; that is its own test.
    text = before + between.join(entries)
    if text.count("```\nleft open") and len(re.findall("^```", text, re.MULTILINE)) > 1:
        text = text.replace("```\nleft open", "left out")
    text = unicodedata.normalize("NFD" if form == "NFD" else "NFC", text)
    data = ("\ufeff" * bom + text + "\n" * final).replace("\n", line_end).encode()
    parsed = parse_digest(data, "2024-01-05.md", max_bytes=10**7)
    assert parsed.problems == ()
    assert parsed.headings == len(pieces)
    assert parsed.digest is not None
    assert len(parsed.digest.entries) == len(pieces)
    for number, (piece, entry) in enumerate(
        zip(pieces, parsed.digest.entries, strict=True), start=1
    ):
        if entry.arxiv_id:
            assert entry.arxiv_id == f"2401.{number:05}"
        texts = "\n".join(section.text for section in entry.sections[1:])
        assert (f"mark{number}end" in texts) == ("MARK" in piece.text)
        assert not re.search("Vote:|Authors:|Watch|<video", texts)
        assert entry.votes == (12 if "Vote: 12" in piece.text else None)
        assert bool(entry.authors) == ("Authors" in piece.text)
    check(parsed.digest)
    assert parse_digest(data, "2024-01-05.md", max_bytes=10**7) == parsed


def check(digest: Digest) -> None:
    """Hold what every digest promises to the stages after this one."""
    assert len({entry.key for entry in digest.entries}) == len(digest.entries)
    for position, entry in enumerate(digest.entries, start=1):
        assert entry.position == position
        assert entry.key.split("~")[0] == entry.paper.split("~")[0]
        for address in (entry.page, entry.thumbnail):
            assert address is None or NamedNode(address).value == address
        assert len(set(entry.authors)) == len(entry.authors)
        assert len({section.key for section in entry.sections}) == len(entry.sections)
        for section in entry.sections:
            assert section.key.split("~")[0] == section.type
        for text in [
            *entry.authors,
            *(text for section in entry.sections for text in (section.label, section.text)),
        ]:
            assert text
            assert text == text.strip()
            assert unicodedata.is_normalized("NFC", text)
            assert not re.search("[\x00-\x08\x0b-\x1f\ufeff\ufffe\uffff\ud800-\udfff]", text)


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_damaged_digests_raise_nothing(source: random.Random, changes: int) -> None:
    data = bytearray((DATA / "2024-08-05.md").read_bytes())
    for _ in range(changes):
        place = source.randrange(len(data))
        match source.randrange(4):
            case 0:
                del data[place : place + source.randrange(1, 20)]
            case 1:
                data[place:place] = source.choice(list(SNIPPETS))
            case 2:
                data[place:place] = data[source.randrange(len(data)) :][:40]
            case _:
                data[place] = source.randrange(128)
    parsed = parse_digest(bytes(data), "a.md", max_bytes=10**6)
    if parsed.digest is not None:
        check(parsed.digest)
    for problem in parsed.problems:
        assert "\n" not in str(problem)
        assert problem.line <= len(re.split(b"\r\n?|\n", bytes(data)))


SNIPPETS = (
    *(b"```", b"~~~", b"<!--", b"-->", b"<div>", b"](", b"[", b"### [", b"\n### [", b"\n## "),
    *(b"**", b"***", b"$", b"`", b"\r", b"\r\n", b"\n\n", b"\t", b"    ", b"> ", b"- ", b"1. "),
    *("\u0301".encode(), "\ufeff".encode(), "\ufffe".encode(), b"&#13;", b"&#0;", b"\x00", b"\\"),
    *(b"Vote: ", b"Authors: ['", b"![](", b"(https://", b"http://[", b"%", b"(2024-02-30)"),
)
