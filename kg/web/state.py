"""What the routes of one application share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, current_app, request

from kg.queries import SavedQuery
from kg.settings import Settings
from kg.vocab import KG
from kg.web.blocking import Answer, BlockingPool
from kg.web.counts import Counts
from kg.web.exporting import Exporter
from kg.web.jobs import Cell, Job
from kg.web.messages import seconds_of
from kg.web.names.files import NameFiles
from kg.web.site.kept import KeptAnswers

#: First parts of the paths at which IRIs under the base are described, and whole ones.
KINDS = (
    "paper",
    "author",
    "term",
    "digest",
    "link",
    "graph",
    "build",
    "agent",
    "correction",
    ".well-known",
)
SINGLE = ("terms", "dataset")
_KEY = "paperkg"
#: What may stand in a path as it is; IRIs hold percent signs, which are quoted again.
_PATH_SAFE = "/~+*:@!$&'(),;="


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of a running application."""

    settings: Settings
    queries: Mapping[str, SavedQuery]
    pool: BlockingPool
    counts: Counts
    exporter: Exporter
    kept: KeptAnswers
    names: NameFiles

    def keep(self, app: Flask) -> None:
        """Make these the parts of *app*."""
        app.extensions[_KEY] = self


def parts_of(app: Flask) -> Server:
    """Return the parts of an application."""
    found = app.extensions[_KEY]
    if not isinstance(found, Server):
        raise TypeError(f"extension {_KEY!r} is a {type(found).__name__}; expected a Server")
    return found


def server() -> Server:
    """Return the parts of the application that answers the current request."""
    return parts_of(current_app)


def ask(job: Job) -> Answer:
    """Run a job for the client of the current request."""
    timeout_s = seconds_of(request.headers.get("X-Query-Timeout", ""))
    return server().pool.run(job, request.remote_addr or "", timeout_s)


def local_path(path: str) -> str:
    """Return the URL path of *path*, below the prefix at which the application is mounted."""
    return f"{request.script_root}/{quote(path, safe=_PATH_SAFE)}"


def link_to(iri: str) -> str:
    """Return the address at which a page of this server, or else the web, shows an IRI."""
    base = server().settings.base_iri
    ontology = str(KG._NS)
    if iri.startswith(ontology):
        return f"{request.script_root}/ontology#{quote(iri.removeprefix(ontology))}"
    path = iri.removeprefix(base)
    if iri.startswith(base) and "#" not in path and "?" not in path:
        kind, slash, rest = path.partition("/")
        if path in SINGLE or (kind in KINDS and slash and rest):
            return local_path(path)
    if iri.startswith(("http://", "https://")) and not iri.startswith(base):
        return iri
    return f"{request.script_root}/resource?iri={quote(iri, safe='')}"


def text_of(shown: Cell) -> str:
    """Return what to call an IRI on a page: its label, else as short as it can be told."""
    if "label" in shown:
        return shown["label"]
    if shown["short"] != shown["value"]:
        return shown["short"]
    return shown["value"].removeprefix(server().settings.base_iri) or shown["value"]
