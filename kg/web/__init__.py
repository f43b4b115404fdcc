"""The web server: SPARQL, saved queries, pages and dumps of one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings) -> Flask:
    """Make the WSGI application for a store, which may not exist yet.

    Query workers start with the first request, so the application may be made before a
    server forks. Flask is imported here: query workers import this package without it.

    Raises:
        KGError: the saved queries cannot be read.
    """
    from kg.web.application import make

    return make(settings)
