"""What cannot be read: each problem has file, line, what was found, what was expected."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from kg.digest import Parsed, find_digests, parse_digest, read_digest

HEAD = "### [A](https://arxiv.org/abs/2401.00001)\n\n"
TAIL = "\n\n### [B](https://arxiv.org/abs/2401.00002)\n\n- the tail\n"


def parse(text: str, path: str = "digests/2024-08-05.md") -> Parsed:
    return parse_digest(text.encode(), path, max_bytes=10**7)


def messages(parsed: Parsed) -> list[str]:
    return [str(problem) for problem in parsed.problems]


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("### MedSAM-2", "no link in heading '### MedSAM-2'"),
        ("### [MedSAM-2]", "no link in heading '### [MedSAM-2]'"),
        ("### [MedSAM-2][1]", "no link in heading '### [MedSAM-2][1]'"),
        ("### [MedSAM-2\nand so on", "no link in heading '### [MedSAM-2'"),
        ("### [](https://x.org/1)", "no title in heading '### [](https://x.org/1)'"),
        (
            "### [![](a.png)](https://x.org/1)",
            "no title in heading '### [![](a.png)](https://x.org/1)'",
        ),
        ("### [A]()", "an empty link in heading '### [A]()'"),
        ("###", "no link in heading '### '"),
        ("> ### [A](https://x.org/1)", "heading '### [A](https://x.org/1)' in a quotation"),
    ],
)
def test_entry_that_cannot_be_read_is_a_problem_and_the_others_go_in(
    heading: str, found: str
) -> None:
    parsed = parse(f"{HEAD}\n{heading}\n\n- its text{TAIL}")
    assert messages(parsed)[0].startswith(f"digests/2024-08-05.md:4: {found}; expected ")
    assert "'### [title](https://arxiv.org/abs/ID)'" in messages(parsed)[0]
    assert len(parsed.problems) == 1
    assert parsed.digest is not None
    assert [entry.paper for entry in parsed.digest.entries] == ["2401.00001", "2401.00002"]
    assert parsed.headings == 2 + heading.startswith("### [")


@pytest.mark.parametrize(
    "link", ["ftp://x.org/a", "javascript:x", "arxiv.org/abs/2401.00001", "#a"]
)
def test_link_that_is_no_web_address(link: str) -> None:
    parsed = parse(f"### [A]({link}){TAIL}")
    assert messages(parsed) == [
        f"digests/2024-08-05.md:1: link {link!r} in heading '### [A]({link})'; expected an "
        "http(s) address, as in '### [title](https://arxiv.org/abs/ID)'"
    ]
    assert parsed.headings == 2
    assert parsed.digest is not None
    assert len(parsed.digest.entries) == 1


def test_message_of_a_heading_without_link_is_the_documented_one() -> None:
    parsed = parse("\n" * 41 + "### MedSAM-2\n" + TAIL)
    assert messages(parsed) == [
        "digests/2024-08-05.md:42: no link in heading '### MedSAM-2'; "
        "expected '### [title](https://arxiv.org/abs/ID)'"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_problems_are_those_of_the_file(end: str) -> None:
    text = f"\ufeff## (2024-02-30)\n{HEAD}- a\n### [B\nb](x)\n### [C\nc](https://x.org)\n\nVote: no"
    parsed = parse(text.replace("\n", end))
    assert [(problem.line, problem.found) for problem in parsed.problems] == [
        (1, "date '2024-02-30'"),
        (5, "link 'x' in heading '### [B'"),
        (10, "vote 'no'"),
    ]


@pytest.mark.parametrize("vote", ["many", "-5", "1.5", "4k", "1,23", "9" * 5000, "٤"])
def test_unreadable_vote(vote: str) -> None:
    parsed = parse(f"{HEAD}Vote: {vote}{TAIL}")
    [problem] = parsed.problems
    assert (problem.line, problem.found[:6]) == (3, "vote '")
    assert len(str(problem)) < 200
    assert parsed.digest is not None
    assert [entry.votes for entry in parsed.digest.entries] == [None, None]


@pytest.mark.parametrize("vote", ["Vote: -", "Vote:", "Vote: ", ""])
def test_missing_vote_is_no_problem(vote: str) -> None:
    assert parse(f"{HEAD}{vote}{TAIL}").problems == ()


def test_second_number_of_votes() -> None:
    parsed = parse(f"{HEAD}Vote: 3\n\nVote: 3\n\nVote: 4{TAIL}")
    assert messages(parsed) == [
        "digests/2024-08-05.md:7: a second number of votes '4'; expected one an entry"
    ]


@pytest.mark.parametrize("image", ["images/a.png", "data:image/png;base64,A", "javascript:x"])
def test_image_that_is_no_web_address_is_left_out(image: str) -> None:
    parsed = parse(f"{HEAD}![]({image}){TAIL}")
    [problem] = parsed.problems
    assert (problem.line, problem.found) == (3, f"image {image!r}")
    assert parsed.digest is not None
    assert parsed.digest.entries[0].thumbnail is None
    assert len(parsed.digest.entries[0].sections) == 1


def test_paper_in_a_heading_of_another_level() -> None:
    parsed = parse(f"{HEAD}## [C](https://arxiv.org/abs/2401.00003)\n\n- c{TAIL}")
    assert messages(parsed) == [
        "digests/2024-08-05.md:3: a paper in heading '## [C](https://arxiv.org/abs/2401.00003)'; "
        "expected '### [title](https://arxiv.org/abs/ID)'"
    ]
    assert parsed.digest is not None
    assert [len(entry.sections) for entry in parsed.digest.entries] == [1, 2]


def test_entries_between_two_stray_fences_are_problems() -> None:
    parsed = parse(f"{HEAD}```\n{HEAD}Vote: 3\n\n- a\n{HEAD}Authors: Ann Lee\n\n```\n{TAIL}")
    assert [(p.line, p.found.rpartition(" in ")[2]) for p in parsed.problems] == [
        (4, "code"),
        (9, "code"),
    ]


def test_standard_input_without_a_date_has_no_key() -> None:
    parsed = parse(HEAD, "-")
    assert parsed.digest is None
    assert parsed.headings == 1
    assert messages(parsed)[0].startswith("stdin: no date that names the digest; expected ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.md: an empty file; "),
        (b"\xef\xbb\xbf \r\n\t\n", "x.md: an empty file; "),
        (b"## Daily Papers (2024-08-05)\n\n- text\n", "x.md: no entry; expected '### [title]("),
        (
            "한국어".encode("utf-16"),
            "x.md: UTF-16 text; expected UTF-8 text; nothing of it is read",
        ),
        (b"a\nb\xe9", "x.md:2: byte 0xe9 at offset 3 is not UTF-8; expected UTF-8 text; nothing "),
        (bytes(range(256)) * 9, "x.md:3: byte 0x80 at offset 128 is not UTF-8; "),
        (b"\x00" * 50, "x.md: binary data or UTF-16 text (many NUL bytes); "),
        (b"a" * 101, "x.md: 101 bytes; expected at most 100; "),
    ],
)
def test_file_that_cannot_be_read_at_all(data: bytes, message: str) -> None:
    parsed = parse_digest(data, "x.md", max_bytes=100 if len(data) == 101 else 10**6)
    assert (parsed.digest, parsed.headings) == (None, 0)
    [problem] = messages(parsed)
    assert problem.startswith(message)


@pytest.mark.parametrize("size", [50_000])
@pytest.mark.parametrize(
    "unit",
    [
        *(">", "> ", "- ", "1. ", "* + - ", "> - ", "[", "![", "[a](", "](", "*a ", "**a", "a** "),
        *(
            "`",
            "` `` ",
            "$",
            "a$$",
            "<",
            "<!-- a\n",
            "<!-- a\n\n",
            "```a\n",
            "~~~a\n```b\n",
            "&#1;",
        ),
        *("> x\n", "- x\n", "- a\n\n", "x\n", "***a\n\n", "### [x\n", "#### a\n", "![](x)\n", "\\"),
        *("Authors:\nA,\n", "Authors: ['", "Vote: x\n", "---\n", "\t", "\x01\x0b", "a\u2028\x85"),
        *("- ```\n  a\n", "<div>\n\n", "e\u0301\u0327", "\u0301\u0327", "- >", "$$\n"),
    ],
)
def test_hostile_text_takes_linear_time_and_no_other_entry(unit: str, size: int) -> None:
    text = HEAD + unit * (size // len(unit)) + " deep" + TAIL
    started = time.perf_counter()
    parsed = parse(text)
    assert time.perf_counter() - started < 20
    assert parsed.digest is not None
    first, *_, last = parsed.digest.entries
    assert (first.paper, last.paper) == ("2401.00001", "2401.00002")
    assert last.sections[1].text == "the tail"


@pytest.mark.parametrize("unit", [">", "> ", "- ", "1. ", "* + - ", "["])
def test_deep_nesting_loses_no_text(unit: str) -> None:
    parsed = parse(f"{HEAD}{unit * 10_000}deep text\nand more{TAIL}")
    assert parsed.digest is not None
    assert "deep text and more" in parsed.digest.entries[0].sections[1].text


def test_nested_bullets_lose_no_text() -> None:
    bullets = "\n".join("  " * depth + f"- level {depth}" for depth in range(200))
    parsed = parse(f"{HEAD}{bullets}{TAIL}")
    assert parsed.digest is not None
    text = parsed.digest.entries[0].sections[1].text
    assert all(f"level {depth}" in text for depth in range(200))


def test_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    started = time.perf_counter()
    parsed = read_digest(path, max_bytes=20_000_000)
    assert time.perf_counter() - started < 1
    assert messages(parsed) == [
        f"{path}: 100000000 bytes; expected at most 20000000; "
        "divide the file or raise KG_MAX_DIGEST_MB"
    ]


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.md"))
        for path in (tmp_path / "pipe.md", Path("/dev/zero"), tmp_path, tmp_path / "s.md"):
            [message] = messages(read_digest(path, max_bytes=10))
            assert message.startswith(f"{path}: ")
            assert "; expected a digest file (Markdown)" in message


@pytest.mark.parametrize("name", ["none.md", "a\x00b.md", "x" * 300])
def test_path_that_cannot_be_opened(name: str, tmp_path: Path) -> None:
    parsed = read_digest(tmp_path / name, max_bytes=10)
    assert parsed.digest is None
    assert "cannot be read (" in parsed.problems[0].found


@pytest.mark.parametrize("path", ["", "none", "none.md", "no/*.md", "a\x00b", "[", "none/**/x.md"])
def test_path_that_names_nothing(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files, [problem] = find_digests([path])
    assert files == []
    assert problem.line == 0
    assert problem.expected.startswith("expected a digest file (Markdown), a folder")


def test_folder_without_digests(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    files, problems = find_digests([str(tmp_path)])
    assert files == []
    assert [str(p) for p in problems] == [
        f"{tmp_path}: no *.md file in this folder; expected a digest file (Markdown), "
        "a folder of *.md files, or a pattern"
    ]
