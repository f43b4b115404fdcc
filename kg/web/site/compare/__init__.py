"""Terms or papers side by side."""
