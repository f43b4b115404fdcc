"""Runs wrk, which sends requests as fast as they are answered, and reads what it says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.processes import ROOT, Failed

_SCRIPT: Final = ROOT / "benchmarks" / "wrk" / "rotate.lua"
#: Requests that take longer are counted as broken.
_TIMEOUT_S: Final = 60
_LONGEST_S: Final = 60
#: More than one run can send.
_NUMBERS_A_RUN: Final = 10_000_000
_starts = count(1, _NUMBERS_A_RUN)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run: latencies in ms, ``bytes`` a request."""

    requests_s: float
    p50_ms: float
    p99_ms: float
    bytes: float


def send(
    address: str,
    path: str,
    accept: str,
    constants: Sequence[str],
    *,
    connections: int,
    seconds: int,
    folder: Path,
    method: str = "GET",
) -> Load:
    """Send requests for some seconds over connections that are kept open.

    Args:
        path: may hold the marks of ``rotate.lua``; numbers go on from run to run.
        constants: written as in a URL; not empty.
        folder: for files that wrk reads.

    Where no answer came in that time, once more for longer.

    Raises:
        Failed: an answer was an error, or none came.
    """
    request, lines = folder / "request.txt", folder / "constants.txt"
    request.write_text(f"{method}\n{accept}\n{path}\n", encoding="utf-8")
    lines.write_text("".join(f"{one}\n" for one in constants), encoding="utf-8")
    ran = subprocess.run(
        [
            *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT_S}s"),
            *("-s", str(_SCRIPT), address, "--"),
            *(str(request), str(lines), str(next(_starts))),
        ],
        capture_output=True,
        text=True,
        timeout=seconds + 2 * _TIMEOUT_S,
        check=False,
    )
    last = ran.stdout.strip().splitlines()[-1:] or [ran.stderr.strip()]
    if ran.returncode or not last[0].startswith("{"):
        raise Failed(f"wrk: exit code {ran.returncode}, {last[0]!r}; expected its counts")
    told = json.loads(last[0])
    if not told["requests"] and seconds < _LONGEST_S:
        return send(
            address,
            path,
            accept,
            constants,
            connections=connections,
            seconds=_LONGEST_S,
            folder=folder,
            method=method,
        )
    if told["refused"] or told["broken"] or not told["requests"]:
        raise Failed(
            f"{address}{path[:60]}: of {told['requests']} answers {told['refused']} were errors, "
            f"and {told['broken']} connections broke; expected neither"
        )
    return Load(
        told["requests"] / told["seconds"],
        told["p50_ms"],
        told["p99_ms"],
        told["bytes"] / told["requests"],
    )
