"""Where people who may write look at what was found with doubt, and decide."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("review", __name__)
