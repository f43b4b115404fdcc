"""Inline Markdown -> plain text, and bytes -> clean text."""

from __future__ import annotations

import time
import unicodedata

import pytest

from kg.digest import parse_digest
from kg.digest.characters import NotText, clean, decode, nfc
from kg.digest.inline import plain

HEAD = "### [A](https://arxiv.org/abs/2401.00001)\n\n"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("*a* **b** ***c*** _d_ ~~e~~ `f`", "a b c d e f"),
        ("**GPT-4(OpenAI)**는 **'인용'**은", "GPT-4(OpenAI)는 '인용'은"),
        ("이 **(새)** 모델, 그**(들)**의", "이 (새) 모델, 그(들)의"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("[text](https://x.org) and <https://y.org>", "text and https://y.org"),
        ("[EoT](End of Text) and [LLM](모델)", "[EoT](End of Text) and [LLM](모델)"),
        ("[1, 2] and [x][y]", "[1, 2] and [x][y]"),
        ("a ![alt](https://x.org/i.png)b", "a b"),
        ("a<br>b<br/>c", "a b c"),
        ("<b>a</b> <sub>2</sub><!-- c --> <span class='x'>d</span>", "a 2 d"),
        (
            "<think> a </think>, <image>, <video>, <SPAN>, <s>",
            "<think> a </think>, <image>, <video>, <SPAN>, <s>",
        ),
        ("<video src='a'></video>x", "x"),
        ("a < b > c, p<0.01, <2K", "a < b > c, p<0.01, <2K"),
        ("&lt;tag&gt; &amp; &#44032; &nope;", "<tag> & 가 &nope;"),
        ("\\* \\_ \\alpha \\% \\textsc{X}", "* _ \\alpha % \\textsc{X}"),
        ("$a_1 * b_1$ and $$c_{2}$$", "$a_1 * b_1$ and $$c_{2}$$"),
        ("$5 and $10", "$5 and $10"),
        ("one\ntwo  \nthree\\\nfour", "one two three four"),
        ("&#13;a&#10;b&#1;&#xFFFE;", "a b\ufffd\ufffd"),
        ("가", "가"),
    ],
)
def test_inline_marks_are_taken_out(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_line_ends_bom_and_form_change_nothing(end: str, bom: str, form: str) -> None:
    text = f"## Daily Papers (2024-01-05)\n\n{HEAD}Vote: 3\n\n- **고찰**: 한국어 é\n- 둘"
    source = unicodedata.normalize("NFD" if form == "NFD" else "NFC", text).replace("\n", end)
    parsed = parse_digest((bom + source).encode(), "a.md", max_bytes=10**6)
    expected = parse_digest(text.encode(), "a.md", max_bytes=10**6)
    assert parsed.problems == ()
    assert parsed.digest is not None
    assert expected.digest is not None
    assert parsed.digest.entries == expected.digest.entries
    assert parsed.digest.entries[0].line == 3


def test_bom_inside_a_file_hides_no_heading() -> None:
    two = "\ufeff" + HEAD + "\ufeff" + HEAD.replace("00001", "00002")
    assert parse_digest(two.encode(), "a.md", max_bytes=10**6).headings == 2


def test_forbidden_characters_become_replacement_characters() -> None:
    text = HEAD + "Authors: A\x01B\n\n- a\x00b\x08c\x0bd\x0ce\x1ff\ufffeg\uffffh"
    parsed = parse_digest(text.encode(), "a.md", max_bytes=10**6)
    assert parsed.digest is not None
    [entry] = parsed.digest.entries
    assert entry.sections[1].text == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg\ufffdh"
    assert entry.authors == ("A\ufffdB",)


@pytest.mark.parametrize(
    ("data", "line", "found"),
    [
        ("ab\r\ncdé".encode("latin-1"), 2, "byte 0xe9 at offset 6 is not UTF-8"),
        (b"a\rb\n\xff", 3, "byte 0xff at offset 4 is not UTF-8"),
        ("### [A]".encode("utf-16"), 0, "UTF-16 text"),
        ("### [A]".encode("utf-16-le"), 0, "binary data or UTF-16 text (many NUL bytes)"),
        (b"\xed\xa0\x80", 1, "byte 0xed at offset 0 is not UTF-8"),
    ],
)
def test_other_encodings_are_told(data: bytes, line: int, found: str) -> None:
    with pytest.raises(NotText) as caught:
        decode(data)
    assert (caught.value.line, caught.value.found) == (line, found)


def test_normalising_takes_linear_time() -> None:
    started = time.perf_counter()
    text = nfc("e" + "\u0327\u0301" * 100_000)
    assert time.perf_counter() - started < 10
    assert text == clean(text)


def test_short_runs_of_marks_are_plain_nfc() -> None:
    text = "e" + "\u0327\u0301" * 15
    assert nfc(text) == unicodedata.normalize("NFC", text)
