"""Hostile requests: what they are, how they are sent, and who watches the server meanwhile."""
