"""What a saved query is, and how its parameters get their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.errors import BadParameter
from kg.queries.bind import bind_terms
from kg.queries.paging import page, rows_of, values_of
from kg.queries.shape import Shape
from kg.queries.values import Term, ValueKind, make_term, shown


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that the caller fills.

    ``variable`` is its name in the text, without ``?``. ``type`` is ``literal``, ``iri``,
    ``number`` or the local name of an XSD datatype (``integer``, ``date``, ``gYearMonth``);
    ``lang`` and ``datatype`` (an IRI) say what literal the value becomes. ``default`` is
    taken where the caller gives none; ``example`` is a value that finds something.
    ``choices`` is empty where any value of the type will do; ``from_graph`` says that the
    values which find something are to be read from the graph, for a form to offer.
    """

    name: str
    variable: str
    type: str = "literal"
    lang: str | None = None
    datatype: str | None = None
    required: bool = True
    default: str | None = None
    example: str | None = None
    choices: tuple[str, ...] = ()
    from_graph: bool = False
    description: str = ""

    def term(self, value: str) -> Term:
        """Make the term that *value* stands for.

        Raises:
            ValueError: the value is not of this type; the message says what was expected.

        >>> str(Parameter("name", "_name_ko", lang="ko").term("모델"))
        '"모델"@ko'
        """
        if self.choices and value not in self.choices:
            raise ValueError(f"{shown(value)}; expected one of: {', '.join(self.choices)}")
        return make_term(value, ValueKind(self.type, self.lang, self.datatype))


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with a name, a title and parameters, in the order of their first use.

    ``form`` is SELECT, ASK, CONSTRUCT or DESCRIBE; ``pagination`` the rows of a page, or
    None for all rows; ``method`` that which its author had in mind, GET or POST; ``shape``
    what JSON its rows become, where the author drew one.
    """

    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str
    form: str
    pagination: int | None = None
    method: str = "GET"
    shape: Shape | None = None

    def bind(
        self, values: Mapping[str, str], limit: int | None = None, offset: int | None = None
    ) -> str:
        """Return the SPARQL text to run, each parameter replaced by its term.

        A value becomes one RDF term; the text around it cannot change. An empty value
        counts as none. A parameter that is not required and has no value stays an unbound
        variable: ``FILTER(!BOUND(?__month) || …)`` lets everything pass, and in a triple
        pattern it matches anything.

        Args:
            values: by parameter name.
            limit: rows at most, from 0; None leaves the query as it is.
            offset: rows to skip, from 0; both within the query's own LIMIT and OFFSET.

        Raises:
            BadParameter: a name is unknown, a value missing or of the wrong type.
        """
        text = bind_terms(self.text, self.terms(values))
        if (limit is None and not offset) or self.form == "ASK":
            return text
        return page(text, limit, offset or 0)

    def bind_next(self, values: Mapping[str, str], offset: int) -> str | None:
        """Return a SELECT that has a row where a graph's pages go on after *offset*.

        None where they cannot: a DESCRIBE that has no pattern.

        Raises:
            BadParameter: as ``bind`` does.
        """
        rows = rows_of(bind_terms(self.text, self.terms(values)))
        return None if rows is None else page(rows, 1, offset)

    def values_query(self, parameter: Parameter, limit: int) -> str | None:
        """Return a SELECT of the terms of the graph that a parameter can be, sorted.

        As grlc does, it leaves all parameters open. None where the query has no pattern.
        """
        return None if self.form == "ASK" else values_of(self.text, parameter.variable, limit)

    def terms(self, values: Mapping[str, str]) -> dict[str, Term]:
        """Check the values and return the term of each variable that has one.

        Raises:
            BadParameter: as ``bind`` does.
        """
        terms, faults = self._read(values)
        for fault in faults.values():
            raise BadParameter(self.name, fault)
        return terms

    def faults(self, values: Mapping[str, str]) -> dict[str, str]:
        """Tell what is wrong with each value, by name; empty where nothing is."""
        return self._read(values)[1]

    def _read(self, values: Mapping[str, str]) -> tuple[dict[str, Term], dict[str, str]]:
        names = [parameter.name for parameter in self.parameters]
        has = f"it has: {', '.join(names)}" if names else "it has none"
        faults = {
            name: f"no parameter {shown(name)}; {has}" for name in values if name not in names
        }
        terms: dict[str, Term] = {}
        for parameter in self.parameters:
            value = values.get(parameter.name) or parameter.default
            if value:
                try:
                    terms[parameter.variable] = parameter.term(value)
                except ValueError as error:
                    faults[parameter.name] = f"parameter {parameter.name!r}: {error}"
            elif parameter.required:
                example = f", such as {parameter.example!r}" if parameter.example else ""
                faults[parameter.name] = (
                    f"parameter {parameter.name!r} is missing; expected a value of type "
                    f"{parameter.type}{example}"
                )
        return terms, faults

    def example_values(self) -> dict[str, str]:
        """Return the example value of each parameter that has one, by name."""
        return {p.name: p.example for p in self.parameters if p.example}
