"""Which files paths name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.digest import find_digests, read_digest

TEXT = "### [A](https://arxiv.org/abs/2401.00001)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.md",
        "a.md",
        "sub/c.MD",
        "sub/deep/d.md",
        ".git/e.md",
        ".f.md",
        "g.txt",
        "[h].md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["."], ["./[h].md", "./a.md", "./b.md", "./sub/c.MD", "./sub/deep/d.md"]),
        (["b.md", "a.md"], ["b.md", "a.md"]),
        (["g.txt"], ["g.txt"]),
        (["a.md", "./a.md", "sub/../a.md", "a.md"], ["a.md"]),
        (["b.md", "*.md"], ["b.md", "[h].md", "a.md"]),
        (["sub*"], ["sub/c.MD", "sub/deep/d.md"]),
        (["**/d.md"], ["sub/deep/d.md"]),
        (["[h].md"], ["[h].md"]),
        (["[ab].md"], ["a.md", "b.md"]),
        ([".git"], [".git/e.md"]),
        ([], []),
    ],
)
def test_files_folders_and_patterns(paths: list[str], names: list[str], folder: Path) -> None:
    files, problems = find_digests(paths)
    assert [os.path.normpath(file) for file in files] == [os.path.normpath(n) for n in names]
    assert problems == []


def test_a_link_to_a_file_counts_once_and_a_loop_ends(folder: Path) -> None:
    (folder / "sub" / "again.md").symlink_to(folder / "a.md")
    (folder / "sub" / "loop").symlink_to(folder)
    files, problems = find_digests(["a.md", "sub"])
    assert [file.name for file in files] == ["a.md", "c.MD", "d.md"]
    assert problems == []


def test_a_broken_link_is_a_problem_when_it_is_read(folder: Path) -> None:
    (folder / "broken.md").symlink_to(folder / "none")
    [file], problems = find_digests(["broken.md"])
    assert problems == []
    assert "cannot be read" in read_digest(file, max_bytes=100).problems[0].found


def test_a_name_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/2024-01-05-\xff.md"))
    path.write_text(TEXT)
    parsed = read_digest(path, max_bytes=1000)
    assert parsed.digest is not None
    assert parsed.digest.source == "2024-01-05-\ufffd.md"
    assert (parsed.digest.key, parsed.digest.issued) == ("2024-01-05", "2024-01-05")
