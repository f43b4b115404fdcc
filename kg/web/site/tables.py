"""What a page shows as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from kg.web.protocol import CSV, PLAIN_JSON, Choice


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a value for each name in ``header``; None is an empty cell."""

    header: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]


def csv_of(table: Table) -> Response:
    """Answer with a table as CSV (RFC 4180) in UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return Response(out.getvalue(), content_type=Choice(CSV, CSV.media_type).content_type)


def json_of(shown: Any) -> Response:
    """Answer with JSON in UTF-8, with names as they are written."""
    body = json.dumps(shown, ensure_ascii=False)
    return Response(body, content_type=PLAIN_JSON.media_type)
