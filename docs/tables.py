"""Write the README's tables of saved queries and settings: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from kg import settings
from kg.queries import SavedQuery, load_queries

ROOT = Path(__file__).resolve().parent.parent


def queries_table() -> str:
    """List every saved query with its parameters and an example."""
    rows = ["| name | what it tells | parameters, with an example |", "| --- | --- | --- |"]
    rows.extend(
        f"| `{query.name}` | {query.title} | {_parameters(query)} |"
        for query in load_queries(ROOT / "queries").values()
    )
    return "\n".join(rows)


def _parameters(query: SavedQuery) -> str:
    parts = []
    for one in query.parameters:
        example = one.default or one.example
        part = f"`{one.name}={example}`" if example else f"`{one.name}`"
        parts.append(part if one.required else f"{part} (optional)")
    return ", ".join(parts)


def with_tables(text: str) -> str:
    """Return the README's text with its tables as they should be."""
    for name, table in (("queries", queries_table()), ("settings", settings.table())):
        start, end = f"<!-- {name}: made by `make docs` -->", f"<!-- end of {name} -->"
        before, rest = text.split(start)
        after = rest.split(end)[1]
        text = f"{before}{start}\n{table}\n{end}{after}"
    return text


def main() -> int:
    readme = ROOT / "README.md"
    readme.write_text(with_tables(readme.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
