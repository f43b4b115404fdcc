"""What stands between two headings -> votes, authors, image and sections."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.token import Token

from kg.digest.authors import goes_on, parse_authors
from kg.digest.characters import shown
from kg.digest.inline import plain, split_label
from kg.digest.links import web_iri
from kg.digest.markdown import block_tokens, inline_tokens

_VOTE: Final = re.compile(r"[*_]{0,3}(?:up)?votes?[*_]{0,3}\s*[:：][*_]{0,3}(.*)", re.I | re.S)
_AUTHORS: Final = re.compile(r"[*_]{0,3}authors?[*_]{0,3}\s*[:：](?:[*_]{2,3})?(.*)", re.I | re.S)
_NUMBER: Final = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)
_NO_VOTE: Final = ("", "-", "–", "—")
_VIDEO: Final = "[watch video]"
_COMMENT_MARKS: Final = ("<!--", "-->")
#: Default avatars are printed without their host, which is that of the papers' pages.
_AVATARS: Final = "/avatars/"
_AVATAR_HOST: Final = "https://huggingface.co"
_LISTS: Final = ("ul", "ol")


@dataclass(slots=True)
class Part:
    """A section in the making; ``label`` is None where none is printed.

    ``fallback`` is a line of text to use instead when nothing stands under a label that
    may be none.
    """

    label: str | None
    lines: list[str] = field(default_factory=list)
    fallback: str | None = None


@dataclass(slots=True)
class Body:
    """What an entry's text holds; ``problems`` are (line from 0, found, expected)."""

    votes: int | None = None
    authors: tuple[str, ...] = ()
    authors_truncated: bool = False
    thumbnail: str | None = None
    parts: list[Part] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def read_body(lines: Sequence[str]) -> Body:
    """Read the lines after an entry's heading."""
    return _Reader(lines).read()


