"""Inline tokens -> plain text, and the label at the start of a bullet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from kg.digest.characters import clean
from kg.digest.markdown import inline_tokens

#: Elements that are layout, so their tags are taken out. Any other tag is text: summaries
#: print tokens such as <think>, <image> or <search>.
_LAYOUT: Final = re.compile(
    "abbr|b|bdi|bdo|big|blockquote|br|center|cite|code|dd|del|details|dfn|div|dl|dt|em|"
    "figcaption|figure|h[1-6]|hr|i|ins|kbd|li|mark|ol|p|pre|q|samp|script|section|small|"
    "strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|wbr"
)
#: Elements that say nothing without attributes: a bare <video> or <SPAN> is a token.
_WITH_ATTRIBUTES: Final = re.compile(
    "a|audio|embed|font|iframe|img|object|picture|source|span|track|video"
)
_TAG: Final = re.compile(r"\A</?([A-Za-z][A-Za-z0-9]*+)([^>]*)>", re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\n\r]+")

_MAX_LABEL_CHARS: Final = 120
_COLONS: Final = (":", "：")


@dataclass(frozen=True, slots=True)
class Label:
    """A label in bold and the text after it; ``colon`` is False where none follows."""

    label: str
    text: str
    colon: bool


def plain(content: str) -> str:
    """Take the inline marks out of Markdown; the lines become one.

    >>> plain("**Bold** and `code`, [a link](https://x.org)\\n<b>goes</b> on ![](i.png)")
    'Bold and code, a link goes on'
    >>> plain("<think> stays, $a_1 * b_1$ too")
    '<think> stays, $a_1 * b_1$ too'
    """
    return text_of(inline_tokens(content))


def split_label(content: str) -> Label | None:
    """Read ``**What's New**: text``; None where the text does not start with a label.

    >>> split_label("***Method*** : new")
    Label(label='Method', text='new', colon=True)
    >>> split_label("plain") is None
    True
    """
    if not content.lstrip().startswith(("*", "_")):
        return None
    tokens = inline_tokens(content)
    first = 0
    stray = ""  # "***Label*: text" leaves two marks over
    while first < len(tokens) and tokens[first].type == "text":
        if tokens[first].content.strip("*_ "):
            return None
        stray += tokens[first].content.strip()
        first += 1
    while first < len(tokens) and tokens[first].type in ("strong_open", "em_open"):
        last = _closing(tokens, first)
        stray += "**" if tokens[first].type == "strong_open" else ""
        if stray or any(token.type == "strong_open" for token in tokens[first:last]):
            found = _as_label(text_of(tokens[first : last + 1]), text_of(tokens[last + 1 :]))
            if found is not None:
                return found
        first += 1
    return None


def _as_label(label: str, rest: str) -> Label | None:
    rest = rest.lstrip("*_ ")
    colon = label.endswith(_COLONS) or rest.startswith(_COLONS)
    label = label.rstrip(" :：")
    if not label or len(label) > _MAX_LABEL_CHARS or (rest and not colon):
        return None
    return Label(label, rest.lstrip(" :：").strip(), colon)


def _closing(tokens: list[Token], first: int) -> int:
    """Find the end of the emphasis that opens at *first*."""
    depth = 0
    for place in range(first, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place
    return len(tokens) - 1


def text_of(tokens: Iterable[Token]) -> str:
    """Join the text of inline tokens, without marks, images and layout tags."""
    parts: list[str] = []
    hidden: list[str] = []  # elements whose closing tag is due
    targets: list[str | None] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "code_inline":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "math_inline":
                parts.append(f"${token.content}$")
            case "math_inline_double":
                parts.append(f"$${token.content}$$")
            case "html_inline":
                parts.append(_html(token.content, hidden))
            case "link_open":
                target = str(token.attrs.get("href", ""))
                targets.append(None if _is_address(target) else target)
                parts.append("" if targets[-1] is None else "[")
            case "link_close":
                closed = targets.pop() if targets else None
                parts.append("" if closed is None else f"]({closed})")
            case _:
                parts.append("")
    return clean(_SPACE.sub(_one_space, "".join(parts)).strip())


def _one_space(found: re.Match[str]) -> str:
    """Keep spaces as printed; line ends and tabs, and what stands around them, are one."""
    return found[0] if set(found[0]) == {" "} else " "


def _is_address(target: str) -> bool:
    """Tell a link from a gloss that looks like one: ``[EoT](End)`` is text."""
    return not target or any(char in target for char in "/.:#")


def _html(tag: str, hidden: list[str]) -> str:
    """What is left of an HTML tag: nothing, a space, or the tag as text."""
    if tag.startswith("<!--"):
        return ""
    found = _TAG.fullmatch(tag)
    if found is None:
        return tag
    name, attributes = found[1].lower(), found[2].strip(" /\n")
    if name == "br":
        return " "
    if _LAYOUT.fullmatch(name):
        return ""
    if _WITH_ATTRIBUTES.fullmatch(name):
        if tag.startswith("</"):
            if name in hidden:
                hidden.remove(name)
                return ""
        elif attributes:
            hidden.append(name)
            return ""
    return tag
