"""A build killed at any moment leaves a store that opens, and the next build mends it."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.store import export, open_snapshot, snapshot_id
from kg.vocab import PREFIXES
from tests.small_digests import write_many
from tests.test_pool import alive

#: Warms up, says so, and then builds one version after the other until it is killed.
BUILDER = """
import os
import sys
from pathlib import Path
from kg import pipeline
from kg.settings import Settings
from tests.small_digests import write_many

if __name__ == "__main__":
    folder, store = Path(sys.argv[1]), Path(sys.argv[2])
    jobs, first = int(sys.argv[3]), int(sys.argv[4])
    warm = folder / f"warm-{os.getpid()}"  # a new store: else nothing would be extracted
    pipeline.build([str(folder / "warm.md")], Settings(store=warm, jobs=1))
    print("ready", flush=True)
    for turn in range(first, 1000):
        paths = [str(path) for path in write_many(folder, turn % 2, 8)]
        pipeline.build(paths, Settings(store=store, jobs=jobs))
        print("done", flush=True)
"""


def dump(store: Path) -> bytes:
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, "nq", prefixes=PREFIXES)
    return out.getvalue()


def build(store: Path, folder: Path, version: int) -> bytes:
    paths = [str(path) for path in write_many(folder, version, 8)]
    done = subprocess.run(
        [sys.executable, "-m", "kg.cli", "build", *paths, "--store", str(store)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dump(store)


def start_builder(folder: Path, store: Path, jobs: int, first: int) -> subprocess.Popen[str]:
    script = folder / "builder.py"
    script.write_text(BUILDER)
    (folder / "warm.md").write_text(
        "## Daily Papers (2020-01-01)\n\n### [Warm](https://arxiv.org/abs/2001.00001)\n\n- LoRA\n"
    )
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(store), str(jobs), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
    )


def processes_of(session: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and alive(int(name)):
            try:
                if os.getsid(int(name)) == session:
                    found.append(int(name))
            except ProcessLookupError:
                continue
    return found


def kill_many_times(tmp_path: Path, times: int, seed: int) -> None:
    moments = random.Random(seed)
    folder, store = tmp_path / "digests", tmp_path / "kg"
    folder.mkdir()
    states = [build(tmp_path / f"right-{version}", folder, version) for version in (0, 1)]
    build(store, folder, 0)
    snapshots = set()
    build_s = 0.0
    for turn in range(times):
        jobs = 2 if turn % 4 == 3 else 1  # with two, extraction runs in worker processes
        builder = start_builder(folder, store, jobs, first=turn + 1)
        assert builder.stdout
        assert builder.stdout.readline() == "ready\n"
        if turn == 0:  # how long a build takes here and now: the moments fall into two of them
            start = time.monotonic()
            assert builder.stdout.readline() == "done\n"
            build_s = time.monotonic() - start
        # With workers the moment falls anywhere from their start to the end of a build.
        time.sleep(moments.uniform(0, 2 * build_s if jobs == 1 else 6))
        builder.send_signal(signal.SIGKILL)
        builder.communicate()
        assert dump(store) in states, f"kill {turn}: half a build is visible"
        snapshots.add(snapshot_id(store))
        deadline = time.monotonic() + 10
        while left := processes_of(builder.pid):
            assert time.monotonic() < deadline, f"kill {turn}: processes left over: {left}"
            time.sleep(0.02)
    assert len(snapshots) > 1, "no kill came after a write"
    assert build(store, folder, 1) == states[1]
    assert len(list(store.glob("g-*"))) == 1


def test_twenty_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 20, seed=1)


@pytest.mark.soak
def test_five_hundred_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 500, seed=2)
