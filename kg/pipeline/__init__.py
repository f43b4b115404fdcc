"""The way from digests to the store."""

from kg.pipeline.build import Progress, Removal, Report, build, check, remove
from kg.pipeline.corrections import (
    Corrected,
    apply_corrections,
    corrections_in_force,
    read_corrections,
    write_corrections,
)
from kg.pipeline.corrections_csv import CorrectionsFile, make_correction
from kg.pipeline.derived import Counts, counts_of, ontology_lines, queries_folder
from kg.pipeline.explain import (
    MentionWhy,
    PaperWhy,
    ResultWhy,
    TermWhy,
    explain_paper,
    explain_term,
)

__all__ = [
    "Corrected",
    "CorrectionsFile",
    "Counts",
    "MentionWhy",
    "PaperWhy",
    "Progress",
    "Removal",
    "Report",
    "ResultWhy",
    "TermWhy",
    "apply_corrections",
    "build",
    "check",
    "corrections_in_force",
    "counts_of",
    "explain_paper",
    "explain_term",
    "make_correction",
    "ontology_lines",
    "queries_folder",
    "read_corrections",
    "remove",
    "write_corrections",
]
