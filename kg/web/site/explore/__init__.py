"""The neighbourhood of a thing as a picture, a table and data."""
