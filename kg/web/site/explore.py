"""The neighbourhood of a thing as a picture."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("explore", __name__)
