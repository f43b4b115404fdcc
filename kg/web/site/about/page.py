"""What this is, where it is from, how facts are found, and how good they are."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response

from kg.web.site.about.dataset import LICENCE, State, bibtex, citation, schema_of
from kg.web.site.about.job import AboutJob
from kg.web.site.asked import told
from kg.web.site.frame import show
from kg.web.site.languages import gettext
from kg.web.state import server

blueprint = Blueprint("about", __name__)

_QUALITY: Final = Path(__file__).with_name("quality.json")


@blueprint.route("/about")
def about() -> Response:
    """Tell what this is."""
    state = State.newest()
    return show(
        "about.html",
        schema=schema_of(state, server().exporter.made()),
        state=state,
        graph=told(AboutJob(server().settings.base_iri)),
        quality=quality(),
        things=_things(),
        citation=citation(state),
        bibtex=bibtex(state),
        licence=LICENCE,
    )


@cache
def quality() -> dict[str, Any]:
    """Return what was measured of extraction and linking; the numbers stand in one file."""
    found: dict[str, Any] = json.loads(_QUALITY.read_text(encoding="utf-8"))
    return found


def _things() -> dict[str, str]:
    """Return what the rows of the measured tables are called in the reader's language."""
    return {
        "models and methods": gettext("models and methods"),
        "benchmarks and datasets": gettext("benchmarks and datasets"),
        "metrics": gettext("metrics"),
        "tasks": gettext("tasks"),
        "all, right type": gettext("all, with the right type"),
        "all": gettext("all"),
        "results (value with its metric or benchmark)": gettext("results"),
    }
