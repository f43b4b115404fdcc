"""The list of digests, by month."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("digests", __name__)
