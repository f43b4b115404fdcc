"""A digest's layouts: what each gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.digest import Parsed, parse_digest, read_digest
from kg.model import Digest, Entry

DATA = Path(__file__).parent / "data" / "digests"
HEAD = "### [A title](https://arxiv.org/abs/2401.00001)\n\n"


def parse(text: str, path: str = "2024-01-05.md") -> Parsed:
    return parse_digest(text.encode(), path, max_bytes=10**7)


def digest_of(parsed: Parsed) -> Digest:
    assert parsed.problems == ()
    assert parsed.digest is not None
    return parsed.digest


def entry(body: str) -> Entry:
    [only] = digest_of(parse(HEAD + body)).entries
    return only


def sections(body: str) -> dict[str, str]:
    return {section.key: section.text for section in entry(body).sections[1:]}


@pytest.fixture(scope="module")
def layouts() -> Digest:
    parsed = read_digest(DATA / "2024-08-05.md", max_bytes=10**6)
    assert parsed.headings == 8
    return digest_of(parsed)


def test_file_gives_key_date_source_and_every_entry(layouts: Digest) -> None:
    assert (layouts.key, layouts.issued, layouts.source) == (
        "2024-08-05",
        "2024-08-05",
        "2024-08-05.md",
    )
    assert len(layouts.sha256) == 64
    assert [(e.key, e.position, e.line) for e in layouts.entries] == [
        ("2408.00001", 1, 5),
        ("2408.00002", 2, 19),
        ("math/0309136", 3, 31),
        ("doi/10.1000/abc", 4, 43),
        ("2408.00001~2", 5, 45),
        ("url/0c69f9ce7eed5e92", 6, 51),
        ("2408.00007", 7, 59),
        ("2408.00008", 8, 62),
    ]


def test_title_keeps_brackets_math_and_quotes(layouts: Digest) -> None:
    title = layouts.entries[0].sections[0]
    assert (title.key, title.type, title.label) == ("title", "title", "Title")
    assert title.text == 'Glow: A [Small] Model for $[0, 1)$ & "Big" Text'
    assert layouts.entries[1].title == "A title that goes on"


def test_entry_has_votes_authors_image_and_version(layouts: Digest) -> None:
    first, second, third, *_ = layouts.entries
    assert (first.votes, first.arxiv_version) == (15, 2)
    assert first.thumbnail == "https://cdn.example.org/2408.00001.png"
    assert (first.authors, first.authors_truncated) == (("Ann Lee", "Bo Kim"), False)
    assert (second.votes, second.thumbnail) == (None, None)
    assert second.authors == ("Ann Lee", "B. O'Hara")
    assert (third.authors, third.authors_truncated) == (("Ann Lee", "Bo Kim"), True)
    assert layouts.entries[5].votes == 1234


def test_labelled_sections_keep_the_list_glued_under_them(layouts: Digest) -> None:
    assert [(s.key, s.label, s.text) for s in layouts.entries[0].sections[1:]] == [
        ("whats-new", "What's New", "Glow는 작은 모델입니다."),
        ("technical-details", "Technical Details", "세 가지를 씁니다:\n첫째 부품\n둘째 부품"),
        ("performance-highlights", "Performance Highlights", "MMLU에서 51.0%입니다."),
    ]


def test_labels_in_any_marks_and_language(layouts: Digest) -> None:
    assert [(s.key, s.label) for s in layouts.entries[1].sections[1:]] == [
        ("whats-new", "What’s New"),
        ("technical-details", "Technical Details"),
        ("고찰", "고찰"),
        ("related-work", "Related Work"),
    ]


def test_plain_bullets_and_paragraphs_are_one_summary(layouts: Digest) -> None:
    [summary] = layouts.entries[2].sections[1:]
    assert (summary.key, summary.type, summary.label) == ("summary", "summary", "Summary")
    assert summary.text == (
        "첫 문장입니다.\n둘째 문장은 두 줄입니다:\n속 하나\n속 둘\n따로 선 문단입니다."
    )


def test_entry_without_summary_has_its_title_only(layouts: Digest) -> None:
    assert [section.key for section in layouts.entries[3].sections] == ["title"]


def test_code_is_text_and_holds_no_heading(layouts: Digest) -> None:
    assert layouts.entries[5].sections[1].text == (
        "### [not a heading](https://arxiv.org/abs/2408.00009)"
    )


@pytest.mark.parametrize("label", ["What's New", "What’s New", "WHAT'S NEW", "Whats new"])
@pytest.mark.parametrize(
    "layout",
    [
        "- **{}**: text",
        "- ***{}***: text",
        "- **{}:** text",
        "* **{}** : text",
        "1. **{}**: text",
        "**{}**: text",
        "- __{}__: text",
        "- **{}**：text",
        "#### {}\n\ntext",
        "#### {}\ntext",
        "- **{}**:\n\n  text",
        "- **{}**:\n- text",
        "- **{}**\n  - text",
        "**{}**\n- text",
        "**{}**:\n\ntext",
    ],
)
def test_label_layout(layout: str, label: str) -> None:
    assert sections(layout.format(label)) == {"whats-new": "text"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("- **Bold** words, no label", "Bold words, no label"),
        ("- **A whole bullet in bold.**", "A whole bullet in bold."),
        ("- *Slanted*: no label", "Slanted: no label"),
        ("- " + "**" + "long " * 39 + "long**: text", "long " * 39 + "long: text"),
        ("#### Nothing under it", "Nothing under it"),
        ("- 2) starts with a number", "2) starts with a number"),
        ("> quoted\n> text", "quoted text"),
        ("    - indented by four", "indented by four"),
        ("\t- one\n\t- two", "one\ntwo"),
        ("a\n===\nb\n---\nc", "a === b\nc"),
        ("[x]: https://example.org/x", "[x]: https://example.org/x"),
        ("- a\n\n\n- b", "a\nb"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b | |---|---| | 1 | 2 |"),
        ("# of parameters: 7B\n\n- a", "a"),
    ],
)
def test_text_without_a_label_is_the_summary(body: str, expected: str) -> None:
    assert list(sections(body).values())[-1] == expected


def test_runs_and_repeated_labels_are_numbered() -> None:
    body = "- a\n- b\n- **Method**: c\n- d\n- **Method**: e\n- **Title**: f\n- g"
    assert sections(body) == {
        "summary": "a\nb",
        "method": "c",
        "summary~2": "d",
        "method~2": "e",
        "title~2": "f",
        "summary~3": "g",
    }


def test_a_paragraph_after_an_empty_line_is_not_in_the_labelled_section() -> None:
    assert sections("- **Method**: c\n\nAfter it.") == {"method": "c", "summary": "After it."}


def test_empty_labelled_section_is_dropped() -> None:
    assert sections("- **Method**:\n- **Results**: r") == {"results": "r"}


def test_metadata_glued_without_empty_lines_is_no_text() -> None:
    read = entry(
        "![](https://example.org/i.png)\nVote: 7\nAuthors: Ann Lee,\nBo Kim, Cy\nDoe\n"
        "[Watch Video]https://example.org/v.mp4\nThe summary."
    )
    assert (read.votes, read.authors) == (7, ("Ann Lee", "Bo Kim", "Cy Doe"))
    assert read.thumbnail == "https://example.org/i.png"
    assert [section.text for section in read.sections] == ["A title", "The summary."]


@pytest.mark.parametrize(
    "text", ["요약을 바로 이어 씁니다.", "This paper, in short, says one thing."]
)
def test_text_glued_under_authors_is_text(text: str) -> None:
    if text.startswith("This"):
        text = "This paper says in one long sentence that text is no name."
    read = entry(f"Authors: Ann Lee, Bo Kim\n{text}")
    assert read.authors == ("Ann Lee", "Bo Kim")
    assert read.sections[1].text == text


def test_metadata_in_bullets_or_bold_is_read() -> None:
    read = entry("- **Vote**: 3\n- **Authors**: Ann Lee, Bo Kim\n\n**Text**: t")
    assert (read.votes, read.authors) == (3, ("Ann Lee", "Bo Kim"))
    assert [section.key for section in read.sections] == ["title", "text"]


def test_avatar_without_host_is_that_of_the_paper_pages() -> None:
    assert entry("![](/avatars/0a.svg)").thumbnail == "https://huggingface.co/avatars/0a.svg"


@pytest.mark.parametrize(
    ("heading", "title", "page"),
    [
        ("[A [b] c](https://x.org/1)", "A [b] c", "https://x.org/1"),
        ("[A ] c](https://x.org/1)", "A ] c", "https://x.org/1"),
        ("[A [ c](https://x.org/1)", "A [ c", "https://x.org/1"),
        ("[A [link](https://y.org) c](https://x.org/1)", "A link c", "https://x.org/1"),
        ("[A: *B* `c_d_e` \\[x\\]](https://x.org/1)", "A: B c_d_e [x]", "https://x.org/1"),
        (
            "[$x_1 * y_2 * z$ \\alpha](https://x.org/1)",
            "$x_1 * y_2 * z$ \\alpha",
            "https://x.org/1",
        ),
        ("[A &amp; B &lt;s&gt; <think>](https://x.org/1)", "A & B <s> <think>", "https://x.org/1"),
        ("[A](https://x.org/a_(b)_c)", "A", "https://x.org/a_(b)_c"),
        ("[A](https://x.org/a(b)", "A", "https://x.org/a(b"),
        ("[A](<https://x.org/1> 'note')", "A", "https://x.org/1"),
        ("[A](https://x.org/a b)", "A", "https://x.org/a%20b"),
        ("[A](https://x.org/1) tail", "A", "https://x.org/1"),
        ("[A](https://x.org/1) ###", "A", "https://x.org/1"),
        ("1. [A](https://x.org/1)", "A", "https://x.org/1"),
        ("[A\nb\nc](https://x.org/1)", "A b c", "https://x.org/1"),
        ("[A](\nhttps://x.org/1)", "A", "https://x.org/1"),
        ("[A [b\nc](https://x.org/1)", "A [b c", "https://x.org/1"),
        ("[$200k and $1](https://x.org/1)", "$200k and $1", "https://x.org/1"),
    ],
)
def test_heading_layout(heading: str, title: str, page: str) -> None:
    [only] = digest_of(parse(f"### {heading}\n\nVote: 2\n\n- text")).entries
    assert (only.title, only.page, only.votes) == (title, page, 2)
    assert only.sections[1].text == "text"


@pytest.mark.parametrize(
    "open_end",
    [
        "<div>",
        "<!-- a comment",
        "```python",
        "~~~",
        "<video controls src='a'>",
        "<script>",
        "<details><summary>",
        "- ```",
        "> ```",
        "$$",
        "$",
        "**",
        "`",
        "[",
        "![](",
        "<a href='",
        "<![CDATA[",
        "<?php",
        "---",
        "Authors: ['A",
    ],
)
def test_what_is_left_open_takes_no_entry(open_end: str) -> None:
    text = f"{HEAD}{open_end}\n- one\n\n### [B](https://arxiv.org/abs/2401.00002)\n\n- two\n"
    first, second = digest_of(parse(text)).entries
    assert (first.paper, second.paper) == ("2401.00001", "2401.00002")
    assert second.sections[1].text == "two"
    assert any("one" in section.text for section in first.sections) or "['A" in open_end


def test_comment_of_whole_lines_is_no_text() -> None:
    assert sections("- a\n\n<!-- b\n\n- c\n-->\n\n- d") == {"summary": "a\nd"}


def test_entry_in_a_comment_is_read_all_the_same() -> None:
    text = f"{HEAD}- a\n\n<!--\n### [B](https://arxiv.org/abs/2401.00002)\n\n- b\n\n-->\n"
    assert [e.sections[1].text for e in digest_of(parse(text)).entries] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "path", "issued"),
    [
        ("## Daily Papers (2024-08-05)\n", "x.md", "2024-08-05"),
        ("# Papers (2024-08-05)\n", "2023-01-01.md", "2024-08-05"),
        ("## Daily Papers\n", "papers-2023-01-01.md", "2023-01-01"),
        ("", "notes.md", None),
        ("", "2023-02-30.md", None),
        ("## Daily Papers (2024-08-05)\n## Daily Papers (2024-08-06)\n", "x.md", "2024-08-05"),
    ],
)
def test_issue_date(text: str, path: str, issued: str | None) -> None:
    assert digest_of(parse(text + HEAD, path)).issued == issued


def test_standard_input_takes_its_key_from_the_heading() -> None:
    digest = digest_of(parse(f"## Daily Papers (2024-08-05)\n\n{HEAD}", "-"))
    assert (digest.key, digest.source) == ("2024-08-05", "stdin")


def test_key_is_made_from_the_file_name() -> None:
    assert digest_of(parse(HEAD, "some/folder/My Digest.v2.md")).key == "my-digest-v2"


def test_same_bytes_give_the_same_digest() -> None:
    data = (DATA / "2024-08-05.md").read_bytes()
    assert parse_digest(data, "a.md", max_bytes=10**6) == parse_digest(
        data, "a.md", max_bytes=10**6
    )
