"""Worker processes: order, errors, and that none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from kg.errors import KGError
from kg.pipeline.pool import ordered_map


def square(number: int) -> int:
    time.sleep(0.02 if number % 3 == 0 else 0)
    return number * number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    assert list(ordered_map(square, range(30), jobs=jobs)) == [n * n for n in range(30)]


def test_a_worker_that_dies_is_an_error_and_no_hang() -> None:
    with pytest.raises(KGError, match="worker process died"):
        list(ordered_map(die, range(3), jobs=2))


PARENT = """
import time
from kg.pipeline.pool import ordered_map
from tests.test_pool import slow
if __name__ == "__main__":
    for pid in ordered_map(slow, range(100), jobs=2):
        print(pid, flush=True)
"""


def slow(_: int) -> int:
    time.sleep(0.2)
    return os.getpid()


def test_workers_end_when_their_parent_is_killed(tmp_path_factory: pytest.TempPathFactory) -> None:
    script = tmp_path_factory.mktemp("pool") / "parent.py"
    script.write_text(PARENT)
    root = os.path.dirname(os.path.dirname(__file__))
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert parent.stdout
    workers = {int(parent.stdout.readline()) for _ in range(6)}
    assert len(workers) == 2
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end while it is read
        return False
