"""Fixtures that several test files use."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import small_links

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.server_process import LiveServer

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
#: Modules that take longest, in turn: what begins last should be short, or one process
#: works on it while the others have nothing left.
LONGEST = (
    "test_site_pages",
    "test_hostile_requests",
    "test_killed_build",
    "test_hostile_text",
    "test_extract",
    "test_fuzz_http",
    "test_invariant",
    "test_site_explore_browser",
    "test_site_review_browser",
    "test_site_paper_browser",
    "test_site_query",
    "test_site_journeys",
    "test_site_search_browser",
    "test_serving_builds",
    "test_openapi",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that take longest first."""
    turn = {f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turn.get(item.path.name, len(turn)))


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; it leaves an event loop in the thread, which other modules' tests must not find."""
    from tests.browser import running_browser

    with running_browser() as started:
        yield started


@pytest.fixture(scope="session")
def examples_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the project's example digests, linked; made once for all processes of tests."""
    from tests.command_line import kg

    own = tmp_path_factory.getbasetemp()
    store = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "examples" / "kg"
    store.parent.mkdir(exist_ok=True)
    with (store.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = store.parent / "done"
        if not done.exists():
            for command in (["build", str(ROOT / "examples" / "digests")], ["link"]):
                assert kg(*command, "--store", str(store)).code == 0
            done.touch()
    return store


@pytest.fixture(scope="session")
def examples_server(examples_store: Path) -> Iterator[LiveServer]:
    """A server of the graph of the example digests; nothing writes to it."""
    from tests.server_process import live_server

    with live_server(examples_store, workers=1) as running:
        yield running
