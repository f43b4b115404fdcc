"""All kinds of hostile requests."""

from __future__ import annotations

from typing import Final

from tests.hostile import broken_http, floods, hard_queries, pages, reaching_out, site_pages
from tests.hostile.making import Kind

KINDS: Final[tuple[Kind, ...]] = (
    *hard_queries.KINDS,
    *reaching_out.KINDS,
    *pages.KINDS,
    *site_pages.KINDS,
    *broken_http.KINDS,
    *floods.KINDS,
)
