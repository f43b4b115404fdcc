"""The list of benchmarks, and their leaderboards."""
