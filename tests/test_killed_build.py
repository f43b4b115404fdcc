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

from kg import pipeline
from kg.settings import Settings
from kg.store import export, open_snapshot, snapshot_id
from kg.vocab import PREFIXES
from tests.small_digests import write_many
from tests.test_pool import alive

#: Loads what extraction needs, but opens no store, which no fork survives. For each line that it
#: reads, a process of its own builds one version after the other until it is killed.
BUILDER = """
import os
import sys
from pathlib import Path
from kg import pipeline
from kg.settings import Settings
from tests.small_digests import write_many

if __name__ == "__main__":
    folder, store = Path(sys.argv[1]), Path(sys.argv[2])
    pipeline.check([str(folder / "warm.md")], Settings(store=store, jobs=1))
    for line in sys.stdin:
        jobs, first = map(int, line.split())
        child = os.fork()
        if child:
            print(child, flush=True)
            os.waitpid(child, 0)
            continue
        os.setsid()
        for turn in range(first, 1000):
            paths = [str(path) for path in write_many(folder, turn % 2, 4)]
            pipeline.build(paths, Settings(store=store, jobs=jobs))
            print("done", flush=True)
"""


def dump(store: Path) -> bytes:
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, "nq", prefixes=PREFIXES)
    return out.getvalue()


def build(store: Path, folder: Path, version: int) -> bytes:
    paths = [str(path) for path in write_many(folder, version, 4)]
    assert not pipeline.build(paths, Settings(store=store, jobs=1)).problems
    return dump(store)


def start_builder(folder: Path, store: Path) -> subprocess.Popen[str]:
    script = folder / "builder.py"
    script.write_text(BUILDER)
    (folder / "warm.md").write_text(
        "## Daily Papers (2020-01-01)\n\n### [Warm](https://arxiv.org/abs/2001.00001)\n\n- LoRA\n"
    )
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def begin(builder: subprocess.Popen[str], jobs: int, first: int) -> int:
    """Have builds begin; return the process that makes them, in a session of its own."""
    assert builder.stdin
    assert builder.stdout
    builder.stdin.write(f"{jobs} {first}\n")
    builder.stdin.flush()
    while (line := builder.stdout.readline()) == "done\n":  # of the one before
        pass
    return int(line)


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
    builder = start_builder(folder, store)
    assert builder.stdout
    for turn in range(times):
        jobs = 2 if turn % 6 == 5 else 1  # with two, extraction runs in worker processes
        pid = begin(builder, jobs, first=turn + 1)
        if turn == 0:  # how long a build takes here and now: the moments fall into two of them
            start = time.monotonic()
            assert builder.stdout.readline() == "done\n"
            build_s = time.monotonic() - start
        # With workers the moment falls anywhere from their start to the end of a build.
        time.sleep(moments.uniform(0, 2 * build_s if jobs == 1 else 6))
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while left := processes_of(pid):
            assert time.monotonic() < deadline, f"kill {turn}: processes left over: {left}"
            time.sleep(0.02)
        assert dump(store) in states, f"kill {turn}: half a build is visible"
        snapshots.add(snapshot_id(store))
    builder.communicate()
    assert len(snapshots) > 1, "no kill came after a write"
    assert build(store, folder, 1) == states[1]
    assert len(list(store.glob("g-*"))) == 1


def test_twenty_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 20, seed=1)


@pytest.mark.soak
def test_five_hundred_kills(tmp_path: Path) -> None:
    kill_many_times(tmp_path, 500, seed=2)
