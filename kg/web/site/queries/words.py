"""What saved queries say of themselves, in the reader's language.

Their files are in English; the catalogue of messages has it in others, where it was translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from kg.queries import SavedQuery
from kg.queries.header import read_header
from kg.web.site.languages import gettext


def in_own_words(query: SavedQuery) -> SavedQuery:
    """Return a saved query with its title and descriptions in the language of the request."""
    return replace(
        query,
        title=_translated(query.title),
        description=_translated(query.description),
        parameters=tuple(
            replace(parameter, description=_translated(parameter.description))
            for parameter in query.parameters
        ),
    )


def _translated(text: str) -> str:
    """Look a text up; the empty one would be the head of the catalogue."""
    return gettext(text) if text else text


def extract(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield the messages of the file of a query, for ``pybabel extract``."""
    header = read_header(file.read().decode())
    told = [(key, header.text(key)) for key in ("summary", "description")]
    told += [("parameters", text) for text in header.table("parameters").values()]
    for key, text in told:
        if text:
            yield header.lines.get(key, 1), "", text, []
