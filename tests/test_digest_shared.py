"""The real digests: all entries are read, none is lost, and nothing is a problem."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from kg.digest import Parsed, find_digests, read_digest


@pytest.fixture(scope="module")
def parsed(shared: Path) -> dict[Path, Parsed]:
    files, problems = find_digests([str(shared / "digests"), str(shared / "seeds")])
    assert problems == []
    started = time.perf_counter()
    read = {path: read_digest(path, max_bytes=20_000_000) for path in files}
    assert time.perf_counter() - started < 60
    return read


@pytest.mark.shared
def test_every_heading_is_an_entry(parsed: dict[Path, Parsed]) -> None:
    total = 0
    for path, one in parsed.items():
        lines = path.read_text(encoding="utf-8").split("\n")
        count = sum(line.startswith("### [") for line in lines)
        assert one.problems == ()
        assert one.digest is not None
        assert one.headings == len(one.digest.entries) == count
        assert one.digest.key == one.digest.issued == path.stem
        total += count
    assert (len(parsed), total) == (329, 5089)


@pytest.mark.shared
def test_metadata_is_that_of_the_lines(parsed: dict[Path, Parsed]) -> None:
    for path, one in parsed.items():
        lines = path.read_text(encoding="utf-8").split("\n")
        assert one.digest is not None
        entries = one.digest.entries
        assert Counter(e.votes for e in entries if e.votes is not None) == Counter(
            int(line[6:]) for line in lines if line.startswith("Vote: ") and line != "Vote: -"
        )
        assert sum(bool(e.authors) for e in entries) == sum(
            line.startswith("Authors: ") for line in lines
        )
        assert sum(bool(e.thumbnail) for e in entries) == sum(
            line.startswith("![](") for line in lines
        )


@pytest.mark.shared
def test_no_letter_of_a_summary_is_lost(parsed: dict[Path, Parsed]) -> None:
    """Compare the Hangul of the bullets, which no mark or address holds, with the text's."""
    for path, one in parsed.items():
        assert one.digest is not None
        source = path.read_text(encoding="utf-8")
        read = "".join(
            text
            for entry in one.digest.entries
            for section in entry.sections
            for text in (section.text, section.label if section.type != "summary" else "")
        )
        assert _hangul(read) == _hangul(source)


def _hangul(text: str) -> Counter[str]:
    return Counter(char for char in text if "\uac00" <= char <= "\ud7a3")
