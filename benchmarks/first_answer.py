"""Measures the seconds from ``git clone`` to the first answer.

usage: python -m benchmarks.first_answer

Clones the checkout (what is committed of it) and types ``make demo`` there, as a newcomer
does. Each step ends where make tells its next command; the last one when /health answers.
How long the set-up takes depends on pip's cache and on the network. PYTHON in the
environment chooses the interpreter, as for make.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processes import (
    ROOT,
    Failed,
    environment,
    fail_if_not_linux,
    free_port,
    run,
    session,
    wait_for,
)

#: The starts of the commands that make tells, and what has been done by then.
_STEPS = (
    ("kg build", "set-up"),
    ("kg link", "build"),
    ("kg query", "links"),
    ("kg serve", "first table"),
)
_SERVER_S = 60.0


def main() -> None:
    fail_if_not_linux()
    try:
        with tempfile.TemporaryDirectory(prefix="kg-first-answer-") as name:
            _measure(Path(name))
    except Failed as error:
        sys.exit(f"first_answer: {error}")


def _measure(folder: Path) -> None:
    start = time.perf_counter()
    clone = folder / "clone"
    run(["git", "clone", "--quiet", ROOT, clone], cwd=folder)
    last = _tell("git clone", start, start)
    port = free_port()
    variables = environment()
    for name in ("DIGESTS", "DEMO_STORE"):
        variables.pop(name, None)
    with session(
        ["make", "demo", f"PORT={port}"],
        cwd=clone,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for command, step in _STEPS:
            _read_until(process, f"/{command} ")
            last = _tell(step, last, start)
        wait_for(f"http://127.0.0.1:{port}/health", process, within_s=_SERVER_S)
        _tell("/health answers", last, start)


def _read_until(process: subprocess.Popen[str], part: str) -> None:
    """Read what make says up to the line that tells a command."""
    said = []
    for line in process.stdout or ():
        if part in line:
            return
        said.append(line.strip())
    raise Failed(f"make demo: ended with {' | '.join(said[-6:])!r}; expected {part.strip()!r}")


def _tell(step: str, last: float, start: float) -> float:
    now = time.perf_counter()
    print(f"{step:<20} {now - last:8.1f} s {now - start:8.1f} s in all", flush=True)
    return now


if __name__ == "__main__":
    main()
