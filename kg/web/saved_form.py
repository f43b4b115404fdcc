"""The page of a saved query: a form with its parameters, the result, and how scripts get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Response, request

from kg.errors import KGError, StoreError
from kg.queries import Parameter, SavedQuery
from kg.queries.examples import example_text
from kg.queries.values import MAX_LENGTH, NUMBERS, WHOLE_NUMBERS
from kg.web.call import Call, dataset_of_saved, formats_for
from kg.web.enumerated import values_to_offer
from kg.web.openapi_saved import group_of, operation_id
from kg.web.site.frame import Alternate, address, show
from kg.web.site.queries.named_things import Named, named_by
from kg.web.site.queries.painted import painted
from kg.web.site.queries.results import PAGE_ROWS, is_kept, table_of
from kg.web.site.queries.samples import with_samples
from kg.web.site.queries.snippets import Snippets, snippets
from kg.web.site.queries.streamed import streamed
from kg.web.site.queries.words import in_own_words
from kg.web.state import local_path

_TEMPLATE: Final = "saved_query.html"
#: A longer address is not sure to arrive.
_LONGEST_ADDRESS: Final = 6000
#: The input of each type of values; those of text are not told.
_KINDS: Final = {"iri": "url", "date": "date", "gYearMonth": "month"}


@dataclass(frozen=True, slots=True)
class _Field:
    """A parameter as a field of the form; ``value`` is what it shows, ``fault`` what is wrong."""

    parameter: Parameter
    value: str
    offered: tuple[str, ...]
    fault: str | None

    @property
    def kind(self) -> str:
        """The type of its input; that of a number would empty a field with something else."""
        if self.fault is not None:
            return "text"
        if self.parameter.type in NUMBERS | WHOLE_NUMBERS:
            return "number"
        return _KINDS.get(self.parameter.type, "text")

    @property
    def step(self) -> str | None:
        """Which numbers the input takes."""
        if self.kind != "number":
            return None
        return "1" if self.parameter.type in WHOLE_NUMBERS else "any"

    @property
    def named(self) -> Named | None:
        """What it names, for suggestions as a reader types."""
        return None if self.offered else named_by(self.parameter)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A result on a page: its ``table``, whether a page follows, or why there is none."""

    table: Mapping[str, Any] | None
    more: bool = False
    problem: str | None = None


def show_form(call: Call) -> Response:
    """Show the form, and the result where the values allow one.

    Where the result has to be worked out first, the page is sent up to there meanwhile.
    """
    query = in_own_words(with_samples(call.query))
    faults = call.query.faults(call.values)
    named = {parameter.name for parameter in query.parameters}
    told = faults if call.form or set(faults) - named else {}
    values: dict[str, Any] = {
        "saved": query,
        "fields": [
            _field(call, parameter, told, fresh=bool(faults) and not call.form)
            for parameter in query.parameters
        ],
        "faults": [text for name, text in told.items() if name not in named],
        "asks": not faults,
        "result": _asked_once(call),
        "formats": formats_for(query),
        "call": call,
        "scripts": _snippets(call, query, faults),
        "editor": _editor(call, query, faults),
        "painted": painted(query.text),
        "max_length": MAX_LENGTH,
        "anchor": quote(f"{group_of(query)}/{operation_id(query)}"),
        "data": () if faults else _data(call),
    }
    if faults or _is_kept(call):
        response = show(_TEMPLATE, status=HTTPStatus.BAD_REQUEST if told else 200, **values)
    else:
        response = streamed(_TEMPLATE, **values)
    return response


def _field(call: Call, parameter: Parameter, faults: Mapping[str, str], *, fresh: bool) -> _Field:
    fault = faults.get(parameter.name)
    value = call.values.get(parameter.name) or parameter.default or ""
    if not value and fresh:
        value = parameter.example or ""
    short = fault and fault.removeprefix(f"parameter {parameter.name!r}").lstrip(": ")
    return _Field(parameter, value, values_to_offer(call.query, parameter), short)


def _asked_once(call: Call) -> Callable[[], _Shown]:
    """Return what runs the call, for the template to call where the result has its place."""

    def result() -> _Shown:
        try:
            return _result(call)
        except StoreError:  # it names folders of this machine
            return _Shown(None, problem="the store cannot be read; the server's log has the reason")
        except KGError as error:
            return _Shown(None, problem=str(error))

    return result


def _result(call: Call) -> _Shown:
    if call.size is None:
        return _Shown(_table(call.text(), PAGE_ROWS))
    if call.query.form != "SELECT":
        after = call.next_text()
        more = bool(after and _table(after, 1)["rows"])
        return _Shown(_table(call.text(), PAGE_ROWS), more)
    table = _table(call.text(more=1), call.size)
    rows = table["rows"]
    shown = table | {"rows": rows[:PAGE_ROWS], "more": len(rows) > PAGE_ROWS}
    return _Shown(shown, table["more"])


def _table(text: str, limit: int) -> dict[str, Any]:
    return table_of(text, limit, dataset_of_saved(text), keep=True)


def _is_kept(call: Call) -> bool:
    text, limit = call.text(), PAGE_ROWS
    if call.size is not None and call.query.form == "SELECT":
        text, limit = call.text(more=1), call.size
    return is_kept(text, limit, dataset_of_saved(text))


def _data(call: Call) -> list[Alternate]:
    """List the formats in which the result can be had."""
    return [
        Alternate(one.name, one.media_type, call.url(call.page or 1, one.name))
        for one in formats_for(call.query)
    ]


def _snippets(call: Call, query: SavedQuery, faults: Mapping[str, str]) -> Snippets | None:
    """Return how scripts get the result, or that of the examples; None where nothing would run."""
    if faults:
        call = replace(call, values=query.example_values(), page=1 if call.page else None)
        if call.query.faults(call.values):
            return None
    suffix = {"SELECT": "csv", "ASK": "json"}.get(query.form, formats_for(query)[0].name)
    url = request.host_url.rstrip("/") + call.url(call.page or 1, suffix)
    return snippets(url, query.method, suffix)


def _editor(call: Call, query: SavedQuery, faults: Mapping[str, str]) -> str:
    """Return the address of the editor with the query, its values bound."""
    text = example_text(query) if faults else call.query.bind(call.values)
    found = address(local_path("sparql"), query=text)
    if len(found) <= _LONGEST_ADDRESS:
        return found
    return address(local_path("sparql"), example=query.name)
