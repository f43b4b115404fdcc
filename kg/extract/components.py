"""The components of the pipeline, as its config names them.

Each only reads what it needs, calls a finding function, and writes at its end.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spacy.language import Language
from spacy.tokens import SpanGroup
from spacy.util import filter_spans

from kg.extract.candidates import candidates
from kg.extract.choice import choose
from kg.extract.evidence import Evidence
from kg.extract.glosses import glosses
from kg.extract.names import NameFinder
from kg.extract.results import ResultFinder
from kg.extract.roles import RoleFinder
from kg.extract.spans import KEY, Found, found_in, mentions_of
from kg.extract.tables import load_tables
from kg.extract.view import view_of
from kg.folding import fold
from kg.model import Role
from kg.vocab import language_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

VERSION: Final = "1"


class Terms:
    """Finds typed mentions from names, runs of nouns and Latin words, and their evidence."""

    def __init__(self, name: str, data: str | None, threshold: float) -> None:
        self.component = f"{name} {VERSION}"
        self.tables = load_tables(data)
        self.evidence = Evidence(self.tables.counts)
        self.finder = NameFinder(self.tables.surfaces)
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        view = view_of(doc)
        spans: list[Span] = list(doc.spans.get(KEY, ()))
        found = candidates(view, self.tables, self.finder)
        for chosen in choose(found, self.evidence, self.threshold):
            span = doc.char_span(chosen.start, chosen.end, label=chosen.type.value)
            if span is not None:
                span._.kg_confidence = chosen.confidence
                span._.kg_introduced = chosen.introduced
                span._.kg_component = self.component
                spans.append(span)
        doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=spans)
        return doc


class Glosses:
    """Sets ``kg_gloss_of`` where a parenthesis restates the term before it."""

    def __call__(self, doc: Doc) -> Doc:
        spans = filter_spans(mentions_of(doc))
        spans.sort(key=lambda span: span.start_char)
        for gloss, long in glosses(doc.text, found_in(spans)):
            spans[gloss]._.kg_gloss_of = (spans[long].start_char, spans[long].end_char)
        return doc


class Roles:
    """Sets ``kg_role``."""

    def __init__(self, data: str | None) -> None:
        self.finder = RoleFinder(load_tables(data))

    def __call__(self, doc: Doc) -> Doc:
        spans = mentions_of(doc)
        evidence = [span._.kg_introduced for span in spans]
        roles = self.finder.roles(view_of(doc), found_in(spans), evidence)
        for span, role in zip(spans, roles, strict=True):
            span._.kg_role = role
        return doc


class Results:
    """Sets ``doc._.kg_results``."""

    def __init__(self, data: str | None) -> None:
        self.finder = ResultFinder(load_tables(data))

    def __call__(self, doc: Doc) -> Doc:
        doc._.kg_results = tuple(self.finder.results(view_of(doc), *self.inputs(doc)))
        return doc

    @staticmethod
    def inputs(doc: Doc) -> tuple[list[Found], list[Role], list[str]]:
        """Return the Doc's mentions with their roles and the names of their things."""
        spans = mentions_of(doc)
        mentions = found_in(spans)
        names = _names(mentions, [span._.kg_gloss_of for span in spans])
        return mentions, [Role(span._.kg_role) for span in spans], names


def _names(mentions: list[Found], glossed: list[tuple[int, int] | None]) -> list[str]:
    """Return for each mention the longest Latin form of its thing in this entry, else its own.

    Forms are one thing where they fold alike or one is given as the other's gloss.
    """
    group = {fold(mention.exact): fold(mention.exact) for mention in mentions}
    form_at = {(mention.start, mention.end): fold(mention.exact) for mention in mentions}

    def root(form: str) -> str:
        while group[form] != form:
            form = group[form]
        return form

    for mention, target in zip(mentions, glossed, strict=True):
        if target in form_at:
            group[root(fold(mention.exact))] = root(form_at[target])
    best: dict[str, str] = {}
    for mention in mentions:
        key = root(fold(mention.exact))
        if language_of(mention.exact) == "en" and len(mention.exact) > len(best.get(key, "")):
            best[key] = mention.exact
    return [best.get(root(fold(mention.exact)), mention.exact) for mention in mentions]


def rounded(confidence: float) -> Decimal:
    """Round to four places, within [0, 1]."""
    return Decimal(min(max(confidence, 0.0), 1.0)).quantize(Decimal("0.0001"))


@Language.factory("kg_terms", assigns=["doc.spans"], default_config={"data": None, "threshold": 0})
def make_terms(nlp: Language, name: str, data: str | None, threshold: float) -> Terms:
    """Make the component; *data* is a folder of tables, *threshold* log odds."""
    return Terms(name, data, threshold)


@Language.factory("kg_glosses", requires=["doc.spans"])
def make_glosses(nlp: Language, name: str) -> Glosses:
    """Make the component."""
    return Glosses()


@Language.factory("kg_roles", requires=["doc.spans"], default_config={"data": None})
def make_roles(nlp: Language, name: str, data: str | None) -> Roles:
    """Make the component; *data* is a folder of tables."""
    return Roles(data)


@Language.factory("kg_results", requires=["doc.spans"], default_config={"data": None})
def make_results(nlp: Language, name: str, data: str | None) -> Results:
    """Make the component; *data* is a folder of tables."""
    return Results(data)
