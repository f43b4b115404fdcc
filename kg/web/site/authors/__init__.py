"""The page of an author."""
