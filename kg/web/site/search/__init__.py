"""The search page, and suggestions as a reader types."""
