"""The values of parameters that grlc reads from the server: ``#+ enumerate:`` with a bare name."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.errors import BadRequest, QueryStopped, QueryTimeout
from kg.queries import Parameter, SavedQuery
from kg.store import snapshot_id
from kg.web.call import dataset_of_saved
from kg.web.reader import EMPTY
from kg.web.site.queries.results import table_of
from kg.web.state import server

log = logging.getLogger(__name__)

#: More values than this are no list to choose from.
_MOST: Final = 200


def values_to_offer(query: SavedQuery, parameter: Parameter) -> tuple[str, ...]:
    """Return the values of a parameter that a form offers, sorted.

    Those of the file are all there are. Those from the graph are looked up once a snapshot,
    and others are not refused: they only find nothing. There are none where the pattern
    does not tell them, where it takes too long to, or where they are too many.
    """
    if parameter.choices or not parameter.from_graph:
        return parameter.choices
    text = query.values_query(parameter, _MOST + 1)
    if text is None:
        return ()
    store = server().settings.store
    found = _look_up(store, snapshot_id(store) or EMPTY, text)
    return tuple(value for value in found if _fits(parameter, value))


def _fits(parameter: Parameter, value: str) -> bool:
    try:
        parameter.term(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def _look_up(store: Path, snapshot: str, text: str) -> tuple[str, ...]:
    """Ask for the values; *store* and *snapshot* tell for how long they are those."""
    try:
        table = table_of(text, _MOST + 1, dataset_of_saved(text))
    except (BadRequest, QueryStopped, QueryTimeout) as error:
        log.warning("no values to choose from: %s: %s", text, error)
        return ()
    cells = [row[0] for row in table["rows"] if row[0] is not None]
    values = dict.fromkeys(cell["value"] for cell in cells if cell["kind"] != "other")
    return tuple(values) if len(cells) <= _MOST else ()
