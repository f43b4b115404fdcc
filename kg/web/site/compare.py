"""Terms or papers side by side."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("compare", __name__)
