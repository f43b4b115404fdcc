"""Saved queries with examples that find something in the graph at hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import g

from kg.errors import KGError
from kg.queries import Parameter, SavedQuery
from kg.web.site.asked import told_soon
from kg.web.site.queries.named_things import named_by
from kg.web.site.queries.sample_job import MONTH, SampleJob, Wanted
from kg.web.state import server

log = logging.getLogger(__name__)

#: How long a page waits for them; until they are there the examples of the files will do.
_PATIENCE_S: Final = 0.06


def with_samples(query: SavedQuery) -> SavedQuery:
    """Return a saved query whose examples find something, where the graph has the like."""
    values = _samples().get(query.name)
    if not values:
        return query
    parameters = tuple(_with_sample(parameter, values) for parameter in query.parameters)
    return replace(query, parameters=parameters)


def _samples() -> Mapping[str, Mapping[str, str]]:
    """Return the values by query and parameter; looked up once a request."""
    if "samples" not in g:
        g.samples = _looked_up()
    found: Mapping[str, Mapping[str, str]] = g.samples
    return found


def _looked_up() -> Mapping[str, Mapping[str, str]]:
    job = SampleJob(
        server().settings.base_iri,
        tuple((name, _wanted(query)) for name, query in sorted(server().queries.items())),
    )
    try:
        return told_soon(job, _PATIENCE_S) or {}
    except KGError as error:  # the examples of the files will do
        log.warning("no samples: %s", error)
        return {}


def _wanted(query: SavedQuery) -> tuple[Wanted, ...]:
    found = []
    for parameter in query.parameters:
        named = named_by(parameter)
        types = named.types if named else (MONTH,) if parameter.type == "gYearMonth" else ()
        if types and parameter.example:
            found.append(Wanted(parameter.name, types, parameter.example))
    return tuple(found)


def _with_sample(parameter: Parameter, values: Mapping[str, str]) -> Parameter:
    value = values.get(parameter.name)
    try:
        if value is not None:
            parameter.term(value)
            return replace(parameter, example=value)
    except ValueError:  # of the right kind, but no value for this parameter
        pass
    return parameter
