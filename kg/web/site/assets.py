"""Addresses of style sheets and scripts that change with their content, so that they keep."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, url_for

FOLDER: Final = Path(__file__).parent.parent / "static"
_YEAR_S: Final = 365 * 24 * 3600


def register(app: Flask) -> None:
    """Let templates of *app* use :func:`asset`, and let browsers keep what it names."""
    app.jinja_env.globals.update(asset=asset)
    app.after_request(_keep)


def asset(name: str) -> str:
    """Return the address of a file under ``static``, with a hash of what it holds."""
    return url_for("static", filename=name, v=_hash(name))


@cache
def _hash(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def _keep(response: Response) -> Response:
    """Let a browser keep a file for good if the address has the hash of what is there."""
    if request.endpoint == "static" and response.status_code in (200, 304):
        name = (request.view_args or {}).get("filename", "")
        if request.args.get("v") == _hash(name):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    return response
