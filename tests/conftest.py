"""Fixtures that several test files use."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real digests and annotations that stands beside the checkout."""
    if not (SHARED / "digests").is_dir():
        pytest.skip("needs the folder of real digests beside the checkout (../shared)")
    return SHARED
