"""Turn research-paper digests into a knowledge graph that people can query."""

__version__ = "0.1.0"
