"""Markdown of digests -> :class:`kg.model.Digest` and the problems found.

``files`` finds and reads files, ``characters`` turns bytes into clean text, ``markdown``
sets up the parser, ``headings`` finds where entries begin, ``body`` reads what stands
between two of them, ``links``, ``authors`` and ``inline`` read one kind of content each,
and ``parse`` puts it together.
"""

from __future__ import annotations

from kg.digest.files import find_digests, read_digest
from kg.digest.parse import STDIN, Parsed, parse_digest

__all__ = ["STDIN", "Parsed", "find_digests", "parse_digest", "read_digest"]
