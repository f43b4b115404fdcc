"""The search page, and suggestions as a reader types."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("search", __name__)
