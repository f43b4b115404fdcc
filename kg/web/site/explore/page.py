"""The neighbourhood of a thing as a picture, a table and data."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from kg.web.protocol import CSV, HTML, PLAIN_JSON, Format, choose
from kg.web.site.asked import told
from kg.web.site.explore.asked import (
    MOST_LEFT_OUT,
    MOST_OPENED,
    MOST_THINGS,
    THING_PARAMETERS,
    asked,
    explore_address,
)
from kg.web.site.explore.job import FindJob, kind_of
from kg.web.site.explore.query import RELATIONS, pieces
from kg.web.site.explore.words import (
    NAMED,
    TYPES,
    group_title,
    joined_words,
    relation_words,
    script_words,
    type_words,
)
from kg.web.site.frame import Alternate, address, page_of, show
from kg.web.site.reading import Shown
from kg.web.site.tables import Table, csv_of, json_of
from kg.web.state import ask, link_to, local_path, server

blueprint = Blueprint("explore", __name__)

_FORMATS: Final = (HTML, PLAIN_JSON, CSV)
#: A query with a longer address is sent by a form.
_LONGEST_LINK: Final = 8_000


@blueprint.route("/explore", methods=["GET", "POST"])
@blueprint.route("/explore.<suffix>", methods=["GET", "POST"])
def explore(suffix: str | None = None) -> AnyResponse:
    """Answer with what stands around a thing; a script posts what it has drawn already."""
    format_ = choose(request.headers.get("Accept", ""), suffix, _FORMATS).format
    wanted = asked()
    if wanted.text:
        return _found(wanted.text)
    job = wanted.job
    shown: Shown = json.loads(ask(job).read()) if job.known else told(job)
    if not shown:
        raise NotFound(f"{job.iri}: nothing of that name in the graph")
    for node in shown["nodes"]:
        node["page"] = link_to(node["iri"])
    if format_ is PLAIN_JSON:
        return json_of({**shown, "relations": {name: str(iri) for name, iri in RELATIONS.items()}})
    if format_ is CSV:
        return csv_of(_table(shown))
    return _page(shown)


def _found(text: str) -> AnyResponse:
    """Lead from what a reader typed to the thing that has this name, or else to the search."""
    iri = told(FindJob(server().settings.base_iri, text))["iri"]
    if iri is None:
        return redirect(address(local_path("search"), q=text))
    return redirect(explore_address(iri))


def _page(shown: Shown) -> Response:
    nodes = {node["iri"]: node for node in shown["nodes"]}
    centre = nodes.get(shown["centre"])
    joined = joined_words(shown)
    kind = kind_of(shown["centre"], server().settings.base_iri) if centre else None
    query_address = address(local_path("sparql"), query=shown["query"])
    more = explore_address(shown["centre"], part=shown["part"] + 1) if shown["more"] else None
    return show(
        "explore.html",
        alternates=[_alternate(one) for one in _FORMATS[1:]],
        schema=_schema(centre),
        shown=shown,
        centre=centre,
        kind=kind,
        groups=[
            {
                "title": group_title(kind, group["name"]),
                "total": group["total"],
                "rows": [(nodes[iri], joined.get(iri, [])) for iri in group["shown"]],
            }
            for group in shown["groups"]
        ],
        more=more,
        here=explore_address(shown["centre"]) if centre else local_path("explore"),
        types=type_words(),
        relations=relation_words(),
        count_of=Counter(
            [node["type"] for node in shown["nodes"]]
            + [edge["relation"] for edge in shown["edges"]]
        ),
        query_address=query_address if len(query_address) <= _LONGEST_LINK else None,
        data=_for_script(shown),
    )


def _alternate(format_: Format) -> Alternate:
    given = {name: values for name, values in request.args.lists() if name in THING_PARAMETERS}
    path = local_path(f"explore.{format_.name}")
    return Alternate(format_.name, format_.media_type, address(path, **given))


def _schema(centre: Shown | None) -> Shown | None:
    if centre is None:
        return None
    address_of_page = page_of(centre["iri"])
    about = {"@type": "Thing", "name": centre["label"], "url": address_of_page}
    return {"@type": "WebPage", "name": centre["label"], "about": about}


def _for_script(shown: Shown) -> Shown:
    return {
        "shown": shown,
        "pieces": pieces(server().settings.base_iri),
        "words": script_words(),
        "types": TYPES,
        "relations": list(RELATIONS),
        "base": server().settings.base_iri,
        "explore": local_path("explore"),
        "sparql": local_path("sparql"),
        "most": {
            "things": MOST_THINGS,
            "opened": MOST_OPENED,
            "left_out": MOST_LEFT_OUT,
            "named": NAMED,
            "link": _LONGEST_LINK,
        },
    }


def _table(shown: Shown) -> Table:
    labels = {node["iri"]: node["label"] for node in shown["nodes"]}
    return Table(
        ("from", "from_label", "relation", "to", "to_label", "papers"),
        [
            (
                edge["from"],
                labels.get(edge["from"]),
                edge["relation"],
                edge["to"],
                labels.get(edge["to"]),
                edge.get("papers"),
            )
            for edge in shown["edges"]
        ],
    )
