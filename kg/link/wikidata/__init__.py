"""Asks Wikidata itself, with the manners that it asks for, and keeps its answers."""
