"""Saved queries: ``.rq`` files with a title and typed parameters, bound as terms."""

from __future__ import annotations

from kg.queries.examples import example_quads
from kg.queries.load import load_queries, read_query
from kg.queries.model import Parameter, SavedQuery
from kg.queries.watch import WatchedQueries

__all__ = [
    "Parameter",
    "SavedQuery",
    "WatchedQueries",
    "example_quads",
    "load_queries",
    "read_query",
]
