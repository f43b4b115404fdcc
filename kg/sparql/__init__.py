"""Read SPARQL by tokens, without a parser: what a text is, and whether it may run."""

from __future__ import annotations

from kg.sparql.dataset import has_dataset
from kg.sparql.guard import Checked, Limits, check
from kg.sparql.kinds import TokenKind
from kg.sparql.nesting import Frame, Nesting
from kg.sparql.operations import Update, read_update
from kg.sparql.source import Source, decode
from kg.sparql.tokens import Token, tokenize
from kg.sparql.updates import Statement, Targets, refuse_derived, statements, targets

__all__ = [
    "Checked",
    "Frame",
    "Limits",
    "Nesting",
    "Source",
    "Statement",
    "Targets",
    "Token",
    "TokenKind",
    "Update",
    "check",
    "decode",
    "has_dataset",
    "read_update",
    "refuse_derived",
    "statements",
    "targets",
    "tokenize",
]
