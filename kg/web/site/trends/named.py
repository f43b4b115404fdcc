"""Terms that readers name, with their papers by month, as more than one page asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import request

from kg.errors import BadRequest
from kg.web.site.asked import told
from kg.web.site.frame import name_of, type_name
from kg.web.site.reading import Shown
from kg.web.site.trends.job import CountsJob, NamedTermsJob
from kg.web.site.trends.period import Period, Series
from kg.web.state import server

#: A name that a reader gives has at most so many characters.
LONGEST_NAME: Final = 200


def names_given(parameter: str, most: int) -> tuple[str, ...]:
    """Return the values of a parameter that may be there several times; empty ones are none.

    Raises:
        BadRequest: there are too many, or one is too long.
    """
    given = (value.strip() for value in request.args.getlist(parameter))
    names = tuple(dict.fromkeys(name for name in given if name))
    if len(names) > most:
        raise BadRequest(f"parameter {parameter!r}: {len(names)} of them; expected at most {most}")
    for name in names:
        if len(name) > LONGEST_NAME:
            raise BadRequest(
                f"parameter {parameter!r}: {len(name)} characters; expected at most {LONGEST_NAME}"
            )
    return names


def has_empty_fields() -> bool:
    """Tell whether the request is of a form that was not filled in wholly."""
    return any(not value for _, value in request.args.items(multi=True))


@dataclass(frozen=True, slots=True)
class Named:
    """What names mean: each term once, the names of none, and of each name that several terms
    have the term that was taken, and the others."""

    terms: list[Shown]
    unknown: list[str]
    others: list[tuple[str, Shown, list[Shown]]]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Named:
        """Look names up."""
        if not names:
            return cls([], [], [])
        base = server().settings.base_iri
        found = told(NamedTermsJob(base, names))
        if None in found["terms"] and (file := server().names.current().path) is not None:
            found = told(NamedTermsJob(base, names, file))
        rows = list(zip(names, found["terms"], found["others"], strict=True))
        return cls(
            list({term["iri"]: term for _, term, _ in rows if term is not None}.values()),
            [name for name, term, _ in rows if term is None],
            [row for row in rows if row[2]],
        )


def key_of_term(term: Shown) -> str:
    """Return the key of a term, by which addresses of pages name it."""
    return str(term["iri"]).removeprefix(f"{server().settings.base_iri}term/")


def common_terms(period: Period, counted: Shown) -> dict[str, Series]:
    """Return the terms of an answer of :class:`kg.web.site.trends.rising.MonthsJob` in a period."""
    return {
        term["iri"]: period.series(
            {name: value for name, value in term.items() if name != "months"},
            dict(zip(counted["months"], term["months"], strict=True)),
        )
        for term in counted["terms"]
    }


def chosen_terms(period: Period, terms: list[Shown], common: dict[str, Series]) -> list[Series]:
    """Return some terms in a period; those that are not common are asked for."""
    rare = tuple(term["iri"] for term in terms if term["iri"] not in common)
    counts = told(CountsJob(server().settings.base_iri, rare))["counts"] if rare else {}
    return [common.get(term["iri"]) or period.series(term, counts[term["iri"]]) for term in terms]


def chart_names(terms: list[Shown]) -> list[str]:
    """Return what a chart calls terms: two that are called alike are told apart."""
    names = [name_of(term) for term in terms]
    marks = [f"{type_name(term['type'])}, {key_of_term(term)}" for term in terms]
    return [
        f"{name} ({mark})" if names.count(name) > 1 else name
        for name, mark in zip(names, marks, strict=True)
    ]
