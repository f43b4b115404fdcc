"""What the trained component is compared with: rules alone, and names alone.

Both are spaCy components that a config puts in the place of ``kg_terms``; the rest of the
pipeline is the same, so they also show how to bring one's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spacy.language import Language
from spacy.tokens import SpanGroup

from kg.extract import CONFIG
from kg.extract.candidates import LEFT, RIGHT, candidates
from kg.extract.choice import heaviest
from kg.extract.forms import case_of
from kg.extract.names import NameFinder
from kg.extract.spans import KEY
from kg.extract.tables import load_tables
from kg.extract.view import View, view_of
from kg.folding import fold
from kg.model import TermType

if TYPE_CHECKING:
    from spacy.tokens import Doc

Spans = list[tuple[int, int, TermType]]

_NAME: Final = ("camel", "caps", "caps-digit", "titles")
_GLOSSED: Final = re.compile(r"\s?\([A-Za-z][^()]{1,60}\)")
#: What a form is by its last word or by the word after it, in this order.
_BY_WORDS: Final = (
    (TermType.DATASET, re.compile(r"(?:데이터셋|데이터 세트|dataset|corpus|코퍼스)s?", re.I)),
    (TermType.BENCHMARK, re.compile(r"(?:벤치마크|benchmark|\w*Bench|\w*QA|챌린지)s?", re.I)),
    (
        TermType.METRIC,
        re.compile(
            r"(?:정확도|점수|스코어|score|accuracy|재현율|정밀도|지연 시간|처리량|rate)s?", re.I
        ),
    ),
    (
        TermType.TASK,
        re.compile(
            r"(?:생성|분류|검출|탐지|분할|이해|추정|번역|요약|예측|편집|인식|검색|응답|generation"
            r"|classification|detection|segmentation|understanding|estimation|translation"
            r"|prediction|editing|recognition|retrieval|answering)",
            re.I,
        ),
    ),
    (TermType.MODEL, re.compile(r"(?:모델|model|에이전트|agent|GPT\S*|Llama\S*)s?", re.I)),
)


def configs(folder: Path) -> dict[str, Path]:
    """Write the configs of the two into a folder."""
    text = CONFIG.read_text(encoding="utf-8")
    made = {}
    for name, factory in (("rules alone", "rules_alone"), ("names alone", "names_alone")):
        made[name] = folder / f"{factory}.cfg"
        changed = text.replace('"kg_terms"', f'"{factory}"').replace("kg_terms]", f"{factory}]")
        changed = re.sub(r"threshold = 0\.2\n", "", changed)
        made[name].write_text(changed, encoding="utf-8")
    return made


def _write(doc: Doc, found: Spans) -> Doc:
    chosen = heaviest([(start, end, float(end - start)) for start, end, _ in found])
    spans = [doc.char_span(*found[n][:2], label=found[n][2].value) for n in chosen]
    doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=[span for span in spans if span])
    return doc


@Language.factory("names_alone", default_config={"data": None})
class NamesAlone:
    """Takes what the table of names holds, with the type that the table gives it."""

    def __init__(self, nlp: Language, name: str, data: str | None) -> None:
        self.tables = load_tables(data)
        self.finder = NameFinder(self.tables.surfaces)

    def __call__(self, doc: Doc) -> Doc:
        view = view_of(doc)
        found = []
        for start, end in self.finder.find(view):
            types = self.tables.names.get(fold(view.text[start:end]))
            if types and fold(view.text[start:end]) not in self.tables.common:
                found.append((start, end, types[0]))
        return _write(doc, found)


@Language.factory("rules_alone", default_config={"data": None})
class RulesAlone:
    """Takes names by the way they are written, and Korean words that a parenthesis glosses."""

    def __init__(self, nlp: Language, name: str, data: str | None) -> None:
        self.tables = replace(load_tables(data), names={})
        self.finder = NameFinder(())

    def __call__(self, doc: Doc) -> Doc:
        return _write(doc, list(self._find(view_of(doc))))

    def _find(self, view: View) -> Iterator[tuple[int, int, TermType]]:
        found = candidates(view, self.tables, self.finder)
        for start, end, edge in zip(
            found.start.tolist(), found.end.tolist(), found.edge.tolist(), strict=True
        ):
            exact = view.text[start:end]
            in_title = view.section_of(start).key == "title" and case_of(exact) == "titles"
            named = case_of(exact) in _NAME and edge == LEFT | RIGHT and not in_title
            if named or (not exact.isascii() and _GLOSSED.match(view.text, end)):
                yield start, end, _type(exact, view.text[end : end + 20])


def _type(exact: str, after: str) -> TermType:
    last = exact.split()[-1]
    following = after.split()[:1] if after[:1] == " " else []
    for type_, words in _BY_WORDS:
        if words.fullmatch(last) or (following and words.match(following[0])):
            return type_
    return TermType.MODEL if case_of(exact) in ("camel", "caps-digit") else TermType.METHOD