class _Reader:
    """Goes through the blocks of an entry once; ``line`` values count from 0."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.body = Body()
        self.has_votes = False

    def read(self) -> Body:
        blocks = list(_blocks(block_tokens(textwrap.dedent("\n".join(self.lines)))))
        for place, (token, inner) in enumerate(blocks):
            glued = self._is_glued(token)
            match token.type:
                case "paragraph_open":
                    before_list = place + 1 < len(blocks) and blocks[place + 1][0].tag in _LISTS
                    self._paragraph(inner[0], glued, before_list)
                case "bullet_list_open":
                    self._list(inner)
                case "ordered_list_open" if glued and self._in_labelled():
                    self._add(_lines_of(inner), glued=True)
                case "ordered_list_open":
                    self._list(inner)
                case "heading_open":
                    text = plain(inner[0].content)
                    self.body.parts.append(Part(text, fallback=text))
                case _:
                    self._add(_lines_of([token, *inner]), glued)
        return self.body

    def _is_glued(self, token: Token) -> bool:
        """Whether no empty line stands before the block."""
        start = token.map[0] if token.map else 0
        return start > 0 and bool(self.lines[start - 1].strip())

    def _in_labelled(self) -> bool:
        parts = self.body.parts
        return bool(parts) and parts[-1].label is not None

    def _add(self, lines: list[str], glued: bool) -> None:
        """Add text without a label.

        It goes on with the section before where that has no label either, has no text
        yet, or no empty line stands between; else it begins a section.
        """
        lines = [line for line in lines if line and line not in _COMMENT_MARKS]
        if not lines:
            return
        parts = self.body.parts
        if not parts or (parts[-1].label is not None and parts[-1].lines and not glued):
            parts.append(Part(None))
        parts[-1].lines += lines

    def _list(self, items: list[Token]) -> None:
        for _, inner in _blocks(items):
            self._item(inner)

    def _item(self, tokens: list[Token]) -> None:
        blocks = list(_blocks(tokens))
        if not blocks:
            return
        first = blocks[0][1][0] if blocks[0][0].type == "paragraph_open" else None
        if first is None:
            numbered = blocks[0][0].type == "ordered_list_open"
            self._add(_numbered_lines(blocks) if numbered else _lines_of(tokens), glued=False)
            return
        if not self.body.parts and self._metadata(first, first.content):
            self._add(_lines_of(tokens[3:]), glued=False)
            return
        label = split_label(first.content)
        if label is None or not (label.colon or len(blocks) > 1):
            self._add(_lines_of(tokens), glued=False)
            return
        under = [line for line in [label.text, *_lines_of(tokens[3:])] if line]
        self.body.parts.append(Part(label.label, under))

    def _paragraph(self, inline: Token, glued: bool, before_list: bool) -> None:
        """Read a paragraph line by line: metadata, and text between it."""
        text: list[str] = []
        authors: list[str] = []
        start = inline.map[0] if inline.map else 0
        for line, content in enumerate(inline.content.split("\n"), start=start):
            if authors and not _is_metadata(content) and goes_on(authors[0], authors[-1], content):
                authors.append(content)
                continue
            self._authors(authors)
            found = _AUTHORS.fullmatch(content)
            if found is not None:
                authors.append(found[1])
            elif not self._metadata_line(line, content):
                text.append(content)
        self._authors(authors)
        if text:
            self._text("\n".join(text), glued, before_list)

    def _text(self, content: str, glued: bool, before_list: bool) -> None:
        label = split_label(content)
        if label is not None and label.colon:
            self.body.parts.append(Part(label.label, [label.text] if label.text else []))
        elif label is not None and before_list:
            self.body.parts.append(Part(label.label, fallback=label.label))
        else:
            self._add([plain(content)], glued)

    def _metadata(self, inline: Token, content: str) -> bool:
        """Read a bullet such as ``- Authors: …``."""
        found = _AUTHORS.fullmatch(content)
        if found is not None:
            self._authors([found[1]])
            return True
        line = inline.map[0] if inline.map else 0
        return "\n" not in content and self._metadata_line(line, content)

    def _metadata_line(self, line: int, content: str) -> bool:
        """Read a line of votes, an image or a video; False where it is text."""
        content = content.strip()
        votes = _VOTE.fullmatch(content)
        if votes is not None:
            self._votes(line, votes[1].strip(" *_\t"))
            return True
        if content.lower().startswith(_VIDEO):
            return True
        if not content.startswith(("![", "[![")):
            return False
        tokens = inline_tokens(content)
        images = [token for token in tokens if token.type == "image"]
        if not images or any(token.type == "text" and token.content.strip() for token in tokens):
            return False
        for image in images:
            self._image(line, str(image.attrs.get("src", "")))
        return True

    def _votes(self, line: int, text: str) -> None:
        if text in _NO_VOTE:
            return
        if not _NUMBER.fullmatch(text):
            expected = "expected 'Vote: ' and a whole number, or no such line"
            self.body.problems.append((line, f"vote {shown(text)}", expected))
            return
        votes = int(text.replace(",", ""))
        if self.has_votes and votes != self.body.votes:
            found = f"a second number of votes {shown(text)}"
            self.body.problems.append((line, found, "expected one an entry"))
            return
        self.body.votes, self.has_votes = votes, True

    def _image(self, line: int, source: str) -> None:
        if self.body.thumbnail is not None or not source.strip():
            return
        if source.startswith(_AVATARS):
            source = _AVATAR_HOST + source
        self.body.thumbnail = web_iri(source)
        if self.body.thumbnail is None:
            expected = "expected an http(s) address; the image is left out"
            self.body.problems.append((line, f"image {shown(source)}", expected))

    def _authors(self, lines: list[str]) -> None:
        if not lines:
            return
        names, truncated = parse_authors(" ".join(lines))
        lines.clear()
        self.body.authors = tuple(dict.fromkeys(self.body.authors + names))
        self.body.authors_truncated |= truncated


def _is_metadata(content: str) -> bool:
    """Whether a line after a list of authors is something else than names."""
    if _VOTE.fullmatch(content) or _AUTHORS.fullmatch(content):
        return True
    return content.lower().startswith(("![", "[![", "<div", "<video", "<img", _VIDEO))


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[Token, list[Token]]]:
    """Give each outermost block with the tokens in it."""
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = place
        if token.nesting == 1:
            end = next(
                at
                for at in range(place + 1, len(tokens))
                if tokens[at].nesting == -1 and tokens[at].level == token.level
            )
        yield token, list(tokens[place + 1 : end])
        place = end + 1


def _lines_of(tokens: Sequence[Token]) -> list[str]:
    """Give the text of blocks, a line each; code keeps its lines."""
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines.append(plain(token.content))
        elif token.type in ("fence", "code_block"):
            lines += [line.strip() for line in token.content.split("\n")]
    return [line for line in lines if line]


def _numbered_lines(blocks: Sequence[tuple[Token, list[Token]]]) -> list[str]:
    """Give the text of a bullet such as ``- 2) text``, where the number is text."""
    lines: list[str] = []
    for item, inner in _blocks(blocks[0][1]):
        first, *others = _lines_of(inner) or [""]
        lines += [f"{item.info}{item.markup} {first}".strip(), *others]
    for _, inner in blocks[1:]:
        lines += _lines_of(inner)
    return lines
