"""Why the graph says what it says, for people: the text with its mentions marked.

On a terminal a mention stands out in reverse; elsewhere it stands in «…». Text of digests is
strangers' text: what could drive a terminal is escaped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kg import pipeline
from kg.cli.show import escaped, rendered
from kg.model import Correction, Merge, MergeReason
from kg.pipeline import MentionWhy, PaperWhy, ResultWhy, TermWhy
from kg.settings import Settings

#: Columns where there is no terminal to fit: no line is cut or folded.
_WIDEST = 100_000


def run(paper: str, term: str | None, format_: str, settings: Settings) -> None:
    """Explain a paper, or one of its terms, on stdout.

    Raises:
        KGError: there is no such paper or term, or no store.
    """
    if term is None:
        whole = pipeline.explain_paper(paper, settings)
        if format_ == "json":
            content = asdict(whole)
            _json({**content, "terms": [_short(one) for one in content["terms"]]})
        else:
            _show(_paper(whole))
    else:
        found = pipeline.explain_term(paper, term, settings)
        if format_ == "json":
            _json([_short(asdict(one)) for one in found])
        else:
            _show(line for one in found for line in _term(one))


def _json(content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, default=_plain)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _short(term: dict[str, Any]) -> dict[str, Any]:
    """Leave out where else in the corpus a term stands: thousands of places, perhaps."""
    if term["term"]:
        term["term"].pop("mentions")
    return term


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _show(parts: Iterable[Text | Table]) -> None:
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    plain = not console.is_terminal or console.is_dumb_terminal
    if not console.is_terminal:
        console = Console(
            file=sys.stdout, highlight=False, markup=False, emoji=False, width=_WIDEST
        )
    for part in parts:
        if isinstance(part, Text):
            console.print(_marked(part) if plain else part, soft_wrap=True)
        else:
            width = None if plain else console.width
            console.print(Text(rendered(part, width)), soft_wrap=True)


def _marked(line: Text) -> Text:
    """Put what a terminal would show in reverse into «…»."""
    shown, at = "", 0
    for span in sorted(line.spans):
        if span.style == _MARK:
            shown += f"{line.plain[at : span.start]}«{line.plain[span.start : span.end]}»"
            at = span.end
    return Text(shown + line.plain[at:])


_MARK = "bold reverse"


def _line(*parts: str | tuple[str, str]) -> Text:
    """Make a line of parts, with a style each if need be; their text is escaped."""
    text = Text()
    for part in parts:
        words, style = part if isinstance(part, tuple) else (part, "")
        text.append(escaped(words), style=style or None)
    return text


def _sentence(indent: str, before: str, exact: str, after: str) -> Text:
    return _line(indent, before, (exact, _MARK), after)


# ------------------------------------------------------------------ a paper


def _paper(whole: PaperWhy) -> Iterator[Text | Table]:
    yield _line((f"{whole.key}  {whole.title}", "bold"))
    yield _line((f"{whole.iri}, in {', '.join(whole.digests)}", "dim"))
    terms = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("term", "type", "role"):
        terms.add_column(name, overflow="fold")
    for name in ("confidence", "mentions"):
        terms.add_column(name, justify="right")
    for one in whole.terms:
        type_ = str(one.term.type) if one.term else "not a term"
        terms.add_row(
            *(Text(escaped(cell)) for cell in (one.label, type_, one.role)),
            *(str(one.confidence), str(len(one.mentions))),
        )
    yield terms
    for why in whole.results:
        yield _result(why)


def _result(why: ResultWhy) -> Text:
    one = why.result
    what = " ".join(
        part for part in (one.metric, f"on {one.benchmark}" * bool(one.benchmark)) if part
    )
    subject = f"{one.subject or '?'}: " + (f"{what} " if what else "")
    value = one.value_text + (f" {one.unit}" if one.unit else "")
    return _line(
        "result  ", (f"{subject}{value}", "bold"), f"  {one.kind}, {one.confidence}  ",
        why.before, (why.value, _MARK), why.after,
    )  # fmt: skip


# ------------------------------------------------------------------ a term


def _term(one: TermWhy) -> Iterator[Text]:
    type_ = str(one.term.type) if one.term else "not a term"
    yield _line((f"{one.label} ({type_})", "bold"), f"  {one.iri or ''}".rstrip())
    votes = ", ".join(f"{type_} {count}" for type_, count in one.votes)
    yield _line(f"  type   {type_}: {_type_reason(one)} ({votes})")
    roles = [str(why.mention.role) for why in one.mentions]
    counted = ", ".join(f"{role} {roles.count(role)}" for role in dict.fromkeys(sorted(roles)))
    yield _line(f"  role   {one.role}: the strongest of its mentions here ({counted})")
    yield from _names(one)
    for correction in one.corrections:
        yield _line("  decision  " + _decision(correction))
    for number, why in enumerate(one.mentions, 1):
        yield from _mention(number, why)


def _type_reason(one: TermWhy) -> str:
    if one.term is None:
        return "a person says so"
    said = [c for c in one.corrections if c.decision == "type" and not c.papers]
    if said:
        return "a person says so"
    if len(one.votes) > 1 and one.votes[0][1] == one.votes[1][1]:
        return "as many mentions in all papers as another type, and of higher confidence"
    return "that of most of its mentions in all papers"


def _names(one: TermWhy) -> Iterator[Text]:
    if one.term is None:
        return
    labels = (*one.term.preferred, *one.term.alternative, *one.term.hidden)
    yield _line("  names  " + ", ".join(label.text for label in labels))
    for merge in one.merges:
        yield _line(f"    {merge.form} → {merge.parent}: {_merge(merge, one.corrections)}")


def _merge(merge: Merge, corrections: Iterable[Correction]) -> str:
    if merge.reason == MergeReason.SPELLING:
        return "written alike but for case, hyphen, space or plural"
    if merge.reason == MergeReason.GLOSS:
        first = f", first {'/'.join(merge.first)}" if merge.first else ""
        many = "y" if merge.support == 1 else "ies"
        return f"a gloss in {merge.support} entr{many}{first}"
    if merge.reason == MergeReason.TABLE:
        many = "" if merge.support == 1 else "s"
        return f"the table of equivalents, by {merge.support} paper{many}"
    if merge.reason == MergeReason.WORDS:
        return "word by word"
    by = next((one for one in corrections if one.id == merge.correction), None)
    return f"decided by {by.by} on {by.date}" if by else "a person's decision"


def _decision(one: Correction) -> str:
    words = [str(one.decision), repr(one.label)]
    words += [repr(one.value)] if one.value else []
    words += ["in", *one.papers] if one.papers else []
    comment = f": {one.comment}" if one.comment else ""
    return f"{' '.join(words)}, by {one.by} on {one.date}{comment}"


def _mention(number: int, why: MentionWhy) -> Iterator[Text]:
    one = why.mention
    yield _line(
        f"  {number}. {why.digest}/{why.entry}/{one.section} {one.start}-{one.end}  ",
        (f"{one.type}, {one.role}, {one.confidence}", "bold"),
        f" by {one.component}",
    )
    yield _sentence("     ", why.before, one.exact, why.after)
    for reason in why.reasons:
        yield _line(f"     - {reason}")
    if why.counts_as and why.counts_as != one.type:
        yield _line(f"     - counts as {why.counts_as}: a person says so")
    if why.rejected:
        yield _line("     - names no term: a person says so")
