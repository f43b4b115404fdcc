"""What this is, how good it is, and what can be downloaded."""
