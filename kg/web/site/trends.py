"""Methods and other terms by month, as the reader chooses them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("trends", __name__)
