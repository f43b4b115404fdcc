"""A term: what it is called, who introduced it, where it is measured and mentioned."""

from __future__ import annotations

from flask import Response

from kg.web.site.tables import Table


def page(iri: str) -> Response | None:
    return None


def table(iri: str) -> Table | None:
    return None
