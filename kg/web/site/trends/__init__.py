"""Terms by month, and which of them rise or fall."""
