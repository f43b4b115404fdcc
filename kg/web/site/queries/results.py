"""Results of queries for pages."""

from __future__ import annotations

import json
from typing import Any, Final

from kg.sparql import tokenize
from kg.store import snapshot_id
from kg.web.jobs import Dataset, TableJob
from kg.web.reader import EMPTY
from kg.web.site.asked import told
from kg.web.site.queries.result_job import ResultJob
from kg.web.state import ask, server

#: A page shows so many rows; the other formats give all.
PAGE_ROWS: Final = 1000
#: Functions whose value is another one at each call.
_CHANGING: Final = frozenset(("BNODE", "NOW", "RAND", "STRUUID", "UUID"))


def table_of(text: str, limit: int, dataset: Dataset, *, keep: bool = False) -> dict[str, Any]:
    """Run a query and return its first rows for a page; see :class:`ResultJob`.

    Args:
        keep: whether the answer is kept for those who ask again, as it is for saved queries.
    """
    job = _job(text, limit, dataset)
    if keep and not _changes(text):
        return told(job)
    table: dict[str, Any] = json.loads(ask(job).read())
    return table


def is_kept(text: str, limit: int, dataset: Dataset) -> bool:
    """Tell whether the answer is at hand."""
    newest = snapshot_id(server().settings.store) or EMPTY
    return server().kept.get(_job(text, limit, dataset), newest) is not None


def _changes(text: str) -> bool:
    return any(token.word in _CHANGING for token in tokenize(text))


def _job(text: str, limit: int, dataset: Dataset) -> ResultJob:
    return ResultJob(server().settings.base_iri, TableJob(text, limit, dataset))
