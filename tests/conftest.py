"""Fixtures that several test files use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import small_links

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real digests and annotations that stands beside the checkout."""
    if not (SHARED / "digests").is_dir():
        pytest.skip("needs the folder of real digests beside the checkout (../shared)")
    return SHARED


@pytest.fixture(scope="session")
def linked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small corpus in a store, linked."""
    folder = small_links.make(tmp_path_factory.mktemp("linked"))
    with pytest.MonkeyPatch.context() as patch:
        small_links.use_weights(patch)
        assert small_links.run(folder).code == 0
    return folder


@pytest.fixture
def linked(linked_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, to change."""
    small_links.use_weights(monkeypatch)
    return Path(shutil.copytree(linked_once, tmp_path / "made"))
