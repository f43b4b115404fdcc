"""Author lists."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.digest.authors import parse_authors


@pytest.mark.parametrize(
    ("text", "names", "cut"),
    [
        ("Ann Lee", ["Ann Lee"], False),
        (" Ann  Lee ,\tBo\u00a0Kim,, ", ["Ann Lee", "Bo Kim"], False),
        ("Ann Lee, Bo Kim, Ann Lee", ["Ann Lee", "Bo Kim"], False),
        ("Ann Lee, +, Bo Kim", ["Ann Lee", "Bo Kim"], True),
        ("Ann Lee, +3", ["Ann Lee"], True),
        ("Ann Lee, + 12 authors", ["Ann Lee"], True),
        ("Ann Lee, ...", ["Ann Lee"], True),
        ("Ann Lee, Bo Kim...", ["Ann Lee", "Bo Kim"], True),
        ("Ann Lee, …", ["Ann Lee"], True),
        ("Ann Lee, et al.", ["Ann Lee"], True),
        ("", [], False),
        ("+", [], True),
        ("['Ann Lee', 'Bo Kim']", ["Ann Lee", "Bo Kim"], False),
        ("[\"B. O'Hara\", 'Kim, Bo']", ["B. O'Hara", "Kim, Bo"], False),
        (
            r"['B. O\'Hara', 'J\xe9', '\u0041\U0001F600', 'a\\b']",
            ["B. O'Hara", "Jé", "A😀", "a\\b"],
            False,
        ),
        (r"['\ud800x', '\UFFFFFFFFy', 'a\nb']", ["\ufffdx", "\ufffdy", "a b"], False),
        ("['Ann Lee', '+']", ["Ann Lee"], True),
        ("['Ann Lee', 'Bo K", ["Ann Lee"], True),
        ("[Ann O'Hara, Bo D'Arc]", ["Ann O'Hara", "Bo D'Arc"], False),
        ("[]", [], False),
        ("['']", [], False),
        ('<>"{}|^`\\, مريم, 👩‍🔬 Kim', ['<>"{}|^`\\', "مريم", "👩‍🔬 Kim"], False),
        ("Jose\u0301, Jos\u00e9", ["José"], False),
        ("__import__('os').system('x')", ["__import__('os').system('x')"], False),
    ],
)
def test_names(text: str, names: list[str], cut: bool) -> None:
    assert parse_authors(text) == (tuple(names), cut)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6))
def test_a_python_list_gives_its_names(names: list[str]) -> None:
    read, _ = parse_authors(repr(names))
    assert all(name and name == " ".join(name.split()) for name in read)
    assert len(set(read)) == len(read)
    plain = [n for n in names if n.isalpha() and n.isascii() and n]
    assert [n for n in read if n in plain] == list(dict.fromkeys(plain))


@pytest.mark.parametrize("unit", ["'\\", "'\"", "'a', ", "[", "A, ", "\\", "\"\\'"])
def test_long_lists_take_linear_time(unit: str) -> None:
    started = time.perf_counter()
    parse_authors("['" + unit * 100_000)
    assert time.perf_counter() - started < 10
