"""The WSGI entry point ``server:app``, and ``python server.py`` for a first look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from kg.errors import KGError
from kg.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


@cache
def _made() -> Flask:
    from kg.web import create_app

    return create_app(Settings.load())


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; the application is made for the first one, from the environment."""
    return _made()(environ, start_response)


if __name__ == "__main__":
    from kg.web.serve import serve

    try:
        serve(Settings.load())
    except KGError as error:
        sys.exit(str(error))
