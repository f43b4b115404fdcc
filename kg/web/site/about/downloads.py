"""The whole graph as files, and everything else that can be taken away."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import NotFound

from kg.web.exporting import SUFFIXES, Dump
from kg.web.site.about.dataset import State, endings, schema_of
from kg.web.site.about.job import AboutJob
from kg.web.site.asked import told
from kg.web.site.frame import show
from kg.web.state import server

blueprint = Blueprint("downloads", __name__)

_HASH: Final = ".sha256"
#: Bytes that a triple takes in each file, as measured on digests; to tell how long files will be.
_BYTES: Final = {
    "ttl": 42.0,
    "ttl.gz": 4.6,
    "nt": 165.0,
    "nt.gz": 9.2,
    "nq": 208.0,
    "nq.gz": 9.6,
    "trig": 47.0,
    "trig.gz": 4.9,
    "jsonld": 106.0,
    "jsonld.gz": 5.9,
}
#: How long the page waits for the counts of a new snapshot.
_GLANCE_S: Final = 0.05
_NAMES: Final = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "nq": "N-Quads",
    "trig": "TriG",
    "jsonld": "JSON-LD",
}


@dataclass(frozen=True, slots=True)
class File:
    """A dump of a suffix: the file if it was made, else about how many bytes it will have."""

    ending: str
    name: str
    dump: Dump | None
    about: int


@blueprint.route("/downloads")
def downloads() -> Response:
    """List what can be downloaded; no file is made because somebody looks."""
    made = server().exporter.made()
    totals = server().counts.newest(_GLANCE_S)
    base = server().settings.base_iri
    triples = told(AboutJob(base))["triples"] if totals is None else totals.triples
    state = State.newest()
    return show(
        "downloads.html",
        schema=schema_of(state, made),
        state=state,
        triples=triples,
        files=[_file(ending, made.get(ending), triples) for ending in endings()],
        queries=len(server().queries),
    )


def _file(ending: str, dump: Dump | None, triples: int) -> File:
    suffix = ending.removesuffix(".gz")
    return File(ending, _NAMES[suffix], dump, round(triples * _BYTES[ending]))


@blueprint.route("/export/kg.<path:ending>")
def export(ending: str) -> Response:
    """Send a dump, or with ``.sha256`` behind it the line that ``sha256sum -c`` checks it by."""
    wanted = ending.removesuffix(_HASH)
    suffix = wanted.removesuffix(".gz")
    if suffix not in SUFFIXES:
        raise NotFound(
            f"kg.{ending}: no such dump; there are kg.{', kg.'.join(SUFFIXES)}, each also with "
            f".gz, and with {_HASH} behind it"
        )
    path = server().exporter.file(suffix, gzipped=wanted != suffix)
    snapshot, sha256 = path.name.split(".")[:2]
    if wanted != ending:
        line = Response(f"{sha256}  kg.{wanted}\n", content_type="text/plain; charset=utf-8")
        line.set_etag(f"{snapshot}.{ending}")
        return line
    response = send_file(
        path.absolute(),
        mimetype="application/gzip" if wanted != suffix else SUFFIXES[suffix],
        conditional=True,
        etag=f"{snapshot}.{ending}",
        download_name=f"kg.{ending}",
        as_attachment=True,
    )
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530: of the whole file
    return response
