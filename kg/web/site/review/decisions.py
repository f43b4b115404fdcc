"""Decisions as reviewers make them, in the columns of the files that the command line loads.

A correction is a row of a file for ``kg corrections``, a decision on a link one of a file for
``kg link import``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kg.errors import BadRequest
from kg.folding import fold
from kg.link.mappings.writing import is_address, prefixes
from kg.linked import NIL, Kind, LinkDecision, Relation
from kg.model import Correction, Decision
from kg.vocab import LINKS_GRAPH, Iris

CORRECTION: Final = "correction"
LINK: Final = "link"
CORRECTION_COLUMNS: Final = ("decision", "label", "value", "paper", "by", "date", "comment")
LINK_COLUMNS: Final = (
    *("subject_id", "predicate_id", "predicate_modifier", "object_id", "object_label"),
    *("mapping_justification", "author_id", "author_label", "mapping_date", "confidence"),
    "comment",
)
_NO_ITEM: Final = "sssom:NoTermFound"
_EXACT: Final = "skos:exactMatch"
_CLOSE: Final = "skos:closeMatch"
_SAME: Final = "schema:sameAs"
#: They would make a line of a terminal or an editor read otherwise than it is.
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Decisions that say what a name is: whether it names something, and of which type.
_WHAT: Final = (Decision.NOT_A_TERM, Decision.TYPE)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision: ``kind`` is :data:`CORRECTION` or :data:`LINK`, ``row`` its cells by column."""

    kind: str
    row: Mapping[str, str]

    @property
    def id(self) -> str:
        """16 hex digits that its content alone decides."""
        content = json.dumps([self.kind, sorted(self.row.items())], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def by(self) -> str:
        """Who decided, as :class:`kg.linked.LinkDecision` has it."""
        return self.row.get("by") or self.row.get("author_id") or self.row.get("author_label", "")

    @property
    def date(self) -> str:
        return self.row.get("date") or self.row.get("mapping_date", "")

    @property
    def about(self) -> str:
        """What it is about: two decisions about one thing may exclude each other."""
        if self.kind == CORRECTION:
            return about_name(self.row["label"], self.row["paper"])
        return self.row["subject_id"]

    @property
    def answer(self) -> str:
        """What was decided: ``not-a-term``, ``different`` or a type; an item such as ``Q42``,
        ``close Q42`` or ``not Q42``, or ``NIL``."""
        if self.kind == CORRECTION:
            return self.row["value"] or self.row["decision"]
        qid = self.row["object_id"].removeprefix("wd:")
        if qid == _NO_ITEM:
            return NIL
        if self.row.get("predicate_modifier"):
            return f"not {qid}"
        return f"close {qid}" if self.row["predicate_id"] == _CLOSE else qid


def about_name(label: str, paper: str) -> str:
    """Name what a correction is about: a name in a paper, or everywhere if that is empty.

    >>> about_name("Vision Transformers", "2408.00874")
    'visiontransformer 2408.00874'
    """
    return f"{fold(label)} {paper}"


def of_correction(one: Correction) -> Decided | None:
    """Return a correction as a reviewer makes it; None for one of another kind.

    Reviewers say what a name is, and that it is another thing in one paper.
    """
    another = one.decision == Decision.DIFFERENT and one.papers
    if one.decision not in _WHAT and not another:
        return None
    cells = (one.decision, one.label, one.value, " ".join(one.papers), one.by, one.date)
    row = zip(CORRECTION_COLUMNS, (*cells, one.comment), strict=True)
    return Decided(CORRECTION, {name: str(cell) for name, cell in row})


def of_link(one: LinkDecision, iris: Iris) -> Decided:
    """Return a decision on a link as a row of its file."""
    people = one.by.split("|")
    row = {
        "subject_id": subject_of(one.kind, one.key, iris),
        "predicate_id": _predicate(one.kind, one.relation),
        "predicate_modifier": "Not" if one.negated else "",
        "object_id": f"wd:{one.qid}" if one.qid else _NO_ITEM,
        "object_label": one.label,
        "mapping_justification": "semapv:ManualMappingCuration",
        "author_id": "|".join(by for by in people if is_address(by)),
        "author_label": "|".join(by for by in people if not is_address(by)),
        "mapping_date": one.date,
        "confidence": "" if one.confidence == 1 else str(one.confidence),
        "comment": one.comment,
    }
    return Decided(LINK, row)


def subject_of(kind: Kind, key: str, iris: Iris) -> str:
    """Name a thing as the files of links do.

    >>> subject_of(Kind.TERM, "lora", Iris())
    'term:lora'
    """
    return f"{kind}:{iris.thing(kind, key).removeprefix(f'{iris.base}{kind}/')}"


def _predicate(kind: Kind, relation: Relation | None) -> str:
    if kind is not Kind.TERM:
        return _SAME
    return _CLOSE if relation is Relation.CLOSE else _EXACT


def one_line(what: str, text: str, most: int) -> str:
    """Return a text as it can stand in a file of decisions.

    Raises:
        BadRequest: it is too long, or has characters that would show otherwise than they are.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) > most:
        raise BadRequest(f"{what}: {len(text)} characters; expected at most {most}")
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _BIDI:
            raise BadRequest(
                f"{what}: the character U+{ord(char):04X}; expected a text without such ones"
            )
    return text


def corrections_file(decided: Iterable[Decided]) -> str:
    """Write corrections as a file that ``kg corrections`` loads."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CORRECTION_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(one.row for one in decided if one.kind == CORRECTION)
    return out.getvalue()


def links_file(decided: Iterable[Decided], iris: Iris) -> str:
    """Write decisions on links as a file that ``kg link import`` loads."""
    out = io.StringIO(newline="")
    out.write("#curie_map:\n")
    for prefix, space in sorted(prefixes(iris).items()):
        out.write(f"#  {prefix}: {space}\n")
    out.write(f"#mapping_set_id: {iris.graph(LINKS_GRAPH)}\n")
    writer = csv.DictWriter(out, LINK_COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(one.row for one in decided if one.kind == LINK)
    return out.getvalue()
