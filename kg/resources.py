"""Find the ontology, the saved queries and the example digests: in the wheel or the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shared_folder(name: str) -> Path:
    """Return the folder *name* (``ontology``, ``queries``, ``examples/digests``).

    A wheel carries these folders inside the package; a checkout has them at its top.
    """
    packaged = _PACKAGE / "_shared" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
