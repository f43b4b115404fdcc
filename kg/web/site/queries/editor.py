"""The page of the query editor: what it starts with, and what its scripts need to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, request

from kg.vocab import KG
from kg.web.protocol import RESOURCES, RESULTS, Format
from kg.web.site.assets import asset
from kg.web.site.frame import address, show
from kg.web.site.languages import language
from kg.web.site.queries.completion import completions
from kg.web.site.queries.groups import grouped
from kg.web.site.queries.words import in_own_words
from kg.web.state import KINDS, SINGLE, local_path, server

#: Scripts of the page, each loaded when it is needed.
_SCRIPTS: Final = {
    name: f"yasgui-{name}.js"
    for name in ("run", "terms", "complete", "result", "table", "chart", "graph")
} | {"ordering": "ordering.js"}
_LIBRARIES: Final = {
    "chart": "vendor/chart/chart.umd.min.js",
    "cytoscape": "vendor/cytoscape/cytoscape.min.js",
}


def editor_page(query: str, graphs: Sequence[tuple[str, str]], *, runs: bool) -> Response:
    """Show the editor.

    Args:
        query: what it starts with.
        graphs: the graphs that the query is asked of, as fields of a request.
        runs: whether a link brought the query, to be run at once.
    """
    return show(
        "query.html",
        query=query,
        formats=RESULTS,
        graphs=graphs,
        groups=grouped(map(in_own_words, server().queries.values())),
        editor=_settings(query, graphs, runs=runs),
        without_script=_without_script(query, graphs) if runs else None,
    )


def _without_script(query: str, graphs: Sequence[tuple[str, str]]) -> str:
    """Return where a browser without scripts finds the result."""
    named: dict[str, list[str]] = {}
    for name, graph in graphs:
        named.setdefault(name, []).append(graph)
    return address(local_path("sparql"), query=query, **named, format="html")


def _settings(query: str, graphs: Sequence[tuple[str, str]], *, runs: bool) -> dict[str, Any]:
    settings = server().settings
    return {
        "endpoint": local_path("sparql"),
        "queries": local_path("queries"),
        "suggest": local_path("search/suggest"),
        "root": request.script_root,
        "base": settings.base_iri,
        "ontology": str(KG._NS),
        "kinds": KINDS,
        "single": SINGLE,
        "language": language(),
        "query": query,
        "runs": runs,
        "graphs": graphs,
        "formats": {"rows": _names(RESULTS), "graph": _names(RESOURCES)},
        "scripts": {name: asset(file) for name, file in _SCRIPTS.items()},
        "libraries": {name: asset(file) for name, file in _LIBRARIES.items()},
        **completions(language()),
    }


def _names(formats: Sequence[Format]) -> list[list[str]]:
    return [[one.name, one.media_type] for one in formats]
