"""The Markdown parser of digests: CommonMark, changed so that nothing is lost.

A digest is written by programs and people, so its Markdown is not always what they
meant. In CommonMark an unclosed fence or comment takes all that follows it, and
markdown-it drops what is nested too deep; here each loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar
from markdown_it.rules_block import StateBlock, blockquote, fence, list_block
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

BlockRule = Callable[[StateBlock, int, int, bool], bool]

#: Lists and quotations deeper than this are plain text; each is two levels of tokens.
_MAX_LEVEL: Final = 40
#: Inline content longer than this is plain text: brackets cost 70 microseconds each, and
#: the longest paragraph of two years of digests has 6,006 characters.
MAX_INLINE_CHARS: Final = 20_000

_CJK: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff]"
)


def block_tokens(text: str, *, whole: bool = False) -> list[Token]:
    """Parse *text* into block tokens; the inline ones have their source as content.

    Args:
        text: Markdown with ``\\n`` line ends.
        whole: it is a whole digest, not the body of an entry. Then lines indented by
            four are code, which holds no heading, and comments hide none; in a body the
            first are lists and text, and the second are left out.
    """
    tokens: list[Token] = []
    parser = _parser(whole)
    parser.block.parse(text, parser, {}, tokens)
    return tokens


def inline_tokens(content: str) -> list[Token]:
    """Parse the inline Markdown of one block; source that is too long stays one text."""
    tokens: list[Token] = []
    if len(content) > MAX_INLINE_CHARS:
        return [Token("text", "", 0, content=content)]
    parser = _parser(False)
    return parser.inline.parse(content, parser, {}, tokens)


@cache
def _parser(whole: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 2 * _MAX_LEVEL})
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    # "html_block": an unclosed one takes what follows. "lheading": a line of dashes under
    # a text makes no heading here. "reference": definitions are text to us.
    parser.disable(["html_block", "lheading", "reference", "math_block"])
    parser.enable("strikethrough")
    block = parser.block.ruler
    block.at("fence", _closed_fence, {"alt": ["paragraph", "blockquote", "list"]})
    block.at("blockquote", _bounded(blockquote), {"alt": ["paragraph", "blockquote", "list"]})
    block.at("list", _bounded(list_block), {"alt": ["paragraph", "blockquote"]})
    block.before("paragraph", "comment", _comment, {"alt": ["paragraph"]})
    parser.disable("comment" if whole else "code")
    parser.inline.ruler.at("emphasis", _emphasis)
    # All targets are read as printed; kg.digest.links judges them.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return parser


def _bounded(rule: BlockRule) -> BlockRule:
    """Keep a container rule from nesting deeper than ``_MAX_LEVEL``."""

    def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < _MAX_LEVEL and rule(state, start, end, silent)

    return bounded


def _closed_fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a fenced code block unless it is unclosed up to the end of the text.

    What is known to be unclosed is remembered, or a text of many openings would be
    searched to its end for each.
    """
    if silent:
        return fence(state, start, end, silent)
    marker = _line(state, start)
    opening = marker[: len(marker) - len(marker.lstrip(marker[:1]))]
    unclosed: dict[tuple[str, int], int] = state.env.setdefault("unclosed fences", {})
    kind = (opening[:1], state.lineMax)
    if state.blkIndent == 0 and len(opening) >= unclosed.get(kind, len(opening) + 1):
        return False
    count = len(state.tokens)
    if not fence(state, start, end, silent):
        return False
    last = _line(state, state.line - 1)
    closed = state.line - 1 > start and last.startswith(opening) and not last.strip(opening[0])
    if closed or state.line < state.lineMax or state.blkIndent > 0:
        return True
    del state.tokens[count:]
    state.line = start
    unclosed[kind] = len(opening)
    return False


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read an HTML comment of whole lines; one that never ends is text.

    How far no comment ends is remembered, as for fences.
    """
    first = _line(state, start)
    if not first.startswith("<!--") or start < state.env.get("no comment before", 0):
        return False
    line = start
    while line < end and "-->" not in (first[4:] if line == start else _line(state, line)):
        line += 1
        if line < end and state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            end = line
    if line == end or not _line(state, line).endswith("-->"):
        state.env["no comment before"] = line
        return False
    if not silent:
        state.line = line + 1
        state.push("comment", "", 0).map = [start, state.line]
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Read ``*`` and ``_``, also where a Korean particle follows.

    CommonMark does not close ``**GPT-4(OpenAI)**`` before ``는``, since the marks stand
    between punctuation and a letter. Here a CJK character counts as a space there, as in
    the specification at https://github.com/tats-u/markdown-cjk-friendly.
    """
    start = state.pos
    marker = state.src[start]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(start, marker == "*")
    can_open, can_close = scanned.can_open, scanned.can_close
    if marker == "*":
        before = state.src[start - 1 : start]
        after = state.src[start + scanned.length : start + scanned.length + 1]
        can_open = can_open or (_is_punctuation(after) and bool(_CJK.match(before)))
        can_close = can_close or (_is_punctuation(before) and bool(_CJK.match(after)))
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True


def _is_punctuation(char: str) -> bool:
    return bool(char) and (isMdAsciiPunct(ord(char)) or isPunctChar(char))
