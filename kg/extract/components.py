"""The components of the pipeline, as its config names them.

Each only reads what it needs, calls a finding function, and writes at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spacy.language import Language
from spacy.tokens import Span, SpanGroup

from kg.extract.candidates import Candidates, candidates
from kg.extract.choice import choose, decide, kind_share
from kg.extract.names import NameFinder
from kg.extract.naming import name_things
from kg.extract.results import ResultFinder
from kg.extract.roles import RoleFinder
from kg.extract.scorer import Scores
from kg.extract.spans import KEY, Found, found_in, mentions_of, set_value, value_of
from kg.extract.surroundings import NO_TERM
from kg.extract.tables import Tables, folder, load_tables
from kg.extract.view import view_of
from kg.extract.weights import FILE, Weights, load_weights
from kg.folding import fold, unbroken
from kg.model import Role, TermType
from kg.vocab import language_of

if TYPE_CHECKING:
    from spacy.tokens import Doc

VERSION: Final = "2"


class Terms:
    """Finds typed mentions: candidates from words and names, scored by trained weights."""

    def __init__(self, name: str, tables: Tables, weights: Weights, threshold: float) -> None:
        self.component = f"{name} {VERSION}"
        self.tables = tables
        self.weights = weights
        self.finder = NameFinder(tables.surfaces)
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        view = view_of(doc)
        found = candidates(view, self.tables, self.finder)
        scores = self.weights.scorer.score(view, found, self.tables, self.threshold)
        return self.mark(doc, found, scores)

    def mark(self, doc: Doc, found: Candidates, scores: Scores) -> Doc:
        """Write the candidates that these scores make terms."""
        spans: list[Span] = list(doc.spans.get(KEY, ()))
        places = choose(found, scores, self.threshold)
        shares = scores.terms[places, :NO_TERM].tolist()
        types = [decide(share) for share in shares]
        sure = self.weights.calibration.confidences(
            [kind_share(share, type_) for share, type_ in zip(shares, types, strict=True)]
        )
        rows = zip(
            *(types, shares, sure, scores.roles[places].tolist()),
            *(found.first[places].tolist(), found.last[places].tolist()),
            strict=True,
        )
        for type_, share, confidence, roles, first, last in rows:
            span = Span(doc, first, last + 1, label=type_.value)
            set_value(span, "kg_types", tuple(share))
            set_value(span, "kg_roles", tuple(roles))
            set_value(span, "kg_confidence", confidence)
            set_value(span, "kg_component", self.component)
            spans.append(span)
        doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=spans)
        return doc


class SameThings:
    """Joins the forms of an entry that name one thing: they get one type, and
    ``kg_gloss_of`` where a form restates another."""

    def __init__(self, weights: Weights, threshold: float) -> None:
        self.weights = weights
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        spans = mentions_of(doc)
        mentions = found_in(spans)
        forms = [fold(mention.exact) for mention in mentions]
        first: dict[str, Span] = {}
        for span, form in zip(spans, forms, strict=True):
            first.setdefault(form, span)
        text = view_of(doc).text
        things = name_things(text, mentions, self.weights.coreference, self.threshold)
        named = {form: thing for thing in things for form in thing.forms}
        for span, mention, form in zip(spans, mentions, forms, strict=True):
            thing = named[form]
            if mention.type is not thing.type:
                span.label_ = thing.type.value
                if value_of(span, "kg_types"):
                    share = kind_share(mention.types, thing.type)
                    set_value(span, "kg_confidence", self.weights.calibration.confidence(share))
            if form != thing.main and first[form] is span:
                main = first[thing.main]
                set_value(span, "kg_gloss_of", (main.start_char, main.end_char))
        doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=spans)  # it holds copies of labels
        return doc


class Roles:
    """Sets ``kg_role``: one role for all mentions of a thing. What is taken for a benchmark
    and is only trained on becomes a data set."""

    def __init__(self, tables: Tables) -> None:
        self.finder = RoleFinder(tables)

    def __call__(self, doc: Doc) -> Doc:
        spans = mentions_of(doc)
        mentions = found_in(spans)
        things = things_of(mentions, [value_of(span, "kg_gloss_of") for span in spans])
        view = view_of(doc)
        roles = self.finder.roles(view, mentions, things)
        data = self.finder.trained_on(view, mentions, things)
        for span, thing, role in zip(spans, things, roles, strict=True):
            kept = role
            if thing in data:
                span.label_ = TermType.DATASET.value
                if role == Role.EVALUATED_ON:
                    kept = Role.OTHER
            set_value(span, "kg_role", kept)
        doc.spans[KEY] = SpanGroup(doc, name=KEY, spans=spans)
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
        names = _names(mentions, [value_of(span, "kg_gloss_of") for span in spans])
        return mentions, [Role(value_of(span, "kg_role")) for span in spans], names


def things_of(mentions: Sequence[Found], glossed: Sequence[tuple[int, int] | None]) -> list[str]:
    """Return for each mention the folded form that stands for its thing in this entry.

    Forms are one thing where they fold alike or one is given as the other's gloss.
    """
    forms = [fold(mention.exact) for mention in mentions]
    group = {form: form for form in forms}
    form_at = {(one.start, one.end): form for one, form in zip(mentions, forms, strict=True)}

    def root(form: str) -> str:
        while group[form] != form:
            form = group[form]
        return form

    for form, target in zip(forms, glossed, strict=True):
        if target in form_at:
            group[root(form)] = root(form_at[target])
    return [root(form) for form in forms]


def _names(mentions: list[Found], glossed: list[tuple[int, int] | None]) -> list[str]:
    """Return for each mention the longest Latin form of its thing in this entry, else its own."""
    things = things_of(mentions, glossed)
    names = [unbroken(m.exact) if "\n" in m.exact else m.exact for m in mentions]
    best: dict[str, str] = {}
    for name, thing in zip(names, things, strict=True):
        if language_of(name) == "en" and len(name) > len(best.get(thing, "")):
            best[thing] = name
    return [best.get(thing, name) for name, thing in zip(names, things, strict=True)]


def rounded(confidence: float) -> Decimal:
    """Round to two places, within [0, 1]."""
    return Decimal(min(max(confidence, 0.0), 1.0)).quantize(Decimal("0.01"))


@Language.factory("kg_terms", assigns=["doc.spans"], default_config={"data": None, "threshold": 0})
def make_terms(nlp: Language, name: str, data: str | None, threshold: float) -> Terms:
    """Make the component; *data* is a folder of tables and weights, *threshold* log odds."""
    return Terms(name, load_tables(data), load_weights(folder(data) / FILE), threshold)


@Language.factory(
    "kg_same", requires=["doc.spans"], default_config={"data": None, "threshold": 0.5}
)
def make_same(nlp: Language, name: str, data: str | None, threshold: float) -> SameThings:
    """Make the component; *data* is a folder of weights, *threshold* a probability."""
    return SameThings(load_weights(folder(data) / FILE), threshold)


@Language.factory("kg_roles", requires=["doc.spans"], default_config={"data": None})
def make_roles(nlp: Language, name: str, data: str | None) -> Roles:
    """Make the component; *data* is a folder of tables."""
    return Roles(load_tables(data))


@Language.factory("kg_results", requires=["doc.spans"], default_config={"data": None})
def make_results(nlp: Language, name: str, data: str | None) -> Results:
    """Make the component; *data* is a folder of tables."""
    return Results(data)
