"""A comparison as one long table: of each thing what is told of it, a value in each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kg.web.site.reading import Shown
from kg.web.site.tables import Table

_Row = list[str | float | None]
_HEADER: Final = ("thing", "name", "what", "about", "value", "unit")


def terms_table(shown: Shown) -> Table:
    """Make the table of an answer of :class:`~kg.web.site.compare.terms_job.CompareTermsJob`
    with ``months`` for each term."""
    return Table(_HEADER, list(_term_rows(shown)))


def papers_table(shown: Shown) -> Table:
    """Make the table of an answer of :class:`~kg.web.site.compare.papers_job.ComparePapersJob`."""
    return Table(_HEADER, list(_paper_rows(shown)))


def _term_rows(shown: Shown) -> Iterator[_Row]:
    terms = shown["terms"]
    for term in terms:
        head = [term["iri"], term["label"]]
        for what in ("type", "en", "ko", "papers", "first", "last"):
            yield [*head, what, None, term[what], None]
        for link in term["links"]:
            yield [*head, "wikidata", link["relation"], link["qid"], None]
        for paper in term["introduced"]:
            yield [*head, "introduced by", paper["title"], paper["iri"], None]
        for month, count in term["months"].items():
            yield [*head, "papers in month", month, count, None]
    for one, other, count in shown["pairs"]:
        for this, that in ((one, other), (other, one)):
            head = [terms[this]["iri"], terms[this]["label"]]
            yield [*head, "papers shared with", terms[that]["label"], count, None]
    for neighbour in shown["neighbours"]:
        for term, closeness in zip(terms, neighbour["closeness"], strict=True):
            about = neighbour["term"]["label"]
            yield [term["iri"], term["label"], "closeness to", about, closeness, None]
    if shown["results"] is not None:
        names = [(term["iri"], term["label"]) for term in terms]
        yield from _result_rows(shown["results"], names, shown["compared"])


def _paper_rows(shown: Shown) -> Iterator[_Row]:
    papers = shown["papers"]
    for place, paper in enumerate(papers):
        head = [paper["iri"], paper["title"]]
        for what in ("arxiv", "created", "seen", "last", "votes", "term_count", "result_count"):
            yield [*head, what, None, paper[what], None]
        for author in paper["authors"]:
            yield [*head, "author", author["label"], author["iri"], None]
        for one in shown["terms"]:
            if (relation := one["relations"][place]) is not None:
                yield [*head, relation, one["term"]["label"], one["term"]["iri"], None]
        for one in shown["own"][place]:
            yield [*head, one["relation"], one["term"]["label"], one["term"]["iri"], None]
    yield from _result_rows(shown["results"], [(one["iri"], one["title"]) for one in papers], None)


def _result_rows(
    results: Shown, names: list[tuple[str, str]], compared: str | None
) -> Iterator[_Row]:
    for row in (*results["shared"], *(row for some in results["alone"] for row in some)):
        for head, cell in zip(names, row["cells"], strict=True):
            if cell is None:
                continue
            about = [
                None if compared == "subject" else _called(cell, "subject"),
                None if compared == "benchmark" else _called(cell, "benchmark"),
                None if compared == "metric" else cell["metric_text"],
                cell["split"],
                cell["setting"],
            ]
            told = ", ".join(one for one in about if one)
            yield [*head, "result", told, cell["value"], cell["unit"]]


def _called(cell: Shown, part: str) -> str | None:
    if cell[part] is not None:
        return str(cell[part]["label"])
    text = cell.get(f"{part}_text")
    return None if text is None else str(text)
