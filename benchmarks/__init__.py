"""Measurements and the check of the packages; run from the checkout, not installed."""
