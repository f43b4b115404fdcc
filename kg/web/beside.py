"""Where the server keeps what it makes from a store: dumps, and lists of names."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def folder_beside(store: Path, name: str) -> Path:
    """Return the folder ``STORE-NAME`` beside a store; a temporary one where none can be made."""
    beside = store.with_name(f"{store.name}-{name}")
    try:
        beside.mkdir(exist_ok=True)
        usable = os.access(beside, os.W_OK)
    except OSError:
        usable = False
    return beside if usable else Path(tempfile.mkdtemp(prefix=f"paperkg-{name}-"))
