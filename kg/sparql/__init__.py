"""Read SPARQL by tokens, without a parser: what a text is, and whether it may run."""

from __future__ import annotations

from kg.sparql.guard import Checked, Limits, check
from kg.sparql.kinds import TokenKind
from kg.sparql.nesting import Frame, Nesting
from kg.sparql.source import Source, decode
from kg.sparql.tokens import Token, tokenize

__all__ = [
    "Checked",
    "Frame",
    "Limits",
    "Nesting",
    "Source",
    "Token",
    "TokenKind",
    "check",
    "decode",
    "tokenize",
]
