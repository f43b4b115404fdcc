"""A digest of one day, its entries and their sections."""

from __future__ import annotations

from flask import Response

from kg.web.site.tables import Table


def page(iri: str) -> Response | None:
    return None


def table(iri: str) -> Table | None:
    return None
