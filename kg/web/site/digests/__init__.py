"""The list of digests, a digest, its entries and their sections."""
