"""The page of a saved query: a form with its parameters, the result, and how scripts get it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, request

from kg.queries import Parameter
from kg.queries.values import MAX_LENGTH, NUMBERS, WHOLE_NUMBERS
from kg.web.call import Call, dataset_of_saved, formats_for
from kg.web.enumerated import values_to_offer
from kg.web.openapi_saved import group_of, operation_id
from kg.web.replies import page
from kg.web.sparql import PAGE_ROWS, table_of


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
        kinds = {"iri": "url", "date": "date", "gYearMonth": "month"}
        return kinds.get(self.parameter.type, "text")

    @property
    def step(self) -> str:
        """Which numbers the input takes."""
        return "1" if self.parameter.type in WHOLE_NUMBERS else "any"


def show_form(call: Call) -> Response:
    """Show the form, and the result where the values allow one."""
    faults = call.query.faults(call.values)
    named = {parameter.name for parameter in call.query.parameters}
    shows_faults = call.form or bool(set(faults) - named)
    table, more = (None, False) if faults else _table(call)
    told = faults if shows_faults else {}
    response = page(
        "saved_query.html",
        saved=call.query,
        fields=[
            _field(call, parameter, told, fresh=table is None and not call.form)
            for parameter in call.query.parameters
        ],
        faults=[text for name, text in told.items() if name not in named],
        table=table,
        more=more,
        formats=formats_for(call.query),
        call=call,
        command=_command(call, faults),
        max_length=MAX_LENGTH,
        anchor=quote(f"{group_of(call.query)}/{operation_id(call.query)}"),
    )
    if told:
        response.status_code = HTTPStatus.BAD_REQUEST
    return response


def _field(call: Call, parameter: Parameter, faults: Mapping[str, str], *, fresh: bool) -> _Field:
    fault = faults.get(parameter.name)
    value = call.values.get(parameter.name) or parameter.default or ""
    if not value and fresh:
        value = parameter.example or ""
    short = fault and fault.removeprefix(f"parameter {parameter.name!r}").lstrip(": ")
    return _Field(parameter, value, values_to_offer(call.query, parameter), short)


def _table(call: Call) -> tuple[dict[str, Any], bool]:
    """Run the call for a page; returns the table, and whether a page follows it."""
    if call.size is None:
        text = call.text()
        return table_of(text, PAGE_ROWS, dataset_of_saved(text)), False
    if call.query.form != "SELECT":
        text, after = call.text(), call.next_text()
        table = table_of(text, PAGE_ROWS, dataset_of_saved(text))
        return table, bool(after and table_of(after, 1, dataset_of_saved(after))["rows"])
    text = call.text(more=1)
    table = table_of(text, call.size, dataset_of_saved(text))
    more = table["more"]
    rows = table["rows"]
    return table | {"rows": rows[:PAGE_ROWS], "more": len(rows) > PAGE_ROWS}, more


def _command(call: Call, faults: Mapping[str, str]) -> dict[str, str] | None:
    """Return an address for scripts and a line for a terminal; None where nothing would run."""
    if faults:
        call = replace(call, values=call.query.example_values(), page=1 if call.page else None)
        if call.query.faults(call.values):
            return None
    suffix = formats_for(call.query)[0].name if call.query.form != "SELECT" else "csv"
    url = request.host_url.rstrip("/") + call.url(call.page or 1, suffix)
    if call.query.method == "GET":
        return {"url": url, "line": f"curl {shlex.quote(url)}"}
    address, _, fields = url.partition("?")
    return {"url": url, "line": f"curl -d {shlex.quote(fields)} {shlex.quote(address)}"}
