"""Pages of which the first part is sent while the rest is still being made.

A query may take seconds. What a reader needs to know meanwhile, the form and that it runs,
is there at once, without a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flask import Response, copy_current_request_context, current_app

#: The comment in a template after which the rest may take its time. Values are escaped, so
#: none can look like it.
MARK: Final = "<!-- the rest -->"


def streamed(template: str, **values: Any) -> Response:
    """Render a page up to its mark and send that, then render the rest."""
    context: dict[str, Any] = {}
    current_app.update_template_context(context)
    pieces = current_app.jinja_env.get_template(template).generate({**context, **values})
    first: list[str] = []
    for piece in pieces:
        first.append(piece)
        if MARK in piece:
            break

    @copy_current_request_context
    def rest() -> str:
        return "".join(pieces)

    def parts() -> Iterator[str]:
        yield "".join(first)
        yield rest()

    response = Response(parts(), content_type="text/html; charset=utf-8")
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-cache"
    return response
