"""An author: papers and co-authors."""

from __future__ import annotations

from flask import Response

from kg.web.site.tables import Table


def page(iri: str) -> Response | None:
    return None


def table(iri: str) -> Table | None:
    return None
