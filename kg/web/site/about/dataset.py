"""The data set as machines and citations name it: which state of it, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from flask import request

from kg import __version__
from kg.store import layout, snapshot_id
from kg.web.exporting import SUFFIXES, Dump
from kg.web.site.languages import gettext
from kg.web.site.reading import Shown
from kg.web.state import local_path, server

#: Licence of the program and of the ontology; the texts of digests have their own.
LICENCE: Final = "https://www.apache.org/licenses/LICENSE-2.0"
_AUTHORS: Final = "The paperkg authors"
_TITLE: Final = "paperkg: a knowledge graph of research papers"


@dataclass(frozen=True, slots=True)
class State:
    """A state of the graph: its id and when it was written, None where there is no store."""

    id: str | None
    written: datetime | None

    @classmethod
    def newest(cls) -> State:
        """Return the newest state."""
        store = server().settings.store
        id_ = snapshot_id(store)
        try:
            changed = (store / layout.POINTER).stat().st_mtime
        except OSError:  # nothing was written yet
            return cls(id_, None)
        return cls(id_, datetime.fromtimestamp(changed, UTC))

    @property
    def day(self) -> str:
        """The day on which it was written, empty where there is none."""
        return "" if self.written is None else self.written.date().isoformat()


def citation(state: State) -> str:
    """Return a line that cites the graph in a state."""
    told = [f"{_AUTHORS}.", f"{_TITLE}.", f"Version {__version__}."]
    if state.id is not None:
        told.append(f"Snapshot {state.id[:12]} of {state.day}.")
    return " ".join([*told, server().settings.base_iri])


def bibtex(state: State) -> str:
    """Return an entry for BibTeX that cites the graph in a state."""
    key = "paperkg" if state.id is None else f"paperkg-{state.id[:12]}"
    fields = {
        "title": f"{{{_TITLE}}}",
        "author": f"{{{_AUTHORS}}}",
        "year": state.day[:4],
        "version": __version__,
        "note": "" if state.id is None else f"Snapshot {state.id} of {state.day}",
        "howpublished": f"\\url{{{server().settings.base_iri}}}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def schema_of(state: State, made: Mapping[str, Dump]) -> Shown:
    """Describe the data set in terms of schema.org, with its files; of those that are made with
    size and hash."""
    root, exports = request.host_url.rstrip("/"), local_path("export/kg.")
    return {
        "@type": "Dataset",
        "@id": f"{server().settings.base_iri}dataset",
        "name": _TITLE,
        "description": gettext(
            "A knowledge graph of research papers: models, methods, benchmarks and results, with "
            "the sentence behind every fact."
        ),
        "url": root + local_path("about"),
        "version": state.id or __version__,
        **({"dateModified": state.written.isoformat()} if state.written else {}),
        "creator": {"@type": "Organization", "name": _AUTHORS},
        "license": root + local_path("about") + "#licence",
        "isAccessibleForFree": True,
        "inLanguage": ["ko", "en"],
        "distribution": [_file(ending, f"{root}{exports}{ending}", made) for ending in endings()],
    }


def endings() -> list[str]:
    """Return the suffixes of all dumps, each also compressed."""
    return [ending for suffix in SUFFIXES for ending in (suffix, f"{suffix}.gz")]


def _file(ending: str, address: str, made: Mapping[str, Dump]) -> Shown:
    suffix, _, packed = ending.partition(".")
    told = {
        "@type": "DataDownload",
        "name": f"kg.{ending}",
        "encodingFormat": [SUFFIXES[suffix], *(["application/gzip"] if packed else [])],
        "contentUrl": address,
    }
    if (dump := made.get(ending)) is not None:
        told |= {"contentSize": f"{dump.size} B", "sha256": dump.sha256}
    return told
