"""The way from digests to the store."""

from kg.pipeline.build import (
    Counts,
    Progress,
    Removal,
    Report,
    build,
    check,
    counts_of,
    ontology_lines,
    queries_folder,
    remove,
)

__all__ = [
    "Counts",
    "Progress",
    "Removal",
    "Report",
    "build",
    "check",
    "counts_of",
    "ontology_lines",
    "queries_folder",
    "remove",
]
