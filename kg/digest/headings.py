"""Where entries begin: the headings of a digest, and the link in one."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kg.digest.inline import plain, text_of
from kg.digest.markdown import MAX_INLINE_CHARS, block_tokens, inline_tokens

ENTRY_LEVEL: Final = 3
#: A title may go on for so many lines after the one with the "###".
_MAX_TITLE_LINES: Final = 10

_DATE: Final = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)", re.ASCII)
_DATE_IN_BRACKETS: Final = re.compile(r"\(\s*(\d{4}-\d{2}-\d{2})\s*\)", re.ASCII)
_DIGEST_TITLE: Final = "daily papers"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``line`` counts from 0, ``text`` is its Markdown."""

    line: int
    level: int
    text: str

    @property
    def begins_digest(self) -> bool:
        """Whether it stands over entries, as ``## Daily Papers (2024-08-05)`` does."""
        if self.level >= ENTRY_LEVEL:
            return False
        return bool(_DATE_IN_BRACKETS.search(self.text)) or self.text.lower().startswith(
            _DIGEST_TITLE
        )


@dataclass(frozen=True, slots=True)
class HeadingLink:
    """The link of an entry's heading; ``lines`` is how many more lines it takes."""

    title: str
    url: str
    lines: int


def find_headings(text: str) -> tuple[list[Heading], list[tuple[Heading, str]]]:
    """Find the headings of a digest.

    A heading that stands in a list, by its indentation, is one all the same: that is how
    an entry after a bullet looks when someone indents it. Code holds no heading.

    Returns:
        The headings, and those of entries that stand where none should, each with the
        place: in a quotation, or with all its lines in code, as between two fences of
        which each was meant to begin or end another one.
    """
    found: list[Heading] = []
    hidden: list[tuple[Heading, str]] = []
    quotations = lists = 0
    tokens = block_tokens(text, whole=True)
    for place, token in enumerate(tokens):
        if token.type in ("blockquote_open", "blockquote_close"):
            quotations += token.nesting
        elif token.type in ("list_item_open", "list_item_close"):
            lists += token.nesting
        elif token.type == "fence" and token.map is not None:
            hidden += [(heading, "code") for heading in _in_code(token.content, token.map[0] + 1)]
        elif token.type == "heading_open" and token.map is not None:
            level = int(token.tag[1:])
            heading = Heading(token.map[0], level, tokens[place + 1].content)
            if quotations and level == ENTRY_LEVEL and heading.text.startswith("["):
                hidden.append((heading, "a quotation"))
            elif not quotations and (level == ENTRY_LEVEL or not lists):
                found.append(heading)
    return found, hidden


def _in_code(content: str, first_line: int) -> Iterator[Heading]:
    """Give the headings in code that have an entry's votes or authors after them."""
    heading: Heading | None = None
    for line, text in enumerate(content.split("\n"), start=first_line):
        if text.startswith("### ["):
            heading = Heading(line, ENTRY_LEVEL, text[4:].strip())
        elif heading is not None and text.startswith(("Vote:", "Authors:")):
            yield heading
            heading = None


def issue_date(text: str) -> str | None:
    """Read the date in brackets of a digest's heading, as printed.

    >>> issue_date("Daily Papers (2024-02-30)")
    '2024-02-30'
    """
    found = _DATE_IN_BRACKETS.search(text)
    return found[1] if found else None


def date_in_name(name: str) -> str | None:
    """Find the first calendar date in a file's name.

    >>> date_in_name("papers-2024-08-05.md"), date_in_name("2024-13-01.md")
    ('2024-08-05', None)
    """
    return next((date for date in _DATE.findall(name) if is_date(date)), None)


def is_date(text: str) -> bool:
    """Whether ``YYYY-MM-DD`` is a day of the calendar."""
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_link(heading: str, following: Sequence[str]) -> HeadingLink | None:
    """Read ``[title](address)``, over several lines where the title has line breaks.

    Args:
        heading: the heading's Markdown, without the marks.
        following: the lines after it.

    Returns:
        The link, its address and title perhaps empty; None where there is none.

    >>> read_link("[On [n] and $[0, 1)$](https://x.org/1)", [])
    HeadingLink(title='On [n] and $[0, 1)$', url='https://x.org/1', lines=0)
    >>> read_link("[A title", ["goes on](https://x.org/2)"])
    HeadingLink(title='A title goes on', url='https://x.org/2', lines=1)
    """
    found = _link_in(heading)
    if found is not None or not heading.startswith("["):
        return None if found is None else HeadingLink(*found, 0)
    text = heading
    for count, line in enumerate(following[:_MAX_TITLE_LINES], start=1):
        line = line.strip()
        if not line or line.startswith(("#", "- ", "* ", "![", "Vote:", "Authors:")):
            break
        text = f"{text}\n{line}"
        found = _link_in(text) if ")" in line else None
        if found is not None:
            return HeadingLink(*found, count)
    return None


def _link_in(text: str) -> tuple[str, str] | None:
    """Read the title and the address of the link that *text* is, or else holds."""
    if "](" not in text:
        return None
    tokens = inline_tokens(text)
    opens = [place for place, token in enumerate(tokens) if token.type == "link_open"]
    if opens and (opens[0] == 0 or not text.startswith("[")):
        start = opens[0]
        end = next(
            place for place in range(start, len(tokens)) if tokens[place].type == "link_close"
        )
        return text_of(tokens[start + 1 : end]), str(tokens[start].attrs.get("href", ""))
    return _unbalanced(text)


def _unbalanced(text: str) -> tuple[str, str] | None:
    """Read a link that is none in CommonMark: brackets or parentheses do not match.

    The last ``](`` divides it, and it goes to the last ``)``.
    """
    middle, end = text.rfind("]("), text.rfind(")")
    if not text.startswith("[") or middle < 0 or end < middle or len(text) > MAX_INLINE_CHARS:
        return None
    url = html.unescape(text[middle + 2 : end].strip())
    return plain(text[1:middle]), url.removeprefix("<").removesuffix(">")
