"""The memory of a server's processes, and a line through what was measured of it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean
from typing import Final

_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A fitted line: its slope, and one standard error of that."""

    slope: float
    error: float


def proportional_mb(session: int) -> float:
    """Return the memory of all processes of a session in MB; a shared page counts once."""
    total_kb = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
            if int(stat.rpartition(")")[2].split()[3]) == session:
                rollup = Path(entry.path, "smaps_rollup").read_text(encoding="ascii")
                found = _PSS.search(rollup)
                total_kb += int(found[1]) if found else 0
        except OSError:  # ended meanwhile
            continue
    return total_kb / 1000


def fit(points: Sequence[tuple[float, float]]) -> Line | None:
    """Fit a line by least squares; None for fewer than three points.

    >>> fit([(0, 1.0), (1, 3.0), (2, 5.0)])
    Line(slope=2.0, error=0.0)
    """
    if len(points) < 3:
        return None
    xs, ys = zip(*points, strict=True)
    x_mean, y_mean = mean(xs), mean(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    left = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in points)
    return Line(slope, sqrt(left / (len(points) - 2) / spread))
