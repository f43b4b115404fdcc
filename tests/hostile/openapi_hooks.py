"""For schemathesis: how bodies of SPARQL are sent."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/sparql-query", "application/sparql-update")
def as_text(_context: Any, value: Any) -> bytes:
    """Send what was generated as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
