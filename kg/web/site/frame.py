"""What every page has around its content: names, addresses, and data for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, request

from kg.web.protocol import Format
from kg.web.replies import page
from kg.web.site.languages import gettext, language
from kg.web.site.reading import Shown
from kg.web.state import link_to, server


@dataclass(frozen=True, slots=True)
class Alternate:
    """The content of a page in another format: what to call it, its media type and address."""

    name: str
    media_type: str
    address: str


def register(app: Flask) -> None:
    """Let templates of *app* name things and make addresses."""
    app.jinja_env.globals.update(
        name_of=name_of,
        other_name=other_name,
        type_name=type_name,
        address=address,
        language_address=language_address,
        may_review=may_review,
    )


def show(
    template: str,
    *,
    alternates: Sequence[Alternate] = (),
    schema: Shown | None = None,
    status: int = 200,
    **values: Any,
) -> Response:
    """Render a page; 304 where the reader has it as it is.

    Args:
        alternates: other formats, linked in the head and at the foot of the page.
        schema: the page's thing as JSON-LD in the terms of schema.org, without its context.
        values: what the template shows.
    """
    if schema is not None:
        schema = {"@context": "https://schema.org", **schema}
    response = page(template, alternates=alternates, schema=schema, **values)
    response.status_code = status
    if status == 200:
        response.add_etag(weak=True)
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
    return response


def formats_at(path: str, formats: Sequence[Format]) -> list[Alternate]:
    """List formats that an address has by suffix; *path* is one as ``local_path`` makes it."""
    return [Alternate(one.name, one.media_type, f"{path}.{one.name}") for one in formats]


def name_of(shown: Shown) -> str:
    """Return what to call a term in the language of the request."""
    return str(shown.get(language()) or shown["label"])


def other_name(shown: Shown) -> str | None:
    """Return what a term is called in the other language, if that is another name."""
    names = (shown.get("en"), shown.get("ko"))
    return next((name for name in names if name and name != name_of(shown)), None)


def type_name(type_: str | None) -> str:
    """Return what to call a type of terms, given by its local name, in the reader's language."""
    names = {
        "Model": gettext("Model"),
        "Method": gettext("Method"),
        "Benchmark": gettext("Benchmark"),
        "Dataset": gettext("Dataset"),
        "Metric": gettext("Metric"),
        "Task": gettext("Task"),
    }
    return names.get(type_ or "", type_ or gettext("Term"))


def language_address(name: str) -> str:
    """Return the address of the current page in another language."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{request.script_root}{quote(request.path)}?{urlencode([*kept, ('lang', name)])}"


def may_review() -> bool:
    """Tell whether people may log in here to review what was found."""
    return bool(server().settings.write_token)


def address(path: str, **parameters: Any) -> str:
    """Return an address with parameters, of which those that are None or empty are left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", [])}
    query = urlencode(given, doseq=True)
    return f"{path}?{query}" if query else path


def page_of(iri: str) -> str:
    """Return the whole address of the page about a thing, with this server's name."""
    found = link_to(iri)
    return found if "://" in found else request.host_url.rstrip("/") + found
