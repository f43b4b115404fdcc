"""The list of benchmarks, and the leaderboards of each."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("benchmarks", __name__)
