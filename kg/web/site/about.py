"""What this is, where it is from, how good it is, and what can be downloaded."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("about", __name__)
